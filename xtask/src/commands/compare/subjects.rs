//! What is compared with what: subjects, simulators, and who cannot run which.
//!
//! Makes no runs. Invariant: for each subject every simulator has one row: it is run, or it is said why it cannot.

use std::time::Duration;

use super::figures::{Outcome, Row, Why};
use crate::cli::Sharing;

/// A program that is compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    /// Its name: that of a scenario and a variant.
    pub(super) name: &'static str,
    /// What it is about.
    pub(super) about: &'static str,
    /// What it takes to run it.
    needs: Needs,
    /// How many ranges of seeds, and how many runs of each, unless the command line says otherwise.
    pub(super) ranges: u64,
    pub(super) cap: u64,
}

/// What it takes to run a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Threads, locks and atomics.
    Threads,
    /// More of them than loom has.
    ManyThreads,
    /// Threads that block on sockets and time.
    Sockets,
    /// Processes, unix sockets and another system's errors.
    Processes,
    /// Hosts, tasks, datagrams and time: tokio's names.
    Network,
    /// One stream, a thread that fills it and a task that reads it.
    Stream,
}

const fn kernel(name: &'static str, about: &'static str) -> Subject {
    Subject { name, about, needs: Needs::Threads, ranges: 20, cap: 2_000 }
}

/// Every subject, in the order of the tables.
#[rustfmt::skip]
pub(super) const SUBJECTS: &[Subject] = &[
    kernel("kernels/lost-wakeup", "a flag is looked at outside of its condition's lock"),
    kernel("kernels/lost-wakeup-padded", "the same among 200 private operations"),
    kernel("kernels/ab-ba", "two locks in two orders"),
    kernel("kernels/ab-ba-padded", "the same among 200 private operations"),
    kernel("kernels/ab-ba-shared", "the same among 200 operations on one atomic"),
    kernel("kernels/atomicity-2-padded", "a torn read of two preemptions among 100 private operations"),
    kernel("kernels/atomicity-3", "a torn read of three preemptions"),
    kernel("kernels/atomicity-3-padded", "the same among 125 private operations"),
    kernel("kernels/late-listener", "20 operations must lose against 200"),
    Subject { needs: Needs::ManyThreads, ..kernel("kernels/late-listener-busy", "the same beside six busy threads") },
    kernel("kernels/account", "a sum that is wrong after both bookings"),
    kernel("kernels/bluetooth-driver", "a request counts itself after looking for a stop"),
    kernel("kernels/carter01", "who waits for a room holds what its holder needs"),
    kernel("kernels/circular-buffer", "a look that came too early counts as an element"),
    kernel("kernels/din-phil-3", "three philosophers, each with the left fork"),
    kernel("kernels/din-phil-4", "the same with four"),
    kernel("kernels/lazy01", "a third thread comes after two"),
    kernel("kernels/reorder-3", "a pair that is set by two, and seen by a third in between"),
    kernel("kernels/reorder-4", "the same with three that set it"),
    kernel("kernels/stack", "popped from as if it were never empty again"),
    kernel("kernels/stringbuffer", "a text is measured, erased, and then copied"),
    kernel("kernels/token-ring", "three steps in another order than a fourth believes"),
    kernel("kernels/twostage", "two values, each with a lock of its own"),
    kernel("kernels/work-steal-queue", "a slot is filled before its thief has looked"),
    kernel("kernels/wronglock-3", "one counts under a lock, and three under another"),
    Subject { name: "late-listener/buggy", about: "threads, locks, TCP and time-outs", needs: Needs::Sockets, ranges: 20, cap: 400 },
    Subject { name: "shutdown-einval/buggy", about: "three processes, unix sockets, Darwin's errors", needs: Needs::Processes, ranges: 10, cap: 50 },
    Subject { name: "fork-cancel/parent@cancel", about: "a dropped connection cancels a pipe that has everything", needs: Needs::Network, ranges: 5, cap: 20 },
    Subject { name: "fork-cancel/parent@drop", about: "the same, if the drop overtakes the pipe's last fragment", needs: Needs::Network, ranges: 10, cap: 40 },
    Subject { name: "fork-cancel/v1@race", about: "a wakeup lost between a look and its listener", needs: Needs::Stream, ranges: 10, cap: 200 },
];

/// How much is done for a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Ranges of seeds.
    pub(super) ranges: u64,
    /// Runs of each, at most.
    pub(super) cap: u64,
    /// No range is begun after so long.
    pub(super) limit: Duration,
}

/// An executable of peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::commands) enum Peer {
    /// Built as any crate is.
    Plain,
    /// Built for madsim.
    Madsim,
}

/// Who runs a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runner {
    /// We do.
    Ours(Sharing),
    /// A peer that knows itself by this word.
    Peer(Peer, &'static str),
}

/// A simulator, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Simulator {
    /// What tables call it.
    pub(super) name: &'static str,
    /// Who runs it.
    pub(super) runner: Runner,
    family: Family,
}

/// What simulators of one make have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Ours,
    OursShared,
    Shuttle,
    Loom,
    Turmoil,
    Madsim,
    Threads,
}

const fn simulator(name: &'static str, family: Family, runner: Runner) -> Simulator {
    Simulator { name, runner, family }
}

/// Every simulator, in the order of the rows.
#[rustfmt::skip]
pub(super) const SIMULATORS: &[Simulator] = &[
    simulator("photofinish", Family::Ours, Runner::Ours(Sharing::Rewind)),
    simulator("photofinish, one image", Family::OursShared, Runner::Ours(Sharing::None)),
    simulator("shuttle random", Family::Shuttle, Runner::Peer(Peer::Plain, "shuttle-random")),
    simulator("shuttle URW", Family::Shuttle, Runner::Peer(Peer::Plain, "shuttle-urw")),
    simulator("shuttle PCT 2", Family::Shuttle, Runner::Peer(Peer::Plain, "shuttle-pct-2")),
    simulator("shuttle PCT 3", Family::Shuttle, Runner::Peer(Peer::Plain, "shuttle-pct-3")),
    simulator("shuttle PCT 4", Family::Shuttle, Runner::Peer(Peer::Plain, "shuttle-pct-4")),
    simulator("loom", Family::Loom, Runner::Peer(Peer::Plain, "loom")),
    simulator("turmoil", Family::Turmoil, Runner::Peer(Peer::Plain, "turmoil")),
    simulator("madsim", Family::Madsim, Runner::Peer(Peer::Madsim, "madsim")),
    simulator("plain threads", Family::Threads, Runner::Peer(Peer::Plain, "threads")),
];

/// Why a simulator cannot run a subject, if it cannot.
pub(super) fn why_not(subject: &Subject, simulator: &Simulator) -> Option<Why> {
    use Needs::{ManyThreads, Network, Processes, Sockets, Stream, Threads};
    let (cannot, reference) = match (simulator.family, subject.needs) {
        (Family::Ours, _) | (Family::Shuttle | Family::Loom | Family::Threads, Threads) => return None,
        (Family::Shuttle | Family::Threads, ManyThreads) => return None,
        (Family::Turmoil | Family::Madsim, Network | Stream) => return None,
        (Family::OursShared, Threads | ManyThreads | Sockets | Stream) => return None,
        (Family::OursShared, Network | Processes) => {
            ("its processes need an image each", "cargo xtask sweep --help: --isolation")
        }
        (Family::Loom, ManyThreads) => {
            ("8 threads, and it has 5 at most", "loom 0.7.2 src/rt/mod.rs: MAX_THREADS")
        }
        (Family::Shuttle, Sockets | Processes) => (
            "no sockets, and a timed wait never times out",
            "shuttle-std 0.1.5 src/sync/condvar.rs: wait_timeout, \"this method never times out\"",
        ),
        (Family::Loom, Sockets | Processes) => (
            "no sockets, and a timed wait never times out",
            "loom 0.7.2 src/sync/condvar.rs: wait_timeout, \"TODO: implement timing out\"",
        ),
        (Family::Shuttle, Stream) => (
            "a sleep is a switch, so no time-out; and not its tokio",
            "shuttle-std 0.1.5 src/thread.rs: sleep, \"Shuttle does not model time\"",
        ),
        (Family::Loom, Stream) => (
            "no time; and not its tokio",
            "loom 0.7.2 src/sync/condvar.rs: wait_timeout, \"TODO: implement timing out\"",
        ),
        (Family::Shuttle, Network) => (
            "no sockets; a sleep is a switch, so no time-out",
            "shuttle-std 0.1.5 src/thread.rs: sleep, \"Shuttle does not model time\"",
        ),
        (Family::Loom, Network) => (
            "no sockets and no time",
            "loom 0.7.2 src/sync/condvar.rs: wait_timeout, \"TODO: implement timing out\"",
        ),
        (Family::Turmoil, Threads | ManyThreads) => (
            "no thread preemption: tasks of one thread",
            "docs.rs/turmoil: \"multiple concurrent hosts within a single thread\"",
        ),
        (Family::Turmoil, Sockets) => {
            ("threads and std's blocking sockets stay real", "turmoil 0.7.2 src/net: tokio's types alone")
        }
        (Family::Turmoil, Processes) => {
            ("no processes, no unix sockets, no OS personality", "turmoil 0.7.2 src/net: tcp and udp")
        }
        (Family::Madsim, Threads | ManyThreads | Sockets) => (
            "refuses to spawn a thread",
            "madsim 0.2.34 src/sim/task/mod.rs: \"attempt to spawn a system thread in simulation\"",
        ),
        (Family::Madsim, Processes) => (
            "no processes, no OS personality; unix sockets are todo!()",
            "madsim 0.2.34 src/sim/net/unix/stream.rs",
        ),
        (Family::Threads, Processes) => (
            "no seeds; and Linux has no such error",
            "setsockopt(2); xnu bsd/kern/uipc_socket.c: sosetoptlock",
        ),
        (Family::Threads, Sockets | Network | Stream) => (
            "time-outs are real and take seconds: left out",
            "cargo run -p photofinish-scenarios --bin fork-cancel",
        ),
    };
    Some(Why { cannot: cannot.to_owned(), reference: reference.to_owned() })
}

/// Why a simulator that was run may have found nothing, where that is no matter of luck.
pub(super) fn why_missed(row: &Row) -> Option<&'static str> {
    let Outcome::Ran(measured) = &row.outcome else { return None };
    if measured.found() > 0 {
        return None;
    }
    let subject = SUBJECTS.iter().find(|subject| subject.name == row.subject)?;
    let simulator = SIMULATORS.iter().find(|simulator| simulator.name == row.simulator)?;
    match (simulator.family, subject.needs) {
        (Family::Turmoil | Family::Madsim, Needs::Stream) => Some("tasks change places at .await alone"),
        (Family::Threads, _) => Some("no preemption came by"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::figures::Measured;
    use super::*;

    #[test]
    fn names_are_names_of_one() {
        let subjects: BTreeSet<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
        let simulators: BTreeSet<&str> = SIMULATORS.iter().map(|simulator| simulator.name).collect();
        assert_eq!((subjects.len(), simulators.len()), (SUBJECTS.len(), SIMULATORS.len()));
    }

    #[test]
    fn we_run_everything_and_every_peer_something() {
        for simulator in SIMULATORS {
            let runs = SUBJECTS.iter().filter(|subject| why_not(subject, simulator).is_none()).count();
            match simulator.family {
                Family::Ours => assert_eq!(runs, SUBJECTS.len()),
                _ => assert!(runs > 0, "{}", simulator.name),
            }
        }
    }

    #[test]
    fn whoever_cannot_says_why_in_few_words_and_where_that_is_written() {
        for subject in SUBJECTS {
            for why in SIMULATORS.iter().filter_map(|simulator| why_not(subject, simulator)) {
                assert!((5..=60).contains(&why.cannot.len()), "{}", why.cannot);
                assert!(why.reference.len() > 10, "{}", why.cannot);
            }
        }
    }

    #[test]
    fn only_what_found_nothing_is_excused() {
        let row = |first: Option<u64>| Row {
            subject: String::from("fork-cancel/v1@race"),
            simulator: String::from("turmoil"),
            outcome: Outcome::Ran(Measured { cap: 9, first: vec![first], spent_ns: vec![1], runs: 9 }),
        };
        assert!(why_missed(&row(None)).is_some());
        assert_eq!(why_missed(&row(Some(3))), None);
    }
}
