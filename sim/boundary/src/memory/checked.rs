//! The checked heap of the run that is on: what it finds ends the run.
//!
//! Does not know how blocks lie in memory. Invariant: it is touched only by the one thread that executes the run, and what it
//! keeps of stacks lies in the simulator's heap, so that the program's blocks lie where they lie without.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use std::collections::BTreeMap;

use photofinish_sim::ending::Ending;
use photofinish_sim::heap::{Misuse, Seen, Wrong};
use photofinish_sim::kernel::Detail;
use photofinish_sim::thread::ThreadId;

use super::chunks::{ALIGN, Chunks, Content, Fault, POISON};
use super::region::Region;
use crate::crash;
use crate::frames::{Frame, StackOf};
use crate::phase::{self, Phase};
use crate::run::{self, run};
use crate::shm::SHARED;

/// Of each stack so many frames are kept.
const FRAMES: usize = 32;

/// A thread and its return addresses.
type Stack = (ThreadId, Vec<u64>);

/// Where a block comes from, and where it was freed.
struct Origin {
    allocated: Stack,
    freed: Option<Stack>,
}

struct Checked {
    chunks: Chunks,
    /// By block; kept only with events, as it costs far more than the rest.
    origins: Option<BTreeMap<usize, Origin>>,
    /// Where the C library's own heap begins, in which what was allocated before there were runs lies.
    library: usize,
}

struct Cell(UnsafeCell<Option<Checked>>);

// SAFETY: the cell is touched only by the one thread that executes the run, or before it begins.
unsafe impl Sync for Cell {}

static CHECKED: Cell = Cell(UnsafeCell::new(None));

/// The checked heap, if the run has one. The reference ends before anything could ask for another.
#[inline]
fn checked() -> Option<&'static mut Checked> {
    // SAFETY: one thread executes the run, and each use in this file ends before the next begins.
    unsafe { (*CHECKED.0.get()).as_mut() }
}

/// Gives the run that begins a checked heap of so many bytes.
pub(crate) fn begin(bytes: u64, detail: Detail) -> Result<(), String> {
    let size = usize::try_from(bytes).map_err(|_| String::from("more memory than there are addresses"))?;
    let region = Region::map(size).ok_or("no address space for the program's heap")?;
    let maps =
        std::fs::read_to_string("/proc/self/maps").map_err(|error| format!("/proc/self/maps: {error}"))?;
    let heap = maps.lines().find(|line| line.ends_with("[heap]")).and_then(|line| line.split('-').next());
    let library = heap.and_then(|at| usize::from_str_radix(at, 16).ok()).unwrap_or(usize::MAX);
    let origins = (detail == Detail::Events).then(BTreeMap::new);
    // SAFETY: no program runs yet, so nobody else looks at the cell.
    unsafe { *CHECKED.0.get() = Some(Checked { chunks: Chunks::new(region), origins, library }) };
    Ok(())
}

/// Whether what the program asks for comes from here.
#[inline]
pub(crate) fn serves() -> bool {
    checked().is_some() && phase::is(Phase::Program)
}

/// Whether a block came from here.
#[inline]
pub(crate) fn owns(block: *mut c_void) -> bool {
    checked().is_some_and(|checked| checked.chunks.holds(block as usize))
}

/// A block of the program's.
pub(crate) fn take(size: usize, align: usize, content: Content) -> *mut c_void {
    let Some(checked) = checked() else { return core::ptr::null_mut() };
    match checked.chunks.take(size, align, content) {
        Ok(Some(block)) => {
            note(|origins, stack| {
                origins.insert(block, Origin { allocated: stack, freed: None });
            });
            block as *mut c_void
        }
        Ok(None) => {
            // SAFETY: no preconditions.
            let errno = unsafe { libc::__errno_location() };
            // SAFETY: the running thread's own.
            unsafe { *errno = libc::ENOMEM };
            core::ptr::null_mut()
        }
        Err(fault) => stop(fault),
    }
}

/// Takes a block of ours back.
pub(crate) fn give_back(block: *mut c_void) {
    let Some(checked) = checked() else { return };
    let block = block as usize;
    match checked.chunks.give_back(block) {
        Ok(()) => note(|origins, stack| {
            if let Some(origin) = origins.get_mut(&block) {
                origin.freed = Some(stack);
            }
        }),
        Err(fault) => stop(fault),
    }
}

/// Moves a block of ours: always to another place, so that who keeps the old address is found out.
pub(crate) fn resize(old: *mut c_void, size: usize) -> *mut c_void {
    let old_size = usable(old);
    if size == 0 {
        // realloc(3) of glibc: the block is freed, and there is no other.
        give_back(old);
        return core::ptr::null_mut();
    }
    let new = take(size, ALIGN, Content::Any);
    if let Some(checked) = checked().filter(|_| !new.is_null()) {
        checked.chunks.copy(old as usize, new as usize, old_size.min(size));
        give_back(old);
    }
    new
}

/// The bytes that were asked for: what lies behind them is not the program's.
pub(crate) fn usable(block: *mut c_void) -> usize {
    match checked().map(|checked| checked.chunks.size(block as usize)) {
        None => 0,
        Some(Ok(size)) => size,
        Some(Err(fault)) => stop(fault),
    }
}

/// Ends the run if the program frees what no heap has handed out. The C library's heap looks after its own blocks.
pub(crate) fn refuse_wild(block: *mut c_void) {
    let Some(checked) = checked().filter(|_| phase::is(Phase::Program)) else { return };
    // SAFETY: sbrk(3) of 0 changes nothing.
    let end = unsafe { libc::sbrk(0) } as usize;
    let at = block as usize;
    if at < checked.library || at >= end || !at.is_multiple_of(ALIGN) {
        stop_wild();
    }
}

/// Ends the run because the program frees what is no block.
pub(crate) fn stop_wild() -> ! {
    stop(Fault { wrong: Wrong::WildFree, block: None, offset: 0, seen: Seen::Call })
}

/// Looks at all of the heap: how the run ends then, if that is how.
pub(crate) fn look(seen: Seen) -> Option<Ending> {
    let fault = checked()?.chunks.look_at_all(seen).err()?;
    Some(tell(fault))
}

/// Notes what a fault of the processor has to do with freed memory: whether a register holds what such memory is filled with, and then
/// the freed block that another points into. Without the one, the other means nothing: registers keep addresses for long.
pub(crate) fn note_freed(registers: &[u64]) {
    const UPPER: u64 = u64::from_ne_bytes([POISON; 8]) >> 16;
    let Some(checked) = checked() else { return };
    if !registers.iter().any(|register| register >> 16 == UPPER) {
        return;
    }
    SHARED.push(&Frame::Stack(run().kernel.current(), StackOf::Poisoned, here()));
    let freed = |register: &u64| checked.chunks.freed_around(usize::try_from(*register).ok()?);
    if let Some(block) = registers.iter().find_map(freed) {
        push_origin(block);
    }
}

/// Writes down where the running thread is, if that is wanted.
fn note(write: impl FnOnce(&mut BTreeMap<usize, Origin>, Stack)) {
    let Some(origins) = checked().and_then(|checked| checked.origins.as_mut()) else { return };
    phase::as_simulator(|| write(origins, (run().kernel.current(), here())));
}

fn here() -> Vec<u64> {
    // The walk ends when there is no more room: what counts as taken shortens it.
    let mut stack = run::Stack { frames: [0; 64], count: 64 - FRAMES };
    run::walk(&mut stack);
    stack.frames[64 - FRAMES..stack.count].to_vec()
}

fn push_origin(block: usize) {
    let Some(origin) = checked().and_then(|checked| checked.origins.as_ref()?.get(&block)) else { return };
    if let Some((thread, frames)) = &origin.freed {
        SHARED.push(&Frame::Stack(*thread, StackOf::Freed, frames.clone()));
    }
    let (thread, frames) = &origin.allocated;
    SHARED.push(&Frame::Stack(*thread, StackOf::Allocated, frames.clone()));
}

/// Writes down what is known of a misuse, as the ending it is.
fn tell(fault: Fault) -> Ending {
    phase::as_simulator(|| {
        if let Some((block, _)) = fault.block {
            push_origin(block);
        }
        let size = fault.block.map(|(_, size)| size as u64);
        Ending::Misused(Misuse { wrong: fault.wrong, size, offset: fault.offset, seen: fault.seen })
    })
}

/// Ends the run, wherever it is: it may be our own code that touched the program's block.
fn stop(fault: Fault) -> ! {
    phase::set(Phase::Simulator);
    SHARED.push(&Frame::Stack(run().kernel.current(), StackOf::Misuse, here()));
    let ending = tell(fault);
    crate::child::push_final(ending);
    crash::leave(0)
}
