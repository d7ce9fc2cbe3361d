//! `pipe(2)`.
//!
//! Does not know what travels. Invariant: the numbers are written only when both ends have one.

use core::ffi::c_int;

use photofinish_sim::call::pipe as calls;

use super::fail;
use crate::own::owned;
use crate::run::call;

owned! {
    /// `pipe2(2)`.
    fn pipe2(pair: *mut c_int, flags: c_int) -> c_int {
        match call("pipe", flags, |kernel, caller| calls::pipe(kernel, caller, flags)) {
            Ok((reads, writes)) => {
                // SAFETY: pipe(2): the caller gives a place for two numbers.
                unsafe { pair.cast::<[c_int; 2]>().write([reads, writes]) };
                0
            }
            Err(errno) => fail(errno),
        }
    }

    /// `pipe(2)`.
    fn pipe(pair: *mut c_int) -> c_int {
        // SAFETY: our caller's contract is the callee's.
        unsafe { pipe2(pair, 0) }
    }
}
