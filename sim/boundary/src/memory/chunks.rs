//! The checked heap: blocks between guarded edges, and freed blocks that are filled and rest before they are used again.
//!
//! Knows addresses and bytes, and nothing of runs, threads or stacks. Invariant: what it reads of itself was sealed by it: a program
//! that writes anywhere into the region is found out, and never believed.
//!
//! A chunk is a head, an edge, the block, and an edge:
//!
//! ```text
//! start                    start + HEAD          block - 8    block        block + size            start + length
//! | seal kind size block next | EDGE … EDGE EDGE | way back | the program's … | EDGE EDGE … EDGE, then nothing |
//! ```

use photofinish_sim::heap::{Seen, Wrong};

use super::region::Region;

/// What a freed block is filled with. As an address no processor accepts it.
pub(crate) const POISON: u8 = 0xdf;
/// What stands before and behind a block.
const EDGE: u8 = 0xfb;
/// Of a freed block so many bytes are filled and looked at.
const POISONED_MAX: usize = 64 << 10;
/// Bytes of freed chunks that rest; the last one freed rests whatever its size.
pub(crate) const RESTING_MAX: usize = 1 << 20;
/// So many calls lie between two looks at all that rests.
pub(crate) const LOOK_EVERY: u64 = 1_024;
/// Of an edge so many bytes are kept.
const EDGE_MAX: usize = 128;
const EDGE_LEAST: usize = 16;
/// What malloc(3) aligns to.
pub(crate) const ALIGN: usize = 16;

const WORD: usize = size_of::<usize>();
/// The words of a head, which a seal stands before.
const HEAD: usize = 5 * WORD;
/// From a chunk's start to a block that asks for no alignment of its own.
const BEFORE: usize = HEAD + EDGE_LEAST + WORD;
const LEAST_LOG: u32 = 7;
/// Sizes of chunks: four to each doubling, from 128 bytes on.
const CLASSES: usize = 4 * 36;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Live,
    Resting,
    Free,
}

#[derive(Clone, Copy, Debug)]
struct Chunk {
    start: usize,
    class: usize,
    state: State,
    size: usize,
    block: usize,
    next: usize,
}

/// What was found wrong, and with which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) wrong: Wrong,
    /// Address and size of the block, if it is known.
    pub(crate) block: Option<(usize, usize)>,
    /// Counted from the block's first byte.
    pub(crate) offset: i64,
    pub(crate) seen: Seen,
}

/// What a block holds when it is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Any,
    Zero,
}

/// A heap in a region of its own.
pub(crate) struct Chunks {
    region: Region,
    top: usize,
    /// By class: the start of a free chunk, which knows the next; 0 is none.
    free: [usize; CLASSES],
    /// Chunks that rest, from the one that was freed first: each knows the next.
    oldest: usize,
    newest: usize,
    resting: usize,
    calls: u64,
}

fn class_of(whole: usize) -> usize {
    let log = (whole - 1).max(1).ilog2();
    if log < LEAST_LOG {
        return 0;
    }
    let step = (whole - 1 - (1 << log)) >> (log - 2);
    4 * (log - LEAST_LOG) as usize + step + 1
}

fn length_of(class: usize) -> usize {
    let log = LEAST_LOG as usize + class / 4;
    (1 << log) + (class % 4) * (1 << (log - 2))
}

/// What the word before a block is: an address that no program writes by chance.
fn way_back(start: usize) -> usize {
    start ^ 0x5bd1_e995_9ddf_ea08_u64 as usize
}

impl Chunk {
    fn end(&self) -> usize {
        self.start + length_of(self.class)
    }

    fn kind(&self) -> usize {
        self.class << 2 | self.state as usize
    }

    fn seal(&self) -> usize {
        let words = [self.kind(), self.size, self.block, self.next];
        words.iter().fold(self.start ^ 0x9e37_79b9_7f4a_7c15_u64 as usize, |seal, word| {
            (seal ^ word).wrapping_mul(0xa076_1d64_78bd_642f_u64 as usize).rotate_left(29)
        })
    }

    /// The edge before the block, as its start and length.
    fn front(&self) -> (usize, usize) {
        let end = self.block - WORD;
        let length = (end - self.start - HEAD).min(EDGE_MAX);
        (end - length, length)
    }

    /// The edge behind the block.
    fn back(&self) -> (usize, usize) {
        let start = self.block + self.size;
        (start, (self.end() - start).min(EDGE_MAX))
    }

    fn fault(&self, wrong: Wrong, at: usize, seen: Seen) -> Fault {
        let offset = at.wrapping_sub(self.block).cast_signed() as i64;
        Fault { wrong, block: Some((self.block, self.size)), offset, seen }
    }
}

impl Chunks {
    pub(crate) fn new(region: Region) -> Self {
        let top = region.base();
        Self { region, top, free: [0; CLASSES], oldest: 0, newest: 0, resting: 0, calls: 0 }
    }

    /// Whether an address lies where blocks do.
    pub(crate) fn holds(&self, at: usize) -> bool {
        self.region.holds(at)
    }

    /// A block of `size` bytes at a multiple of `align`, a power of two; none if there is no room.
    ///
    /// # Errors
    /// Memory that was free is not as it was left.
    pub(crate) fn take(
        &mut self,
        size: usize,
        align: usize,
        content: Content,
    ) -> Result<Option<usize>, Fault> {
        self.look_now_and_then()?;
        let more = if align > ALIGN { align } else { 0 };
        let Some(whole) = size.checked_add(BEFORE + EDGE_LEAST + more) else { return Ok(None) };
        if whole > self.region.end() - self.region.base() {
            return Ok(None);
        }
        let class = class_of(whole);
        let (start, fresh) = match self.free[class] {
            0 => match self.extend(class) {
                None => return Ok(None),
                Some(start) => (start, true),
            },
            start => {
                let chunk = self.chunk_resting_at(start)?;
                self.check(&chunk, Seen::Reuse)?;
                self.free[class] = chunk.next;
                (start, false)
            }
        };
        let block = (start + BEFORE).next_multiple_of(align.max(ALIGN));
        let chunk = Chunk { start, class, state: State::Live, size, block, next: 0 };
        self.write(&chunk);
        self.region.set_word(block - WORD, way_back(start));
        for (edge, length) in [chunk.front(), chunk.back()] {
            self.region.fill(edge, EDGE, length);
        }
        if content == Content::Zero && !fresh {
            self.region.fill(block, 0, size);
        }
        Ok(Some(block))
    }

    fn extend(&mut self, class: usize) -> Option<usize> {
        let start = self.top;
        let length = length_of(class);
        if length > self.region.end() - start {
            return None;
        }
        self.top += length;
        Some(start)
    }

    /// Takes a block back: it is filled, and rests.
    ///
    /// # Errors
    /// No block begins there, it is free already, or somebody wrote where it was not his to.
    pub(crate) fn give_back(&mut self, block: usize) -> Result<(), Fault> {
        self.look_now_and_then()?;
        let chunk = self.live(block)?;
        self.region.fill(block, POISON, chunk.size.min(POISONED_MAX));
        self.write(&Chunk { state: State::Resting, ..chunk });
        if self.newest == 0 {
            self.oldest = chunk.start;
        } else {
            let newest = self.chunk_resting_at(self.newest)?;
            self.write(&Chunk { next: chunk.start, ..newest });
        }
        self.newest = chunk.start;
        self.resting += length_of(chunk.class);
        while self.resting > RESTING_MAX && self.oldest != self.newest {
            let oldest = self.chunk_resting_at(self.oldest)?;
            self.check(&oldest, Seen::Reuse)?;
            self.oldest = oldest.next;
            self.resting -= length_of(oldest.class);
            self.write(&Chunk { state: State::Free, next: self.free[oldest.class], ..oldest });
            self.free[oldest.class] = oldest.start;
        }
        Ok(())
    }

    /// The size of a block of the program's that is as it should be.
    ///
    /// # Errors
    /// As for [`Self::give_back`].
    pub(crate) fn size(&self, block: usize) -> Result<usize, Fault> {
        self.live(block).map(|chunk| chunk.size)
    }

    pub(crate) fn copy(&self, from: usize, to: usize, bytes: usize) {
        self.region.copy(from, to, bytes);
    }

    /// The freed block that an address lies in or at the edge of.
    pub(crate) fn freed_around(&self, at: usize) -> Option<usize> {
        let chunk = self.around(at).ok()??;
        (chunk.state != State::Live).then_some(chunk.block)
    }

    /// Looks at every block there ever was.
    ///
    /// # Errors
    /// Somebody wrote where it was not his to.
    pub(crate) fn look_at_all(&self, seen: Seen) -> Result<(), Fault> {
        self.visit(seen, |chunk| self.check(chunk, seen).map(|()| None::<()>)).map(|_| ())
    }

    fn look_now_and_then(&mut self) -> Result<(), Fault> {
        self.calls += 1;
        if !self.calls.is_multiple_of(LOOK_EVERY) {
            return Ok(());
        }
        let mut start = self.oldest;
        while start != 0 {
            let chunk = self.chunk_resting_at(start)?;
            self.check(&chunk, Seen::Look)?;
            start = chunk.next;
        }
        Ok(())
    }

    /// The block at an address, if it is the program's and nobody wrote to its edges.
    fn live(&self, block: usize) -> Result<Chunk, Fault> {
        let Some(chunk) = self.chunk_of(block) else { return Err(self.why_no_block(block)) };
        if chunk.state != State::Live {
            return Err(chunk.fault(Wrong::DoubleFree, block, Seen::Call));
        }
        self.check(&chunk, Seen::Call)?;
        Ok(chunk)
    }

    fn why_no_block(&self, at: usize) -> Fault {
        match self.around(at) {
            Err(fault) => fault,
            Ok(None) => Fault { wrong: Wrong::WildFree, block: None, offset: 0, seen: Seen::Call },
            // Nothing leads from the block to its chunk any more.
            Ok(Some(chunk)) if chunk.block == at => self
                .check(&chunk, Seen::Call)
                .err()
                .unwrap_or(chunk.fault(Wrong::WriteBefore, at, Seen::Call)),
            Ok(Some(chunk)) => chunk.fault(Wrong::WildFree, at, Seen::Call),
        }
    }

    /// The chunk that an address lies in.
    fn around(&self, at: usize) -> Result<Option<Chunk>, Fault> {
        let inside = |chunk: &Chunk| chunk.start <= at && at < chunk.end();
        self.visit(Seen::Call, |chunk| Ok(inside(chunk).then_some(*chunk)))
    }

    /// Looks at every chunk until one gives an answer.
    fn visit<T>(
        &self,
        seen: Seen,
        mut look: impl FnMut(&Chunk) -> Result<Option<T>, Fault>,
    ) -> Result<Option<T>, Fault> {
        let (mut start, mut before) = (self.region.base(), None::<Chunk>);
        while start < self.top {
            let Some(chunk) = self.chunk_at(start) else {
                let unknown = Fault { wrong: Wrong::WriteBefore, block: None, offset: 0, seen };
                return Err(before.and_then(|chunk| self.check(&chunk, seen).err()).unwrap_or(unknown));
            };
            if let Some(answer) = look(&chunk)? {
                return Ok(Some(answer));
            }
            start = chunk.end();
            before = Some(chunk);
        }
        Ok(None)
    }

    /// Whether nobody wrote to the edges of a chunk, nor to the block if it is free.
    fn check(&self, chunk: &Chunk, seen: Seen) -> Result<(), Fault> {
        let free = chunk.state != State::Live;
        let wrong = |wrong| if free { Wrong::WriteAfterFree } else { wrong };
        if free
            && let Some(at) = self.region.first_other_than(chunk.block, POISON, chunk.size.min(POISONED_MAX))
        {
            return Err(chunk.fault(Wrong::WriteAfterFree, chunk.block + at, seen));
        }
        for ((edge, length), what) in [(chunk.back(), Wrong::WritePast), (chunk.front(), Wrong::WriteBefore)]
        {
            if let Some(at) = self.region.first_other_than(edge, EDGE, length) {
                return Err(chunk.fault(wrong(what), edge + at, seen));
            }
        }
        let at = chunk.block - WORD;
        let changed = self.region.word(at) ^ way_back(chunk.start);
        if changed != 0 {
            // Little-endian: the lowest bits lie first.
            return Err(chunk.fault(
                wrong(Wrong::WriteBefore),
                at + changed.trailing_zeros() as usize / 8,
                seen,
            ));
        }
        Ok(())
    }

    fn chunk_of(&self, block: usize) -> Option<Chunk> {
        let lowest = self.region.base() + BEFORE;
        if block < lowest || block >= self.top || !block.is_multiple_of(ALIGN) {
            return None;
        }
        let start = way_back(self.region.word(block - WORD));
        self.chunk_at(start).filter(|chunk| chunk.block == block)
    }

    /// A chunk that we put into a list.
    fn chunk_resting_at(&self, start: usize) -> Result<Chunk, Fault> {
        let broken = || match self.look_at_all(Seen::Look) {
            Err(fault) => fault,
            Ok(()) => crate::crash::die("photofinish: bug: the checked heap lost a chunk", b""),
        };
        self.chunk_at(start).ok_or_else(broken)
    }

    /// The chunk that begins at an address, if one does and its head is as we sealed it.
    fn chunk_at(&self, start: usize) -> Option<Chunk> {
        if start < self.region.base() || start >= self.top || !start.is_multiple_of(ALIGN) {
            return None;
        }
        let [seal, kind, size, block, next] =
            core::array::from_fn(|word| self.region.word(start + word * WORD));
        let state =
            [State::Live, State::Resting, State::Free].into_iter().find(|s| *s as usize == kind & 3)?;
        let chunk = Chunk { start, class: kind >> 2, state, size, block, next };
        (chunk.seal() == seal).then_some(chunk)
    }

    fn write(&self, chunk: &Chunk) {
        let words = [chunk.seal(), chunk.kind(), chunk.size, chunk.block, chunk.next];
        for (index, word) in words.into_iter().enumerate() {
            self.region.set_word(chunk.start + index * WORD, word);
        }
    }
}

#[cfg(test)]
#[path = "chunks_tests.rs"]
mod tests;
