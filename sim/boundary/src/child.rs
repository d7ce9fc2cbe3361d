//! One run, from its request to its final frame.
//!
//! Does not know how it came to be in a fresh image. Invariant: when [`execute`] returns, the last frame in the shared memory
//! is the run's [`Final`].

use core::sync::atomic::{AtomicU64, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};

use photofinish_sim::choice::{Chooser, Kind, Pick};
use photofinish_sim::chooser::{Attentive, Lenient, Strict, Telling};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Recorder, Stamp};
use photofinish_sim::heap::{Heap, Seen};
use photofinish_sim::host::HostId;
use photofinish_sim::kernel::{Detail, Kernel, User};
use photofinish_sim::oracle::Oracles;
use photofinish_sim::personality::Os;
use photofinish_sim::process::Pid;
use photofinish_sim::thread::ThreadId;

use crate::carrier::{self, Job};
use crate::crash;
use crate::debugger;
use crate::frames::{Final, Frame, Replay, Request, StackOf};
use crate::guard;
use crate::memory::{self, checked};
use crate::oracles::{self, Heard, OverEvents};
use crate::phase::{self, Phase};
use crate::process::{self, Registered};
use crate::run::{self, backtrace_here, run};
use crate::shm::SHARED;
use crate::sight;
use crate::step;
use crate::symbols::{raw, record, signal, thread};

/// A program under test: its main function and its oracle, which says signature and detail of what is wrong.
pub type Program = Box<dyn FnOnce() -> Result<(), (String, String)>>;

/// What a request names: a program, and the operating system it runs on unless the request says otherwise.
pub struct Task {
    /// The program.
    pub program: Program,
    /// Its operating system.
    pub os: Os,
    /// The heap it gets its memory from, likewise.
    pub heap: Heap,
    /// The programs that it can start as processes.
    pub programs: &'static [Registered],
    /// What is asked of its runs besides, unless the request says otherwise.
    pub oracles: Oracles,
    /// Its oracle over the events of a run that would pass.
    pub over_events: Option<OverEvents>,
}

/// Writes picks and events into the shared memory as they are made.
struct ToShared {
    /// Which events are written.
    detail: Detail,
    /// Who hears of all of them.
    heard: Option<Heard>,
    /// Picks written so far.
    picks: u64,
    /// The stacks at events that somebody asked about.
    seen: sight::Seen,
}

/// The stacks of so many picks are kept: nobody reads of more.
const PICK_STACKS_MAX: u64 = 64;

impl Recorder for ToShared {
    fn pick(&mut self, pick: &Pick) {
        SHARED.push(&Frame::Pick(*pick));
        if self.detail == Detail::Events && self.picks < PICK_STACKS_MAX {
            SHARED.push(&Frame::Stack(pick.thread, StackOf::Pick(self.picks), backtrace_here()));
        }
        self.picks += 1;
    }

    fn born(&mut self, parent: ThreadId) {
        SHARED.push(&Frame::Born(parent));
    }

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        if let Some(heard) = &self.heard {
            heard.hear(stamp, event);
        }
        if self.detail == Detail::Events || event.is_loud() {
            SHARED.push(&Frame::Event(*stamp, event.clone()));
            sight::event(stamp.thread, &mut self.seen);
        }
    }
}

/// Runs a program. The caller is the host of the run, in phase [`Phase::Simulator`].
pub(crate) fn execute(request: &Request, task: Task) -> Result<(), String> {
    let heard = task.over_events.as_ref().map(|_| Heard::default());
    let detail = match (request.events, &heard) {
        (true, _) => Detail::Events,
        (false, Some(_)) => Detail::Heard,
        (false, None) => Detail::HashOnly,
    };
    let more = request.limits.memory_max;
    if request.heap.unwrap_or(task.heap) == Heap::Checked {
        checked::begin(more, detail)?;
        // What the program maps besides its heap has room, too.
        limit_memory(more.saturating_mul(2))?;
    } else {
        limit_memory(more)?;
    }
    if let Some(watch) = request.watch {
        sight::begin(watch);
        memory::shift(watch.shift);
    }
    let recorder = ToShared { detail, heard: heard.clone(), picks: 0, seen: sight::Seen::default() };
    let mut kernel = Kernel::new(request.limits, chooser(request), Box::new(recorder), detail);
    kernel.look_for(request.oracles.unwrap_or(task.oracles));
    kernel.user = user();
    begin(kernel, request, task.os);
    process::begin(&request.program, task.programs);
    thread::assign_main(Job::Main(Box::new(move || main(task.program))))?;
    debugger::stop_at(request.stop_at);
    crash::watch(request.limits.real_ms_max);
    guard::watch();
    conduct(task.over_events.zip(heard));
    Ok(())
}

/// Who answers in a run of this request.
fn chooser(request: &Request) -> Box<dyn Chooser> {
    let replay: Box<dyn Chooser> = match &request.replay {
        Some(Replay::Strict(trace)) => Box::new(Strict::new(trace.clone())),
        Some(Replay::Lenient(plan)) => Box::new(Lenient::new(plan.clone())),
        None => return request.strategy.chooser(request.seed),
    };
    let watch = request.watch.unwrap_or_default();
    if watch.points > 0 || watch.touches > 0 {
        return Box::new(Attentive::new(replay));
    }
    if watch.questions > 0 {
        let tell = Box::new(|posed| SHARED.push(&Frame::Posed(posed)));
        return Box::new(Telling::new(replay, (watch.questions, Kind::is_duration), tell));
    }
    replay
}

/// Puts a kernel in charge of a run of this request, on this operating system unless the request says otherwise.
pub(crate) fn begin(mut kernel: Kernel, request: &Request, os: Os) {
    let first = &mut kernel.net.hosts.get_mut(HostId::FIRST).spec;
    first.cores = request.cores;
    first.os = request.os.unwrap_or(os);
    kernel.tell_files_by(record::file_of);
    signal::begin(&mut kernel, Pid::FIRST);
    run::begin(kernel);
}

/// Lets the run that has begun run to its ending, asks the program's oracle over what it heard of it, and writes its last frames.
pub(crate) fn conduct(over: Option<(OverEvents, Heard)>) {
    phase::set(Phase::Program);
    step::begin();
    carrier::transfer_to(ThreadId::MAIN);
    let ending = match run().kernel.ending() {
        Some(ending) => ending.clone(),
        None => Ending::Bug { what: String::from("a run came back without an ending") },
    };
    let ending = checked::look(Seen::End).unwrap_or(ending);
    push_final(oracles::look(ending, over));
}

/// Whose process this really is, which the program is told by the C library as well.
pub(crate) fn user() -> User {
    let id = |number| u32::try_from(raw::syscall(number, [0; 6])).unwrap_or_default();
    User { uid: id(libc::SYS_geteuid), gid: id(libc::SYS_getegid) }
}

/// What the program's main thread runs. It ends like any process: std flushes what it can, then comes `exit(3)`, which is ours.
#[expect(clippy::disallowed_methods, reason = "the program's end is std's, and arrives at our own `exit`")]
fn main(program: Program) {
    let ending = outcome(program);
    let status = if ending == Ending::Panicked { 101 } else { 0 };
    phase::as_simulator(|| run().main_ended = Some(ending));
    std::process::exit(status)
}

/// Runs the program to the end of its main function.
pub(crate) fn outcome(program: Program) -> Ending {
    match catch_unwind(AssertUnwindSafe(program)) {
        Ok(Ok(())) => Ending::Returned,
        Ok(Err((signature, detail))) => {
            run::judge(&signature, &detail);
            Ending::Returned
        }
        Err(_) => Ending::Panicked,
    }
}

/// Writes the run's last frame, unless it has one.
pub(crate) fn push_final(ending: Ending) {
    let left = oracles::left();
    let run = run();
    if run.told.is_some() {
        return;
    }
    SHARED.push(&Frame::Final(Final {
        ending,
        figures: run.kernel.figures(),
        unmodelled: run.kernel.unmodelled_count(),
        judged: run.judged.clone(),
        left,
    }));
    run.told = Some(SHARED.length());
}

/// Bounds what a run may add to the address space of its warm image, so that its hunger is its own failure.
pub(crate) fn limit_memory(more: u64) -> Result<(), String> {
    let warm = match WARM.load(Ordering::Relaxed) {
        0 => address_space()?,
        counted => counted,
    };
    let bytes = warm + more;
    // The next run of this process may have more, so that the hard limit stays.
    let hard = HARD.load(Ordering::Relaxed);
    let limit = libc::rlimit { rlim_cur: bytes.min(hard), rlim_max: hard };
    let address = (&raw const limit) as i64;
    let answer = raw::syscall(libc::SYS_prlimit64, [0, i64::from(libc::RLIMIT_AS), address, 0, 0, 0]);
    if answer < 0 { Err(format!("setrlimit(2) answered {answer}")) } else { Ok(()) }
}

/// What nobody may have more of than: whoever started the server said so.
static HARD: AtomicU64 = AtomicU64::new(libc::RLIM_INFINITY);

/// Bytes of address space that the warm image has, once they were counted.
static WARM: AtomicU64 = AtomicU64::new(0);

/// Counts the address space of the warm image, of which each run gets a copy.
///
/// # Errors
/// `/proc` does not tell.
pub(crate) fn count_warm() -> Result<(), String> {
    WARM.store(address_space()?, Ordering::Relaxed);
    Ok(())
}

/// Notes how much address space there may be at all.
pub(crate) fn note_hard_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: getrlimit(2): a place for the answer.
    unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    HARD.store(limit.rlim_max, Ordering::Relaxed);
}

/// Bytes of address space that the process has.
pub(crate) fn address_space() -> Result<u64, String> {
    let statm =
        std::fs::read_to_string("/proc/self/statm").map_err(|error| format!("/proc/self/statm: {error}"))?;
    let pages: u64 = statm.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    Ok(pages * 4096)
}
