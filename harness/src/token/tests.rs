//! Whether tokens come back as they were, and whatever else arrives is refused by name.
//!
//! Does not run programs. Invariant: a test that damages tokens knows of each whether it was one that is refused.

use proptest::prelude::*;

use photofinish_sim::preempt::Preempt;

use super::*;

/// Four decisions of three threads of a program with a long name.
fn sample() -> Token {
    let child = |ordinal, sort| Child { parent: Whose::MAIN, ordinal, sort, nth: ordinal };
    let decision = |thread, points, answer| Named {
        thread: Whose(thread),
        place: 0xdead_0000 + thread,
        nth: 130,
        points,
        kind: if answer == Answer::Pick(3) { Kind::Latency } else { Kind::Preempt },
        question: 0,
        answer,
    };
    Token {
        program: "late-listener/pr43".into(),
        options: Options::default(),
        build: 0x1234_5678,
        signature: hash("deadlock: main, rpc-0"),
        events_hash: u32::MAX,
        threads: vec![child(0, 7), child(1, 7), child(5, 9)],
        decisions: vec![
            decision(0, 4_001, Answer::Thread(Whose(2))),
            decision(2, 311, Answer::Clock),
            decision(1, 9_999, Answer::Pick(3)),
            decision(3, 20, Answer::Thread(Whose(0))),
        ],
    }
}

fn with_sum(mut bytes: Vec<u8>) -> String {
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    format!("{PREFIX}{}", data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

fn refused(text: &str) -> DecodeError {
    text.parse::<Token>().expect_err("it is no token")
}

#[test]
fn four_decisions_fit_into_120_characters() {
    let text = sample().encode().expect("it fits");
    assert_eq!(text.parse(), Ok(sample()));
    assert!(text.len() <= 120, "{} characters: {text}", text.len());
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
    assert_eq!(format!(" {text}\n").parse(), Ok(sample()));
}

#[test]
fn many_decisions_are_packed() {
    let mut token = sample();
    token.decisions = (0..500).map(|points| Named { points, ..token.decisions[0] }).collect();
    let text = token.encode().expect("it fits");
    assert!(text.len() < 500 * 5, "{} characters", text.len());
    assert_eq!(text.parse(), Ok(token));
}

#[test]
fn what_is_beyond_the_bounds_is_not_written() {
    let mut token = sample();
    token.decisions = vec![token.decisions[0]; (1 << 16) + 1];
    assert_eq!(token.encode(), Err(EncodeError { decisions: (1 << 16) + 1 }));
    // Numbers of which no two have anything in common cannot be packed into so few characters.
    let mut token = sample();
    let scatter = |n: u64| (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let answer = |n| Answer::Pick(scatter(n) >> 1);
    let named = token.decisions[2];
    token.decisions =
        (0..40_000).map(|n| Named { points: scatter(n) >> 2, answer: answer(n), ..named }).collect();
    assert_eq!(token.encode(), Err(EncodeError { decisions: 40_000 }));
}

#[test]
fn each_cut_is_noticed() {
    let text = sample().encode().expect("it fits");
    for length in 0..text.len() {
        let error = refused(&text[..length]);
        match length {
            0..4 => assert_eq!(error, DecodeError::NotAToken, "{length}"),
            _ => assert!(matches!(error, DecodeError::Damaged { .. }), "{length}: {error}"),
        }
    }
}

#[test]
fn each_flipped_bit_is_noticed() {
    let text = sample().encode().expect("it fits");
    for (index, bit) in (0..text.len()).flat_map(|index| (0..7).map(move |bit| (index, bit))) {
        let mut damaged = text.clone().into_bytes();
        damaged[index] ^= 1 << bit;
        let damaged = String::from_utf8(damaged).expect("ASCII stays ASCII");
        if damaged.trim() != text {
            let _ = refused(&damaged);
        }
    }
}

#[test]
fn what_is_wrong_is_told_apart() {
    let check = |text: &str, expected: DecodeError| assert_eq!(refused(text), expected, "{text}");
    let damaged = |why| DecodeError::Damaged { why };
    check("17", DecodeError::NotAToken);
    check("", DecodeError::NotAToken);
    check("pf1", DecodeError::NotAToken);
    check("pfx-AAAA", DecodeError::NotAToken);
    check("pf2-AAAA", DecodeError::OtherVersion { version: "2".into() });
    check("pf1-", damaged("it ends too early"));
    check("pf1-AAAAAAAA", damaged("its checksum is another"));
    check("pf1-AA=A", damaged("it holds a character that tokens do not, or ends too early"));
    check("pf1-ä", damaged("it holds a character that tokens do not, or ends too early"));
    check(&format!("pf1-{}", "A".repeat(TEXT_MAX)), DecodeError::TooLong);
    for text in ["17", "pf2-AAAA", "pf1-", &with_sum(vec![0, 9])] {
        assert!(refused(text).to_string().contains("\nnext: "), "{text}");
    }
}

#[test]
fn a_right_checksum_is_not_believed() {
    let check = |bytes: &[u8], part: &str| {
        let DecodeError::Malformed { why } = refused(&with_sum(bytes.to_vec())) else { panic!("{bytes:?}") };
        assert!(why.contains(part), "{bytes:?}: {why}");
    };
    let body = body::write(&sample()).expect("it fits");
    let threads = 1 + 1 + packed::packed_len(18) + 12;
    check(&[], "in the middle");
    check(&[0x80], "an option that there is not");
    check(&[0, 0], "no name");
    check(&[0, 200, 200, 200, 1], "counts more");
    check(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f], "counts more");
    check(&[&body[..], &[0]].concat(), "follows");
    check(&[&body[..threads], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat(), "counts more");
    check(&[&body[..threads], &[1, 2, 0, 0]].concat(), "parent");
    // A program without decisions, and with more than follow.
    let bare = [&body[..threads], &[0]].concat();
    check(&[&bare[..], &[0xff, 0xff, 3]].concat(), "counts more");
    // 62, four times in the form: the last number that a kind could have.
    check(&[&bare[..], &[1, 0xf8, 1, 0, 0, 0, 0, 0]].concat(), "not asked");
    check(&[&bare[..], &[1, 1, 0, 0, 0, 0, 0, 0, 0, 0]].concat(), "first");
    check(&[&bare[..], &[1, 0, 0, 0, 0, 0, 0, 0, 5]].concat(), "does not name");
    check(&[&bare[..], &[1, 10, 0, 0, 0, 0, 0, 0]].concat(), "time pass");
    check(&[1, 0], "more than a machine");
    check(&[32, 1, 7], "no name");
    check(&[32, 1, 0xff], "no text");
    check(&[0, 1, 0xff], "no text");
    check(&[0xff, 0xff, 0xff], "unpacked");
}

#[test]
fn what_unpacks_without_end_is_not_unpacked() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; 64 << 20], 9);
    let text = with_sum([&[0xff], &bomb[..]].concat());
    assert!(text.len() < TEXT_MAX, "{} characters", text.len());
    assert_eq!(refused(&text), DecodeError::TooLong);
}

/// Numbers without regard for what they mean: each run of the tests sees the same.
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound as u64).expect("below a bound")
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("below 256")
    }
}

/// Damages text or, behind a checksum that is made right again, bytes.
fn damage(text: &str, noise: &mut Noise) -> String {
    const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut digits = text.strip_prefix(PREFIX).expect("a token").as_bytes().to_vec();
    let behind_sum = noise.below(2) == 0;
    if behind_sum {
        digits = data_encoding::BASE64URL_NOPAD.decode(&digits).expect("a token");
        digits.truncate(digits.len() - 4);
    }
    for _ in 0..=noise.below(4) {
        let at = noise.below(digits.len());
        let with = if behind_sum { noise.byte() } else { CHARACTERS[noise.below(64)] };
        match noise.below(5) {
            0 => digits.insert(at, with),
            1 if digits.len() > 1 => drop(digits.remove(at)),
            2 => digits.truncate(at + 1),
            3 => digits.splice(at..at, std::iter::repeat_n(with, noise.below(40))).for_each(drop),
            _ => digits[at] = with,
        }
    }
    if behind_sum {
        with_sum(digits)
    } else {
        format!("{PREFIX}{}", String::from_utf8(digits).expect("ASCII"))
    }
}

#[test]
fn a_hundred_thousand_damaged_tokens_are_refused_or_read() {
    let mut long = sample();
    long.decisions = (0..40).map(|points| Named { points, ..long.decisions[0] }).collect();
    let texts = [sample(), long].map(|token| token.encode().expect("it fits"));
    let mut noise = Noise(1);
    let (mut read, mut errors) = (0, std::collections::BTreeMap::<&str, u32>::new());
    for n in 0..100_000 {
        let text = damage(&texts[n % 2], &mut noise);
        match text.parse::<Token>() {
            Ok(token) => {
                read += 1;
                // Only behind a checksum that was made right, and then it is what it says.
                assert!(token.decisions.len() <= text.len() && token.threads.len() <= text.len(), "{text}");
                let body = body::write(&token).expect("what is read can be written");
                assert_eq!(body::read(&body), Ok(token));
            }
            Err(DecodeError::Damaged { .. }) => *errors.entry("damaged").or_default() += 1,
            Err(DecodeError::Malformed { .. }) => *errors.entry("malformed").or_default() += 1,
            Err(other) => panic!("{text}: {other}"),
        }
    }
    let counts = (read, errors["damaged"], errors["malformed"]);
    assert!(counts.0 > 1_000 && counts.1 > 10_000 && counts.2 > 10_000, "{counts:?}");
}

fn kinds() -> impl Strategy<Value = (Kind, Answer)> {
    prop_oneof![
        prop_oneof![Just(Kind::Preempt), Just(Kind::Next)].prop_flat_map(|kind| (
            Just(kind),
            prop_oneof![Just(Answer::Clock), (0..3_u32).prop_map(|n| Answer::Thread(Whose(n)))]
        )),
        (
            prop_oneof![Just(Kind::Latency), Just(Kind::Entropy), Just(Kind::Lasts), Just(Kind::FutexWake)],
            any::<u64>().prop_map(Answer::Pick)
        ),
    ]
}

fn decision() -> impl Strategy<Value = Named> {
    (0..3_u32, any::<u32>(), any::<u32>(), any::<u64>(), 0..3_u32, kinds()).prop_map(
        |(thread, place, nth, points, question, (kind, answer))| Named {
            thread: Whose(thread),
            place,
            nth,
            points,
            kind,
            question,
            answer,
        },
    )
}

proptest! {
    #[test]
    fn a_token_comes_back_as_it_was(
        program in "[a-z/:-]{1,40}|\\PC{1,20}",
        words in any::<(u32, u32, u32)>(),
        children in any::<[(u32, u8, u32); 2]>(),
        cores in 1..9_u32,
        points_max in 1..9_u64,
        decisions in proptest::collection::vec(decision(), 0..40),
    ) {
        let limits = Limits { points_max: 10_000_000 * points_max, ..Limits::default() };
        let preempt = Preempt::ALL.get(cores as usize - 1).copied();
        let options = Options { cores, limits, preempt, os: Some(Os::Macos), ..Options::default() };
        let threads = (0..).zip(children).map(|(parent, (ordinal, sort, nth))| Child { parent: Whose(parent), ordinal, sort, nth });
        let (build, signature, events_hash) = words;
        let threads = threads.collect();
        let token = Token { program, options, build, signature, events_hash, threads, decisions };
        let text = token.encode().expect("it fits");
        prop_assert_eq!(text.parse(), Ok(token));
    }

    #[test]
    fn garbage_is_refused(text in "\\PC{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = refused(&text);
        let _ = refused(&format!("{PREFIX}{text}"));
        let _ = with_sum(bytes).parse::<Token>();
    }
}
