//! Whether programs can be simulated on the target: a `cfg` that its modules ask.
//!
//! Does not know what they do. Invariant: `simulated` is set exactly where `photofinish-boundary` is a dependency, unless
//! `--cfg photofinish_native` takes it back.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(simulated)");
    let is = |name: &str, values: &[&str]| {
        std::env::var(format!("CARGO_CFG_TARGET_{name}")).is_ok_and(|value| values.contains(&value.as_str()))
    };
    let can = is("OS", &["linux"]) && is("ENV", &["gnu"]) && is("ARCH", &["x86_64", "aarch64"]);
    if can && std::env::var_os("CARGO_CFG_PHOTOFINISH_NATIVE").is_none() {
        println!("cargo::rustc-cfg=simulated");
    }
}
