//! The scenarios after an edit that has nothing to do with their races, as a user makes them.
//!
//! Does not know tokens. Invariant: what was to be edited was there, and nothing else differs.

use std::fs;
use std::path::{Path, PathBuf};

use photofinish::sim::preempt::Preempt;
use xtask::instrumented::{Bin, Build};
use xtask::workspace::Workspace;

/// The name of the executable: it lies beside that of the scenarios as they are.
const NAME: &str = "scenarios-edited";

/// The name of the package.
const PACKAGE: &str = "photofinish-scenarios-edited";

/// The folders of the workspace that have packages which the scenarios use.
const UNEDITED: [&str; 5] = ["harness", "reports", "scenarios/united", "shrink", "sim"];

/// In a file, what stands for the first place of a text. The place itself stands for `@`.
struct Edit {
    file: &'static str,
    at: &'static str,
    with: &'static str,
}

/// A line of a log, a function, and a thread that is created before all others.
const EDITS: &[Edit] = &[
    Edit {
        file: "lost_update/program.rs",
        at: "    let other = thread::spawn(visit);",
        with: "    eprintln!(\"two visitors come\");\n    let clerk = thread::spawn(crate::unrelated::clerk);\n@\n    eprintln!(\"one is here\");",
    },
    Edit {
        file: "lost_update/program.rs",
        at: "    other.join().unwrap();",
        with: "@\n    clerk.join().unwrap();",
    },
    Edit {
        file: "late_listener/program/story.rs",
        at: "    let host = Host::start(policy, mode);",
        with: "    eprintln!(\"two managers start\");\n    thread::spawn(crate::unrelated::clerk);\n@\n    println!(\"they started\");",
    },
    Edit {
        file: "lib.rs",
        at: "pub mod canary;",
        with: "pub mod unrelated {\n    //! Somebody who counts for himself.\n    /// Counts.\n    pub fn clerk() {\n        static PAGES: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);\n        for _ in 0..20 {\n            PAGES.fetch_add(1, std::sync::atomic::Ordering::SeqCst);\n        }\n    }\n}\n@",
    },
];

/// Builds the edited scenarios with the xtask under test as cargo's wrapper.
///
/// The folder is laid out as the workspace is, with links to all that is not edited: cargo counts where a package lies in its
/// workspace, so what is not edited is what was built already. What is has another package name, that neither is taken for the other.
pub(crate) fn build() -> PathBuf {
    let workspace = Workspace::load().expect("the tests run inside the workspace");
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edited");
    let _: std::io::Result<()> = fs::remove_dir_all(&root);
    let package = root.join("scenarios");
    copy(&workspace.root().join("scenarios").join("src"), &package.join("src"));
    for edit in EDITS {
        apply(&package.join("src"), edit);
    }
    write(&package.join("Cargo.toml"), &package_manifest(workspace.root()));
    write(&root.join("Cargo.toml"), &workspace_manifest(workspace.root()));
    for folder in UNEDITED {
        let linked = std::os::unix::fs::symlink(workspace.root().join(folder), root.join(folder));
        linked.unwrap_or_else(|error| panic!("{folder}: {error}"));
    }
    fs::copy(workspace.root().join("Cargo.lock"), root.join("Cargo.lock")).expect("there is a lock file");
    built(&workspace, &root, Bin { package: PACKAGE, name: NAME })
}

/// Builds a binary of the workspace in a folder, into the target folder of ours: what is not edited is there.
pub(crate) fn built(workspace: &Workspace, root: &Path, bin: Bin<'_>) -> PathBuf {
    let wrapper = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let out = workspace.target_dir().join("photofinish");
    Build { root, out: &out, wrapper, level: Preempt::Atomics }.executable(bin).expect("it builds")
}

/// That of the scenarios, with another name for the package, the same for its library, and one executable.
fn package_manifest(root: &Path) -> String {
    let manifest = read(&root.join("scenarios/Cargo.toml"));
    let (name, dependencies) = ("name = \"photofinish-scenarios\"", "[dependencies]");
    assert!(manifest.contains(name) && manifest.contains(dependencies), "{manifest}");
    let lib = "[lib]\nname = \"photofinish_scenarios\"\n";
    let bin = format!("[[bin]]\nname = \"{NAME}\"\npath = \"src/bin/scenarios.rs\"\n");
    let manifest = manifest.replacen(name, &format!("name = \"{PACKAGE}\"\nautobins = false"), 1);
    manifest.replacen(dependencies, &format!("{lib}\n{bin}\n{dependencies}"), 1)
}

/// The workspace's, with this one member and those that it uses.
fn workspace_manifest(root: &Path) -> String {
    let mut manifest = String::new();
    for line in read(&root.join("Cargo.toml")).lines() {
        match line.split_once(" = ") {
            Some(("exclude", _)) => continue,
            Some(("members", _)) => manifest += "members = [\"scenarios\"]",
            _ => manifest += line,
        }
        manifest += "\n";
    }
    manifest
}

fn apply(src: &Path, edit: &Edit) {
    let path = src.join(edit.file);
    let text = read(&path);
    assert!(text.contains(edit.at), "{} has no `{}`", edit.file, edit.at);
    write(&path, &text.replacen(edit.at, &edit.with.replace('@', edit.at), 1));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of the tests' own");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("it can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("it can be copied");
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
