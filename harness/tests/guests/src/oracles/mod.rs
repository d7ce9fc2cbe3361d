//! Guests that do, and do not do, what an oracle was asked to look for.
//!
//! Invariant: natively each returns, but for those of `given_up`.

mod events;
mod given_up;
mod leaks;
mod stuck;

use photofinish::oracles::{Leaks, Oracles};
use photofinish::scenario::{Find, Scenario, Variant};

use crate::processes::PROGRAMS;
use crate::{doomed, racy, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "oracles",
    story: "Programs that leave things behind, wait for nothing, get nowhere, are late, or say too much.",
    programs: PROGRAMS,
    variants: VARIANTS,
};

const NONE: Oracles = Oracles::NONE;

/// The same, with this asked of it besides.
const fn asked(variant: Variant, oracles: Oracles) -> Variant {
    Variant { oracles, ..variant }
}

const fn find(signature: &'static str) -> Find {
    Find { signature, within_runs: 100 }
}

static VARIANTS: &[Variant] = &[
    asked(
        doomed(
            "thread-left",
            "A thread waits for work that nobody can send.",
            &[find("leak: thread logger")],
            leaks::thread,
        ),
        NONE.no_leaks(),
    ),
    doomed(
        "thread-left-asked",
        "The same, and the program itself asks.",
        &[find("leak: thread logger")],
        leaks::asking,
    ),
    sound("thread-left-allowed", "The same, and nobody minds.", leaks::thread),
    asked(
        sound("thread-left-beside", "The same, and only sockets are asked for.", leaks::thread),
        NONE.no_leaks_of(Leaks::SOCKETS),
    ),
    asked(
        doomed(
            "socket-left",
            "A listener is forgotten.",
            &[find("leak: socket of tcp(7), listening")],
            leaks::socket,
        ),
        NONE.no_leaks(),
    ),
    asked(
        doomed("pipe-left", "A pipe is forgotten.", &[find("leak: descriptor of a pipe")], leaks::pipe),
        NONE.no_leaks(),
    ),
    asked(
        doomed(
            "child-left",
            "A child is not waited for.",
            &[find("leak: child child runs")],
            leaks::child_running,
        ),
        NONE.no_leaks_of(Leaks::CHILDREN),
    ),
    asked(
        doomed(
            "zombie-left",
            "A child is over, and nobody asks how it ended.",
            &[find("leak: child child was not waited for")],
            leaks::child_ended,
        ),
        NONE.no_leaks_of(Leaks::CHILDREN),
    ),
    asked(
        doomed(
            "task-left",
            "A task that its runtime describes is never over.",
            &[find("leak: task door spawned in src/main.rs")],
            leaks::task,
        ),
        NONE.no_leaks(),
    ),
    asked(
        sound(
            "tidy",
            "Threads, sockets, pipes, children and tasks, all of them brought to an end.",
            leaks::tidy,
        ),
        NONE.no_leaks(),
    ),
    asked(
        doomed(
            "stuck",
            "A worker waits for a word that will not come; main does not wait for it.",
            &[find("stuck: thread worker")],
            stuck::worker,
        ),
        NONE.nothing_stuck(),
    ),
    asked(
        sound("stuck-not", "A worker waits for one who sleeps.", stuck::worker_of_a_sleeper),
        NONE.nothing_stuck(),
    ),
    asked(
        doomed(
            "stuck-circle",
            "Two wait for each other's lock for ever, beside one who goes on.",
            &[find("stuck: thread left")],
            stuck::circle,
        ),
        NONE.nothing_stuck(),
    ),
    doomed(
        "heartbeat-circle",
        "Two wait for each other's lock while a heart beats, and main waits for them.",
        &[find("deadlock in *")],
        given_up::circle,
    ),
    doomed(
        "heartbeat-lost",
        "A worker waits for a word that will not come while a heart beats, and main waits for it.",
        &[find("stuck: thread worker")],
        given_up::lost_wakeup,
    ),
    doomed("own-pipe", "Main reads what it alone could write.", &[find("deadlock*")], given_up::own_pipe),
    doomed(
        "waiting-child",
        "Main waits for a child that waits for main.",
        &[find("deadlock*")],
        given_up::waiting_child,
    ),
    doomed(
        "heartbeat",
        "A heart beats for ever, and main watches it.",
        &[find("out-of-time")],
        given_up::heartbeat,
    ),
    asked(
        doomed("ball", "Two threads play ball for ever.", &[find("livelock")], given_up::ball),
        NONE.nothing_idle_for(20_000),
    ),
    asked(
        sound("ball-paced", "They play for a while, and breathe between rounds.", given_up::ball_paced),
        NONE.nothing_idle_for(20_000),
    ),
    asked(
        racy(
            "late",
            "A hog keeps a sleeper from waking in time.",
            &[find("late: thread sleeper")],
            stuck::late,
        ),
        NONE.nothing_later_than(50_000),
    ),
    asked(sound("late-not", "A sleeper wakes alone.", stuck::punctual), NONE.nothing_later_than(50_000)),
    asked(
        racy(
            "last-words",
            "Two threads say something, and one of them says goodbye.",
            &[find("spoke after its last words")],
            events::racing,
        ),
        NONE.over_events(events::last_words),
    ),
    asked(
        sound("last-words-in-order", "Goodbye is said when the other is done.", events::in_order),
        NONE.over_events(events::last_words),
    ),
    asked(
        doomed(
            "oracle-panics",
            "The oracle asserts what is not so.",
            &[find("oracle over events: nothing was said of midnight")],
            events::in_order,
        ),
        NONE.over_events(events::midnight),
    ),
];
