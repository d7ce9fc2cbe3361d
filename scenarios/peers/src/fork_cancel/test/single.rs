//! One stream: a task that fills it, and a task that reads it.
//!
//! It does not know of any network. In the scenario a thread fills it; where there are none, a task does. Invariant: who fills it is
//! done before anybody looks.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::{self, Instant};

use super::super::program::fragment::{FIRST_PAYLOAD, PAYLOAD_MAX};
use super::super::program::handle::StreamHandle;
use super::super::program::node::Config;
use super::super::program::pace::Pace;
use super::super::program::pipe::{Sink, pipe_stream};
use super::super::program::revision::Revision;
use super::super::program::telemetry::{Kind, Telemetry, Transfer};
use super::case::{Case, Reading, Single};
use super::seen::{self, Seen};
use super::{BROKEN, Failure, Stage, oracle};

/// As in the scenario.
const READER: &str = "reader";
const LOOK_S: u32 = 10;
const INTERVAL_THOUSANDTHS: u32 = 2000;
const END_S: u32 = 45;

/// Fragments are taken and forgotten.
#[derive(Debug)]
struct Nowhere;

impl Sink for Nowhere {
    async fn send(&mut self, _number: u32, _payload: Bytes) -> io::Result<()> {
        Ok(())
    }
}

/// No nodes: who watches does it all.
pub(super) fn stage(revision: Revision, case: &'static Case, single: &'static Single, pace: Pace) -> Stage {
    let watch = Box::pin(async move {
        let seen = play(revision, single, pace).await?;
        oracle::judge(&seen, case.wakers, pace)
    });
    Stage { nodes: Vec::new(), watch }
}

async fn play(revision: Revision, single: &'static Single, pace: Pace) -> Result<Seen, Failure> {
    let telemetry = Arc::new(Telemetry::default());
    let config = Config { name: READER, revision, pace, telemetry: Arc::clone(&telemetry) };
    let fragments: usize = single.bursts.iter().map(|burst| burst.len()).sum();
    let handle = StreamHandle::new(FIRST_PAYLOAD + (fragments - 1) * PAYLOAD_MAX, revision, pace);
    match single.reading {
        Reading::Pipe => {
            let (fork, reader) = (handle.fork(), telemetry.reader(READER, &handle));
            tokio::spawn(async move { pipe_stream(fork, reader, &mut Nowhere, &config).await });
        }
        Reading::Assembly => {
            let handle = handle.clone();
            tokio::spawn(async move { assemble(&handle, &config).await });
        }
    }
    let filled = tokio::spawn(fill(handle, single, pace)).await;
    filled.map_err(|error| Failure { signature: BROKEN.to_owned(), detail: error.to_string() })?;
    time::sleep(pace.seconds(LOOK_S)).await;
    let sleepers = seen::sleepers(&telemetry);
    time::sleep(pace.seconds(END_S - LOOK_S)).await;
    Ok(Seen::at_the_end(sleepers, &telemetry))
}

async fn assemble(handle: &StreamHandle, config: &Config) {
    let started = Instant::now();
    let assembled = handle.assemble().await;
    let bytes = assembled.as_ref().map_or(0, |object| object.len() as u64);
    let failed = assembled.err().map(|error| error.to_string());
    let took = started.elapsed();
    config.telemetry.ended(Transfer { node: config.name, kind: Kind::Assembly, failed, bytes, took });
}

async fn fill(handle: StreamHandle, single: &Single, pace: Pace) {
    for burst in single.bursts {
        time::sleep(pace.thousandths(INTERVAL_THOUSANDTHS)).await;
        for &number in *burst {
            let bytes = if number == 1 { FIRST_PAYLOAD } else { PAYLOAD_MAX };
            handle.push(number, Bytes::from(vec![0; bytes])).expect("it fits and nobody cancels");
        }
    }
}
