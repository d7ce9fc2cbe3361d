//! The image of a process: its pages as they were, what the kernel knew of it, and how both come back.
//!
//! It lies in memory that is no part of itself. Does not know runs, nor whose stack it is called on. Invariant: nothing here
//! allocates, or writes to memory that is put back but to put it back.

use core::ffi::c_int;
use core::ops::Range;

use super::maps::{self, Mapping};
use super::tracker::{self, Pages, Region};
use crate::disk::sys;
use crate::symbols::raw;

const MAPPINGS: usize = 2048;
const PIECES: usize = 1 << 14;
const REGIONS: usize = 1 << 15;
const TEXT: usize = 1 << 18;
/// A process that took so many pages more than its image has is dearer to put back than to replace.
const MORE_PAGES: u64 = 4096;
/// After so many turns pages are protected again, so that those that one of the runs wrote are not put back for ever.
const PROTECT_EVERY: u64 = 256;

/// Pages from one address to another, and where their copy lies.
#[derive(Clone, Copy)]
#[repr(C)]
struct Piece {
    start: usize,
    end: usize,
    copy: usize,
}

/// An image. Zeroes are one that was not taken.
#[repr(C)]
pub(super) struct Image {
    /// Where the process goes on.
    pub(super) stack_pointer: usize,
    /// How long the request is that waits.
    pub(super) asked: usize,
    /// Whether it can be put back.
    pub(super) taken: bool,
    turns: u64,
    /// Where the C library's heap may end: `brk(2)`.
    heap_end: i64,
    blocked: u64,
    size: Size,
    /// Descriptors that were open.
    files: i64,
    store: Range<usize>,
    mappings_count: usize,
    mappings: [Mapping; MAPPINGS],
    /// Room for those of now.
    others: [Mapping; MAPPINGS],
    pieces_count: usize,
    pieces: [Piece; PIECES],
    regions: [Region; REGIONS],
    text: [u8; TEXT],
    /// `/proc/pid/maps`, as it was.
    text_then: [u8; TEXT],
    text_length: usize,
}

impl Image {
    /// Takes the image of all that this process can write, but for `store`, into `room`. Says whether it can be put back.
    pub(super) fn take(&mut self, room: Range<usize>, store: Range<usize>) -> bool {
        self.store = store;
        self.heap_end = raw::syscall(libc::SYS_brk, [0; 6]);
        self.blocked = signal_mask(None);
        self.note_mappings()
            && tracker::begin()
            && self.mappings().iter().filter(|mapping| mapping.kind.is_own()).all(watch)
            && self.copy(room)
            && self.pieces().iter().all(|piece| tracker::protect(&(piece.start..piece.end)))
            && tracker::open_as(c"/proc/self/statm", super::STATM_FD)
            && tracker::open_as(c"/proc/self/fd", super::FILES_FD)
            && self.note_size()
            // What is watched may be shown apart from what it was shown with before.
            && self.note_mappings()
    }

    fn mappings(&self) -> &[Mapping] {
        &self.mappings[..self.mappings_count]
    }

    /// Where the last mapping ends that this process can write.
    fn end(&self) -> usize {
        self.mappings().iter().rfind(|mapping| mapping.kind.is_own()).map_or(0, |mapping| mapping.end)
    }

    fn pieces(&self) -> &[Piece] {
        &self.pieces[..self.pieces_count]
    }

    fn note_mappings(&mut self) -> bool {
        let length = maps::read_text(&mut self.text_then);
        let text = length.map(|length| &self.text_then[..length]);
        let count = text.and_then(|text| maps::parse_text(text, &self.store, &mut self.mappings));
        (self.text_length, self.mappings_count) = (length.unwrap_or(0), count.unwrap_or(0));
        count.is_some()
    }

    fn note_size(&mut self) -> bool {
        let (size, files) = (Size::now(), open_now());
        (self.size, self.files) = (size.unwrap_or_default(), files.unwrap_or_default());
        size.is_some() && files.is_some()
    }

    /// Copies every page that holds something.
    fn copy(&mut self, room: Range<usize>) -> bool {
        let Some(count) = tracker::pages(Pages::Present, self.end(), &mut self.regions) else { return false };
        let mut free = room.start;
        let regions = self.regions.iter().take(count);
        let Some(pieces) = self.pieces.get_mut(..count) else { return false };
        for (piece, region) in pieces.iter_mut().zip(regions) {
            let range = addresses(region);
            let bytes = range.end - range.start;
            if room.end - free < bytes {
                return false;
            }
            // SAFETY: the kernel says that these pages are ours and there; the room is our own, long enough, and apart.
            unsafe { core::ptr::copy_nonoverlapping(range.start as *const u8, free as *mut u8, bytes) };
            *piece = Piece { start: range.start, end: range.end, copy: free };
            free += bytes;
        }
        self.pieces_count = count;
        self.has_files()
    }

    /// Whether every page of a file was copied: it may have been let go again before.
    fn has_files(&self) -> bool {
        self.mappings().iter().filter(|mapping| mapping.kind.is_own() && mapping.kind.is_of_file()).all(
            |mapping| {
                let part =
                    |piece: &Piece| piece.end.min(mapping.end).saturating_sub(piece.start.max(mapping.start));
                self.pieces().iter().map(part).sum::<usize>() == mapping.end - mapping.start
            },
        )
    }

    /// Undoes in the kernel what a run did, and says whether the image can be put back: everything is mapped as it was. Unless
    /// somebody asked for a change of that, only what the C library does by itself can have changed it, which is to take more.
    pub(super) fn settle(&mut self) -> bool {
        if !self.taken {
            return false;
        }
        quiet();
        if open_now() != Some(self.files) {
            close_others();
            if open_now() != Some(self.files) {
                return false;
            }
        }
        signal_mask(Some(self.blocked));
        match raw::syscall(libc::SYS_brk, [0; 6]) {
            end if end < self.heap_end => return false,
            end if end > self.heap_end => _ = raw::syscall(libc::SYS_brk, [self.heap_end, 0, 0, 0, 0, 0]),
            _ => {}
        }
        Size::now().is_some_and(|now| {
            now.resident < self.size.resident + MORE_PAGES
                && (!super::is_changed() && now.is_mapped_as(&self.size) || self.mend_mappings())
        })
    }

    /// Takes away what was not mapped when the image was taken, and maps again what is missing. Says whether all is as it was.
    fn mend_mappings(&mut self) -> bool {
        let Some(length) = maps::read_text(&mut self.text) else { return false };
        let text = &self.text[..length];
        if text == &self.text_then[..self.text_length] {
            return self.mappings().iter().all(is_watched);
        }
        let Some(count) = maps::parse_text(text, &self.store, &mut self.others) else { return false };
        let (known, now) = (&self.mappings[..self.mappings_count], &self.others[..count]);
        let mut same = maps::agree(known, now);
        maps::in_both(now, known, |kept| same &= is_watched(&kept));
        maps::only_in(now, known, |stranger| same &= unmap(stranger.range()));
        maps::only_in(known, now, |missing| same &= Self::map_again(missing));
        same
    }

    /// Maps a range as it was. What was in it is put back as all that is gone is.
    fn map_again(missing: Mapping) -> bool {
        let Some(rights) = missing.kind.rights_of_own_memory() else { return false };
        let Range { start, end } = missing.range();
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
        let bytes = (end - start).cast_signed() as i64;
        let arguments = [start as i64, bytes, i64::from(rights), i64::from(flags), -1, 0];
        if raw::syscall(libc::SYS_mmap, arguments) != start as i64 {
            return false;
        }
        !missing.kind.is_own() || tracker::register(&missing.range())
    }

    /// Puts every page back that was written or is gone. Nothing that lies in them is in use.
    pub(super) fn put_back(&mut self) {
        let Some(count) = tracker::pages(Pages::Present, self.end(), &mut self.regions) else {
            crate::crash::die("photofinish: bug: the pages that a run wrote could not be read", b"");
        };
        let (pieces, there) = (&self.pieces[..self.pieces_count], &self.regions[..count]);
        let mut next = 0;
        for region in there.iter().filter(|region| region.is_written()) {
            let Range { start: mut at, end } = addresses(region);
            while at < end {
                while pieces.get(next).is_some_and(|piece| piece.end <= at) {
                    next += 1;
                }
                at = match pieces.get(next).filter(|piece| piece.start < end) {
                    Some(piece) if piece.start <= at => restore(piece, at..end.min(piece.end)),
                    Some(piece) => clear(at..piece.start),
                    None => clear(at..end),
                };
            }
        }
        put_back_what_is_gone(pieces, there);
        self.turns += 1;
        if self.turns.is_multiple_of(PROTECT_EVERY) {
            tracker::pages(Pages::Written, self.end(), &mut self.regions);
        }
    }
}

/// A page of the image that was let go, as by madvise(2), or was in a mapping that was taken away.
fn put_back_what_is_gone(pieces: &[Piece], there: &[Region]) {
    let mut next = 0;
    for piece in pieces {
        let mut at = piece.start;
        while at < piece.end {
            while there.get(next).is_some_and(|region| addresses(region).end <= at) {
                next += 1;
            }
            let region = there.get(next).map_or(piece.end..piece.end, addresses);
            if at < region.start {
                restore(piece, at..region.start.min(piece.end));
            }
            at = region.end.max(region.start.min(piece.end));
        }
    }
}

/// Lets writes to a mapping be noted.
fn watch(mapping: &Mapping) -> bool {
    // What was never touched of a file is not there, and yet not empty.
    tracker::register(&mapping.range()) && (!mapping.kind.is_of_file() || tracker::has_all(&mapping.range()))
}

/// Whether a mapping is the one that was there: another in its place would not be watched.
fn is_watched(mapping: &Mapping) -> bool {
    !mapping.kind.is_own() || tracker::is_watched(mapping.start)
}

/// Copies a part of a piece back, and says where it ends.
fn restore(piece: &Piece, range: Range<usize>) -> usize {
    let from = piece.copy + (range.start - piece.start);
    let bytes = range.end - range.start;
    // SAFETY: both are inside their mappings: `copy` filled the piece's copy from these addresses, which are mapped as then.
    unsafe { core::ptr::copy_nonoverlapping(from as *const u8, range.start as *mut u8, bytes) };
    range.end
}

/// Empties pages that were not there, and says where they end.
fn clear(range: Range<usize>) -> usize {
    // SAFETY: the kernel says that these pages are there and can be written; when the image was taken they were empty.
    unsafe { core::ptr::write_bytes(range.start as *mut u8, 0, range.end - range.start) };
    range.end
}

fn addresses(region: &Region) -> Range<usize> {
    let address = |at| usize::try_from(at).expect("addresses fit");
    address(region.start)..address(region.end)
}

fn unmap(range: Range<usize>) -> bool {
    let bytes = (range.end - range.start).cast_signed() as i64;
    raw::syscall(libc::SYS_munmap, [range.start as i64, bytes, 0, 0, 0, 0]) == 0
}

/// Stops the watchdog.
fn quiet() {
    let never = [0_i64; 4];
    let timer = never.as_ptr() as i64;
    raw::syscall(libc::SYS_setitimer, [i64::from(libc::ITIMER_REAL), timer, 0, 0, 0, 0]);
}

/// Closes what the run left open, by the numbers that its files can have, which looks at every one of them.
fn close_others() {
    let (first, last) = (i64::from(crate::server::PLACEHOLDERS), i64::from(crate::server::HOLDER_FD - 1));
    for (first, last) in [(first, last), (i64::from(super::FDS.end), i64::from(c_int::MAX))] {
        raw::syscall(libc::SYS_close_range, [first, last, 0, 0, 0, 0]);
    }
}

/// The signals that are blocked, which are set if there are any to set.
fn signal_mask(set: Option<u64>) -> u64 {
    let mut before = 0_u64;
    let new = set.as_ref().map_or(0, |set| core::ptr::from_ref(set) as i64);
    let arguments = [i64::from(libc::SIG_SETMASK), new, (&raw mut before) as i64, 8, 0, 0];
    raw::syscall(libc::SYS_rt_sigprocmask, arguments);
    before
}

/// How many descriptors this process has: the size of `/proc/pid/fd`.
fn open_now() -> Option<i64> {
    sys::fstat(super::FILES_FD).ok().map(|folder| folder.st_size)
}

/// Pages of this process, by `/proc/pid/statm`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Size {
    /// That are mapped.
    all: u64,
    /// That are there.
    resident: u64,
    /// That are mapped and can be written, and stacks.
    data: u64,
}

impl Size {
    fn now() -> Option<Self> {
        let mut text = [0_u8; 128];
        let room =
            [i64::from(super::STATM_FD), text.as_mut_ptr() as i64, text.len().cast_signed() as i64, 0, 0, 0];
        let length = usize::try_from(raw::syscall(libc::SYS_pread64, room)).ok()?;
        let text = core::str::from_utf8(text.get(..length)?).ok()?;
        let mut words = text.split_ascii_whitespace().map(|word| word.parse().ok());
        let [all, resident, _shared, _text, _library, data] =
            core::array::from_fn(|_| words.next().flatten());
        Some(Self { all: all?, resident: resident?, data: data? })
    }

    fn is_mapped_as(&self, other: &Self) -> bool {
        (self.all, self.data) == (other.all, other.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_put_back_and_nothing_else() {
        // Pieces of three and two bytes with one between them, all of which are there or not.
        const COPY: [u8; 6] = [1, 2, 3, 0, 5, 6];
        for there in 0..1_u8 << COPY.len() {
            let mut memory = [9; COPY.len()];
            let (base, copy) = (memory.as_mut_ptr() as usize, COPY.as_ptr() as usize);
            let piece = |range: Range<usize>| Piece {
                start: base + range.start,
                end: base + range.end,
                copy: copy + range.start,
            };
            let pieces = [piece(0..3), piece(4..6)];
            let is_there = |at: &usize| there & (1 << at) != 0;
            let regions: Vec<_> =
                (0..COPY.len()).filter(is_there).map(|at| Region::of(base + at..base + at + 1)).collect();
            put_back_what_is_gone(&pieces, &regions);
            let wanted = |at: usize| if is_there(&at) || at == 3 { 9 } else { COPY[at] };
            assert_eq!(memory, core::array::from_fn(wanted), "{there:b}");
        }
    }
}
