//! The checked heap against a model, and against every way to misuse it.

use std::collections::BTreeMap;

use super::*;

const ROOM: usize = 64 << 20;

fn chunks() -> Chunks {
    Chunks::new(Region::map(ROOM).expect("there is address space"))
}

fn take(chunks: &mut Chunks, size: usize) -> usize {
    chunks.take(size, ALIGN, Content::Any).expect("all is well").expect("there is room")
}

#[test]
fn a_chunk_is_long_enough_and_little_longer() {
    for whole in (1..70_000).chain([1 << 20, (1 << 20) + 1, (1 << 33) - 1]) {
        let length = length_of(class_of(whole));
        assert!(length >= whole, "{whole}: {length}");
        assert!(length <= (whole + whole / 4 + 1).max(128), "{whole}: {length}");
        assert!(length.is_multiple_of(32));
    }
}

/// Takes and gives back at random; every block keeps what was written to it, and no two overlap.
#[test]
fn blocks_keep_their_content_and_do_not_overlap() {
    let mut chunks = chunks();
    let mut live: BTreeMap<usize, (usize, u8)> = BTreeMap::new();
    let mut state = 1_u64;
    for round in 0..40_000_u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = (state >> 33) as usize;
        if draw.is_multiple_of(5) || live.len() < 50 {
            let (size, align) = (draw % 5_000, 1 << (draw % 13));
            let content = if draw.is_multiple_of(2) { Content::Zero } else { Content::Any };
            let block = chunks.take(size, align, content).expect("all is well").expect("there is room");
            assert!(block.is_multiple_of(align.max(16)), "round {round}");
            assert!(content == Content::Any || chunks.region.first_other_than(block, 0, size).is_none());
            let before = live.range(..=block).next_back();
            assert!(before.is_none_or(|(at, (size, _))| at + size <= block), "round {round}");
            assert!(live.range(block..).next().is_none_or(|(at, _)| block + size <= *at), "round {round}");
            assert_eq!(chunks.size(block), Ok(size));
            let byte = u8::try_from(draw % 251).expect("a byte");
            chunks.region.fill(block, byte, size);
            live.insert(block, (size, byte));
        } else {
            let block = *live.keys().nth(draw % live.len()).expect("there are some");
            let (size, byte) = live.remove(&block).expect("it is there");
            assert_eq!(chunks.region.first_other_than(block, byte, size), None, "round {round}");
            chunks.give_back(block).expect("all is well");
        }
    }
    assert_eq!(chunks.look_at_all(Seen::End), Ok(()));
}

#[test]
fn what_was_freed_is_used_again_only_after_a_rest() {
    let mut chunks = chunks();
    let first = take(&mut chunks, 40);
    chunks.give_back(first).expect("all is well");
    let length = length_of(class_of(40 + BEFORE + EDGE_LEAST));
    let mut others = 0;
    loop {
        let block = take(&mut chunks, 40);
        if block == first {
            break;
        }
        others += 1;
        chunks.give_back(block).expect("all is well");
    }
    assert_eq!(others, RESTING_MAX / length, "as many as may rest");
}

#[test]
fn a_run_has_no_more_memory_than_its_region() {
    let mut chunks = chunks();
    assert_eq!(chunks.take(ROOM, ALIGN, Content::Any), Ok(None));
    assert_eq!(chunks.take(usize::MAX, ALIGN, Content::Any), Ok(None));
    assert_eq!(chunks.take(100, 1 << 60, Content::Any), Ok(None));
    assert!(chunks.take(ROOM / 2, ALIGN, Content::Any).expect("all is well").is_some());
}

/// What is done to a heap of three neighbours, each of 40 bytes, of which the second is meant.
type Act = fn(&mut Chunks, usize) -> Result<(), Fault>;

fn check(act: Act, expected: (Wrong, i64, Seen)) {
    let mut chunks = chunks();
    let blocks = [(); 3].map(|()| take(&mut chunks, 40));
    let fault = act(&mut chunks, blocks[1]).expect_err("it is a misuse");
    assert_eq!((fault.wrong, fault.offset, fault.seen), expected);
    assert!(fault.block.is_none_or(|block| block == (blocks[1], 40)), "{fault:?}");
}

#[test]
fn a_misuse_is_found_and_named() {
    check(
        |chunks, block| chunks.give_back(block).and_then(|()| chunks.give_back(block)),
        (Wrong::DoubleFree, 0, Seen::Call),
    );
    check(|chunks, block| chunks.give_back(block + 16), (Wrong::WildFree, 16, Seen::Call));
    check(|chunks, block| chunks.give_back(block + 3), (Wrong::WildFree, 3, Seen::Call));
    check(|chunks, _| chunks.give_back(chunks.top + 64), (Wrong::WildFree, 0, Seen::Call));
    for (offset, wrong) in [(40, Wrong::WritePast), (47, Wrong::WritePast), (-1, Wrong::WriteBefore)] {
        let mut heap = chunks();
        let block = take(&mut heap, 40);
        heap.region.fill(block.wrapping_add_signed(offset), 1, 1);
        let fault = heap.give_back(block).expect_err("somebody wrote to the edge");
        assert_eq!((fault.wrong, fault.offset), (wrong, offset as i64), "at {offset}");
    }
    check(
        |chunks, block| {
            chunks.give_back(block)?;
            chunks.region.fill(block + 39, 1, 1);
            chunks.look_at_all(Seen::End)
        },
        (Wrong::WriteAfterFree, 39, Seen::End),
    );
    check(
        |chunks, block| {
            chunks.give_back(block)?;
            chunks.region.fill(block + 8, 0, 1);
            (0..LOOK_EVERY).try_for_each(|_| chunks.look_now_and_then())
        },
        (Wrong::WriteAfterFree, 8, Seen::Look),
    );
    check(
        |chunks, block| {
            // So much that the next chunk's head is gone, too.
            chunks.region.fill(block, 7, 400);
            chunks.look_at_all(Seen::End)
        },
        (Wrong::WritePast, 40, Seen::End),
    );
}

/// Whatever bytes lie where the heap keeps its own, it ends in a fault and not in a panic.
#[test]
fn a_heap_that_was_written_all_over_is_found_out() {
    for offset in 0..600 {
        let mut chunks = chunks();
        let blocks = [(); 4].map(|()| take(&mut chunks, 40));
        chunks.give_back(blocks[1]).expect("all is well");
        let base = chunks.region.base();
        let kept = blocks.iter().any(|block| (*block..block + 40).contains(&(base + offset)));
        let freed = (blocks[1]..blocks[1] + 40).contains(&(base + offset));
        let edge_end = chunks.top - base;
        // A seal goes by addresses, and may hold any byte.
        let is_there = chunks.region.first_other_than(base + offset, 0x33, 1).is_none();
        chunks.region.fill(base + offset, if is_there { 0x34 } else { 0x33 }, 1);
        let found = chunks.look_at_all(Seen::End).is_err();
        assert_eq!(found, freed || (!kept && offset < edge_end), "byte {offset}");
        for block in blocks {
            let _ = chunks.give_back(block);
        }
    }
}
