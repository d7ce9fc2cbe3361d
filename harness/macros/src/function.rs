//! The function that the attribute stands on.
//!
//! Does not read its body: what is wrong in there is rustc's to say. Invariant: a function that was read takes nothing, is not
//! generic, and is either plain or async.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, Ident, Result, ReturnType, Token, Visibility};

/// A test function.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) name: Ident,
    pub(crate) output: ReturnType,
    /// With its braces.
    pub(crate) body: TokenTree,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        if let Some(other) = attributes.iter().find(|attribute| is_test(attribute)) {
            let message = "a second test attribute: `#[photofinish::test]` makes the test by itself, take this one away";
            return Err(Error::new(other.span(), message));
        }
        let visibility = input.parse()?;
        let asyncness = input.parse()?;
        if !input.peek(Token![fn]) {
            return Err(
                input.error("`#[photofinish::test]` stands on a `fn` or an `async fn`, and nothing else")
            );
        }
        input.parse::<Token![fn]>()?;
        let name = input.parse()?;
        if input.peek(Token![<]) {
            return Err(input.error("a test cannot be generic"));
        }
        let arguments;
        let parentheses = syn::parenthesized!(arguments in input);
        if !arguments.is_empty() {
            arguments.parse::<TokenStream>()?;
            return Err(Error::new(parentheses.span.join(), "a test takes no arguments"));
        }
        let output = input.parse()?;
        if input.peek(Token![where]) {
            return Err(input.error("a test cannot be generic"));
        }
        if !input.peek(syn::token::Brace) {
            return Err(input.error("a test has a body"));
        }
        Ok(Self { attributes, visibility, asyncness, name, output, body: input.parse()? })
    }
}

/// Whether an attribute makes a test as well: `#[test]`, `#[tokio::test]`.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "test")
}
