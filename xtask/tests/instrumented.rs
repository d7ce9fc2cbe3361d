//! The instrumented build of a small package: what LLVM calls, what stays plain, what is rebuilt.
//!
//! The package brings its own `__tsan_*` functions, which count; nothing of the simulator takes part.
//! Invariant: whatever rustc and cargo this workspace is built with must still do all this.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use photofinish::sim::preempt::Preempt;
use xtask::instrumented::{Bin, Build, BuildError};

const MANIFEST: &str = r#"
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[workspace]
"#;

/// A manifest whose own package and dependencies are compiled at a level, whatever the profile says of everything.
fn manifest_at(level: &str) -> String {
    let of = |package: &str| format!("[profile.sim.package.{package}]\nopt-level = {level}\n");
    [MANIFEST, "[profile.sim]\ninherits = \"release\"\n", &of("probe"), &of("\"*\"")].concat()
}

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
[dependencies.photofinish-frames]
path = "plain"
"#;

/// A crate that stays plain, with a generic function that it uses itself.
const PLAIN: &str = r#"
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
pub fn add<T>(n: &AtomicU64, value: u64) -> u64 { n.fetch_add(value + size_of::<T>() as u64 - 1, SeqCst) }
pub fn user(n: &AtomicU64) -> u64 { add::<u8>(n, 1) }
"#;

/// What is called at plain memory, in a crate that stays plain: counted in code that is rewritten itself, it would never end.
const COUNTING: &str = r#"
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static CALLS: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

macro_rules! counted {
    ($($kind:literal: $($name:ident)*;)*) => {$($(
        #[unsafe(no_mangle)]
        extern "C" fn $name(_: usize) { CALLS[$kind].fetch_add(1, Relaxed); }
    )*)*};
}

counted! {
    0: __tsan_read1 __tsan_read2 __tsan_read4 __tsan_read8 __tsan_read16
        __tsan_unaligned_read2 __tsan_unaligned_read4 __tsan_unaligned_read8 __tsan_unaligned_read16;
    1: __tsan_write1 __tsan_write2 __tsan_write4 __tsan_write8 __tsan_write16
        __tsan_unaligned_write2 __tsan_unaligned_write4 __tsan_unaligned_write8 __tsan_unaligned_write16;
}

#[unsafe(no_mangle)]
extern "C" fn __tsan_init() {}
#[unsafe(no_mangle)]
unsafe extern "C" fn __tsan_memcpy(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
    CALLS[2].fetch_add(1, Relaxed);
    unsafe { to.copy_from(from, size) };
    to
}
#[unsafe(no_mangle)]
unsafe extern "C" fn __tsan_memset(to: *mut u8, byte: i32, size: usize) -> *mut u8 {
    CALLS[2].fetch_add(1, Relaxed);
    unsafe { to.write_bytes(byte as u8, size) };
    to
}

pub fn reset() { CALLS.iter().for_each(|calls| calls.store(0, Relaxed)) }
pub fn say(what: &str) { println!("{what} {CALLS:?}") }
"#;

/// A word that is read, one that is changed, one that is copied to, and words that nobody else could see.
const PLAIN_MEMORY: &str = r#"
use std::cell::Cell;
use photofinish_frames::{reset, say};

#[inline(never)]
fn look(word: &Cell<u64>) -> u64 { word.get() }
#[inline(never)]
fn change(word: &Cell<u64>) { word.set(word.get().wrapping_add(1)) }
#[inline(never)]
fn put(words: &Cell<[u64; 16]>, from: &[u64; 16]) { words.set(*from) }
#[inline(never)]
fn own(turns: u64) -> u64 {
    let mut words = [turns; 16];
    for turn in 0..turns { words[(turn % 16) as usize] ^= turn | words[(turn / 16 % 16) as usize]; }
    words.iter().fold(0, |all, word| all ^ word)
}

fn main() {
    let (word, words, from) = (Cell::new(1), Cell::new([0; 16]), [1; 16]);
    reset();
    let looked = look(&word);
    say("look");
    reset();
    change(&word);
    say("change");
    reset();
    put(&words, &from);
    say("put");
    reset();
    let sum = own(100);
    say("own");
    assert!(sum > 0 && looked == 1 && look(&word) == 2 && words.get()[15] == 1);
}
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

    /// Gives it a dependency that stays plain.
    fn write_plain(&self, program: &str) {
        fs::create_dir_all(self.root.join("plain/src")).expect("a temporary folder");
        self.write("plain/Cargo.toml", "[package]\nname = \"photofinish-frames\"\nedition = \"2024\"\n");
        self.write("plain/src/lib.rs", program);
    }

    fn build(&self) -> Result<PathBuf, BuildError> {
        self.build_at(Preempt::Atomics)
    }

    fn build_at(&self, level: Preempt) -> Result<PathBuf, BuildError> {
        let wrapper = Path::new(env!("CARGO_BIN_EXE_xtask"));
        Build { root: &self.root, out: &self.root.join("target"), wrapper, level }
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
        probe.write("Cargo.toml", &manifest_at(level));
        let executable = probe.build().expect("the probe builds");
        assert_eq!(said_by(&executable), "[1, 1, 1, 1, 1] constructed 1", "opt-level {level}");
    }
}

#[test]
fn a_generic_function_that_a_plain_crate_has_made_is_made_again() {
    let probe = Probe::new(
        "shared",
        &PROGRAM.replace("N.fetch_add(4, SeqCst)", "photofinish_frames::add::<u8>(&N, 4)"),
    );
    probe.write("Cargo.toml", &(MANIFEST.to_owned() + PLAIN_DEPENDENCY));
    probe.write_plain(PLAIN);
    // At the levels 0, 1 and s rustc would by itself take the plain crate's copy of `add::<u8>`.
    for level in ["0", "1", "2", "3", "\"s\""] {
        probe.write("Cargo.toml", &(manifest_at(level) + PLAIN_DEPENDENCY));
        let executable = probe.build().expect("the probe builds");
        assert_eq!(said_by(&executable), "[1, 1, 1, 1, 1] constructed 1", "opt-level {level}");
    }
}

#[test]
fn plain_memory_calls_out_at_blocks_alone_unless_nobody_else_could_see_it() {
    let probe = Probe::new("plain-memory", PLAIN_MEMORY);
    probe.write("Cargo.toml", &(MANIFEST.to_owned() + PLAIN_DEPENDENCY));
    fs::remove_file(probe.root.join("build.rs")).expect("it is there");
    probe.write_plain(COUNTING);
    let said = |level| said_by(&probe.build_at(level).expect("the probe builds"));
    let nothing = ["look [0, 0, 0]", "change [0, 0, 0]", "put [0, 0, 0]", "own [0, 0, 0]"].join("\n");
    assert_eq!(said(Preempt::Calls), nothing);
    assert_eq!(said(Preempt::Atomics), nothing);
    let blocks = ["look [1, 0, 0]", "change [0, 1, 0]", "put [0, 0, 1]", "own [0, 0, 0]"];
    assert_eq!(said(Preempt::Blocks), blocks.join("\n"));
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
