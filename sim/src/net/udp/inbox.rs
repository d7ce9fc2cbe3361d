//! The datagrams a socket has and what they weigh.
//!
//! Does not know sockets. Invariant: `weight` is the sum of what the queued datagrams weigh and of what was taken but not
//! let go yet, and only the first datagram may exceed the capacity.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;

use crate::net::packet::Header;

/// What is known of a datagram that arrived besides its bytes; the addresses are canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Who sent it.
    pub source: SocketAddr,
    /// The address it was for.
    pub destination: IpAddr,
    /// What its header says.
    pub header: Header,
    /// Over which interface it came; `None` for IPv4 if nobody wanted to know when it arrived.
    pub interface: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
    weight: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    queue: VecDeque<Datagram>,
    /// `sk_rmem_alloc`.
    weight: usize,
    /// How many of the first the reader has set apart: `reader_queue`.
    apart: usize,
    /// Taken and not let go: `forward_deficit`.
    owed: usize,
}

impl Inbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// `FIONREAD`.
    pub(crate) fn first_length(&self) -> usize {
        self.queue.front().map_or(0, |datagram| datagram.bytes.len())
    }

    pub(super) fn first(&self) -> Option<&Datagram> {
        self.queue.front()
    }

    /// `__udp_enqueue_schedule_skb`: queues a datagram unless it exceeds the capacity; an empty inbox takes any.
    ///
    /// # Errors
    /// The bytes, if there is no room for them.
    pub(super) fn put(&mut self, envelope: Envelope, bytes: Vec<u8>, capacity: usize) -> Result<(), Vec<u8>> {
        let weight = weigh(envelope.source, bytes.len());
        if self.weight > 0 && self.weight + weight > capacity {
            return Err(bytes);
        }
        self.weight += weight;
        self.queue.push_back(Datagram { envelope, bytes, weight });
        Ok(())
    }

    /// Takes the first datagram. As `udp_rmem_release`, its room is let go with a quarter of the capacity, or when the reader
    /// has emptied what it set apart.
    pub(super) fn take(&mut self, capacity: usize) -> Option<Datagram> {
        let datagram = self.queue.pop_front()?;
        if self.apart == 0 {
            self.apart = self.queue.len() + 1;
        }
        self.apart -= 1;
        self.owed += datagram.weight;
        if self.apart == 0 || self.owed >= capacity / 4 {
            self.weight -= core::mem::take(&mut self.owed);
        }
        Some(datagram)
    }
}

/// What Linux charges for a datagram on loopback (`truesize`), as `SO_MEMINFO` told of Linux 6.18 on `x86_64`: a small one
/// lies in a buffer made for that, a larger one in the next power of two, the largest in pages of their own.
fn weigh(source: SocketAddr, length: usize) -> usize {
    const CONTROL: usize = 256;
    const SHARED_INFO: usize = 320;
    const SMALL: usize = 256;
    const LINEAR_END: usize = 16_064;
    /// The longest that needs no fragments, and what one that does weighs.
    const WHOLE_MAX: usize = 65_488;
    const FRAGMENTED: usize = 67_144;
    // Headers, and room for those of the link and for the header of a fragment.
    let overhead = if source.is_ipv4() { 59 } else { 72 };
    let size = length + overhead;
    let aligned = size.next_multiple_of(64);
    match (aligned, size) {
        (..=SMALL, _) => CONTROL + SMALL + SHARED_INFO,
        (_, ..LINEAR_END) => CONTROL + (aligned + SHARED_INFO).next_power_of_two(),
        _ if source.is_ipv6() && length > WHOLE_MAX => FRAGMENTED,
        _ => CONTROL + SMALL + SHARED_INFO + length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `SO_MEMINFO` told on Linux, at each step of the curve.
    const WEIGHTS_V4: [(usize, usize); 14] = [
        (0, 832),
        (197, 832),
        (198, 1_280),
        (645, 1_280),
        (646, 2_304),
        (1_669, 2_304),
        (1_670, 4_352),
        (3_717, 4_352),
        (3_718, 8_448),
        (7_813, 8_448),
        (7_814, 16_640),
        (16_004, 16_640),
        (16_005, 16_837),
        (65_507, 66_339),
    ];
    const WEIGHTS_V6: [(usize, usize); 15] = [
        (184, 832),
        (185, 1_280),
        (632, 1_280),
        (633, 2_304),
        (1_656, 2_304),
        (1_657, 4_352),
        (3_704, 4_352),
        (3_705, 8_448),
        (7_800, 8_448),
        (7_801, 16_640),
        (15_991, 16_640),
        (15_992, 16_824),
        (65_488, 66_320),
        (65_489, 67_144),
        (65_527, 67_144),
    ];

    #[test]
    fn a_datagram_weighs_what_it_does_on_linux() {
        for (source, weights) in [("127.0.0.1:1", &WEIGHTS_V4[..]), ("[::1]:1", &WEIGHTS_V6[..])] {
            let source = source.parse().expect("an address");
            for &(length, weight) in weights {
                assert_eq!(weigh(source, length), weight, "{length} bytes from {source}");
            }
        }
    }
}
