//! What a run left behind, made of its frames.
//!
//! Does not know where the frames come from. Invariant: addresses are as the executable's debug information knows them.

use std::collections::BTreeMap;

use photofinish_boundary::frames::{Died, Frame, StackOf};
use photofinish_sim::ending::Ending;

use super::{PointSeen, RecordedStack, Run};

/// Makes a run of its frames. Without a final one, its process died before it could say how it ended.
pub(super) fn collect(frames: Vec<Frame>, truncated: bool, died: Option<Died>, load_base: u64) -> Run {
    let ending = match died {
        Some(Died::OurBug(what)) => Ending::Bug { what },
        Some(Died::Lost(what)) => Ending::Lost { what },
        None => Ending::Lost { what: String::from("its process left without a word") },
    };
    let mut run = Run { truncated, ..Run::ended(ending) };
    let mut at_events = AtEvents::default();
    for frame in frames {
        match frame {
            Frame::Pick(mut pick) => {
                pick.pc = pick.pc.saturating_sub(load_base);
                run.trace.picks.push(pick);
            }
            Frame::Born(parent) => run.trace.family.born(parent),
            Frame::Event(stamp, event) => run.events.push((stamp, event)),
            Frame::Stack(thread, of, addresses) => {
                let addresses =
                    addresses.into_iter().map(|address| address.saturating_sub(load_base)).collect();
                at_events.sent(of, run.stacks.len());
                run.stacks.push(RecordedStack { thread, of, addresses });
            }
            Frame::At(event, stack) => at_events.refer(event, stack),
            Frame::Point(thread, number, stack) => run.points.push(PointSeen { thread, number, stack }),
            Frame::Touched(touch) => run.touched.push(touch),
            Frame::Posed(posed) => run.posed.push(posed),
            Frame::Sight(mut sight) => {
                for address in &mut sight.stack {
                    *address = address.saturating_sub(load_base);
                }
                run.sights.push(sight);
            }
            // It is about the process, and of a series alone.
            Frame::Last => {}
            Frame::Final(end) => {
                run.ending = end.ending;
                run.figures = end.figures;
                run.unmodelled = end.unmodelled;
                run.judged = end.judged;
                run.left = end.left;
            }
        }
    }
    run.event_stacks = at_events.by_event(run.events.len());
    run
}

/// Which stacks events have.
#[derive(Debug, Default)]
struct AtEvents {
    /// By a stack's number: where it is among all.
    stacks: BTreeMap<u32, usize>,
    by_event: BTreeMap<u64, usize>,
}

impl AtEvents {
    /// A stack was sent, which is this one of all.
    fn sent(&mut self, of: StackOf, index: usize) {
        if let StackOf::Events(number) = of {
            self.stacks.insert(number, index);
        }
    }

    /// An event has the stack of this number. One that was not sent, for want of room, is nobody's.
    fn refer(&mut self, event: u64, stack: u32) {
        if let Some(index) = self.stacks.get(&stack) {
            self.by_event.insert(event, *index);
        }
    }

    fn by_event(&self, count: usize) -> Vec<Option<usize>> {
        if self.by_event.is_empty() {
            return Vec::new();
        }
        (0..count as u64).map(|event| self.by_event.get(&event).copied()).collect()
    }
}
