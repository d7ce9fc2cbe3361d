//! A test where nothing can be simulated: its body runs once, as it is.
//!
//! Does not know seeds. Invariant: that the test was not searched is said, past the capture of its output.

use std::io::Write as _;
use std::sync::Once;

use super::{Failure, Test};

/// Runs a test's body once.
///
/// # Panics
/// As the body does, or with what it returned.
#[track_caller]
pub fn check(test: &'static Test) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        // Nobody listening is no reason to fail.
        let _ = writeln!(
            std::io::stderr(),
            "photofinish: note: nothing can be simulated on this target (Linux with glibc on x86-64 or aarch64 can): each test \
             runs once, natively, and no schedule is searched"
        );
    });
    if test.fails.is_some() {
        // It fails under some schedules, and this is one of them or not.
        let _: Result<_, _> = std::panic::catch_unwind(test.body);
    } else if let Err(Failure { signature, detail }) = (test.body)() {
        panic!("{signature}\n{detail}");
    }
}
