//! tokio's channels and locks.
//!
//! Invariant: what is counted comes out the same whoever runs when.

use std::sync::Arc;

use photofinish::scenario::Failure;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{
    Barrier, Mutex, Notify, RwLock, Semaphore, broadcast as cast, mpsc as queue, oneshot, watch,
};
use tokio::task::{JoinSet, spawn_blocking, yield_now};

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(3).enable_all().build().expect("it starts")
}

pub(super) fn mpsc() -> Result<(), Failure> {
    runtime().block_on(async {
        let (sender, mut receiver) = queue::channel(2);
        for number in 0..4_u64 {
            let sender = sender.clone();
            tokio::spawn(async move {
                for round in 0..10 {
                    sender.send(number * 10 + round).await.expect("somebody receives");
                }
            });
        }
        drop(sender);
        let mut last = [None; 4];
        let mut sum = 0;
        while let Some(value) = receiver.recv().await {
            let of = usize::try_from(value / 10).expect("small");
            assert!(last[of] < Some(value), "in the order in which they were sent");
            last[of] = Some(value);
            sum += value;
        }
        assert!(sum == (0..40_u64).sum::<u64>(), "all of them: {sum}");
    });
    Ok(())
}

pub(super) fn mutex() -> Result<(), Failure> {
    runtime().block_on(async {
        let count = Arc::new(Mutex::new(0));
        let both = Arc::new((Semaphore::new(2), RwLock::new(0)));
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            let (count, both) = (Arc::clone(&count), Arc::clone(&both));
            tasks.spawn(async move {
                for _ in 0..5 {
                    let mut held = count.lock().await;
                    let before = *held;
                    yield_now().await;
                    *held = before + 1;
                }
                let permit = both.0.acquire().await.expect("it is open");
                assert!(both.0.available_permits() < 2, "one is mine");
                yield_now().await;
                *both.1.write().await += 1;
                drop(permit);
            });
        }
        while let Some(task) = tasks.join_next().await {
            task.expect("it does not panic");
        }
        assert!(*count.lock().await == 30, "no update is lost");
        assert!(*both.1.read().await == 6, "nor here");
    });
    Ok(())
}

pub(super) fn notify() -> Result<(), Failure> {
    runtime().block_on(async {
        let notify = Arc::new(Notify::new());
        let barrier = Arc::new(Barrier::new(4));
        let (answers, mut answered) = queue::channel(1);
        for number in 0..3 {
            let (notify, barrier, answers) = (Arc::clone(&notify), Arc::clone(&barrier), answers.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                notify.notified().await;
                answers.send(number).await.expect("somebody waits");
            });
        }
        barrier.wait().await;
        let (changes, mut changed) = watch::channel(0);
        let (finish, finished) = oneshot::channel();
        tokio::spawn(async move {
            while *changed.borrow_and_update() < 3 {
                changed.changed().await.expect("it is open");
            }
            finish.send("seen").expect("somebody waits");
        });
        let mut sum = 0;
        for number in 1..=3 {
            // A notification that nobody waits for yet is kept for whoever is next.
            notify.notify_one();
            sum += answered.recv().await.expect("one was notified");
            changes.send(number).expect("somebody looks");
        }
        assert!(sum == 3, "each once");
        assert!(finished.await == Ok("seen"), "the last change is seen");
    });
    Ok(())
}

pub(super) fn broadcast() -> Result<(), Failure> {
    runtime().block_on(async {
        let (sender, _) = cast::channel(16);
        let mut tasks = JoinSet::new();
        for _ in 0..3 {
            let mut receiver = sender.subscribe();
            tasks.spawn(async move {
                let mut sum = 0;
                while let Ok(value) = receiver.recv().await {
                    sum += value;
                }
                sum
            });
        }
        for value in 1..=10 {
            sender.send(value).expect("three receive");
            yield_now().await;
        }
        drop(sender);
        while let Some(sum) = tasks.join_next().await {
            assert!(sum.expect("it does not panic") == 55, "every message");
        }
    });
    Ok(())
}

pub(super) fn blocking() -> Result<(), Failure> {
    runtime().block_on(async {
        let (sender, receiver) = std::sync::mpsc::channel();
        let waits = spawn_blocking(move || receiver.into_iter().sum::<u64>());
        let mut tasks = JoinSet::new();
        for value in 1..=4_u64 {
            let sender = sender.clone();
            tasks.spawn(async move {
                yield_now().await;
                let twice = spawn_blocking(move || value * 2).await.expect("it does not panic");
                sender.send(twice).expect("somebody receives");
            });
        }
        drop(sender);
        while let Some(task) = tasks.join_next().await {
            task.expect("it does not panic");
        }
        assert!(waits.await.expect("it does not panic") == 20, "all arrived");
    });
    Ok(())
}
