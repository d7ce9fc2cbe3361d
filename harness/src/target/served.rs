//! A simulator that is not ours and speaks our protocol: an executable that links `photofinish-served`.
//!
//! Does not know the simulator. Invariant: an executable that says nothing is ended; one run after another is asked of one process, which
//! makes each in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use photofinish_boundary::frames::{Hello, PROTOCOL};
use photofinish_served::supervise::{How, supervise};

use super::{Replays, Target, TargetError};
use crate::client::{Client, ClientError, ENVIRONMENT, Isolation, Request, Run};
use crate::wire;

/// How much longer than a run may take is waited for what is said of it, or for a first word.
const PATIENCE: Duration = Duration::from_secs(20);

/// So many lines are passed on of what an executable says that does not serve.
const LINES_MAX: usize = 10;

/// A simulator that serves runs.
#[derive(Debug)]
pub struct Served {
    name: String,
    program: String,
    path: PathBuf,
    limit: Duration,
    patience: Duration,
    client: Client,
}

impl Served {
    /// Starts the executable, whose runs of `program` are called `name` and hang if they take longer than the limit.
    ///
    /// # Errors
    /// It cannot be started, says nothing, or speaks another protocol.
    pub fn start(name: &str, path: &Path, program: &str, limit: Duration) -> Result<Self, TargetError> {
        Self::start_within(name, (path, program), limit, PATIENCE)
    }

    /// As [`Served::start`], waiting so long for a word.
    fn start_within(
        name: &str,
        (path, program): (&Path, &str),
        limit: Duration,
        patience: Duration,
    ) -> Result<Self, TargetError> {
        greet(path, patience)?;
        let client = Client::start(path, 1, Isolation::Fork)?;
        let (name, program, path) = (name.to_owned(), program.to_owned(), path.to_owned());
        Ok(Self { name, program, path, limit, patience, client })
    }
}

/// Sees whether an executable that nobody asks for anything says its first word and ends: one that does is safe to wait for.
fn greet(path: &Path, patience: Duration) -> Result<(), TargetError> {
    let doing = "starting";
    let mut command = Command::new(path);
    command.args(["serve", "1", "1", "fork"]).env_clear().envs(ENVIRONMENT);
    let left = supervise(&mut command, None, patience)
        .map_err(|source| ClientError::Start { path: path.to_owned(), source })?;
    let hello = wire::read(&mut &*left.output).map(|hello: Hello| hello.protocol);
    match (hello, left.how) {
        (Ok(PROTOCOL), How::Exited(0)) => Ok(()),
        (_, How::Hung) => {
            Err(TargetError::Silent { path: path.to_owned(), doing, seconds: patience.as_secs() })
        }
        _ => {
            let said = String::from_utf8_lossy(&left.error);
            said.lines().take(LINES_MAX).for_each(|line| eprintln!("{}: {line}", path.display()));
            Err(ClientError::Nonsense { path: path.to_owned(), doing }.into())
        }
    }
}

impl Target for Served {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn replays(&self) -> Replays {
        Replays::BySeed
    }

    fn run(&mut self, request: &Request) -> Result<Run, TargetError> {
        let mut request = Request { program: self.program.clone(), ..request.clone() };
        request.limits.real_ms_max = u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX);
        let watch = Watchdog::over(&self.client, self.limit.saturating_add(self.patience));
        let made = Client::run(&mut self.client, &request);
        match made {
            Err(ClientError::Gone { .. }) if watch.has_bitten() => Err(TargetError::Silent {
                path: self.path.clone(),
                doing: "running a program",
                seconds: self.limit.saturating_add(self.patience).as_secs(),
            }),
            made => Ok(made?),
        }
    }
}

/// Ends a process that serves if it is not called off in time.
struct Watchdog {
    off: Option<Sender<()>>,
    watching: Option<thread::JoinHandle<Bitten>>,
}

/// Whether a process was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bitten {
    Yes,
    No,
}

impl Watchdog {
    fn over(client: &Client, limit: Duration) -> Self {
        let (off, called) = channel();
        let end = client.ender();
        let watching = thread::spawn(move || match called.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => {
                end();
                Bitten::Yes
            }
            _ => Bitten::No,
        });
        Self { off: Some(off), watching: Some(watching) }
    }

    fn has_bitten(mut self) -> bool {
        self.call_off() == Bitten::Yes
    }

    fn call_off(&mut self) -> Bitten {
        drop(self.off.take());
        self.watching.take().map_or(Bitten::No, |watching| watching.join().unwrap_or(Bitten::No))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.call_off();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing here takes that long.
    const LONG: Duration = Duration::from_secs(60);

    fn check(path: &str, patience: Duration, words: &str) {
        let started = Served::start_within("t/v", (Path::new(path), "v"), LONG, patience);
        let said = started.expect_err("it does not serve").to_string();
        assert!(said.contains(words) && said.contains("next:"), "{said}");
    }

    #[test]
    fn who_does_not_serve_is_told_by_name() {
        check("/no/such/simulator", LONG, "starting /no/such/simulator failed");
        check("/usr/bin/env", LONG, "/usr/bin/env answered nonsense while starting");
        check("/bin/echo", LONG, "/bin/echo answered nonsense while starting");
        check("/usr/bin/yes", Duration::from_millis(200), "/usr/bin/yes said nothing for 0 s while starting");
    }
}
