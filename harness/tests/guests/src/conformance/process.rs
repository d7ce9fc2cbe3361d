//! `waitpid(2)`, `waitid(2)`, `pidfd_open(2)`, process groups, and `std::process::Command` by both of its ways.
//!
//! Invariant: no line holds an id, and every child is waited for.
#![expect(clippy::zombie_processes, reason = "children are waited for by the calls that the cases are about")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use photofinish_calls::{identity, process, signal};

use super::case::family;
use super::transcript::Transcript;
use crate::processes::child;

family! {
    "process", "Children.";
    "wait" = wait, ["waitpid", "wait4", "posix_spawnp"], "Who can be waited for, and what is told.";
    "waitid" = waitid, ["waitid", "syscall"], "By number, by descriptor, and only looked at.";
    "groups" = groups, ["setpgid", "getpgid", "getpgrp", "getsid", "setsid", "kill", "killpg"], "Process groups.";
    "forked" = forked, ["fork", "execvp", "_exit"], "What runs between a fork and a program.";
    "ended" = ended, ["exit", "abort", "kill", "waitpid"], "How a child can end.";
}

fn start(arguments: &[&str]) -> Child {
    child(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

fn id(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("a number of a process")
}

/// Waits for a child without std, which would wait again.
fn reaped(t: &mut Transcript, what: &str, pid: i32) {
    let answer =
        process::waitpid(pid, 0).map(|(child, status)| format!("it: {}, status {status:#x}", child == pid));
    t.call(what, answer);
}

fn wait(t: &mut Transcript) {
    t.call("no child", process::waitpid(-1, 0).map(|_| ()));
    t.call("no such child", process::waitpid(identity::getpid(), 0).map(|_| ()));
    t.call("nonsense", process::waitpid(-1, 1 << 20).map(|_| ()));
    t.call("an option of waitid(2)", process::waitpid(-1, libc::WNOWAIT).map(|_| ()));
    t.call("the most negative", process::waitpid(i32::MIN, 0).map(|_| ()));
    let sleeping = start(&["sleep"]);
    t.call("not over yet", process::waitpid(id(&sleeping), libc::WNOHANG).map(|(child, _)| child));
    t.call("kill", signal::kill(id(&sleeping), libc::SIGKILL));
    reaped(t, "killed", id(&sleeping));
    t.call("again", process::waitpid(id(&sleeping), 0).map(|_| ()));
    t.call("kill of nobody", signal::kill(id(&sleeping), libc::SIGKILL));
    let leaving = start(&["leave", "3"]);
    reaped(t, "left", id(&leaving));
    let one = start(&["leave", "4"]);
    let (any, status) = process::waitpid(-1, 0).expect("one child");
    t.value("any is the only one", any == id(&one));
    t.value("its status", status);
}

fn waitid(t: &mut Transcript) {
    t.call("no child", process::waitid(libc::P_ALL, 0, libc::WEXITED).map(|_| ()));
    t.call("for nothing", process::waitid(libc::P_ALL, 0, libc::WNOHANG).map(|_| ()));
    t.call("number 0", process::waitid(libc::P_PID, 0, libc::WEXITED).map(|_| ()));
    t.call("a negative number", process::waitid(libc::P_PID, u32::MAX, libc::WEXITED).map(|_| ()));
    t.call("a negative group", process::waitid(libc::P_PGID, u32::MAX, libc::WEXITED).map(|_| ()));
    t.call("a negative descriptor", process::waitid(libc::P_PIDFD, u32::MAX, libc::WEXITED).map(|_| ()));
    let leaving = start(&["leave", "5"]);
    let pid = leaving.id();
    let show =
        |info: process::Info| format!("{} {} it: {} {}", info.0, info.1, info.2 == pid.cast_signed(), info.3);
    let looked = process::waitid(libc::P_PID, pid, libc::WEXITED | libc::WNOWAIT).map(show);
    t.call("only looked at", looked);
    t.call("over", process::waitid(libc::P_PID, pid, libc::WEXITED).map(show));
    t.call("again", process::waitid(libc::P_PID, pid, libc::WEXITED).map(show));
    let sleeping = start(&["sleep"]);
    let pid = sleeping.id();
    t.call("a flag that is none", process::pidfd_open(pid.cast_signed(), 1).map(|_| ()));
    t.call("nobody", process::pidfd_open(0, 0).map(|_| ()));
    let fd = process::pidfd_open(pid.cast_signed(), 0).expect("it sleeps");
    let of = u32::try_from(fd).expect("a descriptor");
    let none = process::waitid(libc::P_PIDFD, of, libc::WEXITED | libc::WNOHANG);
    t.call("not over yet", none.map(|info| info.2));
    t.call("kill", signal::kill(pid.cast_signed(), libc::SIGTERM));
    let show =
        |info: process::Info| format!("{} {} it: {} {}", info.0, info.1, info.2 == pid.cast_signed(), info.3);
    let ready = |t: &mut Transcript| {
        let mut entries = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
        let answer = photofinish_calls::descriptor::poll(&mut entries, -1);
        t.call(format_args!("poll {}", entries[0].revents), answer);
    };
    ready(t);
    t.call("ended by it", process::waitid(libc::P_PIDFD, of, libc::WEXITED).map(show));
    ready(t);
    t.call("close", photofinish_calls::descriptor::close(fd));
}

fn groups(t: &mut Transcript) {
    t.value("own group", process::getpgid(0) == Ok(process::getpgrp()));
    t.call("of nobody", process::getpgid(i32::MAX).map(|_| ()));
    t.call("a negative group", process::setpgid(0, -1));
    t.call("of nobody", process::setpgid(i32::MAX, 0));
    let sleeping: Vec<Child> = (0..2).map(|_| start(&["sleep"])).collect();
    let leader = id(&sleeping[0]);
    for child in &sleeping {
        let inherited = process::getpgid(id(child)) == Ok(process::getpgrp());
        t.value("inherited", inherited);
        t.call("of one that has executed a program", process::setpgid(id(child), leader));
        t.value("its session", process::getsid(id(child)) == process::getsid(0));
    }
    t.call("session of nobody", process::getsid(i32::MAX));
    t.call("no such group", process::setpgid(0, i32::MAX));
    let mut apart = child(&["sleep"]);
    let mut apart =
        std::os::unix::process::CommandExt::process_group(&mut apart, 0).spawn().expect("it starts");
    t.value("it leads a group", process::getpgid(id(&apart)) == Ok(id(&apart)));
    t.call("killpg", signal::killpg(id(&apart), libc::SIGKILL));
    t.std("killed", &apart.wait());
    t.call("of one that was waited for", process::getpgid(id(&apart)));
    let mut alone = child(&["leave", "0"]);
    let lead = || process::setsid().map(drop).map_err(|_| std::io::Error::from_raw_os_error(libc::EPERM));
    t.value("setsid", process::before_exec(&mut alone, lead).status().is_ok());
    for child in sleeping {
        t.call("kill", signal::kill(id(&child), libc::SIGKILL));
        reaped(t, "killed", id(&child));
    }
}

fn forked(t: &mut Transcript) {
    let mut command = child(&["leave", "6"]);
    let status = process::before_exec(&mut command, || Ok(())).status();
    t.value("by a fork", status.map(|status| status.into_raw()).ok());
    t.call("nobody is left", process::waitpid(-1, 0).map(|_| ()));
    let mut quiet = child(&["tell"]);
    quiet.env_clear().env("GUEST", "by hand").stdout(Stdio::null());
    let status = process::before_exec(&mut quiet, || Ok(())).status();
    t.value("with an environment", status.map(|status| status.into_raw()).ok());
    t.value("the parent's own", std::env::var("GUEST").is_err());
    let panics = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(())));
    t.value("panics still unwind", panics.is_err());
}

fn ended(t: &mut Transcript) {
    for how in
        [&["leave", "0"][..], &["leave", "255"], &["leave", "256"], &["panic"], &["abort"], &["return"]]
    {
        let child = start(how);
        reaped(t, &how.join(" "), id(&child));
    }
    let output = Command::output(child(&["say", "hello"]).stderr(Stdio::null()));
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    t.value("said", said.ok());
}
