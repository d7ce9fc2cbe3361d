//! Clients and servers of HTTP: hyper over tokio, and a client that blocks.
//!
//! Invariant: a server ends in order, and with as many connections as its clients made.

mod blocking;
mod client;
mod server;
mod versions;

use photofinish::scenario::{Scenario, Variant};

use crate::sound;

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "hyper",
    story: "Requests and answers of HTTP over hyper and tokio, and from a client that blocks.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("keep-alive", "Bodies of every size, one after another on one connection.", client::keep_alive),
    sound("current-thread", "The same, with client and server on one thread.", client::current_thread),
    sound("chunked", "Bodies whose length nobody says first, both ways.", client::chunked),
    sound("time-out", "A client gives up on an answer that never comes.", client::time_out),
    sound("graceful", "A server that is told to stop answers what it has begun.", client::graceful),
    sound("http2", "Eight requests at once on one connection of HTTP/2.", versions::http2),
    sound("ureq", "Two clients of ureq, each on a thread that blocks.", blocking::ureq),
];

#[cfg(test)]
mod tests {
    use super::VARIANTS;

    #[test]
    fn natively_each_passes_too() {
        for variant in VARIANTS {
            assert_eq!((variant.run)(), Ok(()), "{}", variant.name);
        }
    }
}
