//! A run under gdb: on real threads, stopped where something was decided.
//!
//! Starts nothing. Invariant: what gdb is told replays the run that was seen, and nothing else.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use photofinish_sim::limits::Limits;

use photofinish_boundary::frames::Ask;

use crate::client::{ENVIRONMENT, Replay, Request, Run};
use crate::typed::quoted;
use crate::wire::framed;

/// A debugger is not to be hurried by the watchdog: a day.
const REAL_MS: u64 = 24 * 3_600 * 1_000;

/// What gdb is to show.
#[derive(Clone, Copy, Debug)]
pub struct Debugged<'a> {
    /// The executable that serves the program.
    pub executable: &'a Path,
    /// How the run was asked for.
    pub request: &'a Request,
    /// The run.
    pub run: &'a Run,
    /// The step to stop at; the last decision's when left out, and the first step if nothing was decided.
    pub at: Option<u64>,
}

impl Debugged<'_> {
    /// The step at which gdb stops.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.at.unwrap_or_else(|| self.run.trace.picks.last().map_or(0, |pick| pick.step))
    }

    /// Writes down what gdb and the executable are to read, in a folder, and returns the command that starts gdb.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn command(&self, folder: &Path) -> io::Result<Command> {
        std::fs::create_dir_all(folder)?;
        let (asked, script): (PathBuf, PathBuf) = (folder.join("request"), folder.join("gdb"));
        let limits = Limits { real_ms_max: REAL_MS, ..self.request.limits };
        let replay = Some(Replay::Strict(self.run.trace.clone()));
        let request =
            Request { replay, events: false, stop_at: Some(self.step()), limits, ..self.request.clone() };
        std::fs::write(&asked, framed(&Ask::Run(Box::new(request)))?)?;
        std::fs::write(&script, self.script(&asked))?;
        let mut command = Command::new("gdb");
        command.arg("-q").arg("-x").arg(script).arg(self.executable);
        Ok(command)
    }

    /// The server forks a process to prove itself, starts itself anew, and forks one for the run: that one is to be followed.
    fn script(&self, asked: &Path) -> String {
        let environment: Vec<String> =
            ENVIRONMENT.iter().map(|(name, value)| format!("set environment {name} {value}\n")).collect();
        // One for each that there was, for a run that wants more does not begin again here.
        let most = self.request.limits.threads_max;
        let threads = u32::try_from(self.run.figures.threads).unwrap_or(most).min(most);
        format!(
            "set pagination off\nset confirm off\nunset environment\n{}\
             handle SIGSYS SIGALRM SIGPIPE nostop noprint pass\n\
             set breakpoint pending on\n\
             break photofinish_debugger_fork\n\
             run serve {} {} baton < {} > /dev/null\n\
             delete\n\
             set follow-fork-mode child\n\
             break photofinish_debugger_stop\n\
             continue\n\
             set follow-fork-mode parent\n\
             delete\n\
             backtrace\n",
            environment.concat(),
            threads,
            most.saturating_mul(4),
            quoted(&asked.display().to_string())
        )
    }
}
