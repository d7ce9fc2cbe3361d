//! What a message costs its sender: `SKB_TRUESIZE`.
//!
//! Does not know sockets. Exact on `x86_64`, where it was measured: the number of bytes a writer queues before it must wait is
//! Linux's for every size of write, as long as Linux finds the pages it asks for (short of memory, it takes smaller ones and
//! charges the same). Not measured elsewhere: other pages than 4 KiB, cache lines than 64 bytes, or a kernel built with other
//! sizes of its structures give other numbers. Invariant: the cost is a function of the size alone.

const PAGE: usize = 4_096;
/// `sizeof(struct skb_shared_info)`.
const SHARED_INFO: usize = 320;
/// `sizeof(struct sk_buff)`, aligned.
const HEADER: usize = 256;
/// `SKB_MAX_HEAD(0)`.
const STREAM_HEAD_MAX: usize = PAGE - SHARED_INFO;
/// `UNIX_SKB_FRAGS_SZ`.
const STREAM_PAGES_MAX: usize = 32_768;
/// `SKB_MAX_ALLOC`.
const DATAGRAM_HEAD_MAX: usize = 4 * PAGE - SHARED_INFO;
/// `MAX_SKB_FRAGS * PAGE_SIZE`.
const DATAGRAM_PAGES_MAX: usize = 17 * PAGE;
/// The smallest cache a head comes from.
const HEAD_LEAST: usize = 512;

/// How many bytes of a stream's write go into one buffer (`unix_stream_sendmsg`).
pub(super) fn stream_chunk(rest: usize, send_buffer: usize) -> usize {
    rest.min(send_buffer / 2 - 64).min(STREAM_HEAD_MAX + STREAM_PAGES_MAX)
}

/// What a stream's buffer costs.
pub(super) fn stream_truesize(size: usize) -> usize {
    let paged = page_aligned(size.saturating_sub(STREAM_HEAD_MAX));
    head(size.saturating_sub(paged)) + paged
}

/// What a message costs (`unix_dgram_sendmsg`).
pub(super) fn datagram_truesize(size: usize) -> usize {
    let paged = page_aligned(size.saturating_sub(DATAGRAM_HEAD_MAX).min(DATAGRAM_PAGES_MAX));
    head(size - paged) + paged
}

fn page_aligned(size: usize) -> usize {
    size.next_multiple_of(PAGE)
}

fn head(size: usize) -> usize {
    (size + SHARED_INFO).next_power_of_two().max(HEAD_LEAST) + HEADER
}

#[cfg(test)]
mod tests {
    use super::{datagram_truesize, stream_chunk, stream_truesize};

    /// `SIOCOUTQ` after one write, as Linux 6.18 answered.
    #[test]
    fn a_buffer_costs_what_linux_charges() {
        const STREAM: &[(usize, usize)] = &[
            (1, 768),
            (192, 768),
            (193, 1_280),
            (704, 1_280),
            (705, 2_304),
            (1_728, 2_304),
            (1_729, 4_352),
            (3_776, 4_352),
            (3_777, 4_864),
            (4_288, 4_864),
            (4_289, 5_376),
            (4_800, 5_376),
            (4_801, 6_400),
            (5_825, 8_448),
            (7_872, 8_448),
            (7_873, 8_960),
            (36_544, 37_120),
        ];
        for (size, cost) in STREAM {
            assert_eq!(stream_truesize(*size), *cost, "a stream's buffer of {size}");
        }
        const DATAGRAM: &[(usize, usize)] = &[
            (0, 768),
            (1, 768),
            (193, 1_280),
            (705, 2_304),
            (1_729, 4_352),
            (3_776, 4_352),
            (3_777, 8_448),
            (7_873, 16_640),
            (16_064, 16_640),
            (16_065, 20_736),
            (20_161, 24_832),
            (81_606, 86_272),
            (85_696, 86_272),
            (85_701, 102_656),
            (102_081, 135_424),
            (134_855, 200_960),
            (212_960, 332_032),
        ];
        for (size, cost) in DATAGRAM {
            assert_eq!(datagram_truesize(*size), *cost, "a message of {size}");
        }
    }

    #[test]
    fn a_write_is_cut_as_linux_cuts_it() {
        assert_eq!(stream_chunk(1 << 20, 212_992), 36_544);
        assert_eq!(stream_chunk(100, 212_992), 100);
        assert_eq!(stream_chunk(10_000, 4_608), 2_240);
    }
}
