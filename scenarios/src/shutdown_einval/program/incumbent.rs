//! Serves at the control path, one supervisor at a time, and lets go of the data when asked to.
//!
//! It does not know whether a successor is ready. Invariant: it serves only while it holds the lock, or between
//! having let go of it and having been told how the handoff ended.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::crash::{self, Crash};
use super::error::{Error, Result};
use super::frame;
use super::lock::DataLock;
use super::options::{Options, Places};
use super::policy::{HEARTBEAT, HELLO};
use super::process::log;
use super::protocol::{HandoffId, Message, Side};

/// A process that serves.
pub(super) struct Incumbent {
    listener: UnixListener,
    lock: Option<DataLock>,
    dir: PathBuf,
    crash: Crash,
    seal_takes: Duration,
}

/// How a session with a supervisor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The successor serves.
    Committed,
    /// This process goes on serving.
    Closed,
}

/// How far one session came.
#[derive(Debug, Default)]
struct Session {
    active: Option<HandoffId>,
    is_drained: bool,
    is_sealed: bool,
}

impl Incumbent {
    /// Takes over the control path from whoever had it.
    pub(super) fn bind(options: &Options, lock: DataLock) -> Result<Self> {
        let path = Places(&options.dir).control();
        // There is none at the very first start.
        let _ = fs::remove_file(&path);
        Ok(Self {
            listener: UnixListener::bind(&path)?,
            lock: Some(lock),
            dir: options.dir.clone(),
            crash: options.crash.clone(),
            seal_takes: Duration::from_millis(options.seal_ms),
        })
    }

    /// Serves until a successor does.
    pub(super) fn serve(mut self) -> Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            match self.session(&stream) {
                Ok(Ended::Committed) => return Ok(()),
                Ok(Ended::Closed) => {}
                Err(error) => {
                    log(format_args!("incumbent: session: {error}"));
                    if self.lock.is_none() {
                        // Whoever took the data may be dying; if it is not, it serves, and this process must not.
                        self.lock = Some(DataLock::acquire_soon(&Places(&self.dir).data())?);
                        self.resume();
                    }
                }
            }
        }
    }

    fn session(&mut self, stream: &UnixStream) -> Result<Ended> {
        frame::write(stream, &Message::hello(Side::Incumbent))?;
        // One peer that stalls must not keep out all others.
        stream.set_read_timeout(Some(HELLO))?;
        let answer = frame::read(stream);
        // A socket that is gone needs no time-out.
        let _ = stream.set_read_timeout(None);
        match answer? {
            Message::HelloAck { .. } => {}
            other => return Err(Error::Unexpected(other.name())),
        }
        let mut session = Session::default();
        let ended = self.obey(stream, &mut session);
        if session.is_drained && !session.is_sealed && !matches!(ended, Ok(Ended::Committed)) {
            self.resume();
        }
        ended
    }

    fn obey(&mut self, stream: &UnixStream, session: &mut Session) -> Result<Ended> {
        loop {
            let message = match frame::read(stream) {
                Err(error) if error.is_disconnect() && !session.is_sealed => return Ok(Ended::Closed),
                read => read?,
            };
            let belongs = |id: &HandoffId| session.active.as_ref() == Some(id);
            match message {
                Message::PrepareHandoff { handoff_id, .. } => {
                    session.active = Some(handoff_id);
                    self.drain(stream)?;
                    session.is_drained = true;
                }
                Message::SealRequest { handoff_id } if belongs(&handoff_id) => {
                    self.seal(stream, session, handoff_id)?;
                }
                Message::Commit { handoff_id } if belongs(&handoff_id) && session.is_sealed => {
                    self.crash.at(crash::O_AFTER_COMMIT);
                    return Ok(Ended::Committed);
                }
                Message::ResumeAfterAbort { handoff_id } | Message::Abort { handoff_id, .. }
                    if belongs(&handoff_id) =>
                {
                    self.take_back(session)?;
                }
                Message::Heartbeat { .. } => frame::write(stream, &Message::heartbeat())?,
                other => return Err(Error::Unexpected(other.name())),
            }
        }
    }

    fn drain(&self, stream: &UnixStream) -> Result<()> {
        // There is no work that would have to come to its end.
        with_heartbeats(stream, || ());
        frame::write(stream, &Message::Drained { open_conns_remaining: 0, accept_closed: true })?;
        self.crash.at(crash::O_AFTER_DRAINED);
        Ok(())
    }

    fn seal(&mut self, stream: &UnixStream, session: &mut Session, handoff_id: HandoffId) -> Result<()> {
        with_heartbeats(stream, || {
            if !self.seal_takes.is_zero() {
                thread::sleep(self.seal_takes);
            }
        });
        self.lock = None;
        session.is_sealed = true;
        self.crash.at(crash::O_AFTER_RELEASE);
        let sealed = Message::SealComplete {
            handoff_id,
            last_revision_per_shard: vec![42],
            data_dir_fingerprint: [0; 32],
        };
        frame::write(stream, &sealed)?;
        self.crash.at(crash::O_AFTER_SEALED);
        Ok(())
    }

    /// The handoff is off: own the data again, then serve.
    fn take_back(&mut self, session: &mut Session) -> Result<()> {
        if session.is_sealed {
            // If somebody still has it, `serve` tries again for a while.
            self.lock = Some(DataLock::acquire(&Places(&self.dir).data())?);
        }
        if session.is_drained {
            self.resume();
        }
        *session = Session::default();
        Ok(())
    }

    fn resume(&self) {
        // A marker for the test: its absence is what is judged.
        let _ = fs::write(Places(&self.dir).resume_called(), "");
    }
}

/// Does work that may take long, while another thread shows that this process is alive.
fn with_heartbeats<T>(stream: &UnixStream, work: impl FnOnce() -> T) -> T {
    let Ok(writer) = stream.try_clone() else { return work() };
    let (stop, stopped) = mpsc::channel::<()>();
    let beat = move || {
        while stopped.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
            if frame::write(&writer, &Message::heartbeat()).is_err() {
                return;
            }
        }
    };
    let thread = thread::Builder::new().name("heartbeat".to_owned()).spawn(beat);
    let thread = thread.expect("the system gives a thread");
    let done = work();
    drop(stop);
    // Only one thread may write to the stream.
    thread.join().expect("the heartbeat does not panic");
    done
}
