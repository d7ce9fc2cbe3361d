//! What the three processes say to each other.
//!
//! It does not know who says what when. Invariant: order and types of variants and fields are those of the
//! published crate, so that one probe can talk to both.

use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The one version of the protocol.
pub(in super::super) const VERSION: u16 = 1;

/// Names a handoff: 16 bytes that no other one has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct HandoffId(pub(in super::super) Vec<u8>);

impl HandoffId {
    /// A name from the clock and the process' number: one process starts one handoff at a time.
    pub(super) fn fresh() -> Self {
        let mut bytes = (since_epoch().as_nanos() as u64).to_be_bytes().to_vec();
        bytes.extend(u64::from(process::id()).to_be_bytes());
        Self(bytes)
    }
}

/// Which end of a handoff a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Side {
    /// Who serves.
    Incumbent,
    /// Who is to serve.
    Successor,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) enum Message {
    /// The first words of a peer of the supervisor.
    Hello {
        /// Which end it is.
        role: Side,
        /// Its process.
        pid: u32,
        /// What was built.
        build_id: Vec<u8>,
        /// The lowest version it speaks.
        proto_min: u16,
        /// The highest version it speaks.
        proto_max: u16,
        /// Nothing yet.
        capabilities: u64,
    },
    /// The supervisor's answer.
    HelloAck {
        /// The version that is spoken from here on.
        proto_version_chosen: u16,
        /// The handoff.
        handoff_id: HandoffId,
    },
    /// To the incumbent: take no more work.
    PrepareHandoff {
        /// The handoff.
        handoff_id: HandoffId,
        /// Who is to serve.
        successor_pid: u32,
        /// What is left for the whole handoff.
        deadline_ms: u64,
        /// What it may take to drain.
        drain_grace_ms: u64,
    },
    /// From the incumbent: no more work is taken.
    Drained {
        /// Connections that are still open.
        open_conns_remaining: u32,
        /// Whether nothing is accepted any more.
        accept_closed: bool,
    },
    /// To the incumbent: write everything down and let go of the data.
    SealRequest {
        /// The handoff.
        handoff_id: HandoffId,
    },
    /// From the incumbent, while it seals.
    SealProgress {
        /// Shards done.
        shards_sealed: u32,
        /// Shards there are.
        shards_total: u32,
        /// The last revision written.
        last_revision: u64,
    },
    /// From the incumbent: the data is free.
    SealComplete {
        /// The handoff.
        handoff_id: HandoffId,
        /// The last revision of each shard.
        last_revision_per_shard: Vec<u64>,
        /// What the data looks like.
        data_dir_fingerprint: [u8; 32],
    },
    /// From the incumbent: it keeps the data.
    SealFailed {
        /// The handoff.
        handoff_id: HandoffId,
        /// Why.
        error: String,
        /// How far it came.
        partial_state: String,
    },
    /// To the successor: take the data.
    Begin {
        /// The handoff.
        handoff_id: HandoffId,
    },
    /// From the successor: it has the data and can serve.
    Ready {
        /// The handoff.
        handoff_id: HandoffId,
        /// Where it listens.
        listening_on: Vec<String>,
        /// How it feels.
        healthz_ok: bool,
        /// The revision of each shard as it sees it.
        advertised_revision_per_shard: Vec<u64>,
    },
    /// To the incumbent: the successor serves, leave. To a successor that waits for it: serve.
    Commit {
        /// The handoff.
        handoff_id: HandoffId,
    },
    /// The handoff is off.
    Abort {
        /// The handoff.
        handoff_id: HandoffId,
        /// Why.
        reason: String,
    },
    /// To the incumbent: the successor is gone, serve again.
    ResumeAfterAbort {
        /// The handoff.
        handoff_id: HandoffId,
    },
    /// Somebody is busy and alive.
    Heartbeat {
        /// When.
        ts_ms: u64,
    },
}

impl Message {
    /// The message's name, for reports.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "Hello",
            Self::HelloAck { .. } => "HelloAck",
            Self::PrepareHandoff { .. } => "PrepareHandoff",
            Self::Drained { .. } => "Drained",
            Self::SealRequest { .. } => "SealRequest",
            Self::SealProgress { .. } => "SealProgress",
            Self::SealComplete { .. } => "SealComplete",
            Self::SealFailed { .. } => "SealFailed",
            Self::Begin { .. } => "Begin",
            Self::Ready { .. } => "Ready",
            Self::Commit { .. } => "Commit",
            Self::Abort { .. } => "Abort",
            Self::ResumeAfterAbort { .. } => "ResumeAfterAbort",
            Self::Heartbeat { .. } => "Heartbeat",
        }
    }

    /// The first words of this process.
    pub(super) fn hello(role: Side) -> Self {
        let pid = process::id();
        Self::Hello {
            role,
            pid,
            build_id: Vec::new(),
            proto_min: VERSION,
            proto_max: VERSION,
            capabilities: 0,
        }
    }

    /// A sign of life.
    pub(super) fn heartbeat() -> Self {
        Self::Heartbeat { ts_ms: unix_ms() }
    }
}

/// Milliseconds of the calendar.
pub(super) fn unix_ms() -> u64 {
    since_epoch().as_millis() as u64
}

/// Microseconds of the calendar.
pub(super) fn unix_us() -> u64 {
    since_epoch().as_micros() as u64
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}
