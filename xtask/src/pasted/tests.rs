//! What is read out of texts as people paste them.

use photofinish::scenario::{Listed, Os};
use photofinish::sim::limits::Limits;
use photofinish::token::{Options, hash};

use super::said::Claim;
use super::*;

const PROGRAMS: [&str; 4] =
    ["late-listener/buggy", "late-listener/buggy@reverse", "lost-update/buggy", "s/real-0.1.2"];

fn pasted(bytes: &[u8]) -> Pasted {
    read(bytes, &PROGRAMS.map(String::from))
}

/// A token of as many characters as a program's name makes it.
fn token(program: &str) -> (String, Token) {
    let token = Token {
        program: program.to_owned(),
        options: Options { limits: Limits { threads_max: 77, ..Limits::default() }, ..Options::default() },
        build: 0xfbff_ffff,
        signature: hash("lost-update"),
        events_hash: 0xffef_ffff,
        threads: Vec::new(),
        decisions: Vec::new(),
    };
    (token.encode().expect("it is short"), token)
}

fn long() -> (String, Token) {
    let name: String = (0..150_u32).map(|n| char::from_u32(97 + n * n * 7 % 26).expect("a letter")).collect();
    token(&format!("a/{name}"))
}

/// What was found, in short.
fn words(pasted: &Pasted) -> Vec<String> {
    let word = |named: &Named| match named {
        Named::Token(token) => format!("token {}", token.program),
        Named::Damaged(damaged) => {
            format!("{:?}: {}", damaged.end, damaged.error.to_string().lines().next().unwrap_or(""))
        }
        Named::Seed(seeded) => {
            let strategy = seeded.args.strategy.as_deref().unwrap_or("-");
            format!("{} {} {strategy}", seeded.program, seeded.seed)
        }
        Named::Nowhere { seed, like } => format!("{seed} of {}", like.as_deref().unwrap_or("nothing")),
        Named::Refused { why, .. } => format!("refused: {why}"),
        Named::Trace { line } => format!("trace: {line}"),
        Named::OfTest { seed } => format!("test {seed}"),
    };
    pasted.named.iter().map(word).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(words(&pasted(text.as_bytes())), expected, "of:\n{text}");
}

#[test]
fn a_token_is_found_however_it_is_broken() {
    let (text, token) = long();
    assert!(text.len() > 120 && text.contains(['-', '_']), "{text}");
    let check = |pasted: String| {
        let found = super::read(pasted.as_bytes(), &[]);
        let [Named::Token(found)] = found.named.as_slice() else { panic!("{pasted}: {:?}", found.named) };
        assert_eq!(**found, token, "{pasted}");
    };
    check(text.clone());
    check(format!("It fails with `{text}`."));
    check(format!("It fails with _{text}_, sometimes"));
    check(format!("--seed={text}\r\n"));
    check(format!("> > replay: cargo xtask sim --seed {}\\\r\n> > {}\r\n", &text[..60], &text[60..]));
    check(format!("{}\n{}\n\n{}", &text[..4], &text[4..60], &text[60..]));
    check(format!("> {} \n>   {}\n", &text[..50], &text[50..]));
    check(format!("see {} {} which fails", &text[..50], &text[50..]));
    check(format!("`{}`\n`{}`", &text[..50], &text[50..]));
    check(text.replace('_', "&#95;").replace('-', "&#45;"));
    check(text.replace('_', "\\_"));
    check(format!("\u{1b}[2m{}\u{200b}{}\u{1b}[0m", &text[..50], &text[50..]));
    let lines: Vec<&str> =
        text.as_bytes().chunks(7).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    check(lines.join("\n"));
    check(format!(
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nx=3D{}=\r\n{}",
        &text[..50],
        &text[50..]
    ));
    // The same run twice, once broken off.
    check(format!("token: {text}\nreplay: {}…\n{text}", &text[..40]));
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(words(&super::read(&wide, &[])).len(), 1);
}

#[test]
fn what_is_wrong_with_a_token_is_said() {
    let (text, _) = token("lost-update/buggy");
    let flipped = if text.ends_with('A') { "B" } else { "A" };
    check(
        &format!("{}{flipped}", &text[..text.len() - 1]),
        &["Plain: that token is damaged: its checksum is another"],
    );
    check(&format!("{}…", &text[..20]), &["Cut: that token is damaged: its checksum is another"]);
    check("pf1-AAA", &["Plain: that token is damaged: it ends too early"]);
    check(
        "pf2-AAAA and pf2-BB",
        &["Plain: that is a token of version 2, and this Photofinish reads version 1"],
    );
    check("A token is `pf1-…`, or pf1- something, or cpf1-AA", &[]);
    // A good one beside it is found all the same.
    check(
        &format!("pf1-AAA {text}"),
        &["token lost-update/buggy", "Plain: that token is damaged: it ends too early"],
    );
}

#[test]
fn a_seed_is_of_the_program_that_is_named_with_it() {
    check("seed 17 of late-listener/buggy", &["late-listener/buggy 17 -"]);
    check("Seed: 0x11\nthe program is lost-update/buggy.", &["lost-update/buggy 17 -"]);
    check(
        "### Scenario\n\ns/real-0.1.2\n\n### Seed\n\n3\n\n### Strategy\n\npct:2:3098",
        &["s/real-0.1.2 3 pct:2:3098"],
    );
    check(
        "FAIL late-listener/buggy@reverse: lost-connected · seed 3, walk:8:0:0",
        &["late-listener/buggy@reverse 3 walk:8:0:0"],
    );
    check(
        "seed 3 · late-listener/buggy · pct:2:3098\nlost-update/buggy",
        &["late-listener/buggy 3 pct:2:3098"],
    );
    check(
        "lost-update/buggy with seed 1, late-listener/buggy with seed 2, eager",
        &["lost-update/buggy 1 -", "late-listener/buggy 2 eager"],
    );
    check(
        "seed 1 of `lost-update/buggy`, seed 2 of late-listener/buggy",
        &["lost-update/buggy 1 -", "late-listener/buggy 2 -"],
    );
    check("seeds 1 to 3 of lost-update/buggy; seedling 4; a seed, 5", &[]);
    check("seed 99999999999999999999 of lost-update/buggy", &[]);
    check("seed 7 of late-listner/buggy", &["7 of late-listner/buggy"]);
    check("seed 7", &["7 of nothing"]);
    check("PHOTOFINISH_SEED=7 cargo test app::t -- --exact", &["test 7"]);
    check(
        "{\"schema\":1,\"scenario\":\"lost-update\",\"variant\":\"buggy\",\"seed\":4,\"strategy\":\"walk:16:0:0\",\"verdict\":\"fail\"}",
        &["lost-update/buggy 4 walk:16:0:0"],
    );
}

#[test]
fn a_command_is_read_as_it_is_typed() {
    check(
        "replay: cargo xtask sim lost-update/buggy --seed 3 --strategy pct:2:3098",
        &["lost-update/buggy 3 pct:2:3098"],
    );
    check(
        "I ran `cargo xtask shrink lost-update/buggy --seed 3`, and it said so.",
        &["lost-update/buggy 3 -"],
    );
    check("cargo xtask sim lost-update/buggy --seed 3 fails here", &["lost-update/buggy 3 -"]);
    check(
        "> cargo xtask sim lost-update/buggy --see\\\n> d 3 --strat\\\n> egy eager",
        &["lost-update/buggy 3 eager"],
    );
    check(
        "cargo xtask sim lost-update/buggy\n  --seed 3\n  --strategy eager.",
        &["lost-update/buggy 3 eager"],
    );
    check("cargo xtask sim lost-update --seed 3", &["lost-update 3 -"]);
    check("cargo xtask sweep lost-update/buggy --seeds 100", &[]);
    check("cargo xtask sim lost-update/buggy --seeds 100", &[]);
    check("cargo xtask sim lost-update/buggy --luck 3", &["refused: unexpected argument '--luck' found"]);
    check("cargo xtask sim --trace t.json", &["trace: cargo xtask sim --trace t.json"]);
    let text = "cargo xtask sim lost-update/buggy --seed 3 --os macos --cores 2 --threads 9 --stall 7";
    let found = pasted(text.as_bytes());
    let [Named::Seed(seeded)] = found.named.as_slice() else { panic!("{found:?}") };
    let args = &seeded.args;
    assert_eq!((args.os, args.cores, args.threads, args.stall), (Some(Os::Macos), Some(2), Some(9), Some(7)));
}

#[test]
fn a_token_comes_before_the_seeds_beside_it() {
    let (text, _) = token("lost-update/buggy");
    check(
        &format!("seed 3 of lost-update/buggy, {text}"),
        &["token lost-update/buggy", "lost-update/buggy 3 -"],
    );
    check(&format!("seed 3, {text}"), &["token lost-update/buggy"]);
    check(
        &format!("seed 3 of late-listener/buggy, {text}"),
        &["token lost-update/buggy", "late-listener/buggy 3 -"],
    );
    let broken = &text[..28];
    check(
        &format!("seed 3 of lost-update/buggy, {broken}"),
        &["Plain: that token is damaged: its checksum is another", "lost-update/buggy 3 -"],
    );
}

#[test]
fn a_signature_is_what_the_report_calls_one() {
    let listed = Listed {
        scenario: String::from("late-listener"),
        variant: String::from("buggy"),
        story: String::new(),
        differs: String::new(),
        os: Os::Linux,
        must: vec![(String::from("lost-connected"), 200)],
        may: vec![String::from("deadlock*")],
        always: false,
    };
    let check = |text: &str, expected: Claim| {
        assert_eq!(
            Said::of(text.to_owned()).of_shown("lost-connected", Some(&listed)),
            expected,
            "of {text}"
        );
    };
    let other = |text: &str| Claim::Other(text.to_owned());
    check("it is lost-connected.", Claim::Same);
    check("it is not-lost-connected-at-all", Claim::Nothing);
    check("signature: lost-connected.", Claim::Same);
    check("### Signature\n\nlate\n\n", other("late"));
    check("### Signature\n\n_No response_\n\n", Claim::Nothing);
    check("the signature is a mystery", Claim::Nothing);
    check("{\"signature\":\"late\"}", other("late"));
    check("FAIL late-listener/buggy: lost-conn…", Claim::Same);
    check("FAIL late-listener/buggy: late · seed 3, eager", other("late"));
    check("FAIL lost-update/buggy: late · seed 3, eager", Claim::Nothing);
    check("### FAIL <code>late-listener/buggy</code>: <code>lost-connected</code>", Claim::Same);
    check("It is a deadlock in something", other("deadlock"));
    let said = Said::of(String::from("# lost-update\n"));
    assert_eq!(said.of_hash(hash("lost-update"), None).as_deref(), Some("lost-update"));
    assert_eq!(said.of_hash(hash("lost-connected"), Some(&listed)).as_deref(), Some("lost-connected"));
    assert_eq!(said.of_hash(1, Some(&listed)), None);
}

#[test]
fn any_bytes_are_read_and_much_is_bounded() {
    let (text, _) = long();
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let parts: [&[u8]; 14] = [
        text.as_bytes(),
        b"pf1-",
        b"\n> ",
        b"=",
        b"&#x5f;",
        b"\x1b[",
        b"seed ",
        b"17",
        b" lost-update/buggy ",
        b"cargo xtask sim ",
        b"--seed ",
        b"\xff\xfe",
        b"Signature\n\n",
        "\u{2026}".as_bytes(),
    ];
    for _ in 0..2_000 {
        let mut bytes = Vec::new();
        for _ in 0..draw(12) {
            let part = parts[draw(parts.len())];
            bytes.extend(&part[..draw(part.len() + 1)]);
            if draw(4) == 0 {
                bytes.push(u8::try_from(draw(256)).expect("it is below"));
            }
        }
        let found = pasted(&bytes);
        assert!(found.named.len() <= 2 * NAMED_MAX);
    }
    let many = format!("{} ", &text[..9]).repeat(100_000);
    assert_eq!(words(&pasted(many.as_bytes())).len(), 1);
    let seeds: String = (0..100).map(|seed| format!("seed {seed} of lost-update/buggy\n")).collect();
    let found = pasted(seeds.as_bytes());
    assert_eq!((found.named.len(), found.rest), (NAMED_MAX, Rest::LeftOut));
    let lines = "pf1-AAAA\n".to_owned() + &"AAAAAAAA\n".repeat(200_000);
    assert_eq!(words(&pasted(lines.as_bytes())).len(), 1);
}
