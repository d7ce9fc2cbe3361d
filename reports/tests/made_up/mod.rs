//! A sweep that nobody made.
//!
//! Knows no format. Invariant: every kind of news, of expectation and of keeping it occurs.

use std::collections::BTreeMap;

use photofinish_reports::complaint::{About, Complaint};
use photofinish_reports::sweep::{
    End, Expectation, Expected, Kept, Machine, News, SCHEMA, Share, Signature, Small, SweepRecord, Variant,
    Verdict, WHAT,
};

/// The sweep.
pub(crate) fn sweep() -> SweepRecord {
    let mut record = SweepRecord {
        schema: SCHEMA,
        what: String::from(WHAT),
        command: String::from("cargo xtask sweep orders mail --seeds 1000 --report out"),
        build: String::from("9f86d081884c7d65"),
        machine: Machine { cores: 4, jobs: 2, system: String::from("linux x86_64") },
        strategy: String::from("swarm"),
        seeds: Some(1_000),
        took_ms: 8_340,
        end: End::Whole,
        variants: vec![naive(), locked(), queue(), unswept()],
        missed: vec![String::from("sometimes! \"the queue is full\" at src/queue.rs:12")],
        ..SweepRecord::default()
    };
    record.sum_up();
    record
}

/// A failure made small.
pub(crate) fn small(decisions: u64, pair: &str) -> Option<Small> {
    let pair = Some(pair.to_owned());
    Some(Small { token: format!("pf1-AbC{decisions}_-x"), decisions: Some(decisions), pair })
}

/// A signature that was found: by strategy family, in how many of its runs, and after how many of them.
fn found(words: &str, (news, expected): (News, Expected), of: &[(&str, u64, u64)]) -> Signature {
    let share = |(family, runs, first_after): &(&str, u64, u64)| {
        ((*family).to_owned(), Share { runs: *runs, first_after: *first_after })
    };
    let strategies: BTreeMap<String, Share> = of.iter().map(share).collect();
    let least = strategies.values().map(|share| share.first_after).min();
    Signature {
        signature: words.to_owned(),
        verdict: Verdict::Fail,
        expected,
        news,
        corpus: Some(12),
        runs: strategies.values().map(|share| share.runs).sum(),
        first_seed: least,
        first_after: least,
        strategies,
        decisions: Some(41),
        replay: Some(String::from("cargo xtask sim orders/naive --seed 17 --strategy pct:3:400")),
        ..Signature::default()
    }
}

fn variant(name: &str, (kept, passed): (Kept, u64), signatures: Vec<Signature>) -> Variant {
    let (scenario, variant) = name.split_once('/').expect("a scenario and a variant");
    let strategies = [("pct", 400), ("starve", 250), ("walk", 350)];
    Variant {
        scenario: scenario.to_owned(),
        variant: variant.to_owned(),
        about: format!("{variant} as it was found"),
        kept,
        runs: 1_000,
        passed,
        points: 1_234_567,
        spent_ms: 4_100,
        strategies: strategies.map(|(family, runs)| (family.to_owned(), runs)).into(),
        signatures,
        ..Variant::default()
    }
}

fn unexpected(signature: &str, how: &str) -> Complaint {
    let words = format!("`{signature}` is not expected: {how}");
    Complaint { about: About::Unexpected { signature: signature.to_owned() }, words }
}

fn naive() -> Variant {
    let stolen = "src/pool.rs:88: the job was stolen twice";
    let lost = found(
        "lost update",
        (News::Known, Expected::Must),
        &[("pct", 200, 1), ("walk", 118, 4), ("starve", 30, 9)],
    );
    let ledger =
        "writer: Ledger::credit at src/ledger.rs:31 came before reader: Ledger::sum at src/ledger.rs:52";
    let pool = "worker-2: Pool::steal at src/pool.rs:71 came before worker-1: Pool::pop at src/pool.rs:64";
    let signatures = vec![
        Signature { small: small(2, ledger), ..lost },
        Signature {
            small: small(5, pool),
            report: Some(String::from("orders/naive/stolen twice.html")),
            ..found(stolen, (News::New, Expected::No), &[("pct", 9, 33)])
        },
        found("deadlock: writer and reader", (News::Back, Expected::May), &[("starve", 3, 120)]),
    ];
    Variant {
        complaints: vec![unexpected(stolen, "9 runs, first at seed 33")],
        expectation: Expectation {
            must: vec![(String::from("lost update"), 100)],
            may: vec![String::from("deadlock*")],
            always: false,
        },
        ..variant("orders/naive", (Kept::No, 640), signatures)
    }
}

fn locked() -> Variant {
    let fixed = Signature {
        verdict: Verdict::Pass,
        corpus: Some(7),
        decisions: None,
        detail: vec![String::from("the example of #7 passes")],
        replay: Some(String::from("cargo xtask corpus show 7")),
        ..found("lost update", (News::Fixed, Expected::No), &[])
    };
    variant("orders/locked", (Kept::Yes, 1_000), vec![fixed])
}

fn queue() -> Variant {
    let unmodelled = "unmodelled: io_uring_setup";
    let escaped = Signature {
        verdict: Verdict::Inconclusive,
        corpus: None,
        detail: vec![String::from("io_uring_setup(2) is not modelled")],
        ..found(unmodelled, (News::Unjudged, Expected::No), &[("walk", 4, 80), ("pct", 1, 300)])
    };
    let remembered = Signature {
        decisions: None,
        replay: Some(String::from("cargo xtask corpus show 12")),
        ..found("mail sent twice", (News::Known, Expected::May), &[])
    };
    Variant {
        complaints: vec![
            unexpected(unmodelled, "5 runs, first at seed 80"),
            Complaint {
                about: About::Missed { pattern: String::from("mail lost") },
                words: String::from("`mail lost` was not found in 1000 runs"),
            },
        ],
        missing: vec![String::from("mail lost")],
        ..variant("mail/queue", (Kept::No, 995), vec![escaped, remembered])
    }
}

fn unswept() -> Variant {
    let nothing = variant("mail/other", (Kept::Unjudged, 0), Vec::new());
    Variant { runs: 0, points: 0, spent_ms: 0, strategies: BTreeMap::new(), ..nothing }
}
