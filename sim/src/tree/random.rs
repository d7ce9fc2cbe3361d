//! Random calls, which must leave the tree whole.
//!
//! Does not say what a call should be answered. Invariant: what failed changed nothing, and when nothing is held any more, nothing is left
//! that has no name.

use proptest::prelude::*;

use super::tests::{ROOT, Trial};
use super::{Follow, Found};

/// A path of up to three of a few names.
fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![3 => "[abc]", 1 => Just(String::from(".."))], 1..4)
        .prop_map(|names| names.join("/"))
        .prop_filter("inside", |path| !path.starts_with(".."))
}

fn line() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        Just("mkdir"),
        Just("touch"),
        Just("rm"),
        Just("rmdir"),
        Just("new"),
        Just("cat"),
        Just("chmod 777"),
        Just("hold"),
        Just("nameless"),
        Just("name"),
    ];
    let two = prop_oneof![Just("ln"), Just("ln -s"), Just("mv"), Just("mv -n"), Just("mv -x")];
    prop_oneof![
        4 => (one, path()).prop_map(|(call, path)| format!("{call} {path}")),
        4 => (two, path(), path()).prop_map(|(call, old, new)| format!("{call} {old} {new}")),
        1 => prop_oneof![Just("let go"), Just("let go first")].prop_map(String::from),
    ]
}

proptest! {
    #[test]
    fn no_calls_leave_a_tree_that_contradicts_itself(lines in proptest::collection::vec(line(), 0..60)) {
        let mut trial = Trial::new(0);
        for line in lines {
            // A path of dots may lead out.
            let leads_out = line.split(' ').skip(1).any(|path| {
                matches!(trial.tree.walk(ROOT, ROOT, path.as_bytes(), Follow::Never), Ok(Found::Outside(_)))
                    || matches!(trial.tree.walk(ROOT, ROOT, path.as_bytes(), Follow::Yes), Ok(Found::Outside(_)))
            });
            if !leads_out {
                let before = format!("{:?}", trial.tree);
                if trial.run(&line).is_err() {
                    prop_assert_eq!(before, format!("{:?}", trial.tree), "{}", line);
                }
            }
            trial.check();
        }
        while !trial.held.is_empty() {
            trial.run("let go").expect("it is held");
            trial.check();
        }
    }
}
