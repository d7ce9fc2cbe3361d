//! Programs that speak, and oracles over what happened.
//!
//! Invariant: the oracles look at events alone.

use std::thread;

use photofinish::scenario::Failure;
use photofinish::sim::event::{Event, Stamp};

pub(super) fn racing() -> Result<(), Failure> {
    let other = thread::spawn(|| println!("and another thing"));
    let parting = thread::spawn(|| println!("bye"));
    other.join().expect("it does not panic");
    parting.join().expect("it does not panic");
    Ok(())
}

pub(super) fn in_order() -> Result<(), Failure> {
    thread::spawn(|| println!("and another thing")).join().expect("it does not panic");
    println!("bye");
    Ok(())
}

fn lines(events: &[(Stamp, Event)]) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::Wrote { fd: 1, bytes } => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    };
    events.iter().filter_map(|(_, event)| line(event)).collect()
}

/// Nothing is said after goodbye, and what a search does not keep is heard as well: that threads ended.
pub(super) fn last_words(events: &[(Stamp, Event)]) -> Result<(), Failure> {
    let ended = events.iter().filter(|(_, event)| matches!(event, Event::Ended)).count();
    assert!(ended > 0, "whoever spoke is over");
    match lines(events).as_slice() {
        [.., last] if last == "bye\n" => Ok(()),
        lines => Err(Failure {
            signature: String::from("spoke after its last words"),
            detail: format!("it said {lines:?}"),
        }),
    }
}

pub(super) fn midnight(events: &[(Stamp, Event)]) -> Result<(), Failure> {
    assert!(lines(events).iter().any(|line| line.contains("midnight")), "nothing was said of midnight");
    Ok(())
}
