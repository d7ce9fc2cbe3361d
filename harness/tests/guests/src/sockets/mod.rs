//! Guests that talk through std's sockets of `unix(7)` and `udp(7)`.
//!
//! Invariant: what a guest expects holds in every order in which its threads can run.

mod datagrams;
mod unix;

use photofinish::scenario::{Scenario, Variant};

use crate::sound;

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "sockets",
    story: "Threads that talk through std's sockets.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("pair", "The two ends of a pair, in two threads.", unix::pair),
    sound("streams", "A listener at a path, and three who connect to it.", unix::streams),
    sound("abstract", "A listener without a file.", unix::without_file),
    sound("messages", "Datagrams at paths, answered to whoever sent them.", unix::messages),
    sound("much", "More than fits, through a pair.", unix::much),
    sound("paths", "What becomes of a path.", unix::paths),
    sound("asked", "UDP: questions and answers, sent until answered.", datagrams::asked),
    sound("connected", "UDP: peers, peeking, and nobody there.", datagrams::connected),
];
