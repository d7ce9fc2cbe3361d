//! Guests that build a world of several hosts. There is no world outside a simulation: these do not run natively.
//!
//! Invariant: what a guest expects holds in every order in which its threads and packets can go.

mod clocks;
mod links;
mod power;
mod reaching;
mod runtimes;

use photofinish::scenario::{Failure, Find, Scenario, Variant};

use crate::{doomed, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "hosts",
    story: "Programs on several hosts that talk to each other, crash and come back.",
    programs: &[],
    variants: VARIANTS,
};

const UNATTENDED: &[Find] =
    &[Find { signature: "panic in photofinish_guests::hosts::power::*", within_runs: 1 }];
const DEADLOCK: &[Find] = &[Find { signature: "deadlock in *", within_runs: 1 }];

static VARIANTS: &[Variant] = &[
    sound(
        "names",
        "Hosts find each other by name, over TCP and UDP, and see each other's addresses.",
        reaching::names,
    ),
    sound(
        "ports",
        "The same port on two hosts, loopback of each its own, and an address nobody has.",
        reaching::ports,
    ),
    sound("files", "Each host has files of its own, which a crash leaves.", power::files),
    sound("crash", "A peer's host crashes and comes back: the connection is reset.", power::crash),
    sound("pause", "A paused host answers once it goes on.", power::pause),
    sound("restarts", "A host restarts many times, and each time its program begins anew.", power::restarts),
    sound("lives", "Waiting goes on over a crash; what is done twice is done once.", power::lives),
    doomed("unattended", "A program of a host panics, and nobody asks.", UNATTENDED, power::unattended),
    doomed("paused", "Everybody waits for a paused host.", DEADLOCK, power::paused),
    sound("partition", "What TCP says during a partition arrives after it.", links::partition),
    sound("one-way", "What is heard and cannot be acknowledged times out.", links::one_way),
    sound("slow", "TCP over a link that is slow, narrow and lossy.", links::slow),
    sound("held", "What is held travels when it is released.", links::held),
    sound("reset", "Connections that are reset at both ends.", links::reset),
    sound("datagrams", "Datagrams over an ordinary link.", links::plain),
    sound("lost", "Datagrams over a link that loses everything.", links::never),
    sound("twice", "Datagrams over a link that doubles everything.", links::twice),
    sound("runtimes", "A runtime of smol on each host.", runtimes::of_each_host),
    sound("clocks", "Clocks that are wrong, and clocks that go wrong.", clocks::wrong_clocks),
];

pub(crate) fn wrong(signature: &str, detail: impl std::fmt::Display) -> Failure {
    Failure { signature: signature.to_owned(), detail: detail.to_string() }
}

/// Fails with what was seen unless it is what was expected.
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, expected: T) -> Result<(), Failure> {
    if seen == expected { Ok(()) } else { Err(wrong(what, format!("saw {seen:?}, expected {expected:?}"))) }
}
