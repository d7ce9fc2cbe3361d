//! `cargo xtask bless`: produces README's outputs and its picture anew.
//!
//! Does not know what they are. Invariant: README is replaced only once all of its outputs are there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit::{Exit, ExitCause};
use crate::readme::{self, ReadmeError};
use crate::workspace::{Workspace, WorkspaceError};

/// The picture in README: the page of this token's run.
const PICTURE: &str = "reports/pictures/late-listener.png";
const TOKEN: &str = "scenarios/tokens/late-listener.buggy.lost-connected-72eee7a1.token";

/// Names the browser, as for the tests of pages.
const CHROMIUM: &str = "PHOTOFINISH_CHROMIUM";

/// Where it is otherwise looked for.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const BROWSER_ARGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1400,900",
    "--virtual-time-budget=3000",
];

/// Why README was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum BlessError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// It could not be produced.
    #[error(transparent)]
    Readme(#[from] ReadmeError),
    /// Its picture could not be taken.
    #[error(
        "taking the picture {PICTURE} failed: {0}\nnext: `{CHROMIUM}=PATH cargo xtask bless`, with another Chromium"
    )]
    Picture(std::io::Error),
}

impl ExitCause for BlessError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Produces and writes README.
pub fn run() -> Result<Exit, BlessError> {
    let workspace = Workspace::load()?;
    let path = workspace.root().join("README.md");
    let file = |source| ReadmeError::File { path: String::from("README.md"), source };
    let old = std::fs::read_to_string(&path).map_err(file)?;
    let xtask = std::env::current_exe().map_err(file)?;
    let new = readme::render(workspace.root(), &old, &|command| {
        readme::run_ours(workspace.root(), &xtask, command)
    })?;
    if new != old {
        std::fs::write(&path, new).map_err(file)?;
        crate::say!("README.md: outputs produced anew");
    }
    picture(workspace.root(), &xtask).map_err(BlessError::Picture)?;
    Ok(Exit::Passed)
}

/// Takes the picture of the page of README's run, where there is a browser; elsewhere the one that is there stays.
fn picture(root: &Path, xtask: &Path) -> std::io::Result<()> {
    let named = std::env::var_os(CHROMIUM).map(PathBuf::from);
    if let Some(path) = named.as_ref().filter(|path| !path.is_file() && path.as_os_str() != "required") {
        return Err(std::io::Error::other(format!("{CHROMIUM}={} is no file", path.display())));
    }
    let is_wrong = |path: &&PathBuf| !path.is_file() && path.as_os_str() != "required";
    if let Some(path) = named.as_ref().filter(is_wrong) {
        return Err(std::io::Error::other(format!("{CHROMIUM}={} is no file", path.display())));
    }
    let Some(browser) = named.into_iter().chain(BROWSERS.map(PathBuf::from)).find(|path| path.is_file())
    else {
        eprintln!("note: {PICTURE} stays as it is: there is no Chromium");
        return Ok(());
    };
    let folder = root.join("target/photofinish/picture");
    std::fs::create_dir_all(&folder)?;
    let token = std::fs::read_to_string(root.join(TOKEN))?;
    let page = folder.join("page.html");
    let token = token.lines().next().unwrap_or_default();
    let mut drawn = Command::new(xtask);
    drawn.args(["report", token, "--format", "html", "--out"]).arg(&page).current_dir(root);
    succeeded(&mut drawn)?;
    let mut shot = std::ffi::OsString::from("--screenshot=");
    shot.push(root.join(PICTURE));
    let mut profile = std::ffi::OsString::from("--user-data-dir=");
    profile.push(folder.join("profile"));
    let mut taken = Command::new(browser);
    taken.args(BROWSER_ARGS).arg(profile).arg(shot).arg(page);
    succeeded(&mut taken)?;
    crate::say!("{PICTURE}: taken anew");
    Ok(())
}

fn succeeded(command: &mut Command) -> std::io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    // Browsers say much, and the reason last.
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let (program, status) = (command.get_program().display(), output.status);
    Err(std::io::Error::other(format!("{program} ended with {status}: {last}")))
}
