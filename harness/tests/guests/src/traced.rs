//! Programs that trace: events and spans across tasks and threads.
//!
//! They know the layer and nothing else of ours. Invariant: each sets the one global subscriber, so that a process runs one.

use std::time::Duration;

use photofinish::scenario::{Failure, Find, Scenario, Variant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;
use tracing::{Instrument as _, debug, info, info_span, trace_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{doomed, sound};

/// The guests of this file.
pub static SCENARIO: Scenario =
    Scenario { name: "tracing", story: "Programs that trace.", programs: &[], variants: VARIANTS };

static VARIANTS: &[Variant] = &[
    sound("tasks", "Three visits by tasks on 2 workers, in spans that move between them.", tasks),
    sound(
        "described",
        "A task whose runtime describes it, by a span as tokio's with its own tracing on.",
        described,
    ),
    sound("threads", "Threads of std race with a value that takes its time to be written.", threads),
    doomed("panics", "A visitor panics, after much was traced.", &[PANIC], panics),
];

const PANIC: Find = Find { signature: "panic in photofinish_guests::traced::panics: *", within_runs: 1 };

fn subscribe() {
    let subscriber = tracing_subscriber::registry().with(photofinish_tracing::layer());
    tracing::subscriber::set_global_default(subscriber).expect("a process runs one program");
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it starts")
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn tasks() -> Result<(), Failure> {
    subscribe();
    info!("outside of every task");
    runtime().block_on(async {
        let visits: Vec<_> = (0..3_u64)
            .map(|n| tokio::spawn(visit(n).instrument(info_span!("visit", n, left = tracing::field::Empty))))
            .collect();
        for visit in visits {
            visit.await.expect("nobody panics");
        }
    });
    info!("closed");
    Ok(())
}

async fn visit(n: u64) {
    sleep(ms(10 * (n + 1))).await;
    info!(n, "knocks");
    let inner = info_span!("inner");
    let talked = tokio::task::spawn_blocking(move || {
        inner.in_scope(|| {
            std::thread::sleep(ms(5));
            debug!("talks");
        });
    });
    talked.await.expect("nobody panics");
    tracing::Span::current().record("left", true);
    warn!(name = "a visitor", number = ?Some(n), "leaves");
}

/// As tokio does with `--cfg tokio_unstable` and its feature `tracing` (`tokio::util::trace::task`).
fn described() -> Result<(), Failure> {
    subscribe();
    let spawn = |id: u64, name: &str, line: u32| {
        trace_span!(
            target: "tokio::task", parent: None, "runtime.spawn", kind = %"task", task.name = %name, task.id = id,
            size.bytes = 8_u64, loc.file = "src/door.rs", loc.line = line, loc.col = 5_u32,
        )
    };
    let (named, unnamed) = (spawn(901, "porter", 7), spawn(77, "", 8));
    let worker = std::thread::spawn(move || {
        unnamed.in_scope(|| info_span!("round").in_scope(|| info!("makes a round")));
        named.in_scope(|| info!("opens"));
        unnamed.in_scope(|| info!("again"));
    });
    worker.join().expect("it does not panic");
    info!("neither");
    Ok(())
}

/// Takes a lock, and so may lose its turn, while it is written.
struct Slow<'a>(&'a std::sync::Mutex<u32>);

impl std::fmt::Debug for Slow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut times = self.0.lock().expect("nobody panics");
        *times += 1;
        write!(f, "{times}")
    }
}

fn threads() -> Result<(), Failure> {
    subscribe();
    let times = std::sync::Mutex::new(0);
    std::thread::scope(|scope| {
        for n in 0..3 {
            let times = &times;
            scope.spawn(move || {
                for _ in 0..5 {
                    let span = info_span!("turn", n, times = ?Slow(times));
                    span.in_scope(|| info!(times = ?Slow(times), "in turn"));
                }
            });
        }
    });
    assert_eq!(times.into_inner().expect("nobody panics"), 30);
    Ok(())
}

fn panics() -> Result<(), Failure> {
    subscribe();
    runtime().block_on(async {
        for n in 0..20 {
            debug!(n, "waits");
        }
        let visitor = async {
            sleep(ms(20)).await;
            info!(why = "\u{1b}[31mred", "falls");
            panic!("a visitor fell");
        };
        let visitor = tokio::spawn(visitor.instrument(info_span!("visit", n = 7)));
        visitor.await.expect("nobody panics");
    });
    Ok(())
}
