//! What reached two runs past the kernel and answered them differently.
//!
//! Does not run anything. Invariant: only what was asked by both runs in the same order, up to their first difference, is compared.

use super::difference::Cause;
use crate::client::{Input, Run, Sight};
use crate::symbols::Symbols;

/// Something that answered differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) cause: Cause,
    /// Whether the thread of the event asked.
    own: bool,
    /// In words.
    pub(super) what: String,
}

impl Suspect {
    /// Whether it can be why, whatever else differs.
    pub(super) fn is_telling(&self) -> bool {
        !matches!(self.cause, Cause::AddressOrder | Cause::Unknown)
    }

    /// The place of things in memory, for a reason in words.
    pub(super) fn of_addresses(what: String) -> Self {
        Self { cause: Cause::AddressOrder, own: false, what }
    }

    /// What earlier runs left in the process.
    pub(super) fn of_earlier_runs() -> Self {
        Self { cause: Cause::LeftBehind, own: false, what: super::left::SHOWN.to_owned() }
    }
}

/// What answered differently before the event of this number, which is of this thread: the likeliest first.
pub(super) fn suspects(one: &Run, other: &Run, event: Option<usize>, symbols: &Symbols) -> Vec<Suspect> {
    let before = |sight: &&Sight| event.is_none_or(|event| sight.events <= event as u64);
    let thread = event.and_then(|event| one.events.get(event)).map(|(stamp, _)| stamp.thread);
    let mut found = Vec::new();
    for (a, b) in one.sights.iter().filter(before).zip(other.sights.iter().filter(before)) {
        if (a.thread, &a.what) != (b.thread, &b.what) {
            break;
        }
        if a.answer != b.answer {
            found.push(suspect(a, thread == Some(a.thread), symbols));
        }
    }
    // A thread of somebody else's needs no answer.
    let threads =
        one.sights.iter().chain(&other.sights).filter(|sight| matches!(sight.what, Input::Thread(_)));
    found.extend(threads.take(1).map(|sight| suspect(sight, true, symbols)));
    // The nearest before the event is the likeliest, and one of the event's own thread more than one of another. Addresses that the
    // library was given come last: where they differ, all do.
    found.reverse();
    found.sort_by_key(|suspect| (!suspect.is_telling(), !suspect.own));
    let mut distinct: Vec<Suspect> = Vec::new();
    for suspect in found {
        if !distinct.contains(&suspect) {
            distinct.push(suspect);
        }
    }
    distinct
}

fn suspect(sight: &Sight, own: bool, symbols: &Symbols) -> Suspect {
    let thread = sight.thread.0;
    let what = match &sight.what {
        Input::Opened(path) => format!("thread {thread} opened {path}, which was changed between the runs"),
        Input::Looked(path) => {
            format!("thread {thread} looked at {path}, which was changed between the runs")
        }
        Input::Read(path) => format!("thread {thread} read other bytes from {path}"),
        Input::Call(number, name) => {
            format!(
                "thread {thread} was answered differently by {name}({number}), which the C library asked of its own accord"
            )
        }
        Input::Thread(name) => format!("thread {thread} made a thread that is not ours, by {name}"),
        Input::Instruction(name) => {
            format!("thread {thread} was answered differently by the instruction {name}")
        }
    };
    let place = super::compare::places(&sight.stack, symbols).into_iter().next();
    let what = place.map_or(what.clone(), |place| format!("{what}, at {place}"));
    Suspect { cause: class(&sight.what), own, what }
}

/// Files that tell the time, whole or by how they begin.
const CLOCKS: [&str; 8] = [
    "/proc/uptime",
    "/proc/stat",
    "/proc/timer_list",
    "/proc/driver/rtc",
    "/proc/loadavg",
    "/proc/schedstat",
    "/sys/class/rtc/",
    "/dev/rtc",
];
const RANDOM: [&str; 3] = ["/proc/sys/kernel/random/", "/dev/hwrng", "/dev/random"];
const LAYOUT: [&str; 3] = ["/proc/self/maps", "/proc/self/smaps", "/proc/self/auxv"];

fn class(what: &Input) -> Cause {
    let begins = |path: &str, table: &[&str]| table.iter().any(|known| path.starts_with(known));
    match what {
        Input::Opened(path) | Input::Looked(path) | Input::Read(path) => match path {
            path if begins(path, &CLOCKS) => Cause::Clock,
            path if begins(path, &RANDOM) => Cause::Randomness,
            path if begins(path, &LAYOUT) => Cause::AddressOrder,
            _ => Cause::FileContent,
        },
        Input::Call(_, name) => match name.as_str() {
            "clock_gettime" | "gettimeofday" | "time" | "times" | "adjtimex" | "clock_adjtime"
            | "getitimer" | "timer_gettime" | "timerfd_gettime" => Cause::Clock,
            "getrandom" => Cause::Randomness,
            "mmap" | "mremap" | "brk" | "shmat" => Cause::AddressOrder,
            _ => Cause::Uncontrolled,
        },
        Input::Thread(_) => Cause::Uncontrolled,
        Input::Instruction(name) => match name.as_str() {
            "rdrand" | "rdseed" => Cause::Randomness,
            // It differs from one processor to the next in what hardly anybody looks at.
            "cpuid" => Cause::Unknown,
            _ => Cause::Uncontrolled,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use photofinish_sim::ending::Ending;
    use photofinish_sim::thread::ThreadId;

    use super::*;

    fn run(sights: &[(u64, u32, Input, u64)]) -> Run {
        let sight = |(events, thread, what, answer): &(u64, u32, Input, u64)| Sight {
            events: *events,
            thread: ThreadId(*thread),
            what: what.clone(),
            answer: *answer,
            stack: Vec::new(),
        };
        Run { sights: sights.iter().map(sight).collect(), ..Run::ended(Ending::Returned) }
    }

    /// What two runs come to that were answered so, with the first differing event of this number.
    fn check(event: usize, asked: &[(u64, Input, [u64; 2])], causes: &[Cause]) {
        let side = |side: usize| {
            let answered =
                asked.iter().map(|(events, what, answers)| (*events, 0, what.clone(), answers[side]));
            run(&answered.collect::<Vec<_>>())
        };
        let found = suspects(&side(0), &side(1), Some(event), &Symbols::open(Path::new("/")));
        assert_eq!(found.iter().map(|suspect| suspect.cause).collect::<Vec<_>>(), causes, "{asked:?}");
    }

    fn read(path: &str) -> Input {
        Input::Read(path.to_owned())
    }

    fn call(name: &str) -> Input {
        Input::Call(0, name.to_owned())
    }

    #[test]
    fn what_answered_the_same_or_too_late_is_no_suspect() {
        check(5, &[(1, read("/etc/a"), [1, 1]), (6, read("/etc/b"), [1, 2])], &[]);
        check(6, &[(1, read("/etc/a"), [1, 1]), (6, read("/etc/b"), [1, 2])], &[Cause::FileContent]);
    }

    #[test]
    fn the_last_before_the_event_comes_first_and_addresses_last() {
        let asked = [
            (1, call("getrandom"), [1, 2]),
            (2, read("/proc/uptime"), [1, 2]),
            (3, call("mmap"), [1, 2]),
            (3, Input::Instruction(String::from("cpuid")), [1, 2]),
        ];
        check(9, &asked[..3], &[Cause::Clock, Cause::Randomness, Cause::AddressOrder]);
        check(9, &asked[2..], &[Cause::Unknown, Cause::AddressOrder]);
        check(9, &asked, &[Cause::Clock, Cause::Randomness, Cause::Unknown, Cause::AddressOrder]);
    }

    #[test]
    fn nothing_is_compared_once_the_runs_asked_for_different_things() {
        let one = run(&[(1, 0, read("/etc/a"), 1), (2, 0, read("/etc/c"), 1)]);
        let other = run(&[(1, 0, read("/etc/b"), 2), (2, 0, read("/etc/c"), 2)]);
        assert_eq!(suspects(&one, &other, Some(3), &Symbols::open(Path::new("/"))), []);
    }

    #[test]
    fn a_thread_that_is_not_ours_needs_no_answer() {
        let made = run(&[(4, 0, Input::Thread(String::from("clone3")), 0)]);
        let found = suspects(&made, &run(&[]), None, &Symbols::open(Path::new("/")));
        assert_eq!(found.iter().map(|suspect| suspect.cause).collect::<Vec<_>>(), [Cause::Uncontrolled]);
    }
}
