//! The folder of a run is its own, and is gone afterwards.
//!
//! Invariant: what a test looks at on the real disk lies in a folder of that test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use photofinish::client::{Client, Isolation, Run};
use photofinish::examine::examine;
use photofinish::sim::ending::Ending;
use photofinish::sim::event::Event;
use photofinish::sim::limits::Limits;
use photofinish::verdict::Verdict;

mod served;

/// A real folder for the servers of one test, and a script that starts one there.
fn apart(name: &str) -> (PathBuf, PathBuf) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("files-{name}"));
    let _ = fs::remove_dir_all(&folder);
    let real = folder.join("real");
    fs::create_dir_all(&real).expect("the target folder can be written");
    let script = folder.join("serve");
    let text = format!(
        "#!/bin/sh\nexec env -i LANG=C PATH=/usr/bin:/bin TZ=UTC TMPDIR={} {} \"$@\"\n",
        real.display(),
        served::guests().display()
    );
    fs::write(&script, text).expect("the target folder can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    (real, script)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("an entry").path()).collect()
}

/// What a program wrote.
fn said(run: &Run) -> String {
    let bytes = run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { bytes, .. } => Some(&bytes[..]),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Vec<_>>().concat()).expect("it prints text")
}

/// Runs a program once, and says how it was judged.
fn verdict(client: &mut Client, program: &str, seed: u64) -> Verdict {
    let request = served::request(client, program, seed);
    let examined = examine(client, &request).expect("it serves");
    assert_eq!(examined.judgement.verdict, Verdict::Pass, "{program}: {:?}", examined.judgement);
    examined.judgement.verdict
}

#[test]
fn a_run_finds_nothing_of_the_one_before() {
    let (real, script) = apart("before");
    let mut client = served::client(&script, Isolation::Fork);
    for seed in 0..3 {
        for program in ["files/left", "files/aborted", "files/stubborn"] {
            verdict(&mut client, program, seed);
            let servers = entries(&real);
            // The one that was asked, and the one that makes some runs again.
            assert!(matches!(servers.len(), 1 | 2), "{servers:?}");
            for server in &servers {
                assert_eq!(entries(server), [] as [PathBuf; 0], "after {program}");
                let mode = fs::metadata(server).expect("it is there").permissions().mode();
                assert_eq!(mode & 0o777, 0o700);
            }
        }
    }
    drop(client);
    assert_eq!(entries(&real), [] as [PathBuf; 0], "the server is over");
}

#[test]
fn runs_at_one_time_do_not_see_each_other() {
    let (real, script) = apart("beside");
    let script = &script;
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(move || {
                let mut client = served::client(script, Isolation::Fork);
                for seed in 0..5 {
                    verdict(&mut client, "files/left", seed);
                }
            });
        }
    });
    assert_eq!(entries(&real), [] as [PathBuf; 0]);
}

#[test]
fn a_run_that_crashed_leaves_nothing() {
    let (real, script) = apart("crash");
    let mut client = served::client(&script, Isolation::Fork);
    for program in ["endings/files-crash", "endings/files-hang"] {
        let mut request = served::request(&mut client, program, 0);
        request.limits = Limits { real_ms_max: 200, ..Limits::default() };
        client.run(&request).expect("it serves");
        let servers = entries(&real);
        assert_eq!(servers.len(), 1, "{servers:?}");
        assert_eq!(entries(&servers[0]), [] as [PathBuf; 0], "after {program}");
    }
}

#[test]
fn what_a_killed_server_left_is_removed_by_the_next() {
    let (real, script) = apart("killed");
    // Nobody holds a lock on it, as if its server were gone; and what is not ours to remove.
    let stale = real.join("photofinish-1-0");
    fs::create_dir_all(stale.join("00000001/a")).expect("the target folder can be written");
    fs::set_permissions(&stale, fs::Permissions::from_mode(0o700)).expect("it is ours");
    let open = real.join("photofinish-notes");
    fs::create_dir(&open).expect("the target folder can be written");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let living = served::client(&script, Isolation::Fork);
    let mut client = served::client(&script, Isolation::Fork);
    verdict(&mut client, "files/left", 0);
    let left = entries(&real);
    assert!(!left.contains(&stale) && left.contains(&open), "{left:?}");
    assert_eq!(left.len(), 3, "the folders of two servers, and that of somebody else: {left:?}");
    drop((living, client));
    assert_eq!(entries(&real), [open]);
}

#[test]
fn no_real_path_and_no_real_time_is_told() {
    let (real, script) = apart("told");
    let mut client = served::client(&script, Isolation::Fork);
    let request = served::request(&mut client, "files/told", 3);
    let run = client.run(&request).expect("it serves");
    let said = said(&run);
    assert!(said.contains("\"/tmp/photofinish\"") && said.contains("dev 1 "), "{said}");
    assert!(!said.contains(real.to_str().expect("text")), "{said}");
    assert_eq!(
        said.matches("modified 1767225600.").count() + said.matches("modified 1767225601.").count(),
        31,
        "{said}"
    );
}

/// The target folder is on a disk, mostly; where a server goes by itself, it is memory, mostly.
#[test]
fn what_limits_a_file_is_the_same_wherever_it_lies() {
    let (_, script) = apart("limits");
    let seen = [&script, served::guests()].map(|server| {
        let mut client = served::client(server, Isolation::Fork);
        let request = served::request(&mut client, "files/limits", 3);
        let run = client.run(&request).expect("it serves");
        assert!(matches!(run.ending, Ending::Returned), "{:?}: {}", run.ending, said(&run));
        (said(&run), run.figures)
    });
    let text = &seen[0].0;
    assert_eq!(text.matches("Failed(27)").count(), 2 * 7, "{text}");
    assert_eq!(seen[0], seen[1]);
}
