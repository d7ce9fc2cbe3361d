//! Into what sizes an object is cut.
//!
//! It does not know what is in the object. Invariant: the fragments' sizes add up to the object's.

/// The largest datagram.
pub(in super::super) const DATAGRAM_MAX: usize = 1492;
/// What a datagram has room for, after its kind, a nonce and a tag.
const DATA_MAX: usize = DATAGRAM_MAX - 1 - 12 - 16;
/// What of an object fits into one datagram, after a fragment's head.
pub(in super::super) const PAYLOAD_MAX: usize = DATA_MAX - 41;
/// The operation's data, which go with the first fragment.
pub(in super::super) const METADATA: usize = 150;
/// What of an object fits into the first datagram, besides the operation's data.
pub(in super::super) const FIRST_PAYLOAD: usize = PAYLOAD_MAX - (1 + 8 + METADATA);

/// How many fragments an object of this size has.
pub(in super::super) fn count(object_bytes: usize) -> u32 {
    let rest = object_bytes.saturating_sub(FIRST_PAYLOAD);
    u32::try_from(1 + rest.div_ceil(PAYLOAD_MAX)).expect("an object is smaller than 5 TB")
}

/// Where in its object a fragment begins and ends; the first one is number 1.
pub(super) fn range(object_bytes: usize, number: u32) -> std::ops::Range<usize> {
    let start = match number {
        1 => 0,
        _ => FIRST_PAYLOAD + (number as usize - 2) * PAYLOAD_MAX,
    };
    let end = FIRST_PAYLOAD + (number as usize - 1) * PAYLOAD_MAX;
    start.min(object_bytes)..end.min(object_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_are_those_of_the_original() {
        assert_eq!((PAYLOAD_MAX, FIRST_PAYLOAD), (1422, 1263));
        assert_eq!(count(253_000), 179);
    }

    #[test]
    fn fragments_lie_end_to_end() {
        for bytes in [1, FIRST_PAYLOAD, FIRST_PAYLOAD + 1, FIRST_PAYLOAD + PAYLOAD_MAX, 253_000] {
            let ends: Vec<_> = (1..=count(bytes)).map(|number| range(bytes, number)).collect();
            assert_eq!((ends[0].start, ends[ends.len() - 1].end), (0, bytes));
            assert!(ends.windows(2).all(|pair| pair[0].end == pair[1].start), "{ends:?}");
            assert!(ends.iter().all(|range| !range.is_empty()), "{ends:?}");
        }
    }
}
