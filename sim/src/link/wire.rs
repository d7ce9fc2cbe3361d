//! The state of one direction between two hosts: whether it is cut or held, and until when it is busy.
//!
//! Does not know latencies or odds. Invariant: only a link that is held keeps packets, in the order in which they were sent, and
//! the time until which a link is busy never goes back.

use crate::net::Packet;

/// What becomes of a packet that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It travels.
    Open,
    /// It is lost.
    Cut,
    /// It is kept until the link is released.
    Held,
}

/// What a link can take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    /// Bytes a second; 0 counts as 1.
    pub(super) bandwidth: u64,
    /// Bytes that may wait.
    pub(super) queue_bytes_max: u64,
}

/// The state of one direction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    pub(crate) is_cut: bool,
    /// The packets that are kept, while it is held.
    #[expect(clippy::vec_box, reason = "they came in boxes, and go on in them")]
    pub(crate) held: Option<Vec<Box<Packet>>>,
    busy_until_ns: u64,
}

impl Wire {
    pub(super) fn condition(&self) -> Condition {
        match (self.is_cut, &self.held) {
            (true, _) => Condition::Cut,
            (false, Some(_)) => Condition::Held,
            (false, None) => Condition::Open,
        }
    }

    /// Takes so many bytes behind those that wait already, and says when the last has left; `None` if too many wait.
    pub(super) fn occupy(&mut self, bytes: u64, now_ns: u64, capacity: Capacity) -> Option<u64> {
        const SECOND_NS: u128 = 1_000_000_000;
        let bandwidth = u128::from(capacity.bandwidth.max(1));
        let from_ns = self.busy_until_ns.max(now_ns);
        let waiting = u128::from(from_ns - now_ns) * bandwidth / SECOND_NS;
        if waiting + u128::from(bytes) > u128::from(capacity.queue_bytes_max) && waiting > 0 {
            return None;
        }
        let takes_ns = (u128::from(bytes) * SECOND_NS).div_ceil(bandwidth);
        self.busy_until_ns = from_ns.saturating_add(u64::try_from(takes_ns).unwrap_or(u64::MAX));
        Some(self.busy_until_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_leave_one_after_the_other() {
        let mut wire = Wire::default();
        let capacity = Capacity { bandwidth: 1_000, queue_bytes_max: u64::MAX };
        assert_eq!(wire.occupy(100, 50, capacity), Some(100_000_050));
        assert_eq!(wire.occupy(1, 60, capacity), Some(101_000_050));
        assert_eq!(wire.occupy(1, 200_000_000, capacity), Some(201_000_000));
    }

    #[test]
    fn a_full_queue_takes_nothing_and_an_empty_one_anything() {
        let mut wire = Wire::default();
        let capacity = Capacity { bandwidth: 1_000, queue_bytes_max: 10 };
        assert_eq!(wire.occupy(100, 0, capacity), Some(100_000_000));
        assert_eq!(wire.occupy(1, 0, capacity), None);
        assert_eq!(wire.occupy(1, 92_000_000, capacity), Some(101_000_000));
        assert_eq!(wire.occupy(2, 92_000_000, capacity), None);
    }
}
