//! One shard of a sweep: its runs are made and counted as those of any sweep, and left for the merge.
//!
//! Does not judge, does not ask the corpus and makes nothing small: what is missing here may be found by another shard. Invariant: its
//! file is there only if all its runs were made, or if it goes by time.

use std::time::{Duration, Instant};

use photofinish::scenario::Listed;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Over;

use super::gathered::Gathered;
use super::jobs::{self, Board};
use super::kept::Kept;
use super::plan::Budget;
use super::progress::Progress;
use super::shardfile::{Answer, Counted, End, Ended, Making, Question, ShardFile, Spent};
use super::{Asked, SimError, Sweep, SweepError, told};
use crate::cli::SweepArgs;
use crate::exit::Exit;
use crate::interrupt;
use crate::moments::{millis, now_ms};
use crate::scenarios::{Several, Unnamed, typed};
use crate::sharding::Shard;
use crate::stores::Store;

/// Runs a shard of the sweep that the arguments ask for.
pub(super) fn run((args, unnamed): (&SweepArgs, Unnamed), shard: Shard) -> Result<Exit, SweepError> {
    let asked = super::asked(args)?;
    // Whether the seeds suffice does not depend on the variants, which are known only when they are built.
    let block = Question::of(args, Vec::new()).block(shard).map_err(SimError::Usage)?;
    let out = args.out.as_deref().map(|out| out.to_string_lossy().into_owned());
    let out = out.ok_or_else(|| SimError::Usage(String::from("a shard writes a file\nnext: `--out DIR`")))?;
    let store = Store::to_write(&out)?;
    let several = Several::load(&args.scenarios, unnamed, args.preempt)?;
    let own = SweepArgs { from: block.begin.0, ..args.clone() };
    let budget = match asked.budget {
        Budget::Seeds(_) => Budget::Seeds(block.seeds),
        Budget::Time(time) => Budget::Time(time),
    };
    let sweep = Sweep {
        seeds_max: block.seeds,
        over: Over::Part,
        ..Sweep::new(&own, Asked { budget, ..asked }, &several, Kept::nowhere())?
    };
    let _graceful = interrupt::gracefully();
    let (began, progress) = (Instant::now(), Progress::new(budget, sweep.selected.len()));
    let tell = |variant: usize, gathered: &Gathered| sweep.tell(variant, gathered, &[]);
    let (board, outcome) = jobs::run(&sweep, &progress, (budget, began), tell);
    progress.finish();
    for (variant, gathered) in board.gathered.iter().enumerate().skip(board.told) {
        if gathered.part.tally.runs > 0 {
            tell(variant, gathered);
        }
    }
    outcome?;
    if interrupt::requested() && matches!(budget, Budget::Seeds(_)) {
        eprintln!(
            "note: nothing is written of shard {shard}, which is not done\nnext: the same command again"
        );
        told::interrupted(args);
        return Ok(Exit::Interrupted);
    }
    told::stopped(&sweep, &board);
    let programs = sweep.variants().map(Listed::name).collect();
    let names = typed(&args.scenarios, unnamed, &sweep.selected);
    let file = file(&sweep, &board, (shard, Question::of(args, programs)), (names, began.elapsed()));
    told::shard(shard, &store.write(&shard.file(), file.bytes())?, (&out, args));
    if interrupt::requested() {
        told::interrupted(args);
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Passed)
}

fn file(
    sweep: &Sweep<'_>,
    board: &Board,
    (shard, question): (Shard, Question),
    (names, took): (Vec<String>, Duration),
) -> ShardFile {
    let begin = Seed(sweep.args.from);
    let counted = board.gathered.iter().map(|gathered| {
        let part = gathered.part.clone();
        Counted { begin, tally: part.tally, shown: part.shown }
    });
    let spent =
        |gathered: &Gathered| Spent { took_ms: millis(gathered.took), spent_ms: millis(gathered.spent) };
    let answer = Answer {
        builds: sweep.builds.clone(),
        question,
        shard,
        variants: counted.collect(),
        end: board.end.map(|end| End { variant: end.variant, seed: Seed(begin.0 + end.seed) }),
        marks: board.marks.clone(),
    };
    let making = Making {
        ended_ms: now_ms(),
        took_ms: millis(took),
        variants: board.gathered.iter().map(spent).collect(),
        names,
        ended: if interrupt::requested() { Ended::Interrupted } else { Ended::Done },
    };
    ShardFile::new(answer, making)
}
