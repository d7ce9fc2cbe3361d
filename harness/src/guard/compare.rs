//! Where the events of two runs part.
//!
//! Does not know why. Invariant: events before the number that is returned are equal, one by one.

use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};

use super::difference::Side;
use crate::client::Run;
use crate::symbols::{Inner, Symbols};

/// Places of a stack that are shown.
const PLACES_SHOWN: usize = 8;
/// Characters of an event that are shown.
const EVENT_SHOWN: usize = 400;

/// The number of the first event that differs; `None` if all are equal. Of a run that real time cut short, what is missing does not count.
pub(super) fn first_difference(one: &Run, other: &Run) -> Option<usize> {
    let common = one.events.iter().zip(&other.events).position(|(a, b)| a != b);
    let cut = |run: &Run| run.truncated || matches!(run.ending, Ending::Lost { .. } | Ending::Escaped { .. });
    if cut(one) || cut(other) {
        return common;
    }
    let lengths = [one.events.len(), other.events.len()];
    common.or_else(|| (lengths[0] != lengths[1]).then_some(lengths[0].min(lengths[1])))
}

/// A run at an event.
pub(super) fn side(run: &Run, number: usize, symbols: &Symbols) -> Side {
    let Some((Stamp { step, at_ns, thread }, event)) = run.events.get(number) else {
        let last = run.events.last().map(|(stamp, _)| *stamp);
        return Side {
            event: None,
            step: run.figures.points,
            at_ns: run.figures.virtual_ns,
            thread: last.map_or(0, |stamp| stamp.thread.0),
            stack: Vec::new(),
        };
    };
    Side {
        event: Some(text(event)),
        step: *step,
        at_ns: *at_ns,
        thread: thread.0,
        stack: run.stack_at(number).map(|stack| places(&stack.addresses, symbols)).unwrap_or_default(),
    }
}

/// The places of a stack that are the program's; of one without any, std's.
pub(super) fn places(stack: &[u64], symbols: &Symbols) -> Vec<String> {
    let all: Vec<_> = stack.iter().flat_map(|address| symbols.places(*address)).collect();
    let of = |inner: Inner| {
        let chosen =
            all.iter().filter(move |place| place.inner == inner && place.function != "?").take(PLACES_SHOWN);
        chosen.map(|place| format!("{}  {}", place.line, short(&place.function))).collect::<Vec<_>>()
    };
    let own = of(Inner::Program);
    if own.is_empty() { of(Inner::Std) } else { own }
}

/// A function without its type arguments.
fn short(function: &str) -> &str {
    function.split('<').next().filter(|name| !name.is_empty()).unwrap_or(function)
}

fn text(event: &Event) -> String {
    let whole = match event {
        Event::Wrote { fd, bytes } => format!("wrote to {fd}: {:?}", String::from_utf8_lossy(bytes)),
        Event::Traced(traced) => format!("traced: {traced}"),
        event => format!("{event:?}"),
    };
    if whole.chars().count() <= EVENT_SHOWN {
        return whole;
    }
    whole.chars().take(EVENT_SHOWN).chain("…".chars()).collect()
}
