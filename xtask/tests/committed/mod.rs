//! The committed tokens, `scenarios/tokens`: reproductions as they come in bug reports, made by builds long gone.
//!
//! Does not make tokens; `cargo xtask sweep` does. Invariant: each token still shows the failure that it is named after, and needs each of
//! its decisions.

use std::collections::BTreeSet;
use std::path::Path;

use photofinish::client::{self, Client, Replay, Request};
use photofinish::examine::examine;
use photofinish::sim::plan::Plan;
use photofinish::token::{self, Exact, Token};
use photofinish::verdict;
use xtask::workspace::Workspace;

use crate::scenarios;

/// A token and the signature that stands below it.
struct Committed {
    file: String,
    token: Token,
    signature: String,
}

fn committed() -> Vec<Committed> {
    let workspace = Workspace::load().expect("the tests run inside the workspace");
    let folder = workspace.root().join("scenarios/tokens");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the tokens are there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "token"))
        .collect();
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Committed {
    let file = path.file_name().expect("it has one").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("it is text");
    let mut lines = text.lines();
    let token: Token =
        lines.next().unwrap_or_default().parse().unwrap_or_else(|error| panic!("{file}: {error}"));
    let signature = lines.next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default().to_owned();
    assert_eq!(token::hash(&signature), token.signature, "{file}: its second line is `# SIGNATURE`");
    Committed { file, token, signature }
}

/// The decisions of a token in this build, and how the run fails that follows them.
fn follow(client: &mut Client, token: &Token) -> (Plan, Request, Option<String>) {
    let resolved = token::resolve(client, token, Exact::No).expect("its program is there");
    let plan = resolved.plan();
    let signature = examine(client, &resolved.request).expect("it serves").judgement.signature;
    (plan, resolved.request, signature)
}

/// How the run fails that follows a plan.
fn shows(client: &mut Client, request: &Request, plan: Plan) -> Option<String> {
    let replay = Some(Replay::Lenient(plan));
    let run = client.run(&Request { replay, events: true, ..request.clone() }).expect("it serves");
    verdict::judge(&run, client.symbols()).signature
}

#[test]
fn each_committed_token_fails_as_it_did_and_needs_each_of_its_decisions() {
    let mut client = crate::client(scenarios());
    let mut wrong = Vec::new();
    for Committed { file, token, signature } in committed() {
        let (plan, request, shown) = follow(&mut client, &token);
        if shown.as_ref() != Some(&signature) {
            wrong.push(format!("{file}: it shows {shown:?}"));
            continue;
        }
        for undone in 0..plan.decisions.len() {
            let mut less = plan.clone();
            less.decisions.remove(undone);
            if shows(&mut client, &request, less).as_ref() == Some(&signature) {
                wrong.push(format!("{file}: it does not need decision {undone}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_a_token_of_each_variant_that_must_fail() {
    let listed = client::list(scenarios()).expect("it lists them");
    let there: BTreeSet<String> = committed().into_iter().map(|committed| committed.token.program).collect();
    let must = listed.iter().filter(|listed| !listed.must.is_empty()).map(|listed| listed.name());
    let missing: Vec<String> = must.filter(|name| !there.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new(), "variants that must fail and have no token");
}
