//! What LLVM's thread-sanitizer pass makes instrumented code call at every atomic operation: a scheduling point, then the
//! operation. Plain memory, which is instrumented only at the finest level, is `plain`'s.
//!
//! Does not know which crate calls. Invariant: the operation itself is done exactly once, sequentially consistent, whether a
//! run is on or not; a plain word that did not change is not progress.

mod plain;

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering, fence};

use photofinish_sim::chooser::Access;
use photofinish_sim::kernel::Change;
use photofinish_sim::preempt::Preempt;

use crate::phase::{self, Phase};
use crate::private;
use crate::run;

/// A scheduling point before an operation on a word, if a run is on.
#[inline(always)]
fn before(pc: usize, word: usize, access: Access) {
    if phase::is(Phase::Program) {
        run::point(pc, word, access);
    }
}

/// After an operation that may have changed a word.
#[inline(always)]
fn after(address: usize, old: u64, new: u64) {
    if phase::is(Phase::Program) && old != new {
        run::run().kernel.progress();
        if new == 0 {
            note(address, Change::Cleared);
        }
    }
}

/// Notes what happened to a word that may be a lock, if this run keeps its events.
#[inline(always)]
fn note(address: usize, change: Change) {
    if run::run().kernel.notes_holders() {
        run::with_kernel(|kernel| kernel.note_change(private::name(kernel, address as u64), change));
    }
}

/// Defines the symbol `$name` as a jump to `$body` with the return address as one argument more, in `$x86` or `$arm`. On x86_64 it
/// jumps to `$alone`, the operation by itself, while no program of a run calls: instrumented programs run natively, too.
macro_rules! with_return_address {
    // Of plain accesses, which look at the phase themselves.
    ($name:ident, $body:ident, $x86:literal, $arm:literal) => {
        #[doc = concat!("Called by instrumented code; see `", stringify!($body), "`.")]
        ///
        /// # Safety
        /// The addresses given are valid for the operation.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name() {
            #[cfg(target_arch = "x86_64")]
            core::arch::naked_asm!(concat!("mov ", $x86, ", [rsp]"), "jmp {}", sym $body);
            #[cfg(target_arch = "aarch64")]
            core::arch::naked_asm!(concat!("mov ", $arm, ", x30"), "b {}", sym $body);
        }
    };
    ($name:ident, $body:ident, $alone:path, $x86:literal, $arm:literal) => {
        #[doc = concat!("Called by instrumented code; see `", stringify!($body), "`.")]
        ///
        /// # Safety
        /// The address given is valid for the operation.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name() {
            #[cfg(target_arch = "x86_64")]
            core::arch::naked_asm!(
                "cmp dword ptr [rip + {phase}], {program}",
                "jne {alone}",
                concat!("mov ", $x86, ", [rsp]"),
                "jmp {body}",
                phase = sym phase::PHASE,
                program = const Phase::Program as u32,
                alone = sym $alone,
                body = sym $body,
            );
            #[cfg(target_arch = "aarch64")]
            core::arch::naked_asm!(concat!("mov ", $arm, ", x30"), "b {}", sym $body);
        }
    };
}

pub(crate) use with_return_address;

/// Defines `$body::alone`: the operation without anything before and after it.
macro_rules! alone {
    ($body:ident, ($($argument:ident: $type:ty),*) -> $result:ty, $operation:expr) => {
        #[cfg(target_arch = "x86_64")]
        mod $body {
            #[expect(unused_imports, reason = "each operation names one of them")]
            use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::SeqCst, fence};

            pub(super) unsafe extern "C" fn alone($($argument: $type),*) -> $result {
                $operation
            }
        }
    };
}

macro_rules! load_and_store {
    ($int:ty, $atomic:ty, $load:ident, $do_load:ident, $store:ident, $do_store:ident) => {
        with_return_address!($load, $do_load, $do_load::alone, "rdx", "x2");
        alone!($do_load, (word: *mut $int, _order: i32) -> $int, {
            // SAFETY: the caller loads from this address atomically, so it is valid, aligned and shared only atomically.
            unsafe { <$atomic>::from_ptr(word) }.load(SeqCst)
        });
        unsafe extern "C" fn $do_load(word: *mut $int, _order: i32, pc: usize) -> $int {
            before(pc, word as usize, Access::Loads);
            // SAFETY: the caller loads from this address atomically, so it is valid, aligned and shared only atomically.
            unsafe { <$atomic>::from_ptr(word) }.load(Ordering::SeqCst)
        }

        with_return_address!($store, $do_store, $do_store::alone, "rcx", "x3");
        alone!($do_store, (word: *mut $int, new: $int, _order: i32) -> (), {
            // SAFETY: as for a load.
            unsafe { <$atomic>::from_ptr(word) }.store(new, SeqCst)
        });
        unsafe extern "C" fn $do_store(word: *mut $int, new: $int, _order: i32, pc: usize) {
            before(pc, word as usize, Access::Other);
            // SAFETY: as for a load.
            let old = unsafe { <$atomic>::from_ptr(word) }.swap(new, Ordering::SeqCst);
            after(word as usize, u64::from(old), u64::from(new));
        }
    };
}

macro_rules! read_modify_write {
    ($int:ty, $atomic:ty, $($name:ident, $body:ident, $method:ident, $access:ident, |$old:ident, $operand:ident| $new:expr;)*) => {$(
        with_return_address!($name, $body, $body::alone, "rcx", "x3");
        alone!($body, (word: *mut $int, $operand: $int, _order: i32) -> $int, {
            // SAFETY: the caller operates on this address atomically, so it is valid, aligned and shared only atomically.
            unsafe { <$atomic>::from_ptr(word) }.$method($operand, SeqCst)
        });
        unsafe extern "C" fn $body(word: *mut $int, $operand: $int, _order: i32, pc: usize) -> $int {
            before(pc, word as usize, Access::$access);
            // SAFETY: the caller operates on this address atomically, so it is valid, aligned and shared only atomically.
            let $old = unsafe { <$atomic>::from_ptr(word) }.$method($operand, Ordering::SeqCst);
            let new: $int = $new;
            after(word as usize, u64::from($old), u64::from(new));
            $old
        }
    )*};
}

macro_rules! compare_exchange {
    ($int:ty, $atomic:ty, $name:ident, $body:ident) => {
        with_return_address!($name, $body, $body::alone, "r9", "x5");
        alone!($body, (word: *mut $int, expected: $int, new: $int, _success: i32, _failure: i32) -> $int, {
            // SAFETY: the caller operates on this address atomically, so it is valid, aligned and shared only atomically.
            let word = unsafe { <$atomic>::from_ptr(word) };
            let (Ok(old) | Err(old)) = word.compare_exchange(expected, new, SeqCst, SeqCst);
            old
        });
        unsafe extern "C" fn $body(
            word: *mut $int,
            expected: $int,
            new: $int,
            _success: i32,
            _failure: i32,
            pc: usize,
        ) -> $int {
            before(pc, word as usize, Access::Other);
            // SAFETY: the caller operates on this address atomically, so it is valid, aligned and shared only atomically.
            let word_ref = unsafe { <$atomic>::from_ptr(word) };
            match word_ref.compare_exchange(expected, new, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(old) => {
                    after(word as usize, u64::from(old), u64::from(new));
                    if old == 0 && new != 0 && phase::is(Phase::Program) {
                        note(word as usize, Change::Taken);
                    }
                    old
                }
                Err(old) => old,
            }
        }
    };
}

macro_rules! width {
    ($int:ty, $atomic:ty; $load:ident $do_load:ident $store:ident $do_store:ident; $cas:ident $do_cas:ident;
     $exchange:ident $do_exchange:ident $add:ident $do_add:ident $sub:ident $do_sub:ident $and:ident $do_and:ident
     $or:ident $do_or:ident $xor:ident $do_xor:ident $nand:ident $do_nand:ident) => {
        load_and_store!($int, $atomic, $load, $do_load, $store, $do_store);
        compare_exchange!($int, $atomic, $cas, $do_cas);
        read_modify_write! { $int, $atomic,
            $exchange, $do_exchange, swap, Other, |old, operand| operand;
            $add, $do_add, fetch_add, Adds, |old, operand| old.wrapping_add(operand);
            $sub, $do_sub, fetch_sub, Subtracts, |old, operand| old.wrapping_sub(operand);
            $and, $do_and, fetch_and, Other, |old, operand| old & operand;
            $or, $do_or, fetch_or, Other, |old, operand| old | operand;
            $xor, $do_xor, fetch_xor, Other, |old, operand| old ^ operand;
            $nand, $do_nand, fetch_nand, Other, |old, operand| !(old & operand);
        }
    };
}

width!(u8, AtomicU8;
    __tsan_atomic8_load load8 __tsan_atomic8_store store8;
    __tsan_atomic8_compare_exchange_val cas8;
    __tsan_atomic8_exchange exchange8 __tsan_atomic8_fetch_add add8 __tsan_atomic8_fetch_sub sub8
    __tsan_atomic8_fetch_and and8 __tsan_atomic8_fetch_or or8 __tsan_atomic8_fetch_xor xor8
    __tsan_atomic8_fetch_nand nand8);
width!(u16, AtomicU16;
    __tsan_atomic16_load load16 __tsan_atomic16_store store16;
    __tsan_atomic16_compare_exchange_val cas16;
    __tsan_atomic16_exchange exchange16 __tsan_atomic16_fetch_add add16 __tsan_atomic16_fetch_sub sub16
    __tsan_atomic16_fetch_and and16 __tsan_atomic16_fetch_or or16 __tsan_atomic16_fetch_xor xor16
    __tsan_atomic16_fetch_nand nand16);
width!(u32, AtomicU32;
    __tsan_atomic32_load load32 __tsan_atomic32_store store32;
    __tsan_atomic32_compare_exchange_val cas32;
    __tsan_atomic32_exchange exchange32 __tsan_atomic32_fetch_add add32 __tsan_atomic32_fetch_sub sub32
    __tsan_atomic32_fetch_and and32 __tsan_atomic32_fetch_or or32 __tsan_atomic32_fetch_xor xor32
    __tsan_atomic32_fetch_nand nand32);
width!(u64, AtomicU64;
    __tsan_atomic64_load load64 __tsan_atomic64_store store64;
    __tsan_atomic64_compare_exchange_val cas64;
    __tsan_atomic64_exchange exchange64 __tsan_atomic64_fetch_add add64 __tsan_atomic64_fetch_sub sub64
    __tsan_atomic64_fetch_and and64 __tsan_atomic64_fetch_or or64 __tsan_atomic64_fetch_xor xor64
    __tsan_atomic64_fetch_nand nand64);

with_return_address!(__tsan_atomic_thread_fence, thread_fence, thread_fence::alone, "rsi", "x1");
alone!(thread_fence, (_order: i32) -> (), fence(SeqCst));
unsafe extern "C" fn thread_fence(_order: i32, pc: usize) {
    before(pc, 0, Access::Other);
    fence(Ordering::SeqCst);
}

/// A compiler fence: nothing another thread could see.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_atomic_signal_fence(_order: i32) {
    core::sync::atomic::compiler_fence(Ordering::SeqCst);
}

/// Set before `main` if any crate of this executable is instrumented.
static INSTRUMENTED: AtomicBool = AtomicBool::new(false);

/// Called by the constructor of every instrumented crate.
#[unsafe(no_mangle)]
pub extern "C" fn __tsan_init() {
    INSTRUMENTED.store(true, Ordering::Relaxed);
}

/// Where the scheduling points of this executable's programs lie.
#[must_use]
pub fn level() -> Preempt {
    match INSTRUMENTED.load(Ordering::Relaxed) {
        false => Preempt::Calls,
        true if cfg!(photofinish_preempt = "blocks") => Preempt::Blocks,
        true => Preempt::Atomics,
    }
}
