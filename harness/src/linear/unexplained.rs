//! A history without an order, told to a person.
//!
//! Does not search. Invariant: the last answer it shows is the first that cannot be explained: without it there is an order.

use std::fmt::{self, Debug, Write as _};

use super::history::{Call, History, Operation};
use super::search::Furthest;

/// A history that no order was found for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexplained {
    why: Why,
    /// How many calls it shows.
    calls: usize,
    text: String,
}

/// Why there is no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// All were tried.
    NoOrder,
    /// The search took too long: perhaps there is one.
    GaveUp,
}

impl Unexplained {
    /// Whether there is none, or none was found in time.
    #[must_use]
    pub fn why(&self) -> Why {
        self.why
    }

    /// How many calls the shortest part has, from the beginning, that cannot be explained.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls
    }

    pub(super) fn gave_up<Op, Answer>(history: &History<Op, Answer>, steps: u64) -> Self {
        let calls = history.len();
        let text = format!(
            "after {steps} steps no order of {calls} calls was found, and not every one was tried\n\
             next: a shorter history, or `History::parts` if calls are about different things"
        );
        Self { why: Why::GaveUp, calls, text }
    }

    /// Shows a history whose last moment is the first answer that cannot be explained.
    pub(super) fn no_order<Op: Debug, Answer: Debug>(
        history: &History<Op, Answer>,
        furthest: &Furthest,
    ) -> Self {
        let mut text = String::from("no order of these calls explains the last answer (call..answer):\n");
        let last = history.calls.iter().filter(|o| o.answered.is_some()).max_by_key(|o| o.over());
        let last = last.map(|operation| operation.called);
        let moments = history.calls.iter().flat_map(|operation| [operation.called, operation.over()]);
        let width = moments.filter(|moment| *moment != usize::MAX).max().unwrap_or(0).to_string().len();
        for operation in &history.calls {
            let mark = if Some(operation.called) == last { '>' } else { ' ' };
            let over = operation.answered.as_ref().map_or(String::new(), |(moment, _)| moment.to_string());
            let called = operation.called;
            line(&mut text, format_args!("{mark} {called:>width$}..{over:<width$}  {}", said(operation)));
        }
        let ordered = |call: &Call| said(&history.calls[call.0]);
        line(&mut text, format_args!("the order that goes furthest:"));
        for call in &furthest.order {
            line(&mut text, format_args!("    {}", ordered(call)));
        }
        line(&mut text, format_args!("leaves {}; what is left cannot follow:", furthest.state));
        for (index, operation) in history.calls.iter().enumerate() {
            if operation.answered.is_some() && !furthest.order.contains(&Call(index)) {
                line(&mut text, format_args!("    {}", said(operation)));
            }
        }
        Self { why: Why::NoOrder, calls: history.len(), text: text.trim_end().to_owned() }
    }
}

fn line(text: &mut String, words: fmt::Arguments<'_>) {
    writeln!(text, "{words}").expect("a string takes everything");
}

fn said<Op: Debug, Answer: Debug>(operation: &Operation<Op, Answer>) -> String {
    let Operation { caller, op, answered, .. } = operation;
    match answered {
        Some((_, answer)) => format!("{caller}: {op:?} -> {answer:?}"),
        None => format!("{caller}: {op:?}, not answered"),
    }
}

impl fmt::Display for Unexplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Unexplained {}
