//! The process behind a client: how it is started, asked, and ended.
//!
//! Does not know what an answer means. Invariant: it ends when its [`Server`] goes, also if it hangs.

use std::io::{BufReader, BufWriter};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use photofinish_boundary::frames::{self, Ask, Died, Frame, Hello, PROTOCOL, Reply};
use photofinish_boundary::server::PoolSize;
use photofinish_boundary::takeover;

use super::collect::collect;
use super::{ClientError, Image, Main, Request, Run, Way};
use crate::wire::{WireError, at, read, read_bytes, write};

/// The process behind a client.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) process: Child,
    /// Open until the end.
    requests: Option<BufWriter<ChildStdin>>,
    replies: BufReader<ChildStdout>,
    pub(super) hello: Hello,
}

/// What a process left in which runs were made.
pub(super) struct Answered {
    pub(super) frames: Vec<Frame>,
    pub(super) truncated: bool,
    pub(super) died: Option<Died>,
}

/// What a server finds in its environment, whoever asks.
pub const ENVIRONMENT: [(&str, &str); 3] = [("PATH", "/usr/bin:/bin"), ("LANG", "C"), ("TZ", "UTC")];

/// How long a server may take to tidy up.
const PATIENCE_TO_END: Duration = Duration::from_secs(5);

/// The signals that end a command with everything it started: `SIGINT` and `SIGTERM`.
const FOR_US: [i32; 2] = [2, 15];

impl Server {
    pub(super) fn start(path: &Path, pool: PoolSize, way: Way) -> Result<Self, ClientError> {
        // A fixed environment: what a program finds there must not depend on who asks. A process group of its own: a signal
        // to the command and all it started, as Ctrl-C is, is for us to answer, and a server ends when nobody asks it.
        let mut process = Command::new(path)
            .process_group(0)
            .args(["serve", &pool.made.to_string(), &pool.most.to_string(), way.isolation.word()])
            .env_clear()
            .envs(ENVIRONMENT)
            .envs((way.main == Main::Own).then_some((takeover::VARIABLE, "1")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| ClientError::Start { path: path.to_owned(), source })?;
        let requests = Some(BufWriter::new(process.stdin.take().expect("it was asked for")));
        let mut replies = BufReader::new(process.stdout.take().expect("it was asked for"));
        let doing = "starting";
        let hello: Hello = match read(&mut replies) {
            Ok(hello) => hello,
            // Between its first instruction and its own process group a server still gets what is for us: we answer that, and
            // need a server for as long as we go on.
            Err(_) if was_hit(&mut process) => return Self::start(path, pool, way),
            Err(error) => return Err(at(error, path, doing)),
        };
        if hello.protocol != PROTOCOL {
            return Err(ClientError::Nonsense { path: path.to_owned(), doing });
        }
        Ok(Self { process, requests, replies, hello })
    }

    pub(super) fn run(&mut self, path: &Path, request: &Request, image: Image) -> Result<Run, ClientError> {
        let asked = Box::new(request.clone());
        let ask = match image {
            Image::PutBack => Ask::Run(asked),
            Image::Forked => Ask::Apart(asked),
        };
        let left = self.ask(path, &ask, &request.program)?;
        Ok(collect(left.frames, left.truncated, left.died, self.hello.load_base))
    }

    /// Refuses what is asked of an executable that is instrumented otherwise than it must be.
    fn check_level(&self, path: &Path, ask: &Ask) -> Result<(), ClientError> {
        let request = ask.request();
        let present = self.hello.preempt;
        match request.preempt {
            Some(wanted) if wanted != present => {
                Err(ClientError::Level { path: path.to_owned(), wanted, present })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn ask(&mut self, path: &Path, ask: &Ask, program: &str) -> Result<Answered, ClientError> {
        let doing = "running a program";
        self.check_level(path, ask)?;
        write(self.requests.as_mut().expect("it is open until the end"), ask)
            .map_err(|error| at(error, path, doing))?;
        let reply: Reply = read(&mut self.replies).map_err(|error| at(error, path, doing))?;
        match reply {
            Reply::Ran { frames_size, truncated, died } => {
                let frames = read_bytes(&mut self.replies, frames_size);
                let frames = frames.map_err(|error| at(WireError::Io(error), path, doing))?;
                let nonsense = |_| ClientError::Nonsense { path: path.to_owned(), doing };
                let frames = frames::decode(&frames).map_err(nonsense)?;
                Ok(Answered { frames, truncated, died })
            }
            Reply::Unknown => {
                Err(ClientError::Unknown { path: path.to_owned(), program: program.to_owned() })
            }
        }
    }
}

/// Whether a process that is no use was ended by a signal for its whole group.
fn was_hit(process: &mut Child) -> bool {
    // One that has ended keeps its status.
    let _ = process.kill();
    let signal = process.wait().ok().and_then(|status| status.signal());
    signal.is_some_and(|signal| FOR_US.contains(&signal))
}

impl Drop for Server {
    fn drop(&mut self) {
        // It removes its folder when there is nothing more to read. One that hangs is killed.
        drop(self.requests.take());
        let began = Instant::now();
        while began.elapsed() < PATIENCE_TO_END {
            if let Ok(Some(_)) = self.process.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
