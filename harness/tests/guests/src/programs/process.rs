//! tokio's processes.
//!
//! Invariant: every child is waited for.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::Duration;

use photofinish::scenario::Failure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::runtime::Builder;
use tokio::time::timeout;

/// Does what its first argument says.
#[expect(
    clippy::disallowed_methods,
    reason = "this is a main function: it leaves with the status it is told to"
)]
pub(super) fn child() {
    let mut words = std::env::args().skip(1);
    match (words.next().as_deref(), words.next()) {
        (Some("leave"), Some(code)) => std::process::exit(code.parse().expect("a number")),
        (Some("sleep"), _) => std::thread::sleep(Duration::from_secs(86_400)),
        (Some("repeat"), _) => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).expect("a pipe");
            std::io::stdout().write_all(text.to_uppercase().as_bytes()).expect("a pipe");
        }
        other => panic!("{other:?}"),
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new("/programs/tokio-child");
    command.args(words);
    command
}

pub(super) fn children() -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it starts");
    runtime.block_on(async {
        let status = command(&["leave", "7"]).status().await.expect("it starts");
        assert!(status.code() == Some(7), "{status}");
        let mut started =
            command(&["repeat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut input = started.stdin.take().expect("it was asked for");
        input.write_all(b"hello").await.expect("it reads");
        drop(input);
        let mut text = String::new();
        let mut output = started.stdout.take().expect("it was asked for");
        output.read_to_string(&mut text).await.expect("it writes");
        assert!(text == "HELLO", "{text}");
        assert!(started.wait().await.expect("a child").success(), "it returns");
        let mut sleeps = command(&["sleep"]).spawn().expect("it starts");
        assert!(timeout(Duration::from_secs(5), sleeps.wait()).await.is_err(), "it sleeps");
        sleeps.kill().await.expect("it runs");
        assert!(sleeps.wait().await.expect("a child").signal() == Some(9), "killed");
    });
    Ok(())
}
