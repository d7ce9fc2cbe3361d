//! Where the stacks of real threads lie.
//!
//! Does not know what runs on them. Invariant: a stack's bounds leave out the guard below it.

/// Where a stack lies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StackBounds {
    pub(crate) low: usize,
    pub(crate) size: usize,
    /// Bytes below `low` that nobody may touch.
    pub(crate) guard: usize,
}

/// The stack of a live thread.
pub(crate) fn stack_of(pthread: libc::pthread_t) -> Result<StackBounds, String> {
    // SAFETY: a pthread_attr_t of zeroes is overwritten by pthread_getattr_np.
    let mut attr: libc::pthread_attr_t = unsafe { core::mem::zeroed() };
    // SAFETY: the thread is alive.
    let error = unsafe { libc::pthread_getattr_np(pthread, &raw mut attr) };
    if error != 0 {
        return Err(format!("pthread_getattr_np(3) of a thread of the pool answered {error}"));
    }
    let (mut low, mut size, mut guard) = (core::ptr::null_mut(), 0, 0);
    // SAFETY: the attribute was initialised above.
    unsafe { libc::pthread_attr_getstack(&raw const attr, &raw mut low, &raw mut size) };
    // SAFETY: as above.
    unsafe { libc::pthread_attr_getguardsize(&raw const attr, &raw mut guard) };
    // SAFETY: as above.
    unsafe { libc::pthread_attr_destroy(&raw mut attr) };
    Ok(StackBounds { low: low as usize, size, guard })
}
