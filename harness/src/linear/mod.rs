//! Whether what concurrent callers saw can be explained by one operation after the other: linearizability.
//!
//! Wing and Gong (1993) search for an order, Lowe (2017) prunes it: a set of operations that has been put in order and left a state
//! is looked at once. Does not know threads or time, only which calls and answers came before which. Invariant: an order that is
//! returned respects the history and the model, and a history is called unexplained only after every order was tried.
//!
//! ```
//! use photofinish::linear::{self, History, Register, RegisterAnswer::*, RegisterOp::*};
//!
//! let mut history = History::default();
//! let write = history.call("writer", Write(1));
//! let read = history.call("reader", Read);
//! history.answer(write, Written);
//! history.answer(read, Value(0));
//! assert!(linear::check(&Register(0), &history).is_ok());
//!
//! // The write is over: who reads afterwards must see it.
//! let late = history.call("reader", Read);
//! history.answer(late, Value(0));
//! let unexplained = linear::check(&Register(0), &history).unwrap_err();
//! assert!(unexplained.to_string().contains("reader: Read -> Value(0)"));
//! ```

mod history;
mod model;
mod search;
#[cfg(test)]
mod tests;
mod unexplained;

pub use history::{Call, History};
pub use model::{Map, MapOp, Model, Queue, QueueAnswer, QueueOp, Register, RegisterAnswer, RegisterOp};
pub use unexplained::{Unexplained, Why};

use search::{Outcome, search};

/// Steps after which a search is given up.
const STEPS_MAX: u64 = 10_000_000;

/// An order of the calls in which each was answered as the model says, beginning with `model`. Calls that were not answered stand in
/// it if they must have taken effect.
///
/// # Errors
/// There is no such order, or none was found in ten million steps, which [`Unexplained::why`] tells apart.
pub fn check<M: Model>(model: &M, history: &History<M::Op, M::Answer>) -> Result<Vec<Call>, Unexplained> {
    check_within(model, history, STEPS_MAX)
}

/// As [`check`], with a number of steps of one's own.
///
/// # Errors
/// As [`check`].
pub fn check_within<M: Model>(
    model: &M,
    history: &History<M::Op, M::Answer>,
    steps_max: u64,
) -> Result<Vec<Call>, Unexplained> {
    match search(model, history, steps_max) {
        Outcome::Ordered(order) => Ok(order),
        Outcome::GaveUp => Err(Unexplained::gave_up(history, steps_max)),
        Outcome::None(_) => {
            let answers = first_unexplained(model, history, steps_max);
            let prefix = history.prefix(answers);
            let furthest = match search(model, &prefix, steps_max) {
                Outcome::None(furthest) => furthest,
                Outcome::Ordered(_) | Outcome::GaveUp => {
                    unreachable!("the same search came to an end before")
                }
            };
            Err(Unexplained::no_order(&prefix, &furthest))
        }
    }
}

/// How many answers the shortest prefix has that no order explains. What has no order has none with more answers, either.
fn first_unexplained<M: Model>(model: &M, history: &History<M::Op, M::Answer>, steps_max: u64) -> usize {
    let (mut explained, mut unexplained) = (0, history.answers());
    while explained + 1 < unexplained {
        let middle = usize::midpoint(explained, unexplained);
        match search(model, &history.prefix(middle), steps_max) {
            Outcome::None(_) => unexplained = middle,
            Outcome::Ordered(_) | Outcome::GaveUp => explained = middle,
        }
    }
    unexplained
}
