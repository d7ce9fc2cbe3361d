//! A report's bytes as text, without what is put in on the way: line ends, quotation marks, colours, character references, characters
//! without width.
//!
//! Does not know what is looked for. Invariant: the text is at most a small multiple of the bytes, and has no control character but the
//! ends of its lines and tabs.

/// Reads bytes as text.
#[must_use]
pub fn clean(bytes: &[u8]) -> String {
    let text = decoded(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let text = if is_quoted_printable(&text) { soft(&text) } else { text };
    let text = plain(&text);
    let mut lines = String::with_capacity(text.len());
    for line in text.lines() {
        lines.push_str(unquoted(line));
        lines.push('\n');
    }
    lines
}

/// UTF-8, or what some shells write instead when told to write to a file.
fn decoded(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| read(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Whether it is a mail as it was sent.
fn is_quoted_printable(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.to_ascii_lowercase();
        line.starts_with("content-transfer-encoding:") && line.ends_with("quoted-printable")
    })
}

/// Undoes quoted-printable (RFC 2045, 6.7): soft line breaks, and bytes as two digits. What is not ASCII then is of no use to us.
fn soft(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut parts = text.split('=');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                out.push(if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER });
                out.push_str(&part[2..]);
            }
            None => {
                out.push('=');
                out.push_str(part);
            }
        }
    }
    out
}

/// The text without colours and characters without width, and with character references and Markdown's backslashes resolved.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (said, length) = match c {
            '\u{1b}' => (None, escape(rest)),
            '&' => reference(rest).map_or((Some('&'), 1), |(c, length)| (Some(c), length)),
            '\\' if rest[1..].starts_with(['_', '*', '-', '`']) => (None, 1),
            '\u{a0}' | '\u{202f}' => (Some(' '), c.len_utf8()),
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => (None, c.len_utf8()),
            c if c.is_control() && c != '\n' && c != '\t' => (None, c.len_utf8()),
            c => (Some(c), c.len_utf8()),
        };
        out.extend(said);
        rest = &rest[length..];
    }
    out
}

/// How long an escape sequence of a terminal is (ECMA-48, 5.4, and the titles of xterm).
fn escape(text: &str) -> usize {
    /// Longer ones are none.
    const LENGTH_MAX: usize = 256;
    let bytes = &text.as_bytes()[..text.len().min(LENGTH_MAX)];
    let until = |is_last: fn(&u8) -> bool| bytes.iter().skip(2).position(is_last).map(|at| at + 3);
    match bytes.get(1) {
        Some(b'[') => until(|byte| (0x40..=0x7e).contains(byte)).unwrap_or(1),
        Some(b']') => until(|byte| *byte == 7 || *byte == b'\\').unwrap_or(1),
        _ => 1,
    }
}

/// The character that a reference stands for, and how long the reference is. Our own Markdown is full of them.
fn reference(text: &str) -> Option<(char, usize)> {
    /// The longest is `&#x10ffff;`.
    const LENGTH_MAX: usize = 10;
    let length = text.bytes().take(LENGTH_MAX).position(|byte| byte == b';')?;
    let name = &text[1..length];
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let digits = name.strip_prefix('#')?;
            let hex = digits.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            let c = char::from_u32(hex.unwrap_or_else(|| digits.parse()).ok()?)?;
            if c.is_control() { ' ' } else { c }
        }
    };
    Some((c, length + 1))
}

/// A line without the marks of those who quoted it.
fn unquoted(line: &str) -> &str {
    let mut rest = line;
    while let Some(quoted) = rest.trim_start_matches([' ', '\t']).strip_prefix('>') {
        rest = quoted;
    }
    if rest.len() < line.len() { rest.strip_prefix(' ').unwrap_or(rest) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: impl AsRef<[u8]>, expected: &str) {
        assert_eq!(clean(bytes.as_ref()), expected);
    }

    #[test]
    fn what_is_put_in_on_the_way_is_gone() {
        check("", "");
        check("a\r\nb\rc", "a\nb\nc\n");
        check("> > a\n>b\n >  c\n2 > 1", "a\nb\n c\n2 > 1\n");
        check("\u{1b}[1;31mFAIL\u{1b}[0m \u{1b}]0;title\u{7}x\u{1b}", "FAIL x\n");
        check("a&#95;b&#x2d;c &lt;&amp;&gt; &no; & &#0;&#xffffff;", "a_b-c <&> &no; &  &#xffffff;\n");
        check("a\\_b\\-c \\n", "a_b-c \\n\n");
        check("a\u{200b}b\u{a0}c\u{feff}", "ab c\n");
        check([0xff, 0xfe, b'a', 0, b'b', 0], "ab\n");
        check([0xfe, 0xff, 0, b'a', 0, b'b', 9], "ab\n");
        check([b'a', 0xff, b'b'], "a\u{fffd}b\n");
        check("x=\ny", "x=\ny\n");
        check(
            "Content-Transfer-Encoding: quoted-printable\n\n--seed=3D1=\n7 =C3=A9 =zz =",
            "Content-Transfer-Encoding: quoted-printable\n\n--seed=17 \u{fffd}\u{fffd} =zz =\n",
        );
    }
}
