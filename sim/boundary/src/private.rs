//! Statics of crates that hold what belongs to one process: its descriptors, its threads, its handlers of signals.
//!
//! The processes of a run share one address space, and with it statics: what is named here has other bytes in each, as if each process had
//! been started from the executable by itself. Does not know processes. Invariant: what a process finds there is what it left there, and at first
//! what was there before any run.

use core::cell::UnsafeCell;

use photofinish_sim::kernel::Kernel;

use crate::executable::{Mapped, has};

/// Two parts of their names, as the compiler writes them: the crate, and the end of the path. No lock of `parking_lot` may lie in one of them: its
/// waiters stand in a table that all processes share.
const NAMES: [[&str; 2]; 13] = [
    // The sockets by which a handler wakes the runtimes.
    ["5tokio", "8registry7globals7GLOBALS"],
    // Which signals have handlers: below tokio and others.
    ["20signal_hook_registry", "11GLOBAL_DATA"],
    ["20signal_hook_registry", "11GLOBAL_INIT"],
    // What smol and async-std wait by, and the thread that does.
    ["8async_io", "7Reactor3get7REACTOR"],
    ["8async_io", "8unparker8UNPARKER"],
    ["8async_io", "14BLOCK_ON_COUNT"],
    // Who waits for children.
    ["13async_process", "6Reaper3get6REAPER"],
    // Pools of threads, and what they work at.
    ["8blocking", "8Executor3get8EXECUTOR"],
    ["4smol", "5spawn5spawn6GLOBAL"],
    ["21async_global_executor", ""],
    ["9async_std", "2rt7RUNTIME"],
    ["10rayon_core", "8registry12THE_REGISTRY"],
    ["10rayon_core", "8registry16THE_REGISTRY_SET"],
];

fn is_meant(name: &[u8]) -> bool {
    NAMES.iter().any(|[krate, end]| has(name, krate) && (end.is_empty() || has(name, end)))
}

/// A static in memory.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: usize,
    size: usize,
}

/// The statics that this executable has, and what they held before any run.
#[derive(Debug)]
struct Private {
    pieces: Vec<Piece>,
    fresh: Vec<u8>,
}

/// What one process left in them.
pub(crate) type Left = Vec<u8>;

struct Cell(UnsafeCell<Private>);

// SAFETY: written once by the server's only thread, outside any run; afterwards it is read.
unsafe impl Sync for Cell {}

static PRIVATE: Cell = Cell(UnsafeCell::new(Private { pieces: Vec::new(), fresh: Vec::new() }));

fn private() -> &'static Private {
    // SAFETY: nobody writes to it but `prepare`.
    unsafe { &*PRIVATE.0.get() }
}

/// Finds the statics in the executable's symbol table; one that was stripped has none. Called once, outside any run.
pub(crate) fn prepare(executable: &Mapped) {
    let variables = executable.variables(is_meant).into_iter();
    let pieces: Vec<Piece> =
        variables.map(|symbol| Piece { start: symbol.address, size: symbol.size }).collect();
    let fresh = read(&pieces);
    // SAFETY: this process has one thread, and nobody has asked for it yet.
    unsafe { *PRIVATE.0.get() = Private { pieces, fresh } };
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        // SAFETY: a static of this executable, by its symbol table; while the one thread that executes the run is here nobody writes to it.
        unsafe { core::slice::from_raw_parts(self.start as *const u8, self.size) }
    }
}

fn read(pieces: &[Piece]) -> Left {
    let mut left = Vec::with_capacity(pieces.iter().map(|piece| piece.size).sum());
    pieces.iter().for_each(|piece| left.extend_from_slice(piece.bytes()));
    left
}

/// What the running process has in them; none if that is what they held at first.
pub(crate) fn take() -> Option<Left> {
    let Private { pieces, fresh } = private();
    let mut rest = fresh.as_slice();
    let is_fresh = pieces.iter().all(|piece| {
        let (bytes, behind) = rest.split_at(piece.size);
        rest = behind;
        bytes == piece.bytes()
    });
    (!is_fresh).then(|| read(pieces))
}

/// Puts into them what a process left there, or for one that was never here what they held at first.
pub(crate) fn put(left: Option<&Left>) {
    let mut rest = left.unwrap_or(&private().fresh).as_slice();
    for piece in &private().pieces {
        let (bytes, behind) = rest.split_at(piece.size);
        rest = behind;
        // A page that is not written need not be put back behind the run.
        if bytes != piece.bytes() {
            // SAFETY: a static that can be written, by its section; nobody else touches it while the one thread that executes the run is here.
            unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), piece.start as *mut u8, piece.size) };
        }
    }
}

/// What the kernel knows a word by: its address, and where processes have words of their own at one address, whose it is.
pub(crate) fn name(kernel: &Kernel, address: u64) -> u64 {
    /// Addresses of programs have no more.
    const ADDRESS_BITS: u32 = 48;
    let holds = |piece: &Piece| {
        let start = piece.start as u64;
        (start..start + piece.size as u64).contains(&address)
    };
    if private().pieces.iter().any(holds) {
        address | u64::from(kernel.process().0.cast_unsigned()) << ADDRESS_BITS
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::PAGE;

    /// Places in a page, since nobody has asked here where the executable was loaded, and sizes.
    fn found(name: &str) -> Vec<(usize, usize)> {
        let executable = Mapped::of_executable().expect("it runs");
        let variables = executable.variables(|found| has(found, name)).into_iter();
        variables.map(|symbol| (symbol.address % PAGE, symbol.size)).collect()
    }

    #[test]
    fn a_static_is_found_where_it_lies_and_a_function_is_none() {
        let place = (&raw const PRIVATE) as usize;
        assert_eq!(found("7private7PRIVATE"), [(place % PAGE, size_of::<Cell>())]);
        assert_eq!(found("7private3put"), []);
    }
}
