//! Runs that follow one another in one process.
//!
//! Does not judge them. Invariant: the runs of a process depend on what was asked for and on how large the pool was when it began,
//! which what the client did before may have enlarged, and on nothing else that it did.

use std::path::Path;

use photofinish_boundary::frames::{Ask, Frame, Request, Series};
use photofinish_sim::ending::Ending;
use photofinish_sim::seed::Seed;

use super::collect::collect;
use super::server::{Answered, Server};
use super::{Client, ClientError, Run};

/// Runs that followed one another in as few processes as could be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InSeries {
    /// By seed.
    pub runs: Vec<Run>,
    /// Processes that it took: one for each run after which none could follow, and one for the last.
    pub processes: u64,
    /// Of those, the ones that were followed by another because of what their last run left behind.
    pub given_up: u64,
}

/// Runs that followed one another in one process.
#[derive(Clone, Debug, PartialEq)]
pub struct InProcess {
    /// By seed.
    pub runs: Vec<Run>,
    /// Why there are no more of them.
    pub over: Over,
}

/// Why a process makes no further run of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// All that were asked for are made.
    Done,
    /// The last one left something behind that none may follow, or was the end of the process.
    LeftBehind,
    /// It was to make no more, whatever they left: what is asked of a run wants a process for each, or there was no room for more.
    Meant,
}

impl Client {
    /// Asks for runs of `count` consecutive seeds from the request's on, which follow one another in one process, as far as the
    /// state in which each leaves it lets another begin. They keep no picks and no events. They are the same each time the
    /// same series is asked for, but need not be as those of [`Client::run`]: what the program and std keep in statics and on the
    /// heap goes from one to the next. A pool enlarged meanwhile may make a difference, too.
    ///
    /// # Errors
    /// As [`Client::run`]; the request is a replay.
    pub fn series(&mut self, request: &Request, count: u32) -> Result<InSeries, ClientError> {
        let mut made = InSeries::default();
        while made.runs.len() < count as usize {
            let done = u32::try_from(made.runs.len()).expect("fewer than were asked for");
            let seed = Seed(request.seed.0.wrapping_add(u64::from(done)));
            let more = self.process(&Request { seed, ..request.clone() }, count - done)?;
            made.processes += 1;
            made.given_up += u64::from(more.over == Over::LeftBehind);
            made.runs.extend(more.runs);
        }
        Ok(made)
    }

    /// As [`Client::series`], but only those of one process: at least one, and fewer than `count` if none could follow the last.
    ///
    /// # Errors
    /// As [`Client::series`].
    pub fn process(&mut self, request: &Request, count: u32) -> Result<InProcess, ClientError> {
        let shape = self.shape(request)?.clone();
        let first = Request { replay: None, events: false, ..request.clone() };
        let series = Series { first, count, shape };
        loop {
            let made = self.server.series(&self.path, series.clone())?;
            match made.runs.last().map(|run| &run.ending) {
                // What the runs before it left must not depend on how large the pool was when they began.
                Some(Ending::OutOfThreads { threads }) if self.enlarge(*threads)? => {}
                _ => return Ok(made),
            }
        }
    }
}

impl Server {
    /// The runs of a series that were made, at least one.
    fn series(&mut self, path: &Path, series: Series) -> Result<InProcess, ClientError> {
        let (program, most) = (series.first.program.clone(), series.count as usize);
        let Answered { mut frames, truncated, died } =
            self.ask(path, &Ask::Series(Box::new(series)), &program)?;
        let base = self.hello.load_base;
        let is_meant = frames.contains(&Frame::Last);
        frames.retain(|frame| *frame != Frame::Last);
        let mut by_run: Vec<Vec<Frame>> = Vec::new();
        let mut is_over = true;
        for frame in frames {
            if is_over {
                by_run.push(Vec::new());
            }
            is_over = matches!(frame, Frame::Final(_));
            by_run.last_mut().expect("one was put there").push(frame);
        }
        // A fault writes where it was behind its run's end, and is the end of the process.
        let stray = by_run.pop_if(|last| {
            !is_over && died.is_none() && last.iter().all(|frame| matches!(frame, Frame::Stack(..)))
        });
        match (by_run.last_mut(), stray) {
            (Some(last), Some(stray)) => last.extend(stray),
            (_, stray) => by_run.extend(stray),
        }
        // A process that died between two runs did not make the next one; after the last, it did not do all it should either.
        if by_run.is_empty() || (died.is_some() && is_over) {
            by_run.truncate(most - 1);
            by_run.push(Vec::new());
        }
        let last = by_run.pop();
        let mut runs: Vec<Run> =
            by_run.into_iter().map(|frames| collect(frames, false, None, base)).collect();
        runs.extend(last.map(|frames| collect(frames, truncated, died, base)));
        let over = if runs.len() == most {
            Over::Done
        } else if is_meant {
            Over::Meant
        } else {
            Over::LeftBehind
        };
        Ok(InProcess { runs, over })
    }
}
