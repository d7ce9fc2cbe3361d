//! Whether programs can be simulated on the target: a `cfg` that its modules ask.
//!
//! Does not know what they do. Invariant: `simulated` is set exactly where `photofinish-boundary` is a dependency, unless
//! `PHOTOFINISH_NATIVE` in the environment of the build takes it back, as our own tests do.

const NATIVE: &str = "PHOTOFINISH_NATIVE";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // No `--cfg`: cargo would build every dependency a second time for it.
    println!("cargo::rerun-if-env-changed={NATIVE}");
    println!("cargo::rustc-check-cfg=cfg(simulated)");
    let is = |name: &str, values: &[&str]| {
        std::env::var(format!("CARGO_CFG_TARGET_{name}")).is_ok_and(|value| values.contains(&value.as_str()))
    };
    let can = is("OS", &["linux"]) && is("ENV", &["gnu"]) && is("ARCH", &["x86_64", "aarch64"]);
    if can && std::env::var_os(NATIVE).is_none() {
        println!("cargo::rustc-cfg=simulated");
    }
}
