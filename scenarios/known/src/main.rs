//! The executable that serves stress programs of well-known crates to `cargo xtask`: what the crates promise, asked of them from several
//! threads at once, and for each of them a program that uses it wrongly and must be found.
//!
//! For another crate: its exact version in `Cargo.toml`; a module here, in which each program is a function that takes nothing, ends, and
//! panics where a promise is not kept; its rows below. Then `cargo xtask sweep known-NAME --seeds 2000`; with `--preempt blocks` threads are
//! stopped at plain accesses, too. A failure says how it is seen again, and `cargo xtask shrink` makes it small. `cargo test` in
//! this folder runs the same programs on plain threads, which tells a wrong program from a wrong simulator.
//!
//! What sees a mistake: few threads and few messages, and somebody who sleeps while others wait, since who merely spins does not go to sleep and
//! cannot be forgotten. Whether a program sees one is found out with a copy of the crate that has one: `[patch.crates-io]` with
//! `NAME = { path = "…" }`, in `.cargo/config.toml` in this folder.
//!
//! Does not know how they are searched. Invariant: a program that is right fails in no run, whatever the threads do; one that is wrong is found
//! within the runs that its row says.

mod async_channel;
mod crossbeam_channel;
mod delivered;
mod event_listener;
mod parking_lot;
mod row;
mod tokio_util;

use photofinish::scenario::Scenario;
use row::{misused, right};

static SCENARIOS: &[&Scenario] = &[
    &Scenario {
        name: "known-async-channel",
        story: "async-channel 2.5.0: many senders and receivers, some of whom give up.",
        programs: &[],
        variants: &[
            right!("bounded", async_channel::bounded, "Two senders and two receivers share room for one."),
            right!("one", async_channel::one, "One message, and one who waits for it, or for room."),
            right!("each", async_channel::each, "Whoever waits is woken, though nobody closes the channel."),
            right!("closed", async_channel::closed, "A channel is closed while senders wait for room."),
            right!("weak", async_channel::weak, "A sender is made of a weak one while the last one goes."),
            right!(
                "cancelled",
                async_channel::cancelled,
                "A receiver that was told of a message goes without it."
            ),
            right!("displaced", async_channel::displaced, "Two senders displace what nobody has taken yet."),
            right!("told", async_channel::told, "Who waits for the last receiver to go is told."),
            misused!(async_channel::misused, "panic*" within 100, "A sender takes a full channel for one that has sent."),
        ],
    },
    &Scenario {
        name: "known-crossbeam-channel",
        story: "crossbeam-channel 0.5.17: many senders and receivers, selecting and in time.",
        programs: &[],
        variants: &[
            right!(
                "bounded",
                crossbeam_channel::bounded,
                "Two senders and two receivers share room for one."
            ),
            right!("one", crossbeam_channel::one, "One message, and one who waits for it, or for room."),
            right!(
                "each",
                crossbeam_channel::each,
                "Whoever waits is woken, though nobody closes the channel."
            ),
            right!(
                "rendezvous",
                crossbeam_channel::rendezvous,
                "Senders and receivers meet without room, or give up."
            ),
            right!(
                "unbounded",
                crossbeam_channel::unbounded,
                "The receiver goes while senders fill block after block."
            ),
            right!(
                "select",
                crossbeam_channel::select,
                "Two receivers select among two channels until both are over."
            ),
            right!(
                "duel",
                crossbeam_channel::duel,
                "Two select between sending to and receiving from each other."
            ),
            right!(
                "disconnected",
                crossbeam_channel::disconnected,
                "The last receiver goes while senders wait for room."
            ),
            right!(
                "after",
                crossbeam_channel::after,
                "A message races with a time-out, and nothing comes too early."
            ),
            misused!(
                crossbeam_channel::misused,
                "deadlock*" within 100,
                "Two receivers look whether there is a message, and then wait for it."
            ),
        ],
    },
    &Scenario {
        name: "known-event-listener",
        story: "event-listener 5.4.2: notifications that are counted, handed over and relied on.",
        programs: &[],
        variants: &[
            right!(
                "exact",
                event_listener::exact,
                "Two notify at once, and the right number of listeners is notified."
            ),
            right!(
                "handed-over",
                event_listener::handed_over,
                "A listener that was notified goes, and another is notified."
            ),
            right!("flag", event_listener::flag, "Three wait for a flag."),
            right!(
                "lock",
                event_listener::lock,
                "A lock is made of an event, and some who wait for it give up."
            ),
            right!(
                "tagged",
                event_listener::tagged,
                "Each notification carries a value, and each value arrives once."
            ),
            misused!(
                event_listener::misused,
                "deadlock*" within 100,
                "Who waits for a flag does not look at it again after it began to listen."
            ),
        ],
    },
    &Scenario {
        name: "known-parking-lot",
        story: "parking_lot 0.13.0: locks that are shared, upgraded, mapped and given away.",
        programs: &[],
        variants: &[
            right!("mutex", parking_lot::mutex, "A lock is taken and let go of in every way that there is."),
            right!(
                "rwlock",
                parking_lot::rwlock,
                "Readers and writers come in every order, and some give up."
            ),
            right!(
                "upgraded",
                parking_lot::upgraded,
                "A reader becomes a writer and a reader again, with nobody between."
            ),
            right!(
                "timed",
                parking_lot::timed,
                "Who gives up an upgrade is still a reader, and holds nobody up."
            ),
            right!(
                "condvar",
                parking_lot::condvar,
                "Who is notified is woken, nobody else is, and the count is right."
            ),
            right!("mapped", parking_lot::mapped, "Guards of a part guard the whole."),
            right!("once", parking_lot::once, "An initialisation panics, and another one is done once."),
            right!(
                "reentrant",
                parking_lot::reentrant,
                "A lock is taken again by its holder, and by nobody else."
            ),
            misused!(parking_lot::misused, "deadlock*" within 100, "A reader reads again while a writer waits between."),
        ],
    },
    &Scenario {
        name: "known-tokio-util",
        story: "tokio-util 0.7.20 on two workers: what wakes tasks, counts them, and takes their bytes apart.",
        programs: &[],
        variants: &[
            right!("cancelled", tokio_util::cancelled, "A tree of tokens is cancelled while it grows."),
            right!(
                "tracked",
                tokio_util::tracked,
                "Tasks begin others while somebody waits for the last one."
            ),
            right!("delayed", tokio_util::delayed, "Delays are reset and taken back while they run out."),
            right!("hurried", tokio_util::hurried, "Who waits for a long delay is told of shorter ones."),
            right!(
                "permitted",
                tokio_util::permitted,
                "Polled semaphores never give more permits than there are."
            ),
            right!(
                "framed",
                tokio_util::framed,
                "Frames pass through a pipe that is narrower than they are."
            ),
            right!("reserved", tokio_util::reserved, "A polled sender reserves room, and gives it back."),
            right!("reused", tokio_util::reused, "One box holds one future after another, finished or not."),
            misused!(tokio_util::misused, "panic*" within 100, "A tracked task begins another that is not tracked."),
        ],
    },
];

fn main() {
    photofinish::serve(SCENARIOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As often as takes a moment.
    const TIMES: usize = 200;

    #[test]
    fn what_is_right_passes_on_plain_threads() {
        for scenario in SCENARIOS {
            for variant in scenario.variants.iter().filter(|variant| variant.expect.must.is_empty()) {
                for _ in 0..TIMES {
                    (variant.run)().unwrap_or_else(|failure| panic!("{}: {failure:?}", variant.name));
                }
            }
        }
    }
}
