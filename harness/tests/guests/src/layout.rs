//! Guests that tell where things lie, and who they are: what must not depend on who asked.
//!
//! Invariant: natively each run prints something else; simulated, one seed prints one thing.

use photofinish::scenario::{Failure, Scenario};
use std::collections::HashMap;
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::thread;

use super::sound;

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario {
    name: "layout",
    story: "Addresses, numbers and settings of the process, as a program can see them.",
    programs: &[],
    variants: &[
        sound(
            "told",
            "Prints where its heap, stack, code and mappings lie, its numbers and its environment.",
            told,
        ),
        sound("forty", "Forty threads at one time, so that a small pool must grow.", forty),
    ],
};

fn told() -> Result<(), Failure> {
    let small = Box::new(1_u8);
    let large = vec![0_u8; 1 << 20];
    let local = 0_u8;
    println!(
        "heap {:p}, mapping {:p}, stack {:p}, code {:p}",
        &raw const *small,
        large.as_ptr(),
        &raw const local,
        told as *const ()
    );
    let other = thread::spawn(|| {
        let local = Box::new(0_u8);
        format!("{:p} {:p}", &raw const local, &raw const *local)
    });
    println!("another thread {}", other.join().expect("it tells"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let file = File::open("/dev/null").expect("it is there");
    println!("descriptors {} {}", listener.as_raw_fd(), file.as_raw_fd());
    println!("process {}, processors {:?}", std::process::id(), thread::available_parallelism());
    println!("environment {:?}", std::env::vars().collect::<Vec<_>>());
    let map: HashMap<u32, ()> = (0..8).map(|n| (n, ())).collect();
    println!("order {:?}", map.keys().collect::<Vec<_>>());
    Ok(())
}

fn forty() -> Result<(), Failure> {
    let barrier = std::sync::Barrier::new(40);
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| barrier.wait());
        }
    });
    Ok(())
}
