//! tokio's signals: a handler that writes into a socket, and tasks that hear of it.
//!
//! Invariant: a signal is sent only once its handler is in place.

use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish_calls::signal::kill;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::sleep;

fn send(number: i32) {
    kill(i32::try_from(std::process::id()).expect("a pid"), number).expect("it is this process");
}

pub(super) fn own() -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it starts");
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let (ready, is_ready) = oneshot::channel();
            let task = tokio::spawn(async move {
                let mut hears = signal(SignalKind::user_defined1()).expect("it can be handled");
                ready.send(()).expect("somebody waits");
                hears.recv().await.expect("it comes");
            });
            is_ready.await.expect("it begins");
            tasks.push(task);
        }
        send(libc::SIGUSR1);
        for task in tasks {
            task.await.expect("it does not panic");
        }
    });
    Ok(())
}

pub(super) fn ctrl_c() -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("it starts");
    runtime.block_on(async {
        let first = tokio::spawn(async {
            tokio::select! {
                heard = tokio::signal::ctrl_c() => heard.map(|()| "interrupted"),
                () = sleep(Duration::from_secs(3_600)) => Ok("an hour"),
            }
        });
        sleep(Duration::from_secs(10)).await;
        send(libc::SIGINT);
        let first = first.await.expect("it does not panic").expect("it can be handled");
        assert!(first == "interrupted", "{first}");
    });
    Ok(())
}
