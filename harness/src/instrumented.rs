//! What every instrumented build has in common: cargo's flags, the machine it is for, and the folder it goes to.
//!
//! Does not start cargo and does not know what is built. Invariant: artifacts built with different flags never meet. Cargo counts
//! neither the wrapper's path nor its content into a crate's fingerprint, so each set of flags has its own target directory,
//! named by its hash.

use std::ffi::OsString;
use std::process::Command;

use crate::wrapper::Asked;

/// Rustc did not say which machine this is.
#[derive(Debug, thiserror::Error)]
#[error("asking `{rustc} -vV` for the host triple failed: {reason}\nnext: `{rustc} -vV`")]
pub struct HostError {
    rustc: String,
    reason: String,
}

/// What rustc says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rustc {
    /// How it is started.
    pub path: String,
    /// What it calls this machine, such as `x86_64-unknown-linux-gnu`.
    pub host: String,
    /// All that it says of its version.
    pub version: String,
}

impl Rustc {
    /// Asks it.
    ///
    /// # Errors
    /// It cannot be started, or names no host.
    pub fn ask() -> Result<Self, HostError> {
        let path = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let fail = |reason: String| HostError { rustc: path.clone(), reason };
        let answer = Command::new(&path).arg("-vV").output().map_err(|error| fail(error.to_string()))?;
        let version = String::from_utf8_lossy(&answer.stdout).into_owned();
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
        let host = host.ok_or_else(|| fail(String::from_utf8_lossy(&answer.stderr).trim().to_owned()))?;
        Ok(Self { path, host, version })
    }
}

/// The name of the target directory of builds that are asked to be this.
#[must_use]
pub fn folder(asked: &Asked) -> String {
    format!("{:016x}", fnv1a(&asked.key()))
}

/// The profile of instrumented builds: fast enough to search with, and every check of a debug build kept in the program.
pub const PROFILE: &str = "sim";

/// What the profile is. A search comes through Photofinish's scheduler once per point: there, and in the generator it draws with, the debug
/// assertions of the standard library are left out, which look again at each pointer and index. Neither it nor the boundary
/// has any of its own (`clippy.toml` there); a program that draws with `rand_chacha` itself gets the same one.
const SETTINGS: [&str; 15] = [
    "inherits=\"release\"",
    "opt-level=2",
    "debug=\"line-tables-only\"",
    "debug-assertions=true",
    "overflow-checks=true",
    "package.photofinish-sim.opt-level=3",
    "package.photofinish-sim.codegen-units=1",
    "package.photofinish-sim.debug-assertions=false",
    "package.photofinish-boundary.opt-level=3",
    "package.photofinish-boundary.codegen-units=1",
    "package.photofinish-boundary.debug-assertions=false",
    "package.rand_chacha.opt-level=3",
    "package.rand_chacha.debug-assertions=false",
    "package.ppv-lite86.opt-level=3",
    "package.ppv-lite86.debug-assertions=false",
];

/// The words by which cargo learns what [`PROFILE`] is: it need not stand in any manifest.
pub fn settings() -> impl Iterator<Item = String> {
    SETTINGS.iter().flat_map(|setting| [String::from("--config"), format!("profile.{PROFILE}.{setting}")])
}

/// Brings rustix back to the C library: its own inline assembly would be caught, at the price of a signal for each call.
const CFG: [&str; 2] = ["--cfg", "rustix_use_libc"];

/// Gives every crate of the target the `--cfg` that brings rustix back to the C library, besides what the user asks for. Build
/// scripts read it, so that it has to reach cargo, and not just rustc through the wrapper. Of the places where cargo looks for
/// flags it takes the first that is there: `[target.…] rustflags` of the user hides the `[build]` that we add to, and then the
/// guard catches what the flag would have saved.
pub fn with_cfg(command: &mut Command, variable: impl Fn(&str) -> Option<OsString>) {
    let rustc = Flags { encoded: "CARGO_ENCODED_RUSTFLAGS", spaced: "RUSTFLAGS", key: "build.rustflags" };
    rustc.add(command, &CFG, variable);
}

/// Where cargo takes flags of one tool from.
pub(crate) struct Flags {
    pub(crate) encoded: &'static str,
    pub(crate) spaced: &'static str,
    pub(crate) key: &'static str,
}

impl Flags {
    /// Adds words where cargo looks.
    pub(crate) fn add(
        &self,
        command: &mut Command,
        words: &[&str],
        variable: impl Fn(&str) -> Option<OsString>,
    ) {
        for (name, separator) in [(self.encoded, "\u{1f}"), (self.spaced, " ")] {
            if let Some(mut flags) = variable(name) {
                for word in words {
                    if !flags.is_empty() {
                        flags.push(separator);
                    }
                    flags.push(word);
                }
                command.env(name, flags);
                return;
            }
        }
        command.arg("--config").arg(format!("{} = {words:?}", self.key));
    }
}

/// FNV-1a: small, stable across releases of Rust, and only a name.
pub(crate) fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv1a_gives_the_published_values() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }

    fn check_cfg(variable: Option<(&str, &str)>, expected: &str) {
        let mut command = Command::new("cargo");
        with_cfg(&mut command, |name| {
            variable.filter(|(set, _)| *set == name).map(|(_, flags)| OsString::from(flags))
        });
        let said = format!("{command:?}");
        assert!(said.contains(expected), "{variable:?}: {said}");
    }

    #[test]
    fn the_flags_of_the_user_are_added_to() {
        check_cfg(None, r#"build.rustflags = [\"--cfg\", \"rustix_use_libc\"]"#);
        check_cfg(Some(("RUSTFLAGS", "-Dwarnings")), r#"RUSTFLAGS="-Dwarnings --cfg rustix_use_libc""#);
        check_cfg(Some(("RUSTFLAGS", "")), r#"RUSTFLAGS="--cfg rustix_use_libc""#);
        let encoded = "CARGO_ENCODED_RUSTFLAGS";
        check_cfg(Some((encoded, "-Ca=b c")), r"-Ca=b c\u{1f}--cfg\u{1f}rustix_use_libc");
    }
}
