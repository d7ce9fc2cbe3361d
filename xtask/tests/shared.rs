//! Programs that can share one build of Photofinish do.
//!
//! Cargo builds a package anew for each set of versions and features of all that is below it, and Photofinish takes longer than most
//! programs on it. Knows no program. Invariant: what is compared is all that Photofinish is built of, for the same machine.

use std::collections::BTreeMap;
use std::process::Command;

use photofinish::instrumented::{Rustc, with_cfg};
use xtask::workspace::Workspace;

/// Photofinish as it is built for a package in the workspace of a folder: packages with versions and features, in order.
fn built_for(folder: &str, package: &str) -> Vec<String> {
    let workspace = Workspace::load().expect("the workspace around this test");
    let host = Rustc::ask().expect("there is a compiler").host;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace.root().join(folder)).args([
        "tree",
        "--locked",
        "--package",
        package,
        "--target",
        &host,
    ]);
    cargo.args(["--edges", "normal,build,dev", "--no-dedupe", "--prefix", "depth", "--format", " {p} [{f}]"]);
    with_cfg(&mut cargo, |name| std::env::var_os(name));
    let output = cargo.output().expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().filter_map(|line| {
        let (depth, what) = line.split_once(' ')?;
        Some((depth.parse::<u32>().ok()?, what.to_owned()))
    });
    let from = lines.skip_while(|(depth, what)| *depth != 1 || !what.starts_with("photofinish v"));
    let built: Vec<(u32, String)> = from.collect();
    let below = built.iter().skip(1).take_while(|(depth, _)| *depth > 1).count();
    assert!(below > 0, "{folder}, {package}: {said}{}", String::from_utf8_lossy(&output.stderr));
    built.into_iter().take(below + 1).map(|(depth, what)| format!("{depth} {what}")).collect()
}

fn check_shared(programs: &[(&str, &str)]) {
    let built: BTreeMap<&str, Vec<String>> =
        programs.iter().map(|(folder, package)| (*package, built_for(folder, package))).collect();
    let (first, expected) = built.first_key_value().expect("there are some");
    for (package, built) in &built {
        let differs = built.iter().zip(expected).find(|(one, other)| one != other);
        assert_eq!(differs, None, "{package} and {first} have builds of their own");
        assert_eq!(built.len(), expected.len(), "{package} and {first} have builds of their own");
    }
}

/// Those of `photofinish-united`. What `bench` times is left as a user has it.
#[test]
fn programs_of_the_workspace_share_one_build() {
    check_shared(&[
        ("", "photofinish-guests"),
        ("", "photofinish-scenarios"),
        ("", "photofinish-turmoil-scenarios"),
    ]);
}

/// As far as tests build them; at night there are more, with what their versions bring.
#[test]
fn programs_of_other_workspaces_share_one_build() {
    check_shared(&[
        ("harness/tests/downstream", "downstream"),
        ("harness/tests/levels", "levels"),
        ("scenarios/known", "photofinish-known"),
        ("scenarios/wild/tokio-1-44", "photofinish-wild-tokio-1-44"),
    ]);
}
