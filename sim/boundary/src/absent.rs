//! What instrumented code calls in an executable without the boundary: the operation itself, and nothing else.
//!
//! Not a module of the boundary: `cargo photofinish` compiles this file by itself, and gives it to the linker after everything
//! else. Does not know runs. Invariant: an executable that has the boundary takes none of these.

#![no_std]

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::SeqCst, compiler_fence, fence};

macro_rules! width {
    ($int:ty, $atomic:ty; $load:ident $store:ident $cas:ident;
     $($name:ident $method:ident),*) => {
        /// An atomic load.
        ///
        /// # Safety
        /// The address is valid for the operation.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $load(word: *mut $int, _order: i32) -> $int {
            // SAFETY: the caller loads from this address atomically.
            unsafe { <$atomic>::from_ptr(word) }.load(SeqCst)
        }

        /// An atomic store.
        ///
        /// # Safety
        /// The address is valid for the operation.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $store(word: *mut $int, new: $int, _order: i32) {
            // SAFETY: the caller stores to this address atomically.
            unsafe { <$atomic>::from_ptr(word) }.store(new, SeqCst)
        }

        /// An atomic comparison and exchange.
        ///
        /// # Safety
        /// The address is valid for the operation.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $cas(word: *mut $int, expected: $int, new: $int, _: i32, _: i32) -> $int {
            // SAFETY: the caller operates on this address atomically.
            match unsafe { <$atomic>::from_ptr(word) }.compare_exchange(expected, new, SeqCst, SeqCst) {
                Ok(old) | Err(old) => old,
            }
        }

        $(
            /// An atomic operation.
            ///
            /// # Safety
            /// The address is valid for the operation.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(word: *mut $int, operand: $int, _order: i32) -> $int {
                // SAFETY: the caller operates on this address atomically.
                unsafe { <$atomic>::from_ptr(word) }.$method(operand, SeqCst)
            }
        )*
    };
}

width!(u8, AtomicU8;
    __tsan_atomic8_load __tsan_atomic8_store __tsan_atomic8_compare_exchange_val;
    __tsan_atomic8_exchange swap, __tsan_atomic8_fetch_add fetch_add, __tsan_atomic8_fetch_sub fetch_sub,
    __tsan_atomic8_fetch_and fetch_and, __tsan_atomic8_fetch_or fetch_or, __tsan_atomic8_fetch_xor fetch_xor,
    __tsan_atomic8_fetch_nand fetch_nand);
width!(u16, AtomicU16;
    __tsan_atomic16_load __tsan_atomic16_store __tsan_atomic16_compare_exchange_val;
    __tsan_atomic16_exchange swap, __tsan_atomic16_fetch_add fetch_add, __tsan_atomic16_fetch_sub fetch_sub,
    __tsan_atomic16_fetch_and fetch_and, __tsan_atomic16_fetch_or fetch_or, __tsan_atomic16_fetch_xor fetch_xor,
    __tsan_atomic16_fetch_nand fetch_nand);
width!(u32, AtomicU32;
    __tsan_atomic32_load __tsan_atomic32_store __tsan_atomic32_compare_exchange_val;
    __tsan_atomic32_exchange swap, __tsan_atomic32_fetch_add fetch_add, __tsan_atomic32_fetch_sub fetch_sub,
    __tsan_atomic32_fetch_and fetch_and, __tsan_atomic32_fetch_or fetch_or, __tsan_atomic32_fetch_xor fetch_xor,
    __tsan_atomic32_fetch_nand fetch_nand);
width!(u64, AtomicU64;
    __tsan_atomic64_load __tsan_atomic64_store __tsan_atomic64_compare_exchange_val;
    __tsan_atomic64_exchange swap, __tsan_atomic64_fetch_add fetch_add, __tsan_atomic64_fetch_sub fetch_sub,
    __tsan_atomic64_fetch_and fetch_and, __tsan_atomic64_fetch_or fetch_or, __tsan_atomic64_fetch_xor fetch_xor,
    __tsan_atomic64_fetch_nand fetch_nand);

/// A fence.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_atomic_thread_fence(_order: i32) {
    fence(SeqCst);
}

/// A compiler fence.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_atomic_signal_fence(_order: i32) {
    compiler_fence(SeqCst);
}

/// Called by the constructor of every instrumented crate.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_init() {}

macro_rules! accesses {
    ($($name:ident)*) => {$(
        /// Called before an access to plain memory.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(_address: usize) {}
    )*};
}

accesses!(__tsan_read1 __tsan_read2 __tsan_read4 __tsan_read8 __tsan_read16);
accesses!(__tsan_unaligned_read2 __tsan_unaligned_read4 __tsan_unaligned_read8 __tsan_unaligned_read16);
accesses!(__tsan_write1 __tsan_write2 __tsan_write4 __tsan_write8 __tsan_write16);
accesses!(__tsan_unaligned_write2 __tsan_unaligned_write4 __tsan_unaligned_write8 __tsan_unaligned_write16);

macro_rules! copies {
    ($($name:ident)*) => {$(
        /// A copy.
        ///
        /// # Safety
        /// Both places are valid for so many bytes.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(to: *mut u8, from: *const u8, size: usize) -> *mut u8 {
            // SAFETY: the caller copies so many bytes between these places.
            unsafe { core::ptr::copy(from, to, size) };
            to
        }
    )*};
}

copies!(__tsan_memcpy __tsan_memmove);

/// A fill.
///
/// # Safety
/// The place is valid for so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __tsan_memset(to: *mut u8, byte: i32, size: usize) -> *mut u8 {
    // SAFETY: the caller fills so many bytes there.
    unsafe { core::ptr::write_bytes(to, byte as u8, size) };
    to
}
