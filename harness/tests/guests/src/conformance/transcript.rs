//! What a case writes down: one line per call.
//!
//! Does not know which world it is in. Invariant: a line is on standard output before the next call is made, so that a case
//! that hangs or dies shows how far it came.

use std::fmt::{Debug, Display};

use photofinish_calls::Failed;

/// The lines of one case.
#[derive(Debug, Default)]
pub struct Transcript {
    lines_count: u64,
}

/// The lines one case may write.
const LINES_MAX: u64 = 100_000;

impl Transcript {
    /// Writes a line.
    pub fn line(&mut self, line: impl Display) {
        self.lines_count += 1;
        assert!(self.lines_count <= LINES_MAX, "a case has no end");
        println!("{line}");
    }

    /// Writes what a call answered.
    pub fn call<T: Answer>(&mut self, call: impl Display, answer: Result<T, Failed>) {
        match answer {
            Ok(answer) => self.line(format_args!("{call} -> {}", answer.shown())),
            Err(failed) => self.line(format_args!("{call} -> {failed}")),
        }
    }

    /// Writes a value.
    pub fn value(&mut self, what: impl Display, value: impl Debug) {
        self.line(format_args!("{what}: {value:?}"));
    }

    /// Writes what std answered: `ok` or the kind of its error.
    pub fn std<T>(&mut self, call: impl Display, answer: &std::io::Result<T>) {
        match answer {
            Ok(_) => self.line(format_args!("{call} -> ok")),
            Err(error) => match error.raw_os_error() {
                Some(number) => self.line(format_args!("{call} -> {}", Failed(number))),
                None => self.line(format_args!("{call} -> {:?}", error.kind())),
            },
        }
    }
}

/// An answer that can be written down.
pub trait Answer {
    /// As it stands in a line.
    fn shown(&self) -> String;
}

macro_rules! answers {
    ($($ty:ty: |$answer:ident| $shown:expr;)*) => {
        $(impl Answer for $ty {
            fn shown(&self) -> String {
                let $answer = self;
                $shown
            }
        })*
    };
}

answers! {
    (): |_answer| "ok".to_owned();
    bool: |answer| answer.to_string();
    i32: |answer| answer.to_string();
    i64: |answer| answer.to_string();
    u64: |answer| answer.to_string();
    usize: |answer| answer.to_string();
    String: |answer| answer.clone();
    Vec<u8>: |answer| format!("{} \"{}\"", answer.len(), answer.escape_ascii());
    (usize, u32): |answer| format!("{} and an address of {} bytes", answer.0, answer.1);
}
