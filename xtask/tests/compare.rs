//! `cargo xtask compare` from outside: what it refuses, what it shows, and that every simulator runs.
//!
//! No figure that depends on the machine is looked at. Invariant: whoever can run a subject does, in every build.

mod folder;

use folder::{Folder, Said, objects};
use serde_json::Value;

fn check_refused(args: &[&str], says: &[&str]) {
    let Said { code, out, err } = Folder::new().xtask(&[&["compare"], args].concat());
    assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
    for says in says {
        assert!(err.contains(says), "{args:?} does not say {says:?}: {err}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_before_anything_is_built() {
    check_refused(&["ab-bb"], &["`ab-bb`", "next: one of kernels/lost-wakeup, "]);
    check_refused(&["ab-ba", "--simulator", "shadow"], &["`shadow`", "next: one of photofinish, "]);
    check_refused(&["ab-ba", "--ranges", "0"], &["--ranges"]);
    check_refused(&["ab-ba", "--cap", "many"], &["--cap"]);
    check_refused(&["--from", "figures.jsonl", "--json"], &["--json"]);
}

/// Puts a file into a folder.
fn write(folder: &Folder, name: &str, text: &str) {
    std::fs::create_dir_all(folder.path("")).expect("the target directory is there");
    std::fs::write(folder.path(name), text).expect("the folder is there");
}

#[test]
fn a_file_that_holds_no_figures_is_refused_by_its_line() {
    let folder = Folder::new();
    let row =
        r#"{"subject":"kernels/ab-ba","simulator":"loom","cap":9,"first":[3],"spent_ns":[12345],"runs":3}"#;
    write(&folder, "damaged.jsonl", &format!("{row}\n{{\"subject\":\"kernels/ab-ba\"}}\n"));
    let damaged = folder.path("damaged.jsonl");
    let said = folder.xtask(&["compare", "--from", &damaged]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(
        said.err.contains("line 2: ") && said.err.contains("next: `cargo xtask compare --json > "),
        "{}",
        said.err
    );
    check_refused(&["--from", "no-such-file.jsonl"], &["no-such-file.jsonl", "next: "]);
}

#[test]
fn figures_that_were_kept_are_shown_as_tables() {
    let folder = Folder::new();
    let rows = [
        r#"{"subject":"kernels/ab-ba","simulator":"photofinish","cap":9,"first":[3,null],"spent_ns":[1500,9000],"runs":12}"#,
        r#"{"subject":"kernels/ab-ba","simulator":"turmoil","cannot":"no threads","reference":"its README"}"#,
    ];
    write(&folder, "figures.jsonl", &rows.join("\n"));
    let said = folder.xtask(&["compare", "ab-ba", "lost-wakeup", "--from", &folder.path("figures.jsonl")]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    insta::assert_snapshot!(said.out, @r"
    kernels/ab-ba: two locks in two orders
      simulator      found  runs to first  time to first  per run
      photofinish  1 of 2*             3*       1.50 µs*  875 ns*
      turmoil      not run: no threads [its README]
    ");
}

/// Asks for rows, and gives those that were run: simulator, subject, runs to the first failure by range.
fn rows(args: &[&str]) -> Vec<(String, String, Vec<Option<u64>>)> {
    let said = Folder::new().xtask(&[&["compare", "--json"], args].concat());
    assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
    let text = |row: &Value, field: &str| row[field].as_str().expect("a name").to_owned();
    let ran = objects(&said.out).into_iter().filter(|row| row["cannot"].is_null());
    ran.map(|row| {
        let first = row["first"].as_array().expect("by range").iter().map(Value::as_u64).collect();
        (text(&row, "simulator"), text(&row, "subject"), first)
    })
    .collect()
}

#[test]
fn we_find_every_kernel_within_its_cap() {
    let rows = rows(&["kernels", "--simulator", "photofinish", "--ranges", "1"]);
    assert_eq!(rows.len(), 2 * 25, "each in a process of its own, and in one image");
    for (simulator, subject, first) in rows {
        assert!(first[0].is_some(), "{simulator} did not find {subject}");
    }
}

#[test]
fn every_peer_of_threads_finds_two_locks_in_two_orders() {
    let peers = ["--simulator", "shuttle", "--simulator", "loom", "--simulator", "plain"];
    let found = rows(&[&["ab-ba", "--ranges", "2", "--cap", "500"][..], &peers].concat());
    let simulators: Vec<&str> = found.iter().map(|(simulator, ..)| simulator.as_str()).collect();
    let shuttle = ["random", "URW", "PCT 2", "PCT 3", "PCT 4"].map(|how| format!("shuttle {how}"));
    let shuttle = shuttle.iter().map(String::as_str);
    assert_eq!(simulators, shuttle.chain(["loom", "plain threads"]).collect::<Vec<_>>());
    for (simulator, _, first) in found.iter().filter(|(simulator, ..)| simulator != "plain threads") {
        assert!(first.iter().all(Option::is_some), "{simulator}: {first:?}");
    }
}

/// The network code is one source: whoever has a network runs into what needs no more than that, and into nothing that is mended.
#[test]
fn every_peer_of_the_network_finds_a_pipe_that_is_cancelled() {
    let peers = ["--simulator", "turmoil", "--simulator", "madsim"];
    let found = rows(&[&["parent@cancel", "--ranges", "1", "--cap", "1"][..], &peers].concat());
    let first = |(simulator, _, first): (String, _, Vec<Option<u64>>)| (simulator, first);
    let found: Vec<_> = found.into_iter().map(first).collect();
    assert_eq!(found, ["turmoil", "madsim"].map(|name| (name.to_owned(), vec![Some(1)])));
}
