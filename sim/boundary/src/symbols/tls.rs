//! The executable's thread-local storage on a carrier that is used again.
//!
//! Does not know what lies in it. Invariant: after [`reset`] the executable's own thread-locals are as in a new thread; those
//! of the C library keep what they had, like a thread of a warm process.

use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The executable's PT_TLS segment: where its initial image lies, its sizes and alignment.
struct Segment {
    image: AtomicUsize,
    image_size: AtomicUsize,
    size: AtomicUsize,
    align: AtomicUsize,
}

static SEGMENT: Segment = Segment {
    image: AtomicUsize::new(0),
    image_size: AtomicUsize::new(0),
    size: AtomicUsize::new(0),
    align: AtomicUsize::new(1),
};
static LOAD_BASE: AtomicUsize = AtomicUsize::new(0);

/// Finds the segment; called once, outside any run.
pub(crate) fn prepare() {
    // SAFETY: dl_iterate_phdr(3) calls back with valid program headers.
    unsafe { libc::dl_iterate_phdr(Some(first_object), core::ptr::null_mut()) };
}

/// Where the executable lies in memory.
pub(crate) fn load_base() -> u64 {
    LOAD_BASE.load(Ordering::Relaxed) as u64
}

unsafe extern "C" fn first_object(info: *mut libc::dl_phdr_info, _size: usize, _data: *mut c_void) -> i32 {
    // SAFETY: the callback's contract: a valid info, whose headers are an array of dlpi_phnum. The executable comes first.
    let info = unsafe { &*info };
    // SAFETY: as above.
    let headers = unsafe { core::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let base = usize::try_from(info.dlpi_addr).expect("addresses fit");
    LOAD_BASE.store(base, Ordering::Relaxed);
    if let Some(tls) = headers.iter().find(|header| header.p_type == libc::PT_TLS) {
        let size = |n: u64| usize::try_from(n).expect("sizes of what is loaded fit");
        SEGMENT.image.store(base + size(tls.p_vaddr), Ordering::Relaxed);
        SEGMENT.image_size.store(size(tls.p_filesz), Ordering::Relaxed);
        SEGMENT.size.store(size(tls.p_memsz), Ordering::Relaxed);
        SEGMENT.align.store(size(tls.p_align).max(1), Ordering::Relaxed);
    }
    1
}

/// Where the executable's block lies for the thread with this thread pointer.
fn block(thread_pointer: u64) -> usize {
    let (size, align) = (SEGMENT.size.load(Ordering::Relaxed), SEGMENT.align.load(Ordering::Relaxed));
    let pointer = usize::try_from(thread_pointer).expect("addresses fit");
    if cfg!(target_arch = "x86_64") {
        // Variant II of the ELF thread-local storage ABI: the executable's block ends at the thread pointer, rounded up.
        let image = SEGMENT.image.load(Ordering::Relaxed);
        let offset = (size + align - 1 + (image & (align - 1))) & !(align - 1);
        pointer - (offset - (image & (align - 1)))
    } else {
        // Variant I: it follows a control block of two words.
        pointer + 16_usize.next_multiple_of(align)
    }
}

/// Makes the executable's thread-locals of a parked thread new again.
pub(crate) fn reset(thread_pointer: u64) {
    let (size, image_size) =
        (SEGMENT.size.load(Ordering::Relaxed), SEGMENT.image_size.load(Ordering::Relaxed));
    if size == 0 {
        return;
    }
    let block = block(thread_pointer) as *mut u8;
    // SAFETY: the block is `size` bytes of the parked thread's static storage, which nobody reads now.
    unsafe { core::ptr::write_bytes(block, 0, size) };
    let image = SEGMENT.image.load(Ordering::Relaxed) as *const u8;
    // SAFETY: the image is `image_size` read-only bytes of the executable, at most `size`, elsewhere in memory.
    unsafe { core::ptr::copy_nonoverlapping(image, block, image_size) };
}

/// Whether the arithmetic of [`block`] holds on this machine: a thread-local of ours lies where it says.
pub(crate) fn verify() -> Result<(), String> {
    std::thread_local! {
        static PROBE: core::cell::Cell<u64> = const { core::cell::Cell::new(0x0123_4567_89ab_cdef) };
    }
    let mut context = crate::arch::Context::empty();
    context.adopt_current_thread();
    let start = block(context.thread_pointer());
    let here = PROBE.with(|probe| core::ptr::from_ref(probe) as usize);
    let size = SEGMENT.size.load(Ordering::Relaxed);
    // The probe is never written, so its bytes in the block are those of the image.
    let offset = here.wrapping_sub(start);
    if offset >= size {
        return Err(String::from("the executable's thread-local storage is not where the ELF ABI says"));
    }
    let image = SEGMENT.image.load(Ordering::Relaxed) + offset;
    // SAFETY: inside the image, since the probe has a non-zero initial value and so lies in its initialised part.
    let expected = unsafe { core::ptr::read_unaligned(image as *const u64) };
    if offset + 8 <= SEGMENT.image_size.load(Ordering::Relaxed) && expected == 0x0123_4567_89ab_cdef {
        Ok(())
    } else {
        Err(String::from("the executable's thread-local storage does not begin as its image does"))
    }
}
