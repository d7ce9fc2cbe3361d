//! Tokens of runs that failed: in the build that made them they are the run, and in a build of an edited program they fail as before.
//!
//! Does not shrink. Invariant: what a token leads to is judged by the signature of the run it was made of.

mod committed;
mod edited;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use photofinish::client::{Client, Isolation, Request, Run};
use photofinish::examine::{Examined, examine};
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::token::{self as tokens, Exact, Fate, Near, ResolveError, Same, Token};
use photofinish::verdict::{self, Verdict};
use xtask::instrumented::Bin;
use xtask::workspace::Workspace;

const BIN: Bin<'_> = Bin { package: "photofinish-scenarios", name: "scenarios" };

fn scenarios() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let workspace = Workspace::load().expect("the tests run inside the workspace");
        edited::built(&workspace, workspace.root(), BIN)
    })
}

fn client(path: &Path) -> Client {
    Client::start(path, Limits::default().threads_max, Isolation::Fork).expect("it serves")
}

/// The run that fails with the fewest decisions, among those of so many seeds.
fn fewest(client: &mut Client, program: &str, strategy: &str, seeds: u64) -> (Request, Run, String) {
    let mut best: Option<(Request, Run, String)> = None;
    for seed in 0..seeds {
        let mut request =
            Request { strategy: strategy.parse().expect("a strategy"), ..Request::new(program, Seed(seed)) };
        request.strategy = client.resolve(&request).expect("it serves");
        let run = client.run(&request).expect("it serves");
        let fewer = best.as_ref().is_none_or(|(_, best, _)| best.trace.picks.len() > run.trace.picks.len());
        let judged = verdict::judge(&run, client.symbols());
        if fewer && judged.verdict == Verdict::Fail {
            best = Some((request, run, judged.signature.expect("a failure has one")));
        }
    }
    best.unwrap_or_else(|| panic!("no seed of {program} fails"))
}

/// A token of a run, which went through its text.
fn token_of(client: &mut Client, request: &Request, run: &Run, signature: &str) -> Token {
    let token = tokens::make(client, (request, &run.trace.plan(), run), signature).expect("it can be named");
    let text = token.encode().expect("it fits");
    eprintln!("{}: {} decisions, {} characters: {text}", token.program, token.decisions.len(), text.len());
    assert_eq!(text.parse().as_ref(), Ok(&token));
    token
}

fn signature_of(client: &mut Client, request: &Request) -> Option<String> {
    let Examined { judgement, .. } = examine(client, request).expect("it serves");
    judgement.signature
}

/// Programs and strategies that fail with few decisions, and seeds among which some do.
const FAILING: [(&str, &str, u64); 2] =
    [("lost-update/buggy", "swarm", 100), ("late-listener/buggy", "eager", 8)];

/// Programs whose tokens have few decisions, at places to which their threads come often.
const MENDED: [&str; 3] = ["late-listener/buggy", "late-listener/pr43", "shutdown-einval/oracle-race"];

#[test]
fn a_token_is_its_run_in_the_build_that_made_it() {
    let mut client = client(scenarios());
    for (program, strategy, seeds) in FAILING {
        let (request, run, signature) = fewest(&mut client, program, strategy, seeds);
        let token = token_of(&mut client, &request, &run, &signature);
        let resolved = tokens::resolve(&mut client, &token, Exact::Yes).expect("it is this build");
        assert_eq!(resolved.build, Same::Build);
        assert_eq!(resolved.run.figures.events_hash, run.figures.events_hash);
        assert_eq!(resolved.fates.len(), token.decisions.len());
        assert_eq!(signature_of(&mut client, &resolved.request), Some(signature));

        let other = Token { events_hash: !token.events_hash, ..token.clone() };
        let error = tokens::resolve(&mut client, &other, Exact::No).expect_err("the events are others");
        assert!(matches!(error, ResolveError::Other { .. }), "{error}");
    }
}

#[test]
fn a_decision_is_found_by_its_name_alone() {
    let mut client = client(scenarios());
    for (program, strategy, seeds) in FAILING {
        let (request, run, signature) = fewest(&mut client, program, strategy, seeds);
        let mut token = token_of(&mut client, &request, &run, &signature);
        token.build = !token.build;
        let error = tokens::resolve(&mut client, &token, Exact::Yes).expect_err("it is another build");
        assert!(matches!(error, ResolveError::OtherBuild { .. }), "{error}");
        let resolved = tokens::resolve(&mut client, &token, Exact::No).expect("it serves");
        assert!(resolved.fates.iter().all(|fate| matches!(fate, Fate::AsItWas(_))), "{:#?}", resolved.fates);
        assert_eq!(resolved.run.figures.events_hash, run.figures.events_hash);

        // As if each thread had passed more points before.
        token.decisions.iter_mut().filter(|named| named.place != 0).for_each(|named| named.points += 100);
        let resolved = tokens::resolve(&mut client, &token, Exact::No).expect("it serves");
        assert!(
            resolved.fates.iter().any(|fate| matches!(fate, Fate::Moved { .. })),
            "{:#?}",
            resolved.fates
        );
        assert_eq!(resolved.run.figures.events_hash, run.figures.events_hash);

        let last = token.decisions.len() - 1;
        token.decisions[last].place ^= 1;
        let resolved = tokens::resolve(&mut client, &token, Exact::No).expect("it serves");
        assert!(matches!(resolved.fates[last], Fate::Gone(_)), "{}", resolved.fates[last]);
        assert_eq!(resolved.build, Same::OtherBuild);
    }
}

/// As an edit does that has a thread come to a place once more or once less before.
fn off_by_one(token: &Token) -> Vec<Token> {
    let decisions = (0..token.decisions.len()).filter(|index| token.decisions[*index].place != 0);
    let shifted = decisions.flat_map(|index| [(index, -1), (index, 1)]).filter_map(|(index, by)| {
        let mut other = token.clone();
        other.build = !token.build;
        other.decisions[index].nth = token.decisions[index].nth.checked_add_signed(by)?;
        Some(other)
    });
    shifted.collect()
}

#[test]
fn a_decision_that_is_named_one_visit_off_is_found_next_to_there() {
    let mut client = client(scenarios());
    let mut mended = 0;
    for token in kept().iter().filter(|token| MENDED.contains(&&*token.program)) {
        for other in off_by_one(token) {
            let resolved = tokens::resolve(&mut client, &other, Exact::No).expect("it serves");
            let signature = signature_of(&mut client, &resolved.request);
            let shows = signature.is_some_and(|signature| tokens::hash(&signature) == token.signature);
            eprintln!("{}: {:?}, shows: {shows}", token.program, resolved.near);
            let Some(Near { decision, .. }) = resolved.near else { continue };
            mended += 1;
            assert!(shows, "{}: {:?}", token.program, resolved.near);
            assert!(!matches!(resolved.fates[decision], Fate::Gone(_)), "{:#?}", resolved.fates);
            let told = resolved.told().join("\n");
            assert!(told.contains("the failure did not show where they are named"), "{told}");
        }
    }
    assert!(mended > 0, "each failed where it was named, and so nothing was shown");
}

#[test]
fn a_program_that_is_not_there_is_said_so() {
    let mut client = client(scenarios());
    let (request, run, signature) = fewest(&mut client, "lost-update/buggy", "swarm", 100);
    let mut token = token_of(&mut client, &request, &run, &signature);
    token.program.push('s');
    for build in [token.build, !token.build] {
        token.build = build;
        let error = tokens::resolve(&mut client, &token, Exact::No).expect_err("there is none");
        assert!(matches!(&error, ResolveError::Program { .. }), "{error}");
    }
}

/// The tokens that are kept: one to a file, whose first line it is.
fn kept() -> Vec<Token> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/tokens");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "token"));
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("it can be read");
        let first = text.lines().next().unwrap_or_default();
        first.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}

#[test]
fn most_tokens_survive_an_edit_elsewhere() {
    let mut made: Vec<Token> = kept();
    let mut before = client(scenarios());
    for (program, strategy, seeds) in FAILING {
        let (request, run, signature) = fewest(&mut before, program, strategy, seeds);
        made.push(token_of(&mut before, &request, &run, &signature));
    }
    let mut after = client(&edited::build());
    let mut lost = Vec::new();
    let mut moved = 0;
    for token in &made {
        let resolved = tokens::resolve(&mut after, token, Exact::No).expect("it serves");
        assert_eq!(resolved.build, Same::OtherBuild, "{token}");
        let told: Vec<String> = resolved.fates.iter().map(ToString::to_string).collect();
        eprintln!("{token}:\n  {}", told.join("\n  "));
        moved += resolved.fates.iter().filter(|fate| matches!(fate, Fate::Moved { .. })).count();
        let signature = signature_of(&mut after, &resolved.request).unwrap_or_default();
        if tokens::hash(&signature) != token.signature {
            lost.push(format!("{token}: `{signature}`\n  {}", told.join("\n  ")));
        }
    }
    assert!(moved > 0, "the edits moved nothing, and so show nothing");
    assert!(lost.len() * 10 <= made.len(), "{} of {} are lost:\n{}", lost.len(), made.len(), lost.join("\n"));
}
