//! One seed is one run whoever asks: from another folder, under other limits, with other descriptors, in a larger pool.
//!
//! Invariant: what the guest prints, addresses included, is part of the events that are compared.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use photofinish::client::{Client, Isolation, Replay, Request};
use photofinish::sim::event::Event;

mod served;

/// What `layout/told` prints, and the hash of its run.
fn told(client: &mut Client) -> (String, u64) {
    let request = served::request(client, "layout/told", 5);
    let run = client.run(&request).expect("it serves");
    let mut said = Vec::new();
    for (_, event) in &run.events {
        if let Event::Wrote { bytes, .. } = event {
            said.extend_from_slice(bytes);
        }
    }
    (String::from_utf8(said).expect("it prints text"), run.figures.events_hash)
}

fn told_by(path: &Path) -> (String, u64) {
    told(&mut served::client(path, Isolation::Fork))
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// A script that changes something about the process and becomes the server.
fn through(name: &str, change: &str) -> PathBuf {
    let script = scratch("layout").join(name);
    let text = format!(
        "#!/bin/sh\n{change}\nexec env -i LANG=C PATH=/usr/bin:/bin TZ=UTC {} \"$@\"\n",
        served::guests().display()
    );
    fs::write(&script, text).expect("the target folder can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    script
}

#[test]
fn who_asks_does_not_matter() {
    let usual = told_by(served::guests());
    assert!(usual.0.contains("process 1000, processors Ok(4)"), "{}", usual.0);

    let long = scratch("a folder with a name that is rather longer than that of the target folder itself");
    let copy = long.join("guests");
    fs::copy(served::guests(), &copy).expect("the target folder can be written");
    assert_eq!(told_by(&copy), usual, "from a longer path");

    for (name, change) in [
        ("descriptors", "exec 4</dev/null 7</dev/null"),
        ("stack", "ulimit -s unlimited"),
        ("small-stack", "ulimit -S -s 1024"),
        ("files", "ulimit -S -n 256"),
    ] {
        assert_eq!(told_by(&through(name, change)), usual, "after `{change}`");
    }
}

#[test]
fn the_size_of_the_pool_does_not_matter() {
    let mut client = served::client(served::guests(), Isolation::Fork);
    let before = told(&mut client);
    let request = served::request(&mut client, "layout/forty", 1);
    client.run(&request).expect("it serves");
    assert_eq!(told(&mut client), before, "after a program that made the pool grow");
    assert_eq!(told(&mut served::client(served::guests(), Isolation::Baton)), before, "with batons");
}

#[test]
fn a_replay_makes_the_pool_grow_as_a_search_does() {
    let mut client = served::client(served::guests(), Isolation::Fork);
    let request = served::request(&mut client, "layout/forty", 1);
    let found = client.run(&request).expect("it serves");
    assert!(!found.trace.picks.is_empty(), "a search with decisions to replay");
    // A client of its own, whose pool is as small as at the start.
    let replay = Request { replay: Some(Replay::Strict(found.trace.clone())), ..request };
    let again = served::client(served::guests(), Isolation::Fork).run(&replay).expect("it serves");
    assert_eq!((again.ending, again.figures), (found.ending, found.figures));
}
