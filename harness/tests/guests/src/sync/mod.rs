//! Guests that synchronise: the standard library's means, and those of crates nobody here wrote.
//!
//! Invariant: every assertion in them holds under every schedule, and natively.

mod channels;
mod crates;
mod locals;
mod locks;
mod randomness;
mod threads;

use photofinish::scenario::{Scenario, Variant};

use crate::sound;

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "sync",
    story: "Threads that talk, lock, wait and end, each in one of the ways Rust offers.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("mpsc", "Channels of the standard library: unbounded, bounded, rendezvous.", channels::mpsc),
    sound("barrier", "Everybody waits for everybody, several times.", locks::barrier),
    sound("rwlock", "Readers share, a writer is alone.", locks::rwlock),
    sound("once", "Once, OnceLock and LazyLock run their closure once, whoever comes first.", locks::once),
    sound("condvar", "A bounded queue made of a Mutex and two Condvars.", locks::condvar),
    sound("poison", "A Mutex, whose owner panicked, says so.", locks::poison),
    sound("spin-lock", "A lock made of an AtomicBool, without any yield.", locks::spin_lock),
    sound("ticket-lock", "A fair lock made of two counters, without any yield.", locks::ticket_lock),
    sound("scoped", "Scoped threads borrow from the thread that waits for them.", threads::scoped),
    sound("park", "Tokens of park and unpark are never lost and never counted twice.", threads::park),
    sound(
        "panic-joined",
        "A panic in a thread is handed to the thread that joins it.",
        threads::panic_joined,
    ),
    sound("builder", "Threads with names and stack sizes of their own.", threads::builder),
    sound(
        "many-threads",
        "Thousands of threads one after another, each with new thread-locals.",
        threads::many,
    ),
    sound("detached", "Threads that nobody joins are over all the same.", threads::detached),
    sound("processors", "The number of processors is said.", threads::processors),
    sound(
        "thread-locals",
        "Destructors of thread-locals: their order, and what they may use.",
        locals::destructors,
    ),
    sound("main-thread-local", "A thread-local of the main thread works as any other.", locals::of_main),
    sound("hash-order", "A HashMap's order and a RandomState's hash are said.", randomness::hash_order),
    sound(
        "parking-lot-mutex",
        "A Mutex and Condvar of parking_lot, unlocked fairly now and then.",
        crates::parking_lot_mutex,
    ),
    sound(
        "parking-lot-rwlock",
        "Readers, upgradable readers and writers of parking_lot.",
        crates::parking_lot_rwlock,
    ),
    sound("crossbeam", "Channels of crossbeam: bounded, unbounded, rendezvous.", crates::crossbeam),
    sound(
        "crossbeam-select",
        "Crossbeam's select! over channels, with after and tick.",
        crates::crossbeam_select,
    ),
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
