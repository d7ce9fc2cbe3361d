//! Words of people in texts that other programs read: what is let through, and how it is quoted.
//!
//! Knows no engine. Invariant: a word that is let through, and then quoted, is read back as it was and is never more than a word.

/// A string for YAML, which reads those of JSON.
pub(super) fn yaml(word: &str) -> String {
    serde_json::to_string(word).expect("a string has a JSON form")
}

fn check(word: &str, may: impl Fn(char) -> bool, advice: &str) -> Result<String, String> {
    match !word.is_empty() && word.chars().all(may) {
        true => Ok(word.to_owned()),
        false => Err(String::from(advice)),
    }
}

/// A scenario or a variant: there may be more of them than this build has, but none has other characters.
pub(super) fn check_program(word: &str) -> Result<String, String> {
    let may = |c: char| c.is_ascii_alphanumeric() || "-_.@/".contains(c);
    check(word, may, "no scenario is called so; `cargo xtask list` names them")
}

/// An image of a container.
pub(super) fn check_image(word: &str) -> Result<String, String> {
    let may = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    check(word, may, "an image is named like registry.example/photofinish:1.2 or with @sha256:…")
}

/// A place for files.
pub(super) fn check_store(word: &str) -> Result<String, String> {
    // Braces are what templates fill in.
    let may = |c: char| !c.is_control() && !"{}".contains(c);
    let word = check(word, may, "a folder or a URL is wanted, such as /shared/nights or s3://bucket/nights")?;
    if word.starts_with('/') || is_url(&word) {
        return Ok(word);
    }
    Err(format!("{word} is another place on each machine; try /shared/nights or s3://bucket/nights"))
}

/// Whether a place is an object store's.
pub(super) fn is_url(store: &str) -> bool {
    let scheme = store.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// The beginning of our command where this is the place for files: object stores are a feature of their own.
pub(super) fn ours(store: &str) -> &'static str {
    if is_url(store) { "cargo run -q -p xtask --features cloud --" } else { "cargo xtask" }
}

/// A name of something in Kubernetes, as RFC 1123 has it.
pub(super) fn check_name(word: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let word = check(word, |c| is_plain(c) || c == '-', "a name has lowercase letters, digits and dashes")?;
    match word.starts_with(is_plain) && word.ends_with(is_plain) && word.len() <= 63 {
        true => Ok(word),
        false => Err(String::from("a name has 63 characters at most, and no dash at its ends")),
    }
}

/// When something is to happen.
pub(super) fn check_cron(word: &str) -> Result<String, String> {
    let is_field = |field: &str| field.chars().all(|c| c.is_ascii_digit() || "*,-/".contains(c));
    let fields: Vec<&str> = word.split_whitespace().collect();
    match fields.len() == 5 && fields.iter().all(|field| is_field(field)) {
        true => Ok(fields.join(" ")),
        false => {
            Err(String::from("five fields are wanted: minute, hour, day, month, weekday; try \"17 2 * * *\""))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use photofinish::line::quoted;

    #[test]
    fn words_stay_words() {
        let check = |word: &str, in_shell: &str, in_yaml: &str| {
            assert_eq!((&*quoted(word), &*yaml(word)), (in_shell, in_yaml));
        };
        check("late-listener/pr43@reverse", "late-listener/pr43@reverse", "\"late-listener/pr43@reverse\"");
        check("it's", r"'it'\''s'", "\"it's\"");
        check("$(id) \"x\"", r#"'$(id) "x"'"#, r#""$(id) \"x\"""#);
        check("", "''", "\"\"");
    }

    #[test]
    fn what_is_none_is_refused() {
        type Check = fn(&str) -> Result<String, String>;
        let check = |check: Check, good: &[&str], bad: &[&str]| {
            for word in good {
                assert_eq!(check(word).as_deref(), Ok(*word));
            }
            for word in bad {
                assert!(check(word).is_err(), "{word}");
            }
        };
        check(
            check_program,
            &["canary", "late-listener/pr43@reverse"],
            &["", "a b", "${{ x }}", "a;b", "a\nb"],
        );
        check(check_image, &["a", "r.example:5000/p/q@sha256:00"], &["", "a b", "a\"", "${{ x }}"]);
        check(
            check_store,
            &["/shared/my nights", "s3://b/f", "file:///x"],
            &["", "out", "./out", "a\nb", "://x"],
        );
        check(check_name, &["a", "photofinish-2"], &["", "-a", "a-", "A", "a_b", &"a".repeat(64)]);
        check(
            check_cron,
            &["17 2 * * *", "*/5 0-3 1,2 * 1"],
            &["", "17 2 * *", "17 2 * * * *", "@daily", "a b c d e"],
        );
    }
}
