//! `sigaction(2)`, `kill(2)`, `raise(3)`, `pthread_sigmask(3)`: signals are the kernel's, and reach no real process.
//!
//! Does not decide who takes a signal. Invariant: a handler of the program runs on a thread of the process it was sent to, in
//! the simulation, and only between two scheduling points of that thread.

use core::ffi::{c_int, c_void};

use photofinish_sim::call::{Caller, Stop, process};
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::{Kernel, Taken};
use photofinish_sim::process::signal::{self, Disposition, Handler};
use photofinish_sim::process::{Pid, Status};

use photofinish_sim::wait::{Wait, WaitOn, Woken};

use super::descriptor::done;
use super::fail;
use super::masked::{self, Wanted};
use crate::own::owned;
use crate::run::{call, obey, run, unmodelled, with_kernel};

/// What a write to a pipe or a socket without reader does besides failing (`SIGPIPE`).
pub(super) fn broken_pipe() {
    // It is a signal, and nothing about it is unmodelled.
    let _: Result<(), Errno> = send_self(libc::SIGPIPE);
}

/// Sends a signal to the running process, and takes what arrived.
fn send_self(number: c_int) -> Result<(), Errno> {
    let sent = with_kernel(|kernel| kernel.signal(kernel.process(), number));
    deliver();
    match sent {
        Ok(()) => Ok(()),
        Err(Stop::Fail(errno)) => Err(errno),
        Err(Stop::Unmodelled(what, errno)) => {
            unmodelled(what);
            Err(errno)
        }
        Err(Stop::Block(_)) => Err(Errno::EAGAIN),
    }
}

/// Leaves the running thread if it is over, and runs the handlers of signals that it takes now. Says what became of a call that
/// they interrupted.
#[inline]
pub(crate) fn deliver() -> Interrupted {
    // As after every system call, there is mostly nothing to do, and looking allocates nothing.
    if run().kernel.is_interrupted() { deliver_all() } else { Interrupted::No }
}

#[cold]
fn deliver_all() -> Interrupted {
    let mut interrupted = Interrupted::No;
    while with_kernel(|kernel| kernel.is_interrupted()) {
        leave_if_over();
        let Some(taken) = with_kernel(Kernel::take_signal) else {
            leave_if_over();
            return interrupted;
        };
        // `handle_signal`: the first one says what becomes of the call, and those taken with it run on top of it, so first.
        if interrupted == Interrupted::No {
            let restarts = taken.handler.flags & signal::SA_RESTART != 0;
            interrupted = if restarts { Interrupted::Restarts } else { Interrupted::Fails };
        }
        deliver();
        run_handler(&taken);
        with_kernel(|kernel| kernel.signal_taken(&taken));
    }
    interrupted
}

/// What becomes of a call that a signal interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// No handler ran.
    No,
    /// The handler has `SA_RESTART`.
    Restarts,
    /// It fails with `EINTR`, where it can.
    Fails,
}

fn leave_if_over() {
    if with_kernel(|kernel| kernel.ending().is_some()) {
        crate::carrier::transfer_to_host();
    }
    if let Some(signal) = with_kernel(|kernel| kernel.fatal_to_forked()) {
        super::process::leave_forked(Status::Signalled(signal));
    }
    if with_kernel(|kernel| kernel.current_is_over()) {
        crate::process::forget_killed();
        let next = with_kernel(Kernel::after_end);
        obey(next);
        crate::crash::die("photofinish: bug: a thread that was killed went on", b"");
    }
}

fn run_handler(taken: &Taken) {
    let address = usize::try_from(taken.handler.address).expect("addresses fit") as *const c_void;
    if taken.handler.flags & libc::SA_SIGINFO != 0 {
        // SAFETY: a siginfo_t of zeroes is valid.
        let mut info: libc::siginfo_t = unsafe { core::mem::zeroed() };
        info.si_signo = taken.signal;
        // SAFETY: sigaction(2): with SA_SIGINFO the program gave a function of three arguments.
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
            unsafe { core::mem::transmute(address) };
        handler(taken.signal, &raw mut info, core::ptr::null_mut());
    } else {
        // SAFETY: sigaction(2): without SA_SIGINFO the program gave a function of one argument.
        let handler: extern "C" fn(c_int) = unsafe { core::mem::transmute(address) };
        handler(taken.signal);
    }
}

/// The first 64 signals of a set, bit n - 1 for signal n: how Linux lays a set out.
pub(super) fn bits(set: *const libc::sigset_t) -> u64 {
    // SAFETY: the caller gives a valid set, whose first word holds the 64 signals there are.
    unsafe { core::ptr::read_unaligned(set.cast::<u64>()) }
}

fn write_bits(set: *mut libc::sigset_t, bits: u64) {
    // SAFETY: the caller gives a place for a set.
    unsafe { core::ptr::write_bytes(set, 0, 1) };
    // SAFETY: as above; the first word holds the 64 signals there are.
    unsafe { core::ptr::write_unaligned(set.cast::<u64>(), bits) };
}

fn read_action(action: &libc::sigaction) -> Disposition {
    match action.sa_sigaction {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignore,
        address => Disposition::Handler(Handler {
            address: address as u64,
            flags: action.sa_flags,
            mask: bits(&raw const action.sa_mask),
        }),
    }
}

fn write_action(disposition: Disposition, action: &mut libc::sigaction) {
    // SAFETY: a sigaction of zeroes is valid: the default.
    *action = unsafe { core::mem::zeroed() };
    match disposition {
        Disposition::Default => {}
        Disposition::Ignore => action.sa_sigaction = libc::SIG_IGN,
        Disposition::Handler(handler) => {
            action.sa_sigaction = usize::try_from(handler.address).expect("addresses fit");
            action.sa_flags = handler.flags;
            write_bits(&raw mut action.sa_mask, handler.mask);
        }
    }
}

fn change(number: c_int, new: Option<Disposition>) -> Result<Disposition, Errno> {
    call("sigaction", number, |kernel, caller| process::sigaction(kernel, caller, number, new))
}

owned! {
    /// `sigaction(2)`.
    fn sigaction(number: c_int, new: *const libc::sigaction, old: *mut libc::sigaction) -> c_int {
        // SAFETY: the caller gives a valid action, or none.
        let new = unsafe { new.as_ref() }.map(read_action);
        match change(number, new) {
            Ok(before) => {
                // SAFETY: the caller gives a place for the action, or none.
                if let Some(old) = unsafe { old.as_mut() } {
                    write_action(before, old);
                }
                0
            }
            Err(errno) => fail(errno),
        }
    }

    /// `signal(2)`, as glibc has it: with `SA_RESTART`.
    fn signal(number: c_int, handler: libc::sighandler_t) -> libc::sighandler_t {
        let new = match handler {
            libc::SIG_DFL => Disposition::Default,
            libc::SIG_IGN => Disposition::Ignore,
            address => Disposition::Handler(Handler { address: address as u64, flags: signal::SA_RESTART, mask: 0 }),
        };
        match change(number, Some(new)) {
            Ok(Disposition::Default) => libc::SIG_DFL,
            Ok(Disposition::Ignore) => libc::SIG_IGN,
            Ok(Disposition::Handler(handler)) => usize::try_from(handler.address).expect("addresses fit"),
            Err(errno) => {
                fail(errno);
                libc::SIG_ERR
            }
        }
    }

    /// `kill(2)`.
    fn kill(pid: libc::pid_t, number: c_int) -> c_int {
        let sent = call("kill", pid, |kernel, caller| process::kill(kernel, caller, pid, number));
        crate::process::forget_killed();
        deliver();
        done(sent)
    }

    /// `killpg(3)`.
    fn killpg(group: libc::pid_t, number: c_int) -> c_int {
        if group < 0 {
            return fail(Errno::EINVAL);
        }
        // SAFETY: no pointers.
        unsafe { kill(-group, number) }
    }

    /// `raise(3)`.
    fn raise(number: c_int) -> c_int {
        crate::run::call_point();
        if number == 0 {
            return 0;
        }
        done(send_self(number))
    }

    /// `pthread_kill(3)`: to the process of the thread, which all of ours that exist share with the caller.
    fn pthread_kill(thread: libc::pthread_t, number: c_int) -> c_int {
        let Some(target) = crate::carrier::thread_of(thread) else { return libc::ESRCH };
        if number != 0 && target != with_kernel(|kernel| kernel.current()) {
            unmodelled(format!("pthread_kill(3) of another thread with signal {number}"));
            return libc::ENOSYS;
        }
        if number == 0 {
            return 0;
        }
        send_self(number).err().map_or(0, |errno| c_int::from(errno.0))
    }

    /// `pause(2)`: until a handler has run.
    fn pause() -> c_int {
        done(call("pause", 0, until_handler))
    }

    /// `sigsuspend(2)`: until a handler has run under this mask.
    fn sigsuspend(mask: *const libc::sigset_t) -> c_int {
        done(masked::call("sigsuspend", 0, Wanted::These(bits(mask)), until_handler))
    }

    /// `sigpending(2)`: what waits for the caller to unblock it.
    fn sigpending(set: *mut libc::sigset_t) -> c_int {
        write_bits(set, with_kernel(|kernel| kernel.waiting_signals()));
        0
    }

    /// `pthread_sigmask(3)`.
    fn pthread_sigmask(how: c_int, new: *const libc::sigset_t, old: *mut libc::sigset_t) -> c_int {
        mask(how, new, old).err().map_or(0, |errno| c_int::from(errno.0))
    }

    /// `sigprocmask(2)`.
    fn sigprocmask(how: c_int, new: *const libc::sigset_t, old: *mut libc::sigset_t) -> c_int {
        done(mask(how, new, old))
    }
}

/// Waits for ever, but for a handler that runs: then `EINTR`.
fn until_handler(kernel: &mut Kernel, caller: &mut Caller) -> Result<(), Stop> {
    if caller.woken == Some(Woken::Signal) || kernel.signal_is_due() {
        return Err(Stop::Fail(Errno::EINTR));
    }
    Err(Stop::Block(Wait { on: WaitOn::Signal, deadline_ns: None }))
}

fn mask(how: c_int, new: *const libc::sigset_t, old: *mut libc::sigset_t) -> Result<(), Errno> {
    let before = with_kernel(|kernel| kernel.threads().get(kernel.current()).blocked_signals);
    let wanted = match (new.is_null(), how) {
        (true, _) => before,
        (_, libc::SIG_BLOCK) => before | bits(new),
        (_, libc::SIG_UNBLOCK) => before & !bits(new),
        (_, libc::SIG_SETMASK) => bits(new),
        _ => return Err(Errno::EINVAL),
    };
    with_kernel(|kernel| kernel.set_blocked_signals(wanted));
    if !old.is_null() {
        write_bits(old, before);
    }
    deliver();
    Ok(())
}

/// The signals with which a run begins: `SIGPIPE` is ignored, as std's own start-up has it.
pub(crate) fn begin(kernel: &mut Kernel, process: Pid) {
    let signals = &mut kernel.processes.get_mut(process).signals;
    signals.set(libc::SIGPIPE, Disposition::Ignore).expect("SIGPIPE can be ignored");
}
