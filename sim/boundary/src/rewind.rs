//! Runs one after another in one process, each in the image that the process was before any of them.
//!
//! A forked process costs its kernel hundreds of microseconds, most of them for pages and tables that it gives up again a moment
//! later. Instead the kernel is asked which pages a run wrote (`userfaultfd(2)` with asynchronous write protection, and
//! `PAGEMAP_SCAN`, `Documentation/admin-guide/mm/pagemap.rst`, both Linux 6.7 and later), and those are put back from a
//! copy, with the registers that the process had: [`point`] returns once more, as if nothing had happened. Does not
//! know runs. Invariant: when [`point`] returns, every byte that a program can read is as it was when it returned first; a
//! process for which that cannot be had, since its mappings are others, is not used again.

mod image;
mod maps;
mod tracker;

use core::ffi::{c_int, c_void};
use core::ops::Range;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::arch;
use crate::memory::PAGE;
use crate::symbols::raw;
use image::Image;

/// Address space for the image, of which only what is written costs anything.
const STORE: usize = 1 << 30;
/// The stack on which the rest is put back, at the beginning of the store.
const STACK: usize = 128 << 10;
/// Room for what the next run is asked for.
const ASKED: usize = 16 << 20;

/// Descriptors of a process whose image is put back, above all others of the server.
pub(crate) const FDS: Range<c_int> = ASKS_FD..FAULTS_FD + 1;
pub(crate) const ASKS_FD: c_int = 904;
const STATM_FD: c_int = 905;
const PAGEMAP_FD: c_int = 906;
const FILES_FD: c_int = 907;
const FAULTS_FD: c_int = 908;

static BASE: AtomicUsize = AtomicUsize::new(0);

/// Whether anybody asked for a change of what is mapped since the image was taken. It is part of the image, in which nobody has.
static CHANGED: AtomicBool = AtomicBool::new(false);

/// Notes that somebody asks for a change of what is mapped.
#[inline]
pub(crate) fn note_change() {
    CHANGED.store(true, Ordering::Relaxed);
}

fn is_changed() -> bool {
    CHANGED.load(Ordering::Relaxed)
}

/// Takes the address space for an image, whether this kernel can put one back or not: where later mappings lie must not depend
/// on it. Called once, outside any run.
pub(crate) fn prepare() {
    // SAFETY: sysconf(3) has no preconditions.
    if unsafe { libc::sysconf(libc::_SC_PAGESIZE) } != PAGE as i64 {
        return;
    }
    // Nobody can touch what is around the store: it is no neighbour of what is watched, with which the kernel would show it as one.
    // SAFETY: mmap(2) of new memory that nobody can touch.
    let around = unsafe {
        libc::mmap(
            core::ptr::null_mut(),
            STORE + 2 * PAGE,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if around == libc::MAP_FAILED {
        return;
    }
    let base = around as usize + PAGE;
    // SAFETY: mprotect(2) of the middle of the mapping just made.
    if unsafe { libc::mprotect(base as *mut c_void, STORE, libc::PROT_READ | libc::PROT_WRITE) } != 0 {
        return;
    }
    BASE.store(base, Ordering::Relaxed);
    // One written byte of a huge page would be two MiB to put back.
    raw::syscall(libc::SYS_prctl, [i64::from(libc::PR_SET_THP_DISABLE), 1, 0, 0, 0, 0]);
}

/// Whether there is room for an image, and this kernel tells which pages a process wrote.
pub(crate) fn is_possible() -> bool {
    BASE.load(Ordering::Relaxed) != 0 && tracker::is_possible()
}

/// The largest request that fits.
pub(crate) fn fits(request: &[u8]) -> bool {
    request.len() <= ASKED - LENGTH
}

/// Where the store is cut.
struct Parts {
    stack_top: usize,
    image: *mut Image,
    asked: usize,
    saved: usize,
    end: usize,
}

fn parts() -> Parts {
    let base = BASE.load(Ordering::Relaxed);
    let image = base + STACK;
    let asked = (image + size_of::<Image>()).next_multiple_of(PAGE);
    Parts { stack_top: image, image: image as *mut Image, asked, saved: asked + ASKED, end: base + STORE }
}

/// Takes the image of this process, reads what is asked of it first, and returns that; and so once more, in that image, each time that
/// [`go_back`] is called. The process has one thread, no run is on, and it is asked through [`ASKS_FD`].
pub(crate) fn point() -> &'static [u8] {
    let Parts { stack_top, image, asked, .. } = parts();
    // SAFETY: the store's stack is nobody else's, and `between` is made for it.
    unsafe { arch::rewind_point(stack_top, between, image.cast()) };
    // SAFETY: the store is mapped for the life of the process; nothing else looks at the image outside of `between`.
    let length = unsafe { (*image).asked };
    // SAFETY: `await_request` read so many bytes there, and nothing writes them until the next `between`.
    unsafe { core::slice::from_raw_parts((asked + LENGTH) as *const u8, length) }
}

/// Whether the image can be put back now that a run is over, which does what has to be undone in the kernel.
pub(crate) fn can_go_back() -> bool {
    let Parts { image, .. } = parts();
    // SAFETY: as in `point`.
    unsafe { &mut *image }.settle()
}

/// Says that the run is over, and puts the image back: [`point`] returns with the next request. Only after [`can_go_back`].
pub(crate) fn go_back() -> ! {
    let Parts { stack_top, image, .. } = parts();
    // SAFETY: `point` took the image on this very stack, and nothing of what lies there now is used again.
    unsafe { arch::rewind(stack_top, between, image.cast()) }
}

/// Runs on the store's own stack: nothing that is put back is in use. Returns the stack pointer at which the process goes on.
extern "C" fn between(image: *mut c_void, stack_pointer: usize) -> usize {
    let Parts { asked, saved, end, .. } = parts();
    // SAFETY: `point` and `go_back` pass the store's image, which nobody else looks at meanwhile.
    let image = unsafe { &mut *image.cast::<Image>() };
    if stack_pointer == 0 {
        image.put_back();
    } else {
        CHANGED.store(false, Ordering::Relaxed);
        image.stack_pointer = stack_pointer;
        let store = BASE.load(Ordering::Relaxed);
        image.taken = image.take(saved..end, store..store + STORE);
    }
    image.asked = await_request(asked);
    image.stack_pointer
}

/// Reads the next request, which has its length in front, and says how long it is. Ends the process when there are no more.
fn await_request(asked: usize) -> usize {
    let mut have = 0;
    loop {
        let whole = if have < LENGTH { LENGTH } else { LENGTH + length_at(asked) };
        if whole > ASKED {
            crate::crash::die("photofinish: bug: a request that does not fit", b"");
        }
        if have > LENGTH && have >= whole {
            return whole - LENGTH;
        }
        // Nobody asks for the next one before this one is answered, so that nothing of it is read.
        let rest = [i64::from(ASKS_FD), (asked + have) as i64, (ASKED - have).cast_signed() as i64, 0, 0, 0];
        match raw::syscall(libc::SYS_read, rest) {
            -4 => {}
            read @ 1.. => have += usize::try_from(read).unwrap_or_default(),
            _ => crate::crash::leave(0),
        }
    }
}

/// Bytes of the length in front of a request.
const LENGTH: usize = 4;

fn length_at(asked: usize) -> usize {
    // SAFETY: the store is mapped for the life of the process, and nobody else looks at what is asked for.
    u32::from_le_bytes(unsafe { *(asked as *const [u8; LENGTH]) }) as usize
}
