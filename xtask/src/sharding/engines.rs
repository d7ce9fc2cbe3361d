//! `--shard auto`: which part the engine asks for that started us.
//!
//! Knows variables of the environment, and no engine otherwise. Invariant: a part is named by all that name one, or it is refused.

use super::Shard;

/// How an engine numbers the parts of a job.
struct Engine {
    /// Who it is.
    name: &'static str,
    /// The variable with the number of a part.
    number: &'static str,
    /// The number of the first.
    first: First,
    /// The variable that says how many there are; none if the engine does not say.
    count: Option<&'static str>,
}

/// The number of an engine's first part.
enum First {
    /// This one.
    Is(u64),
    /// What variables say: the first number, and how far apart two are; or 1 and 1.
    Says { least: &'static str, step: &'static str },
}

/// How many parts there are, for engines that do not say.
const COUNT: &str = "PHOTOFINISH_SHARDS";

/// The part itself, `I/N`.
const SHARD: &str = "PHOTOFINISH_SHARD";

/// Documented in the help of `--shard`.
const ENGINES: &[Engine] = &[
    // https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/
    Engine { name: "Kubernetes", number: "JOB_COMPLETION_INDEX", first: First::Is(0), count: None },
    // https://slurm.schedmd.com/job_array.html
    Engine {
        name: "Slurm",
        number: "SLURM_ARRAY_TASK_ID",
        first: First::Says { least: "SLURM_ARRAY_TASK_MIN", step: "SLURM_ARRAY_TASK_STEP" },
        count: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    // https://docs.gitlab.com/ci/yaml/#parallel
    Engine { name: "GitLab", number: "CI_NODE_INDEX", first: First::Is(1), count: Some("CI_NODE_TOTAL") },
    // https://circleci.com/docs/parallelism-faster-jobs/
    Engine {
        name: "CircleCI",
        number: "CIRCLE_NODE_INDEX",
        first: First::Is(0),
        count: Some("CIRCLE_NODE_TOTAL"),
    },
    // https://buildkite.com/docs/pipelines/configure/environment-variables
    Engine {
        name: "Buildkite",
        number: "BUILDKITE_PARALLEL_JOB",
        first: First::Is(0),
        count: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
    },
];

/// The part that the variables name.
pub(super) fn shard(variable: impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
    // A variable that is there and empty is how many engines say that they have nothing to say.
    let said = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut named: Vec<(&str, Shard)> = Vec::new();
    if let Some(text) = said(SHARD) {
        named.push((SHARD, text.parse().map_err(|why| format!("{SHARD}: {why}\nnext: `{SHARD}=1/4`"))?));
    }
    for engine in ENGINES {
        if let Some(shard) = engine.shard(&said)? {
            named.push((engine.name, shard));
        }
    }
    let Some((first, shard)) = named.first().copied() else {
        let known: Vec<&str> = ENGINES.iter().map(|engine| engine.number).collect();
        return Err(format!(
            "nothing says which shard this is: neither {SHARD} nor {} is set\nnext: `--shard 1/4`, or `{SHARD}=1/4` in the \
             environment",
            known.join(", ")
        ));
    };
    if let Some((other, another)) = named.iter().find(|(_, other)| *other != shard) {
        return Err(format!(
            "{first} says that this is shard {shard}, and {other} that it is {another}\nnext: say it with `--shard I/N`"
        ));
    }
    Ok(shard)
}

impl Engine {
    /// The part that it asks for, if it started us.
    fn shard(&self, said: &impl Fn(&str) -> Option<String>) -> Result<Option<Shard>, String> {
        let Self { name, number: variable, .. } = self;
        let Some(number) = read(said, variable)? else { return Ok(None) };
        let total = read(said, COUNT)?;
        let (least, step) = match self.first {
            First::Is(first) => (first, 1),
            // Who says how many there are numbers them from 1 on: then one that is run again alone is still the same.
            First::Says { .. } if total.is_some() => (1, 1),
            First::Says { least, step } => (read(said, least)?.unwrap_or(1), read(said, step)?.unwrap_or(1)),
        };
        let count = match (total, self.count) {
            (Some(total), _) => Some(total),
            (None, Some(count)) => read(said, count)?,
            (None, None) => None,
        };
        let Some(count) = count else {
            return Err(format!(
                "{variable} is {number}, and nothing says how many shards there are\nnext: `{COUNT}=N` in the environment"
            ));
        };
        let index = number.checked_sub(least).filter(|offset| step > 0 && offset % step == 0);
        let Some(index) = index.map(|offset| offset / step) else {
            return Err(format!(
                "{variable} is {number}, and the first is {least}\nnext: say it with `--shard I/N`"
            ));
        };
        let shard = Shard::new(index.saturating_add(1), count).map_err(|why| {
            format!("{variable} is {number} ({name}): {why}\nnext: say it with `--shard I/N`, or how many with `{COUNT}=N`")
        })?;
        Ok(Some(shard))
    }
}

fn read(said: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<u64>, String> {
    let Some(text) = said(name) else { return Ok(None) };
    let number = text.trim().parse();
    number
        .map(Some)
        .map_err(|_| format!("{name} is {text:?}, and no number\nnext: say it with `--shard I/N`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Shard, String> {
        shard(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    fn check(variables: &[(&str, &str)], expected: &str) {
        assert_eq!(of(variables).map(|shard| shard.to_string()), Ok(expected.to_owned()), "{variables:?}");
    }

    #[test]
    fn each_engine_numbers_in_its_own_way() {
        check(&[("PHOTOFINISH_SHARD", "3/8")], "3/8");
        check(&[("JOB_COMPLETION_INDEX", "0"), ("PHOTOFINISH_SHARDS", "8")], "1/8");
        check(&[("JOB_COMPLETION_INDEX", "7"), ("PHOTOFINISH_SHARDS", "8")], "8/8");
        check(&[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "4")], "1/4");
        check(&[("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "4")], "1/4");
        check(&[("BUILDKITE_PARALLEL_JOB", "3"), ("BUILDKITE_PARALLEL_JOB_COUNT", "4")], "4/4");
        let slurm = |id, least, step, count| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", least),
                ("SLURM_ARRAY_TASK_STEP", step),
                ("SLURM_ARRAY_TASK_COUNT", count),
            ]
        };
        check(&slurm("1", "1", "1", "8"), "1/8");
        check(&slurm("0", "0", "1", "8"), "1/8");
        check(&slurm("7", "1", "2", "4"), "4/4");
        check(&[("PHOTOFINISH_SHARD", ""), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")], "2/4");
        check(&[("PHOTOFINISH_SHARD", "2/4"), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "4")], "2/4");
    }

    /// `sbatch --array=3` of an array that had eight: the engine says that there is one.
    #[test]
    fn an_array_task_that_is_run_again_alone_is_the_same_shard() {
        let again = [
            ("SLURM_ARRAY_TASK_ID", "3"),
            ("SLURM_ARRAY_TASK_MIN", "3"),
            ("SLURM_ARRAY_TASK_COUNT", "1"),
            ("PHOTOFINISH_SHARDS", "8"),
        ];
        check(&again, "3/8");
    }

    #[test]
    fn what_names_no_shard_is_refused_with_what_to_type() {
        for (variables, words) in [
            (&[][..], "neither PHOTOFINISH_SHARD nor JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID"),
            (&[("JOB_COMPLETION_INDEX", "0")], "nothing says how many shards"),
            (&[("JOB_COMPLETION_INDEX", "8"), ("PHOTOFINISH_SHARDS", "8")], "there is no shard 9 of 8"),
            (&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "8")], "the first is 1"),
            (&[("CI_NODE_INDEX", "first"), ("CI_NODE_TOTAL", "8")], "\"first\", and no number"),
            (
                &[
                    ("SLURM_ARRAY_TASK_ID", "4"),
                    ("SLURM_ARRAY_TASK_MIN", "1"),
                    ("SLURM_ARRAY_TASK_STEP", "2"),
                ],
                "SLURM_ARRAY_TASK_ID is 4",
            ),
            (
                &[("PHOTOFINISH_SHARD", "1/2"), ("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")],
                "GitLab that it is 2/2",
            ),
            (&[("PHOTOFINISH_SHARD", "one")], "PHOTOFINISH_SHARD: \"one\" is no shard"),
        ] {
            let said = of(variables).expect_err("it names none");
            assert!(said.contains(words), "{said}");
        }
    }
}
