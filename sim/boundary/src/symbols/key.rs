//! `pthread_key_create(3)` and `pthread_key_delete(3)`: the keys are real, and noted, since no real thread ends in a run.
//!
//! Does not hold values. Invariant: a key that is live, whenever it was made, stands in the table with its destructor.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::own::real;

type Destructor = unsafe extern "C" fn(*mut c_void);

/// `PTHREAD_KEYS_MAX` of glibc.
const KEYS: usize = 1024;
/// `PTHREAD_DESTRUCTOR_ITERATIONS` of glibc.
const ROUNDS: u32 = 4;
const DEAD: usize = 0;
const WITHOUT_DESTRUCTOR: usize = 1;

/// By key: dead, live without a destructor, or the address of its destructor.
static TABLE: [AtomicUsize; KEYS] = [const { AtomicUsize::new(DEAD) }; KEYS];

/// One more than the greatest key that was ever made.
static END: AtomicUsize = AtomicUsize::new(0);

/// `pthread_key_create(3)`.
///
/// # Safety
/// The C library's contract for this symbol.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_key_create(
    key: *mut libc::pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    let error = real!(pthread_key_create(
        key: *mut libc::pthread_key_t,
        destructor: Option<Destructor>,
    ) -> c_int);
    if error == 0 {
        // SAFETY: the call succeeded, so the key was written.
        let key = unsafe { *key } as usize;
        let entry = destructor.map_or(WITHOUT_DESTRUCTOR, |destructor| destructor as usize);
        TABLE[key].store(entry, Ordering::Relaxed);
        END.fetch_max(key + 1, Ordering::Relaxed);
    }
    error
}

/// `pthread_key_delete(3)`.
///
/// # Safety
/// The C library's contract for this symbol.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_key_delete(key: libc::pthread_key_t) -> c_int {
    if let Some(entry) = TABLE.get(key as usize) {
        entry.store(DEAD, Ordering::Relaxed);
    }
    real!(pthread_key_delete(key: libc::pthread_key_t) -> c_int)
}

/// Runs the destructors of the running thread's values, in up to four rounds, and leaves every key without a value, as a new
/// thread finds it.
pub(super) fn run_destructors() {
    for _ in 0..ROUNDS {
        let mut ran = false;
        for (key, entry) in made() {
            ran |= run_one(key, entry.load(Ordering::Relaxed));
        }
        if !ran {
            break;
        }
    }
    for (key, entry) in made() {
        if entry.load(Ordering::Relaxed) != DEAD {
            // SAFETY: the key is live.
            unsafe { libc::pthread_setspecific(key, core::ptr::null()) };
        }
    }
}

/// The keys that were made, live or not.
fn made() -> impl Iterator<Item = (libc::pthread_key_t, &'static AtomicUsize)> {
    (0..).zip(&TABLE[..END.load(Ordering::Relaxed).min(KEYS)])
}

/// Runs the destructor of one key on the running thread's value, if it has both.
fn run_one(key: libc::pthread_key_t, entry: usize) -> bool {
    if entry == DEAD || entry == WITHOUT_DESTRUCTOR {
        return false;
    }
    // SAFETY: the key is live.
    let value = unsafe { libc::pthread_getspecific(key) };
    if value.is_null() {
        return false;
    }
    // SAFETY: as above.
    unsafe { libc::pthread_setspecific(key, core::ptr::null()) };
    // SAFETY: the table holds nothing else than addresses of such functions.
    let destructor: Destructor = unsafe { core::mem::transmute(entry) };
    // SAFETY: pthread_key_create(3): the destructor is called with the value, once it is no longer set.
    unsafe { destructor(value) };
    true
}
