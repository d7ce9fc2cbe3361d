//! README shows what the commands print.
//!
//! Invariant: the same code produces README and checks it.

use std::path::Path;

use xtask::readme;

#[test]
fn readme_is_as_cargo_xtask_bless_would_write_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let old = std::fs::read_to_string(root.join("README.md")).expect("README is there");
    let new = readme::render(root, &old, &|command| readme::run_ours(root, xtask, command))
        .expect("README is well formed");
    assert!(old == new, "README is out of date; next: `cargo xtask bless`. It would be:\n{new}");
}
