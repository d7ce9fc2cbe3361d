//! Sets a time-out on the next receive, which is where the race is.
//!
//! On XNU setsockopt(2) fails with EINVAL once a peer has closed, although what it sent can still be read
//! (`sosetoptlock`: both `SS_CANTRCVMORE` and `SS_CANTSENDMORE` are set). What to make of that is the policy's rule.
//! It does not know what is read. Invariant: nothing is read here.

use std::cell::Cell;
use std::fs;
use std::io::{Error as IoError, ErrorKind, Result as IoResult};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use photofinish_calls::{Failed, socket};

use super::error::{Error, Result};
use super::policy::{ArmRule, LIVENESS, Policy, RETRY_INTERVAL, Site};

/// An EINVAL that has nothing to do with a peer that closed.
#[derive(Debug)]
pub(super) struct Injection {
    /// Where it strikes.
    pub(super) site: Site,
    /// A file that says that it struck.
    pub(super) marker: PathBuf,
}

/// A receive that is about to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receive {
    /// Where.
    pub(super) site: Site,
    /// How long it may wait.
    pub(super) timeout: Duration,
    /// When the whole wait that it belongs to is over.
    pub(super) until: Instant,
    /// For what.
    pub(super) awaiting: &'static str,
}

/// Arms receives as one policy says.
pub(super) struct Arming {
    policy: &'static Policy,
    injection: Cell<Option<Injection>>,
}

impl Arming {
    /// Nothing is armed yet.
    pub(super) fn new(policy: &'static Policy, injection: Option<Injection>) -> Self {
        Self { policy, injection: Cell::new(injection) }
    }

    /// A socket was made, whose handoff must end by `until`.
    pub(super) fn up_front(&self, stream: &UnixStream, until: Instant) -> Result<()> {
        if self.policy.rule(Site::Hello) != ArmRule::Once {
            return Ok(());
        }
        let remaining = until.saturating_duration_since(Instant::now());
        Ok(stream.set_read_timeout(Some(LIVENESS.min(remaining)))?)
    }

    /// Arms one receive.
    pub(super) fn arm(&self, stream: &UnixStream, receive: Receive) -> Result<()> {
        let rule = self.policy.rule(receive.site);
        if rule == ArmRule::Once {
            return Ok(());
        }
        let Err(error) = self.set(stream, receive) else { return Ok(()) };
        if error.raw_os_error() != Some(libc::EINVAL) {
            return Err(error.into());
        }
        match rule {
            ArmRule::Surface | ArmRule::Once => Err(error.into()),
            ArmRule::BlindEof => Err(IoError::from(ErrorKind::UnexpectedEof).into()),
            ArmRule::Swallow => Ok(()),
            ArmRule::Retry => self.retry(stream, receive),
            ArmRule::Peek if would_block(stream) => Err(error.into()),
            ArmRule::Peek => Ok(()),
        }
    }

    /// Takes the time-out off again, where one was set.
    pub(super) fn disarm(&self, stream: &UnixStream, site: Site) {
        if self.policy.rule(site) != ArmRule::Once {
            // The next receive is armed anew, and a socket that is gone needs no time-out.
            let _ = stream.set_read_timeout(None);
        }
    }

    fn retry(&self, stream: &UnixStream, receive: Receive) -> Result<()> {
        while Instant::now() < receive.until {
            thread::sleep(RETRY_INTERVAL);
            match self.set(stream, receive) {
                Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {}
                done => return Ok(done?),
            }
        }
        Err(Error::Timeout(receive.awaiting))
    }

    fn set(&self, stream: &UnixStream, receive: Receive) -> IoResult<()> {
        match self.injection.take() {
            Some(injection) if injection.site == receive.site => {
                fs::write(injection.marker, "EINVAL")?;
                Err(IoError::from_raw_os_error(libc::EINVAL))
            }
            other => {
                self.injection.set(other);
                stream.set_read_timeout(Some(receive.timeout))
            }
        }
    }
}

/// Whether a read would wait: neither a byte nor the end is there.
fn would_block(stream: &UnixStream) -> bool {
    let looked = socket::recv(stream.as_raw_fd(), &mut [0], libc::MSG_PEEK | libc::MSG_DONTWAIT);
    looked == Err(Failed(libc::EAGAIN))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::io::Write;
    use std::process;

    use super::super::policy::{ARM_ONCE, BLIND_EOF, BUGGY, FULL, RETRY, SWALLOW};
    use super::*;

    /// What arming `policy` says on an open, empty socket whose first arming is answered EINVAL.
    fn armed(policy: &'static Policy) -> std::result::Result<(), String> {
        let (stream, _open) = UnixStream::pair().unwrap();
        let marker = env::temp_dir().join(format!("einval-{}-{}", process::id(), policy.name));
        let injection = Injection { site: Site::Ready, marker: marker.clone() };
        let arming = Arming::new(policy, Some(injection));
        let timeout = Duration::from_secs(1);
        let receive =
            Receive { site: Site::Seal, timeout, until: Instant::now() + timeout, awaiting: "Ready" };
        arming.arm(&stream, receive).expect("it strikes elsewhere");
        let armed = arming.arm(&stream, Receive { site: Site::Ready, ..receive });
        assert_eq!(fs::remove_file(&marker).is_ok(), policy.rule(Site::Ready) != ArmRule::Once);
        arming.arm(&stream, receive).expect("it strikes once");
        armed.map_err(|error| error.to_string())
    }

    #[test]
    fn each_rule_answers_a_genuine_einval_in_its_way() {
        let surfaced = Err("io: Invalid argument (os error 22)".to_owned());
        assert_eq!(armed(&BUGGY), surfaced);
        assert_eq!(armed(&FULL), surfaced);
        assert_eq!(armed(&BLIND_EOF), Err("io: unexpected end of file".to_owned()));
        for policy in [&SWALLOW, &RETRY, &ARM_ONCE] {
            assert_eq!(armed(policy), Ok(()));
        }
    }

    #[test]
    fn a_read_waits_only_on_an_open_empty_socket() {
        let (stream, mut peer) = UnixStream::pair().unwrap();
        assert!(would_block(&stream));
        peer.write_all(b"x").unwrap();
        assert!(!would_block(&stream));
        let (stream, peer) = UnixStream::pair().unwrap();
        drop(peer);
        assert!(!would_block(&stream));
    }
}
