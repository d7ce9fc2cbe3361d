//! How an owned symbol is defined, and how the real one behind it is found.
//!
//! Does not know what any symbol does. Invariant: outside a run an owned symbol does what the next definition of its name
//! does, which is the C library's, from any thread.

use core::ffi::{CStr, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::shm::SHARED;

/// A real symbol, looked up when it is first needed.
pub(crate) struct Real {
    name: &'static CStr,
    address: AtomicPtr<c_void>,
}

impl Real {
    pub(crate) const fn new(name: &'static CStr) -> Self {
        Self { name, address: AtomicPtr::new(core::ptr::null_mut()) }
    }

    /// The address of the next definition after ours.
    #[inline]
    pub(crate) fn address(&'static self) -> *mut c_void {
        let known = self.address.load(Ordering::Relaxed);
        if known.is_null() { self.find() } else { known }
    }

    #[cold]
    fn find(&'static self) -> *mut c_void {
        // SAFETY: dlsym(3) takes a NUL-terminated name and may be called from any thread.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        if found.is_null() {
            crate::crash::die("photofinish: the C library has no symbol ", self.name.to_bytes());
        }
        self.address.store(found, Ordering::Relaxed);
        SHARED.note_found(self);
        found
    }

    /// Takes over what another image of this process has found.
    pub(crate) fn adopt(&self, found: *mut c_void) {
        self.address.store(found, Ordering::Relaxed);
    }
}

/// Defines owned symbols.
///
/// Each is an `extern "C"` function of the C library's own signature. Outside a run it calls the next definition of its name;
/// inside, its body answers. A panic in a body cannot cross into the program: `extern "C"` functions abort on unwinding.
macro_rules! owned {
    ($(
        $(#[$meta:meta])*
        fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block
    )*) => {$(
        $(#[$meta])*
        ///
        /// # Safety
        /// The C library's contract for this symbol.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($arg: $ty),*) $(-> $ret)? {
            if !$crate::phase::is($crate::phase::Phase::Program) {
                $crate::proof::seen(stringify!($name));
                return $crate::own::real!($name($($arg: $ty),*) $(-> $ret)?);
            }
            $body
        }
    )*};
}

/// Calls the real symbol behind an owned one.
macro_rules! real {
    ($name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?) => {{
        static REAL: $crate::own::Real = $crate::own::Real::new(
            match ::core::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => panic!("a symbol has no NUL in it"),
            },
        );
        // SAFETY: the next definition of this name has the signature that ours declares, which is the C library's.
        let real: unsafe extern "C" fn($($ty),*) $(-> $ret)? = unsafe { ::core::mem::transmute(REAL.address()) };
        // SAFETY: our caller's arguments meet the same contract.
        unsafe { real($($arg),*) }
    }};
}

pub(crate) use {owned, real};
