//! A token as text: its version, its bytes in base64, and a checksum.
//!
//! Does not know what the bytes say. Invariant: nothing of a text is looked at beyond [`TEXT_MAX`] characters, and nothing is unpacked
//! beyond [`BODY_MAX`] bytes.

use core::fmt;
use core::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use super::{DecodeError, EncodeError, Token, body};

/// What a token begins with.
pub const PREFIX: &str = "pf1-";
/// So many characters a token may have.
pub const TEXT_MAX: usize = 256 << 10;
/// So many bytes it may hold when it is unpacked.
pub const BODY_MAX: usize = 4 << 20;

/// What packed bytes begin with. Others begin with the token's options, of which there are fewer.
const PACKED: u8 = 0xff;
/// Bytes of the checksum.
const CHECKSUM: usize = 4;

impl Token {
    /// The token as text.
    ///
    /// # Errors
    /// It has more decisions, or other bounds, than a text that can be read back.
    pub fn encode(&self) -> Result<String, EncodeError> {
        let too_many = || EncodeError { decisions: self.decisions.len() };
        let body = body::write(self).ok_or_else(too_many)?;
        let packed = compress_to_vec(&body, 10);
        let mut bytes = if packed.len() + 1 < body.len() {
            let mut bytes = vec![PACKED];
            bytes.extend(packed);
            bytes
        } else {
            body
        };
        bytes.extend(checksum(&bytes));
        let text = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes));
        // What is written must be read: the bounds are those of the reader.
        if text.parse() == Ok(self.clone()) { Ok(text) } else { Err(too_many()) }
    }
}

impl FromStr for Token {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let text = text.trim();
        let digits = version(text)?;
        if text.len() > TEXT_MAX {
            return Err(DecodeError::TooLong);
        }
        let damaged = |why| DecodeError::Damaged { why };
        let bytes = BASE64URL_NOPAD
            .decode(digits.as_bytes())
            .map_err(|_| damaged("it holds a character that tokens do not, or ends too early"))?;
        let Some((bytes, sum)) = bytes.split_last_chunk::<CHECKSUM>() else {
            return Err(damaged("it ends too early"));
        };
        if checksum(bytes) != *sum {
            return Err(damaged("its checksum is another"));
        }
        match bytes {
            [PACKED, packed @ ..] => {
                let body =
                    decompress_to_vec_with_limit(packed, BODY_MAX).map_err(|error| match error.status {
                        TINFLStatus::HasMoreOutput => DecodeError::TooLong,
                        _ => DecodeError::Malformed { why: "it cannot be unpacked" },
                    })?;
                body::read(&body)
            }
            body => body::read(body),
        }
    }
}

/// What follows the version, if it is ours.
fn version(text: &str) -> Result<&str, DecodeError> {
    if let Some(rest) = text.strip_prefix(PREFIX) {
        return Ok(rest);
    }
    let other = text.strip_prefix("pf").and_then(|rest| rest.split_once('-')).map(|(version, _)| version);
    match other {
        Some(version) if is_version(version) => {
            Err(DecodeError::OtherVersion { version: version.to_owned() })
        }
        _ => Err(DecodeError::NotAToken),
    }
}

fn is_version(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    crc32fast::hash(bytes).to_le_bytes()
}

impl fmt::Display for Token {
    /// What it says, for people; [`Token::encode`] is the text that can be read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, build, decisions, .. } = self;
        write!(f, "{program}, {} decisions, of build {build:08x}", decisions.len())
    }
}
