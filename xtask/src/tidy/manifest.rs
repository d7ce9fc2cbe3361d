//! Dependencies in a package's manifest: each stands under a comment that says why, and takes its version from the
//! workspace.
//!
//! Reads lines, because a TOML parser drops comments. Does not know whether the reason is a good one.
//! Invariant: our own packages need no reason here; theirs is the table of [`super::edges`].

use super::finding::{Finding, Place};

/// Checks one manifest; `ours` are the packages of the workspace.
pub(super) fn check(path: &str, text: &str, ours: &[&str]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut section = Section::Other;
    let mut depth: usize = 0;
    let mut above = "";
    for (index, line) in text.lines().map(str::trim).enumerate() {
        let is_continued = depth > 0;
        let place = Place { path, line: index + 1 };
        if let Some(header) = section_header(line).filter(|_| !is_continued) {
            section.end(&mut found, path);
            section = Section::new(header, index + 1);
            if let Section::One { name, .. } = &section {
                found.extend(unexplained(place, name, above, ours));
            }
        } else if !is_code(line) || is_continued {
            depth = depth.saturating_add_signed(brackets(line));
        } else {
            depth = depth.saturating_add_signed(brackets(line));
            section.entry(&mut found, place, Entry { line, above, ours });
        }
        above = line;
    }
    section.end(&mut found, path);
    found
}

/// A line that names a dependency, and what stands around it.
struct Entry<'a> {
    line: &'a str,
    above: &'a str,
    ours: &'a [&'a str],
}

/// What the lines of a section are.
enum Section {
    /// One dependency per line.
    Dependencies,
    /// One dependency, one line per property: `[dependencies.name]`.
    One { name: String, line: usize, is_versioned_once: bool },
    /// Something else.
    Other,
}

impl Section {
    fn new(header: &str, line: usize) -> Self {
        let is_table = |word: &str| word.ends_with("dependencies");
        let last = header.rsplit('.').next().unwrap_or_default();
        if header.starts_with("workspace.") {
            return Self::Other;
        }
        if is_table(last) {
            return Self::Dependencies;
        }
        let before = header.strip_suffix(last).and_then(|before| before.strip_suffix('.'));
        match before {
            Some(before) if is_table(before) => {
                Self::One { name: last.trim_matches('"').to_owned(), line, is_versioned_once: false }
            }
            _ => Self::Other,
        }
    }

    fn entry(&mut self, found: &mut Vec<Finding>, place: Place<'_>, entry: Entry<'_>) {
        match self {
            Self::Dependencies => {
                let name = entry.line.split(['.', '=', ' ']).next().unwrap_or_default().trim_matches('"');
                found.extend(unexplained(place, name, entry.above, entry.ours));
                if !says_workspace(entry.line) {
                    found.push(versioned_twice(place, name));
                }
            }
            Self::One { is_versioned_once, .. } => *is_versioned_once |= says_workspace(entry.line),
            Self::Other => {}
        }
    }

    fn end(&self, found: &mut Vec<Finding>, path: &str) {
        if let Self::One { name, line, is_versioned_once: false } = self {
            found.push(versioned_twice(Place { path, line: *line }, name));
        }
    }
}

fn section_header(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.split(']').next().map(|header| header.trim_start_matches('['))
}

fn is_code(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

/// How many brackets a line leaves open.
fn brackets(line: &str) -> isize {
    line.chars().fold(0, |open, c| match c {
        '[' | '{' => open + 1,
        ']' | '}' => open - 1,
        _ => open,
    })
}

fn says_workspace(line: &str) -> bool {
    line.replace(' ', "").contains("workspace=true")
}

fn unexplained(place: Place<'_>, name: &str, above: &str, ours: &[&str]) -> Option<Finding> {
    let is_explained = above.starts_with('#') || ours.contains(&name);
    (!is_explained).then(|| {
        place.finding(
            format!("dependency `{name}` stands under no comment"),
            "say in the line above what it is for",
        )
    })
}

fn versioned_twice(place: Place<'_>, name: &str) -> Finding {
    place.finding(
        format!("dependency `{name}` does not take its version from the workspace"),
        format!("list it in [workspace.dependencies] and write `{name}.workspace = true`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_case(text: &str, expected: &[&str]) {
        let found = check("Cargo.toml", text, &["photofinish-sim"]);
        let found: Vec<String> = found.iter().map(|f| format!("{}: {}", f.line, f.wrong)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_dependency_says_why() {
        let silent = |line: usize| format!("{line}: dependency `libc` stands under no comment");
        check_case("[dependencies]\n# Real symbols.\nlibc.workspace = true", &[]);
        check_case("[dependencies]\nphotofinish-sim.workspace = true", &[]);
        check_case("[dependencies]\nlibc.workspace = true", &[&silent(2)]);
        check_case("[dependencies]\n# Why.\nserde.workspace = true\nlibc.workspace = true", &[&silent(4)]);
        check_case("[dependencies]\n# Why.\n\nlibc.workspace = true", &[&silent(4)]);
        check_case("[dev-dependencies]\nlibc = { workspace = true }", &[&silent(2)]);
        check_case("[target.'cfg(unix)'.build-dependencies]\nlibc.workspace = true", &[&silent(2)]);
        check_case("[dependencies.libc]\nworkspace = true", &[&silent(1)]);
        check_case("# Why.\n[dependencies.libc]\nworkspace = true", &[]);
        check_case(
            "[dependencies]\n# Why.\nserde = { workspace = true, features = [\n  \"derive\",\n] }\nlibc.workspace = true",
            &[&silent(6)],
        );
    }

    #[test]
    fn versions_stand_in_the_workspace() {
        const TWICE: &str = "dependency `libc` does not take its version from the workspace";
        check_case("[dependencies]\n# Why.\nlibc = \"0.2\"", &[&format!("3: {TWICE}")]);
        check_case("[dependencies]\n# Why.\nlibc = { version = \"0.2\" }", &[&format!("3: {TWICE}")]);
        check_case("# Why.\n[dependencies.libc]\nversion = \"0.2\"\n[lints]", &[&format!("2: {TWICE}")]);
        check_case("[workspace.dependencies]\nlibc = \"0.2\"", &[]);
        check_case("[package]\nname = \"libc\"\n[lints]\nworkspace = true", &[]);
    }
}
