//! How to tell what a copy of a report has lost; see `data/damage.toml`.

use serde::Deserialize;

use super::parse_toml;
use crate::parse::fold::Variants;

/// Words that tell a loss, folded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Damage {
    /// Headings under which a table stands.
    pub table_headings: Vec<String>,
    /// Names of tables that are attached.
    pub attached_tables: Vec<String>,
    /// How a line ends that names a file.
    pub file_endings: Vec<String>,
}

pub(super) fn load(variants: &Variants) -> Result<Damage, String> {
    let mut damage: Damage = parse_toml("damage.toml", include_str!("../../data/damage.toml"))?;
    for words in [&mut damage.table_headings, &mut damage.attached_tables, &mut damage.file_endings] {
        words.iter_mut().for_each(|word| *word = variants.word(word));
    }
    Ok(damage)
}
