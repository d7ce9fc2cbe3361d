//! The instrumented build of a small package: what LLVM calls, what stays plain, what is rebuilt.
//!
//! The package brings its own `__tsan_*` functions, which count; nothing of the simulator takes part.
//! Invariant: whatever rustc and cargo this workspace is built with must still do all this.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use xtask::instrumented::{Bin, Build, BuildError, Kind};

const MANIFEST: &str = r#"
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[profile.sim]
inherits = "release"

[workspace]
"#;

/// Fails to link if it is instrumented itself: nothing defines `__tsan_init` for it.
const BUILD_SCRIPT: &str = r#"
use std::sync::atomic::{AtomicU64, Ordering};
static N: AtomicU64 = AtomicU64::new(1);
fn main() {
    println!("cargo::rustc-env=MADE_BY_BUILD_SCRIPT={}", N.fetch_add(1, Ordering::SeqCst));
}
"#;

/// A load, a store, an addition, a compare-exchange and a fence, and a count of the callbacks for each.
const PROGRAM: &str = r#"
use std::sync::atomic::{AtomicU64, Ordering::SeqCst, fence};

static N: AtomicU64 = AtomicU64::new(1);
static mut CALLS: [u32; 6] = [0; 6];

fn count(kind: usize) {
    unsafe { (&raw mut CALLS[kind]).write_volatile((&raw const CALLS[kind]).read_volatile() + 1) }
}

#[unsafe(no_mangle)]
extern "C" fn __tsan_init() { count(0) }
#[unsafe(no_mangle)]
extern "C" fn __tsan_atomic64_load(at: *const u64, _: i32) -> u64 { count(1); unsafe { at.read_volatile() } }
#[unsafe(no_mangle)]
extern "C" fn __tsan_atomic64_store(at: *mut u64, value: u64, _: i32) { count(2); unsafe { at.write_volatile(value) } }
#[unsafe(no_mangle)]
extern "C" fn __tsan_atomic64_fetch_add(at: *mut u64, value: u64, _: i32) -> u64 {
    count(3);
    unsafe { let old = at.read_volatile(); at.write_volatile(old + value); old }
}
#[unsafe(no_mangle)]
extern "C" fn __tsan_atomic64_compare_exchange_val(at: *mut u64, old: u64, new: u64, _: i32, _: i32) -> u64 {
    count(4);
    unsafe { let was = at.read_volatile(); if was == old { at.write_volatile(new) }; was }
}
#[unsafe(no_mangle)]
extern "C" fn __tsan_atomic_thread_fence(_: i32) { count(5) }

fn main() {
    let mut plain = vec![1_u64, 2, 3];
    plain.copy_within(0..2, 1);
    N.store(N.load(SeqCst) + plain[2], SeqCst);
    N.fetch_add(4, SeqCst);
    assert_eq!(N.compare_exchange(7, 9, SeqCst, SeqCst), Ok(7));
    fence(SeqCst);
    let [inits, calls @ ..] = unsafe { (&raw const CALLS).read_volatile() };
    let constructed = if inits > 0 { "constructed" } else { "not constructed" };
    println!("{calls:?} {constructed} {}", env!("MADE_BY_BUILD_SCRIPT"));
}
"#;

const PLAIN_DEPENDENCY: &str = r#"
[dependencies.photofinish-sim]
path = "plain"
"#;

/// A crate that stays plain, with a generic function that it uses itself.
const PLAIN: &str = r#"
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
pub fn add<T>(n: &AtomicU64, value: u64) -> u64 { n.fetch_add(value + size_of::<T>() as u64 - 1, SeqCst) }
pub fn user(n: &AtomicU64) -> u64 { add::<u8>(n, 1) }
"#;

/// A package in a folder of its own, removed afterwards.
struct Probe {
    root: PathBuf,
}

impl Probe {
    fn new(name: &str, program: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("src")).expect("a temporary folder");
        let probe = Self { root };
        probe.write("Cargo.toml", MANIFEST);
        probe.write("build.rs", BUILD_SCRIPT);
        probe.write("src/main.rs", program);
        probe
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), text).expect("a temporary file");
    }

    fn build(&self) -> Result<PathBuf, BuildError> {
        let wrapper = Path::new(env!("CARGO_BIN_EXE_xtask"));
        Build { root: &self.root, out: &self.root.join("target"), wrapper, kind: Kind::Instrumented }
            .executable(Bin { package: "probe", name: "probe" })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // A folder left behind harms nobody: it lies in the target directory.
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn said_by(executable: &Path) -> String {
    let output = Command::new(executable).output().expect("the probe starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Had LLVM called anything else, such as `__tsan_read8` for plain memory, the probe would not link.
#[test]
fn atomic_operations_call_out_and_nothing_else_does() {
    let probe = Probe::new("levels", PROGRAM);
    for level in ["0", "1", "2", "3", "\"s\""] {
        probe.write(
            "Cargo.toml",
            &MANIFEST.replace("\"release\"", &format!("\"release\"\nopt-level = {level}")),
        );
        let executable = probe.build().expect("the probe builds");
        assert_eq!(said_by(&executable), "[1, 1, 1, 1, 1] constructed 1", "opt-level {level}");
    }
}

#[test]
fn a_generic_function_that_a_plain_crate_has_made_is_made_again() {
    let probe =
        Probe::new("shared", &PROGRAM.replace("N.fetch_add(4, SeqCst)", "photofinish_sim::add::<u8>(&N, 4)"));
    probe.write("Cargo.toml", &(MANIFEST.to_owned() + PLAIN_DEPENDENCY));
    fs::create_dir_all(probe.root.join("plain/src")).expect("a temporary folder");
    probe.write("plain/Cargo.toml", "[package]\nname = \"photofinish-sim\"\nedition = \"2024\"\n");
    probe.write("plain/src/lib.rs", PLAIN);
    // At the levels 0, 1 and s rustc would by itself take the plain crate's copy of `add::<u8>`.
    for level in ["0", "1", "2", "3", "\"s\""] {
        let release = MANIFEST.replace("\"release\"", &format!("\"release\"\nopt-level = {level}"));
        probe.write("Cargo.toml", &(release + PLAIN_DEPENDENCY));
        let executable = probe.build().expect("the probe builds");
        assert_eq!(said_by(&executable), "[1, 1, 1, 1, 1] constructed 1", "opt-level {level}");
    }
}

#[test]
fn an_unchanged_package_is_fresh() {
    let probe = Probe::new("fresh", PROGRAM);
    let first = probe.build().expect("the probe builds");
    let built = fs::metadata(&first).and_then(|data| data.modified()).expect("it is there");
    let started = Instant::now();
    let second = probe.build().expect("the probe builds");
    let took = started.elapsed();
    assert_eq!(first, second);
    assert_eq!(fs::metadata(&second).and_then(|data| data.modified()).ok(), Some(built));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_program_that_does_not_compile_is_the_users() {
    let probe = Probe::new("broken", "fn main() { nowhere() }");
    let said = probe.build().expect_err("it does not compile").to_string();
    assert!(said.contains("cargo build --package probe --bin probe"), "{said}");
}
