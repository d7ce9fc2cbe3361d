//! Loops of std in which a thread waits for a lock that another processor may be about to free.
//!
//! In a run there is no other processor, and whoever holds the lock does not go on meanwhile: the hundred rounds that std makes before it
//! goes to sleep, each with an instruction made for waiting, would take longer than everything else that is done with a contended
//! lock. Does not know locks. Invariant: a loop makes as many rounds as before, and sees what it saw.

use core::ffi::{c_int, c_void};

use crate::arch;
use crate::executable::{Mapped, Symbol};
use crate::memory::PAGE;

/// In the names of the functions of std that have such loops, for `Mutex` and for `RwLock`.
const CONTENDED: &str = "_contended";

/// Lets the loops go round without waiting. Where that cannot be done, runs are as they are otherwise, and take longer. Called once,
/// outside any run.
pub(crate) fn shorten() {
    let Ok(executable) = Mapped::of_executable() else { return };
    executable.symbols(CONTENDED).into_iter().for_each(shorten_in);
}

fn shorten_in(Symbol { address, size }: Symbol) {
    // SAFETY: a function of this executable, by its symbol table, whose code can be read.
    let code = unsafe { core::slice::from_raw_parts(address as *const u8, size) };
    let mut shortened = code.to_vec();
    if arch::shorten(&mut shortened) == 0 || !protect(address, size, libc::PROT_WRITE) {
        return;
    }
    // SAFETY: the function was made writable; it is as long, and this process' only running thread is here.
    unsafe { core::ptr::copy_nonoverlapping(shortened.as_ptr(), address as *mut u8, size) };
    protect(address, size, 0);
}

/// Says what else can be done with the pages of a function, besides to read and to execute them.
fn protect(address: usize, size: usize, more: c_int) -> bool {
    let start = address - address % PAGE;
    let length = (address + size - start).next_multiple_of(PAGE);
    let rights = libc::PROT_READ | libc::PROT_EXEC | more;
    // SAFETY: mprotect(2) of code of this executable, which stays as readable and executable as it is.
    unsafe { libc::mprotect(start as *mut c_void, length, rights) == 0 }
}
