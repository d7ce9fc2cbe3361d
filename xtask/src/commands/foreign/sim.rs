//! `sim`: one run of each target, and the same again if it did not pass.
//!
//! Does not decide anything about a run. Invariant: seed and configuration are printed before the run starts.

use std::hash::{BuildHasher as _, RandomState};

use photofinish::examine::Examined;
use photofinish::guard::Percent;
use photofinish::record::Record as Line;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::seed::Seed;
use photofinish::target::{Asking, Target, record};
use photofinish::verdict::Verdict;
use photofinish_reports::record::Record;
use photofinish_reports::story::Story;
use photofinish_reports::term::term;

use super::{ForeignError, replay_line};
use crate::cli::{SeedOrToken, SimArgs};
use crate::commands::sim::{exit_of, worse};
use crate::exit::Exit;
use crate::reporting::Folder;
use crate::targets::config::{Drawn, draw};
use crate::targets::open::Ready;
use crate::targets::{Declared, Targets};

/// Runs the targets.
pub(super) fn run(args: &SimArgs, targets: &Targets, meant: &[&Declared]) -> Result<Exit, ForeignError> {
    let seed = match &args.run.seed {
        Some(SeedOrToken::Seed(seed)) => *seed,
        None => RandomState::new().hash_one("seed") % 1_000_000,
        Some(SeedOrToken::Token(_)) => {
            let message = "a token is of a run of ours, and the command names a target that has only its seed\n\
                           next: leave the name out; a token says what it is of";
            return Err(ForeignError::Usage(message.to_owned()));
        }
    };
    let folder = args.report.as_deref().map(Folder::create).transpose()?;
    let mut worst = Exit::Passed;
    for declared in meant {
        let drawn = draw(&declared.config, Seed(seed));
        say(args, &format!("{}\n", title(&declared.name, seed, &drawn)));
        let ready = Ready::new(targets, declared)?;
        let examined = one(ready.open()?.as_mut(), declared, (Seed(seed), &drawn), args.guard)?;
        tell(args, declared, (seed, &drawn), &examined);
        if let Some(folder) = &folder {
            eprintln!("report: {}", folder.draw(&recorded(declared, (seed, &drawn), &examined))?.display());
        }
        worst = worse(worst, exit_of(examined.judgement.verdict));
    }
    Ok(worst)
}

/// Makes one run, and what is needed to believe it.
pub(super) fn one(
    target: &mut dyn Target,
    declared: &Declared,
    (seed, drawn): (Seed, &Drawn),
    guard: Percent,
) -> Result<Examined, ForeignError> {
    let asking = Asking { program: &declared.name, seed, config: &drawn.text };
    Ok(target.examine(&asking.request(), guard)?)
}

/// The run as reports draw it.
pub(super) fn recorded(declared: &Declared, (seed, drawn): (u64, &Drawn), examined: &Examined) -> Record {
    let asking = Asking { program: &declared.name, seed: Seed(seed), config: &drawn.words };
    record(&asking, examined, &declared.about(), &replay_line(&declared.name, seed))
}

/// `ring/three · seed 7 · loss = 0.1`.
pub(super) fn title(name: &str, seed: u64, drawn: &Drawn) -> String {
    let config = if drawn.words.is_empty() { String::new() } else { format!(" · {}", drawn.words) };
    format!("{name} · seed {seed}{config}")
}

fn say(args: &SimArgs, words: &str) {
    if args.json {
        eprint!("{words}");
    } else {
        crate::out::write(format_args!("{words}"));
    }
}

fn tell(args: &SimArgs, declared: &Declared, (seed, drawn): (u64, &Drawn), examined: &Examined) {
    let Examined { run, judgement, difference } = examined;
    if args.json {
        let mut line = Line::new(&declared.name, Seed(seed), Strategy::Boring, run, judgement);
        line.strategy = photofinish::target::STRATEGY.to_owned();
        line.difference.clone_from(difference);
        let mut line = serde_json::to_value(line).expect("plain data has a JSON form");
        line["config"] = drawn.words.clone().into();
        return crate::say!("{line}");
    }
    match judgement.verdict {
        Verdict::Pass => crate::say!("  pass"),
        _ => {
            let story = term(&Story::of(&recorded(declared, (seed, drawn), examined)), crate::out::look());
            crate::out::write(format_args!("{story}"));
        }
    }
}
