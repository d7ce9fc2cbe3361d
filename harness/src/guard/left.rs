//! Whether two runs differ by what an earlier run left in the process of one of them.
//!
//! Runs in forked images agreed when this is asked. Does not know what was left. Invariant: it is said only if a run in an image that was
//! put back differs once more from one in a forked image.

use super::compare::first_difference;
use super::explain::{Looked, Pair, Search, Whose};
use crate::client::{ClientError, Image, Run, Watch};

/// Runs that are made in the put-back image of each process.
const TRIES: u32 = 4;

/// What is known of what was left.
pub(super) enum Left {
    /// A run in a forked image and one in an image that was put back, which differ.
    Shown(Box<Pair>),
    /// Nothing was seen again; this is what can be said.
    Suspected(&'static str),
    /// It is not that.
    Nothing,
}

/// In words, of what was seen again.
pub(super) const SHOWN: &str = "runs in forked images agree, and one behind others, in an image that was put back, differs from them: \
    something that an earlier run left in its process is not undone";

const SUSPECTED: &str = "all runs that were made in forked images agreed, and what differed from them was made in an image that was put back: \
    an earlier run may have left something, or it is rare";

/// Looks for it, of two runs that differed.
pub(super) fn left_behind(search: &mut Search<'_>, looks: [Looked<'_>; 2]) -> Result<Left, ClientError> {
    // What is watched has a process of its own.
    let forked = search.run(Watch::default())?;
    let differs = |look: &Looked<'_>| look.run.figures.events_hash != forked.figures.events_hash;
    let [first, again] = looks.each_ref().map(differs);
    if looks.iter().any(|look| differs(look) && look.image == Image::Forked) {
        return Ok(Left::Nothing);
    }
    let order = if first || !again { [Whose::One, Whose::Two] } else { [Whose::Two, Whose::One] };
    for whose in (0..TRIES).flat_map(|_| order) {
        let other = put_back(search, whose)?;
        let event = first_difference(&forked, &other);
        search.note(event);
        if event.is_some() {
            return Ok(Left::Shown(Box::new(Pair { one: forked, other, event })));
        }
    }
    Ok(Left::Suspected(SUSPECTED))
}

/// Makes the run behind whatever ran before, in the process that served first or in the other.
fn put_back(search: &mut Search<'_>, whose: Whose) -> Result<Run, ClientError> {
    let client = match whose {
        Whose::One => &mut *search.client,
        Whose::Two => search.client.twin()?,
    };
    client.run(&search.request)
}
