//! Starting, waiting and killing, by `std::process`.
//!
//! Invariant: every child that is started is waited for.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::ExitStatus;
use std::time::Duration;

use photofinish::scenario::Failure;

use super::child;

fn status(arguments: &[&str]) -> ExitStatus {
    child(arguments).status().expect("it starts")
}

pub(super) fn statuses() -> Result<(), Failure> {
    assert!(status(&["leave", "0"]).success(), "0 is success");
    assert!(status(&["leave", "7"]).code() == Some(7), "7");
    assert!(status(&["leave", "263"]).code() == Some(7), "only 8 bits are told");
    assert!(status(&["return"]).code() == Some(0), "main returns");
    assert!(status(&["panic"]).code() == Some(101), "a panic");
    assert!(status(&["abort"]).signal() == Some(6), "an abort");
    assert!(status(&["work"]).code() == Some(3), "threads of its own");
    Ok(())
}

/// Std gives up all groups of such a child first, if root starts it.
pub(super) fn oneself() -> Result<(), Failure> {
    let (user, group) = photofinish_calls::user::me();
    let status = child(&["leave", "0"]).uid(user).gid(group).status();
    assert!(status.expect("it starts").success(), "as who one is");
    Ok(())
}

pub(super) fn told() -> Result<(), Failure> {
    let own: Vec<String> = std::env::args().collect();
    let mut started = child(&["tell", "x"]).env("GUEST", "yes").spawn().expect("it starts");
    let pid = started.id();
    assert!(pid != std::process::id(), "another number");
    assert!(started.wait().expect("a child").success(), "it tells");
    assert!(std::env::var("GUEST").is_err(), "the parent's environment is as it was");
    assert!(own == std::env::args().collect::<Vec<_>>(), "and its arguments");
    Ok(())
}

pub(super) fn killed() -> Result<(), Failure> {
    let mut started = child(&["sleep"]).spawn().expect("it starts");
    assert!(started.try_wait().expect("a child").is_none(), "it sleeps");
    std::thread::sleep(Duration::from_secs(1));
    started.kill().expect("it runs");
    let status = started.wait().expect("a child");
    assert!(status.signal() == Some(9), "killed");
    assert!(started.try_wait().expect("a child") == Some(status), "and stays so");
    Ok(())
}

pub(super) fn many() -> Result<(), Failure> {
    let started: Vec<_> =
        (0..12).map(|n| child(&["leave", &n.to_string()]).spawn().expect("it starts")).collect();
    for (n, mut started) in started.into_iter().enumerate().rev() {
        assert!(started.wait().expect("a child").code() == i32::try_from(n).ok(), "its own status");
    }
    Ok(())
}
