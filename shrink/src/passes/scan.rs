//! Numbers that the program lets the search choose: all others that there are, and one decision fewer besides.
//!
//! What a program makes of a number is its own: that one fails says nothing of its neighbours, as halving supposes. Where there are few,
//! trying all of them finds the simplest from wherever the search began. And another number may do alone what this one does with the help
//! of a second decision. Does not know what a number stands for. Invariant: of one plan no more than [`NUMBERS_MAX`] numbers are tried.

use photofinish_sim::choice::Kind;
use photofinish_sim::plan::{Answer, Decision, Plan};

use crate::edit::{answered, without};
use crate::search::{Effort, Over, Search};
use crate::walk::again;

/// So many numbers of a plan are tried in all: those of its first decisions.
const NUMBERS_MAX: u64 = 4096;

pub(super) fn run(search: &mut Search<'_>) -> Result<(), Over> {
    if search.effort() == Effort::Quick {
        return Ok(());
    }
    let trace = &search.best().trace;
    let asked: Vec<(Decision, u64)> =
        trace.plan().decisions.into_iter().zip(trace.picks.iter().map(|pick| pick.bound)).collect();
    again(search, |plan| {
        let tries = tries(&plan, &asked);
        tries.into_iter().map(move |Try { index, number, gone }| {
            let plan = answered(&plan, index, Answer::Pick(number));
            gone.map_or_else(|| plan.clone(), |gone| without(&plan, &[gone]))
        })
    })
}

/// Another answer to a question that the program asks.
struct Try {
    index: usize,
    number: u64,
    /// Another such question whose answer is boring then.
    gone: Option<usize>,
}

/// What is tried, with one decision fewer first; `asked` is how many answers there are to each question.
fn tries(plan: &Plan, asked: &[(Decision, u64)]) -> Vec<Try> {
    let chosen = plan.decisions.iter().enumerate().filter(|(_, decision)| decision.kind == Kind::Chosen);
    let chosen: Vec<(usize, &Decision)> = chosen.collect();
    let others = |index: usize| chosen.iter().map(|(at, _)| *at).filter(move |at| *at != index);
    let fewer = chosen.iter().flat_map(|(index, of)| others(*index).map(|gone| (*index, *of, Some(gone))));
    let as_many = chosen.iter().map(|(index, of)| (*index, *of, None));
    let mut tries = Vec::new();
    for (index, decision, gone) in fewer.chain(as_many) {
        let bound =
            asked.iter().find(|(asked, _)| asked.place() == decision.place()).map(|(_, bound)| *bound);
        if let (Answer::Pick(pick), Some(bound)) = (&decision.answer, bound)
            && (tries.len() as u64).saturating_add(bound) <= NUMBERS_MAX
        {
            let numbers = (1..bound).filter(|number| number != pick);
            tries.extend(numbers.map(|number| Try { index, number, gone }));
        }
    }
    tries
}
