//! The process that is asked: it starts itself again for each run and passes on what that left.
//!
//! Does not make runs. Invariant: a run has its own process, under the request's limit on real time, so that no run can harm the next.

use std::io::{self, Write, stdin, stdout};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use photofinish_frames::wire::{self, WireError};
use photofinish_frames::{Ask, Died, Final, Frame, Hello, PROTOCOL, Reply, Request, decode, encode};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::kernel::Figures;
use photofinish_sim::preempt::Preempt;
use photofinish_sim::thread::ThreadId;

use crate::one;
use crate::program::Served;
use crate::supervise::{How, Left, supervise};

/// The word by which this executable starts itself for one run.
const ONE: &str = "serve-one-run";

/// Answers whoever asks for runs of these programs, until nobody asks any more; to be called first thing in `main`.
#[must_use]
pub fn serve(programs: &[Served]) -> ExitCode {
    let served = match std::env::args().nth(1).as_deref() {
        Some(ONE) => return one::main(programs),
        Some("serve") => answer_all(programs),
        _ => {
            eprintln!("this executable is asked for runs by Photofinish\nit has: {}", names(programs));
            eprintln!("next: `cargo xtask list` in the workspace whose targets.toml names it");
            return ExitCode::from(2);
        }
    };
    match served {
        // Whoever asks has left.
        Ok(()) | Err(WireError::Io(_)) => ExitCode::SUCCESS,
        Err(WireError::Nonsense) => {
            eprintln!("what was asked for is no request of protocol {PROTOCOL}");
            ExitCode::FAILURE
        }
    }
}

fn names(programs: &[Served]) -> String {
    programs.iter().map(|program| program.name).collect::<Vec<_>>().join(", ")
}

fn answer_all(programs: &[Served]) -> Result<(), WireError> {
    let own = std::env::current_exe().map_err(WireError::Io)?;
    let (mut asked, mut to) = (stdin().lock(), stdout().lock());
    let hello = Hello {
        protocol: PROTOCOL,
        load_base: 0,
        notes: Vec::new(),
        marks: Vec::new(),
        preempt: Preempt::Calls,
    };
    wire::write(&mut to, &hello)?;
    loop {
        // Runs that share a process are not for a simulator whose statics we do not know.
        let ask: Ask = wire::read(&mut asked)?;
        let request = ask.request();
        if !programs.iter().any(|program| program.name == request.program) {
            wire::write(&mut to, &Reply::Unknown)?;
            continue;
        }
        reply(&mut to, made(&own, request))?;
    }
}

/// Frames of a run, or how its process was lost.
fn reply(to: &mut impl Write, made: io::Result<Vec<Frame>>) -> Result<(), WireError> {
    let (frames, died) = match made {
        Ok(frames) => (frames, None),
        Err(error) => (Vec::new(), Some(Died::Lost(format!("its process could not be started: {error}")))),
    };
    let bytes = encode(&frames)?;
    wire::write(to, &Reply::Ran { frames_size: bytes.len() as u64, truncated: false, died })?;
    to.write_all(&bytes).and_then(|()| to.flush()).map_err(WireError::Io)
}

/// Makes a run in a process of its own.
fn made(own: &PathBuf, request: &Request) -> io::Result<Vec<Frame>> {
    let mut told = Vec::new();
    wire::write(&mut told, request).map_err(io::Error::other)?;
    let limit = Duration::from_millis(request.limits.real_ms_max);
    let left = supervise(Command::new(own).arg(ONE), Some(&told), limit)?;
    Ok(frames(&left, limit))
}

/// What a process left, in frames: what it wrote, and its own answer or how it ended without one.
fn frames(left: &Left, limit: Duration) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (fd, bytes) in [(1, &left.output), (2, &left.error)] {
        if !bytes.is_empty() {
            let stamp = Stamp { step: 0, at_ns: 0, thread: ThreadId::MAIN };
            frames.push(Frame::Event(stamp, Event::Wrote { fd, bytes: bytes.clone() }));
        }
    }
    match (left.how, answer(&left.answer)) {
        (How::Exited(0), Answer::Frames(answered)) => frames.extend(answered),
        (How::Exited(0), Answer::Nothing) => frames.push(ended(Ending::Lost {
            what: String::from("its process left without a word: the program exited instead of returning"),
        })),
        (How::Exited(0), Answer::Unreadable) => frames.push(ended(Ending::Lost {
            what: format!(
                "its process left an answer that cannot be read, of {} bytes: the program wrote to its standard input, or exited on another \
                 thread while it was answered",
                left.answer.len()
            ),
        })),
        (How::Exited(status), _) => frames.push(ended(Ending::Exited(status))),
        (How::Signalled(signal), _) => frames.push(ended(Ending::Signalled(signal))),
        (How::Hung, _) => frames.push(ended(Ending::Escaped {
            what: format!("it did not end within {} ms and was killed", limit.as_millis()),
        })),
    }
    frames
}

/// What the process of a run answered.
enum Answer {
    /// Not a byte.
    Nothing,
    /// Bytes that are no frames.
    Unreadable,
    /// Frames.
    Frames(Vec<Frame>),
}

fn answer(mut bytes: &[u8]) -> Answer {
    if bytes.is_empty() {
        return Answer::Nothing;
    }
    let frames = wire::read(&mut bytes).ok().and_then(|frames: Vec<u8>| decode(&frames).ok());
    frames.map_or(Answer::Unreadable, Answer::Frames)
}

fn ended(ending: Ending) -> Frame {
    let figures = Figures::default();
    Frame::Final(Final { ending, figures, unmodelled: 0, judged: None, left: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(how: How, answer: &[u8], expected: &str) {
        let left = Left { how, output: b"o".to_vec(), error: Vec::new(), answer: answer.to_vec() };
        let frames = frames(&left, Duration::from_millis(7));
        assert_eq!(frames.len(), 2, "{frames:?}");
        let Some(Frame::Final(Final { ending, .. })) = frames.last() else { panic!("{frames:?}") };
        assert_eq!(format!("{ending:?}"), expected);
    }

    #[test]
    fn a_process_without_an_answer_is_told_by_its_end() {
        check(How::Exited(3), b"", "Exited(3)");
        check(How::Signalled(11), b"", "Signalled(11)");
        check(How::Hung, b"", "Escaped { what: \"it did not end within 7 ms and was killed\" }");
        let lost =
            "Lost { what: \"its process left without a word: the program exited instead of returning\" }";
        check(How::Exited(0), b"", lost);
        let unreadable = "Lost { what: \"its process left an answer that cannot be read, of 12 bytes: the program wrote to its standard \
                          input, or exited on another thread while it was answered\" }";
        check(How::Exited(0), b"\x05\0\0\0nonsense", unreadable);
        let mut answer = Vec::new();
        wire::write(&mut answer, &encode(&[ended(Ending::Panicked)]).expect("short")).expect("short");
        check(How::Exited(0), &answer, "Panicked");
    }
}
