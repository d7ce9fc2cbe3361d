//! What runs on hosts: programs as closures, and their contexts whenever they begin.
//!
//! Does not know when a host comes back; the kernel does. Invariant: a program that the kernel has begun has a context before any
//! other thread runs, and contexts are given in the order in which the kernel made the threads.

use core::cell::UnsafeCell;
use std::ffi::CString;
use std::sync::Arc;

use photofinish_sim::errno::Errno;
use photofinish_sim::host::{HostId, Power};
use photofinish_sim::kernel::{Begun, Kernel, Next};
use photofinish_sim::process::Pid;
use photofinish_sim::thread::{State, ThreadId};

use crate::carrier;
use crate::phase;
use crate::process;
use crate::run::run;

/// A program that begins on a host as often as the host does.
pub type Kept = Arc<dyn Fn() + Send + Sync>;

/// A program that begins on a host.
pub(crate) enum Program {
    /// This once.
    Once(Box<dyn FnOnce() + Send>),
    /// And each time the host is back.
    Kept(Kept),
}

struct Cell(UnsafeCell<Vec<Vec<Kept>>>);

// SAFETY: touched only by the one thread that executes the run.
unsafe impl Sync for Cell {}

/// By host: its programs, as the kernel numbers them.
static KEPT: Cell = Cell(UnsafeCell::new(Vec::new()));

fn kept(host: HostId) -> &'static mut Vec<Kept> {
    // SAFETY: see the Sync of Cell; references are not held across a transfer.
    let all = unsafe { &mut *KEPT.0.get() };
    if all.len() <= host.index() {
        all.resize_with(host.index() + 1, Vec::new);
    }
    &mut all[host.index()]
}

/// Why a program did not begin on a host.
pub(crate) enum NotStarted {
    /// The caller is told.
    Because(Errno),
    /// The run is over.
    RunOver,
}

/// A program begins on a host, as a process of its own that is nobody's child. As ourselves.
pub(crate) fn start(host: HostId, name: CString, program: Program) -> Result<Pid, NotStarted> {
    if run().kernel.net.hosts.get(host).power == Power::Down {
        return Err(NotStarted::Because(Errno::EHOSTDOWN));
    }
    if let Some(why) = process::trouble() {
        run().kernel.unmodelled(format!("programs on hosts: {why}"));
        return Err(NotStarted::Because(Errno::ENOSYS));
    }
    let shown = name.to_string_lossy().into_owned();
    let started = match &program {
        Program::Once(_) => run().kernel.start(host, &shown),
        Program::Kept(_) => run().kernel.start_kept(host, &shown),
    };
    let (process, thread) = started.map_err(|_| NotStarted::RunOver)?;
    let main: Box<dyn FnOnce()> = match program {
        Program::Once(main) => main,
        Program::Kept(main) => {
            kept(host).push(Arc::clone(&main));
            Box::new(move || main())
        }
    };
    embody(process, thread, name, main).map_err(|_| NotStarted::RunOver)?;
    Ok(process)
}

/// Gives a process that has begun its first context.
fn embody(process: Pid, thread: ThreadId, name: CString, main: Box<dyn FnOnce()>) -> Result<(), Next> {
    process::embody(process, thread, main)?;
    process::picture(process, name);
    Ok(())
}

/// Does what the kernel has left to do before anybody goes on, and says who does.
#[cold]
pub(crate) fn do_chores(next: Next) -> Next {
    phase::as_simulator(|| {
        process::forget_killed();
        if run().kernel.ending().is_some() { Next::End } else { next }
    })
}

/// Gives the programs that began by themselves their contexts. One may be over by now: a host that came back can crash again before
/// anybody ran.
pub(crate) fn embody_begun() {
    phase::as_simulator(|| {
        for Begun { host, nth, process, main: thread } in Kernel::take_begun(&mut run().kernel) {
            if run().kernel.threads().get(thread).state == State::Ended {
                carrier::pass_over(thread);
                continue;
            }
            let name = CString::new(run().kernel.processes.get(process).program.as_str()).unwrap_or_default();
            let main = Arc::clone(&kept(host)[nth]);
            if embody(process, thread, name, Box::new(move || main())).is_err() {
                return;
            }
        }
    });
}
