//! What a simulated process has in the one address space besides the kernel's books: arguments, environment, and the stack that
//! a forked child gives back.
//!
//! Does not know who runs next. Invariant: while a thread of a process runs, `environ(7)` and `std::env::args` are that
//! process', and a thread that its process took with it is never resumed.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::{Kernel, Next};
use photofinish_sim::process::{Life, Pid, Status};
use photofinish_sim::thread::ThreadId;

use crate::arch::Snapshot;
use crate::carrier::{self, Job};
use crate::disk;
use crate::executable::Mapped;
use crate::phase::{self, Phase};
use crate::private;
use crate::run::{run, with_kernel};
use crate::statics::{Arguments, Exiting, Statics};

/// A program that `execve(2)` can find, by the last part of its path.
pub type Registered = (&'static str, fn());

/// Where registered programs are: `/programs/NAME`.
pub(crate) const FOLDER: &[u8] = b"/programs/";

type Environment = *mut *mut c_char;

unsafe extern "C" {
    static mut environ: Environment;
}

/// What of a process lies in memory.
#[derive(Clone, Copy)]
struct Image {
    environment: Environment,
    arguments: Arguments,
    /// Which of its threads leaves, as std notes it: null for none.
    exiting: Exiting,
}

/// A thread that runs as a forked child: how it becomes its parent's again.
struct Forked {
    thread: ThreadId,
    child: Pid,
    snapshot: Box<Snapshot>,
    /// Whether it tried to execute a program, which is what `fork(2)` is modelled for.
    tried: bool,
}

/// What the first process of a run begins with, kept for the next run.
struct First {
    name: CString,
    /// The entries of its environment, which the program may change.
    environment: Vec<*mut c_char>,
    image: Image,
}

struct Processes {
    statics: Option<Statics>,
    why_not: String,
    programs: &'static [Registered],
    images: BTreeMap<Pid, Image>,
    /// What those that do not run left in their own statics.
    left: BTreeMap<Pid, private::Left>,
    current: Pid,
    forked: Vec<Forked>,
    first: Option<First>,
}

struct Cell(UnsafeCell<Processes>);

// SAFETY: touched only by the one thread that executes the run, or by the server's only thread before.
unsafe impl Sync for Cell {}

static PROCESSES: Cell = Cell(UnsafeCell::new(Processes {
    statics: None,
    why_not: String::new(),
    programs: &[],
    images: BTreeMap::new(),
    left: BTreeMap::new(),
    current: Pid::FIRST,
    forked: Vec::new(),
    first: None,
}));

fn processes() -> &'static mut Processes {
    // SAFETY: see the Sync of Cell; references are not held across a transfer.
    unsafe { &mut *PROCESSES.0.get() }
}

/// Finds what a change of process must change. Called once, outside any run; without it the program cannot start others.
pub(crate) fn prepare() {
    let found = Mapped::of_executable().map_err(|error| format!("/proc/self/exe: {error}"));
    let found = found.and_then(|executable| {
        private::prepare(&executable);
        Statics::find(&executable)
    });
    match found {
        Ok(statics) => processes().statics = Some(statics),
        Err(why) => processes().why_not = why,
    }
}

/// The environment every run begins with: nothing of the machine's.
const ENVIRONMENT: [&CStr; 4] =
    [c"PATH=/programs", c"HOME=/tmp/photofinish", c"TMPDIR=/tmp/photofinish", c"LANG=C.UTF-8"];

/// The first process of a run, which is called by its program's name, and the programs that the run can start.
pub(crate) fn begin(name: &str, programs: &'static [Registered]) {
    processes().programs = programs;
    let image = first_image(name);
    processes().images = BTreeMap::from([(Pid::FIRST, image)]);
    processes().left = BTreeMap::new();
    load(Pid::FIRST, image);
}

/// What the first process has in memory when a run begins: made once for all runs of a program.
fn first_image(name: &str) -> Image {
    let first = match processes().first.take() {
        Some(first) if first.name.to_bytes() == name.as_bytes() => first,
        _ => {
            let name = CString::new(name).unwrap_or_default();
            let list: Environment = leak(ENVIRONMENT.map(CStr::to_owned).to_vec()).cast_mut().cast();
            let image = Image {
                environment: list,
                arguments: leak(vec![name.clone()]),
                exiting: core::ptr::null_mut(),
            };
            // SAFETY: the list has so many entries before its null pointer, and nobody changes it meanwhile.
            let environment = unsafe { core::slice::from_raw_parts(list, ENVIRONMENT.len()) }.to_vec();
            First { name, environment, image }
        }
    };
    let (from, count) = (first.environment.as_ptr(), first.environment.len());
    // SAFETY: two lists of `count` entries each, both ours.
    unsafe { core::ptr::copy_nonoverlapping(from, first.image.environment, count) };
    let image = first.image;
    processes().first = Some(first);
    image
}

/// A list of strings that ends with a null pointer, for as long as the run.
fn leak(strings: Vec<CString>) -> Arguments {
    let pointers: Vec<*const c_char> = strings
        .into_iter()
        .map(|string| CString::into_raw(string).cast_const())
        .chain([core::ptr::null()])
        .collect();
    Vec::leak(pointers).as_ptr()
}

fn load(process: Pid, image: Image) {
    processes().current = process;
    // SAFETY: one thread executes the run, and nobody else looks at the environment.
    unsafe { environ = image.environment };
    if let Some(statics) = processes().statics {
        statics.set_arguments(image.arguments);
        statics.set_exiting(image.exiting);
    }
    private::put(processes().left.get(&process));
}

/// Notes what the running process made of its environment and of its own statics.
fn save() {
    let current = processes().current;
    // SAFETY: as above.
    let environment = unsafe { environ };
    let exiting = processes().statics.map_or(core::ptr::null_mut(), |statics| statics.exiting());
    if let Some(image) = processes().images.get_mut(&current) {
        image.environment = environment;
        image.exiting = exiting;
    }
    match private::take() {
        Some(left) => processes().left.insert(current, left),
        None => processes().left.remove(&current),
    };
}

/// Makes the arguments and the environment those of a thread's process.
pub(crate) fn enter(thread: ThreadId) {
    let process = run().kernel.threads().get(thread).process;
    if process != processes().current {
        phase::as_simulator(|| switch(process));
    }
}

fn switch(process: Pid) {
    save();
    if let Some(image) = processes().images.get(&process).copied() {
        load(process, image);
    }
}

/// The main function of the program that a path or a bare name means.
pub(crate) fn program(path: &[u8]) -> Option<Registered> {
    let name = path.strip_prefix(FOLDER).or_else(|| (!path.contains(&b'/')).then_some(path))?;
    processes().programs.iter().find(|(registered, _)| registered.as_bytes() == name).copied()
}

/// Why the program cannot start others, if it cannot.
pub(crate) fn trouble() -> Option<&'static str> {
    processes().statics.is_none().then(|| processes().why_not.as_str())
}

/// The running thread goes on as a child from here on.
fn become_child(child: Pid) {
    save();
    let parent = processes().current;
    let image = processes().images.get(&parent).copied();
    if let Some(image) = image {
        processes().images.insert(child, image);
    }
    processes().current = child;
}

/// The running thread is its parent's again.
fn become_parent() {
    let parent = run().kernel.process();
    switch(parent);
}

/// `fork(2)` in the kernel and here, for a child that executes its program without running any code of its own.
pub(crate) fn fork_quietly() -> Result<Pid, Errno> {
    phase::as_simulator(|| {
        let parent = run().kernel.process();
        let child = run().kernel.fork()?;
        become_child(child);
        if let Err(errno) = disk::process::inherit(parent, child) {
            give_up_quietly(Status::Exited(127));
            return Err(errno);
        }
        Ok(child)
    })
}

/// A quietly forked child leaves.
pub(crate) fn give_up_quietly(status: Status) {
    phase::as_simulator(|| {
        run().kernel.exit_forked(status);
        become_parent();
    });
}

/// `fork(2)`; returns where the running thread's stack is kept while it runs as a child.
pub(crate) fn fork() -> Result<*mut Snapshot, Errno> {
    let child = fork_quietly()?;
    phase::as_simulator(|| {
        let top = carrier::current().map_or(0, |carrier| carrier.stack_top());
        let snapshot = Box::new(Snapshot::new(top));
        let thread = run().kernel.current();
        processes().forked.push(Forked { thread, child, snapshot, tried: false });
        let forked = processes().forked.last_mut().expect("it was just pushed");
        Ok(core::ptr::from_mut(&mut *forked.snapshot))
    })
}

/// The child that the running thread was before its stack was put back.
pub(crate) fn returned() -> Pid {
    phase::as_simulator(|| {
        let thread = run().kernel.current();
        let forked = &mut processes().forked;
        let at = forked.iter().rposition(|forked| forked.thread == thread);
        forked.remove(at.expect("a stack was put back on the thread that kept it")).child
    })
}

/// Whether the running thread runs as a child by way of a kept stack.
pub(crate) fn is_forked() -> bool {
    with_kernel(|kernel| kernel.is_forked())
}

/// Notes that the forked child tried to execute a program.
pub(crate) fn tried_to_execute() {
    let thread = run().kernel.current();
    if let Some(forked) = processes().forked.iter_mut().rfind(|forked| forked.thread == thread) {
        forked.tried = true;
    }
}

/// Whether a forked child that leaves did so without executing anything.
pub(crate) fn never_tried() -> bool {
    let thread = run().kernel.current();
    processes().forked.iter().rfind(|forked| forked.thread == thread).is_some_and(|forked| !forked.tried)
}

/// Puts the parent's stack back; `fork(2)` returns to it.
pub(crate) fn return_to_parent() -> ! {
    let snapshot: *const Snapshot = phase::as_simulator(|| {
        if let Some(statics) = processes().statics {
            statics.forget_fork();
        }
        let thread = run().kernel.current();
        match processes().forked.iter().rfind(|forked| forked.thread == thread) {
            Some(forked) => &raw const *forked.snapshot,
            None => crate::crash::die("photofinish: bug: no stack was kept for a forked child", b""),
        }
    });
    phase::set(Phase::Program);
    // SAFETY: it stays in the table until `returned` takes it out.
    let snapshot = unsafe { &*snapshot };
    // SAFETY: this thread kept it in `fork`.
    unsafe { snapshot.restore() }
}

/// `execve(2)` of the child that the running thread is: its program begins, and the thread is its parent's again. The kernel
/// may have ended the run.
pub(crate) fn execute(
    (name, main): Registered,
    arguments: Vec<CString>,
    environment: Vec<CString>,
) -> Result<(), Next> {
    phase::as_simulator(|| {
        let child = run().kernel.process();
        let image = Image {
            environment: leak(environment).cast_mut().cast(),
            arguments: leak(arguments),
            exiting: core::ptr::null_mut(),
        };
        let thread = run().kernel.exec(name)?;
        embody(child, thread, main)?;
        forget_killed();
        become_parent();
        processes().images.insert(child, image);
        processes().left.remove(&child);
        Ok(())
    })
}

/// Gives the main thread of a process its context, in which it runs its program. As ourselves.
///
/// # Errors
/// [`Next::End`] when the pool has none left: the run is over.
pub(crate) fn embody(process: Pid, thread: ThreadId, main: impl FnOnce() + 'static) -> Result<(), Next> {
    crate::symbols::signal::begin(&mut run().kernel, process);
    match carrier::assign(thread, Job::Main(Box::new(move || run_main(main)))) {
        Some(_) => Ok(()),
        None => {
            run().kernel.abandon(Ending::OutOfThreads { threads: carrier::count() });
            Err(Next::End)
        }
    }
}

/// What the main thread of a program runs: as std's own start of a program, but that what statics hold is shared.
#[expect(clippy::disallowed_methods, reason = "the program's end is std's, and arrives at our own `exit`")]
fn run_main(main: impl FnOnce()) {
    let outcome = catch_unwind(AssertUnwindSafe(main));
    std::process::exit(if outcome.is_ok() { 0 } else { 101 })
}

/// What a process has in memory that begins by itself and is called by its program's name.
pub(crate) fn picture(process: Pid, name: CString) {
    let image = Image {
        environment: leak(ENVIRONMENT.map(CStr::to_owned).to_vec()).cast_mut().cast(),
        arguments: leak(vec![name]),
        exiting: core::ptr::null_mut(),
    };
    processes().images.insert(process, image);
}

/// Gives up the contexts of threads that were ended by the end of their process, and closes the real files that nobody has any more.
pub(crate) fn forget_killed() {
    // Threads have their contexts in the order of their creation, also those that are over before they ran.
    crate::host::embody_begun();
    let over = |process: &&photofinish_sim::process::Process| process.life != Life::Running;
    let over: Vec<Pid> = run().kernel.processes.iter().filter(over).map(|process| process.pid).collect();
    for process in over {
        disk::process::forget(process);
        processes().left.remove(&process);
    }
    for thread in with_kernel(Kernel::take_killed) {
        carrier::abandon(thread);
    }
    crate::symbols::descriptor::close_real();
}

/// The running thread's process is over; does not return.
pub(crate) fn leave(status: Status) -> ! {
    if let Some(statics) = processes().statics {
        statics.set_exiting(core::ptr::null_mut());
    }
    let next = with_kernel(|kernel| kernel.exit_process(status));
    forget_killed();
    crate::run::obey(next);
    crate::crash::die("photofinish: bug: a process that is over went on", b"")
}
