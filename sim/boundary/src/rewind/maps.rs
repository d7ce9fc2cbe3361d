//! The mappings of this process: `/proc/pid/maps`, read without allocating.
//!
//! Does not know what they are for. Invariant: mappings come in ascending order and do not overlap.

use core::ffi::c_int;
use core::ops::Range;

use crate::disk::sys;
use crate::symbols::raw;

/// What may be done with a mapping, and what lies behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Kind {
    /// `r`, `w`, `x` and `p` or `s`, as they stand in the file.
    rights: [u8; 4],
    /// The file behind it: its device, as it stands in the file, and its number; zeroes for none.
    file: (u64, u64),
    /// Where the file would begin in memory.
    origin: usize,
}

impl Kind {
    /// Whether it is of a file.
    pub(super) fn is_of_file(self) -> bool {
        self.file != (0, 0)
    }

    /// Whether it is this process' own, and can be written.
    pub(super) fn is_own(self) -> bool {
        self.rights[1] == b'w' && self.rights[3] == b'p'
    }

    /// What mmap(2) is told to make one such; `None` for what is not plain memory of this process.
    pub(super) fn rights_of_own_memory(self) -> Option<c_int> {
        let [read, write, execute, private] = self.rights;
        let right = |has, right| if has { right } else { libc::PROT_NONE };
        (private == b'p' && !self.is_of_file()).then_some(
            right(read == b'r', libc::PROT_READ)
                | right(write == b'w', libc::PROT_WRITE)
                | right(execute == b'x', libc::PROT_EXEC),
        )
    }
}

/// One mapping.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Mapping {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
}

impl Mapping {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Understands the text, but for what lies in `without`; how many mappings, or `None` if they do not fit.
pub(super) fn parse_text(text: &[u8], without: &Range<usize>, room: &mut [Mapping]) -> Option<usize> {
    let mut count = 0;
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mapping = parse(line)?;
        for part in [
            Mapping { end: mapping.end.min(without.start), ..mapping },
            Mapping { start: mapping.start.max(without.end), ..mapping },
        ] {
            if part.start < part.end {
                *room.get_mut(count)? = part;
                count += 1;
            }
        }
    }
    Some(count)
}

/// Calls back with every part of `these` that is not in `those`.
pub(super) fn only_in(these: &[Mapping], those: &[Mapping], mut visit: impl FnMut(Mapping)) {
    let mut next = 0;
    for mapping in these {
        let mut at = mapping.start;
        while at < mapping.end {
            while those.get(next).is_some_and(|other| other.end <= at) {
                next += 1;
            }
            let other = those.get(next).map_or(mapping.end..mapping.end, Mapping::range);
            let end = other.start.min(mapping.end);
            if at < end {
                visit(Mapping { start: at, end, ..*mapping });
            }
            at = other.end.max(end);
        }
    }
}

/// Calls back with every part of `these` that is in `those`, too.
pub(super) fn in_both(these: &[Mapping], those: &[Mapping], mut visit: impl FnMut(Mapping)) {
    let mut next = 0;
    for mapping in these {
        while those.get(next).is_some_and(|other| other.end <= mapping.start) {
            next += 1;
        }
        for other in those[next..].iter().take_while(|other| other.start < mapping.end) {
            visit(Mapping {
                start: mapping.start.max(other.start),
                end: mapping.end.min(other.end),
                ..*mapping
            });
        }
    }
}

/// Whether what is in both is of one kind.
pub(super) fn agree(these: &[Mapping], those: &[Mapping]) -> bool {
    let mut next = 0;
    these.iter().all(|mapping| {
        while those.get(next).is_some_and(|other| other.end <= mapping.start) {
            next += 1;
        }
        let others = those[next..].iter().take_while(|other| other.start < mapping.end);
        others.into_iter().all(|other| other.kind == mapping.kind)
    })
}

/// Reads the file; how long it is, or `None` if it does not fit.
pub(super) fn read_text(text: &mut [u8]) -> Option<usize> {
    let fd = sys::open(c"/proc/self/maps", libc::O_RDONLY, 0).ok()?;
    let mut length = 0;
    let whole = loop {
        match read_some(fd, &mut text[length..]) {
            Some(0) => break length < text.len(),
            Some(more) => length += more,
            None => break false,
        }
    };
    sys::close(fd);
    whole.then_some(length)
}

fn read_some(fd: c_int, room: &mut [u8]) -> Option<usize> {
    let arguments = [i64::from(fd), room.as_mut_ptr() as i64, room.len().cast_signed() as i64, 0, 0, 0];
    usize::try_from(raw::syscall(libc::SYS_read, arguments)).ok()
}

/// `7ffff7fbd000-7ffff7fc1000 r--p 00000000 00:00 0   [vvar]`.
fn parse(line: &[u8]) -> Option<Mapping> {
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let mut ends = words.next()?.split(|byte| *byte == b'-');
    let start = hexadecimal(ends.next()?)?;
    let end = hexadecimal(ends.next()?)?;
    let rights = words.next()?.try_into().ok()?;
    let offset = hexadecimal(words.next()?)?;
    let device = words.next()?;
    let inode = core::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    let (file, origin) = match inode {
        0 => ((0, 0), 0),
        inode => (
            (device.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), inode),
            start.wrapping_sub(offset),
        ),
    };
    Some(Mapping { start, end, kind: Kind { rights, file, origin } })
}

fn hexadecimal(digits: &[u8]) -> Option<usize> {
    digits.iter().try_fold(0_usize, |number, digit| {
        let digit = (*digit as char).to_digit(16)? as usize;
        number.checked_mul(16)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_understood_or_refused() {
        let mapping =
            parse(b"7ffff7fbd000-7ffff7fc1000 rw-p 00000000 00:00 0          [heap]").expect("a mapping");
        assert_eq!(mapping.range(), 0x7fff_f7fb_d000..0x7fff_f7fc_1000);
        assert!(mapping.kind.is_own() && !mapping.kind.is_of_file());
        let file = parse(b"1000-2000 r-xp 00001000 fe:00 42 /usr/lib/a name").expect("a mapping");
        assert!(!file.kind.is_own() && file.kind.is_of_file());
        let next = parse(b"2000-3000 r-xp 00002000 fe:00 42 /usr/lib/a name").expect("a mapping");
        let other = parse(b"2000-3000 r-xp 00002000 fe:00 43 /usr/lib/another").expect("a mapping");
        assert!(file.kind == next.kind && next.kind != other.kind);
        for bad in [&b"1000-2000"[..], b"1000 rw-p 0 0 0", b"1000-zz rw-p 0 0:0 0", b"1000-2000 rw 0 0:0 0"] {
            assert!(parse(bad).is_none(), "{}", String::from_utf8_lossy(bad));
        }
    }

    fn mapping(start: usize, end: usize) -> Mapping {
        Mapping { start, end, kind: Kind { rights: *b"rw-p", file: (0, 0), origin: 0 } }
    }

    fn ours(text: &mut [u8], without: &Range<usize>) -> Vec<Mapping> {
        let mut room = vec![mapping(0, 0); 4096];
        let length = read_text(text).expect("all fits");
        let count = parse_text(&text[..length], without, &mut room).expect("all fit");
        room.truncate(count);
        room
    }

    #[test]
    fn a_piece_can_be_left_out_of_the_middle() {
        let mut text = vec![0; 1 << 20];
        let whole = ours(&mut text, &(0..0));
        assert!(whole.windows(2).all(|two| two[0].end <= two[1].start));
        let of_code = parse as *const () as usize;
        let around =
            whole.iter().find(|mapping| mapping.range().contains(&of_code)).expect("our own code is mapped");
        let hole = around.start + 4096..around.start + 8192;
        let parts = ours(&mut text, &hole);
        assert!(parts.iter().any(|part| part.range() == (around.start..hole.start)));
        assert!(parts.iter().all(|part| part.end <= hole.start || part.start >= hole.end));
    }

    #[test]
    fn what_does_not_fit_is_not_read_in_part() {
        assert!(read_text(&mut [0; 64]).is_none());
        let mut text = vec![0; 1 << 20];
        let length = read_text(&mut text).expect("it fits");
        assert!(parse_text(&text[..length], &(0..0), &mut [mapping(0, 0); 2]).is_none());
    }

    /// By page, whether it is in one of these.
    fn pages(of: &[Mapping]) -> Vec<bool> {
        (0..64).map(|page| of.iter().any(|mapping| mapping.range().contains(&page))).collect()
    }

    #[test]
    fn the_difference_is_what_is_in_one_alone() {
        // Every set of mappings that begin and end at bits of a number, twice.
        let of = |bits: u32| -> Vec<Mapping> {
            let cuts: Vec<usize> = (0..12).filter(|bit| bits & (1 << bit) != 0).collect();
            cuts.windows(2).step_by(2).map(|cut| mapping(cut[0] * 5, cut[1] * 5)).collect()
        };
        for (one, other) in
            (0..4096).step_by(37).flat_map(|one| (0..4096).step_by(53).map(move |other| (one, other)))
        {
            let (one, other) = (of(one), of(other));
            let mut only = Vec::new();
            only_in(&one, &other, |part| only.push(part));
            let wanted: Vec<bool> = pages(&one).iter().zip(pages(&other)).map(|(a, b)| *a && !b).collect();
            assert_eq!(pages(&only), wanted);
            assert!(only.windows(2).all(|two| two[0].end <= two[1].start), "each part once");
            let mut both = Vec::new();
            in_both(&one, &other, |part| both.push(part));
            let wanted: Vec<bool> = pages(&one).iter().zip(pages(&other)).map(|(a, b)| *a && b).collect();
            assert_eq!(pages(&both), wanted);
        }
    }

    #[test]
    fn a_part_of_another_kind_is_noticed() {
        let all = [mapping(0, 10), mapping(20, 30)];
        let other = Mapping { kind: Kind { rights: *b"r--p", file: (0, 0), origin: 0 }, ..mapping(24, 26) };
        assert!(agree(&all, &[mapping(0, 4), mapping(22, 28)]));
        assert!(!agree(&all, &[mapping(0, 4), mapping(20, 24), other]));
        assert!(agree(&all, &[Mapping { start: 10, end: 20, ..other }]));
    }
}
