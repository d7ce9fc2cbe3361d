//! Takes over from an incumbent: waits for its turn, takes the data, says that it is ready, and serves.
//!
//! It does not know whether the supervisor heard it. Invariant: it says `Ready` only with the lock in its hands.

use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use photofinish_calls::child;

use super::crash::{self, Crash};
use super::error::{Error, Result};
use super::frame;
use super::incumbent::Incumbent;
use super::lock::DataLock;
use super::options::{Options, Places, ReadyWhen};
use super::policy::Bind;
use super::protocol::{HandoffId, Message, Side, unix_us};

/// The whole of it: returns when the next successor serves.
pub(super) fn run(options: &Options) -> Result<()> {
    let control = child::take_inherited(child::INHERITED_START);
    let control = UnixStream::from(control.expect("a successor is given a connection"));
    let handoff_id = wait_for_begin(&control)?;
    let lock = DataLock::acquire(&Places(&options.dir).data())?;
    options.crash.at(crash::N_AFTER_LOCK);
    warm_up(options.ready);
    announce(options, control, handoff_id)?;
    options.crash.at(crash::N_AFTER_READY);
    // What it was told to do as a successor does not concern the incumbent that it becomes.
    let options = Options { crash: Crash::default(), ..options.clone() };
    Incumbent::bind(&options, lock)?.serve()
}

fn wait_for_begin(control: &UnixStream) -> Result<HandoffId> {
    frame::write(control, &Message::hello(Side::Successor))?;
    let expected = match frame::read(control)? {
        Message::HelloAck { handoff_id, .. } => handoff_id,
        other => return Err(Error::Unexpected(other.name())),
    };
    loop {
        match frame::read(control)? {
            Message::Begin { handoff_id } if handoff_id == expected => return Ok(expected),
            Message::Abort { reason, .. } => return Err(Error::Aborted(reason)),
            Message::Heartbeat { .. } => {}
            other => return Err(Error::Unexpected(other.name())),
        }
    }
}

/// Whatever a server does before it can serve.
fn warm_up(ready: ReadyWhen) {
    match ready {
        ReadyWhen::AtOnce | ReadyWhen::AtCap => {}
        ReadyWhen::After(ms) => thread::sleep(Duration::from_millis(ms)),
        ReadyWhen::At(us) => thread::sleep(Duration::from_micros(us.saturating_sub(unix_us()))),
    }
}

/// Says that it is ready, and closes the connection: nothing more is said.
fn announce(options: &Options, control: UnixStream, handoff_id: HandoffId) -> Result<()> {
    let ready = Message::Ready {
        handoff_id,
        listening_on: Vec::new(),
        healthz_ok: true,
        advertised_revision_per_shard: vec![43],
    };
    frame::write(&control, &ready)?;
    if options.policy.bind == Bind::AfterReady {
        return Ok(());
    }
    match frame::read(&control)? {
        Message::Commit { .. } => Ok(()),
        Message::Abort { reason, .. } => Err(Error::Aborted(reason)),
        other => Err(Error::Unexpected(other.name())),
    }
}
