//! A command that is sent a signal once it has recorded a failure.
//!
//! Knows no command. Invariant: the signal goes to all of its process group, as that of a terminal does.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::folder::Said;

/// Starts a command without end, waits until it has recorded a failure, sends a signal to all of its group, and returns what it said
/// from then on.
pub(crate) fn interrupted(mut command: Command, signal: &str) -> Said {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn().expect("xtask starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
    let recorded = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("recorded")));
    recorded.expect("it records a failure").expect("it prints text");
    let group = format!("-{}", child.id());
    let sent = Command::new("kill").args([&format!("-{signal}"), "--", &group]).status();
    assert!(sent.expect("kill(1) starts").success());
    let err: Vec<String> = lines.map(|line| line.expect("it prints text")).collect();
    Said { err: err.join("\n"), ..child.wait_with_output().expect("it was started").into() }
}
