//! What the run of a target means that has only its seed.
//!
//! Does not make runs. Invariant: a run that hung, died or left without a word never passes.

use photofinish_boundary::frames::DIFFERS;
use photofinish_sim::ending::Ending;
use photofinish_sim::event::Event;

use crate::client::Run;
use crate::signature::steady;
use crate::verdict::{Judgement, Verdict, signal_name};

/// The signature of a run that had to be killed.
pub(super) const HANG: &str = "hang";

/// Judges a run by its ending, by what its target said, and by the first panic that was told of.
#[must_use]
pub fn judge(run: &Run) -> Judgement {
    let of = |verdict, signature: &str, detail: String| Judgement {
        verdict,
        signature: Some(signature.to_owned()),
        detail,
    };
    match (&run.ending, &run.judged) {
        (Ending::Returned, None) => {
            Judgement { verdict: Verdict::Pass, signature: None, detail: String::new() }
        }
        (Ending::Returned, Some((signature, detail))) if signature == DIFFERS => {
            of(Verdict::Diverged, signature, detail.clone())
        }
        (Ending::Returned | Ending::Exited(_) | Ending::Signalled(_), Some((signature, detail))) => {
            of(Verdict::Fail, signature, detail.clone())
        }
        (Ending::Panicked | Ending::Exited(_), None) if let Some(panic) = panic(run) => panic,
        (Ending::Exited(status), _) => {
            of(Verdict::Fail, &format!("exit {status}"), format!("it exited with status {status}"))
        }
        (Ending::Signalled(signal), _) => {
            let name = signal_name(*signal);
            of(Verdict::Fail, &format!("signal {name}"), format!("it was ended by {name}"))
        }
        (Ending::Escaped { what }, _) => of(Verdict::Fail, HANG, what.clone()),
        (Ending::Bug { what }, _) => of(Verdict::Bug, "bug", what.clone()),
        (Ending::Lost { .. }, Some((signature, detail))) => {
            of(Verdict::Inconclusive, signature, detail.clone())
        }
        (Ending::Lost { what }, None) => of(Verdict::Inconclusive, "lost", what.clone()),
        (other, _) => {
            let word = other.word();
            of(Verdict::Inconclusive, word, format!("it says that it ended so: {word}"))
        }
    }
}

/// The failure of a run that panicked, named after the file and the message.
fn panic(run: &Run) -> Option<Judgement> {
    let (message, place) = run.events.iter().find_map(|(_, event)| match event {
        Event::Panicked { message, place } => Some((message, place)),
        _ => None,
    })?;
    Some(Judgement {
        verdict: Verdict::Fail,
        signature: Some(format!("panic at {}: {}", file(place), steady(message))),
        detail: format!("it panicked at {place}: {message}"),
    })
}

/// The file of `src/a.rs:7:5`, from its package on if it is of a registry or of the standard library.
fn file(place: &str) -> &str {
    let file = place.rsplitn(3, ':').last().unwrap_or(place);
    if let Some((_, of_registry)) = file.split_once("/registry/src/") {
        return of_registry.split_once('/').map_or(of_registry, |(_, file)| file);
    }
    if file.starts_with("/rustc/") {
        return file.split_once("/library/").map_or(file, |(_, file)| file);
    }
    file
}

#[cfg(test)]
mod tests {
    use photofinish_sim::event::Stamp;
    use photofinish_sim::thread::ThreadId;

    use super::*;

    fn check(ending: Ending, judged: Option<&str>, panic: Option<(&str, &str)>, expected: (Verdict, &str)) {
        let mut run = Run::ended(ending);
        run.judged = judged.map(|signature| (signature.to_owned(), String::from("because")));
        let stamp = Stamp { step: 0, at_ns: 0, thread: ThreadId::MAIN };
        run.events.extend(panic.map(|(message, place)| {
            let (message, place) = (message.to_owned(), place.to_owned());
            (stamp, Event::Panicked { message, place })
        }));
        let judgement = judge(&run);
        let signature = judgement.signature.as_deref().unwrap_or_default();
        assert_eq!((judgement.verdict, signature), expected, "{run:?}");
    }

    #[test]
    fn each_ending_has_its_meaning() {
        use Verdict::{Bug, Diverged, Fail, Inconclusive, Pass};
        let what = || String::from("w");
        check(Ending::Returned, None, None, (Pass, ""));
        check(Ending::Returned, None, Some(("caught", "a.rs:1:1")), (Pass, ""));
        check(Ending::Returned, Some("lost"), None, (Fail, "lost"));
        check(Ending::Returned, Some(DIFFERS), None, (Diverged, "nondeterminism"));
        check(Ending::Exited(3), None, None, (Fail, "exit 3"));
        check(Ending::Exited(3), Some("lost"), Some(("m", "a.rs:1:1")), (Fail, "lost"));
        check(
            Ending::Exited(101),
            None,
            Some(("left 3", "src/a.rs:7:5")),
            (Fail, "panic at src/a.rs: left N"),
        );
        let of_registry = "/home/me/.cargo/registry/src/index-1/madsim-0.2.34/src/sim/task/mod.rs:7:5";
        let signature = "panic at madsim-0.2.34/src/sim/task/mod.rs: m";
        check(Ending::Panicked, None, Some(("m", of_registry)), (Fail, signature));
        let of_std = "/rustc/59807616e1/library/core/src/option.rs:7:5";
        check(Ending::Panicked, None, Some(("m", of_std)), (Fail, "panic at core/src/option.rs: m"));
        check(Ending::Signalled(6), None, None, (Fail, "signal SIGABRT"));
        check(Ending::Escaped { what: what() }, None, None, (Fail, "hang"));
        check(Ending::Lost { what: what() }, None, None, (Inconclusive, "lost"));
        check(Ending::Lost { what: what() }, Some("exit status 7"), None, (Inconclusive, "exit status 7"));
        check(Ending::Bug { what: what() }, None, None, (Bug, "bug"));
        check(Ending::Panicked, None, None, (Inconclusive, "panicked"));
        check(Ending::OutOfTime { virtual_ns: 1 }, None, None, (Inconclusive, "out-of-time"));
    }
}
