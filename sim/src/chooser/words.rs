//! A few addresses, as requests and traces carry them.
//!
//! Does not know what lies there. Invariant: they ascend; written and read back they are the same.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// So many fit.
pub(super) const MOST: usize = 16;

/// The words that a walk is over, at most sixteen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Words {
    count: u8,
    addresses: [u64; MOST],
}

impl Words {
    /// None.
    pub const EMPTY: Self = Self { count: 0, addresses: [0; MOST] };

    /// These addresses; those that do not fit are left out.
    #[must_use]
    pub fn new(addresses: impl IntoIterator<Item = u64>) -> Self {
        let mut words = Self::EMPTY;
        for (place, address) in words.addresses.iter_mut().zip(addresses) {
            *place = address;
            words.count += 1;
        }
        let used = &mut words.addresses[..usize::from(words.count)];
        used.sort_unstable();
        words
    }

    /// The addresses.
    #[must_use]
    pub fn addresses(&self) -> &[u64] {
        &self.addresses[..usize::from(self.count)]
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether this address is one of them.
    #[must_use]
    pub fn contains(&self, address: u64) -> bool {
        self.addresses().binary_search(&address).is_ok()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, address) in self.addresses().iter().enumerate() {
            let plus = if index == 0 { "" } else { "+" };
            write!(f, "{plus}{address:x}")?;
        }
        Ok(())
    }
}

impl FromStr for Words {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!("no words {text:?}: up to {MOST} hexadecimal addresses that ascend, with + between them")
        };
        let addresses: Vec<u64> = text
            .split('+')
            .map(|word| u64::from_str_radix(word, 16).map_err(|_| refused()))
            .collect::<Result<_, _>>()?;
        if addresses.len() > MOST || !addresses.is_sorted_by(|a, b| a < b) {
            return Err(refused());
        }
        Ok(Self::new(addresses))
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.to_string()
    }
}

impl TryFrom<String> for Words {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() { Ok(Self::EMPTY) } else { text.parse() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_what_is_none_is_refused() {
        for text in ["0", "7f+80", "1+2+3", "ffffffffffffffff"] {
            assert_eq!(text.parse::<Words>().unwrap().to_string(), text);
        }
        let many: Vec<String> = (1..=17).map(|n| format!("{n:x}")).collect();
        for text in ["", "+", "1+", "2+1", "1+1", "0x1", "g", "10000000000000000", &many.join("+")] {
            assert!(text.parse::<Words>().is_err(), "{text:?} was taken for words");
        }
    }

    #[test]
    fn those_that_do_not_fit_are_left_out() {
        let words = Words::new((0..100).rev());
        assert_eq!(words.addresses(), (84..100).collect::<Vec<u64>>());
        assert!(words.contains(84) && !words.contains(83) && !Words::EMPTY.contains(0));
    }
}
