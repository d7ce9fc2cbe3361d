//! Children at pipes, with handlers, children and places of their own.
//!
//! Invariant: every child that is started is waited for.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};

use photofinish::scenario::Failure;
use photofinish_calls::{descriptor, epoll, process, signal};

use super::child;

fn with_output(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts")
}

fn id(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("a number of a process")
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("its output is piped");
    BufReader::new(output).read_line(&mut line).expect("it says something");
    line
}

pub(super) fn piped() -> Result<(), Failure> {
    let mut echo = child(&["echo"]);
    let mut echo = with_output(echo.stdin(Stdio::piped()));
    echo.stdin.take().expect("its input is piped").write_all(b"to and fro").expect("it reads");
    let output = echo.wait_with_output().expect("a child");
    assert!(output.status.success() && output.stdout == b"to and fro", "{output:?}");
    let output = child(&["say", "all"]).env_clear().output().expect("it starts");
    assert!(output.stdout == b"all\n" && output.stderr.is_empty(), "{output:?}");
    Ok(())
}

pub(super) fn terminated() -> Result<(), Failure> {
    let mut term = with_output(&mut child(&["term"]));
    assert!(first_line(&mut term) == "ready\n", "its handler is in place");
    signal::kill(id(&term), libc::SIGTERM).expect("it runs");
    assert!(term.wait().expect("a child").code() == Some(42), "it left by itself");
    Ok(())
}

pub(super) fn crowd() -> Result<(), Failure> {
    let mut crowd = with_output(&mut child(&["crowd"]));
    assert!(first_line(&mut crowd) == "ready\n", "its threads are there");
    std::thread::sleep(std::time::Duration::from_millis(12));
    crowd.kill().expect("it runs");
    assert!(crowd.wait().expect("a child").signal() == Some(9), "killed");
    Ok(())
}

pub(super) fn grandchild() -> Result<(), Failure> {
    let status = child(&["delegate", "20"]).status().expect("it starts");
    assert!(status.code() == Some(21), "{status}");
    Ok(())
}

pub(super) fn placed() -> Result<(), Failure> {
    let output = child(&["where"]).current_dir("/usr").output().expect("it starts");
    assert!(output.stdout == b"/usr\n", "{output:?}");
    let own = std::env::current_dir().expect("a place");
    assert!(own != std::path::Path::new("/usr"), "the parent stays where it is");
    Ok(())
}

pub(super) fn duplicated() -> Result<(), Failure> {
    let mut say = child(&["say", "to standard error"]);
    say.stdout(Stdio::null()).stderr(Stdio::piped());
    let redirect = || process::dup2(2, 1).map(|_| ()).map_err(|_| std::io::ErrorKind::Other.into());
    let output = process::before_exec(&mut say, redirect).output();
    let output = output.expect("it starts");
    assert!(output.status.success() && output.stderr == b"to standard error\n", "{output:?}");
    let mut leader = child(&["sleep"]).process_group(0).spawn().expect("it starts");
    assert!(process::getpgid(id(&leader)) == Ok(id(&leader)), "it leads a group");
    signal::killpg(id(&leader), libc::SIGKILL).expect("there is such a group");
    assert!(leader.wait().expect("a child").signal() == Some(9), "killed");
    Ok(())
}

pub(super) fn watched() -> Result<(), Failure> {
    let mut term = with_output(&mut child(&["term"]));
    let fd = process::pidfd_open(id(&term), 0).expect("it runs");
    let instance = epoll::epoll_create1(libc::EPOLL_CLOEXEC).expect("an instance");
    let event = epoll::Event { events: 1, data: 7 };
    epoll::epoll_ctl(instance, libc::EPOLL_CTL_ADD, fd, Some(event)).expect("it can be polled");
    assert!(epoll::epoll_wait(instance, 4, 0).expect("an instance").is_empty(), "it runs");
    assert!(first_line(&mut term) == "ready\n", "its handler is in place");
    signal::kill(id(&term), libc::SIGTERM).expect("it runs");
    let ready = epoll::epoll_wait(instance, 4, -1).expect("an instance");
    assert!(ready.len() == 1 && ready[0].data == 7, "{ready:?}");
    assert!(term.wait().expect("a child").code() == Some(42), "it left by itself");
    descriptor::close(fd).expect("open");
    descriptor::close(instance).expect("open");
    Ok(())
}

pub(super) fn broken() -> Result<(), Failure> {
    let mut chat = with_output(&mut child(&["chat"]));
    drop(chat.stdout.take());
    let status = chat.wait().expect("a child");
    assert!(status.code() == Some(101), "std ignores SIGPIPE: {status}");
    Ok(())
}

pub(super) fn leaving() -> Result<(), Failure> {
    let mut both: Vec<Child> =
        (0..2).map(|n| child(&["leave", &n.to_string()]).spawn().expect("it starts")).collect();
    for (n, child) in both.iter_mut().enumerate() {
        assert!(child.wait().expect("a child").code() == i32::try_from(n).ok(), "its own status");
    }
    Ok(())
}
