//! The report of a sweep: its summary, its page, and that what programs wrote stays text in both.
//!
//! Knows no run: the sweep is made up. Invariant: every kind of news, of expectation and of verdict occurs in it.

use photofinish_reports::complaint::{About, Complaint};
use photofinish_reports::sweep::baseline::{Came, Entry, Excuse};
use photofinish_reports::sweep::html::html;
use photofinish_reports::sweep::markdown::markdown;
use photofinish_reports::sweep::{End, Expected, Share, SweepRecord};

mod made_up;

use made_up::{small, sweep};

fn summary(record: &SweepRecord) -> String {
    let mut out = String::new();
    markdown(record, &mut out).expect("a string takes anything");
    out
}

fn page(record: &SweepRecord) -> String {
    let mut out = Vec::new();
    html(record, &mut out).expect("a vector takes anything");
    String::from_utf8(out).expect("a page is UTF-8")
}

#[test]
fn a_summary_says_what_is_new_what_came_back_and_what_to_type() {
    insta::assert_snapshot!(summary(&sweep()));
}

#[test]
fn a_sweep_without_failures_is_told_in_a_few_lines() {
    let mut record = sweep();
    record.variants.retain(|variant| variant.variant == "other");
    record.missed.clear();
    record.end = End::Interrupted;
    record.seeds = None;
    record.sum_up();
    insta::assert_snapshot!(summary(&record));
}

/// What is let pass, in the state that is said of it.
fn excused() -> SweepRecord {
    let mut record = sweep();
    let excuse =
        Excuse { why: String::from("the queue is rewritten next week"), since: String::from("2026-11-22") };
    let entry = |signature: &str, came| Entry {
        program: String::from("orders"),
        signature: signature.to_owned(),
        excuse: excuse.clone(),
        came,
        runs: 3_000,
    };
    record.baseline = vec![
        entry("late*", Came::Shows),
        entry("gone", Came::Fixed),
        entry("rare", Came::Unseen),
        entry("elsewhere", Came::Unswept),
    ];
    for variant in &mut record.variants {
        for signature in variant.signatures.iter_mut().filter(|signature| signature.expected == Expected::No)
        {
            signature.excuse = Some(excuse.clone());
        }
        variant.notes.push(String::from("`a` was found first at seed 7, not within 3 runs"));
    }
    record.sum_up();
    record
}

#[test]
fn a_summary_says_what_is_let_pass_and_what_need_not_be() {
    let record = excused();
    assert!(record.totals.excused > 0, "{:?}", record.totals);
    insta::assert_snapshot!(summary(&record));
}

#[test]
fn what_was_written_is_read_back_equal() {
    let record = excused();
    let text = serde_json::to_string(&record).expect("plain data has a JSON form");
    assert_eq!(serde_json::from_str::<SweepRecord>(&text).expect("it is a sweep"), record);
}

#[test]
fn fields_that_a_reader_does_not_know_are_passed_over() {
    let text = r#"{"schema": 1, "colour": "red", "variants": [{"scenario": "s", "mood": 3}]}"#;
    let record: SweepRecord = serde_json::from_str(text).expect("it is a sweep");
    assert_eq!((record.schema, &*record.variants[0].scenario), (1, "s"));
}

/// Texts that try to be more than text: in a page, in a script, in Markdown, on a terminal.
const HOSTILE: [&str; 9] = [
    "</script><script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    "<!--<script>",
    "</code></details><h1>owned</h1>",
    "` `` ``` | a | b |\n| - | - |\n# owned",
    "[owned](javascript:alert(1)) ![x](https://owned.example/x.png)",
    "https://owned.example www.owned.example @owned #1 **owned** _owned_ ~~owned~~ <https://owned.example>",
    "&lt;b&gt; \\| \\` $x$",
    "a\u{202e}b\u{2028}c\u{0}d\u{1b}[31me\u{200b}f\r\n    g",
];

/// The sweep, with the text wherever a program's or a user's words stand.
fn hostile(text: &str) -> SweepRecord {
    let mut record = sweep();
    text.clone_into(&mut record.command);
    text.clone_into(&mut record.machine.system);
    record.missed.push(text.to_owned());
    let excuse = Excuse { why: text.to_owned(), since: text.to_owned() };
    let (program, signature) = (text.to_owned(), text.to_owned());
    record.baseline.push(Entry { program, signature, excuse: excuse.clone(), came: Came::Fixed, runs: 3 });
    for variant in &mut record.variants {
        variant.scenario += text;
        variant.variant += text;
        variant.about += text;
        let about = About::Unexpected { signature: text.to_owned() };
        variant.complaints.push(Complaint { about, words: text.to_owned() });
        variant.missing.push(text.to_owned());
        variant.notes.push(text.to_owned());
        variant.expectation.may.push(text.to_owned());
        variant.strategies.insert(text.to_owned(), 3);
        for signature in &mut variant.signatures {
            signature.signature += text;
            signature.excuse = Some(excuse.clone());
            signature.strategies.insert(text.to_owned(), Share { runs: 1, first_after: 2 });
            signature.detail.push(text.to_owned());
            signature.replay = Some(text.to_owned());
            signature.small = small(3, text);
        }
    }
    record.sum_up();
    record
}

#[test]
fn what_a_program_wrote_is_data_in_the_page() {
    let harmless = page(&sweep());
    let tags =
        |page: &str| (page.matches('<').count(), page.matches('>').count(), page.matches("<script").count());
    for text in HOSTILE {
        let (record, page) = (hostile(text), page(&hostile(text)));
        assert_eq!(tags(&page), tags(&harmless), "{text}");
        let from = page.find("id=\"data\">").expect("there is a block") + "id=\"data\">".len();
        let block = page[from..].split("</script>").next().expect("it ends");
        let data: serde_json::Value = serde_json::from_str(block).expect("it is JSON");
        assert_eq!(serde_json::from_value::<SweepRecord>(data["record"].clone()).expect("a sweep"), record);
    }
}

/// The page's own script is the one that the browser is told to run, and asks for nothing.
#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = page(&sweep());
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{}", &page[..600]);
    // The name of SVG's namespace looks like an address, and is none.
    assert_eq!(page.matches("http:").count(), page.matches("\"http://www.w3.org/2000/svg\"").count());
    for outside in ["https:", "src=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!page.contains(outside), "{outside}");
    }
    for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
        assert!(!page.contains(markup), "{markup}");
    }
}

#[test]
fn what_a_program_wrote_is_text_in_the_summary() {
    for text in HOSTILE {
        let summary = summary(&hostile(text));
        let mut fence: Option<&str> = None;
        for line in summary.lines() {
            let inner = line.trim_start();
            match fence {
                Some(end) if inner == end => fence = None,
                Some(end) => assert!(!inner.starts_with(end), "{text}: {line}"),
                None if inner.starts_with("```") => fence = inner.strip_suffix("sh"),
                None => check_outside(line, text),
            }
        }
        assert_eq!(fence, None, "{text}: a fence does not end");
        assert!(!summary.contains(['\u{202e}', '\u{2028}', '\u{0}', '\u{1b}', '\u{200b}', '\r']), "{text}");
    }
}

/// Outside of fences a program's words stand between tags of ours and hold no character of markup.
fn check_outside(line: &str, text: &str) {
    let markup = ['<', '>', '&', '`', '|', '*', '_', '[', ']', '@', '#', '\\', '~', '$'];
    let mut rest = line.to_owned();
    while let Some((before, after)) = rest.split_once("<code>") {
        let (inner, after) = after.split_once("</code>").expect("it ends on its line");
        // A character as its number is no markup.
        let bare: String =
            inner.split("&#").skip(1).filter_map(|part| part.split_once(';')).map(|part| part.1).collect();
        let first = inner.split("&#").next().unwrap_or_default();
        assert!(!bare.contains(markup) && !first.contains(markup), "{text}: {line}");
        assert!(!inner.contains("www.") && !inner.contains("://"), "{text}: {line}");
        rest = format!("{before}{after}");
    }
    assert!(!rest.contains("owned"), "{text}: {line}");
}
