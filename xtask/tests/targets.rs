//! Targets that are not ours, through the command line: programs that take a seed, and simulations on madsim.
//!
//! Invariant: whatever a target does, the command ends with the exit code that means it and says what to type next.

mod built;
mod folder;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use built::build;
use folder::{Folder, Said, objects};
use photofinish::client::{Client, Isolation, Request};
use photofinish::guard::Percent;
use photofinish::sim::seed::Seed;
use photofinish::target::{Asking, Command, Replays, Target};
use photofinish::verdict::Verdict;
use xtask::instrumented::Bin;

/// A folder whose targets these are.
struct Targets(Folder);

impl Targets {
    fn new(declared: &str) -> Self {
        let folder = Folder::new();
        let file = folder.path("targets.toml");
        std::fs::create_dir_all(Path::new(&file).parent().expect("a folder")).expect("it is made");
        std::fs::write(file, declared).expect("it is written");
        Self(folder)
    }

    /// A shell script as a target, which finds its seed in `$1`, and more of its declaration.
    fn script(script: &str, more: &str) -> Self {
        Self::script_within(script, "60s", more)
    }

    /// The same, with a limit for each run.
    fn script_within(script: &str, limit: &str, more: &str) -> Self {
        Self::new(&format!(
            "[[target]]\nname = \"t/v\"\nstory = \"A script.\"\nkind = \"command\"\nlimit = \"{limit}\"\n\
             run = [\"sh\", \"-c\", '''{script}''', \"sh\", \"{{seed}}\", \"{{config}}\"]\n{more}\n"
        ))
    }

    fn xtask(&self, args: &[&str]) -> Said {
        let mut command = self.0.command(args);
        command.env("PHOTOFINISH_TARGETS", self.0.path("targets.toml"));
        command.output().expect("xtask starts").into()
    }

    fn check(&self, args: &[&str], code: i32, words: &[&str]) -> Said {
        let said = self.xtask(args);
        let all = format!("{}{}", said.out, said.err);
        assert_eq!(said.code, Some(code), "{args:?}: {all}");
        for words in words {
            assert!(all.contains(words), "{args:?} does not say `{words}`: {all}");
        }
        said
    }
}

#[test]
fn a_command_that_does_what_it_promises_passes() {
    let fails = "must = [{ signature = \"two leaders\", within = 10 }]\nsignature-line = \"FAILED: \"";
    let script = "echo $1; test $(($1 % 5)) != 3 || { echo FAILED: two leaders; exit 1; }";
    let targets = Targets::script(script, fails);
    let words = ["t/v: 16 of 20 runs passed", "two leaders: 4 runs, first at seed 3"];
    let said = targets.check(&["sweep", "t/v", "--seeds", "20"], 0, &words);
    assert!(said.err.contains("new: t/v: two leaders (seed 3, corpus #1)"), "{}", said.err);
    let again = ["corpus: 1 fail as before"];
    let said = targets.check(&["sweep", "t", "--seeds", "20"], 0, &again);
    assert!(!said.err.contains("new:"), "{}", said.err);
    targets.check(
        &["sim", "t/v", "--seed", "8"],
        1,
        &["FAIL t/v: two leaders", "replay: cargo xtask sim t/v --seed 8"],
    );
    targets.check(&["sim", "t/v", "--seed", "9"], 0, &["t/v · seed 9", "pass"]);
    targets.check(&["corpus", "show", "1"], 0, &["replay: cargo xtask sim t/v --seed 3"]);
    targets.check(
        &["sweep", "t/v", "--seeds", "20", "--from", "4", "--stop-on-first"],
        0,
        &["4 of 5 runs passed"],
    );
}

#[test]
fn what_is_found_does_not_depend_on_the_jobs() {
    let script = "echo $1; exit $(($1 * 7 % 4))";
    let swept = |jobs: &str| {
        let targets = Targets::script(script, "");
        let args = ["sweep", "t/v", "--seeds", "40", "--json", "--jobs", jobs];
        let said = targets.check(&args, 1, &["`exit 1` is not expected: 10 runs, first at seed 3"]);
        (objects(&said.out), targets.xtask(&["corpus", "list"]).out.lines().step_by(2).collect::<String>())
    };
    let (one, corpus) = swept("1");
    assert_eq!(one[0]["found"]["exit 3"]["first"], 1, "{one:?}");
    assert_eq!((one, corpus), swept("3"));
}

#[test]
fn a_target_that_hangs_is_ended_and_named() {
    let targets = Targets::script_within("test $1 = 2 && sleep 1000; echo $1", "3s", "");
    let words = ["FAIL t/v: hang", "it did not end within 3000 ms and was killed"];
    targets.check(&["sim", "t/v", "--seed", "2"], 1, &words);
    let words = ["3 of 4 runs passed", "`hang` is not expected: 1 runs, first at seed 2"];
    targets.check(&["sweep", "t/v", "--seeds", "4", "--guard", "0"], 1, &words);
}

#[test]
fn a_run_that_hangs_once_and_not_again_proves_nothing() {
    let targets = Targets::script_within("test -e begun || { touch begun; sleep 1000; }; echo $1", "3s", "");
    let words = ["made twice, it did so once; the other time: it passed", "t/v: slow"];
    targets.check(&["sim", "t/v", "--seed", "1"], 3, &words);
    targets.check(&["sim", "t/v", "--seed", "1"], 0, &["pass"]);
}

#[test]
fn a_target_that_dies_is_named_by_its_signal_or_its_panic() {
    let targets = Targets::script("test $1 = 0 || kill -SEGV $$; echo $1", "");
    targets.check(&["sweep", "t/v", "--seeds", "3"], 1, &["signal SIGSEGV: 2 runs, first at seed 1"]);
    let script = "printf \"thread 'main' ($$) panicked at src/a.rs:7:5:\\nlost $1 of 9\\n\" >&2; exit 101";
    let targets = Targets::script(script, "may = [\"panic at src/a.rs: lost N of N\"]");
    targets.check(&["sweep", "t/v", "--seeds", "3"], 0, &["panic at src/a.rs: lost N of N: 3 runs"]);
}

#[test]
fn a_target_that_answers_nonsense_is_refused_with_what_to_do() {
    let missing = ["a shell says that it found no such program", "next:"];
    Targets::script("./no-such-program", "").check(&["sim", "t/v", "--seed", "1"], 2, &missing);
    let served = |path: &str| {
        let story = "story = \"It serves nothing.\"";
        Targets::new(&format!("[[target]]\nname = \"t/v\"\n{story}\nkind = \"served\"\nrun = [\"{path}\"]\n"))
    };
    let words = ["/bin/echo answered nonsense while starting", "next:"];
    served("/bin/echo").check(&["sim", "t/v", "--seed", "1"], 1, &words);
    let words = ["reading /no/such/file of the target t/v failed", "next:"];
    served("/no/such/file").check(&["sim", "t/v", "--seed", "1"], 2, &words);
}

#[test]
fn a_run_that_says_nothing_or_cannot_be_made_loses_no_other() {
    let unknown = Targets::script("echo $1; test $1 != 2 || exit 7", "fails = [1]");
    let words = ["3 of 4 runs passed", "exit status 7: 1 runs, first at seed 2"];
    unknown.check(&["sweep", "t/v", "--seeds", "4"], 3, &words);
    let words = ["t/v: exit status 7", "`passes` or `fails`"];
    unknown.check(&["sim", "t/v", "--seed", "2"], 3, &words);
    let ended = Targets::script("echo $1; test $1 != 1 || exit 3; test $1 != 2 || ./no-such-program", "");
    let words = [
        "1 of 2 runs passed",
        "exit 3: 1 runs, first at seed 1",
        "before seed 2 alone: t/v made no run",
        "next:",
    ];
    ended.check(&["sweep", "t/v", "--seeds", "4"], 2, &words);
    let said = ended.check(&["sweep", "t/v", "--seeds", "4", "--json"], 2, &[]);
    assert_eq!(objects(&said.out)[0]["runs"], 2, "{}", said.out);
}

#[test]
fn what_is_recorded_has_failed_and_is_told_as_asked() {
    let script = "echo $1; case $1 in 1) exit 3;; 2) exit 7;; 4) echo $$; exit 3;; esac";
    let targets = Targets::script(script, "fails = [3]");
    let said =
        targets.check(&["sweep", "t/v", "--seeds", "6", "--json"], 4, &["exit status 7", "nondeterminism"]);
    let lines: Vec<_> = said.err.lines().filter(|line| line.contains("recorded")).collect();
    let recorded = r#"{"recorded":{"id":1,"program":"t/v","seed":1,"signature":"exit 3","was":"new"}}"#;
    assert_eq!(lines, [recorded], "{}", said.err);
    let listed = targets.xtask(&["corpus", "list"]).out;
    assert!(listed.contains("exit 3") && !listed.contains("exit status 7"), "{listed}");
    assert!(!listed.contains("nondeterminism"), "{listed}");
}

#[test]
fn a_target_that_ignores_its_seed_is_told_so() {
    let words = ["seed-ignored: its seed seems to be ignored: 16 different seeds"];
    let args = ["sweep", "t/v", "--seeds", "16"];
    Targets::script("echo same", "").check(&args, 0, &words);
    Targets::script("echo same", "ignored-seed = \"fail\"").check(
        &args,
        1,
        &["NOT AS EXPECTED: its seed seems"],
    );
    for (script, more) in [("echo $1", ""), ("echo same", "ignored-seed = \"allow\"")] {
        let said = Targets::script(script, more).check(&args, 0, &["16 of 16 runs passed"]);
        assert!(!said.out.contains("seed-ignored"), "{}", said.out);
    }
    let said = Targets::script("echo same", "").check(&["sweep", "t/v", "--seeds", "15"], 0, &[]);
    assert!(!said.out.contains("seed-ignored"), "fewer seeds prove nothing: {}", said.out);
}

#[test]
fn a_target_that_does_not_repeat_is_told_where_it_differs() {
    let targets = Targets::script("echo first; echo $$; exit 1", "may = [\"exit 1\"]");
    let words =
        ["nondeterminism: unknown", "line 2 of its output differs", "one run wrote `", "the other wrote `"];
    targets.check(&["sweep", "t/v", "--seeds", "3"], 4, &words);
    let passing = Targets::script("echo $$", "");
    passing.check(
        &["sweep", "t/v", "--seeds", "3", "--guard", "100"],
        4,
        &["nondeterminism: unknown: 3 runs"],
    );
    passing.check(&["sweep", "t/v", "--seeds", "3", "--guard", "0"], 0, &["3 of 3 runs passed"]);
}

#[test]
fn a_fixed_failure_is_told_by_the_corpus_and_comes_back() {
    let targets =
        Targets::script("test -e fixed || test $1 != 1", "may = [\"exit 1\"]\nignored-seed = \"allow\"");
    let sweep = ["sweep", "t/v", "--seeds", "3"];
    targets.check(&sweep, 0, &["exit 1: 1 runs, first at seed 1"]);
    let flag = targets.0.path("fixed");
    std::fs::write(&flag, "").expect("it is written");
    targets.check(&sweep, 0, &["3 of 3 runs passed", "corpus: #1 exit 1: FIXED"]);
    std::fs::remove_file(&flag).expect("it was there");
    targets.check(&sweep, 0, &["corpus: #1 exit 1: BACK"]);
}

#[test]
fn what_a_target_cannot_have_is_refused_by_name() {
    let targets = Targets::script("echo $1", "");
    let seed_only = "is not simulated by Photofinish: it has only its seed";
    targets.check(&["shrink", "t/v", "--seed", "1"], 2, &[seed_only, "next:"]);
    targets.check(&["sim", "t/v", "--strategy", "starve"], 2, &["--strategy is not for t/v", "next:"]);
    targets.check(&["sweep", "t", "--os", "macos"], 2, &["--os is not for t", seed_only]);
    targets.check(&["sweep", "t/v", "canary"], 2, &["and canary is not", "next: one command for each"]);
    let nonsense = Targets::new("[[target]]\nname = \"t/v\"\nstory = \"s\"\nkind = \"loom\"\n");
    nonsense.check(&["sim", "t/v"], 2, &["declares no targets", "loom", "next:"]);
    let missing = Folder::new();
    let mut command = missing.command(&["sim", "t/v"]);
    let said: Said =
        command.env("PHOTOFINISH_TARGETS", "/no/such.toml").output().expect("xtask starts").into();
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("reading the targets in /no/such.toml failed"), "{}", said.err);
}

#[test]
fn a_configuration_is_drawn_from_the_seed_and_told() {
    let config = "[target.config]\n\"net.loss\" = [0.0, 0.5]\n\"name\" = [\"a\", \"b\"]";
    let targets = Targets::script("echo \"$2\"; case \"$2\" in *0.5*) exit 1;; esac", config);
    let said = targets.check(&["sweep", "t/v", "--seeds", "30", "--json"], 1, &[]);
    let object = &objects(&said.out)[0];
    let words = object["configs"]["exit 1"].as_str().expect("it is told").to_owned();
    assert!(words.ends_with(", net.loss = 0.5"), "{words}");
    let runs = object["found"]["exit 1"]["runs"].as_u64().expect("it is counted");
    assert!((5..26).contains(&runs), "about half of 30: {runs}");
    let seed = object["found"]["exit 1"]["first"].to_string();
    let words = format!("t/v · seed {seed} · {words}");
    let said = targets.check(
        &["sim", "t/v", "--seed", &seed],
        1,
        &[&words, "configuration: ", "[net]", "loss = 0.5"],
    );
    assert_eq!(said.out, targets.xtask(&["sim", "t/v", "--seed", &seed]).out);
}

#[test]
fn an_executable_of_ours_is_a_target_like_any_other() {
    let path = build(Bin { package: "photofinish-scenarios", name: "scenarios" });
    let ours = Client::start(&path, 8, Isolation::Fork).expect("it serves");
    let words = ["sh", "-c", "echo $1; exit 3", "sh", "{seed}"].map(String::from);
    let theirs = Command::new("t/v", &words, Duration::from_secs(60));
    let asking = Asking { program: "t/v", seed: Seed(7), config: "" };
    let targets: [(Box<dyn Target>, Request, Replays, &str); 2] = [
        (Box::new(ours), Request::new("canary/wrong-answer", Seed(0)), Replays::ByPicks, "wrong-answer"),
        (Box::new(theirs), asking.request(), Replays::BySeed, "exit 3"),
    ];
    for (mut target, request, replays, signature) in targets {
        assert_eq!(target.replays(), replays, "{}", target.name());
        let one = target.examine(&request, Percent::ALL).expect("it runs");
        let again = target.examine(&request, Percent::ALL).expect("it runs");
        let judgement = (one.judgement.verdict, one.judgement.signature.as_deref());
        assert_eq!(judgement, (Verdict::Fail, Some(signature)), "{}", target.name());
        assert_eq!(
            (&one.run, &one.judgement, one.difference.is_none()),
            (&again.run, &again.judgement, true)
        );
    }
}

/// The workspace's own targets, and a corpus of one's own.
fn madsim(folder: &Folder, args: &[&str], code: i32) -> Said {
    let said = folder.xtask(args);
    assert_eq!(said.code, Some(code), "{args:?}: {}{}", said.out, said.err);
    said
}

#[test]
fn a_simulation_on_madsim_is_found_with_its_seed_and_configuration() {
    let folder = Folder::new();
    let said = madsim(&folder, &["sweep", "madsim-deposits", "--seeds", "40", "--json"], 0);
    let swept = objects(&said.out);
    assert_eq!(swept.len(), 3, "{}", said.out);
    assert_eq!(swept[1]["passed"], 40, "the server that knows what it had is right: {}", said.out);
    let wrong = "an account holds other than was acknowledged";
    let first = swept[0]["found"][wrong]["first"].to_string();
    assert_eq!(
        swept[0]["found"], swept[2]["found"],
        "the same simulation, told its seed as a word of its command line"
    );
    let config = swept[0]["configs"][wrong].as_str().expect("it is told").to_owned();
    assert!(
        config.contains("net.packet_loss_rate = ") && config.contains("net.send_latency = 1–"),
        "{config}"
    );
    let report = folder.path("report");
    let sim = ["sim", "madsim-deposits/at-least-once", "--seed", &first, "--report", &report];
    let said = madsim(&folder, &sim, 1);
    assert!(
        said.out.contains(&config) && said.out.contains(&format!("FAIL {}: {wrong}", sim[1])),
        "{}",
        said.out
    );
    let files: BTreeSet<_> = Path::new(&report)
        .read_dir()
        .expect("it is there")
        .map(|file| {
            let file = file.expect("it is read").path();
            file.extension().and_then(|end| end.to_str()).unwrap_or_default().to_owned()
        })
        .collect();
    assert!(files.contains("html") && files.contains("json"), "{files:?}");
    let json = ["sim", sim[1], "--seed", &first, "--json"];
    let (one, again) = (madsim(&folder, &json, 1).out, madsim(&folder, &json, 1).out);
    assert_eq!(one, again, "the same seed and configuration are the same run");
    let said = madsim(&folder, &["sweep", sim[1], "--seeds", "40"], 0);
    assert!(said.out.contains("corpus: 1 fail as before"), "{}", said.out);
}

#[test]
fn a_simulation_on_madsim_that_does_not_repeat_is_caught() {
    let manifest =
        Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("scenarios").join("madsim/Cargo.toml");
    let target = |program: &str| {
        format!(
            "[[target]]\nname = \"restless/{program}\"\nstory = \"It draws from elsewhere.\"\nkind = \"madsim\"\n\
             build = {{ manifest = \"{}\", package = \"photofinish-madsim-deposits\" }}\n",
            manifest.display()
        )
    };
    let targets = Targets::new(&(target("by-a-static") + &target("by-the-process")));
    // Each run has a process of its own, so that only madsim, which makes two in one, can see a static.
    let words = ["nondeterminism: unknown", "madsim, of two runs in one process: non-determinism detected"];
    targets.check(&["sweep", "restless/by-a-static", "--seeds", "2", "--guard", "100"], 4, &words);
    // What differs from process to process is the same for two runs in one, so that madsim cannot see it.
    let words = ["nondeterminism: unknown", "the traces of the two runs differ"];
    targets.check(&["sweep", "restless/by-the-process", "--seeds", "2", "--guard", "100"], 4, &words);
}
