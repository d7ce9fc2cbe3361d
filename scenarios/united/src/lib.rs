//! Nothing but a manifest: the features that any of our programs brings to a package that Photofinish is built of.
//!
//! Cargo builds a package anew for each set of features, and whatever depends on it with it: programs that differ in one feature of `libc`
//! would each have a Photofinish of their own. Who depends on this package shares one. It knows no program, and asks for nothing that a
//! program under test has code of its own for, such as tokio. Invariant: who depends on it gets no package from it alone.
#![forbid(unsafe_code)]
