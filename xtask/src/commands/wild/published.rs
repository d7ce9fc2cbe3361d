//! What is published of each row.
//!
//! Does not know what we find. Invariant: rows come in the order of their names.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::WildError;

/// Where the rows stand, from the workspace's root.
const PATH: &str = "scenarios/wild/rows.toml";

/// What is published of a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Published {
    /// The scenario's name.
    #[serde(skip)]
    pub(super) row: String,
    /// Where it was told.
    pub(super) link: String,
    /// Forced preemptions that it takes.
    pub(super) preemptions: u64,
    /// What plain threads needed to show it.
    pub(super) stress: String,
}

/// Reads all of it.
pub(super) fn rows(root: &Path) -> Result<Vec<Published>, WildError> {
    let wrong = |said: String| WildError::Published { path: PATH.to_owned(), said };
    let text = std::fs::read_to_string(root.join(PATH)).map_err(|error| wrong(error.to_string()))?;
    let rows: BTreeMap<String, Published> =
        toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(rows.into_iter().map(|(row, published)| Published { row, ..published }).collect())
}
