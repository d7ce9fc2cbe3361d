//! How much a writer gets in before it must wait.
//!
//! Does not know the rule. Invariant: every total is the one Linux 6.18 answered on `x86_64`, with nobody reading.

use super::script::{ME, asker};
use crate::fd::Blocking;
use crate::ready::{Refusal, Side};
use crate::unix::{Kind, Outgoing, UnixSockets};

#[track_caller]
fn check(kind: Kind, size: usize, total: usize, charged: usize) {
    let mut unix = UnixSockets::new();
    let (writer, _) = unix.pair((crate::host::HostId::FIRST, kind), ME).expect("few sockets");
    let bytes = vec![0; size];
    let outgoing =
        Outgoing { bytes: &bytes, to: None, rights: &[], credentials: None, asker: asker(Blocking::No) };
    let mut sent = 0;
    let end = loop {
        match unix.send(writer, outgoing) {
            Ok(count) => sent += count,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(end, Refusal::Wait(Side::Write));
    assert_eq!((sent, unix.unsent(writer)), (total, charged), "writes of {size} on {kind:?}");
}

#[test]
fn a_stream_takes_what_linux_takes() {
    const CASES: &[(usize, usize, usize)] = &[
        (1, 278, 213_504),
        (100, 27_800, 213_504),
        (256, 42_752, 213_760),
        (512, 85_504, 213_760),
        (1_000, 93_000, 214_272),
        (1_024, 95_232, 214_272),
        (2_000, 98_000, 213_248),
        (4_096, 180_224, 214_016),
        (8_192, 196_608, 215_040),
        (16_384, 212_992, 222_976),
        (32_768, 229_376, 234_752),
        (36_544, 219_264, 222_720),
        (36_545, 219_269, 226_560),
        (65_536, 233_152, 238_336),
        (100_000, 236_544, 243_456),
        (212_992, 212_992, 216_576),
        (1_048_576, 219_264, 222_720),
    ];
    CASES.iter().for_each(|&(size, total, charged)| check(Kind::Stream, size, total, charged));
}

#[test]
fn messages_fit_as_in_linux() {
    const CASES: &[(usize, usize, usize)] = &[
        (0, 0, 213_504),
        (1, 278, 213_504),
        (100, 27_800, 213_504),
        (256, 42_752, 213_760),
        (512, 85_504, 213_760),
        (1_000, 93_000, 214_272),
        (1_024, 95_232, 214_272),
        (2_000, 98_000, 213_248),
        (4_096, 106_496, 219_648),
        (8_192, 106_496, 216_320),
        (16_384, 180_224, 228_096),
        (32_768, 196_608, 222_720),
        (36_544, 219_264, 222_720),
        (36_545, 219_270, 247_296),
        (65_536, 262_144, 279_552),
        (100_000, 300_000, 307_968),
    ];
    for &(size, total, charged) in CASES {
        check(Kind::Datagram, size, total, charged);
        check(Kind::SeqPacket, size, total, charged);
    }
}
