//! Decisions in words.
//!
//! Does not know where threads were. Invariant: whoever tells of a decision uses these words, with the names of threads that it has.

use photofinish_sim::choice::{Candidate, Kind, Pick};
use photofinish_sim::event::Event;
use photofinish_sim::plan::Answer;
use photofinish_sim::thread::ThreadId;

use crate::client::Run;

/// A pick of a run, or the decision of a plan that gave it, if one did; in the program's own words if it has some.
pub(crate) fn words(
    run: &Run,
    pick: &Pick,
    planned: Option<&Answer>,
    name: &dyn Fn(ThreadId) -> String,
) -> String {
    if let Some(meant) = meant(run, pick) {
        return meant.to_owned();
    }
    let thread = name(pick.thread);
    if planned == Some(&Answer::Hold) {
        return format!("{thread} is held while anything else can happen");
    }
    match (pick.kind, pick.to) {
        (Kind::Preempt, Some(Candidate::Thread(to))) => format!("{thread} is preempted by {}", name(to)),
        (Kind::Preempt, _) => format!("{thread} is descheduled while time passes"),
        (Kind::Next, Some(Candidate::Thread(to))) => {
            format!("{thread} stops, and {} follows before the next in line", name(to))
        }
        (Kind::Next, _) => format!("{thread} stops, and time passes before another follows"),
        (kind, _) => format!("{kind:?}: answer {} of {}, while {thread} runs", pick.pick, pick.bound),
    }
}

/// What the program says that a number means which it let the search choose; of a run whose events were kept.
pub(crate) fn meant<'a>(run: &'a Run, pick: &Pick) -> Option<&'a str> {
    if pick.kind != Kind::Chosen {
        return None;
    }
    let asked = run.events.iter().filter(|(stamp, _)| stamp.thread == pick.thread && stamp.step >= pick.step);
    let mut chose = asked.filter_map(|(_, event)| match event {
        Event::Chose { words, .. } => Some(words),
        _ => None,
    });
    let words = chose.nth(usize::try_from(pick.nth).ok()?)?;
    words.as_deref().filter(|words| !words.is_empty())
}

/// A thread by its number.
pub(crate) fn by_number(thread: ThreadId) -> String {
    format!("thread {}", thread.0)
}

#[cfg(test)]
mod tests {
    use photofinish_sim::ending::Ending;
    use photofinish_sim::event::Stamp;

    use super::*;

    fn chose(step: u64, thread: u32, words: Option<&str>) -> (Stamp, Event) {
        let words = words.map(str::to_owned);
        let event = Event::Chose { number: 1, from: 0, to: 9, place: String::new(), words };
        (Stamp { step, at_ns: 0, thread: ThreadId(thread) }, event)
    }

    #[test]
    fn what_is_chosen_is_told_in_the_programs_words_if_it_has_some() {
        let events = vec![
            chose(3, 0, Some("an earlier one")),
            chose(7, 1, Some("another thread's")),
            chose(7, 0, Some("")),
            chose(7, 0, Some("a cut")),
            chose(8, 0, None),
        ];
        let run = Run { events, ..Run::ended(Ending::Returned) };
        let check = |step, nth, kind, expected: Option<&str>| {
            let thread = ThreadId(0);
            let pick =
                Pick { step, nth, kind, bound: 10, pick: 1, to: None, thread, thread_points: 1, pc: 0 };
            assert_eq!(meant(&run, &pick), expected, "{pick}");
            let told = words(&run, &pick, None, &by_number);
            assert_eq!(expected.is_some(), expected == Some(told.as_str()), "{told}");
        };
        check(7, 0, Kind::Chosen, None);
        check(7, 1, Kind::Chosen, Some("a cut"));
        check(8, 0, Kind::Chosen, None);
        check(9, 0, Kind::Chosen, None);
        check(3, 0, Kind::Chosen, Some("an earlier one"));
        check(3, 0, Kind::Latency, None);
    }
}
