//! Carriers: real threads made before any run, whose stacks and thread-local storage the simulated threads run on.
//!
//! Does not know who runs next. Invariant: a carrier's context is resumed only by [`transfer_to`], and while it is free
//! nothing refers to its stack but its own parked frame.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

use photofinish_sim::kernel::{Kernel, Next};
use photofinish_sim::thread::ThreadId;

use crate::arch::{self, Context};
use crate::crash::die;
use crate::phase::{self, Phase};
use crate::run::{obey, with_kernel};
use crate::stack::{StackBounds, stack_of};
use crate::tid;

/// Address space of a carrier's stack; untouched pages cost nothing.
const STACK: usize = 8 << 20;

/// What a carrier runs next.
pub(crate) enum Job {
    /// The start routine of a thread the program created.
    Thread(extern "C" fn(*mut c_void) -> *mut c_void, *mut c_void),
    /// The program's main function, which does not return.
    Main(Box<dyn FnOnce()>),
    /// The main function of a run that another may follow: when it returns, the run has an ending, and says what comes next.
    Turn(Box<dyn FnOnce() -> Next>),
}

/// Where a carrier is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Parked, with no thread on it.
    Free,
    /// A thread runs on it.
    Busy,
    /// Its thread is over, and its result waits to be joined.
    Over,
    /// Its thread was ended in the middle of something: its stack is nobody's any more.
    Abandoned,
}

/// A destructor that `__cxa_thread_atexit_impl` registered.
pub(crate) struct AtExit {
    pub(crate) run: unsafe extern "C" fn(*mut c_void),
    pub(crate) object: *mut c_void,
}

/// One carrier.
pub(crate) struct Carrier {
    context: Context,
    ready: AtomicU32,
    baton: AtomicU32,
    pthread: libc::pthread_t,
    /// The kernel's number of its thread.
    tid: i32,
    /// Its stack, without the guard below it.
    stack: StackBounds,
    state: State,
    thread: ThreadId,
    detached: bool,
    /// Whether a thread has run on it, so that its thread-local storage is not as a new thread's.
    used: bool,
    job: Option<Job>,
    result: *mut c_void,
    pub(crate) at_exit: Vec<AtExit>,
}

/// How control passes from one context to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The one running kernel thread takes over the other's stack and thread pointer.
    Steal,
    /// Every context stays on its own kernel thread, and they hand a baton round: slow, but a debugger sees real threads.
    Baton,
}

/// A carrier that lives as long as the process.
#[derive(Clone, Copy)]
struct Pointer(*mut Carrier);

impl core::ops::Deref for Pointer {
    type Target = Carrier;

    fn deref(&self) -> &Carrier {
        // SAFETY: the carrier was leaked; one thread executes the run and, by the rule of `pool`, references are not held
        // across a transfer.
        unsafe { &*self.0 }
    }
}

impl core::ops::DerefMut for Pointer {
    fn deref_mut(&mut self) -> &mut Carrier {
        // SAFETY: as above.
        unsafe { &mut *self.0 }
    }
}

struct Pool {
    mode: Mode,
    /// Each is leaked: its thread, too, knows it by this pointer.
    carriers: Vec<Pointer>,
    /// Where a thread's own number lies in the C library's record of it, relative to its thread pointer.
    tid_offset: Option<usize>,
    /// By thread: the index of its carrier.
    of_thread: Vec<Option<usize>>,
    /// The context of whoever started the run.
    host: Context,
    host_baton: AtomicU32,
    running: Option<usize>,
}

struct Cell(UnsafeCell<Pool>);

// SAFETY: one thread executes the run (or the server between runs); with batons, only the holder of the baton touches the
// pool, and handing the baton on is a release that taking it acquires.
unsafe impl Sync for Cell {}

static POOL: Cell = Cell(UnsafeCell::new(Pool {
    mode: Mode::Steal,
    carriers: Vec::new(),
    tid_offset: None,
    of_thread: Vec::new(),
    host: Context::empty(),
    host_baton: AtomicU32::new(0),
    running: None,
}));

fn pool() -> &'static mut Pool {
    // SAFETY: see the Sync of Cell; references are not held across a transfer.
    unsafe { &mut *POOL.0.get() }
}

/// How many carriers there are, and for how many there is to be address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize {
    /// Carriers made.
    pub made: u32,
    /// Carriers that a larger pool may have: what a run maps lies at the same addresses whatever was made.
    pub most: u32,
}

/// Makes the carriers. Called once, outside any run, by the process' only thread.
pub(crate) fn prepare(size: PoolSize, mode: Mode) -> Result<(), String> {
    if mode == Mode::Steal {
        arch::supported().map_err(str::to_owned)?;
    }
    pool().mode = mode;
    pool().host.adopt_current_thread();
    // A parked kernel thread must never run a signal handler: its stack is no longer its own.
    let before = block_all_signals();
    let made = (0..size.made.max(2)).try_for_each(|_| make_carrier()).and_then(|()| fill_up(size));
    restore_signals(&before);
    made?;
    if mode == Mode::Steal {
        let carriers = pool().carriers.iter();
        let numbers: Vec<_> = carriers.map(|c| (c.context.thread_pointer() as usize, c.tid)).collect();
        pool().tid_offset = Some(tid::find_offset(&numbers)?);
    }
    Ok(())
}

/// Takes the address space of the carriers that were not made.
fn fill_up(size: PoolSize) -> Result<(), String> {
    let missing = size.most.saturating_sub(size.made) as usize;
    let [.., before, last] = &pool().carriers[..] else { return Ok(()) };
    let apart = usize::try_from(before.pthread.abs_diff(last.pthread)).expect("addresses fit");
    if missing == 0 {
        return Ok(());
    }
    // SAFETY: mmap(2) of new memory that nobody can touch.
    let filler = unsafe {
        libc::mmap(
            core::ptr::null_mut(),
            apart * missing,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if filler == libc::MAP_FAILED { Err(String::from("no address space for a larger pool")) } else { Ok(()) }
}

/// How many carriers there are.
pub(crate) fn count() -> u32 {
    u32::try_from(pool().carriers.len()).expect("a pool is small")
}

fn block_all_signals() -> libc::sigset_t {
    // SAFETY: a sigset_t of zeroes is valid, and sigfillset overwrites it.
    let mut all: libc::sigset_t = unsafe { core::mem::zeroed() };
    // SAFETY: as above.
    let mut before: libc::sigset_t = unsafe { core::mem::zeroed() };
    // SAFETY: sigfillset(3) writes to a valid set.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: pthread_sigmask(3) with two valid sets.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
    before
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: pthread_sigmask(3) with a valid set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, core::ptr::null_mut()) };
}

fn make_carrier() -> Result<(), String> {
    let carrier = Box::leak(Box::new(Carrier {
        context: Context::empty(),
        ready: AtomicU32::new(0),
        baton: AtomicU32::new(0),
        pthread: 0,
        tid: 0,
        stack: StackBounds::default(),
        state: State::Free,
        thread: ThreadId::MAIN,
        detached: false,
        used: false,
        job: None,
        result: core::ptr::null_mut(),
        at_exit: Vec::new(),
    }));
    let mut carrier = Pointer(core::ptr::from_mut(carrier));
    // SAFETY: a pthread_attr_t of zeroes is overwritten by pthread_attr_init.
    let mut attr: libc::pthread_attr_t = unsafe { core::mem::zeroed() };
    // SAFETY: pthread_attr_init(3) writes to it.
    unsafe { libc::pthread_attr_init(&raw mut attr) };
    // SAFETY: the size is a multiple of the page size and above the minimum.
    unsafe { libc::pthread_attr_setstacksize(&raw mut attr, STACK) };
    let argument = carrier.0;
    let mut pthread = 0;
    let error =
        crate::symbols::thread::real_create(&raw mut pthread, &raw const attr, carrier_main, argument.cast());
    // SAFETY: it was initialised above.
    unsafe { libc::pthread_attr_destroy(&raw mut attr) };
    if error != 0 {
        let why = std::io::Error::from_raw_os_error(error);
        return Err(format!("could not make thread {} of the pool: {why}", pool().carriers.len()));
    }
    while carrier.ready.load(Ordering::Acquire) == 0 {
        std::thread::yield_now();
    }
    carrier.pthread = pthread;
    carrier.stack = stack_of(pthread)?;
    pool().carriers.push(carrier);
    Ok(())
}

/// The stack of a carrier that a thread runs on.
pub(crate) fn stack_bounds(pthread: libc::pthread_t) -> Option<StackBounds> {
    find(pthread).map(|carrier| carrier.stack)
}

/// Whether an address lies where the running thread's stack ends: what a stack overflow touches first.
pub(crate) fn is_at_stack_end(address: usize) -> bool {
    current().is_some_and(|carrier| {
        // The C library counts the guard to the stack or not, by its version.
        let StackBounds { low, guard, .. } = carrier.stack;
        (low - guard..low + guard).contains(&address)
    })
}

/// What a carrier's thread runs for ever: it parks, and each time it is resumed there is a job.
extern "C" fn carrier_main(argument: *mut c_void) -> *mut c_void {
    let carrier: *mut Carrier = argument.cast();
    let tid = crate::symbols::raw::syscall(libc::SYS_gettid, [0; 6]);
    // SAFETY: the carrier outlives the process' runs, and whoever made it waits until it is ready.
    unsafe { (*carrier).tid = i32::try_from(tid).expect("a thread's number is an int") };
    match pool().mode {
        Mode::Steal => {
            // SAFETY: the carrier outlives the process' runs.
            let context = unsafe { &raw mut (*carrier).context };
            // SAFETY: as above.
            let ready = unsafe { &(*carrier).ready }.as_ptr();
            // SAFETY: all signals are blocked in this thread, which inherited the mask of `prepare`.
            unsafe { arch::park(context, ready) };
        }
        Mode::Baton => {
            crate::crash::prepare_thread();
            crate::guard::watch();
            // Nobody resumes this context, but its thread-locals are found by it when the carrier is used again.
            // SAFETY: the carrier outlives the process' runs, and nobody else touches it before it is ready.
            unsafe { &mut (*carrier).context }.adopt_current_thread();
            // SAFETY: as above.
            unsafe { &(*carrier).ready }.store(1, Ordering::Release);
            // SAFETY: as above.
            await_baton(unsafe { &(*carrier).baton });
        }
    }
    loop {
        // SAFETY: this thread was resumed with a job, and whoever resumed it does not touch the carrier until it transfers.
        let job = unsafe { (*carrier).job.take() };
        // A signal may have arrived before the thread ran at all.
        crate::symbols::signal::deliver();
        let result = match job {
            Some(Job::Thread(start, argument)) => start(argument),
            Some(Job::Main(main)) => {
                main();
                core::ptr::null_mut()
            }
            Some(Job::Turn(main)) => {
                let next = main();
                // SAFETY: the carrier is this thread's own until it transfers.
                unsafe { (*carrier).state = State::Free };
                obey(next);
                // Resumed: a thread of another run begins on this carrier.
                continue;
            }
            None => die("photofinish: bug: a carrier was resumed without a job", b""),
        };
        crate::symbols::thread::run_destructors();
        // SAFETY: the carrier is this thread's own until it transfers.
        unsafe { (*carrier).leave(result) };
        let next = with_kernel(Kernel::end_thread);
        obey(next);
        // Resumed: another thread of the program runs on this carrier now.
    }
}

impl Carrier {
    /// Where its stack ends.
    pub(crate) fn stack_top(&self) -> usize {
        self.stack.low + self.stack.size
    }

    fn leave(&mut self, result: *mut c_void) {
        self.result = result;
        self.state = if self.detached { State::Free } else { State::Over };
    }
}

/// Puts a thread on a free carrier. Returns the `pthread_t` it will have, or `None` if every carrier is taken.
pub(crate) fn assign(thread: ThreadId, job: Job) -> Option<libc::pthread_t> {
    let pool = pool();
    // A thread that nobody joins is over while it still runs, for the last time, on a carrier that is free by then.
    let running = pool.running;
    let is_free =
        |(index, carrier): (usize, &Pointer)| carrier.state == State::Free && Some(index) != running;
    let index = pool.carriers.iter().enumerate().position(is_free)?;
    let carrier = &mut pool.carriers[index];
    if carrier.used {
        crate::symbols::tls::reset(carrier.context.thread_pointer());
    }
    if let Some(offset) = pool.tid_offset {
        tid::write(carrier.context.thread_pointer() as usize + offset, index);
    }
    carrier.used = true;
    carrier.state = State::Busy;
    carrier.thread = thread;
    carrier.detached = false;
    carrier.job = Some(job);
    carrier.at_exit.clear();
    let pthread = carrier.pthread;
    seat(thread, Some(index));
    Some(pthread)
}

/// A thread was over before it was put on a carrier.
pub(crate) fn pass_over(thread: ThreadId) {
    seat(thread, None);
}

fn seat(thread: ThreadId, carrier: Option<usize>) {
    let of_thread = &mut pool().of_thread;
    assert_eq!(of_thread.len(), thread.index(), "threads are put on carriers in the order of their creation");
    of_thread.push(carrier);
}

/// A thread was ended where it stood: its carrier is not used again in this run.
pub(crate) fn abandon(thread: ThreadId) {
    let pool = pool();
    if let Some(index) = pool.of_thread[thread.index()] {
        pool.carriers[index].state = State::Abandoned;
    }
}

/// The thread behind a `pthread_t` that has not been joined yet.
pub(crate) fn thread_of(pthread: libc::pthread_t) -> Option<ThreadId> {
    find(pthread).map(|carrier| carrier.thread)
}

fn find(pthread: libc::pthread_t) -> Option<&'static mut Carrier> {
    let found =
        pool().carriers.iter().find(|carrier| carrier.pthread == pthread && carrier.state != State::Free)?;
    // SAFETY: the carrier lives as long as the process; see `pool`.
    Some(unsafe { &mut *found.0 })
}

/// Takes the result of a thread that is over, and frees its carrier; nothing happens if somebody else did.
pub(crate) fn collect(pthread: libc::pthread_t, thread: ThreadId) -> *mut c_void {
    let Some(carrier) = find(pthread).filter(|carrier| carrier.thread == thread) else {
        return core::ptr::null_mut();
    };
    carrier.state = State::Free;
    carrier.result
}

/// Nobody will join this thread. Returns false if there is none.
pub(crate) fn detach(pthread: libc::pthread_t) -> Result<(), i32> {
    let carrier = find(pthread).ok_or(libc::ESRCH)?;
    match carrier.state {
        State::Over => carrier.state = State::Free,
        _ if carrier.detached => return Err(libc::EINVAL),
        _ => carrier.detached = true,
    }
    Ok(())
}

/// Whether a thread was detached, so that nobody may join it.
pub(crate) fn is_detached(pthread: libc::pthread_t) -> bool {
    find(pthread).is_some_and(|carrier| carrier.detached)
}

/// Whether every carrier is where its next thread can begin: no thread is left in the middle of something.
pub(crate) fn all_rest() -> bool {
    pool().carriers.iter().all(|carrier| matches!(carrier.state, State::Free | State::Over))
}

/// Frees the carriers of a run that is over, for another. Called only if [`all_rest`].
pub(crate) fn renew() {
    pool().of_thread.clear();
    for carrier in &mut pool().carriers {
        carrier.state = State::Free;
        carrier.at_exit.clear();
    }
}

/// The carrier of the running thread.
pub(crate) fn current() -> Option<&'static mut Carrier> {
    let pool = pool();
    // SAFETY: the carrier lives as long as the process; see `pool`.
    pool.running.map(|index| unsafe { &mut *pool.carriers[index].0 })
}

/// Suspends the running context and resumes a thread's.
pub(crate) fn transfer_to(thread: ThreadId) {
    let pool = pool();
    let Some(to) = pool.of_thread[thread.index()] else {
        die("photofinish: bug: a thread without a carrier was to run", b"")
    };
    let from = pool.running.replace(to);
    let to_baton: *const AtomicU32 = &raw const pool.carriers[to].baton;
    let to_context: *const Context = &raw const pool.carriers[to].context;
    let (from_context, from_baton): (*mut Context, *const AtomicU32) = match from {
        Some(index) => (&raw mut pool.carriers[index].context, &raw const pool.carriers[index].baton),
        None => (&raw mut pool.host, &raw const pool.host_baton),
    };
    hand_over(pool.mode, (from_context, from_baton), (to_context, to_baton));
}

/// Suspends the running context for good and resumes whoever started the run.
pub(crate) fn transfer_to_host() {
    let pool = pool();
    phase::set(Phase::Simulator);
    let Some(index) = pool.running.take() else {
        die("photofinish: bug: the host transferred to itself", b"")
    };
    let host: (*const Context, *const AtomicU32) = (&raw const pool.host, &raw const pool.host_baton);
    let carrier = &mut pool.carriers[index];
    hand_over(pool.mode, (&raw mut carrier.context, &raw const carrier.baton), host);
}

fn hand_over(mode: Mode, from: (*mut Context, *const AtomicU32), to: (*const Context, *const AtomicU32)) {
    match mode {
        // SAFETY: `to` was saved by `park` or by an earlier transfer, and since the running context is another one it has not
        // been resumed since; contexts live as long as the process.
        Mode::Steal => unsafe { arch::switch(from.0, to.0) },
        Mode::Baton => {
            // SAFETY: batons live as long as the process.
            give_baton(unsafe { &*to.1 });
            // SAFETY: as above.
            await_baton(unsafe { &*from.1 });
        }
    }
}

fn give_baton(baton: &AtomicU32) {
    baton.store(1, Ordering::Release);
    raw_futex(baton, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1);
}

fn await_baton(baton: &AtomicU32) {
    while baton.swap(0, Ordering::Acquire) == 0 {
        raw_futex(baton, libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, 0);
    }
}

fn raw_futex(word: &AtomicU32, operation: i32, value: u32) {
    let word = word.as_ptr() as i64;
    crate::symbols::raw::syscall(libc::SYS_futex, [word, i64::from(operation), i64::from(value), 0, 0, 0]);
}
