//! What reaches the program past the kernel, written down: files that all runs share, system calls that the C library makes of
//! its own accord, and where the program was at an event that somebody asked about.
//!
//! It is how a run tells why it differs from its equal; nothing of it is an event. Does not compare. Invariant: what is recorded here
//! changes neither the program's memory nor what it is answered, so that a watched run is the run.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::collections::BTreeMap;

use photofinish_sim::choice::Moment;
use photofinish_sim::chooser::{Access, Touch};
use photofinish_sim::event::EventsHash;
use photofinish_sim::thread::ThreadId;

use crate::disk::{open, sys};
use crate::frames::{Frame, Input, Sight, StackOf, Watch};
use crate::phase;
use crate::run::{backtrace_here, run};
use crate::shm::SHARED;
use crate::step;

/// Events recorded so far.
static EVENTS: AtomicU64 = AtomicU64::new(0);
static STACKS_FROM: AtomicU64 = AtomicU64::new(0);
static STACKS_TO: AtomicU64 = AtomicU64::new(0);
/// Points that are still to be written down.
static POINTS: AtomicU64 = AtomicU64::new(0);
/// Touches of words that are still to be written down.
static TOUCHES: AtomicU64 = AtomicU64::new(0);
static INPUTS: AtomicBool = AtomicBool::new(false);
/// What was written down so far.
static SIGHTS: AtomicU64 = AtomicU64::new(0);

/// So many are written down; a program that asks more has said enough.
const SIGHTS_MAX: u64 = 50_000;
/// So many are written down with their stacks.
const STACKS_MAX: u64 = 2_000;

/// A run begins that is to be watched so.
pub(crate) fn begin(watch: Watch) {
    STACKS_FROM.store(watch.stacks.0, Ordering::Relaxed);
    STACKS_TO.store(watch.stacks.1, Ordering::Relaxed);
    INPUTS.store(watch.inputs, Ordering::Relaxed);
    POINTS.store(watch.points, Ordering::Relaxed);
    TOUCHES.store(watch.touches, Ordering::Relaxed);
    step::between(watch.steps);
}

/// Whether what reaches the program past the kernel is wanted.
pub(crate) fn inputs() -> bool {
    INPUTS.load(Ordering::Relaxed)
}

/// Stacks that were sent, and their numbers: one that is met again is not sent again.
#[derive(Debug, Default)]
pub(crate) struct Seen(BTreeMap<Vec<u64>, u32>);

impl Seen {
    /// The number of the stack that the running thread has here, which is sent if it was not.
    fn here(&mut self, thread: ThreadId, of: fn(u32) -> StackOf) -> u32 {
        let stack = backtrace_here();
        if let Some(number) = self.0.get(&stack) {
            return *number;
        }
        let number = u32::try_from(self.0.len()).expect("fewer stacks than there is memory for");
        SHARED.push(&Frame::Stack(thread, of(number), stack.clone()));
        self.0.insert(stack, number);
        number
    }
}

/// An event of a thread was recorded, by somebody who remembers the stacks at those before it.
pub(crate) fn event(thread: ThreadId, seen: &mut Seen) {
    let number = EVENTS.fetch_add(1, Ordering::Relaxed);
    if (STACKS_FROM.load(Ordering::Relaxed)..STACKS_TO.load(Ordering::Relaxed)).contains(&number) {
        let stack = seen.here(thread, StackOf::Events);
        SHARED.push(&Frame::At(number, stack));
    }
    step::event(number);
}

/// Whether a point is told of before or after it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It was counted.
    Already,
    /// It is counted next.
    Next,
}

/// The running thread passes a point.
#[inline]
pub(crate) fn point(passed: Passed) {
    if POINTS.load(Ordering::Relaxed) > 0 {
        phase::as_simulator(|| note_point(passed));
    }
}

#[cold]
fn note_point(passed: Passed) {
    POINTS.fetch_sub(1, Ordering::Relaxed);
    let at = run().kernel.moment();
    let number = at.thread_points + u64::from(passed == Passed::Next);
    let stack = run().seen.here(at.thread, StackOf::Points);
    SHARED.push(&Frame::Point(at.thread, number, stack));
}

/// The running thread is about to touch a word.
#[inline]
pub(crate) fn touch(word: usize, access: Access) {
    if TOUCHES.load(Ordering::Relaxed) > 0 && word != 0 {
        phase::as_simulator(|| note_touch(word, access));
    }
}

#[cold]
fn note_touch(word: usize, access: Access) {
    TOUCHES.fetch_sub(1, Ordering::Relaxed);
    let Moment { step, thread, .. } = run().kernel.moment();
    SHARED.push(&Frame::Touched(Touch { step, thread, word: word as u64, access }));
}

/// Whether a stack belongs to a sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// The event that follows tells well enough.
    Untold,
    Told,
}

/// Writes something down. In phase `Simulator`, with nobody holding the run.
pub(crate) fn note(what: Input, answer: u64, told: Where) {
    let thread = run().kernel.current();
    note_of(thread, what, answer, told);
}

fn note_of(thread: ThreadId, what: Input, answer: u64, told: Where) {
    let count = SIGHTS.fetch_add(1, Ordering::Relaxed);
    if count >= SIGHTS_MAX {
        return;
    }
    let stack = if told == Where::Told && count < STACKS_MAX { backtrace_here() } else { Vec::new() };
    let events = EVENTS.load(Ordering::Relaxed);
    SHARED.push(&Frame::Sight(Sight { events, thread, what, answer, stack }));
}

/// Bytes as one number.
pub(crate) fn fold(bytes: &[u8]) -> u64 {
    use core::hash::Hasher as _;
    let mut hash = EventsHash::default();
    hash.write(bytes);
    hash.finish()
}

fn words(words: &[i64]) -> u64 {
    fold(&words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<_>>())
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// The program opened a file that all runs share. Written down whether anybody watches or not: the file may be another by the
/// time somebody asks.
pub(crate) fn opened(thread: ThreadId, path: &[u8], real: i32) {
    let Ok(data) = sys::fstat(real) else { return };
    // What is there only while it is read has no size and is changed when it is looked at.
    let kept = data.st_mode & libc::S_IFMT == libc::S_IFREG && data.st_size > 0;
    if kept {
        let changed = [data.st_mtime, data.st_mtime_nsec];
        let answer = words(&[data.st_size, data.st_ino.cast_signed(), changed[0], changed[1]]);
        note_of(thread, Input::Opened(text(path)), answer, Where::Untold);
    }
}

/// The program was told of a file.
pub(crate) fn looked(thread: ThreadId, path: &[u8], data: &libc::stat) {
    if inputs() {
        let answer = words(&[data.st_size, i64::from(data.st_mode)]);
        note_of(thread, Input::Looked(text(path)), answer, Where::Untold);
    }
}

/// Whether what is read from a real file is to be written down. That of files that are made as they are read always is: nothing else
/// tells later that they were others.
pub(crate) fn wants_content(real: i32) -> bool {
    open::node_of(real).is_none() && (inputs() || sys::fstat(real).is_ok_and(|data| data.st_size == 0))
}

/// No two processes have the same, by numbers of files that say nothing: who goes by addresses is found by moving them.
const OWN_MAP: &[u8] = b"/proc/self/maps";

/// The program read bytes from a real file.
pub(crate) fn read(thread: ThreadId, real: i32, read: &[u8]) {
    if open::node_of(real).is_none()
        && let Ok(path) = sys::path_of(real)
        && path.starts_with(b"/")
        && path != OWN_MAP
    {
        note_of(thread, Input::Read(text(&path)), fold(read), Where::Untold);
    }
}

/// The C library made a system call of its own, and was answered. What the call wrote to memory counts where we know how much that is.
pub(crate) fn called(number: i64, name: &str, arguments: [i64; 6], answer: i64) {
    phase::as_simulator(|| {
        let written = written(number, arguments, answer).filter(|_| answer >= 0);
        let bytes = written.map(|(place, length)| {
            // SAFETY: the kernel has just written so many bytes there.
            unsafe { core::slice::from_raw_parts(place as *const u8, length) }
        });
        let answer = words(&[answer, bytes.map_or(0, fold).cast_signed()]);
        note(Input::Call(number, name.to_owned()), answer, Where::Told);
    });
}

/// Where a system call that succeeded wrote its answer, and how much: the structs of x86-64 and aarch64, which are the same here.
fn written(number: i64, [a, b, c, ..]: [i64; 6], answer: i64) -> Option<(i64, usize)> {
    let (place, length) = match number {
        libc::SYS_getrandom | libc::SYS_read if answer > 0 => {
            (if number == libc::SYS_read { b } else { a }, answer)
        }
        libc::SYS_pread64 if answer > 0 => (b, answer),
        libc::SYS_clock_gettime => (b, 16),
        libc::SYS_gettimeofday => (a, 16),
        libc::SYS_times => (a, 32),
        libc::SYS_getrusage => (b, 144),
        libc::SYS_sysinfo => (a, 112),
        libc::SYS_adjtimex => (a, 208),
        libc::SYS_clock_adjtime => (b, 208),
        _ => return None,
    };
    let _ = c;
    (place != 0).then(|| (place, usize::try_from(length).unwrap_or_default()))
}
