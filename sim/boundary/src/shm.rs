//! The memory in which a run leaves its frames, shared with the server so that they survive the run's death.
//!
//! Does not know what frames mean. Invariant: the length in the header never covers a frame that is not whole.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use crate::frames::{Frame, StackOf, encode_into};
use crate::own::Real;

/// Room for frames; untouched pages cost nothing.
const ROOM: usize = 256 << 20;

/// The head of the shared memory.
#[repr(C)]
struct Header {
    length: AtomicU64,
    truncated: AtomicBool,
    proved: AtomicU32,
    /// Whether the run made its folder.
    made_folder: AtomicBool,
    /// Whether the process that is to make the run has read what is asked for.
    begun: AtomicBool,
    found_count: AtomicU32,
    found: [Found; FOUND_MAX],
}

/// A symbol that a run has looked up, which costs more than the whole rest of a short run if each does.
#[repr(C)]
struct Found {
    symbol: AtomicPtr<Real>,
    address: AtomicPtr<c_void>,
}

/// Symbols that one run can tell of; the next tells of more.
const FOUND_MAX: usize = 48;
const BODY: usize = 1024;
const _: () = assert!(size_of::<Header>() <= BODY, "frames begin behind the header");
/// Memory that stays from one run to the next.
const KEPT: u64 = 4 << 20;

/// The shared memory of this process.
pub(crate) struct Shared {
    base: UnsafeCell<*mut u8>,
}

// SAFETY: the pointer is written once, by the server's only thread before any run, and read afterwards by one thread at a
// time.
unsafe impl Sync for Shared {}

pub(crate) static SHARED: Shared = Shared { base: UnsafeCell::new(core::ptr::null_mut()) };

impl Shared {
    /// Maps the memory; called once, before any run.
    pub(crate) fn map(&self) -> Result<(), std::io::Error> {
        // SAFETY: mmap(2) of new anonymous memory touches no existing mapping.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                ROOM,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: no run has begun, so nobody reads the cell yet.
        unsafe { *self.base.get() = base.cast() };
        Ok(())
    }

    fn base(&self) -> *mut u8 {
        // SAFETY: written once before any reader exists.
        unsafe { *self.base.get() }
    }

    fn header(&self) -> &Header {
        // SAFETY: the mapping is ROOM bytes, page-aligned, zero-filled, and lives as long as the process; a Header of zeroes
        // is valid and all its fields are atomic.
        unsafe { &*self.base().cast::<Header>() }
    }

    /// Where the proof at start notes what it saw.
    pub(crate) fn proved(&self) -> &AtomicU32 {
        &self.header().proved
    }

    /// Notes a symbol that was looked up, for the server and the runs to come.
    pub(crate) fn note_found(&self, symbol: &'static Real) {
        if self.base().is_null() {
            return;
        }
        let header = self.header();
        let index = header.found_count.load(Ordering::Relaxed);
        let Some(entry) = header.found.get(index as usize) else { return };
        entry.symbol.store(core::ptr::from_ref(symbol).cast_mut(), Ordering::Relaxed);
        entry.address.store(symbol.address(), Ordering::Relaxed);
        header.found_count.store(index + 1, Ordering::Release);
    }

    /// Whether the run has looked up symbols that nobody took over yet.
    pub(crate) fn has_found(&self) -> bool {
        self.header().found_count.load(Ordering::Acquire) != 0
    }

    /// Takes over the symbols that a run has looked up. They lie where the server would find them: a run is an image of it.
    pub(crate) fn adopt_found(&self) {
        let header = self.header();
        let count = header.found_count.swap(0, Ordering::Acquire) as usize;
        for entry in header.found.iter().take(count) {
            // SAFETY: the address of a static of this executable, by `note_found`.
            let symbol = unsafe { &*entry.symbol.load(Ordering::Relaxed) };
            symbol.adopt(entry.address.load(Ordering::Relaxed));
        }
    }

    /// Notes that the run begins.
    pub(crate) fn note_begun(&self) {
        self.header().begun.store(true, Ordering::Release);
    }

    /// Whether the run has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.header().begun.load(Ordering::Acquire)
    }

    /// Notes that the run has made its folder.
    pub(crate) fn note_folder(&self) {
        self.header().made_folder.store(true, Ordering::Release);
    }

    /// Whether the run has made its folder.
    pub(crate) fn made_folder(&self) -> bool {
        self.header().made_folder.load(Ordering::Acquire)
    }

    /// Forgets all frames, and gives the memory of a long run back.
    pub(crate) fn clear(&self) {
        if self.header().length.load(Ordering::Relaxed) > KEPT {
            // SAFETY: the mapping is ROOM bytes of shared memory, and nobody reads frames now. On failure it stays as it is.
            unsafe { libc::madvise(self.base().cast(), ROOM, libc::MADV_REMOVE) };
        }
        self.header().length.store(0, Ordering::Release);
        self.header().truncated.store(false, Ordering::Release);
        self.header().made_folder.store(false, Ordering::Release);
        self.header().begun.store(false, Ordering::Release);
    }

    /// Forgets what was appended since there were so many bytes.
    pub(crate) fn cut(&self, length: u64) {
        self.header().length.fetch_min(length, Ordering::AcqRel);
    }

    /// Appends a frame; the first that does not fit is dropped and noted, and so are those after it, but for what tells how the run
    /// ended: what is left is the run's beginning, without holes.
    pub(crate) fn push(&self, frame: &Frame) {
        let header = self.header();
        let length = usize::try_from(header.length.load(Ordering::Relaxed)).expect("at most ROOM");
        // The last MiB is kept for what ends a run.
        let asked = matches!(frame, Frame::Stack(_, StackOf::Events(_) | StackOf::Points(_), _));
        let ends = matches!(frame, Frame::Final(_) | Frame::Stack(..)) && !asked;
        let room = if ends { ROOM - BODY } else { ROOM - BODY - (1 << 20) };
        if length >= room || (!ends && header.truncated.load(Ordering::Relaxed)) {
            header.truncated.store(true, Ordering::Release);
            return;
        }
        // SAFETY: BODY + length is inside the mapping.
        let start = unsafe { self.base().add(BODY + length) };
        // SAFETY: the bytes past `length` belong to the one process that runs, and nobody reads them before the length says
        // so; `start + (room - length)` stays inside the mapping.
        let free = unsafe { core::slice::from_raw_parts_mut(start, room - length) };
        match encode_into(frame, free) {
            Some(taken) => header.length.store((length + taken) as u64, Ordering::Release),
            None => header.truncated.store(true, Ordering::Release),
        }
    }

    /// How many bytes the frames take so far.
    pub(crate) fn length(&self) -> u64 {
        self.header().length.load(Ordering::Acquire)
    }

    /// The frames of the last run, encoded, and whether some are missing.
    pub(crate) fn read(&self) -> (&[u8], bool) {
        let header = self.header();
        let length =
            usize::try_from(header.length.load(Ordering::Acquire)).expect("at most ROOM").min(ROOM - BODY);
        // SAFETY: BODY is inside the mapping.
        let start = unsafe { self.base().add(BODY) };
        // SAFETY: the run is over, so nobody writes; `length` bytes from BODY are inside the mapping.
        let bytes = unsafe { core::slice::from_raw_parts(start, length) };
        (bytes, header.truncated.load(Ordering::Acquire))
    }
}
