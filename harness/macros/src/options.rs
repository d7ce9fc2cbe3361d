//! The options of the attribute: `seeds = 500, time = "10s"`.
//!
//! Does not know strategies: their names are the kernel's, and a wrong one is said when the test runs. Invariant: each option
//! stands at most once, and its value was checked where it stands.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitInt, LitStr, Result, Token};

/// The options, as expressions of the fields of `photofinish::test::Test`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) seeds: Option<TokenStream>,
    pub(crate) time_ms: Option<TokenStream>,
    pub(crate) strategy: Option<TokenStream>,
    pub(crate) os: Option<TokenStream>,
    pub(crate) threads: Option<TokenStream>,
    pub(crate) cores: Option<TokenStream>,
    pub(crate) heap: Option<TokenStream>,
    pub(crate) oracles: Option<TokenStream>,
    pub(crate) fails: Option<TokenStream>,
    pub(crate) shrink_ms: Option<TokenStream>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            let word = name.to_string();
            let (place, read): (_, fn(ParseStream<'_>) -> Result<TokenStream>) = match word.as_str() {
                "seeds" => (&mut options.seeds, seeds),
                "time" => (&mut options.time_ms, time),
                "strategy" => (&mut options.strategy, strategy),
                "os" => (&mut options.os, os),
                "threads" => (&mut options.threads, count),
                "cores" => (&mut options.cores, count),
                "heap" => (&mut options.heap, heap),
                "oracles" => (&mut options.oracles, oracles),
                "fails" => (&mut options.fails, fails),
                "shrink" => (&mut options.shrink_ms, shrink),
                _ => {
                    let message = format!(
                        "there is no option `{word}`; there are `seeds`, `time`, `strategy`, `os`, `threads`, \
                         `cores`, `heap`, `oracles`, `fails` and `shrink`"
                    );
                    return Err(Error::new(name.span(), message));
                }
            };
            if place.is_some() {
                return Err(Error::new(name.span(), format!("`{word}` stands here a second time")));
            }
            if !input.peek(Token![=]) {
                return Err(Error::new(name.span(), format!("`{word}` wants a value: `{word} = …`")));
            }
            input.parse::<Token![=]>()?;
            *place = Some(read(input)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

fn whole(input: ParseStream<'_>, most: u64) -> Result<u64> {
    let message = format!("a whole number from 1 to {most}");
    let literal: Lit = input.parse().map_err(|error| Error::new(error.span(), &message))?;
    let number = match &literal {
        Lit::Int(number) => LitInt::base10_parse::<u64>(number).ok().filter(|_| number.suffix().is_empty()),
        _ => None,
    };
    number.filter(|number| (1..=most).contains(number)).ok_or_else(|| Error::new(literal.span(), message))
}

/// A string, or why there should be one.
fn text(input: ParseStream<'_>, message: &str) -> Result<LitStr> {
    input.parse().map_err(|error| Error::new(error.span(), message))
}

fn seeds(input: ParseStream<'_>) -> Result<TokenStream> {
    let seeds = whole(input, u64::MAX)?;
    Ok(quote!(#seeds))
}

fn count(input: ParseStream<'_>) -> Result<TokenStream> {
    let count = u32::try_from(whole(input, 1_000)?).expect("at most a thousand");
    Ok(quote!(#count))
}

fn strategy(input: ParseStream<'_>) -> Result<TokenStream> {
    let name = text(input, "a strategy, such as \"swarm\" or \"pct:3\"")?;
    Ok(quote!(#name))
}

fn fails(input: ParseStream<'_>) -> Result<TokenStream> {
    const MESSAGE: &str = "a signature, or its beginning and a `*`, such as \"panic in *\"";
    let pattern = text(input, MESSAGE)?;
    if pattern.value().is_empty() {
        return Err(Error::new(pattern.span(), MESSAGE));
    }
    Ok(quote!(#pattern))
}

fn time(input: ParseStream<'_>) -> Result<TokenStream> {
    const MESSAGE: &str = "a time, such as \"500ms\", \"10s\" or \"2m\"";
    let text = text(input, MESSAGE)?;
    let ms = milliseconds(&text.value()).ok_or_else(|| Error::new(text.span(), MESSAGE))?;
    Ok(quote!(#ms))
}

/// A time that may be none, for what can be left out.
fn shrink(input: ParseStream<'_>) -> Result<TokenStream> {
    const MESSAGE: &str = "a time, such as \"30s\", or \"0s\" for none";
    let text = text(input, MESSAGE)?;
    let ms = Some(0).filter(|_| text.value() == "0s").or_else(|| milliseconds(&text.value()));
    let ms = ms.ok_or_else(|| Error::new(text.span(), MESSAGE))?;
    Ok(quote!(#ms))
}

fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|ms| *ms > 0)
}

fn os(input: ParseStream<'_>) -> Result<TokenStream> {
    const MESSAGE: &str = "an operating system: \"linux\", \"macos\" or \"freebsd\"";
    let name = text(input, MESSAGE)?;
    let variant = match name.value().as_str() {
        "linux" => quote!(Linux),
        "macos" => quote!(Macos),
        "freebsd" => quote!(Freebsd),
        _ => return Err(Error::new(name.span(), MESSAGE)),
    };
    Ok(quote!(::photofinish::test::Os::#variant))
}

fn heap(input: ParseStream<'_>) -> Result<TokenStream> {
    const MESSAGE: &str = "a heap: \"plain\" or \"checked\"";
    let name = text(input, MESSAGE)?;
    let variant = match name.value().as_str() {
        "plain" => quote!(Plain),
        "checked" => quote!(Checked),
        _ => return Err(Error::new(name.span(), MESSAGE)),
    };
    Ok(quote!(::photofinish::test::Heap::#variant))
}

fn oracles(input: ParseStream<'_>) -> Result<TokenStream> {
    const MESSAGE: &str = "a list with commas of \"threads\", \"tasks\", \"children\", \"sockets\", \"descriptors\", \"leaks\" (all of \
        these), \"stuck\", \"late=MS\", \"idle=POINTS\" or \"none\", such as \"leaks,late=20\"";
    let list = text(input, MESSAGE)?;
    if !list.value().split(',').all(is_oracle) {
        return Err(Error::new(list.span(), MESSAGE));
    }
    Ok(quote!(#list))
}

/// Whether `--oracles` knows the word; what it means, the kernel says.
fn is_oracle(word: &str) -> bool {
    const WORDS: [&str; 8] =
        ["threads", "tasks", "children", "sockets", "descriptors", "leaks", "stuck", "none"];
    match word.split_once('=') {
        Some(("late" | "idle", number)) => number.parse::<u64>().is_ok(),
        Some(_) => false,
        None => WORDS.contains(&word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oracles_are_known_by_their_words() {
        for known in
            ["threads", "tasks", "children", "sockets", "descriptors", "leaks", "stuck", "none", "late=0"]
        {
            assert!(is_oracle(known), "{known}");
        }
        assert!(is_oracle("idle=18446744073709551615"));
        for wrong in [
            "",
            "thread",
            "late",
            "late=",
            "late=x",
            "late=-1",
            "leaks=1",
            " leaks",
            "idle=18446744073709551616",
        ] {
            assert!(!is_oracle(wrong), "{wrong}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(milliseconds("500ms"), Some(500));
        assert_eq!(milliseconds("10s"), Some(10_000));
        assert_eq!(milliseconds("2 min"), Some(120_000));
        assert_eq!(milliseconds("1h"), Some(3_600_000));
        for wrong in ["", "10", "s", "0s", "-1s", "1.5s", "1d", "99999999999999999999h", "9999999999999999h"]
        {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
