//! Runs that follow one another in one process, which is what makes a short one cheap.
//!
//! Each has a kernel of its own; the carriers, and what the program and the C library keep in statics and on the heap, go from one
//! to the next. Does not know which runs are judged. Invariant: a run begins only where the one before left no thread in
//! the middle of something, no process, no host, no file and no setting of the process behind.

use std::io::Write as _;

use photofinish_sim::choice::Pick;
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Recorder, Stamp};
use photofinish_sim::heap::Heap;
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::oracle::Oracles;
use photofinish_sim::thread::ThreadId;

use crate::carrier::{self, Job};
use crate::child::{self, Program, Task};
use crate::frames::{Frame, Request, Series};
use crate::run::{self, run};
use crate::shm::SHARED;
use crate::symbols::thread;
use crate::{crash, disk, guard, phase, process};

/// Bytes of frames after which a series is over.
const FRAMES_MAX: u64 = 16 << 20;
/// Runs between two looks at the memory.
const LOOK_EVERY: u32 = 64;

/// Keeps what a person must see, and no picks: a run that matters is made again.
struct Loud;

impl Recorder for Loud {
    fn pick(&mut self, _pick: &Pick) {}

    fn born(&mut self, _parent: ThreadId) {}

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        SHARED.push(&Frame::Event(*stamp, event.clone()));
    }
}

/// Makes the runs of a series, up to one that none may follow. The caller is their host, in the phase of the simulator.
///
/// # Errors
/// What this machine does not let us do.
pub(crate) fn execute(series: &Series, find: &dyn Fn(&str) -> Option<Task>) -> Result<(), String> {
    let Some(task) = find(&series.first.program) else { return Ok(()) };
    if !can_share(&series.first, &task) {
        SHARED.push(&Frame::Last);
        return child::execute(&series.request(0), task);
    }
    let limits = series.first.limits;
    let most = child::address_space()? + limits.memory_max / 2;
    child::limit_memory(limits.memory_max)?;
    let user = child::user();
    crash::watch(limits.real_ms_max);
    guard::watch();
    for nth in 0..series.count {
        let Some(task) = find(&series.first.program) else { break };
        let request = series.request(nth);
        let Task { program, os, programs, .. } = task;
        let chooser = request.strategy.chooser(request.seed);
        let mut kernel = Kernel::new(limits, chooser, Box::new(Loud), Detail::HashOnly);
        kernel.user = user;
        crash::watch_another();
        child::begin(kernel, &request, os);
        process::begin(&request.program, programs);
        thread::assign_main(Job::Turn(Box::new(move || main(program))))?;
        child::conduct(None);
        // Threads that ran on may have left more.
        SHARED.cut(run().told.unwrap_or(u64::MAX));
        let full = SHARED.length() > FRAMES_MAX || nth % LOOK_EVERY == 0 && child::address_space()? > most;
        let is_clean = left_nothing();
        if full && is_clean {
            SHARED.push(&Frame::Last);
        }
        if full || !is_clean {
            break;
        }
        run::forget();
        carrier::renew();
    }
    Ok(())
}

/// Whether what is asked of a run can be told of one behind others: what they left is not to be told from what it leaves.
fn can_share(request: &Request, task: &Task) -> bool {
    request.oracles.unwrap_or(task.oracles) == Oracles::NONE
        && task.over_events.is_none()
        && request.heap.unwrap_or(task.heap) == Heap::Plain
}

/// Whether another run may follow the one that is over.
fn left_nothing() -> bool {
    let run = run();
    run.main_ended == Some(Ending::Returned)
        && run.kernel.ending() == Some(&Ending::Returned)
        && run.kernel.is_self_contained()
        && carrier::all_rest()
        && disk::is_untouched()
}

/// What the program's main thread runs. It ends as with `exit(3)`, but that it comes back; threads that are left then may come to
/// their ends, of which nothing is told.
fn main(program: Program) -> Next {
    let ending = child::outcome(program);
    phase::as_simulator(|| run().main_ended = Some(ending.clone()));
    // Of std's own clean-up this is what can be seen, and std does it once in a process.
    let _ = std::io::stdout().flush();
    thread::run_destructors();
    phase::as_simulator(|| {
        let kernel = &mut run().kernel;
        let next = kernel.end(ending);
        let returned = kernel.ending() == Some(&Ending::Returned);
        if !(returned && kernel.others_live() && kernel.is_self_contained()) {
            return next;
        }
        child::push_final(Ending::Returned);
        run().kernel.drain()
    })
}
