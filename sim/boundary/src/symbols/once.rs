//! `pthread_once(3)`.
//!
//! Invariant: no thread waits in the C library; whoever comes while another is at it waits in the kernel.

use core::ffi::c_int;
use core::sync::atomic::{AtomicI32, Ordering};

use libc::pthread_once_t;
use photofinish_sim::call::lock::{self, Signals};
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;

use super::lock::{Until, number, place, take};
use crate::own::owned;
use crate::run::with_kernel;

/// What glibc's control word holds: `PTHREAD_ONCE_INIT`, `__PTHREAD_ONCE_INPROGRESS`, `__PTHREAD_ONCE_DONE`. It is the same inside a run
/// and outside of it.
const FRESH: c_int = 0;
const IN_PROGRESS: c_int = 1;
const DONE: c_int = 2;

/// The running thread is to do it.
const OURS: c_int = -1;

owned! {
    /// `pthread_once(3)`.
    fn pthread_once(control: *mut pthread_once_t, routine: extern "C" fn()) -> c_int {
        // SAFETY: the caller gives an aligned word that is touched by this call alone.
        let word = unsafe { AtomicI32::from_ptr(control) };
        if word.load(Ordering::SeqCst) == DONE {
            return 0;
        }
        let attempt = |_: &mut Kernel| {
            Ok::<_, Errno>(match word.load(Ordering::SeqCst) {
                DONE => Some(0),
                FRESH => {
                    word.store(IN_PROGRESS, Ordering::SeqCst);
                    Some(OURS)
                }
                _ => None,
            })
        };
        let answer = number(take("pthread_once", control, Signals::Pass, attempt, || Ok(Until::Ever)));
        if answer != OURS {
            return answer;
        }
        routine();
        word.store(DONE, Ordering::SeqCst);
        with_kernel(|kernel| lock::give(kernel, place(control), u32::MAX));
        0
    }
}
