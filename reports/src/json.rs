//! A record as JSON: writing one, and reading one that may be damaged, of another version, or something else.
//!
//! Lines break between the fields of a record and between the elements of its lists, so that a line number says which step is damaged, and
//! so that two records can be compared by `diff(1)`. Neither is needed to read one.
//!
//! Does not open files, and does not look whether numbers in a record refer to something: whoever draws it meets each of them anyway.
//! Invariant: reading ends with a record or an error on any bytes, in memory that grows with their number alone.

use std::io;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::ser::{CompactFormatter, Formatter};
use thiserror::Error;

use crate::record::{Record, SCHEMA};

/// No record has more bytes: one of a million events has about a sixth of it.
pub const BYTES_MAX: usize = 1 << 30;

/// Bytes that are not taken as a record. `from` is what they were read from.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    /// Too many bytes.
    #[error(
        "{from} is not read as a record: it has {bytes} bytes, and no record has more than {BYTES_MAX}\n{AGAIN}"
    )]
    TooLarge {
        /// From where.
        from: String,
        /// How many.
        bytes: usize,
    },
    /// They begin like a record and break off.
    #[error("{from} breaks off at line {line}, column {column}: it was not written to its end\n{AGAIN}")]
    BreaksOff {
        /// From where.
        from: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// They are no JSON.
    #[error("{from} is damaged, or no JSON, at line {line}, column {column}: {why}\n{AGAIN}")]
    NotJson {
        /// From where.
        from: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// They are JSON, but not that of a record.
    #[error("{from} is JSON and no record of a run: {lacks}\n{AGAIN}")]
    NotARecord {
        /// From where.
        from: String,
        /// What it would have to have.
        lacks: &'static str,
    },
    /// A later version wrote it.
    #[error(
        "{from} has record schema {schema}, and this version reads up to {SCHEMA}: a later version wrote it\nnext: read it with that version, \
         or make the run again with this one by its token, `cargo xtask report TOKEN --format json --out FILE`"
    )]
    TooNew {
        /// From where.
        from: String,
        /// Its schema number.
        schema: u64,
    },
    /// It is a record, and something in it is not what its schema says.
    #[error("{from} is a damaged record at line {line}, column {column}: {why}\n{AGAIN}")]
    Damaged {
        /// From where.
        from: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1; often the end of the step that is damaged.
        column: usize,
        /// What is wrong there.
        why: String,
    },
}

const AGAIN: &str = "next: make it again, `cargo xtask report TOKEN --format json --out FILE`";

/// A record from its bytes. `from` is what they were read from, for errors.
///
/// # Errors
///
/// If they are no record, one of a later version, or damaged.
pub fn read(bytes: &[u8], from: &str) -> Result<Record, ReadError> {
    let from = from.to_owned();
    if bytes.len() > BYTES_MAX {
        return Err(ReadError::TooLarge { from, bytes: bytes.len() });
    }
    check_head(bytes, &from)?;
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column, why) = at(&error);
        ReadError::Damaged { from, line, column, why }
    })
}

/// Writes a record.
///
/// # Errors
///
/// If the writer fails.
pub fn write(record: &Record, mut to: impl io::Write) -> io::Result<()> {
    let lines = Lines { compact: CompactFormatter, depth: 0 };
    record.serialize(&mut serde_json::Serializer::with_formatter(&mut to, lines))?;
    to.write_all(b"\n")
}

/// What shows that something is a record, and whether it can be read. The rest is passed over, whatever it is.
#[derive(Deserialize)]
struct Head {
    schema: Option<serde_json::Value>,
    headline: Option<IgnoredAny>,
    steps: Option<IgnoredAny>,
}

fn check_head(bytes: &[u8], from: &str) -> Result<(), ReadError> {
    let from = from.to_owned();
    let head: Head = match serde_json::from_slice(bytes) {
        Ok(head) => head,
        Err(error) => {
            let (line, column, why) = at(&error);
            return Err(match error.classify() {
                Category::Data => ReadError::NotARecord { from, lacks: "it is not one object" },
                Category::Syntax | Category::Eof if breaks_off(bytes, line, column) => {
                    ReadError::BreaksOff { from, line, column }
                }
                _ => ReadError::NotJson { from, line, column, why },
            });
        }
    };
    // A trace and a sweep have a schema number, too.
    let (Some(schema), Some(_), Some(_)) = (head.schema, head.headline, head.steps) else {
        return Err(ReadError::NotARecord { from, lacks: "it lacks `schema`, `headline` or `steps`" });
    };
    match schema.as_u64() {
        None | Some(0) => Err(ReadError::NotARecord { from, lacks: "its `schema` is not a number from 1" }),
        Some(schema) if schema > u64::from(SCHEMA) => Err(ReadError::TooNew { from, schema }),
        Some(_) => Ok(()),
    }
}

/// Whether what is wrong at this place is that an object is over there: a number that is cut is no number.
fn breaks_off(bytes: &[u8], line: usize, column: usize) -> bool {
    let begins = bytes.trim_ascii_start().first() == Some(&b'{');
    let last = bytes.split(|byte| *byte == b'\n').enumerate().last();
    begins && last.is_some_and(|(before, last)| line == before + 1 && column >= last.len())
}

/// Where serde_json stopped, and why, without the place that it appends.
fn at(error: &serde_json::Error) -> (usize, usize, String) {
    let mut why = error.to_string();
    if let Some(place) = why.rfind(" at line ") {
        why.truncate(place);
    }
    (error.line(), error.column(), why)
}

/// Compact, with a line to each field of the outermost object and to each element of its fields.
struct Lines {
    compact: CompactFormatter,
    depth: u32,
}

/// Lines break inside of this many brackets.
const DEPTH_OF_LINES: u32 = 2;

impl Lines {
    fn break_line<W: io::Write + ?Sized>(&self, to: &mut W) -> io::Result<()> {
        if self.depth <= DEPTH_OF_LINES { to.write_all(b"\n") } else { Ok(()) }
    }
}

impl Formatter for Lines {
    fn begin_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.compact.begin_array(to)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.compact.end_array(to)
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.compact.begin_array_value(to, first)?;
        self.break_line(to)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.compact.begin_object(to)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.compact.end_object(to)
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.compact.begin_object_key(to, first)?;
        self.break_line(to)
    }
}
