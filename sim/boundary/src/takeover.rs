//! How an executable whose main function is not ours, such as one of tests, becomes a server: before that function is called.
//!
//! Does not know what is served. Invariant: a process that was not told by [`VARIABLE`] runs nothing of this but one look into
//! its environment.

use core::any::Any;

/// Set in the environment of a process that is to serve.
pub const VARIABLE: &str = "PHOTOFINISH_SERVE";

/// Something of the executable's that can be served.
pub struct Entry {
    /// Serves all entries of this executable.
    pub serve: fn() -> !,
    /// What it is, for `serve` to know.
    pub item: &'static (dyn Any + Send + Sync),
}

/// Makes an [`Entry`] one of those that [`entries`] finds, wherever it is written.
///
/// The crate that writes this may forbid unsafe code: the attribute is ours.
#[macro_export]
macro_rules! entry {
    ($entry:expr) => {{
        #[used]
        #[unsafe(link_section = "photofinish_entries")]
        static ENTRY: &$crate::takeover::Entry = &$entry;
    }};
}

/// The section exists in every executable, and so do the linker's symbols for its ends.
#[used]
#[unsafe(link_section = "photofinish_entries")]
static NONE: [&Entry; 0] = [];

unsafe extern "C" {
    #[link_name = "__start_photofinish_entries"]
    static START: [usize; 0];
    #[link_name = "__stop_photofinish_entries"]
    static STOP: [usize; 0];
}

/// Every entry of this executable.
#[must_use]
pub fn entries() -> &'static [&'static Entry] {
    let (start, stop) =
        ((&raw const START).cast::<&'static Entry>(), (&raw const STOP).cast::<&'static Entry>());
    let count = (stop.addr() - start.addr()) / size_of::<&Entry>();
    // SAFETY: the linker's symbols stand around the section, into which nothing but references to entries is put.
    unsafe { core::slice::from_raw_parts(start, count) }
}

/// The C library calls what is in this section before `main`, after std's own entry, which keeps the arguments.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = at_start;

extern "C" fn at_start() {
    const NAME: &core::ffi::CStr = c"PHOTOFINISH_SERVE";
    const _: () = assert!(NAME.to_bytes().len() == VARIABLE.len());
    // SAFETY: getenv(3) takes a NUL-terminated name; this process has one thread.
    let told = unsafe { libc::getenv(NAME.as_ptr()) };
    if !told.is_null()
        && let Some(entry) = entries().first()
    {
        (entry.serve)()
    }
}
