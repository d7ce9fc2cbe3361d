//! Clocks that are wrong.
//!
//! Invariant: what a host's clocks say is a function of its skew, its drift and virtual time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use photofinish::scenario::Failure;
use photofinish::world::World;

use super::{expect, wrong};

const SLACK: Duration = Duration::from_millis(5);

pub(super) fn wrong_clocks() -> Result<(), Failure> {
    let world = World::new();
    let noted: Arc<Mutex<Vec<(SystemTime, Duration)>>> = Arc::default();
    let measure = |noted: &Arc<Mutex<Vec<_>>>| {
        let noted = Arc::clone(noted);
        move || {
            let (wall, began) = (SystemTime::now(), Instant::now());
            std::thread::sleep(Duration::from_secs(100));
            noted.lock().expect("nobody panics").push((wall, began.elapsed()));
        }
    };
    let began = world.elapsed();
    // 1,000 ppm of 100 s are 100 ms.
    world.host("fast").clock_skew_ms(-90_000).drift_ppm(1_000).start(measure(&noted)).wait().success("fast");
    let fast = world.elapsed() - began;
    world.host("slow").drift_ppm(-1_000).start(measure(&noted)).wait().success("slow");
    let slow = world.elapsed() - began - fast;
    for (name, took, expected) in [("fast", fast, 99_900), ("slow", slow, 100_100)] {
        let off = took.abs_diff(Duration::from_millis(expected));
        if off > SLACK {
            return Err(wrong("drift", format!("100 s of {name} took {took:?}")));
        }
    }
    let noted = noted.lock().expect("nobody panics");
    for (_, elapsed) in noted.iter() {
        if elapsed.abs_diff(Duration::from_secs(100)) > SLACK {
            return Err(wrong("own time", format!("100 s were {elapsed:?} to their own host")));
        }
    }
    let apart = noted[1].0.duration_since(noted[0].0).unwrap_or_default();
    expect("skew", apart.as_secs(), 90 + 99)
}
