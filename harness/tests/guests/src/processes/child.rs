//! The program that is started.
//!
//! Does not know who started it. Invariant: its second argument says what it does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Leaves as soon as a handler of `SIGTERM` has run, and says first that there is one.
#[expect(clippy::disallowed_methods, reason = "this is part of a main function: it leaves with a status")]
fn term() {
    use photofinish_calls::signal::{Does, sigaction, taken};
    sigaction(libc::SIGTERM, Does::Handle, 0).expect("it can be handled");
    println!("ready");
    while taken(libc::SIGTERM) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::process::exit(42)
}

/// Threads that take turns at a lock on the heap, for ever.
fn crowd() {
    let lock = Arc::new(Mutex::new(0_u64));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let lock = Arc::clone(&lock);
            std::thread::spawn(move || {
                loop {
                    let mut count = lock.lock().expect("nobody panics");
                    *count += 1;
                    std::thread::sleep(Duration::from_millis(5));
                }
            })
        })
        .collect();
    println!("ready");
    threads.into_iter().for_each(|thread| thread.join().expect("it goes on for ever"));
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is a main function: it leaves with the status it is told to"
)]
pub(super) fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(2).map(String::as_str) {
        Some("leave") => std::process::exit(arguments[3].parse().expect("a status")),
        Some("say") => println!("{}", arguments[3]),
        Some("panic") => panic!("as told"),
        Some("pester") => loop {
            let parent = i32::try_from(std::os::unix::process::parent_id()).expect("a number of a process");
            if photofinish_calls::signal::kill(parent, libc::SIGUSR1).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        },
        Some("chat") => loop {
            println!("{}", "chat".repeat(1_000));
        },
        Some("where") => println!("{}", std::env::current_dir().expect("it stands somewhere").display()),
        Some("echo") => {
            std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()).expect("it can be read and written");
        }
        Some("delegate") => {
            let status = super::child(&["leave", &arguments[3]]).status().expect("it starts");
            std::process::exit(status.code().map_or(99, |code| code + 1))
        }
        Some("term") => term(),
        Some("locks") => super::locker::main(),
        Some("crowd") => crowd(),
        Some("abort") => std::process::abort(),
        Some("sleep") => loop {
            std::thread::sleep(Duration::from_secs(3_600));
        },
        Some("tell") => {
            println!("{:?} {:?}", &arguments, std::env::var("GUEST"));
            println!("{} {}", std::process::id(), std::os::unix::process::parent_id());
        }
        Some("work") => {
            let threads: Vec<_> = (0..2).map(|n| std::thread::spawn(move || n + 1)).collect();
            let sum: i32 = threads.into_iter().map(|thread| thread.join().expect("it adds")).sum();
            std::process::exit(sum)
        }
        _ => {}
    }
}
