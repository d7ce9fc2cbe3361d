//! Statics of crates that hold what belongs to one process: its descriptors, its threads, its handlers of signals.
//!
//! The processes of a run share one address space, and with it statics: what is named here has other bytes in each, as if each process had
//! been started from the executable by itself. Does not know processes. Invariant: what a process finds there is what it left there, and at first
//! what was there before any run.

use core::cell::UnsafeCell;

use crate::executable::Mapped;

/// Parts of their names, as the compiler writes them.
const NAMES: [&str; 11] = [
    // tokio: the sockets by which a handler wakes the runtimes, and the children that nobody waits for any more.
    "5tokio6signal8registry7globals7GLOBALS",
    "5tokio7process3imp16get_orphan_queue12ORPHAN_QUEUE",
    // signal-hook-registry, below tokio and others: which signals have handlers.
    "20signal_hook_registry11GLOBAL_DATA",
    "20signal_hook_registry11GLOBAL_INIT",
    // async-io, below smol: what it waits by, and its thread.
    "8async_io7reactor7Reactor3get7REACTOR",
    "8async_io6driver8unparker8UNPARKER",
    "8async_io6driver14BLOCK_ON_COUNT",
    // Pools of threads: blocking, smol and rayon.
    "8blocking8Executor3get8EXECUTOR",
    "4smol5spawn5spawn6GLOBAL",
    "10rayon_core8registry12THE_REGISTRY",
    "10rayon_core8registry16THE_REGISTRY_SET",
];

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
pub(crate) fn prepare() {
    let Ok(executable) = Mapped::of_executable() else { return };
    let variables = executable.variables(&NAMES).into_iter();
    let pieces: Vec<Piece> =
        variables.map(|symbol| Piece { start: symbol.address, size: symbol.size }).collect();
    let fresh = read(&pieces);
    // SAFETY: this process has one thread, and nobody has asked for it yet.
    unsafe { *PRIVATE.0.get() = Private { pieces, fresh } };
}

fn read(pieces: &[Piece]) -> Left {
    let bytes = |piece: &Piece| {
        // SAFETY: a static of this executable, by its symbol table; the one thread that executes the run is here.
        unsafe { core::slice::from_raw_parts(piece.start as *const u8, piece.size) }
    };
    pieces.iter().flat_map(bytes).copied().collect()
}

/// Whether there are any.
pub(crate) fn is_any() -> bool {
    !private().pieces.is_empty()
}

/// What the running process has in them.
pub(crate) fn take() -> Left {
    read(&private().pieces)
}

/// Puts into them what a process left there, or for one that was never here what they held at first.
pub(crate) fn put(left: Option<&Left>) {
    let mut rest = left.unwrap_or(&private().fresh).as_slice();
    for piece in &private().pieces {
        let (bytes, behind) = rest.split_at(piece.size);
        rest = behind;
        // A page that is not written need not be put back behind the run.
        if bytes == read(&[*piece]) {
            continue;
        }
        // SAFETY: a static that can be written, by its section; nobody else touches it while the one thread that executes the run is here.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), piece.start as *mut u8, piece.size) };
    }
}

/// Whether a word lies in one of them: each process has a word of its own there.
pub(crate) fn holds(address: u64) -> bool {
    private().pieces.iter().any(|piece| {
        let start = piece.start as u64;
        (start..start + piece.size as u64).contains(&address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::PAGE;

    /// Places in a page, since nobody has asked here where the executable was loaded, and sizes.
    fn found(name: &str) -> Vec<(usize, usize)> {
        let executable = Mapped::of_executable().expect("it runs");
        let variables = executable.variables(&[name]).into_iter();
        variables.map(|symbol| (symbol.address % PAGE, symbol.size)).collect()
    }

    #[test]
    fn a_static_is_found_where_it_lies_and_a_function_is_none() {
        let place = (&raw const PRIVATE) as usize;
        assert_eq!(found("7private7PRIVATE"), [(place % PAGE, size_of::<Cell>())]);
        assert_eq!(found("7private3put"), []);
    }
}
