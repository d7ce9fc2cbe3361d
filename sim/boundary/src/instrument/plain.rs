//! What the same pass makes instrumented code call at accesses to plain memory, at the level `blocks`: a scheduling point before each.
//!
//! Does not know what is loaded or stored: the access itself stands behind the call, but for copies, which are made here.
//! Invariant: a point at plain memory says nothing of whether its thread spins.

use super::with_return_address;
use photofinish_sim::chooser::Access;

use crate::phase::{self, Phase};
use crate::run;

/// A scheduling point before an access to what begins at this address, if a run is on.
#[inline(always)]
fn before(pc: usize, address: usize, access: Access) {
    if phase::is(Phase::Program) {
        run::plain_point(pc, address, access);
    }
}

unsafe extern "C" fn read(address: usize, pc: usize) {
    before(pc, address, Access::Loads);
}

unsafe extern "C" fn write(address: usize, pc: usize) {
    before(pc, address, Access::Other);
}

macro_rules! accesses {
    ($body:ident: $($name:ident)*) => { $(with_return_address!($name, $body, "rsi", "x1");)* };
}

accesses!(read: __tsan_read1 __tsan_read2 __tsan_read4 __tsan_read8 __tsan_read16);
accesses!(read: __tsan_unaligned_read2 __tsan_unaligned_read4 __tsan_unaligned_read8 __tsan_unaligned_read16);
accesses!(write: __tsan_write1 __tsan_write2 __tsan_write4 __tsan_write8 __tsan_write16);
accesses!(write: __tsan_unaligned_write2 __tsan_unaligned_write4 __tsan_unaligned_write8 __tsan_unaligned_write16);

with_return_address!(__tsan_memcpy, copy, "rcx", "x3");
with_return_address!(__tsan_memmove, copy, "rcx", "x3");
unsafe extern "C" fn copy(to: *mut u8, from: *const u8, size: usize, pc: usize) -> *mut u8 {
    before(pc, to as usize, Access::Other);
    // SAFETY: the caller copies so many bytes between these places; that they may overlap is allowed for both of memcpy and memmove.
    unsafe { core::ptr::copy(from, to, size) };
    to
}

with_return_address!(__tsan_memset, fill, "rcx", "x3");
unsafe extern "C" fn fill(to: *mut u8, byte: i32, size: usize, pc: usize) -> *mut u8 {
    before(pc, to as usize, Access::Other);
    // SAFETY: the caller fills so many bytes here. Of the byte only the lowest eight bits count, as for `memset(3)`.
    unsafe { core::ptr::write_bytes(to, byte as u8, size) };
    to
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The names that begin with `__tsan_` in a text.
    fn names(text: &str) -> BTreeSet<&str> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        words.filter(|word| word.starts_with("__tsan_") && *word != "__tsan_").collect()
    }

    #[test]
    fn an_executable_without_us_gets_every_symbol_that_we_own() {
        let mut own = names(include_str!("../instrument.rs"));
        own.extend(names(include_str!("plain.rs")));
        assert_eq!(own, names(crate::ABSENT));
        assert!(own.contains("__tsan_atomic8_load") && own.contains("__tsan_unaligned_write16"), "{own:?}");
    }
}
