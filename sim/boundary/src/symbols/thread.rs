//! `pthread_create(3)`, `pthread_join(3)` and what belongs to a thread's life; `sched_yield(2)`.
//!
//! Does not schedule. Invariant: inside a run no real thread is ever created, and a thread's destructors run in the
//! simulation, on its own carrier, before anybody who joins it goes on.

use core::ffi::{CStr, c_char, c_int, c_void};

use photofinish_sim::call::Stop;
use photofinish_sim::errno::Errno;
use photofinish_sim::thread::ThreadId;

use crate::carrier::{self, AtExit, Job};
use crate::own::{owned, real};
use crate::phase;
use crate::run::{call, call_point, finish, obey, unmodelled, with_kernel};

type Start = extern "C" fn(*mut c_void) -> *mut c_void;

/// The real `pthread_create`: for carriers.
pub(crate) fn real_create(
    thread: *mut libc::pthread_t,
    attr: *const libc::pthread_attr_t,
    start: Start,
    argument: *mut c_void,
) -> c_int {
    real!(pthread_create(
        thread: *mut libc::pthread_t,
        attr: *const libc::pthread_attr_t,
        start: Start,
        argument: *mut c_void,
    ) -> c_int)
}

owned! {
    /// `pthread_create(3)`: a thread of the kernel on a carrier of the pool.
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attr: *const libc::pthread_attr_t,
        start: Start,
        argument: *mut c_void,
    ) -> c_int {
        if stack_size(attr) > STACK_MAX {
            unmodelled(format!("pthread_create(3) with a stack of more than {STACK_MAX} bytes"));
            return libc::EAGAIN;
        }
        call_point();
        let spawned = with_kernel(|kernel| {
            kernel.spawn().map(|child| carrier::assign(child, Job::Thread(start, argument)))
        });
        match spawned {
            Ok(Some(pthread)) => {
                // SAFETY: the caller gave a place for the answer.
                unsafe { *thread = pthread };
                0
            }
            Ok(None) => {
                // Threads that ended but were not joined yet keep their carriers, too. Whoever asked for the run may make it
                // again with a larger pool.
                let threads = carrier::count();
                with_kernel(|kernel| kernel.abandon(photofinish_sim::ending::Ending::OutOfThreads { threads }));
                crate::run::stop()
            }
            Err(next) => {
                obey(next);
                libc::EAGAIN
            }
        }
    }

    /// `pthread_join(3)`.
    fn pthread_join(thread: libc::pthread_t, result: *mut *mut c_void) -> c_int {
        let Some(id) = carrier::thread_of(thread) else { return libc::ESRCH };
        if carrier::is_detached(thread) {
            return libc::EINVAL;
        }
        let joined = call("pthread_join", id.0.cast_signed(), |kernel, caller| {
            if caller.thread == id { Err(Stop::Fail(Errno::EDEADLK)) } else { kernel.join(id) }
        });
        if let Err(errno) = joined {
            return c_int::from(errno.0);
        }
        let value = carrier::collect(thread, id);
        if !result.is_null() {
            // SAFETY: the caller gave a place for the answer.
            unsafe { *result = value };
        }
        0
    }

    /// `pthread_detach(3)`.
    fn pthread_detach(thread: libc::pthread_t) -> c_int {
        let Some(id) = carrier::thread_of(thread) else { return libc::ESRCH };
        call_point();
        with_kernel(|kernel| kernel.detach(id));
        carrier::detach(thread).err().unwrap_or(0)
    }

    /// `pthread_setname_np(3)`.
    fn pthread_setname_np(thread: libc::pthread_t, name: *const c_char) -> c_int {
        // SAFETY: the caller gives a NUL-terminated string.
        let name = unsafe { CStr::from_ptr(name) };
        if name.to_bytes().len() > 15 {
            return libc::ERANGE;
        }
        let Some(id) = carrier::thread_of(thread) else { return libc::ESRCH };
        with_kernel(|kernel| kernel.name_thread(id, &name.to_string_lossy()));
        0
    }

    /// `pthread_cancel(3)`: not modelled.
    fn pthread_cancel(thread: libc::pthread_t) -> c_int {
        let _ = thread;
        unmodelled(String::from("pthread_cancel(3)"));
        libc::ENOSYS
    }

    /// `sched_yield(2)`: the thread loses its turn.
    fn sched_yield() -> c_int {
        call_point();
        let next = with_kernel(photofinish_sim::kernel::Kernel::yield_turn);
        obey(next);
        0
    }

    /// `sigaltstack(2)`: a run has one alternate stack, ours; std is told that one is in place and makes none.
    fn sigaltstack(new: *const libc::stack_t, old: *mut libc::stack_t) -> c_int {
        let _ = new;
        if !old.is_null() {
            // SAFETY: the caller gave a place for the answer.
            unsafe { *old = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: 0, ss_size: libc::SIGSTKSZ } };
        }
        0
    }

    /// The C++ ABI's registration of a thread-local destructor: std's `thread_local!` with a destructor arrives here.
    fn __cxa_thread_atexit_impl(
        run: unsafe extern "C" fn(*mut c_void),
        object: *mut c_void,
        module: *mut c_void,
    ) -> c_int {
        let _ = module;
        phase::as_simulator(|| match carrier::current() {
            Some(carrier) => carrier.at_exit.push(AtExit { run, object }),
            None => crate::crash::die("photofinish: bug: a thread-local without a thread", b""),
        });
        0
    }

    /// `pthread_getattr_np(3)`: the stack of the thread's carrier. The real one asks the kernel about a thread that, in a forked
    /// run, is not there.
    fn pthread_getattr_np(thread: libc::pthread_t, attr: *mut libc::pthread_attr_t) -> c_int {
        let Some(bounds) = carrier::stack_bounds(thread) else { return libc::ESRCH };
        // SAFETY: the caller gave a place for the attribute.
        let error = unsafe { libc::pthread_attr_init(attr) };
        if error != 0 {
            return error;
        }
        // SAFETY: the attribute was initialised above, and the bounds are those of a live stack.
        unsafe { libc::pthread_attr_setstack(attr, bounds.low as *mut c_void, bounds.size) };
        // SAFETY: as above.
        unsafe { libc::pthread_attr_setguardsize(attr, bounds.guard) }
    }

    /// `pthread_exit(3)`: not modelled; Rust threads return.
    fn pthread_exit(value: *mut c_void) -> () {
        let _ = value;
        unmodelled(String::from("pthread_exit(3)"));
        finish(photofinish_sim::ending::Ending::Exited(0))
    }
}

/// Stacks larger than a carrier's cannot be given.
const STACK_MAX: usize = 8 << 20;

fn stack_size(attr: *const libc::pthread_attr_t) -> usize {
    let mut size = 0;
    if !attr.is_null() {
        // SAFETY: the caller gives an initialised attribute.
        unsafe { libc::pthread_attr_getstacksize(attr, &raw mut size) };
    }
    size
}

/// Runs the destructors of the running thread's thread-locals, last registered first, as `__call_tls_dtors` does; then those
/// of its `pthread_setspecific(3)` values, in up to four rounds.
pub(crate) fn run_destructors() {
    while let Some(AtExit { run, object }) = carrier::current().and_then(|carrier| carrier.at_exit.pop()) {
        // SAFETY: the C++ ABI: the destructor was registered with this object, for this thread, and is called once.
        unsafe { run(object) };
    }
    super::key::run_destructors();
}

/// The main thread of a run.
pub(crate) fn assign_main(main: Job) -> Result<(), String> {
    match carrier::assign(ThreadId::MAIN, main) {
        Some(_) => Ok(()),
        None => Err(String::from("the pool has no thread for the program's main function")),
    }
}
