//! What is asked of a run once it is over: the kernel's oracles, and the program's own over its events.
//!
//! Does not say what is asked. Invariant: an oracle changes nothing of the run that it looks at, but for the event that tells what it
//! found.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::kernel::Detail;
use photofinish_sim::oracle::{Finding, Leaks, Left};

use crate::run::{self, run};

/// An oracle over the events of a run, which says signature and detail of what is wrong.
pub type OverEvents = Box<dyn FnOnce(&[(Stamp, Event)]) -> Result<(), (String, String)>>;

/// Events that an oracle may hear of in one run.
const HEARD_MAX: usize = 4 << 20;

/// The events of the run that is on, for its oracle.
#[derive(Clone, Default)]
pub(crate) struct Heard(Rc<RefCell<Vec<(Stamp, Event)>>>);

impl Heard {
    /// Keeps an event. One more than the most shows that there were too many.
    pub(crate) fn hear(&self, stamp: &Stamp, event: &Event) {
        let mut events = self.0.borrow_mut();
        if events.len() <= HEARD_MAX {
            events.push((*stamp, event.clone()));
        }
    }
}

/// Looks at a run that is over, with the program's oracle over what was heard, if it has one; returns the run's ending.
pub(crate) fn look(ending: Ending, over: Option<(OverEvents, Heard)>) -> Ending {
    let finding = run().kernel.finding();
    if finding.is_some() || matches!(ending, Ending::Deadlock(_)) {
        run::push_waits();
    }
    let returned = matches!(ending, Ending::Returned | Ending::Exited(0));
    match finding {
        Some(Finding { signature, detail }) if returned => run::found(signature, detail),
        // A name for a run that was given up is no event: with events kept, when it is known who held which lock, it may have a
        // better one.
        Some(Finding { signature, detail }) => {
            run().judged.get_or_insert((signature, detail));
        }
        None => {}
    }
    let passes = returned && run().judged.is_none();
    match over {
        Some((oracle, heard)) if passes => listen(ending, oracle, &heard),
        _ => ending,
    }
}

/// Asks the program's oracle. A panic of it is what it found.
fn listen(ending: Ending, oracle: OverEvents, heard: &Heard) -> Ending {
    let events = heard.0.take();
    if events.len() > HEARD_MAX {
        return Ending::Lost { what: format!("its oracle cannot hear of more than {HEARD_MAX} events") };
    }
    run().is_judging = true;
    let answer = catch_unwind(AssertUnwindSafe(|| oracle(&events)));
    run().is_judging = false;
    match answer {
        Ok(Ok(())) => {}
        Ok(Err((signature, detail))) => run::found(signature, detail),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            let first_line = message.lines().next().unwrap_or_default();
            run::found(format!("oracle over events: {first_line}"), message.to_owned());
        }
    }
    ending
}

/// What the program left behind, if anybody wants to know.
pub(crate) fn left() -> Vec<Left> {
    let kernel = &run().kernel;
    let returned = matches!(kernel.ending(), Some(Ending::Returned));
    let wanted = kernel.detail() == Detail::Events || kernel.oracles().leaks != Leaks::NONE;
    if returned && wanted { kernel.left() } else { Vec::new() }
}
