//! What a simulated process has in the one address space besides the kernel's books.
//!
//! Does not know who runs next. Invariant: a thread that its process took with it is never resumed.

use photofinish_sim::kernel::Kernel;

use crate::carrier;
use crate::run::with_kernel;

/// Gives up the contexts of threads that were ended by the end of their process.
pub(crate) fn forget_killed() {
    for thread in with_kernel(Kernel::take_killed) {
        carrier::abandon(thread);
    }
}
