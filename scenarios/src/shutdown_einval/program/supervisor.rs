//! Drives a handoff: asks the incumbent to let go, starts the successor, and says who serves.
//!
//! It does not know how a peer does its part. Invariant: a successor that was started and not committed is killed
//! and waited for before `perform` returns.

use std::fmt::Display;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::arm::{Arming, Injection, Receive};
use super::crash;
use super::error::{Error, Result};
use super::frame;
use super::journal::{Entry, Journal, Phase};
use super::options::{Options, Places};
use super::outcome::Outcome;
use super::policy::{Bind, DEADLINE, DRAIN_GRACE, HELLO, LIVENESS, READ_MIN, Site, WIRE_SLACK};
use super::process::{Successor, log};
use super::protocol::{HandoffId, Message, Side, VERSION, unix_ms, unix_us};

/// One handoff.
pub(super) struct Supervisor<'a> {
    options: &'a Options,
    arming: Arming,
    journal: Journal,
    id: HandoffId,
    /// When the whole handoff must have ended.
    until: Instant,
    started_at_unix_ms: u64,
}

/// A wait for one message among signs of life.
#[derive(Clone, Copy, Debug)]
struct Wait {
    site: Site,
    timeout: Duration,
    awaiting: &'static str,
}

/// The incumbent's answer to being asked to let go of the data.
enum Sealed {
    /// It did.
    Complete,
    /// It did not, because of this.
    Refused(String),
}

impl<'a> Supervisor<'a> {
    /// A handoff that begins here.
    pub(super) fn new(options: &'a Options) -> Self {
        let places = Places(&options.dir);
        let marker = places.einval_struck();
        let injection = options.einval_at.map(|site| Injection { site, marker });
        Self {
            options,
            arming: Arming::new(options.policy, injection),
            journal: Journal(places.journal()),
            id: HandoffId::fresh(),
            until: Instant::now() + DEADLINE,
            started_at_unix_ms: unix_ms(),
        }
    }

    /// The whole of it.
    pub(super) fn perform(&self) -> Result<Outcome> {
        let crash = &self.options.crash;
        let incumbent = UnixStream::connect(Places(&self.options.dir).control())?;
        self.arming.up_front(&incumbent, self.until + WIRE_SLACK)?;
        self.greet(&incumbent, Side::Incumbent, None)?;
        crash.at(crash::S_AFTER_O_HELLO);

        let (control, theirs) = UnixStream::pair()?;
        self.arming.up_front(&control, self.until + WIRE_SLACK)?;
        let left = self.remaining() + WIRE_SLACK;
        let cap_us = unix_us() + left.as_micros() as u64;
        let successor = Successor::start(self.options.for_successor(cap_us), theirs)?;
        crash.at(crash::S_AFTER_SPAWN);
        self.greet(&control, Side::Successor, Some(successor.pid()))?;
        crash.at(crash::S_AFTER_N_HELLO);
        self.note(Phase::Negotiating, successor.pid())?;

        self.drain(&incumbent, successor.pid())?;
        crash.at(crash::S_AFTER_DRAINED);
        self.note(Phase::Draining, successor.pid())?;

        frame::write(&incumbent, &Message::SealRequest { handoff_id: self.id.clone() })?;
        crash.at(crash::S_AFTER_SEAL_REQUEST);
        if let Sealed::Refused(why) = self.await_seal(&incumbent, &control)? {
            let reason = format!("seal failed: {why}");
            self.abort(&control, &reason);
            successor.kill();
            self.clear();
            return Ok(Outcome::Aborted(reason));
        }
        crash.at(crash::S_AFTER_SEALED);
        self.note(Phase::Sealing, successor.pid())?;

        match self.begin(&control, successor.pid()) {
            Ok(Message::Ready { handoff_id, .. }) if handoff_id == self.id => {
                crash.at(crash::S_AFTER_READY);
                // It serves, whatever becomes of the incumbent: from here on nothing may kill it.
                let pid = successor.disarm();
                self.commit(&incumbent, &control, pid);
                Ok(Outcome::Committed)
            }
            other => {
                let reason = match other {
                    Ok(message) => format!("expected Ready, got {}", message.name()),
                    Err(Error::Timeout(what)) => format!("ready phase timed out waiting for {what}"),
                    Err(error) => format!("ready read failed: {error}"),
                };
                self.abort(&control, &reason);
                let pid = successor.pid();
                successor.kill();
                frame::write(&incumbent, &Message::ResumeAfterAbort { handoff_id: self.id.clone() })?;
                self.note(Phase::ResumingAfterAbort, pid)?;
                self.clear();
                Ok(Outcome::Aborted(reason))
            }
        }
    }

    /// First words with a peer.
    fn greet(&self, stream: &UnixStream, expected: Side, expected_pid: Option<u32>) -> Result<()> {
        let site = Site::Hello;
        let until = Instant::now() + HELLO;
        self.arming.arm(stream, Receive { site, timeout: HELLO, until, awaiting: "peer Hello" })?;
        let said = frame::read(stream);
        self.arming.disarm(stream, site);
        match said {
            Ok(Message::Hello { role, pid, .. })
                if role == expected && expected_pid.is_none_or(|expected| expected == pid) => {}
            Ok(Message::Hello { .. }) => return Err(Error::Unexpected("Hello of somebody else")),
            Ok(other) => return Err(Error::Unexpected(other.name())),
            Err(error) if error.is_timeout() => return Err(Error::Timeout("peer Hello")),
            Err(error) => return Err(error),
        }
        let handoff_id = self.id.clone();
        frame::write(stream, &Message::HelloAck { proto_version_chosen: VERSION, handoff_id })
    }

    fn drain(&self, incumbent: &UnixStream, successor_pid: u32) -> Result<()> {
        let prepare = Message::PrepareHandoff {
            handoff_id: self.id.clone(),
            successor_pid,
            deadline_ms: self.remaining().as_millis() as u64,
            drain_grace_ms: DRAIN_GRACE.as_millis() as u64,
        };
        frame::write(incumbent, &prepare)?;
        self.options.crash.at(crash::S_AFTER_PREPARE);
        let wait = Wait { site: Site::Drained, timeout: DRAIN_GRACE + WIRE_SLACK, awaiting: "Drained" };
        match self.read_until(incumbent, wait)? {
            Message::Drained { .. } => Ok(()),
            other => Err(Error::Unexpected(other.name())),
        }
    }

    /// Waits until the incumbent let go of the data, or says why it does not.
    fn await_seal(&self, incumbent: &UnixStream, control: &UnixStream) -> Result<Sealed> {
        let until = self.until + WIRE_SLACK;
        let (site, awaiting) = (Site::Seal, "SealComplete");
        let sealed = loop {
            let remaining = until.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                break Err(Error::Timeout(awaiting));
            }
            let timeout = LIVENESS.min(remaining).max(READ_MIN);
            self.arming.arm(incumbent, Receive { site, timeout, until, awaiting })?;
            match frame::read(incumbent) {
                Ok(Message::SealProgress { .. } | Message::Heartbeat { .. }) => {}
                Ok(Message::SealComplete { handoff_id, .. }) if handoff_id == self.id => {
                    break Ok(Sealed::Complete);
                }
                Ok(Message::SealFailed { handoff_id, error, .. }) if handoff_id == self.id => {
                    break Ok(Sealed::Refused(error));
                }
                Ok(other) => break Err(Error::Unexpected(other.name())),
                Err(error) if error.is_timeout() => break Err(Error::Timeout(awaiting)),
                Err(error) => break Err(error),
            }
        };
        self.arming.disarm(incumbent, site);
        if matches!(sealed, Err(Error::Timeout(_))) {
            self.abort(control, "incumbent unresponsive during seal");
            self.clear();
        }
        sealed
    }

    /// Tells the successor to begin and waits until it is ready.
    fn begin(&self, control: &UnixStream, successor_pid: u32) -> Result<Message> {
        frame::write(control, &Message::Begin { handoff_id: self.id.clone() })?;
        self.options.crash.at(crash::S_AFTER_BEGIN);
        self.note(Phase::AwaitingReady, successor_pid)?;
        let timeout = self.remaining() + WIRE_SLACK;
        self.read_until(control, Wait { site: Site::Ready, timeout, awaiting: "Ready" })
    }

    /// The next message that is no sign of life. A peer that gives signs of life may take the whole time-out.
    fn read_until(&self, stream: &UnixStream, wait: Wait) -> Result<Message> {
        let Wait { site, awaiting, .. } = wait;
        let until = Instant::now() + wait.timeout.max(READ_MIN);
        let message = loop {
            let remaining = until.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                break Err(Error::Timeout(awaiting));
            }
            let timeout = LIVENESS.min(remaining).max(READ_MIN);
            self.arming.arm(stream, Receive { site, timeout, until, awaiting })?;
            match frame::read(stream) {
                Ok(Message::Heartbeat { .. } | Message::SealProgress { .. }) => {}
                Ok(message) => break Ok(message),
                Err(error) if error.is_timeout() => break Err(Error::Timeout(awaiting)),
                Err(error) => break Err(error),
            }
        };
        self.arming.disarm(stream, site);
        message
    }

    /// Best effort, all of it: who reads the journal of a handoff that was committed finds a successor that serves.
    fn commit(&self, incumbent: &UnixStream, control: &UnixStream, successor_pid: u32) {
        let message = Message::Commit { handoff_id: self.id.clone() };
        if self.options.policy.bind == Bind::AfterAcknowledged {
            told("Commit to the successor", frame::write(control, &message));
        }
        told("Commit to the incumbent", frame::write(incumbent, &message));
        self.options.crash.at(crash::S_AFTER_COMMIT);
        told("the journal", self.note(Phase::Committed, successor_pid));
        self.clear();
        self.options.crash.at(crash::S_AFTER_CLEAR);
    }

    fn abort(&self, control: &UnixStream, reason: &str) {
        let message = Message::Abort { handoff_id: self.id.clone(), reason: reason.to_owned() };
        told("Abort to the successor", frame::write(control, &message));
    }

    fn note(&self, phase: Phase, successor_pid: u32) -> Result<()> {
        self.journal.write(&Entry {
            handoff_id: self.id.clone(),
            phase,
            incumbent_pid: std::process::id(),
            successor_pid: Some(successor_pid),
            started_at_unix_ms: self.started_at_unix_ms,
        })
    }

    fn clear(&self) {
        told("removing the journal", self.journal.clear());
    }

    fn remaining(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now()).max(READ_MIN)
    }
}

/// Clears what a supervisor before this one left, once it has seen whether anybody serves.
pub(super) fn resume_from_journal(places: Places<'_>) -> Result<()> {
    let journal = Journal(places.journal());
    let Some(left) = journal.read()? else { return Ok(()) };
    log(format_args!("supervisor: a handoff before this one ended at {:?}", left.phase));
    if let Ok(stream) = UnixStream::connect(places.control()) {
        // Only a look: an incumbent that says nothing is found out about by the handoff.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        let _ = frame::read(&stream);
    }
    journal.clear()
}

fn told(what: impl Display, done: Result<()>) {
    if let Err(error) = done {
        log(format_args!("supervisor: {what}: {error}"));
    }
}
