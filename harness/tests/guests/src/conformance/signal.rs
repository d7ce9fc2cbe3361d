//! `sigaction(2)`, `signal(2)`, `raise(3)`, `kill(2)` of the caller, `pthread_sigmask(3)`.
//!
//! Invariant: every signal that is sent is handled, ignored, or ignored by default.

use std::time::Duration;

use photofinish_calls::signal::{
    Change, Does, asked, kill, kill_self, killpg, order, pause, pthread_sigmask, raise, sigaction, signal,
    sigpending, sigprocmask, sigsuspend, taken,
};
use photofinish_calls::{descriptor, identity, pipe, process};

use super::case::family;
use super::transcript::Transcript;
use crate::processes::child;

family! {
    "signal", "Signals to the caller.";
    "dispositions" = dispositions, ["sigaction", "signal"], "What is done about each.";
    "handled" = handled, ["raise", "kill", "pthread_kill", "sigaction"], "A handler runs before the call returns.";
    "blocked" = blocked, ["pthread_sigmask", "sigprocmask", "raise"], "What is blocked waits, once.";
    "together" = together, ["sigpending", "sigsuspend", "raise"], "Signals that are taken at once.";
    "interrupted" = interrupted, ["pause", "sigaction"], "Calls that a handler interrupts, and calls that go on.";
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

fn together(t: &mut Transcript) {
    for number in [libc::SIGUSR1, libc::SIGUSR2] {
        t.call("handle", show(sigaction(number, Does::Handle, 0)));
    }
    t.value("block", pthread_sigmask(Change::Block, &[libc::SIGUSR1, libc::SIGUSR2, libc::SIGCHLD]));
    t.call("raise", raise(libc::SIGUSR1));
    t.call("raise", raise(libc::SIGUSR2));
    t.value("pending", sigpending());
    t.value("unblock", pthread_sigmask(Change::Unblock, &[libc::SIGUSR1, libc::SIGUSR2]));
    t.value("which ran last", order());
    t.value("pending", sigpending());
    t.value("block", pthread_sigmask(Change::Block, &[libc::SIGUSR1]));
    t.call("raise", raise(libc::SIGUSR1));
    t.call("sigsuspend", sigsuspend());
    t.value("taken", taken(libc::SIGUSR1));
    t.value("blocked again", pthread_sigmask(Change::Unblock, &[libc::SIGUSR1]));
    t.call("what is ignored and blocked waits", raise(libc::SIGCHLD));
    t.value("pending", sigpending());
    t.call("handle", show(sigaction(libc::SIGCHLD, Does::Handle, 0)));
    t.call("raise", raise(libc::SIGCHLD));
    t.value("unblock", pthread_sigmask(Change::Unblock, &[libc::SIGCHLD]));
    t.value("taken", taken(libc::SIGCHLD));
    t.call("a signal that is none", raise(65));
    t.call("only asked", raise(0));
    t.call("no such group", killpg(i32::MAX, 0));
    t.call("nobody, with a signal that is none", kill(i32::MAX, 65));
    t.call("the most negative", kill(i32::MIN, 0));
}

/// A child that sends `SIGUSR1` again and again, while `call` is made.
fn pestered(t: &mut Transcript, flags: i32, call: impl FnOnce(&mut Transcript)) {
    let _ = sigaction(libc::SIGUSR1, Does::Handle, flags);
    let mut pest = child(&["pester"]).spawn().expect("it starts");
    call(t);
    let _ = sigaction(libc::SIGUSR1, Does::Ignore, 0);
    pest.kill().expect("it goes on for ever");
    pest.wait().expect("a child");
}

fn interrupted(t: &mut Transcript) {
    let (from, to) = pipe::pipe().expect("a pipe");
    pestered(t, 0, |t| t.call("read", descriptor::read(from, &mut [0; 4])));
    pestered(t, 0, |t| t.call("pause", pause()));
    pestered(t, libc::SA_RESTART, |t| t.call("pause, restarted", pause()));
    let entry = || libc::pollfd { fd: from, events: libc::POLLIN, revents: 0 };
    pestered(t, libc::SA_RESTART, |t| t.call("poll", descriptor::poll(&mut [entry()], -1)));
    pestered(t, 0, |t| {
        let mut sleeping = child(&["sleep"]).spawn().expect("it starts");
        let pid = i32::try_from(sleeping.id()).expect("a number of a process");
        t.call("waitpid", process::waitpid(pid, 0).map(|_| ()));
        sleeping.kill().expect("it sleeps");
        sleeping.wait().expect("a child");
    });
    pestered(t, libc::SA_RESTART, |t| {
        let writer = std::thread::spawn(move || {
            let before = taken(libc::SIGUSR1);
            while taken(libc::SIGUSR1) < before + 2 {
                std::thread::sleep(Duration::from_millis(5));
            }
            descriptor::write(to, b"x")
        });
        t.call("read, restarted", descriptor::read(from, &mut [0; 4]));
        t.call("written", writer.join().expect("it does not panic"));
    });
    let _ = pthread_sigmask(Change::Block, &[libc::SIGUSR1]);
    let deaf = std::thread::spawn(|| {
        let before = taken(libc::SIGUSR1);
        while taken(libc::SIGUSR1) == before {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let _ = pthread_sigmask(Change::Unblock, &[libc::SIGUSR1]);
    pestered(t, 0, |t| t.value("a handler runs while its thread joins", deaf.join().is_ok()));
    t.call("close", descriptor::close(from));
    t.call("close", descriptor::close(to));
}

fn children(t: &mut Transcript) {
    t.call("handle", show(sigaction(libc::SIGCHLD, Does::Handle, libc::SA_RESTART)));
    let status = child(&["leave", "9"]).status();
    t.value("status", status.map(|status| status.code()).ok());
    t.value("told", taken(libc::SIGCHLD) == 1);
    t.call("ignore", show(sigaction(libc::SIGCHLD, Does::Ignore, 0)));
    let quiet = child(&["leave", "9"]).status();
    t.std("nobody asks for the ignored", &quiet);
    t.call(
        "told but not asked",
        show(sigaction(libc::SIGCHLD, Does::Handle, libc::SA_NOCLDWAIT | libc::SA_RESTART)),
    );
    let quiet = child(&["leave", "9"]).status();
    t.std("nobody asks", &quiet);
    t.value("told", taken(libc::SIGCHLD) == 2);
    t.call("default", show(sigaction(libc::SIGCHLD, Does::Default, 0)));
    t.call("no child is left", process::waitpid(-1, 0).map(|_| ()));
}
