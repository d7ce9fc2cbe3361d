//! `pthread_create(3)` and its kin, and thread-specific data.
//!
//! Does not know std's threads. Invariant: a [`Thread`] is joined or detached at most once.

use core::ffi::{CStr, c_void};

use crate::Failed;
use crate::failed::direct;

/// A thread that is neither joined nor detached.
#[derive(Debug)]
pub struct Thread(libc::pthread_t);

/// What a thread runs: it gets a word and returns one.
pub type Start = extern "C" fn(*mut c_void) -> *mut c_void;

/// `pthread_create(3)` with default attributes.
pub fn create(start: Start, argument: usize) -> Result<Thread, Failed> {
    let mut thread = 0;
    let argument = core::ptr::without_provenance_mut(argument);
    // SAFETY: a place for the answer; no attributes; `start` gets back the word given here.
    direct(unsafe { libc::pthread_create(&raw mut thread, core::ptr::null(), start, argument) })?;
    Ok(Thread(thread))
}

impl Thread {
    /// `pthread_join(3)`: the word the thread returned.
    pub fn join(self) -> Result<usize, Failed> {
        let mut value = core::ptr::null_mut();
        // SAFETY: the thread was created joinable and not joined, since `self` is still here.
        direct(unsafe { libc::pthread_join(self.0, &raw mut value) })?;
        Ok(value.addr())
    }

    /// `pthread_detach(3)`.
    pub fn detach(self) -> Result<(), Failed> {
        // SAFETY: as for `join`.
        direct(unsafe { libc::pthread_detach(self.0) })
    }

    /// `pthread_setname_np(3)`.
    pub fn set_name(&self, name: &CStr) -> Result<(), Failed> {
        // SAFETY: the thread is not joined, so its handle is valid; the name ends in NUL.
        direct(unsafe { libc::pthread_setname_np(self.0, name.as_ptr()) })
    }
}

/// `pthread_join(3)` of the running thread.
pub fn join_self() -> Result<(), Failed> {
    // SAFETY: no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: a running thread's own handle is valid; joining it is an error that POSIX lets the library report.
    direct(unsafe { libc::pthread_join(this, core::ptr::null_mut()) })
}

/// `pthread_getattr_np(3)`: whether the running thread's stack, as it is told, holds this call's own frame.
pub fn knows_its_stack() -> Result<bool, Failed> {
    let mut attributes = core::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: a running thread's own handle is valid; a place for the answer.
    direct(unsafe { libc::pthread_getattr_np(this, attributes.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so the attributes are initialised.
    let mut attributes = unsafe { attributes.assume_init() };
    let (mut low, mut size) = (core::ptr::null_mut(), 0);
    // SAFETY: initialised attributes, and places for the answers.
    let got =
        direct(unsafe { libc::pthread_attr_getstack(&raw const attributes, &raw mut low, &raw mut size) });
    // SAFETY: initialised attributes, not used again.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    let here = (&raw const size).addr();
    got.map(|()| (low.addr()..low.addr() + size).contains(&here))
}

/// A key of thread-specific data.
#[derive(Clone, Copy, Debug)]
pub struct Key(libc::pthread_key_t);

/// `pthread_key_create(3)`.
pub fn key(destructor: extern "C" fn(*mut c_void)) -> Result<Key, Failed> {
    let mut key = 0;
    // SAFETY: a place for the answer; the destructor may be called with any word that was set.
    direct(unsafe { libc::pthread_key_create(&raw mut key, Some(destructor)) })?;
    Ok(Key(key))
}

impl Key {
    /// `pthread_setspecific(3)`.
    pub fn set(self, word: usize) -> Result<(), Failed> {
        let word = core::ptr::without_provenance(word);
        // SAFETY: pthread_setspecific(3) answers EINVAL for a key that was deleted; keys are not made anew by this crate's users.
        direct(unsafe { libc::pthread_setspecific(self.0, word) })
    }

    /// `pthread_key_delete(3)`.
    pub fn delete(self) -> Result<(), Failed> {
        // SAFETY: as for `set`.
        direct(unsafe { libc::pthread_key_delete(self.0) })
    }

    /// `pthread_getspecific(3)`.
    #[must_use]
    pub fn get(self) -> usize {
        // SAFETY: as above.
        unsafe { libc::pthread_getspecific(self.0) }.addr()
    }
}
