//! The crates that an instrumented build leaves plain: what runs *inside* a scheduling point must not contain one.
//!
//! Does not know who compiles or who asks. Invariant: a crate is plain for whoever compiles it exactly if it is for whoever reads
//! stacks. LLVM folds functions that came out equal into one, so a frame of the program's can carry the name of one of these.

/// By name, in order, and what each is there for.
pub const PLAIN_CRATES: &[(&str, &str)] = &[
    ("addr2line", "turns return addresses into lines while a finding is written"),
    ("adler2", "addr2line: checksum of compressed debug info"),
    ("cfg_if", "macros only; kept with libc"),
    ("cobs", "frames of postcard"),
    ("gimli", "addr2line: reads debug info"),
    ("itoa", "numbers of serde_json"),
    ("libc", "types and declarations of the boundary"),
    ("memchr", "serde_json and object search with it, and its dispatch is an atomic"),
    ("miniz_oxide", "addr2line: inflates debug info"),
    ("object", "addr2line: reads executables"),
    ("photofinish", "ours: the harness"),
    ("photofinish_boundary", "ours: the scheduling points themselves"),
    ("photofinish_frames", "ours: what a run leaves behind, as bytes"),
    ("photofinish_marks", "ours: what a mark is before the kernel hears of it"),
    ("photofinish_served", "ours: processes under a limit"),
    ("photofinish_sim", "ours: the kernel"),
    ("photofinish_tracing", "ours: the layer for what a program traces"),
    ("photofinish_tracing_hook", "ours: the hook for what a program traces"),
    ("photofinish_turmoil", "ours: its questions follow one another at one point"),
    ("postcard", "writes the record of a run"),
    ("ppv_lite86", "vector words of rand_chacha"),
    ("rand_chacha", "the generator behind every draw"),
    ("rand_core", "the trait of the generator"),
    ("rustc_demangle", "addr2line: names"),
    ("serde", "writes the record of a run"),
    ("serde_core", "writes the record of a run"),
    ("serde_json", "writes the record of a run"),
    ("zerocopy", "words of ppv_lite86"),
    ("zmij", "numbers of serde_json"),
];

/// Whether a crate stays plain, by its name as rustc or as cargo spells it.
#[must_use]
pub fn is_plain(name: &str) -> bool {
    let name = name.replace('-', "_");
    PLAIN_CRATES.binary_search_by(|(plain, _)| (*plain).cmp(&name)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_crates_stand_in_order_and_once() {
        assert!(PLAIN_CRATES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(is_plain("ppv-lite86") && is_plain("rand_core"));
        assert!(!is_plain("tokio"));
    }
}
