//! A connection manager listens for the outcome of a connection after it opened the socket, and may be too late.
//!
//! The caller opens a socket and then registers for `Connected` and `Disconnected`; the I/O thread needs none of the
//! caller's locks to complete the handshake, disarm the watchdog and emit to nobody. After that the peer is
//! unreachable until the manager stops. The program does not know that it is simulated. Invariant: what a variant
//! may show is written here and nowhere else.

mod oracle;
mod program;

pub use oracle::{CONNECTED_TWICE, DISCONNECTED_TWICE, LATE, LOST_CONNECTED, LOST_DISCONNECTED};

use photofinish::scenario::{Expectation, Find, Scenario, Variant};

use program::policy::{ATOMIC_ONLY, BUGGY, FIXED, KEEP_WATCHDOG, LISTEN_FIRST, Mode, PR43, REPLAY_ONLY};

/// Two threads each hold a lock that the other wants; the end of such a run is found by the simulator.
pub const DEADLOCK: &str = "deadlock*";

/// The story and its variants.
pub static SCENARIO: Scenario = Scenario {
    name: "late-listener",
    story: "A thread opens a connection and then registers for its outcome, while the I/O thread may already \
            have told it to nobody. The peer is then unreachable for as long as the program runs.",
    programs: &[],
    variants: VARIANTS,
};

macro_rules! variant {
    ($name:literal, $policy:expr, $mode:expr, $expect:expr, $story:literal) => {
        Variant {
            name: $name,
            story: $story,
            os: photofinish::scenario::Os::Linux,
            heap: photofinish::scenario::Heap::Plain,
            expect: $expect,
            oracles: photofinish::scenario::Oracles::NONE,
            run: || oracle::judge(&program::run(&$policy, $mode)),
        }
    };
}

static VARIANTS: &[Variant] = &[
    variant!(
        "buggy",
        BUGGY,
        Mode::Forward,
        LOSES_CONNECTED,
        "As it was: nothing remembers, and the watchdog is disarmed first."
    ),
    variant!(
        "buggy@disconnected",
        BUGGY,
        Mode::Refused,
        LOSES_DISCONNECTED,
        "As it was, and the peer's port refuses."
    ),
    variant!(
        "buggy@reverse",
        BUGGY,
        Mode::Reverse,
        LOSES_CONNECTED,
        "As it was, and the peer is asked to connect back."
    ),
    variant!(
        "replay-only",
        REPLAY_ONLY,
        Mode::Forward,
        NEITHER_OR_BOTH_CONNECTED,
        "Late listeners are told the latest event, but emitting is still two steps: a listener in between is told nothing, or twice."
    ),
    variant!(
        "replay-only@disconnected",
        REPLAY_ONLY,
        Mode::Refused,
        NEITHER_OR_BOTH_DISCONNECTED,
        "Late listeners are told the latest event in two steps, and the peer's port refuses."
    ),
    variant!(
        "replay-only@reverse",
        REPLAY_ONLY,
        Mode::Reverse,
        NEITHER_OR_BOTH_CONNECTED,
        "Late listeners are told the latest event in two steps, and the peer is asked to connect back."
    ),
    variant!(
        "atomic-only",
        ATOMIC_ONLY,
        Mode::Forward,
        LOSES_CONNECTED,
        "Emitting is one step, but nothing remembers: the late listener hears nothing."
    ),
    variant!(
        "atomic-only@disconnected",
        ATOMIC_ONLY,
        Mode::Refused,
        LOSES_DISCONNECTED,
        "Emitting is one step, and the peer's port refuses."
    ),
    variant!(
        "atomic-only@reverse",
        ATOMIC_ONLY,
        Mode::Reverse,
        LOSES_CONNECTED,
        "Emitting is one step, and the peer is asked to connect back."
    ),
    variant!(
        "keep-watchdog",
        KEEP_WATCHDOG,
        Mode::Forward,
        RECOVERS_LATE,
        "The watchdog stays armed until somebody heard: what is lost comes back after 15 s."
    ),
    variant!(
        "keep-watchdog@disconnected",
        KEEP_WATCHDOG,
        Mode::Refused,
        LOSES_DISCONNECTED,
        "The watchdog stays armed for Connected, and the peer's port refuses: nothing watches over Disconnected."
    ),
    variant!(
        "keep-watchdog@reverse",
        KEEP_WATCHDOG,
        Mode::Reverse,
        RECOVERS_LATE,
        "The watchdog stays armed until somebody heard, and the peer is asked to connect back."
    ),
    variant!(
        "listen-first",
        LISTEN_FIRST,
        Mode::Forward,
        DEADLOCKS,
        "The endpoint listens before the socket is opened: nothing is lost, and sender and event take two locks in both orders."
    ),
    variant!(
        "listen-first@disconnected",
        LISTEN_FIRST,
        Mode::Refused,
        DEADLOCKS,
        "The endpoint listens first, and the peer's port refuses."
    ),
    variant!(
        "listen-first@reverse",
        LISTEN_FIRST,
        Mode::Reverse,
        DEADLOCKS,
        "The endpoint listens first, and the peer is asked to connect back."
    ),
    variant!(
        "pr43",
        PR43,
        Mode::Forward,
        DEADLOCKS,
        "The merged fix: replay, and emitting is one step. Nothing is lost, and the two lock orders remain."
    ),
    variant!(
        "pr43@disconnected",
        PR43,
        Mode::Refused,
        DEADLOCKS,
        "The merged fix, and the peer's port refuses."
    ),
    variant!(
        "pr43@reverse",
        PR43,
        Mode::Reverse,
        DEADLOCKS,
        "The merged fix, and the peer is asked to connect back."
    ),
    variant!(
        "fixed",
        FIXED,
        Mode::Forward,
        Expectation::NEVER_FAILS,
        "The merged fix with one lock for the state machine, and nothing told under a lock."
    ),
    variant!(
        "fixed@disconnected",
        FIXED,
        Mode::Refused,
        Expectation::NEVER_FAILS,
        "The whole fix, and the peer's port refuses."
    ),
    variant!(
        "fixed@reverse",
        FIXED,
        Mode::Reverse,
        Expectation::NEVER_FAILS,
        "The whole fix, and the peer is asked to connect back."
    ),
];

/// The window is as wide as the caller is slow.
const WIDE: u64 = 200;
/// The window is between two instructions.
const NARROW: u64 = 2000;
/// Both sides must be between two instructions at the same time.
const NARROWEST: u64 = 10_000;

const LOSES_CONNECTED: Expectation = Expectation {
    must: &[Find { signature: LOST_CONNECTED, within_runs: WIDE }],
    may: &[DEADLOCK],
    always: false,
};
const LOSES_DISCONNECTED: Expectation = Expectation {
    must: &[Find { signature: LOST_DISCONNECTED, within_runs: WIDE }],
    may: &[DEADLOCK],
    always: false,
};
const NEITHER_OR_BOTH_CONNECTED: Expectation = Expectation {
    must: &[
        Find { signature: LOST_CONNECTED, within_runs: NARROW },
        Find { signature: CONNECTED_TWICE, within_runs: NARROWEST },
    ],
    may: &[DEADLOCK],
    always: false,
};
const NEITHER_OR_BOTH_DISCONNECTED: Expectation = Expectation {
    must: &[
        Find { signature: LOST_DISCONNECTED, within_runs: NARROW },
        Find { signature: DISCONNECTED_TWICE, within_runs: NARROWEST },
    ],
    may: &[DEADLOCK],
    always: false,
};
/// The attempt after the watchdog can be lost like the first.
const RECOVERS_LATE: Expectation = Expectation {
    must: &[Find { signature: LATE, within_runs: WIDE }],
    may: &[LOST_CONNECTED, DEADLOCK],
    always: false,
};
const DEADLOCKS: Expectation =
    Expectation { must: &[Find { signature: DEADLOCK, within_runs: NARROW }], may: &[], always: false };

#[cfg(test)]
mod tests {
    use super::{SCENARIO, VARIANTS};
    use std::collections::BTreeSet;

    fn check_passes(name: &str) {
        let variant = VARIANTS.iter().find(|variant| variant.name == name).unwrap();
        assert_eq!((variant.run)(), Ok(()));
    }

    #[test]
    fn the_whole_fix_passes_natively() {
        check_passes("fixed");
    }

    #[test]
    fn the_whole_fix_passes_natively_where_the_port_refuses() {
        check_passes("fixed@disconnected");
    }

    #[test]
    fn the_whole_fix_passes_natively_where_the_peer_connects_back() {
        check_passes("fixed@reverse");
    }

    #[test]
    fn every_variant_has_its_three_modes_and_its_own_name() {
        let names: BTreeSet<&str> = SCENARIO.variants.iter().map(|variant| variant.name).collect();
        assert_eq!(names.len(), SCENARIO.variants.len());
        for name in names.iter().filter(|name| !name.contains('@')) {
            for suffix in ["@disconnected", "@reverse"] {
                assert!(names.contains(format!("{name}{suffix}").as_str()), "{name}{suffix}");
            }
        }
    }
}
