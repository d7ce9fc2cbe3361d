//! What a plan of faults does, and what it leaves.
//!
//! Invariant: a guest here says nothing of single strikes, which are the seed's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish::world::{Ended, Fault, Faults, World};

use crate::hosts::wrong;

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn recovery() -> Result<(), Failure> {
    let world = World::new();
    let beats: Arc<[AtomicU64; 3]> = Arc::default();
    let hosts = [0, 1, 2].map(|at| {
        let beats = Arc::clone(&beats);
        world.host(&format!("h{at}")).start(move || {
            loop {
                beats[at].fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(SECOND);
            }
        })
    });
    let every = |fault: Fault| fault.at_once(2).in_runs(1, 1);
    world.faults(
        &Faults::new()
            .crashes(every(Fault::every(5 * SECOND)).lasting(SECOND..=20 * SECOND))
            .pauses(every(Fault::every(2 * SECOND)).lasting(SECOND..=30 * SECOND))
            .until(60 * SECOND),
    );
    std::thread::sleep(62 * SECOND);
    let before = beats.each_ref().map(|beat| beat.load(Ordering::Relaxed));
    std::thread::sleep(10 * SECOND);
    for (at, host) in hosts.iter().enumerate() {
        let beaten = beats[at].load(Ordering::Relaxed) - before[at];
        if beaten < 5 || host.ended().is_some() {
            return Err(wrong(
                "recovery",
                format!("{host:?} beat {beaten} times in 10 s: {:?}", host.ended()),
            ));
        }
    }
    Ok(())
}

pub(super) fn flicker() -> Result<(), Failure> {
    let world = World::new();
    let lives = Arc::new(AtomicU64::new(0));
    let host = {
        let lives = Arc::clone(&lives);
        world.host("flicker").start(move || {
            lives.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(3_600 * SECOND);
        })
    };
    // As long as it takes to the next opportunity, which is always taken.
    let crash = Fault::every(5 * SECOND).odds(1, 1).lasting(5 * SECOND..=5 * SECOND).in_runs(1, 1);
    world.faults(&Faults::new().crashes(crash).until(60 * SECOND));
    std::thread::sleep(70 * SECOND);
    let lives = lives.load(Ordering::Relaxed);
    if host.ended().is_some() || lives < 2 {
        return Err(wrong("flicker", format!("{lives} lives, {:?}", host.ended())));
    }
    Ok(())
}

pub(super) fn stuck() -> Result<(), Failure> {
    let world = World::new();
    let wait = || loop {
        std::thread::park();
    };
    for name in ["a", "b", "c"] {
        world.host(name).start(wait);
    }
    let spared = world.host("spared").start(wait);
    world.faults(&Faults::attrition().spare(["spared"]).until(3_600 * SECOND));
    std::thread::sleep(30 * SECOND);
    let ended: Ended = spared.wait();
    Err(wrong("ended", format!("{ended:?}")))
}
