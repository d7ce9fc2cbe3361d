//! The attribute `#[photofinish::test]`; its documentation for users stands in the crate `photofinish`, which exports it.
//!
//! Does not know how a test is run. Invariant: what it makes is one ordinary `#[test]` function of the same name, whatever was wrong
//! with the options.

mod expand;
mod function;
mod options;

use proc_macro::TokenStream;

/// Runs a test under many seeds: see `photofinish::test`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::test(options.into(), item.into()).into()
}
