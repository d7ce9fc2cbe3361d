//! Two heaps: the program's, which is the C library's, and ours, so that what we allocate never moves what the program gets.
//!
//! A program that hashes addresses (`parking_lot`'s table of parked threads does) would otherwise run differently when its
//! events are kept. A run may have a checked heap in the place of the C library's ([`checked`]). Owns the `malloc(3)` family, which
//! the C library calls itself for what it hands out (`strdup(3)`); it does not know who frees what. Invariant: memory goes back to
//! the heap it came from, which its address tells.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::phase::{self, Phase};
use crate::rewind;

pub(crate) mod checked;
mod chunks;
mod region;

use chunks::Content;

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(old: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_free(old: *mut c_void);
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
}

/// Address space for our heap; untouched pages cost nothing.
const ARENA: usize = 8 << 30;
/// What one table of page tables covers: with pages of 4 KiB, a table of the third level.
const TABLE: usize = 1 << 30;
/// In front of every block: its size class and the way back to where it begins.
const HEAD: usize = 16;
const CLASSES: usize = 34;
/// The size of a page, on every machine that we run on.
pub(crate) const PAGE: usize = 4096;

static BASE: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);
static TOP: AtomicUsize = AtomicUsize::new(0);
static FREE: [AtomicUsize; CLASSES] = [const { AtomicUsize::new(0) }; CLASSES];

fn map_arena() {
    // SAFETY: mmap(2) of new anonymous memory touches no existing mapping.
    let base = unsafe {
        libc::mmap(
            core::ptr::null_mut(),
            ARENA,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if base == libc::MAP_FAILED {
        crate::crash::die("photofinish: no address space for the simulator's own heap", b"");
    }
    // Who looks for pages that were written looks at each entry of a table of tables, and the libraries behind the heap have one: the
    // heap ends before it.
    let (all, end) = (base as usize + ARENA, (base as usize + ARENA) / TABLE * TABLE);
    // SAFETY: the end of the mapping just made, of which nobody has had anything yet.
    if unsafe { libc::mprotect(end as *mut c_void, all - end, libc::PROT_NONE) } != 0 {
        crate::crash::die("photofinish: the simulator's own heap could not be given an end", b"");
    }
    END.store(end, Ordering::Relaxed);
    BASE.store(base as usize, Ordering::Relaxed);
    TOP.store(base as usize, Ordering::Relaxed);
}

fn is_ours(block: *mut c_void) -> bool {
    let base = BASE.load(Ordering::Relaxed);
    base != 0 && (block as usize).wrapping_sub(base) < ARENA
}

/// Whether an address lies in our own heap.
pub(crate) fn holds(address: usize) -> bool {
    is_ours(address as *mut c_void)
}

/// A block of at least `size` bytes whose address is a multiple of `align`, a power of two.
fn take(size: usize, align: usize) -> *mut c_void {
    let align = align.max(HEAD);
    let Some(whole) = size.checked_add(HEAD + align).filter(|whole| *whole <= 1 << (CLASSES - 1)) else {
        return core::ptr::null_mut();
    };
    let class = whole.next_power_of_two().trailing_zeros() as usize;
    let head = FREE[class].load(Ordering::Relaxed);
    let start = if head == 0 {
        if BASE.load(Ordering::Relaxed) == 0 {
            map_arena();
        }
        let start = TOP.load(Ordering::Relaxed);
        if start + (1 << class) > END.load(Ordering::Relaxed) {
            return core::ptr::null_mut();
        }
        TOP.store(start + (1 << class), Ordering::Relaxed);
        start
    } else {
        // SAFETY: a free block's first word holds the address of the next free block of its class.
        FREE[class].store(unsafe { *(head as *const usize) }, Ordering::Relaxed);
        head
    };
    let block = (start + HEAD).next_multiple_of(align);
    // SAFETY: the block and the HEAD bytes before it lie inside the class' size, by the choice of `whole`.
    unsafe { *((block - HEAD) as *mut usize) = class };
    // SAFETY: as above; HEAD is two words.
    unsafe { *((block - HEAD / 2) as *mut usize) = start };
    block as *mut c_void
}

/// In a process that was just forked: what is allocated from here on lies close together on pages of its own. Each page shared
/// with the server would be copied by a fault of its own.
pub(crate) fn begin_afresh() {
    FREE.iter().for_each(|free| free.store(0, Ordering::Relaxed));
    TOP.store(TOP.load(Ordering::Relaxed).next_multiple_of(PAGE), Ordering::Relaxed);
}

fn class_and_start(block: *mut c_void) -> (usize, usize) {
    let block = block as usize;
    // SAFETY: `take` wrote two words before every block it handed out.
    let class = unsafe { *((block - HEAD) as *const usize) };
    // SAFETY: as above.
    let start = unsafe { *((block - HEAD / 2) as *const usize) };
    (class, start)
}

/// Whether a block of ours begins at an address in our heap.
fn is_block(block: *mut c_void) -> bool {
    let (base, top) = (BASE.load(Ordering::Relaxed), TOP.load(Ordering::Relaxed));
    let at = block as usize;
    if at < base + HEAD || at >= top || !at.is_multiple_of(HEAD) {
        return false;
    }
    let (class, start) = class_and_start(block);
    class < CLASSES && (base..at).contains(&start) && start + (1 << class) > at
}

fn give_back(block: *mut c_void) {
    let (class, start) = class_and_start(block);
    // SAFETY: the block is free from here on, and at least a word long.
    unsafe { *(start as *mut usize) = FREE[class].load(Ordering::Relaxed) };
    FREE[class].store(start, Ordering::Relaxed);
}

fn usable(block: *mut c_void) -> usize {
    let (class, start) = class_and_start(block);
    start + (1 << class) - block as usize
}

/// Notes that what is mapped changes if a block of the C library that is given back is a mapping of its own: the second lowest bit of
/// the size in front of it, `IS_MMAPPED` of glibc's `malloc_chunk`.
#[inline]
fn note_mapping_of(block: *mut c_void) {
    const IS_MMAPPED: usize = 2;
    // SAFETY: a block of the C library has its size in front, which it reads itself when it gets the block back.
    let size = unsafe { *((block as usize - HEAD / 2) as *const usize) };
    if size & IS_MMAPPED != 0 {
        rewind::note_change();
    }
}

/// `malloc(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    if phase::is(Phase::Simulator) {
        return take(size, HEAD);
    }
    if checked::serves() {
        return checked::take(size, HEAD, Content::Any);
    }
    // SAFETY: the caller's contract is the callee's.
    unsafe { __libc_malloc(size) }
}

/// `calloc(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    if phase::is(Phase::Simulator) {
        let Some(bytes) = count.checked_mul(size) else { return core::ptr::null_mut() };
        let block = take(bytes, HEAD);
        if !block.is_null() {
            // SAFETY: `take` gave at least so many bytes.
            unsafe { core::ptr::write_bytes(block.cast::<u8>(), 0, bytes) };
        }
        return block;
    }
    if checked::serves() {
        // More than there can be is refused like more than there is.
        return checked::take(count.saturating_mul(size), HEAD, Content::Zero);
    }
    // SAFETY: the caller's contract is the callee's.
    unsafe { __libc_calloc(count, size) }
}

/// `realloc(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(old: *mut c_void, size: usize) -> *mut c_void {
    if is_ours(old) {
        let room = usable(old);
        if size <= room {
            return old;
        }
        let new = take(size, HEAD);
        if !new.is_null() {
            // SAFETY: both blocks are at least `room` bytes and do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(old.cast::<u8>(), new.cast::<u8>(), room) };
            give_back(old);
        }
        return new;
    }
    if old.is_null() {
        // SAFETY: realloc of nothing is malloc.
        return unsafe { malloc(size) };
    }
    if checked::owns(old) {
        return checked::resize(old, size);
    }
    checked::refuse_wild(old);
    note_mapping_of(old);
    // SAFETY: the block is the C library's, and the caller's contract is the callee's.
    unsafe { __libc_realloc(old, size) }
}

/// `free(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(block: *mut c_void) {
    if is_ours(block) {
        if checked::serves() && !is_block(block) {
            checked::stop_wild();
        }
        return give_back(block);
    }
    if block.is_null() {
        return;
    }
    if checked::owns(block) {
        return checked::give_back(block);
    }
    checked::refuse_wild(block);
    note_mapping_of(block);
    // SAFETY: the block is the C library's, and the caller's contract is the callee's.
    unsafe { __libc_free(block) }
}

/// `memalign(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
    if phase::is(Phase::Simulator) && align.is_power_of_two() {
        return take(size, align);
    }
    if checked::serves() {
        // As the C library: to the next power of two.
        return match align.checked_next_power_of_two() {
            Some(align) => checked::take(size, align, Content::Any),
            None => core::ptr::null_mut(),
        };
    }
    // SAFETY: the caller's contract is the callee's.
    unsafe { __libc_memalign(align, size) }
}

/// `aligned_alloc(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
    // SAFETY: memalign accepts whatever aligned_alloc does.
    unsafe { memalign(align, size) }
}

/// `posix_memalign(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(block: *mut *mut c_void, align: usize, size: usize) -> i32 {
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<usize>()) {
        return libc::EINVAL;
    }
    // SAFETY: the alignment is valid.
    let new = unsafe { memalign(align, size) };
    if new.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller gave a place for the answer.
    unsafe { *block = new };
    0
}

/// `valloc(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn valloc(size: usize) -> *mut c_void {
    // SAFETY: memalign(3) may be called with any size.
    unsafe { memalign(PAGE, size) }
}

/// `pvalloc(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvalloc(size: usize) -> *mut c_void {
    // SAFETY: as above; what is no size rounded up is one that nobody can have.
    unsafe { memalign(PAGE, size.checked_next_multiple_of(PAGE).unwrap_or(usize::MAX)) }
}

/// `malloc_usable_size(3)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_usable_size(block: *mut c_void) -> usize {
    if is_ours(block) {
        return usable(block);
    }
    if checked::owns(block) {
        return checked::usable(block);
    }
    crate::own::real!(malloc_usable_size(block: *mut c_void) -> usize)
}

/// Makes the C library's heap a function of what the program asks for: one arena, whatever the machine's processors.
///
/// # Errors
/// Memory does not come through us: another allocator owns this executable.
pub(crate) fn settle() -> Result<(), String> {
    // SAFETY: mallopt(3) with a documented parameter.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    // What the heap has it keeps, and it takes a MiB at a time: its end is the kernel's, and a run that moves it costs more to undo.
    // SAFETY: as above.
    unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, c_int::MAX) };
    // SAFETY: as above.
    unsafe { libc::mallopt(libc::M_TOP_PAD, 1 << 20) };
    level();
    let probe = Box::new(0_u64);
    if is_ours(core::ptr::from_ref(&*probe).cast_mut().cast()) {
        return Ok(());
    }
    Err(String::from(
        "this executable has a global allocator of its own, so what the simulator allocates would move what the program gets, \
         and equal seeds would not give equal runs. Leave `#[global_allocator]` out of the build that is simulated.",
    ))
}

/// Moves whatever the program allocates from here on, in the C library's heap and in mappings: for finding out whether it depends on
/// addresses.
pub(crate) fn shift(bytes: u64) {
    let bytes = usize::try_from(bytes).unwrap_or_default();
    if bytes == 0 {
        return;
    }
    // SAFETY: malloc(3) of the C library; the block is never freed.
    unsafe { __libc_malloc(bytes) };
    checked::take(bytes, HEAD, Content::Any);
    // SAFETY: mmap(2) of new anonymous memory touches no existing mapping.
    unsafe {
        libc::mmap(
            core::ptr::null_mut(),
            bytes.next_multiple_of(LEVEL),
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
}

/// Where the program's heap begins is rounded up to this.
const LEVEL: usize = 1 << 16;

/// Fills the C library's heap up to a round address, so that what the dynamic linker and std's start took before us — the length
/// of the executable's path is in it — does not show in what the program gets.
fn level() {
    const SMALL: usize = 24;
    // A chunk has a word of size in front, and a multiple of two words in all: malloc(3) of glibc, `malloc_chunk`.
    const CHUNK: usize = 32;
    // SAFETY: malloc(3) of the C library; the block is never freed.
    let last = unsafe { __libc_malloc(SMALL) } as usize;
    let next_chunk = last - HEAD + CHUNK;
    let mut round = next_chunk.next_multiple_of(LEVEL);
    if round - next_chunk < CHUNK {
        round += LEVEL;
    }
    // SAFETY: as above; the size gives a chunk that ends at `round`.
    unsafe { __libc_malloc(round - next_chunk - HEAD / 2) };
}
