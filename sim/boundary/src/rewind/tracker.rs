//! What the kernel tells of the pages that a process wrote: `ioctl_userfaultfd(2)` and `PAGEMAP_SCAN`.
//!
//! Does not know what is in them. Invariant: a page of a protected range is told of once it was written, whoever wrote it, the
//! kernel on behalf of the process included.

use core::ffi::{CStr, c_int};
use core::ops::Range;

use super::{FAULTS_FD, PAGEMAP_FD};
use crate::disk::sys;
use crate::symbols::raw;

/// `<linux/userfaultfd.h>`.
const UFFD_API: u64 = 0xaa;
const UFFD_USER_MODE_ONLY: i64 = 1;
const UFFD_FEATURE_PAGEFAULT_FLAG_WP: u64 = 1;
const UFFD_FEATURE_WP_ASYNC: u64 = 1 << 15;
const UFFDIO_API: i64 = 0xc018_aa3f;
const UFFDIO_REGISTER: i64 = 0xc020_aa00;
const UFFDIO_REGISTER_MODE_WP: u64 = 1 << 1;
const UFFDIO_WRITEPROTECT: i64 = 0xc018_aa06;
const UFFDIO_WRITEPROTECT_MODE_WP: u64 = 1;
/// `<linux/fs.h>`.
const PAGEMAP_SCAN: i64 = 0xc060_6610;
const PM_SCAN_WP_MATCHING: u64 = 1;
const PM_SCAN_CHECK_WPASYNC: u64 = 1 << 1;
const PAGE_IS_WPALLOWED: u64 = 1;
const PAGE_IS_WRITTEN: u64 = 1 << 1;
const PAGE_IS_PRESENT: u64 = 1 << 3;
const PAGE_IS_SWAPPED: u64 = 1 << 4;

/// Pages from one address to another: `struct page_region`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Region {
    pub(super) start: u64,
    pub(super) end: u64,
    categories: u64,
}

impl Region {
    #[cfg(test)]
    pub(super) fn of(range: Range<usize>) -> Self {
        Self { start: range.start as u64, end: range.end as u64, categories: 0 }
    }

    /// Whether its pages were written since they were protected, or never were protected.
    pub(super) fn is_written(&self) -> bool {
        self.categories & PAGE_IS_WRITTEN != 0
    }

    /// Brings in what is not in memory. What cannot be is none of these: the kernel shows the marks of `MADV_GUARD_INSTALL` as
    /// swapped pages, by which the C library guards the stacks of threads.
    fn bring_in(&mut self) {
        let range = [self.start.cast_signed(), (self.end - self.start).cast_signed()];
        if self.categories & PAGE_IS_SWAPPED != 0 && !populate(range) {
            self.end = self.start;
        }
    }
}

/// Faults every page of a range in, for reading: `MADV_POPULATE_READ` of madvise(2). Says whether that could be done.
fn populate([start, length]: [i64; 2]) -> bool {
    raw::syscall(libc::SYS_madvise, [start, length, i64::from(libc::MADV_POPULATE_READ), 0, 0, 0]) == 0
}

/// As [`populate`], by addresses.
pub(super) fn has_all(range: &Range<usize>) -> bool {
    populate([range.start as i64, (range.end - range.start) as i64])
}

/// `struct pm_scan_arg`.
#[repr(C)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// Which pages are asked for.
#[derive(Clone, Copy)]
pub(super) enum Pages {
    /// Those that hold something, in memory or elsewhere.
    Present,
    /// Those of them that were written, which are protected again.
    Written,
    /// None, if all are in what was registered; else it is refused.
    Unwatched,
}

/// Whether this kernel has both.
pub(super) fn is_possible() -> bool {
    let Some(faults) = open_faults() else { return false };
    sys::close(faults);
    let Some(pagemap) = open(c"/proc/self/pagemap") else { return false };
    // Nothing lies in the first page.
    let scan = scan(pagemap, Pages::Present, 0..4096, &mut []);
    sys::close(pagemap);
    scan == Some(0)
}

/// Begins to watch this process. Says whether it can be watched.
pub(super) fn begin() -> bool {
    let faults = open_faults().is_some_and(|fd| sys::renumber(fd, FAULTS_FD).is_ok());
    faults && open_as(c"/proc/self/pagemap", PAGEMAP_FD)
}

/// Lets pages of this range be protected.
pub(super) fn register(range: &Range<usize>) -> bool {
    let argument = [range.start as u64, (range.end - range.start) as u64, UFFDIO_REGISTER_MODE_WP, 0];
    ioctl(FAULTS_FD, UFFDIO_REGISTER, argument.as_ptr() as i64) == 0
}

/// Notes writes to this range from here on.
pub(super) fn protect(range: &Range<usize>) -> bool {
    let argument = [range.start as u64, (range.end - range.start) as u64, UFFDIO_WRITEPROTECT_MODE_WP];
    ioctl(FAULTS_FD, UFFDIO_WRITEPROTECT, argument.as_ptr() as i64) == 0
}

/// The pages asked for in all that was registered below `end`, in ascending order; how many pieces, or `None` if there is no room for
/// them.
pub(super) fn pages(which: Pages, end: usize, room: &mut [Region]) -> Option<usize> {
    let count = scan(PAGEMAP_FD, which, 0..end as u64, room)?;
    room.iter_mut().take(count).for_each(Region::bring_in);
    Some(count)
}

/// Whether the page at this address is in what was registered.
pub(super) fn is_watched(page: usize) -> bool {
    let page = page as u64;
    scan(PAGEMAP_FD, Pages::Unwatched, page..page + 4096, &mut []).is_some()
}

fn scan(pagemap: c_int, which: Pages, range: Range<u64>, room: &mut [Region]) -> Option<usize> {
    let (flags, wanted) = match which {
        Pages::Present => (0, 0),
        Pages::Written => (PM_SCAN_WP_MATCHING, PAGE_IS_WRITTEN),
        // No page is both in memory and swapped out.
        Pages::Unwatched => (PM_SCAN_CHECK_WPASYNC, PAGE_IS_PRESENT | PAGE_IS_SWAPPED),
    };
    let mut scan = Scan {
        size: size_of::<Scan>() as u64,
        flags,
        start: range.start,
        end: range.end,
        walk_end: 0,
        vec: room.as_mut_ptr() as u64,
        vec_len: room.len() as u64,
        max_pages: 0,
        category_inverted: 0,
        category_mask: PAGE_IS_WPALLOWED | wanted,
        category_anyof_mask: PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
        return_mask: PAGE_IS_WPALLOWED | PAGE_IS_WRITTEN | PAGE_IS_SWAPPED,
    };
    let found = ioctl(pagemap, PAGEMAP_SCAN, (&raw mut scan) as i64);
    let found = usize::try_from(found).ok()?;
    (scan.walk_end >= range.end).then_some(found)
}

fn open_faults() -> Option<c_int> {
    let flags = i64::from(libc::O_CLOEXEC | libc::O_NONBLOCK) | UFFD_USER_MODE_ONLY;
    let fd = c_int::try_from(sys::sys(libc::SYS_userfaultfd, &[flags]).ok()?).ok()?;
    let features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_ASYNC;
    let mut argument = [UFFD_API, features, 0];
    if ioctl(fd, UFFDIO_API, argument.as_mut_ptr() as i64) == 0 {
        return Some(fd);
    }
    sys::close(fd);
    None
}

/// Opens a file for reading, under this number.
pub(super) fn open_as(path: &CStr, number: c_int) -> bool {
    open(path).is_some_and(|fd| sys::renumber(fd, number).is_ok())
}

fn open(path: &CStr) -> Option<c_int> {
    sys::open(path, libc::O_RDONLY, 0).ok()
}

fn ioctl(fd: c_int, what: i64, argument: i64) -> i64 {
    raw::syscall(libc::SYS_ioctl, [i64::from(fd), what, argument, 0, 0, 0])
}
