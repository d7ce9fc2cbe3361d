//! A page that needs nothing besides itself: it opens from disk, asks no network, and runs no script but its own.
//!
//! Does not know what is drawn. Styles and scripts are named to the browser by their hashes, everything else is forbidden to it;
//! what comes of a program under test stands in a block of JSON that no browser executes.
//!
//! Invariant: no byte of [`Page::data`] and [`Page::title`] can end the element that it stands in.

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

/// A page, in parts.
#[derive(Debug)]
pub struct Page<'a, D> {
    /// What the browser's tab says. May hold anything.
    pub title: &'a str,
    /// Our own markup between `<body>` and what follows.
    pub body: &'a str,
    /// Our own style sheet.
    pub style: &'a str,
    /// Our own script, in parts that see each other and nothing outside sees.
    pub script: &'a [&'a str],
    /// What the script finds as JSON in the element `data`. May hold anything.
    pub data: &'a D,
}

impl<D: Serialize> Page<'_, D> {
    /// Writes it.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let script = format!("\"use strict\";\n(() => {{\n{}}})();\n", self.script.concat());
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; \
             script-src '{}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<title>",
            hash(self.style),
            hash(&script),
        )?;
        out.write_all(escaped(self.title).as_bytes())?;
        write!(out, "</title>\n<style>{}</style>\n</head>\n<body>\n{}", self.style, self.body)?;
        out.write_all(b"<script type=\"application/json\" id=\"data\">")?;
        let mut data = Inert { out, held: [0; 2], holds: 0 };
        serde_json::to_writer(&mut data, self.data)?;
        data.finish()?;
        write!(out, "</script>\n<script>{script}</script>\n</body>\n</html>\n")
    }
}

/// What the browser compares an element's text with before it obeys it.
fn hash(text: &str) -> String {
    format!("sha256-{}", data_encoding::BASE64.encode(&Sha256::digest(text)))
}

/// Text as it stands between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// JSON in which nothing reads as markup. The characters replaced occur only within strings, and two that are line ends to
/// old scripts have three bytes each that begin alike, so that at most two bytes wait for the next.
struct Inert<'a, W> {
    out: &'a mut W,
    held: [u8; 2],
    holds: usize,
}

impl<W: Write> Inert<'_, W> {
    fn byte(&mut self, byte: u8) -> io::Result<()> {
        match (self.holds, byte) {
            (0, 0xe2) | (1, 0x80) => {
                self.held[self.holds] = byte;
                self.holds += 1;
                return Ok(());
            }
            (2, 0xa8 | 0xa9) => {
                self.holds = 0;
                return write!(self.out, "\\u20{:02x}", byte - 0x80);
            }
            _ => self.let_go()?,
        }
        match byte {
            b'<' | b'>' | b'&' => write!(self.out, "\\u{byte:04x}"),
            // A byte that begins such a character may follow two that did not.
            0xe2 => self.byte(byte),
            byte => self.out.write_all(&[byte]),
        }
    }

    fn let_go(&mut self) -> io::Result<()> {
        let holds = std::mem::take(&mut self.holds);
        self.out.write_all(&self.held[..holds])
    }

    fn finish(mut self) -> io::Result<()> {
        self.let_go()
    }
}

impl<W: Write> Write for Inert<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Most of a record is numbers: what cannot matter is passed on whole.
        let plain = if self.holds > 0 {
            0
        } else {
            bytes.iter().position(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2)).unwrap_or(bytes.len())
        };
        self.out.write_all(&bytes[..plain])?;
        for byte in &bytes[plain..] {
            self.byte(*byte)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(title: &str, data: &str) -> String {
        let mut out = Vec::new();
        let page = Page { title, body: "<main></main>\n", style: "b{}", script: &["let a;\n"], data: &data };
        page.write(&mut out).expect("a vector takes anything");
        String::from_utf8(out).expect("a page is UTF-8")
    }

    fn block(page: &str) -> &str {
        let from = page.find("id=\"data\">").expect("there is a block") + "id=\"data\">".len();
        &page[from..][..page[from..].find("</script>").expect("it ends")]
    }

    #[test]
    fn data_is_read_back_equal_and_holds_no_markup() {
        for data in [
            "</script><script>alert(1)</script>",
            "<!--<script>&amp;",
            "\u{2028}a\u{2029}\u{2027}\u{202e}\u{2028}",
            "\u{2028}\u{2028}é€\u{20ac}\u{e2}\u{2014}",
            "\"\\\u{0}\u{7f}\n",
        ] {
            let page = written("", data);
            let block = block(&page);
            assert!(!block.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{block}");
            assert_eq!(serde_json::from_str::<String>(block).expect("it is JSON"), data);
        }
    }

    #[test]
    fn a_title_is_text() {
        let page = written("</title><script>alert(1)</script>&", "");
        assert!(
            page.contains("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;</title>"),
            "{page}"
        );
    }

    #[test]
    fn the_browser_is_told_the_hash_of_what_stands_in_the_element() {
        let page = written("", "");
        let from = page.rfind("<script>").expect("there is a script") + "<script>".len();
        let script = &page[from..][..page[from..].find("</script>").expect("it ends")];
        assert!(page.contains(&hash(script)));
        assert!(page.contains(&hash("b{}")));
    }
}
