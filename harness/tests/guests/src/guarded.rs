//! Guests that are not deterministic, each by another way past the simulation, and one that is.
//!
//! Invariant: what each comes by goes into what it prints, and so into its events.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use photofinish::scenario::{Failure, Scenario};
use photofinish_calls::leak;
use photofinish_calls::mapping::Page;

use crate::{doomed, sound};

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario {
    name: "guarded",
    story: "Programs that come by what no simulation gives them: the real time, real randomness, files that change.",
    programs: &[],
    variants: &[
        sound("same", "Threads, clocks, hash maps and files, all of them the simulation's.", same),
        doomed("same-panic", "As `same`, and a panic in the end.", &[], same_panic),
        sound("clock", "adjtimex(2), whose system call the C library makes itself.", clock),
        sound("uptime", "/proc/uptime.", uptime),
        sound("randomness", "rdrand, long before it shows.", randomness),
        sound("randomness-panic", "rdrand, in the message of a panic.", randomness_panic),
        sound("uuid", "/proc/sys/kernel/random/uuid.", uuid),
        sound("file", "A file beside the executable.", file),
        sound("addresses", "Boxes in an order that follows from their addresses.", addresses),
        sound("thread", "aio_read(3), which a thread of the C library serves.", foreign_thread),
        sound("sysinfo", "sysinfo(2), which tells of the machine.", sysinfo),
        sound("clock-page", "The page of memory that the vDSO reads the clocks from.", clock_page),
        sound("kept", "Locked memory, of which it leaves a page: only the kernel knows.", kept),
        doomed("kept-panic", "As `kept`, and a panic in the end.", &[], kept_panic),
    ],
};

/// What everybody does before and after: threads that hand numbers on.
fn some_events() {
    let (sender, receiver) = mpsc::channel();
    let workers: Vec<_> = (0..2_u32)
        .map(|worker| {
            let sender = sender.clone();
            thread::spawn(move || (0..3).for_each(|n| sender.send(worker * 10 + n).expect("it is heard")))
        })
        .collect();
    drop(sender);
    println!("{:?}", receiver.iter().collect::<Vec<_>>());
    workers.into_iter().for_each(|worker| worker.join().expect("it does not panic"));
}

fn same() -> Result<(), Failure> {
    some_events();
    let began = Instant::now();
    thread::sleep(Duration::from_millis(5));
    let map: HashMap<u32, ()> = (0..8).map(|n| (n, ())).collect();
    println!("{:?} {:?} {:p}", began.elapsed(), map.keys().collect::<Vec<_>>(), &raw const *Box::new(1));
    fs::write("here", "text").expect("it is ours");
    println!("{:?} {:?}", fs::read("here"), fs::metadata("/dev/null").map(|data| data.len()));
    Ok(())
}

fn same_panic() -> Result<(), Failure> {
    same()?;
    panic!("as always")
}

fn clock() -> Result<(), Failure> {
    some_events();
    let at = leak::adjtimex();
    some_events();
    println!("{at:?}");
    Ok(())
}

fn uptime() -> Result<(), Failure> {
    some_events();
    println!("{:?}", fs::read_to_string("/proc/uptime"));
    Ok(())
}

#[cfg(target_arch = "x86_64")]
fn drawn() -> Option<u64> {
    leak::rdrand()
}

#[cfg(not(target_arch = "x86_64"))]
fn drawn() -> Option<u64> {
    None
}

fn randomness() -> Result<(), Failure> {
    some_events();
    let bits = drawn();
    some_events();
    println!("{bits:?}");
    Ok(())
}

fn randomness_panic() -> Result<(), Failure> {
    some_events();
    panic!("drew {:?}", drawn())
}

fn uuid() -> Result<(), Failure> {
    some_events();
    println!("{:?}", fs::read_to_string("/proc/sys/kernel/random/uuid"));
    Ok(())
}

/// Where the test that changes it finds it.
pub const FILE: &str = "guarded.txt";

fn file() -> Result<(), Failure> {
    some_events();
    let executable = std::env::current_exe().expect("it is known");
    let path: PathBuf = executable.with_file_name(FILE);
    let text = fs::read_to_string(path);
    some_events();
    println!("{text:?}");
    Ok(())
}

fn addresses() -> Result<(), Failure> {
    some_events();
    let mut boxes: Vec<Box<u32>> = (0..16).map(Box::new).collect();
    // As a hash table would order them. Mixed twice: a product alone only turns one order around, and one image in some ten would share
    // it with another.
    let mixed = |word: u64| (word ^ (word >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    boxes.sort_by_key(|one| mixed(mixed(&raw const **one as u64)));
    println!("{boxes:?}");
    Ok(())
}

fn foreign_thread() -> Result<(), Failure> {
    some_events();
    let zeroes = File::open("/dev/zero").expect("it is there");
    println!("asked {:?} times", leak::aio_read(zeroes.as_raw_fd()));
    Ok(())
}

fn sysinfo() -> Result<(), Failure> {
    some_events();
    println!("{:?}", leak::sysinfo());
    Ok(())
}

fn clock_page() -> Result<(), Failure> {
    some_events();
    println!("{:?}", leak::clock_page());
    Ok(())
}

fn kept() -> Result<(), Failure> {
    static LEFT: Page = Page::new();
    some_events();
    let told = fs::read_to_string("/proc/self/status").expect("a process can read its own");
    println!("{:?}", told.lines().find(|line| line.starts_with("VmLck")));
    LEFT.keep().expect("it is there");
    some_events();
    Ok(())
}

fn kept_panic() -> Result<(), Failure> {
    kept()?;
    panic!("as always")
}
