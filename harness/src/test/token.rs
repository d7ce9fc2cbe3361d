//! The token that the environment gives: whether it is of this test, and the run that it leads to here.
//!
//! Does not judge that run. Invariant: a text that leads to no run of any test of its crate is a mistake that is said, and nothing passes instead;
//! a test that is passed over because the token is of another, of this crate or of another, says so.

use crate::client::{Client, Request};
use crate::token::{self, DecodeError, Exact, ResolveError, Token};

use super::plan::{SEED, TOKEN};

/// Whose token it is.
#[derive(Debug)]
pub(super) enum Whose {
    /// This test's.
    This(Box<Token>),
    /// Another's, of this name.
    Another(String),
}

/// Reads a token for a test, one of those of this executable.
pub(super) fn read(text: &str, test: &str, tests: &[&str]) -> Result<Whose, String> {
    let token: Token = text.parse().map_err(|error| match error {
        DecodeError::NotAToken => {
            format!("{TOKEN} is no token, which begins with `pf1-`\nnext: copy it again, or give a seed with {SEED}=N")
        }
        other => format!("{TOKEN}: {other}"),
    })?;
    let program = &token.program;
    if program == test {
        return Ok(Whose::This(Box::new(token)));
    }
    if !program.contains("::") {
        return Err(format!(
            "{TOKEN} is of the scenario {program}, and not of a test\nnext: `cargo xtask sim --seed` with it, where that scenario is"
        ));
    }
    // Another crate's tests are in another executable, which cargo runs before or after this one.
    if crate_of(program) == crate_of(test) && !tests.contains(&program.as_str()) {
        return Err(format!(
            "{TOKEN} is of {program}, and there is no such test here\nnext: leave it out, which searches this test; a token goes by its \
             test's name, and is lost if that is changed"
        ));
    }
    Ok(Whose::Another(token.program))
}

fn crate_of(name: &str) -> &str {
    name.split("::").next().unwrap_or_default()
}

/// The run of a token in this build, and what is to be told of how it was found.
pub(super) fn resolve(client: &mut Client, token: &Token) -> Result<Resolved, String> {
    let resolved = token::resolve(client, token, Exact::No).map_err(|error| match error {
        // What these say next is for our own executables.
        ResolveError::Other { .. } | ResolveError::Program { .. } => {
            let said = error.to_string();
            let first = said.lines().next().unwrap_or_default();
            format!("{first}\nnext: the same command without {TOKEN}, which searches the test again")
        }
        other => other.to_string(),
    })?;
    Ok(Resolved { told: resolved.told(), plan: resolved.plan(), request: resolved.request })
}

/// The run of a token.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// Asks for it.
    pub(super) request: Request,
    /// Its decisions.
    pub(super) plan: photofinish_sim::plan::Plan,
    /// How it was found.
    pub(super) told: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Options;

    fn text(program: &str) -> String {
        let token = Token {
            program: program.to_owned(),
            options: Options::default(),
            build: 1,
            signature: 2,
            events_hash: 3,
            threads: Vec::new(),
            decisions: Vec::new(),
        };
        token.encode().expect("it is short")
    }

    fn check(text: &str, expected: Result<Option<&str>, &str>) {
        let read = read(text, "app::pool::t", &["app::pool::t", "app::other"]);
        match (read, expected) {
            (Ok(Whose::This(token)), Ok(None)) => assert_eq!(token.program, "app::pool::t"),
            (Ok(Whose::Another(other)), Ok(Some(expected))) => assert_eq!(other, expected),
            (Err(said), Err(expected)) => {
                assert!(said.contains(expected) && said.contains("\nnext: "), "{said}");
            }
            (read, expected) => panic!("{text}: {read:?} is not {expected:?}"),
        }
    }

    #[test]
    fn a_token_is_this_tests_or_anothers_or_nobodys() {
        let own = text("app::pool::t");
        check(&own, Ok(None));
        check(&text("app::other"), Ok(Some("app::other")));
        check(&text("elsewhere::t"), Ok(Some("elsewhere::t")));
        check(&text("app::gone"), Err("is of app::gone, and there is no such test here"));
        check(&text("lost-update/buggy"), Err("is of the scenario lost-update/buggy"));
        check(&own[..own.len() - 1], Err("PHOTOFINISH_TOKEN: that token is damaged"));
        check(&own.replace("pf1-", "pf2-"), Err("of version 2"));
        check("17", Err("PHOTOFINISH_SEED=N"));
        check("", Err("is no token"));
    }
}
