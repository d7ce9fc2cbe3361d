//! One stream: a thread that fills it, and a task that reads it.
//!
//! It does not know of any network. Invariant: who fills it is done before anybody looks.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Builder;

use super::super::process::WORKERS;
use super::super::program::fragment::{FIRST_PAYLOAD, PAYLOAD_MAX};
use super::super::program::handle::StreamHandle;
use super::super::program::node::Config;
use super::super::program::pace::Pace;
use super::super::program::pipe::{Sink, pipe_stream};

use super::super::program::revision::Revision;
use super::super::program::telemetry::{Kind, Telemetry, Transfer};
use super::case::{Reading, Single};
use super::seen::{self, Seen};

/// The one who reads.
pub(super) const READER: &str = "reader";
/// When nothing but time-outs can happen any more, in seconds after the last fragment.
const LOOK_S: u32 = 10;
/// How many thousandths of a second lie between two bursts: enough for the reader to fall asleep.
const INTERVAL_THOUSANDTHS: u32 = 2000;
/// When the time-outs have happened.
const END_S: u32 = 45;

/// Fragments are taken and forgotten.
#[derive(Debug)]
struct Nowhere;

impl Sink for Nowhere {
    async fn send(&mut self, _number: u32, _payload: Bytes) -> io::Result<()> {
        Ok(())
    }
}

/// Plays the case and looks.
pub(super) fn run(revision: Revision, single: &Single, pace: Pace) -> io::Result<Seen> {
    let telemetry = Arc::new(Telemetry::default());
    let config = Config { name: READER, revision, pace, telemetry: Arc::clone(&telemetry) };
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let fragments: usize = single.bursts.iter().map(|burst| burst.len()).sum();
    let handle = StreamHandle::new(FIRST_PAYLOAD + (fragments - 1) * PAYLOAD_MAX, revision, pace);
    match single.reading {
        Reading::Pipe => {
            let (fork, reader) = (handle.fork(), telemetry.reader(READER, &handle));
            runtime.spawn(async move { pipe_stream(fork, reader, &mut Nowhere, &config).await });
        }
        Reading::Assembly => {
            let handle = handle.clone();
            runtime.spawn(async move { assemble(&handle, &config).await });
        }
    }
    fill(handle, single, pace)?;
    let filled = Instant::now();
    wait(filled + pace.seconds(LOOK_S), &telemetry);
    let sleepers = seen::sleepers(&telemetry);
    wait(filled + pace.seconds(END_S), &telemetry);
    let seen = Seen::at_the_end(sleepers, &telemetry);
    drop(runtime);
    Ok(seen)
}

async fn assemble(handle: &StreamHandle, config: &Config) {
    let started = tokio::time::Instant::now();
    let assembled = handle.assemble().await;
    let bytes = assembled.as_ref().map_or(0, |object| object.len() as u64);
    let failed = assembled.err().map(|error| error.to_string());
    let took = started.elapsed();
    config.telemetry.ended(Transfer { node: config.name, kind: Kind::Assembly, failed, bytes, took });
}

fn fill(handle: StreamHandle, single: &Single, pace: Pace) -> io::Result<()> {
    let bursts = single.bursts;
    let interval = pace.thousandths(INTERVAL_THOUSANDTHS);
    let filler = thread::Builder::new().name("filler".to_owned()).spawn(move || {
        for &burst in bursts {
            thread::sleep(interval);
            for &number in burst {
                let bytes = if number == 1 { FIRST_PAYLOAD } else { PAYLOAD_MAX };
                handle.push(number, Bytes::from(vec![0; bytes])).expect("it fits and nobody cancels");
            }
        }
    })?;
    filler.join().map_err(|_| io::Error::other("the filler panicked"))
}

/// Waits until `deadline`, or until all that was begun has ended.
fn wait(deadline: Instant, telemetry: &Telemetry) {
    /// How often to look whether there is anything to wait for.
    const LOOKS: u32 = 16;
    let step = deadline.saturating_duration_since(Instant::now()) / LOOKS;
    while telemetry.transfers().is_empty() && Instant::now() < deadline {
        thread::sleep(step.max(Duration::from_nanos(1)));
    }
}
