//! The shards of a sweep, put together: which belong together, which are missing, and what they show as one.
//!
//! Reads no place and runs nothing. Invariant: what comes out does not depend on the order of the files, nor on how often one is given.

use std::collections::BTreeMap;
use std::time::Duration;

use photofinish::sweep::{Block, Over};
use thiserror::Error;

use super::builds::Builds;
use super::gathered::Gathered;
use super::jobs::Board;
use super::plan::Place;
use super::shardfile::{Answer, Counted, Ended, Making, Question, ShardFile, Spent};
use crate::exit::{Exit, ExitCause};
use crate::sharding::Shard;
use crate::stores::Kept;

/// The shards of one sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    /// The executables that all of them ran, by their content.
    pub(super) builds: Builds,
    /// What all of them were asked.
    pub(super) question: Question,
    /// Shards that are there, by number.
    parts: Vec<Found>,
    /// Those that are not.
    pub(super) missing: Vec<Missing>,
    /// Files that could not be used, where and why.
    pub(super) unfit: Vec<(String, String)>,
}

/// A shard that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// Which.
    pub(super) shard: Shard,
    /// What is wrong with its file, if there is one.
    pub(super) why: Option<String>,
}

/// A file, and where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    at: String,
    file: ShardFile,
}

/// Why shards are not put together.
#[derive(Debug, Error)]
pub enum MergeRefusal {
    /// There are none.
    #[error(
        "no shard of a sweep is in {sources}{}\nnext: `cargo xtask sweep --shard 1/N --out DIR`, and so for each of N",
        unfit_words(unfit)
    )]
    None {
        /// Where there are none.
        sources: String,
        /// Files that could not be used, where and why.
        unfit: Vec<(String, String)>,
    },
    /// Two were made by different executables.
    #[error(
        "{one} was made by build {build} of the {executable}, and {other} by build {other_build}\nnext: run all shards with one build, \
         or merge those of each by themselves"
    )]
    Builds {
        /// Which executable differs.
        executable: String,
        /// A file.
        one: String,
        /// By which build it was made.
        build: String,
        /// Another file.
        other: String,
        /// By which build that one was made.
        other_build: String,
    },
    /// They were made by an executable that is not ours.
    #[error(
        "{one} was made by build {build} of the {executable}, and this is build {present}: what it found cannot be made again here\n\
         next: `cargo xtask merge` where the shards were run, or run them with this build"
    )]
    OtherBuild {
        /// Which executable differs.
        executable: String,
        /// A file.
        one: String,
        /// By which build it was made.
        build: String,
        /// Ours.
        present: String,
    },
    /// Two are not of one sweep.
    #[error(
        "{one} is of another sweep than {other}: it has {what}\nnext: merge the shards of each sweep by themselves"
    )]
    Questions {
        /// A file.
        one: String,
        /// Another file.
        other: String,
        /// In what the first differs.
        what: String,
    },
    /// They are parts of sweeps that were split otherwise: their seeds overlap.
    #[error(
        "{one} is a shard of {count}, and {other} one of {other_count}: their seeds overlap\nnext: merge the shards of one count by \
         themselves"
    )]
    Counts {
        /// A file.
        one: String,
        /// How many shards its sweep has.
        count: u32,
        /// Another file.
        other: String,
        /// How many that one's has.
        other_count: u32,
    },
    /// A shard was run twice, and is two different ones.
    #[error(
        "shard {shard} was run twice and was not deterministic: {one} and {other} differ, {what}\nnext: `{next}`, which makes every \
         run twice and says where they part"
    )]
    Unequal {
        /// Which.
        shard: Shard,
        /// A file.
        one: String,
        /// Another file.
        other: String,
        /// In what they differ.
        what: String,
        /// What to type.
        next: String,
    },
}

impl ExitCause for MergeRefusal {
    fn exit(&self) -> Exit {
        match self {
            Self::Unequal { .. } => Exit::Diverged,
            _ => Exit::Usage,
        }
    }
}

fn unfit_words(unfit: &[(String, String)]) -> String {
    unfit.iter().map(|(at, why)| format!("\n{at} cannot be used: {why}")).collect()
}

/// Puts files together that were found in these places.
pub(super) fn merge(files: &[Kept], sources: &[String]) -> Result<Merged, MergeRefusal> {
    let (mut found, mut unfit, mut broken) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut files: Vec<&Kept> = files.iter().collect();
    files.sort_by_key(|kept| (&kept.at, &kept.bytes));
    files.dedup();
    for Kept { at, name, bytes } in files {
        match ShardFile::read(bytes) {
            Ok(file) => found.push(Found { at: at.clone(), file }),
            Err(why) => {
                if let Some(shard) = Shard::of_file(name) {
                    broken.entry(shard).or_insert_with(|| format!("{at} cannot be used: {why}"));
                }
                unfit.push((at.clone(), why));
            }
        }
    }
    let Some(first) = found.first().cloned() else {
        return Err(MergeRefusal::None { sources: sources.join(" or "), unfit });
    };
    found.iter().try_for_each(|other| belong(&first, other))?;
    let Answer { builds, question, shard, .. } = &first.file.answer;
    let mut by_shard: BTreeMap<Shard, Found> = BTreeMap::new();
    for found in found {
        let shard = found.file.answer.shard;
        match by_shard.remove(&shard) {
            Some(before) => by_shard.insert(shard, one_of(before, found)?),
            None => by_shard.insert(shard, found),
        };
    }
    let missing = Shard::all(shard.count()).filter_map(|shard| match by_shard.get(&shard) {
        None => Some(Missing { shard, why: broken.remove(&shard) }),
        Some(Found { at, file }) => (file.making.ended == Ended::Interrupted)
            .then(|| Missing { shard, why: Some(format!("{at} was interrupted: what it found counts")) }),
    });
    let missing = missing.collect();
    Ok(Merged {
        builds: builds.clone(),
        question: question.clone(),
        missing,
        unfit,
        parts: by_shard.into_values().collect(),
    })
}

/// Refuses two files that are not of one sweep.
fn belong(one: &Found, other: &Found) -> Result<(), MergeRefusal> {
    let (answer, others) = (&one.file.answer, &other.file.answer);
    let (at, other_at) = (one.at.clone(), other.at.clone());
    let differing = answer.builds.other_than(&others.builds);
    // What only one of them has is more often what only one was asked for.
    let is_asked_of_both = answer.question.programs == others.question.programs;
    if let Some(differing) = differing.filter(|differing| differing.is_in_both() || is_asked_of_both) {
        let executable = differing.executable.clone();
        let [build, other_build] = differing.words();
        return Err(MergeRefusal::Builds { executable, one: at, build, other: other_at, other_build });
    }
    if let Some(what) = answer.question.other_than(&others.question) {
        return Err(MergeRefusal::Questions { one: at, other: other_at, what });
    }
    let (count, other_count) = (answer.shard.count(), others.shard.count());
    if count != other_count {
        return Err(MergeRefusal::Counts { one: at, count, other: other_at, other_count });
    }
    Ok(())
}

/// Which of two files of one shard counts. Of a sweep that goes by time it is the one that was not interrupted, or has more runs, with
/// what only the other found besides; otherwise they must be equal, and it does not matter.
fn one_of(one: Found, other: Found) -> Result<Found, MergeRefusal> {
    let (answer, others) = (&one.file.answer, &other.file.answer);
    if let Some(what) = differ(answer, others) {
        let Answer { question, shard, .. } = answer;
        let again = Question { guard: String::from("100"), ..question.clone() };
        let next = again.command(&one.file.making.names, *shard, "DIR");
        return Err(MergeRefusal::Unequal { shard: *shard, one: one.at, other: other.at, what, next });
    }
    let rank = |found: &Found| {
        let Found { at, file } = found;
        (
            file.making.ended,
            std::cmp::Reverse(file.answer.runs()),
            file.making.clone(),
            file.bytes(),
            at.clone(),
        )
    };
    let (mut counts, other) = if rank(&one) <= rank(&other) { (one, other) } else { (other, one) };
    let variants = counts.file.answer.variants.iter_mut().zip(other.file.answer.variants);
    variants.for_each(|(counted, more)| found_besides(counted, more));
    Ok(counts)
}

/// Adds the failures that only another run of the same shard found. Its runs are not counted: they are of the same seeds.
fn found_besides(counted: &mut Counted, more: Counted) {
    let Counted { tally, shown, .. } = more;
    for (signature, found) in tally.found {
        counted.tally.found.entry(signature).or_insert(found);
    }
    for (signature, example) in shown {
        counted.shown.entry(signature).or_insert(example);
    }
}

/// In what two answers differ that should not. With a time, nobody knows which seeds two of them have in common.
fn differ(one: &Answer, other: &Answer) -> Option<String> {
    one.question.seeds?;
    for ((one_of, other_of), program) in one.variants.iter().zip(&other.variants).zip(&one.question.programs)
    {
        if one_of != other_of {
            return Some(format!("{program}: {}", differ_in(one_of, other_of)));
        }
    }
    (one != other).then(|| String::from("in the run after which they stopped"))
}

fn differ_in(one: &Counted, other: &Counted) -> String {
    let runs =
        |counted: &Counted, signature: &str| counted.tally.found.get(signature).map_or(0, |found| found.runs);
    let signatures = one.tally.found.keys().chain(other.tally.found.keys());
    for signature in signatures {
        let (one, other) = (runs(one, signature), runs(other, signature));
        if one != other {
            return format!("`{signature}` in {one} runs and in {other}");
        }
    }
    if one.tally.points != other.tally.points {
        return format!("{} scheduling points and {}", one.tally.points, other.tally.points);
    }
    String::from("in the runs that show its failures")
}

impl Merged {
    /// Refuses shards of an executable that is not ours.
    pub(super) fn check_builds(&self, present: &Builds) -> Result<(), MergeRefusal> {
        let Some(other) = self.builds.other_than(present) else { return Ok(()) };
        let one = self.parts.first().map(|found| found.at.clone()).unwrap_or_default();
        let executable = other.executable.clone();
        let [build, present] = other.words();
        Err(MergeRefusal::OtherBuild { executable, one, build, present })
    }

    /// When the last of the shards was done: milliseconds since 1970.
    pub(super) fn ended_ms(&self) -> i64 {
        self.makings().map(|making| making.ended_ms).max().unwrap_or_default()
    }

    /// How long the longest of the shards took.
    pub(super) fn took(&self) -> Duration {
        Duration::from_millis(self.makings().map(|making| making.took_ms).max().unwrap_or_default())
    }

    /// What to type to run a shard that is missing, whose file is to be in a place.
    pub(super) fn command(&self, shard: Shard, out: &str) -> String {
        let names = self.makings().map(|making| &making.names).min();
        self.question.command(names.map_or(&[], Vec::as_slice), shard, out)
    }

    fn makings(&self) -> impl Iterator<Item = &Making> {
        self.parts.iter().map(|found| &found.file.making)
    }

    /// What the shards show as one: of each variant what a sweep would have gathered that was not split.
    pub(super) fn board(&self) -> Board {
        let end = self.parts.iter().filter_map(|found| found.file.answer.end).min();
        let mut board = Board::of(self.question.programs.len());
        for (variant, gathered) in board.gathered.iter_mut().enumerate() {
            let is_over = end.is_some_and(|end| variant > end.variant) && self.question.seeds.is_some();
            if !is_over {
                let last = end.filter(|end| end.variant == variant).map(|end| end.seed);
                *gathered = self.gathered(variant, last.map_or(u64::MAX, |seed| seed.0));
            }
        }
        board.end = end.map(|end| Place { variant: end.variant, seed: end.seed.0 - self.question.from });
        board.marks = self.parts.iter().flat_map(|found| found.file.answer.marks.clone()).collect();
        board
    }

    /// What a variant's seeds show, but for shards that begin after the last seed that matters.
    fn gathered(&self, variant: usize, last: u64) -> Gathered {
        let (mut blocks, mut gathered) = (Vec::new(), Gathered::default());
        for Found { file, .. } in &self.parts {
            let (Some(counted), spent) =
                (file.answer.variants.get(variant), file.making.variants.get(variant))
            else {
                continue;
            };
            if counted.begin.0 > last {
                continue;
            }
            let Spent { took_ms, spent_ms } = spent.copied().unwrap_or_default();
            gathered.took = gathered.took.max(Duration::from_millis(took_ms));
            gathered.spent += Duration::from_millis(spent_ms);
            blocks.push(Block { begin: counted.begin, runs: counted.tally.runs });
            gathered.part.merge(counted.part());
        }
        gathered.over = Some(if self.missing.is_empty() { Over::Blocks(blocks) } else { Over::Part });
        gathered
    }
}

#[cfg(test)]
mod tests;
