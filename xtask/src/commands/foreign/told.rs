//! What a sweep over targets says on standard output: for people, or one JSON object per target.
//!
//! Does not judge. Invariant: with `--json` each target has exactly one line.

use std::collections::BTreeMap;
use std::time::Duration;

use photofinish::scenario::Listed;
use photofinish::story::visible;
use photofinish::sweep::Tally;
use photofinish::target::IGNORED;
use serde::Serialize;

use super::kept::Again;
use super::sweep::Found;
use crate::cli::SweepArgs;
use crate::targets::Declared;

/// What is said of a target.
pub(super) struct Told<'a> {
    pub(super) declared: &'a Declared,
    pub(super) listed: &'a Listed,
    pub(super) tally: &'a Tally,
    /// By signature: its first run.
    pub(super) found: &'a BTreeMap<String, Found>,
    pub(super) again: &'a [Again],
    pub(super) ignored: Option<&'a str>,
    pub(super) complaints: &'a [String],
    pub(super) took: Duration,
}

/// The same with `--json`.
#[derive(Serialize)]
struct Line<'a> {
    scenario: &'a str,
    variant: &'a str,
    kind: &'static str,
    #[serde(flatten)]
    tally: &'a Tally,
    /// By signature: the configuration of its first run.
    configs: BTreeMap<&'a str, &'a str>,
    /// What is to be known of the target and is no failure of a run, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    findings: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    corpus: &'a [Again],
    complaints: &'a [String],
}

impl Told<'_> {
    /// Says it.
    pub(super) fn tell(&self, args: &SweepArgs) {
        let Self { declared, listed, tally, found, again, ignored, complaints, took } = *self;
        if args.json {
            let line = Line {
                scenario: &listed.scenario,
                variant: &listed.variant,
                kind: declared.kind.word(),
                tally,
                configs: found.iter().map(|(name, found)| (&**name, &*found.drawn.words)).collect(),
                findings: ignored.iter().map(|words| (IGNORED, *words)).collect(),
                corpus: again,
                complaints,
            };
            return crate::say!("{}", serde_json::to_string(&line).expect("plain data has a JSON form"));
        }
        let (passed, runs, ms) = (tally.passed, tally.runs, took.as_millis());
        crate::say!("{}: {passed} of {runs} runs passed, {ms} ms", declared.name);
        for (signature, counted) in &tally.found {
            let config =
                found.get(signature).map(|found| &*found.drawn.words).filter(|words| !words.is_empty());
            let config = config.map(|words| format!(", {words}")).unwrap_or_default();
            crate::say!(
                "  {}: {} runs, first at seed {}{config}",
                visible(signature),
                counted.runs,
                counted.first
            );
            let difference = counted.difference.as_ref().map(ToString::to_string).unwrap_or_default();
            difference.lines().for_each(|line| crate::say!("    {}", visible(line)));
        }
        self.tell_corpus();
        if let Some(words) = ignored {
            crate::say!("  {IGNORED}: {words}");
            crate::say!(
                "    next: see that it takes its seed from `run`, `env` or what it is asked; if it need not, `ignored-seed = \"allow\"`"
            );
        }
        for complaint in complaints {
            crate::say!("  NOT AS EXPECTED: {complaint}");
        }
    }

    /// Says what is news of the entries, and counts the others.
    fn tell_corpus(&self) {
        let still = self.again.iter().filter(|again| again.outcome == "still").count();
        if still > 0 {
            crate::say!("  corpus: {still} fail as before");
        }
        for Again { id, signature, outcome, instead, .. } in self.again {
            let instead = instead.as_deref().map(|words| format!(", its seed ends otherwise: {words}"));
            let instead = instead.unwrap_or_default();
            match *outcome {
                "back" => crate::say!("  corpus: #{id} {signature}: BACK: it was fixed, and fails again"),
                "fixed" => crate::say!("  corpus: #{id} {signature}: FIXED{instead}"),
                "unjudged" => crate::say!("  corpus: #{id} {signature}: not judged{instead}"),
                _ => {}
            }
        }
    }
}
