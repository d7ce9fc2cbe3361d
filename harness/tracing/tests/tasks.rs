//! The task that an event happens in, asked of tokio itself.
//!
//! Invariant: numbers are compared with each other only; which one tokio gives out first is its own matter.
#![cfg(feature = "tokio")]

use std::sync::Mutex;

use photofinish_tracing::{Hooks, Note, Spawned, install};
use tracing::info;
use tracing_subscriber::layer::SubscriberExt as _;

static TASKS: Mutex<Vec<Option<u64>>> = Mutex::new(Vec::new());

fn is_on() -> bool {
    true
}

fn note(note: &Note<'_>) -> Option<u64> {
    TASKS.lock().expect("nobody panics").push(note.task);
    None
}

fn spawned(_span: u64, _spawned: &Spawned) {}

#[test]
fn an_event_names_the_task_that_tokio_runs() {
    install(Hooks { is_on, note, spawned });
    let subscriber = tracing_subscriber::registry().with(photofinish_tracing::layer());
    tracing::subscriber::set_global_default(subscriber).expect("this is the only test of this executable");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it starts");
    let ids = runtime.block_on(async {
        info!("before");
        let one = tokio::spawn(async { info!("one") });
        let two = tokio::spawn(async { info!("two") });
        let ids = [one.id(), two.id()];
        one.await.expect("it does not panic");
        two.await.expect("it does not panic");
        ids.map(|id| id.to_string().parse::<u64>().expect("an id shows its number"))
    });
    let seen = TASKS.lock().expect("nobody panics").clone();
    assert_eq!(seen, [None, Some(ids[0]), Some(ids[1])]);
}
