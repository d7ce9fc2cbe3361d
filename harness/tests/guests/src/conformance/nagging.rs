//! A wait that another thread interrupts by signals again and again.
//!
//! Does not know what is waited for. Invariant: the other thread is over when the wait is, and no wait lasts for ever: after five
//! seconds it is given what it is for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use libc::{SA_RESTART, SIGUSR1};
use photofinish_calls::signal::{self, Change, Does};

/// How a handler may be installed, and what that is called.
pub(super) const HANDLERS: [(&str, i32); 2] =
    [("a handler", 0), ("a handler after which calls go on", SA_RESTART)];

/// Waits while `SIGUSR1` comes, with a handler of these flags. Where calls go on, what is waited for is given after a few signals.
pub(super) fn interrupted<T>(flags: i32, give: impl FnOnce() + Send, wait: impl FnOnce() -> T) -> T {
    signal::sigaction(SIGUSR1, Does::Handle, flags).expect("a handler");
    let (is_over, before) = (AtomicU32::new(0), signal::taken(SIGUSR1));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // It is the other thread's.
            signal::pthread_sigmask(Change::Block, &[SIGUSR1]).expect("a mask");
            let start = Instant::now();
            while is_over.load(Ordering::SeqCst) == 0 && start.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(1));
                signal::kill(std::process::id().cast_signed(), SIGUSR1).expect("its own process");
                if flags != 0 && signal::taken(SIGUSR1) > before + 3 {
                    break;
                }
            }
            if is_over.load(Ordering::SeqCst) == 0 {
                give();
            }
        });
        let answer = wait();
        is_over.store(1, Ordering::SeqCst);
        answer
    })
}
