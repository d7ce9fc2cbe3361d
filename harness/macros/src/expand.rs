//! From the function to the test.
//!
//! Does not know what the options mean. Invariant: the user's body sees no name that is made here but its own function's.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::function::Function;
use crate::options::Options;

/// The whole attribute. With a mistake, the mistake is said beside the function, so that nothing else is.
pub(crate) fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    let function: syn::Result<Function> = syn::parse2(item.clone());
    let options: syn::Result<Options> = syn::parse2(options);
    match (options, function) {
        (Ok(options), Ok(function)) => expand(&options, &function),
        (options, function) => {
            let errors = [options.err(), function.err()];
            let errors = errors.iter().flatten().map(syn::Error::to_compile_error);
            quote!(#(#errors)* #item)
        }
    }
}

fn expand(options: &Options, function: &Function) -> TokenStream {
    let Function { attributes, visibility, asyncness, name, output, body } = function;
    let call = match asyncness {
        None => quote!(#name()),
        Some(_) => quote! {
            ::tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .expect("a runtime of tokio")
                .block_on(#name())
        },
    };
    let Options { seeds, time_ms, strategy, os, threads, cores, heap, oracles, fails, shrink_ms } = options;
    let [seeds, time_ms, strategy, os, threads, cores, heap, oracles, fails, shrink_ms] =
        [seeds, time_ms, strategy, os, threads, cores, heap, oracles, fails, shrink_ms]
            .map(|given| option(given.as_ref()));
    quote! {
        #(#attributes)*
        #[::core::prelude::v1::test]
        #visibility fn #name() {
            // By its own name it stands in stacks and signatures.
            #asyncness fn #name() #output #body
            ::photofinish::__test!(::photofinish::test::Test {
                name: ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
                body: || ::photofinish::test::Outcome::judge(#call),
                seeds: #seeds,
                time_ms: #time_ms,
                strategy: #strategy,
                os: #os,
                threads: #threads,
                cores: #cores,
                heap: #heap,
                oracles: #oracles,
                fails: #fails,
                shrink_ms: #shrink_ms,
            })
        }
    }
}

fn option(given: Option<&impl ToTokens>) -> TokenStream {
    given.map_or_else(
        || quote!(::core::option::Option::None),
        |given| quote!(::core::option::Option::Some(#given)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: &str, item: &str, says: &str) {
        let parse = |text: &str| text.parse::<TokenStream>().expect("tokens");
        let made = test(parse(options), parse(item)).to_string();
        assert!(made.contains(says), "{options} on {item}: {made}");
    }

    #[test]
    fn a_mistake_is_said_where_it_stands() {
        let plain = "fn t() {}";
        check("", "fn t(a: u8) {}", "a test takes no arguments");
        check("", "fn t<T>() {}", "a test cannot be generic");
        check("", "fn t() where u8: Copy {}", "a test cannot be generic");
        check("", "struct T;", "stands on a `fn` or an `async fn`");
        check("", "fn t();", "a test has a body");
        check("", "#[test] fn t() {}", "a second test attribute");
        check("", "#[tokio::test] async fn t() {}", "a second test attribute");
        check("seed = 3", plain, "there is no option `seed`");
        check("seeds = 3, seeds = 4", plain, "`seeds` stands here a second time");
        check("seeds", plain, "`seeds` wants a value");
        check("seeds = 0", plain, "a whole number from 1");
        check("seeds = \"many\"", plain, "a whole number from 1");
        check("cores = 4000", plain, "a whole number from 1 to 1000");
        check("time = 10", plain, "a time, such as");
        check("time = \"soon\"", plain, "a time, such as");
        check("os = \"plan9\"", plain, "an operating system");
        check("strategy = 3", plain, "a strategy, such as");
        check("heap = \"compost\"", plain, "a heap: ");
        check("heap = checked", plain, "a heap: ");
        check("oracles = \"leaks,delphi\"", plain, "such as \\\"leaks,late=20");
        check("oracles = leaks", plain, "a list with commas of");
        check("fails = \"\"", plain, "a signature, or its beginning");
        check("shrink = \"never\"", plain, "or \\\"0s\\\" for none");
        check("shrink = 5", plain, "or \\\"0s\\\" for none");
        check("seeds = 3 time = \"1s\"", plain, "expected `,`");
    }

    #[test]
    fn options_and_attributes_arrive() {
        check(
            "seeds = 1_000, time = \"2s\",",
            "fn t() {}",
            "seeds : :: core :: option :: Option :: Some (1000u64)",
        );
        check("time = \"2s\"", "fn t() {}", "time_ms : :: core :: option :: Option :: Some (2000u64)");
        check("shrink = \"1m\"", "fn t() {}", "shrink_ms : :: core :: option :: Option :: Some (60000u64)");
        check("shrink = \"0s\"", "fn t() {}", "shrink_ms : :: core :: option :: Option :: Some (0u64)");
        check(
            "",
            "#[ignore] #[should_panic] fn t() {}",
            "# [ignore] # [should_panic] # [:: core :: prelude :: v1 :: test]",
        );
        check("", "async fn t() -> Result<(), E> { x }", "async fn t () -> Result < () , E > { x }");
        check(
            "heap = \"checked\"",
            "fn t() {}",
            "heap : :: core :: option :: Option :: Some (:: photofinish :: test :: Heap :: Checked)",
        );
        check(
            "oracles = \"stuck,idle=5\"",
            "fn t() {}",
            "oracles : :: core :: option :: Option :: Some (\"stuck,idle=5\")",
        );
        check("", "fn t() {}", "judge (t ())");
    }
}
