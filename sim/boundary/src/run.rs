//! The run that is on: the kernel, and how the program's calls reach it.
//!
//! Does not know what a call means. Invariant: the kernel is borrowed by the one thread that executes the run, never across a
//! switch of contexts, and only while the phase is [`Phase::Simulator`] unless it is merely looked at, or counts a point.

use core::cell::UnsafeCell;
use core::sync::atomic::{Ordering, compiler_fence};
use std::borrow::Cow;

use photofinish_sim::call::address::Address;
use photofinish_sim::call::message::Arrived;
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::chooser::Access;
use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::fd::Object;
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::thread::ThreadId;
use photofinish_sim::wait::{Wait, WaitOn, Woken};

use crate::carrier;
use crate::frames::{Frame, StackOf};
use crate::phase::{self, Phase};
use crate::shm::SHARED;
use crate::sight::{self, Passed, Seen};
use crate::symbols::signal::{self, Interrupted};

/// What is known of the run that is on.
pub(crate) struct Run {
    pub(crate) kernel: Kernel,
    /// What the oracle found: signature and detail.
    pub(crate) judged: Option<(String, String)>,
    /// The run is over, and the program's oracle over events looks at it: its panics are not ours.
    pub(crate) is_judging: bool,
    /// How the main function ended, once it has and the process is on its way out.
    pub(crate) main_ended: Option<Ending>,
    /// By thread: where it was when it last began to wait. Kept only with events.
    pub(crate) waits: Vec<Vec<u64>>,
    /// Kinds of system calls that were caught past the C library. Kept only with events.
    escaped: Vec<i64>,
    /// The stacks at points that somebody asked about.
    pub(crate) seen: Seen,
    /// How long the frames were when its last one was written, once it was.
    pub(crate) told: Option<u64>,
}

struct Cell(UnsafeCell<Option<Box<Run>>>);

// SAFETY: the cell is touched only by the one thread that executes the run, or by the server's only thread between runs.
unsafe impl Sync for Cell {}

static RUN: Cell = Cell(UnsafeCell::new(None));

/// Puts a kernel in charge.
pub(crate) fn begin(kernel: Kernel) {
    let run = Box::new(Run {
        kernel,
        judged: None,
        is_judging: false,
        main_ended: None,
        waits: Vec::new(),
        escaped: Vec::new(),
        seen: Seen::default(),
        told: None,
    });
    // SAFETY: no run is on, so nobody else looks at the cell.
    unsafe { *RUN.0.get() = Some(run) };
}

/// Forgets the run that is over.
pub(crate) fn forget() {
    // SAFETY: as for `run`; the reference ends with the expression.
    let over = unsafe { (*RUN.0.get()).take() };
    // The watchdog may look at any time: from here on at nothing.
    compiler_fence(Ordering::SeqCst);
    drop(over);
}

/// Whether a run is on in this process.
pub(crate) fn is_on() -> bool {
    // SAFETY: as for `run`; the reference ends with the expression.
    unsafe { (*RUN.0.get()).is_some() }
}

/// The run that is on.
///
/// The reference must not be held across anything that could make another: each use in this crate is one expression.
#[inline]
pub(crate) fn run() -> &'static mut Run {
    // SAFETY: one thread executes the run, and by this function's rule no other reference is alive.
    let run = unsafe { &mut *RUN.0.get() };
    match run {
        Some(run) => run,
        None => crate::crash::die("photofinish: bug: no run is on", b""),
    }
}

/// Borrows the kernel as ourselves.
pub(crate) fn with_kernel<T>(f: impl FnOnce(&mut Kernel) -> T) -> T {
    phase::as_simulator(|| f(&mut run().kernel))
}

/// A scheduling point of the program, at an instruction that returns to `pc` and then touches this word.
#[inline]
pub(crate) fn point(pc: usize, word: usize, access: Access) {
    if !run().kernel.point_is_quiet() {
        attend(pc, word, access);
    }
}

/// As [`point`], at an access to plain memory.
#[inline]
pub(crate) fn plain_point(pc: usize, word: usize, access: Access) {
    if !run().kernel.plain_point_is_quiet() {
        attend(pc, word, access);
    }
}

fn attend(pc: usize, word: usize, access: Access) {
    sight::point(Passed::Already);
    sight::touch(word, access);
    let next = with_kernel(|kernel| kernel.attend(pc as u64, word as u64));
    obey(next);
}

/// Does what the kernel said. Once the thread runs again, it takes the signals that arrived meanwhile; says what became of a call
/// that they interrupted.
#[inline]
pub(crate) fn obey(next: Next) -> Interrupted {
    follow(next);
    match next {
        Next::Run(_) => signal::deliver(),
        Next::Stay | Next::End => Interrupted::No,
    }
}

/// As [`obey`], but leaves the signals that arrived meanwhile to the caller.
#[inline]
fn follow(next: Next) {
    crate::debugger::look();
    let next = match next {
        Next::Stay | Next::Run(_) if run().kernel.has_chores() => crate::host::do_chores(next),
        next => next,
    };
    match next {
        Next::Stay => {}
        Next::Run(thread) => {
            crate::process::enter(thread);
            carrier::transfer_to(thread);
        }
        Next::End => carrier::transfer_to_host(),
    }
}

/// What a call answered, as an event shows it.
pub(crate) trait Answer {
    fn number(&self) -> i64;
}

macro_rules! numbers {
    ($($ty:ty: |$answer:ident| $number:expr;)*) => {
        $(impl Answer for $ty {
            fn number(&self) -> i64 {
                let $answer = self;
                $number
            }
        })*
    };
}

numbers! {
    (): |_answer| 0;
    i32: |answer| i64::from(*answer);
    i64: |answer| *answer;
    u32: |answer| i64::from(*answer);
    u64: |answer| answer.cast_signed();
    usize: |answer| answer.cast_signed() as i64;
    Address: |_answer| 0;
    photofinish_sim::host::HostId: |answer| i64::from(answer.0);
    Arrived: |answer| answer.answer.cast_signed() as i64;
    (i32, Address): |answer| i64::from(answer.0);
    (i32, i32): |answer| i64::from(answer.0);
    (usize, photofinish_sim::call::select::Sets): |answer| answer.0.cast_signed() as i64;
    photofinish_sim::file::timerfd::Remaining: |answer| answer.value_ns.cast_signed();
    photofinish_sim::process::signal::Disposition: |_answer| 0;
    Option<photofinish_sim::call::process::Ended>: |answer| answer.map_or(0, |ended| i64::from(ended.pid.0));
}

/// Makes a system call of the running thread: a scheduling point, then the call, as often as its waits need.
pub(crate) fn call<T: Answer>(
    name: &'static str,
    arg: i32,
    mut f: impl FnMut(&mut Kernel, &mut Caller) -> Result<T, Stop>,
) -> Result<T, Errno> {
    call_point();
    let mut caller = with_kernel(|kernel| Caller::new(kernel.current(), kernel.process()));
    loop {
        match with_kernel(|kernel| f(kernel, &mut caller)) {
            Ok(answer) => {
                called(name, arg, answer.number());
                return Ok(answer);
            }
            Err(Stop::Fail(errno)) => {
                called(name, arg, -i64::from(errno.0));
                return Err(errno);
            }
            Err(Stop::Unmodelled(what, errno)) => {
                unmodelled(what);
                return Err(errno);
            }
            Err(Stop::Block(_)) if with_kernel(|kernel| kernel.is_forked()) => {
                unmodelled(format!("{name} that waits between fork(2) and execve(2)"));
                return Err(Errno::EAGAIN);
            }
            Err(Stop::Block(wait)) => {
                if caller.deadline_ns.is_none() {
                    caller.deadline_ns = wait.deadline_ns;
                }
                let asked = wait.clone();
                block(wait);
                // How the wait ended is asked for before a handler runs, which may wait itself.
                let woken = with_kernel(Kernel::take_woken);
                let interrupted = signal::deliver();
                caller.woken = woken.map(|woken| after_handlers(&asked, woken, interrupted));
            }
        }
    }
}

/// How a wait ended for its call, of which the kernel says one thing and the handlers that ran before the call went on another.
fn after_handlers(wait: &Wait, woken: Woken, interrupted: Interrupted) -> Woken {
    let fails = match interrupted {
        Interrupted::No => false,
        Interrupted::Restarts => !may_restart(wait),
        Interrupted::Fails => true,
    };
    match (woken, wait.on) {
        // Another thread took the signal, or the call is made again.
        (Woken::Signal, _) if !fails => Woken::Spurious,
        // What a call waited for may be gone again when it looks; then it fails instead of waiting once more. A wake of a futex
        // is its answer.
        (Woken::Cause, WaitOn::Futex { .. }) => Woken::Cause,
        (Woken::Cause, _) if fails => Woken::Signal,
        (woken, _) => woken,
    }
}

/// Whether a wait goes on after a handler with `SA_RESTART` (`signal(7)`, "Interruption of system calls").
fn may_restart(wait: &Wait) -> bool {
    let never =
        matches!(wait.on, WaitOn::Poll | WaitOn::Sleep | WaitOn::Signal | WaitOn::Readable(Object::Epoll(_)));
    !never && wait.deadline_ns.is_none()
}

/// A scheduling point before a call that is answered without waiting.
pub(crate) fn call_point() {
    sight::point(Passed::Next);
    let next = with_kernel(Kernel::call_point);
    obey(next);
    if next == Next::Stay {
        // As on the way into the kernel: whatever the thread was told meanwhile, it hears before it may wait.
        signal::deliver();
    }
}

fn block(wait: Wait) {
    let next = phase::as_simulator(|| {
        if run().kernel.detail() == Detail::Events {
            note_wait();
        }
        run().kernel.block(wait)
    });
    follow(next);
}

/// Writes an answered call down. A call may also have ended the run from inside, as a replay that diverges does.
fn called(name: &'static str, arg: i32, result: i64) {
    let over = with_kernel(|kernel| {
        kernel.emit(&Event::Called { name: name.into(), arg: i64::from(arg), result });
        kernel.ending().is_some()
    });
    if over {
        carrier::transfer_to_host();
    }
}

fn note_wait() {
    let thread = run().kernel.current().index();
    let stack = backtrace_here();
    let waits = &mut run().waits;
    if waits.len() <= thread {
        waits.resize(thread + 1, Vec::new());
    }
    waits[thread] = stack;
}

/// Notes something we do not model, with where it was asked for.
pub(crate) fn unmodelled(what: String) {
    phase::as_simulator(|| {
        let first = run().kernel.unmodelled_count() == 0;
        run().kernel.unmodelled(what);
        if first {
            SHARED.push(&Frame::Stack(run().kernel.current(), StackOf::Unmodelled, backtrace_here()));
        }
    });
}

/// Notes that the program asked past the C library, with where it did so if it is the first of its kind.
pub(crate) fn escaped(what: Cow<'static, str>, kind: i64) {
    phase::as_simulator(|| {
        run().kernel.emit(&Event::Escaped { what });
        if run().kernel.detail() == Detail::Events && !run().escaped.contains(&kind) {
            run().escaped.push(kind);
            SHARED.push(&Frame::Stack(run().kernel.current(), StackOf::Escaped, backtrace_here()));
        }
    });
}

/// Ends the run; does not return.
pub(crate) fn finish(ending: Ending) -> ! {
    let _ = with_kernel(|kernel| kernel.end(ending));
    stop()
}

/// Leaves a run that has an ending; does not return.
pub(crate) fn stop() -> ! {
    carrier::transfer_to_host();
    crate::crash::die("photofinish: bug: a finished run went on", b"")
}

/// Whether the caller runs inside a simulation.
#[must_use]
pub fn active() -> bool {
    phase::is(Phase::Program)
}

/// Records an event of the program.
pub(crate) fn emit(event: &Event) {
    with_kernel(|kernel| kernel.emit(event));
}

/// Tells the kernel something on behalf of the running thread. Outside a run nothing happens. What `f` allocates is ours; it
/// must not call back into the program.
pub fn tell<T>(f: impl FnOnce(&mut Kernel) -> T) -> Option<T> {
    active().then(|| with_kernel(f))
}

/// Records what an oracle found wrong with the run that is on; the first finding stands. Outside a run nothing happens.
pub fn judge(signature: &str, detail: &str) {
    if !active() {
        return;
    }
    phase::as_simulator(|| found(signature.to_owned(), detail.to_owned()));
}

/// As [`judge`], of our own accord.
pub(crate) fn found(signature: String, detail: String) {
    if run().judged.is_none() {
        run().kernel.emit(&Event::Judged { signature: signature.clone() });
        run().judged = Some((signature, detail));
    }
}

/// Whether an oracle looks at a run that is over: what it panics with is told by the run's verdict alone.
#[must_use]
pub fn is_judging() -> bool {
    phase::is(Phase::Simulator) && is_on() && run().is_judging
}

/// Records that the running thread panicked at a place. Outside a run nothing happens; a panic of our own code inside one is
/// the run's ending, and ends its process.
pub fn panicked(message: &str, place: &str) {
    if is_judging() {
        emit(&Event::Panicked { message: message.to_owned(), place: place.to_owned() });
        return;
    }
    if phase::is(Phase::Simulator) && is_on() {
        let what = format!("the simulator panicked at {place}: {message}");
        if run().told.is_some() {
            crate::crash::die("photofinish: bug: ", what.as_bytes());
        }
        crate::child::push_final(Ending::Bug { what });
        crate::crash::leave(0);
    }
    if !active() {
        return;
    }
    phase::as_simulator(|| {
        let thread = run().kernel.current();
        run().kernel.emit(&Event::Panicked { message: message.to_owned(), place: place.to_owned() });
        // Also without events: the signature names the function.
        SHARED.push(&Frame::Stack(thread, StackOf::Panic, backtrace_here()));
    });
}

/// The threads that wait, with where they began to: for a run that ended while they matter.
pub(crate) fn push_waits() {
    for (index, stack) in run().waits.iter().enumerate() {
        let thread = ThreadId(u32::try_from(index).expect("thread ids are 32 bits"));
        let waits =
            matches!(run().kernel.threads().get(thread).state, photofinish_sim::thread::State::Blocked(_));
        if waits && !stack.is_empty() {
            SHARED.push(&Frame::Stack(thread, StackOf::Wait, stack.clone()));
        }
    }
}

/// The return addresses of the running thread, innermost first, at most 64.
#[must_use]
pub fn backtrace_here() -> Vec<u64> {
    let mut stack = Stack { frames: [0; 64], count: 0 };
    walk(&mut stack);
    stack.frames[..stack.count].to_vec()
}

/// A stack walk without memory allocation: usable in a signal handler.
pub(crate) struct Stack {
    pub(crate) frames: [u64; 64],
    pub(crate) count: usize,
}

#[repr(C)]
struct UnwindContext {
    opaque: [u8; 0],
}

unsafe extern "C" {
    fn _Unwind_Backtrace(
        visit: extern "C" fn(*mut UnwindContext, *mut core::ffi::c_void) -> i32,
        argument: *mut core::ffi::c_void,
    ) -> i32;
    fn _Unwind_GetIP(context: *mut UnwindContext) -> usize;
}

extern "C" fn visit(context: *mut UnwindContext, argument: *mut core::ffi::c_void) -> i32 {
    const GO_ON: i32 = 0;
    const ENOUGH: i32 = 5;
    // SAFETY: `walk` passes a Stack, and the unwinder passes it on for the time of the walk.
    let stack = unsafe { &mut *argument.cast::<Stack>() };
    if stack.count == stack.frames.len() {
        return ENOUGH;
    }
    // SAFETY: the unwinder gave this context to this callback.
    stack.frames[stack.count] = unsafe { _Unwind_GetIP(context) } as u64;
    stack.count += 1;
    GO_ON
}

pub(crate) fn walk(stack: &mut Stack) {
    // SAFETY: Itanium C++ ABI, 1.2: the callback is called for each frame with the argument, and does not unwind.
    unsafe { _Unwind_Backtrace(visit, core::ptr::from_mut(stack).cast()) };
}
