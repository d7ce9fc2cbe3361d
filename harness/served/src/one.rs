//! The process of one run: it is told which on its standard input, and answers there.
//!
//! Does not limit itself. Invariant: it answers once, when its program has returned or panicked, with nothing but what that did, and with
//! no more bytes than are kept of an answer.

use std::io::{self, stdin};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use photofinish_frames::{DIFFERS, Final, Foreign, Frame, Request, encode, wire};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::kernel::Figures;
use photofinish_sim::thread::ThreadId;
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::program::{Asked, Outcome, Served, Shown};
use crate::supervise::OUTPUT_MAX;

/// Bytes that are kept of a detail, or of a panic's message; an answer has one of them.
const DETAIL_MAX: usize = 64 << 10;

/// Bytes that are kept of a signature, or of a panic's place.
const NAME_MAX: usize = 4 << 10;

// The rest of an answer is numbers, and the words that say what was cut.
const _: () = assert!(DETAIL_MAX + NAME_MAX + 1024 <= OUTPUT_MAX, "an answer is kept whole");

/// The first panic of this process, whichever thread it was on: message and place.
static PANICKED: Mutex<Option<(String, String)>> = Mutex::new(None);

/// Makes the run that standard input names.
pub(crate) fn main(programs: &[Served]) -> ExitCode {
    match answer(programs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("answering for a run failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer(programs: &[Served]) -> io::Result<()> {
    // Nobody would end this process if the one that serves were killed.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut socket = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
    let request: Request = wire::read(&mut socket).map_err(io::Error::other)?;
    let Some(program) = programs.iter().find(|program| program.name == request.program) else {
        return Err(io::Error::other(format!("there is no program {}", request.program)));
    };
    let Foreign { config, check } = request.foreign.unwrap_or_default();
    let asked = Asked { seed: request.seed.0, config, check };
    note_panics();
    let outcome = catch_unwind(AssertUnwindSafe(|| (program.run)(&asked))).ok();
    let bytes = encode(&frames(outcome)).map_err(io::Error::other)?;
    wire::write(&mut socket, &bytes).map_err(io::Error::other)
}

/// Where a panic happened is known to the hook alone, which says it without the thread's number: that differs from process to process.
fn note_panics() {
    set_hook(Box::new(|info| {
        let payload = info.payload();
        let message = payload.downcast_ref::<&str>().map(|message| (*message).to_owned());
        let message = message.or_else(|| payload.downcast_ref::<String>().cloned());
        let message = message.unwrap_or_else(|| String::from("a panic without a message"));
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("panicked at {place}:\n{message}");
        PANICKED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((message, place));
    }));
}

/// What an outcome is in frames; without one the program panicked.
fn frames(outcome: Option<Outcome>) -> Vec<Frame> {
    let mut frames = Vec::new();
    let Some(Outcome { shown, trace, took }) = outcome else {
        let noted = PANICKED.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (message, place) = noted.unwrap_or_default();
        let (message, place) = (cut(message, DETAIL_MAX), cut(place, NAME_MAX));
        let stamp = Stamp { step: 0, at_ns: 0, thread: ThreadId::MAIN };
        frames.push(Frame::Event(stamp, Event::Panicked { message, place }));
        frames.push(last(Ending::Panicked, None, 0, Duration::ZERO));
        return frames;
    };
    let judged = match shown {
        Shown::Passed => None,
        Shown::Failed { signature, detail } => Some((cut(signature, NAME_MAX), cut(detail, DETAIL_MAX))),
        Shown::Differed { detail } => Some((DIFFERS.to_owned(), cut(detail, DETAIL_MAX))),
    };
    frames.push(last(Ending::Returned, judged, trace, took));
    frames
}

/// The beginning of words that are too long, which says so.
fn cut(mut words: String, max: usize) -> String {
    let length = words.len();
    if length > max {
        words.truncate(words.floor_char_boundary(max));
        words += &format!("… (the beginning of {length} bytes)");
    }
    words
}

fn last(ending: Ending, judged: Option<(String, String)>, trace: u64, took: Duration) -> Frame {
    let virtual_ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
    let figures = Figures { virtual_ns, events_hash: trace, ..Figures::default() };
    Frame::Final(Final { ending, figures, unmodelled: 0, judged, left: Vec::new() })
}

#[cfg(test)]
mod tests {
    use photofinish_frames::decode;

    use super::*;

    #[test]
    fn an_answer_is_never_longer_than_what_is_kept_of_it() {
        let long = "é".repeat(OUTPUT_MAX);
        let outcome = Outcome::failed(format!("x{long}"), format!("y{long}"));
        let bytes = encode(&frames(Some(outcome))).expect("short");
        let mut answer = Vec::new();
        wire::write(&mut answer, &bytes).expect("short");
        assert!(answer.len() <= OUTPUT_MAX, "{} bytes", answer.len());
        let frames = decode(&bytes).expect("whole");
        let [Frame::Final(Final { judged: Some((signature, detail)), .. })] = &*frames else {
            panic!("{frames:?}")
        };
        assert!(signature.starts_with("xé") && signature.len() < NAME_MAX + 64, "{}", signature.len());
        assert!(detail.starts_with("yé") && detail.len() > DETAIL_MAX - 64, "{}", detail.len());
        assert!(detail.ends_with("é… (the beginning of 524289 bytes)"), "{}", &detail[DETAIL_MAX - 64..]);
        assert_eq!(cut(String::from("short"), 5), "short");
    }
}
