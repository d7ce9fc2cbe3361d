//! `sigaction(2)`, `signal(2)`, `raise(3)`, `kill(2)` of the caller, `pthread_sigmask(3)`.
//!
//! Invariant: every signal that is sent is handled, ignored, or ignored by default.

use photofinish_calls::signal::{
    Change, Does, asked, kill, kill_self, pthread_sigmask, raise, sigaction, signal, sigprocmask, taken,
};
use photofinish_calls::{identity, process};

use super::case::family;
use super::transcript::Transcript;
use crate::processes::child;

family! {
    "signal", "Signals to the caller.";
    "dispositions" = dispositions, ["sigaction", "signal"], "What is done about each.";
    "handled" = handled, ["raise", "kill", "pthread_kill", "sigaction"], "A handler runs before the call returns.";
    "blocked" = blocked, ["pthread_sigmask", "sigprocmask", "raise"], "What is blocked waits, once.";
    "children" = children, ["sigaction", "waitpid"], "A child that ends tells its parent.";
}

fn show(answer: Result<Does, photofinish_calls::Failed>) -> Result<String, photofinish_calls::Failed> {
    answer.map(|does| format!("{does:?}"))
}

fn dispositions(t: &mut Transcript) {
    t.call("SIGPIPE under std", show(asked(libc::SIGPIPE)));
    for number in [libc::SIGUSR1, libc::SIGTERM, libc::SIGCHLD] {
        t.call("asked", show(asked(number)));
        t.call("handle", show(sigaction(number, Does::Handle, 0)));
        t.call("ignore", show(sigaction(number, Does::Ignore, 0)));
        t.call("signal", show(signal(number, Does::Default)));
        t.call("asked", show(asked(number)));
    }
    for number in [0, -1, 65, libc::SIGKILL, libc::SIGSTOP] {
        t.call(format_args!("asked {number}"), show(asked(number)));
        t.call(format_args!("handle {number}"), show(sigaction(number, Does::Handle, 0)));
        t.call(format_args!("signal {number}"), show(signal(number, Does::Ignore)));
    }
}

fn handled(t: &mut Transcript) {
    let me = identity::getpid();
    for flags in [0, libc::SA_RESTART, libc::SA_NODEFER] {
        t.call("handle", show(sigaction(libc::SIGUSR1, Does::Handle, flags)));
        t.call("raise", raise(libc::SIGUSR1));
        t.value("taken", taken(libc::SIGUSR1));
        t.call("kill", kill(me, libc::SIGUSR1));
        t.value("taken", taken(libc::SIGUSR1));
        t.call("pthread_kill", kill_self(libc::SIGUSR1));
        t.value("taken", taken(libc::SIGUSR1));
    }
    t.call("once", show(sigaction(libc::SIGUSR2, Does::Handle, libc::SA_RESETHAND)));
    t.call("raise", raise(libc::SIGUSR2));
    t.value("taken", taken(libc::SIGUSR2));
    t.call("then", show(asked(libc::SIGUSR2)));
    t.call("ignore", show(sigaction(libc::SIGUSR2, Does::Ignore, 0)));
    t.call("raise", raise(libc::SIGUSR2));
    t.value("taken", taken(libc::SIGUSR2));
    t.call("by default nothing", raise(libc::SIGCHLD));
    t.call("a signal that is none", kill(me, 65));
    t.call("a negative one", kill(me, -1));
    t.call("nobody", kill(i32::MAX, libc::SIGUSR1));
    t.call("only asked", kill(me, 0));
}

fn blocked(t: &mut Transcript) {
    t.call("handle", show(sigaction(libc::SIGUSR1, Does::Handle, 0)));
    t.value("before", pthread_sigmask(Change::Block, &[libc::SIGUSR1, libc::SIGUSR2]));
    t.call("raise", raise(libc::SIGUSR1));
    t.call("raise", raise(libc::SIGUSR1));
    t.value("taken", taken(libc::SIGUSR1));
    t.value("unblock", sigprocmask(Change::Unblock, &[libc::SIGUSR1]));
    t.value("taken once", taken(libc::SIGUSR1));
    t.value("set", pthread_sigmask(Change::Set, &[libc::SIGKILL, libc::SIGUSR1]));
    t.value("SIGKILL is never blocked", pthread_sigmask(Change::Set, &[]));
    let inherited = std::thread::scope(|scope| {
        let _ = pthread_sigmask(Change::Block, &[libc::SIGUSR2]);
        scope.spawn(|| pthread_sigmask(Change::Block, &[])).join().expect("it does not panic")
    });
    t.value("a thread inherits", inherited);
    t.call("ignore", show(sigaction(libc::SIGUSR2, Does::Handle, 0)));
    t.call("raise", raise(libc::SIGUSR2));
    t.call("forgotten", show(sigaction(libc::SIGUSR2, Does::Ignore, 0)));
    t.call("handle", show(sigaction(libc::SIGUSR2, Does::Handle, 0)));
    t.value("unblock", pthread_sigmask(Change::Set, &[]));
    t.value("taken", taken(libc::SIGUSR2));
}

fn children(t: &mut Transcript) {
    t.call("handle", show(sigaction(libc::SIGCHLD, Does::Handle, libc::SA_RESTART)));
    let status = child(&["leave", "9"]).status();
    t.value("status", status.map(|status| status.code()).ok());
    t.value("told", taken(libc::SIGCHLD) == 1);
    t.call("ignore", show(sigaction(libc::SIGCHLD, Does::Ignore, 0)));
    let quiet = child(&["leave", "9"]).status();
    t.std("nobody asks for the ignored", &quiet);
    t.call("default", show(sigaction(libc::SIGCHLD, Does::Default, 0)));
    t.call("no child is left", process::waitpid(-1, 0).map(|_| ()));
}
