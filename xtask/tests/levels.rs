//! Levels of instrumentation: what each finds, that the finest is deterministic, and that nobody takes one for another.
//!
//! The programs are `harness/tests/levels`. Invariant: the same sources, seeds and strategies at every level.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use photofinish::client::{Client, ClientError, Isolation, Request, Run};
use photofinish::sim::ending::Ending;
use photofinish::sim::limits::Limits;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use xtask::instrumented::{Bin, Build};
use xtask::workspace::Workspace;

/// So many seeds are run of a program whose race a level cannot show, and at most so many to find it.
const SEEDS: u64 = 300;

/// The programs at a level.
fn built(level: Preempt) -> &'static Path {
    static BUILT: [OnceLock<PathBuf>; 3] = [const { OnceLock::new() }; 3];
    BUILT[level as usize].get_or_init(|| {
        let workspace = Workspace::load().expect("the tests run inside the workspace");
        let root = workspace.root().join("harness/tests/levels");
        let out = workspace.target_dir().join("photofinish");
        let wrapper = Path::new(env!("CARGO_BIN_EXE_xtask"));
        let build = Build { root: &root, out: &out, wrapper, level };
        build.executable(Bin { package: "levels", name: "levels" }).expect("it builds")
    })
}

fn client(level: Preempt) -> Client {
    Client::start(built(level), Limits::default().threads_max, Isolation::Fork).expect("it serves")
}

fn request(client: &mut Client, program: &str, seed: u64) -> Request {
    let mut request = Request::new(program, Seed(seed));
    request.strategy = client.resolve(&request).expect("it serves");
    request
}

fn run(client: &mut Client, program: &str, seed: u64) -> Run {
    let request = request(client, program, seed);
    client.run(&request).expect("it serves")
}

/// The first seed whose run does not return.
fn first_failure(level: Preempt, program: &str) -> Option<u64> {
    let mut client = client(level);
    (0..SEEDS).find(|seed| !matches!(run(&mut client, program, *seed).ending, Ending::Returned))
}

fn check_found_at_blocks_alone(program: &str) {
    for level in [Preempt::Calls, Preempt::Atomics] {
        assert_eq!(first_failure(level, program), None, "{program} at {level}");
    }
    assert!(first_failure(Preempt::Blocks, program).is_some(), "{program}");
}

#[test]
fn a_plain_store_behind_an_atomic_one_is_found_at_blocks_alone() {
    check_found_at_blocks_alone("levels/reentrant");
}

#[test]
fn what_shows_only_while_plain_memory_is_written_is_found_at_blocks_alone() {
    check_found_at_blocks_alone("levels/halfway");
}

#[test]
fn two_processes_see_the_same_events_at_blocks() {
    let (mut one, mut other) = (client(Preempt::Blocks), client(Preempt::Blocks));
    for program in ["levels/reentrant", "levels/halfway", "levels/spinning"] {
        for seed in 0..12 {
            let request = request(&mut one, program, seed);
            let with_events = Request { events: true, ..request.clone() };
            let runs = [
                one.run(&with_events).expect("it serves"),
                other.run(&with_events).expect("it serves"),
                other.run(&request).expect("it serves"),
            ];
            let what = format!("{program}, seed {seed}");
            assert_eq!(runs[0].events, runs[1].events, "{what}");
            assert_eq!(runs[0].trace, runs[1].trace, "{what}");
            assert_eq!(runs[0].figures, runs[1].figures, "{what}");
            assert_eq!(runs[0].figures, runs[2].figures, "{what}, without events");
        }
    }
}

/// Else it would lose its turn every few hundred accesses, and time would pass as if it waited; or who waits would never be seen to.
#[test]
fn work_in_plain_memory_is_no_spinning_and_spinning_is_none_less_for_it() {
    let mut client = client(Preempt::Blocks);
    let work = 64 * 1_000;
    for seed in 0..60 {
        let run = run(&mut client, "levels/spinning", seed);
        assert!(matches!(run.ending, Ending::Returned), "seed {seed}: {:?}", run.ending);
        let points = run.figures.points;
        assert!((work / 4..work * 8).contains(&points), "seed {seed}: {points} points");
    }
}

#[test]
fn an_executable_says_its_level_and_makes_no_run_of_another() {
    for level in Preempt::ALL {
        let mut client = client(level);
        assert_eq!(client.preempt(), level);
        for wanted in Preempt::ALL {
            let request = Request { preempt: Some(wanted), ..request(&mut client, "levels/halfway", 0) };
            match client.run(&request) {
                Ok(_) => assert_eq!(wanted, level),
                Err(error @ ClientError::Level { .. }) => {
                    assert_ne!(wanted, level);
                    let said = error.to_string();
                    assert!(
                        said.contains(&format!("next: the same command with `--preempt {wanted}`")),
                        "{said}"
                    );
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn outside_a_simulation_a_program_runs_at_every_level() {
    for level in Preempt::ALL {
        let output = Command::new(built(level)).arg("native").output().expect("it starts");
        assert!(output.status.success(), "{level}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n", "{level}");
    }
}

#[test]
fn a_level_that_there_is_not_is_refused_by_name() {
    for words in [["sim", "late-listener/buggy"], ["sweep", "late-listener/buggy"], ["corpus", "list"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = command.args(words).args(["--preempt", "finest"]).output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("`finest`; try `calls`, `atomics` or `blocks`"), "{said}");
    }
}
