//! The program that is started.
//!
//! Does not know who started it. Invariant: its second argument says what it does.

use std::time::Duration;

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
