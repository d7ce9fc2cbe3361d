//! A run under gdb: it stops where something was decided, on real threads.
//!
//! Invariant: where there is no gdb, the command says so, and that is what is tested.

use std::io::Write as _;
use std::process::{Command, Stdio};

fn sim(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("sim").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A seed under which something is decided in this program.
fn seed_with_decisions(program: &str) -> String {
    let seeds = (0..50).map(|seed: u32| seed.to_string());
    let decides = |seed: &String| {
        let output = sim(&[program, "--seed", seed, "--json"]).output().expect("xtask can be started");
        let record: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        record["decisions"].as_u64().is_some_and(|decisions| decisions > 0)
    };
    seeds.into_iter().find(decides).expect("50 seeds are enough")
}

#[test]
fn a_run_stops_under_gdb_at_its_last_decision() {
    let seed = seed_with_decisions("lost-update/buggy");
    let mut gdb =
        sim(&["lost-update/buggy", "--seed", &seed, "--gdb"]).spawn().expect("xtask can be started");
    // What gdb is told when its terminal is ours: then it reads the end of its input, and leaves.
    let said = b"info threads\nkill\nquit\n";
    gdb.stdin.take().expect("it was asked for").write_all(said).expect("it listens");
    let output = gdb.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("gdb stops at step "), "{told}\n{errors}");
    if Command::new("gdb").arg("--version").output().is_err() {
        println!("there is no gdb here");
        assert!(errors.contains("gdb did not start") && errors.contains("next: install gdb"), "{errors}");
        return;
    }
    let (_, stopped) = told.split_once("photofinish_debugger_stop ()").unwrap_or_default();
    assert!(told.contains("photofinish_debugger_stop ()"), "{told}\n{errors}");
    assert!(stopped.contains("lost_update"), "the program's own function is on the stack: {told}\n{errors}");
    let threads = told.lines().filter(|line| line.contains("Thread 0x") && line.contains("LWP")).count();
    assert!(threads > 1, "each thread is a real one: {told}\n{errors}");
}
