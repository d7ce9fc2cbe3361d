//! Fields as text.
//!
//! Does not know what they are of. Invariant: the text is at most [`TEXT_MAX`] bytes and the mark of what was left out, however
//! long a value says it is.

use core::fmt::{self, Write as _};

use tracing_core::Field;
use tracing_core::field::Visit;

/// Bytes of text that are kept of the fields of one event or span.
pub(crate) const TEXT_MAX: usize = 2048;

/// Follows text that was cut.
const CUT: char = '…';

/// Writes fields in the order in which they are visited: a message as it is, others as `name=value`.
#[derive(Debug, Default)]
pub(crate) struct Text {
    text: String,
}

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    fn is_cut(&self) -> bool {
        self.text.len() > TEXT_MAX
    }

    fn field(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if !self.text.is_empty() {
            self.put(" ");
        }
        if field.name() != "message" {
            self.put(field.name().trim_start_matches("r#"));
            self.put("=");
        }
        // A value that cannot be written is written as far as it can.
        let _ = self.write_fmt(value);
    }

    fn put(&mut self, piece: &str) {
        if self.is_cut() {
            return;
        }
        let room = TEXT_MAX - self.text.len();
        if piece.len() <= room {
            self.text.push_str(piece);
            return;
        }
        self.text.push_str(&piece[..piece.floor_char_boundary(room)]);
        self.text.push_str(&" ".repeat(TEXT_MAX - self.text.len()));
        self.text.push(CUT);
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        // Never an error: a value that unwraps what writing answers would panic for our limit.
        self.put(piece);
        Ok(())
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.field(field, format_args!("{value}")),
            _ => self.field(field, format_args!("{value:?}")),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.field(field, format_args!("{value}"));
    }
}
