//! The page of a run in a real browser: it draws, answers to pointer and keys, and obeys nothing that a program wrote.
//!
//! Knows the page as a person does: by what it shows, and by what it says to a screen reader.
//! Invariant: no test passes of a page that complained on the console.

mod chromium;
#[path = "../made_up/mod.rs"]
mod made_up;
mod runs;

use std::path::PathBuf;

use chromium::Browser;
use photofinish_reports::html::html;
use photofinish_reports::record::Record;
use serde_json::{Value, json};

/// Different colours among the pixels of the picture.
const COLOURS: &str = "(() => { const c = document.getElementById('lanes'); \
    const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer); return new Set(d).size; })()";
/// The picture as text: equal for equal pictures.
const PICTURE: &str = "document.getElementById('lanes').toDataURL()";
/// The list of steps says how many the filter leaves.
const LISTED: &str = "Number(document.querySelector('.list').getAttribute('aria-rowcount'))";

/// Writes the page of a record for the test of this name.
fn written(test: &str, record: &Record) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.html"));
    let mut page = Vec::new();
    html(record, &mut page).expect("a vector takes anything");
    std::fs::write(&path, page).expect("the folder of tests can be written to");
    path
}

/// The page of a record in a browser; none where there is no browser.
fn opened(test: &str, record: &Record) -> Option<Browser> {
    let page = written(test, record);
    let mut browser = Browser::start(test)?;
    browser.open(&page);
    Some(browser)
}

fn number(value: &Value) -> f64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap_or_else(|_| panic!("{value} is no number"))
}

/// From where to where the picture goes.
fn looked_at(browser: &mut Browser) -> (f64, f64) {
    let from = browser.eval("document.getElementById('lanes').dataset.from");
    let to = browser.eval("document.getElementById('lanes').dataset.to");
    (number(&from), number(&to))
}

/// Does something, and waits until the picture is another.
fn changes(browser: &mut Browser, what: impl FnOnce(&mut Browser)) {
    browser.eval(&format!("window.before = {PICTURE}"));
    what(browser);
    browser.until(&format!("window.before !== {PICTURE}"));
}

fn click(browser: &mut Browser, id: &str) {
    browser.eval(&format!("document.getElementById('{id}').click()"));
}

/// Where in the window the picture begins.
fn corner(browser: &mut Browser) -> (f64, f64) {
    browser.eval("document.getElementById('lanes').scrollIntoView({ block: 'center' })");
    let at = browser.eval("(() => { const b = document.getElementById('lanes').getBoundingClientRect(); return [b.left, b.top]; })()");
    (number(&at[0]), number(&at[1]))
}

#[test]
fn a_race_is_told_and_drawn() {
    let Some(mut browser) = opened("a_race_is_told_and_drawn", &runs::race()) else { return };
    let text = browser.eval("document.body.innerText");
    let text = text.as_str().expect("it is text");
    for told in [
        "Fail",
        "lost-update",
        "Counter::load",
        "came before",
        "the counter is 1",
        "pf1-AAAA",
        "18446744073709551615",
        "counter is 1",
        "adding one to zero",
    ] {
        assert!(text.contains(told), "{told} is not told:\n{text}");
    }
    assert!(number(&browser.eval(COLOURS)) > 8.0, "the picture is blank");
    assert_eq!(
        browser.eval("document.querySelectorAll('#steps tr.first, #steps tr.second').length"),
        json!(2)
    );
    // Both sources of the pair stand beside the picture, each with its line marked.
    assert_eq!(browser.eval("document.querySelectorAll('#inspector mark').length"), json!(2));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_recorded_races_are_told_and_drawn() {
    let test = "the_recorded_races_are_told_and_drawn";
    let Some(mut browser) = Browser::start(test) else { return };
    for (name, told) in [
        ("late-listener", ["A Emitter::snapshot", "B Emitter::push", "lost-connected"]),
        ("fork-cancel", ["A Buffer::notify", "B InboundStream::poll_listener", "lost-wakeup"]),
        ("shutdown-einval", ["A write", "B Arming::arm", "Invalid argument"]),
    ] {
        let path = format!("{}/tests/records/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let record = std::fs::read(path).expect("the record is there");
        let record: Record = serde_json::from_slice(&record).expect("it is a record");
        browser.open(&written(&format!("{test}-{name}"), &record));
        let first = browser.eval(
            "document.querySelector('header').innerText + document.getElementById('sentence').innerText",
        );
        for told in told {
            assert!(first.as_str().is_some_and(|first| first.contains(told)), "{told} is not in {first}");
        }
        assert!(number(&browser.eval(COLOURS)) > 8.0, "the picture is blank");
        // The picture begins with the pair: it is part of the run, and both operations stand beside it.
        let (from, to) = looked_at(&mut browser);
        assert!(to - from < number(&browser.eval(LISTED)), "{from} to {to} is the whole run");
        assert_eq!(browser.eval("document.querySelectorAll('#inspector .badge.pair').length"), json!(2));
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_record_without_steps_is_a_page_too() {
    let test = "a_record_without_steps_is_a_page_too";
    let Some(mut browser) = Browser::start(test) else { return };
    let mut broken = runs::race();
    // Numbers that refer to nothing, as those of a record that somebody cut.
    broken.stacks.clear();
    broken.frames.clear();
    broken.threads.clear();
    broken.processes.clear();
    for (name, record) in [("nothing", Record::default()), ("broken", broken)] {
        browser.open(&written(&format!("{test}-{name}"), &record));
        browser.eval("document.querySelectorAll('button').forEach((b) => { if (!b.closest('dialog') && b.id !== 'help-open') b.click(); })");
        browser.eval("document.getElementById('lanes').focus()");
        for key in
            ["n", "p", "d", "+", "-", "0", "r", "x", "x", "v", "]", "[", "ArrowDown", "Enter", "Escape"]
        {
            browser.press(key);
        }
        assert_eq!(browser.complaints(), [""; 0], "{name}");
    }
}

#[test]
fn hovering_gives_the_stack_and_clicking_keeps_it() {
    let Some(mut browser) = opened("hovering_gives_the_stack_and_clicking_keeps_it", &runs::race()) else {
        return;
    };
    let (left, top) = corner(&mut browser);
    let shows = "!document.getElementById('tip').hidden && document.querySelector('#tip .stack li') !== null";
    // Along the bar of the first lane, which is some pixels below the ruler.
    let found = (200..900).step_by(6).map(|x| (left + f64::from(x), top + 42.0 + 26.0)).find(|at| {
        browser.mouse("mouseMoved", *at, 0.0);
        browser.eval(shows) == json!(true)
    });
    let at = found.expect("there is a step on the lane");
    browser.until("document.querySelector('#stack li') !== null");
    assert!(browser.eval("document.getElementById('tip').innerText").to_string().contains("counter.rs:"));
    browser.mouse("mousePressed", at, 0.0);
    browser.mouse("mouseReleased", at, 0.0);
    browser.mouse("mouseMoved", (4.0, 4.0), 0.0);
    browser.until("document.getElementById('tip').hidden && document.querySelector('#inspector .chosen-head button') !== null");
    assert_eq!(browser.eval("document.querySelectorAll('#source mark').length"), json!(1));
    assert!(browser.eval("document.querySelector('#source mark').innerText").to_string().contains("line_"));
    browser.press("Escape");
    browser.until("document.querySelector('#inspector .chosen-head button') === null");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn filters_leave_what_they_say() {
    let Some(mut browser) = opened("filters_leave_what_they_say", &runs::race()) else { return };
    let type_in = |browser: &mut Browser, text: &str| {
        browser.eval(&format!(
            "(() => {{ const f = document.getElementById('find'); f.value = '{text}'; f.dispatchEvent(new Event('input')); }})()"
        ));
    };
    assert_eq!(browser.eval(LISTED), json!(11));
    changes(&mut browser, |browser| type_in(browser, "WRITE("));
    assert_eq!(browser.eval(LISTED), json!(2));
    // By function: one of the frames of these steps has that name.
    type_in(&mut browser, "counter::load");
    assert_eq!(browser.eval(LISTED), json!(3));
    type_in(&mut browser, "");
    let hide = |browser: &mut Browser, group: &str, what: &str| {
        browser.eval(&format!(
            "[...document.querySelectorAll('#{group} label')].find((l) => l.innerText.includes('{what}')).querySelector('input').click()"
        ));
    };
    click(&mut browser, "filters-open");
    changes(&mut browser, |browser| hide(browser, "kinds", "called"));
    assert_eq!(browser.eval(LISTED), json!(7));
    changes(&mut browser, |browser| hide(browser, "threads", "adder"));
    assert_eq!(browser.eval(LISTED), json!(4));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_axis_can_be_changed_zoomed_and_panned() {
    let Some(mut browser) = opened("the_axis_can_be_changed_zoomed_and_panned", &runs::long(2_000)) else {
        return;
    };
    click(&mut browser, "zoom-all");
    browser.until("document.getElementById('lanes').dataset.to > 1999");
    let whole = looked_at(&mut browser);
    let (left, top) = corner(&mut browser);
    changes(&mut browser, |browser| browser.mouse("mouseWheel", (left + 600.0, top + 80.0), -200.0));
    let zoomed = looked_at(&mut browser);
    assert!(zoomed.0 > whole.0 && zoomed.1 < whole.1, "{zoomed:?} is not within {whole:?}");
    changes(&mut browser, |browser| {
        browser.mouse("mousePressed", (left + 600.0, top + 80.0), 0.0);
        browser.mouse("mouseMoved", (left + 560.0, top + 80.0), 0.0);
        browser.mouse("mouseMoved", (left + 500.0, top + 80.0), 0.0);
        browser.mouse("mouseReleased", (left + 500.0, top + 80.0), 0.0);
    });
    let panned = looked_at(&mut browser);
    assert!(
        panned.0 > zoomed.0 && (panned.1 - panned.0 - (zoomed.1 - zoomed.0)).abs() < 1e-6,
        "{panned:?} from {zoomed:?}"
    );
    changes(&mut browser, |browser| {
        browser.eval("document.querySelector('[data-axis=time]').click()");
    });
    assert_eq!(browser.eval("document.getElementById('lanes').dataset.axis"), json!("time"));
    assert_eq!(
        browser.eval("document.querySelector('[data-axis=time]').getAttribute('aria-pressed')"),
        json!("true")
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn two_fingers_zoom() {
    let Some(mut browser) = opened("two_fingers_zoom", &runs::long(2_000)) else { return };
    click(&mut browser, "zoom-all");
    browser.until("document.getElementById('lanes').dataset.to > 1999");
    let (left, top) = corner(&mut browser);
    let whole = looked_at(&mut browser);
    changes(&mut browser, |browser| {
        for (kind, apart) in
            [("touchStart", 40.0), ("touchMove", 90.0), ("touchMove", 200.0), ("touchEnd", 0.0)]
        {
            let point = |id: u32, x: f64| json!({ "x": left + 500.0 + x, "y": top + 80.0, "id": id });
            let points = if kind == "touchEnd" { vec![] } else { vec![point(0, -apart), point(1, apart)] };
            browser.call("Input.dispatchTouchEvent", &json!({ "type": kind, "touchPoints": points }));
        }
    });
    let zoomed = looked_at(&mut browser);
    assert!(zoomed.1 - zoomed.0 < (whole.1 - whole.0) * 0.6, "{zoomed:?} of {whole:?}");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn keys_do_what_the_help_says() {
    let Some(mut browser) = opened("keys_do_what_the_help_says", &runs::long(2_000)) else { return };
    browser.press("?");
    browser
        .until("document.getElementById('help').open && document.querySelectorAll('#keys dt').length > 12");
    click(&mut browser, "help-close");
    browser.eval("document.getElementById('lanes').focus()");
    browser.press("0");
    browser.until("document.getElementById('lanes').dataset.to > 1999");
    let whole = looked_at(&mut browser);
    changes(&mut browser, |browser| browser.press("+"));
    let zoomed = looked_at(&mut browser);
    assert!(zoomed.1 - zoomed.0 < (whole.1 - whole.0) * 0.7);
    changes(&mut browser, |browser| browser.press("ArrowRight"));
    assert!(looked_at(&mut browser).0 > zoomed.0);
    browser.press("n");
    let first = browser.eval("document.getElementById('said').innerText");
    browser.press("n");
    let second = browser.eval("document.getElementById('said').innerText");
    assert!(first != second && second.to_string().contains("worker-"), "{first} {second}");
    browser.press("x");
    browser.until("document.getElementById('lanes').dataset.axis === 'step'");
    browser.press("v");
    browser.until("document.getElementById('lanes').dataset.runs === '2'");
    // Half of the threads do nothing in either run.
    let under = browser.eval("document.getElementById('under').innerText");
    assert!(under.to_string().contains("lanes that are alike in both runs are left out"), "{under}");
    changes(&mut browser, |browser| browser.press("t"));
    browser.press("/");
    browser.until("document.activeElement.id === 'find'");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_passing_run_stands_beside_the_failing_one() {
    let Some(mut browser) = opened("the_passing_run_stands_beside_the_failing_one", &runs::race()) else {
        return;
    };
    changes(&mut browser, |browser| click(browser, "compare"));
    assert_eq!(browser.eval("document.getElementById('lanes').dataset.runs"), json!("2"));
    assert_eq!(
        browser.eval("document.getElementById('compare').getAttribute('aria-pressed')"),
        json!("true")
    );
    // The place where they part has the colour of choices, from the top to the bottom of the picture.
    let fork = "(() => { const c = document.getElementById('lanes'), w = c.width, y = c.height - 30; \
        const d = c.getContext('2d').getImageData(0, y, w, 20).data; \
        const colour = getComputedStyle(document.documentElement).getPropertyValue('--choice').trim(); \
        const rgb = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)); \
        const is = (x, y) => rgb.every((v, i) => d[4 * (y * w + x) + i] === v); \
        for (let x = 0; x < w; x++) if (is(x, 0) && is(x, 10) && is(x, 19)) return true; return false; })()";
    assert_eq!(browser.eval(fork), json!(true));
    changes(&mut browser, |browser| click(browser, "compare"));
    assert_eq!(browser.eval("document.getElementById('lanes').dataset.runs"), json!("1"));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_a_program_wrote_is_never_markup() {
    let Some(mut browser) = opened("what_a_program_wrote_is_never_markup", &runs::hostile()) else { return };
    // Also what appears only when it is pointed at, compared, or asked for.
    browser.eval("document.querySelectorAll('button').forEach((b) => { if (!b.closest('dialog') && b.id !== 'help-open') b.click(); })");
    browser.eval("document.getElementById('lanes').focus()");
    for _ in 0..20 {
        browser.press("n");
    }
    let (left, top) = corner(&mut browser);
    for x in (200..900).step_by(20) {
        browser.mouse("mouseMoved", (left + f64::from(x), top + 70.0), 0.0);
    }
    assert_eq!(browser.eval("window.pwned === undefined"), json!(true));
    assert_eq!(
        browser.eval(
            "[document.scripts.length, document.images.length, document.querySelectorAll('[onerror]').length]"
        ),
        json!([2, 0, 0])
    );
    let text = browser.eval("document.title + document.documentElement.textContent.replace(document.getElementById('data').textContent, '')");
    let text = text.as_str().expect("it is text");
    assert!(
        text.contains("</script><script>window.pwned=1</script><img src=x onerror="),
        "it is not shown as it is"
    );
    let unseen = text.chars().find(
        |c| matches!(c, '\u{0}'..='\u{8}' | '\u{1b}' | '\u{200b}' | '\u{2028}'..='\u{202e}' | '\u{2066}'),
    );
    assert_eq!(unseen, None, "a character that turns or hides others is in the page");
    assert!(text.contains("\\u{202e}"));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn text_can_be_read_in_both_themes() {
    let Some(mut browser) = opened("text_can_be_read_in_both_themes", &runs::race()) else { return };
    // Contrast as WCAG 2 defines it, of every colour that text has on every ground that it stands on.
    let least = "(() => { const style = getComputedStyle(document.documentElement); \
        const light = (name) => { const c = style.getPropertyValue('--' + name).trim(); \
            const v = [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16) / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); \
            return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; }; \
        const on = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); }; \
        const texts = ['ink', 'soft', 'bad', 'good', 'choice', 'focus']; \
        const found = texts.flatMap((t) => ['ground', 'panel'].map((g) => on(t, g))).concat(on('ink', 'mark'), on('soft', 'mark')); \
        return Math.min(...found); })()";
    let first = browser.eval("getComputedStyle(document.body).backgroundColor");
    assert!(number(&browser.eval(least)) >= 4.5);
    changes(&mut browser, |browser| click(browser, "theme"));
    assert!(browser.eval("getComputedStyle(document.body).backgroundColor") != first);
    assert!(number(&browser.eval(least)) >= 4.5);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn paper_has_everything_but_what_is_to_be_pressed() {
    let Some(mut browser) = opened("paper_has_everything_but_what_is_to_be_pressed", &runs::race()) else {
        return;
    };
    browser.call("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    let seen = "(ids) => ids.map((id) => document.getElementById(id).getClientRects().length > 0)";
    assert_eq!(
        browser.eval(&format!("({seen})(['lanes', 'steps', 'decisions', 'output', 'tracing'])")),
        json!(vec![true; 5])
    );
    assert_eq!(
        browser.eval(&format!("({seen})(['theme', 'find', 'compare', 'events'])")),
        json!(vec![false; 4])
    );
    let pdf = browser.call("Page.printToPDF", &json!({ "printBackground": true }));
    assert!(pdf["data"].as_str().is_some_and(|data| data.len() > 20_000), "the paper is empty");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_is_drawn_of_a_race_is_as_it_was() {
    let mut page = Vec::new();
    html(&runs::race(), &mut page).expect("a vector takes anything");
    let page = String::from_utf8(page).expect("a page is UTF-8");
    let from = page.find("id=\"data\">").expect("there is a block") + "id=\"data\">".len();
    let data = &page[from..][..page[from..].find("</script>").expect("it ends")];
    let data: serde_json::Map<String, Value> = serde_json::from_str(data).expect("it is JSON");
    let lines: Vec<String> = data.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_page_forbids_scripts_that_are_not_its_own_and_every_network() {
    let test = "the_page_forbids_scripts_that_are_not_its_own_and_every_network";
    let page = written(test, &runs::race());
    // As if something had got past every escape.
    let text = std::fs::read_to_string(&page).expect("it was written");
    std::fs::write(&page, text.replace("<main>", "<main><script>window.pwned = 0</script>"))
        .expect("it is written again");
    let Some(mut browser) = Browser::start(test) else { return };
    browser.open(&page);
    for tried in [
        "const s = document.createElement('script'); s.append('window.pwned = 1'); document.body.append(s)",
        "const d = document.createElement('div'); d.setAttribute('onclick', 'window.pwned = 2'); document.body.append(d); d.click()",
        "const d = document.createElement('div'); d.innerHTML = '<img src=x onerror=\"window.pwned = 3\">'; document.body.append(d)",
        "setTimeout('window.pwned = 4', 0)",
        "const i = new Image(); i.src = 'http://127.0.0.1:9/'; document.body.append(i)",
    ] {
        browser.eval(&format!("(() => {{ try {{ {tried} }} catch (refused) {{}} }})()"));
    }
    assert_eq!(
        browser.eval("fetch('http://127.0.0.1:9/').then(() => 'asked', (e) => e.name)"),
        json!("TypeError")
    );
    browser.eval("new Promise((done) => setTimeout(done, 0))");
    assert_eq!(browser.eval("window.pwned === undefined"), json!(true));
    let refused = browser.complaints();
    for policy in ["script-src 'sha256-", "TrustedScript", "TrustedHTML", "default-src 'none'"] {
        assert!(
            refused.iter().any(|complaint| complaint.contains(policy)),
            "nothing is refused for {policy}: {refused:#?}"
        );
    }
}

#[test]
#[expect(
    clippy::disallowed_macros,
    reason = "how long it took is for a person to read: a test is not a clock"
)]
fn a_hundred_thousand_steps_can_be_used() {
    let test = "a_hundred_thousand_steps_can_be_used";
    let page = written(test, &runs::long(100_000));
    let bytes = std::fs::metadata(&page).expect("it was written").len();
    eprintln!("{test}: two runs of 100000 steps are {bytes} bytes");
    assert!(bytes < 15_000_000, "{bytes}");
    let Some(mut browser) = Browser::start(test) else { return };
    browser.open(&page);
    let ready = browser.eval("document.documentElement.dataset.ready");
    browser.eval("document.getElementById('lanes').focus()");
    browser.press("0");
    browser.until("document.getElementById('lanes').dataset.to > 99999");
    let frame = browser.eval(
        "new Promise((done) => { const from = performance.now(); document.getElementById('zoom-in').click(); \
         requestAnimationFrame(() => requestAnimationFrame(() => done(Math.round(performance.now() - from)))); })",
    );
    eprintln!("{test}: drawn and usable after {ready} ms; a step of zoom in the whole run took {frame} ms");
    assert!(number(&browser.eval(COLOURS)) > 8.0, "the picture is blank");
    changes(&mut browser, |browser| browser.press("r"));
    assert_eq!(browser.eval(LISTED), json!(100_000));
    browser.eval("document.querySelector('.list').scrollTop = 1e7");
    browser.until("document.querySelector('.rows').lastChild.getAttribute('aria-rowindex') === '100000'");
    assert!(
        number(&browser.eval("document.querySelectorAll('*').length")) < 4_000.0,
        "the page has an element for each step"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_report_of_a_sweep_is_drawn_and_answers() {
    let test = "the_report_of_a_sweep_is_drawn_and_answers";
    let Some(mut browser) = Browser::start(test) else { return };
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.html"));
    let mut page = Vec::new();
    let mut sweep = made_up::sweep();
    sweep.variants[0].signatures[0].signature.push_str("<script>document.title = 'taken'</script>");
    photofinish_reports::sweep::html::html(&sweep, &mut page).expect("a vector takes anything");
    std::fs::write(&path, page).expect("the folder of tests can be written to");
    browser.open(&path);
    let rows = "document.querySelectorAll('#failure-table tbody tr:not([hidden])').length";
    let all = number(&browser.eval(rows));
    assert!(all > 1.0, "{all} failures are shown");
    assert!(
        number(&browser.eval("document.querySelectorAll('#curves svg path, #curves svg polyline').length"))
            > 0.0
    );
    assert_ne!(browser.eval("document.title"), json!("taken"));
    let typed = "(() => { const text = document.getElementById('text'); text.value = 'no such failure'; \
        text.dispatchEvent(new Event('input', { bubbles: true })); })()";
    browser.eval(typed);
    browser.until("document.getElementById('failure-table').hidden");
    browser.eval("document.getElementById('text').blur()");
    browser.press("?");
    browser.until("document.getElementById('keys').open");
    assert_eq!(browser.complaints(), [""; 0]);
}
