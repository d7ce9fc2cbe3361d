//! Shards of sweeps that nobody ran: put together in every order, some twice, some damaged, some not at all.
//!
//! Knows no scenario. Invariant: a sweep is counted here run by run, as a job counts one, and its shards are counted by themselves.

use photofinish::client::{Request, Run};
use photofinish::examine::Examined;
use photofinish::sim::ending::Ending;
use photofinish::sim::seed::Seed;
use photofinish::sim::trace::Trace;
use photofinish::tracefile::TraceFile;
use photofinish::verdict::{Judgement, Verdict};
use proptest::prelude::*;

use super::super::gathered::{Extent, Part, Shown};
use super::super::shardfile::End;
use super::*;
use crate::cli::Sharing;

const PROGRAMS: [&str; 2] = ["a/b", "a/c"];
const FAMILIES: [&str; 3] = ["walk:4:0:0", "pct:1:9", "starve"];
const SIGNATURES: [&str; 3] = ["lost", "late", "deadlock in a::b"];

/// A run: its strategy, whether and how it fails, and in how many decisions.
#[derive(Clone, Copy, Debug)]
struct Made {
    family: usize,
    signature: Option<usize>,
    decisions: usize,
}

/// A sweep, by variant and seed.
#[derive(Clone, Debug)]
struct Sweep {
    from: u64,
    runs: [Vec<Made>; 2],
    stop_on_first: bool,
}

impl Sweep {
    fn question(&self) -> Question {
        Question {
            programs: PROGRAMS.map(str::to_owned).to_vec(),
            seeds: Some(self.runs[0].len() as u64),
            time_ms: None,
            from: self.from,
            strategy: None,
            os: None,
            heap: None,
            preempt: None,
            oracles: None,
            guard: String::from("5"),
            isolation: Sharing::Rewind,
            stop_on_first: self.stop_on_first,
        }
    }

    /// What a sweep over a block of the seeds counts, and where it ends.
    fn counted(&self, begin: u64, seeds: u64) -> (Vec<Part>, Option<End>) {
        let mut parts = vec![Part::default(); PROGRAMS.len()];
        for (variant, runs) in self.runs.iter().enumerate() {
            for seed in begin..begin + seeds {
                let made = runs[usize::try_from(seed - self.from).expect("it is small")];
                count(&mut parts[variant], PROGRAMS[variant], seed, made);
                if self.stop_on_first && made.signature.is_some() {
                    return (parts, Some(End { variant, seed: Seed(seed) }));
                }
            }
        }
        (parts, None)
    }

    fn shard(&self, shard: Shard) -> ShardFile {
        let question = self.question();
        let block = question.block(shard).expect("there are enough");
        let (parts, end) = self.counted(block.begin.0, block.seeds);
        let counted = |part: Part| Counted { begin: block.begin, tally: part.tally, shown: part.shown };
        let variants = parts.into_iter().map(counted).collect();
        let marks = BTreeMap::new();
        ShardFile::new(Answer { builds: builds("build"), question, shard, variants, end, marks }, making(1))
    }

    /// A shard that went by time, and came so far.
    fn timed(&self, shard: &str, runs: u64) -> ShardFile {
        let shard: Shard = shard.parse().expect("a shard");
        let question = Question { seeds: None, time_ms: Some(90_000), ..self.question() };
        let begin = question.block(shard).expect("there are enough").begin;
        let variants = PROGRAMS.iter().zip(&self.runs).map(|(program, made)| {
            let mut part = Part::default();
            let made = made.iter().zip(begin.0..begin.0 + runs);
            made.for_each(|(made, seed)| count(&mut part, program, seed, *made));
            Counted { begin, tally: part.tally, shown: part.shown }
        });
        let (builds, variants, marks) = (builds("build"), variants.collect(), BTreeMap::new());
        ShardFile::new(Answer { builds, question, shard, variants, end: None, marks }, making(1))
    }

    fn shards(&self, count: u32) -> Vec<ShardFile> {
        Shard::all(count).map(|shard| self.shard(shard)).collect()
    }
}

fn count(part: &mut Part, program: &str, seed: u64, made: Made) {
    let signature = made.signature.map(|signature| SIGNATURES[signature].to_owned());
    let verdict = if signature.is_some() { Verdict::Fail } else { Verdict::Pass };
    let mut run = Run::ended(Ending::Returned);
    run.figures.points = 100 + seed;
    let pick = serde_json::from_value(serde_json::json!({
        "thread": 0, "kind": "Preempt", "nth": 0, "step": 1, "thread_points": 1, "pc": 0, "bound": 2, "pick": 1,
    }));
    run.trace = Trace { picks: vec![pick.expect("a pick"); made.decisions], ..Trace::default() };
    let request = Request::new(program, Seed(seed));
    let file = TraceFile::of(&request, &run, "build");
    let judgement = Judgement { verdict, signature: signature.clone(), detail: String::new() };
    part.tally.add(Seed(seed), FAMILIES[made.family], &Examined { run, judgement, difference: None });
    if let Some(signature) = signature {
        part.show(&signature, Shown { verdict, file, trace: Extent::Whole });
    }
}

fn making(took_ms: u64) -> Making {
    let variants = vec![Spent { took_ms, spent_ms: 2 * took_ms }; PROGRAMS.len()];
    Making { ended_ms: 7, took_ms, variants, names: vec![String::from("a")], ended: Ended::Done }
}

/// An executable of this content.
fn builds(build: &str) -> Builds {
    serde_json::from_value(serde_json::json!({ "scenarios": build })).expect("builds")
}

fn kept(place: &str, file: &ShardFile) -> Kept {
    let name = file.answer.shard.file();
    Kept { at: format!("{place}/{name}"), name, bytes: file.bytes() }
}

fn put(files: &[Kept]) -> Result<Merged, MergeRefusal> {
    merge(files, &[String::from("here")])
}

/// A sweep whose runs are easily told apart.
fn example(seeds: u64) -> Sweep {
    let made = |seed: u64| Made {
        family: (seed % 3) as usize,
        signature: (seed % 4 == 1).then_some((seed % 3) as usize),
        decisions: (seed % 5) as usize + 1,
    };
    Sweep {
        from: 100,
        runs: [(0..seeds).map(made).collect(), (1..=seeds).map(made).collect()],
        stop_on_first: false,
    }
}

fn said(refused: Result<Merged, MergeRefusal>) -> (Exit, String) {
    let error = refused.expect_err("it is refused");
    assert!(error.to_string().contains("\nnext: "), "{error}");
    (error.exit(), error.to_string())
}

prop_compose! {
    fn made()(family in 0..3_usize, signature in proptest::option::weighted(0.15, 0..3_usize), decisions in 1..9_usize)
        -> Made
    {
        Made { family, signature, decisions }
    }
}

prop_compose! {
    fn sweep()(seeds in 1..60_usize)(
        from in 0..1_000_u64,
        runs in [proptest::collection::vec(made(), seeds), proptest::collection::vec(made(), seeds)],
        stop_on_first in any::<bool>(),
        count in 1..=u32::try_from(seeds.min(9)).expect("it is small"),
    ) -> (Sweep, u32) {
        (Sweep { from, runs, stop_on_first }, count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some are given twice, as files of several places, and some were run twice, the second time more slowly.
    #[test]
    fn shards_in_any_order_are_the_sweep_that_was_not_split(
        (sweep, count) in sweep(), twice in any::<u16>(), order in any::<u64>(),
    ) {
        let files = sweep.shards(count);
        let straight: Vec<Kept> = files.iter().map(|file| kept("a", file)).collect();
        let mut given = straight.clone();
        for (index, file) in files.iter().enumerate().filter(|(index, _)| twice >> index & 1 == 1) {
            given.push(kept("a", file));
            given.push(kept("b", file));
            given.push(kept("b/c", &ShardFile::new(file.answer.clone(), making(9 + index as u64))));
        }
        let last = given.len() as u64;
        for at in (1..given.len()).rev() {
            given.swap(at, usize::try_from(order.rotate_left(at as u32) % last).expect("it is small"));
        }
        let merged = put(&given).expect("they belong together");
        prop_assert_eq!(&merged, &put(&straight).expect("they belong together"));
        prop_assert_eq!((&merged.missing, &merged.unfit), (&Vec::new(), &Vec::new()));
        let board = merged.board();
        let (whole, end) = sweep.counted(sweep.from, sweep.runs[0].len() as u64);
        for (gathered, whole) in board.gathered.iter().zip(&whole) {
            prop_assert_eq!(&gathered.part.tally, &whole.tally);
            prop_assert_eq!(&gathered.part.shown, &whole.shown);
        }
        let end = end.map(|end| (end.variant, end.seed.0 - sweep.from));
        prop_assert_eq!(board.end.map(|end| (end.variant, end.seed)), end);
    }

    #[test]
    fn shards_that_are_not_there_are_named_and_the_others_counted((sweep, count) in sweep(), there in any::<u16>()) {
        let is_there = |shard: &Shard| there >> (shard.number() - 1) & 1 == 1;
        let files: Vec<ShardFile> = Shard::all(count).filter(is_there).map(|shard| sweep.shard(shard)).collect();
        let given: Vec<Kept> = files.iter().map(|file| kept("a", file)).collect();
        let Ok(merged) = put(&given) else {
            prop_assert!(given.is_empty());
            return Ok(());
        };
        let missing: Vec<Shard> = merged.missing.iter().map(|missing| missing.shard).collect();
        prop_assert_eq!(missing.clone(), Shard::all(count).filter(|shard| !is_there(shard)).collect::<Vec<_>>());
        let board = merged.board();
        let is_part = |gathered: &Gathered| gathered.over.as_ref() == Some(&Over::Part);
        prop_assert!(missing.is_empty() || is_part(&board.gathered[0]));
        if !sweep.stop_on_first {
            let runs: u64 = files.iter().map(|file| file.answer.runs()).sum();
            prop_assert_eq!(board.gathered.iter().map(|gathered| gathered.part.tally.runs).sum::<u64>(), runs);
        }
    }

    #[test]
    fn whatever_part_of_a_file_is_there_is_a_shard_that_died(cut in 0..100_usize) {
        let files = example(8).shards(2);
        let mut given: Vec<Kept> = files.iter().map(|file| kept("a", file)).collect();
        // The last byte ends the line, and nothing else.
        let length = (given[1].bytes.len() - 1) * cut / 100;
        given[1].bytes.truncate(length);
        let merged = put(&given).expect("one is sound");
        prop_assert_eq!(merged.missing.len(), 1);
        let why = merged.missing[0].why.clone().unwrap_or_default();
        prop_assert!(why.starts_with("a/shard-2-of-2.json cannot be used: it is damaged"), "{}", why);
        prop_assert_eq!(merged.missing[0].shard.to_string(), "2/2");
    }
}

#[test]
fn a_file_that_was_changed_is_not_believed() {
    let file = example(8).shard("1/2".parse().expect("a shard"));
    let text = String::from_utf8(file.bytes()).expect("it is text");
    let check = |from: &str, to: &str, words: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let said = ShardFile::read(changed.as_bytes()).expect_err(words);
        assert!(said.contains(words), "{said}");
    };
    assert_eq!(ShardFile::read(text.as_bytes()), Ok(file.clone()));
    check("\"passed\": ", "\"passed\": 1", "what it holds is not what was written");
    check("photofinish shard", "photofinish trace", "its field `what`");
    check("\"schema\": 2", "\"schema\": 1", "it has schema 1, and this is schema 2");
    check("\"1/2\"", "\"3/2\"", "it is damaged: there is no shard 3 of 2");
    let mut other = file.answer.clone();
    other.variants[1].tally.runs -= 1;
    let said = ShardFile::read(&ShardFile::new(other, making(1)).bytes()).expect_err("runs are missing");
    assert_eq!(said, "it has 3 runs of a/c from seed 100 on, and not 4 from seed 100 on");
    let mut other = file.answer;
    other.variants.pop();
    let said = ShardFile::read(&ShardFile::new(other, making(1)).bytes()).expect_err("a variant is missing");
    assert_eq!(said, "it does not have what was asked: variants are missing");
}

#[test]
fn a_sound_file_makes_up_for_a_damaged_one() {
    let files = example(8).shards(2);
    let mut given: Vec<Kept> = files.iter().map(|file| kept("b", file)).collect();
    let damaged = Kept { at: String::from("a/shard-1-of-2.json"), bytes: b"{".to_vec(), ..given[0].clone() };
    given.push(damaged);
    let merged = put(&given).expect("they belong together");
    assert_eq!((merged.missing.len(), merged.unfit.len()), (0, 1));
    assert_eq!(merged.unfit[0].0, "a/shard-1-of-2.json");
}

#[test]
fn what_does_not_belong_together_is_refused_by_name() {
    let sweep = example(8);
    let files = sweep.shards(2);
    let with = |change: fn(&mut Answer)| {
        let mut answer = files[1].answer.clone();
        change(&mut answer);
        put(&[kept("a", &files[0]), kept("b", &ShardFile::new(answer, making(1)))])
    };
    let check = |change: fn(&mut Answer), words: &str| {
        let (exit, said) = said(with(change));
        assert!(exit == Exit::Usage && said.contains(words), "{said}");
        assert!(said.contains("a/shard-1-of-2.json") && said.contains("b/shard-2-of-2.json"), "{said}");
    };
    assert!(with(|_| {}).is_ok());
    check(|answer| answer.builds = builds("other"), "by build build of the scenarios, and b/");
    check(
        |answer| answer.question.strategy = Some(String::from("starve")),
        "it has nothing of the kind, where the other one has `--strategy starve`",
    );
    check(|answer| answer.question.guard = String::from("100"), "where the other one has `--guard 100`");
    check(
        |answer| answer.question.programs[1] = String::from("a/d"),
        "it has a/c, which the other one does not",
    );
    check(|answer| answer.question.programs.reverse(), "it has the same variants in another order");
    let split = kept("b", &sweep.shard("2/4".parse().expect("a shard")));
    let (exit, words) = said(put(&[kept("a", &files[0]), split]));
    assert_eq!(exit, Exit::Usage);
    assert!(
        words.contains("a/shard-1-of-2.json is a shard of 2, and b/shard-2-of-4.json one of 4"),
        "{words}"
    );
    let (exit, words) = said(put(&[]));
    assert!(exit == Exit::Usage && words.starts_with("no shard of a sweep is in here"), "{words}");
    let merged = put(&[kept("a", &files[0])]).expect("one is sound");
    assert!(merged.check_builds(&builds("build")).is_ok());
    let words = merged.check_builds(&builds("ours")).expect_err("another build").to_string();
    assert!(
        words.contains("a/shard-1-of-2.json was made by build build") && words.contains("this is build ours"),
        "{words}"
    );
}

#[test]
fn a_shard_that_was_run_twice_with_two_results_is_not_deterministic() {
    let sweep = example(8);
    let file = sweep.shard("2/2".parse().expect("a shard"));
    let mut other = sweep;
    other.runs[1][6].signature = Some(1);
    let other = other.shard("2/2".parse().expect("a shard"));
    let one_way = said(put(&[kept("a", &file), kept("b", &other)]));
    assert_eq!(one_way, said(put(&[kept("b", &other), kept("a", &file)])));
    let (exit, words) = one_way;
    assert_eq!(exit, Exit::Diverged);
    assert!(
        words.starts_with(
            "shard 2/2 was run twice and was not deterministic: a/shard-2-of-2.json and b/shard-2-of-2.json differ, a/c: `late` in 0 \
             runs and in 1\n"
        ),
        "{words}"
    );
    assert!(
        words.contains("`cargo xtask sweep a --seeds 8 --from 100 --guard 100 --shard 2/2 --out DIR`"),
        "{words}"
    );
}

/// A sweep that goes by time makes as many runs as it can, so that a shard that is run twice need not be the same.
#[test]
fn of_two_shards_that_went_by_time_the_longer_one_counts() {
    let sweep = example(40);
    let (long, short, second) = (sweep.timed("1/2", 20), sweep.timed("1/2", 8), sweep.timed("2/2", 11));
    let given = [kept("a", &long), kept("b", &short), kept("b", &second)];
    let merged = put(&given).expect("they belong together");
    let mut reversed = given.clone();
    reversed.reverse();
    assert_eq!(merged, put(&reversed).expect("they belong together"));
    let gathered = &merged.board().gathered[0];
    assert_eq!(gathered.part.tally.runs, 31);
    let Some(over @ Over::Blocks(blocks)) = &gathered.over else { panic!("{:?}", gathered.over) };
    assert_eq!(blocks.iter().map(|block| block.runs).collect::<Vec<_>>(), [20, 11]);
    assert_eq!(over.before(Seed(100 + (1 << 31) + 4)), Some(24), "behind the runs of the first shard");
    assert!(
        merged
            .command("1/2".parse().expect("a shard"), "x y")
            .ends_with("a --for 1m30s --from 100 --shard 1/2 --out 'x y'")
    );
}

/// The last seeds of such a shard are those that its jobs happened to be at.
#[test]
fn what_only_one_of_two_runs_of_a_shard_found_is_not_lost() {
    let mut sweep = example(40);
    sweep.runs[1].iter_mut().for_each(|made| made.signature = None);
    let (long, second) = (sweep.timed("1/2", 20), sweep.timed("2/2", 11));
    sweep.runs[1][5].signature = Some(1);
    let short = sweep.timed("1/2", 8);
    let given = [kept("a", &long), kept("b", &short), kept("b", &second)];
    let merged = put(&given).expect("they belong together");
    assert_eq!(merged, put(&[kept("b", &second), kept("b", &short), kept("a", &long)]).expect("they do"));
    let part = &merged.board().gathered[1].part;
    assert_eq!((part.tally.runs, part.tally.found["late"].first), (31, Seed(105)));
    assert!(part.shown.contains_key("late"));
}

#[test]
fn a_shard_that_was_interrupted_counts_and_is_to_be_run_again() {
    let sweep = example(40);
    let (second, mut cut) = (sweep.timed("2/2", 11), sweep.timed("1/2", 12));
    cut = ShardFile::new(cut.answer, Making { ended: Ended::Interrupted, ..cut.making });
    let merged = put(&[kept("a", &cut), kept("a", &second)]).expect("they belong together");
    let [Missing { shard, why }] = &merged.missing[..] else { panic!("{:?}", merged.missing) };
    assert_eq!(
        (shard.number(), why.as_deref()),
        (1, Some("a/shard-1-of-2.json was interrupted: what it found counts"))
    );
    assert_eq!(merged.board().gathered[0].part.tally.runs, 23);
    let whole = sweep.timed("1/2", 8);
    let merged =
        put(&[kept("a", &cut), kept("a", &second), kept("b", &whole)]).expect("they belong together");
    assert_eq!((merged.missing.len(), merged.board().gathered[0].part.tally.runs), (0, 19));
}
