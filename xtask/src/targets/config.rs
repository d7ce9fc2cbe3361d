//! The configuration that a seed draws for a target.
//!
//! Does not know what the keys mean. Invariant: what is drawn for one key does not depend on the others, so that a configuration with one
//! more key leaves the rest of each seed as it was.

use std::collections::BTreeMap;

use photofinish::sim::seed::{Draws, Seed, Stream};
use toml::{Table, Value};

/// A configuration: as the target reads it, and for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// TOML.
    pub text: String,
    /// `net.packet_loss_rate = 0.1, net.send_latency = 1–10 ms`; empty if there is nothing to configure.
    pub words: String,
}

/// Draws one value of each key.
#[must_use]
pub fn draw(choices: &BTreeMap<String, Vec<Value>>, seed: Seed) -> Drawn {
    let mut table = Table::new();
    let mut words = Vec::new();
    for (key, values) in choices {
        let mut draws = Draws::new(Seed(seed.0 ^ hash(key)), Stream::Config);
        let index = usize::try_from(draws.below(values.len() as u64)).expect("an index");
        words.push(format!("{key} = {}", shown(&values[index])));
        put(&mut table, key, values[index].clone());
    }
    Drawn { text: table.to_string(), words: words.join(", ") }
}

/// Puts a value where a dotted key says.
fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            match inner {
                Value::Table(inner) => put(inner, rest, value),
                // A declaration with such keys is refused.
                other => *other = value,
            }
        }
    }
}

/// As people write it: serde's form of a duration, and of a range, are known.
fn shown(value: &Value) -> String {
    let Value::Table(table) = value else { return value.to_string() };
    let of = |key: &str| table.get(key);
    if let (2, Some(start), Some(end)) = (table.len(), of("start"), of("end")) {
        let (start, end) = (shown(start), shown(end));
        return match (start.split_once(' '), end.split_once(' ')) {
            (Some((number, unit)), Some((_, same))) if unit == same => format!("{number}–{end}"),
            _ => format!("{start}–{end}"),
        };
    }
    if let (2, Some(Value::Integer(secs)), Some(Value::Integer(nanos))) =
        (table.len(), of("secs"), of("nanos"))
    {
        return duration(*secs, *nanos);
    }
    value.to_string()
}

fn duration(secs: i64, nanos: i64) -> String {
    let ns = i128::from(secs) * 1_000_000_000 + i128::from(nanos);
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")];
    let whole = units.into_iter().find(|(unit, _)| ns != 0 && ns % unit == 0);
    whole.map_or(format!("{ns} ns"), |(unit, name)| format!("{} {name}", ns / unit))
}

/// FNV-1a.
fn hash(key: &str) -> u64 {
    key.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(text: &str) -> BTreeMap<String, Vec<Value>> {
        toml::from_str(text).expect("it is TOML")
    }

    const LATENCY: &str = "\"net.latency\" = [{ start = { secs = 0, nanos = 1000000 }, end = { secs = 0, nanos = 10000000 } }]\n";

    #[test]
    fn what_is_drawn_is_toml_and_words() {
        let drawn = draw(&choices(&format!("{LATENCY}\"net.loss\" = [0.5]\nname = [\"x\"]")), Seed(3));
        assert_eq!(drawn.words, "name = \"x\", net.latency = 1–10 ms, net.loss = 0.5");
        let read: Table = drawn.text.parse().expect("it is TOML");
        assert_eq!(read["net"]["loss"].as_float(), Some(0.5));
        assert_eq!(read["net"]["latency"]["end"]["nanos"].as_integer(), Some(10_000_000));
        assert_eq!(read["name"].as_str(), Some("x"));
        assert_eq!(draw(&BTreeMap::new(), Seed(3)), Drawn::default());
    }

    #[test]
    fn durations_are_told_in_their_own_unit() {
        for (secs, nanos, words) in [
            (0, 0, "0 ns"),
            (0, 1, "1 ns"),
            (0, 1_500, "1500 ns"),
            (0, 2_000, "2 µs"),
            (3, 0, "3 s"),
            (1, 500_000_000, "1500 ms"),
        ] {
            assert_eq!(duration(secs, nanos), words);
        }
    }

    #[test]
    fn each_value_is_drawn_and_one_key_leaves_the_others_alone() {
        let alone = choices("\"a.b\" = [0, 1, 2]");
        let beside = choices("\"a.b\" = [0, 1, 2]\n\"a.a\" = [7, 8]");
        let value = |choices: &BTreeMap<_, _>, seed| {
            let text: Table = draw(choices, Seed(seed)).text.parse().expect("it is TOML");
            text["a"]["b"].as_integer().expect("a number")
        };
        let drawn: Vec<i64> = (0..64).map(|seed| value(&alone, seed)).collect();
        assert!((0..64).all(|seed| value(&beside, seed) == drawn[usize::try_from(seed).expect("small")]));
        for wanted in 0..3 {
            assert!(drawn.contains(&wanted), "{drawn:?}");
        }
    }
}
