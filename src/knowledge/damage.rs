//! How to tell what a copy of a report has lost; see `data/damage.toml`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::labels::Labels;
use super::parse_toml;
use super::titles::Label;
use crate::parse::fold::Variants;

/// Words that tell a loss, folded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Damage {
    /// Headings under which a table stands.
    pub table_headings: Vec<String>,
    /// Names of tables that are attached.
    pub attached_tables: Vec<String>,
    /// How a line ends that names a file.
    pub file_endings: Vec<String>,
    /// Words of two characters that stand in every report.
    split: Vec<String>,
    /// The characters of each.
    #[serde(skip)]
    pub split_pairs: BTreeSet<(char, char)>,
    /// What a site prints around its pages.
    pub portal: Vec<Label>,
    /// What betting sites print in the place of a name.
    pub junk: Vec<Label>,
}

pub(super) fn load(variants: &Variants) -> Result<(Damage, Labels), String> {
    let mut damage: Damage = parse_toml("damage.toml", include_str!("../../data/damage.toml"))?;
    for words in [&mut damage.table_headings, &mut damage.attached_tables, &mut damage.file_endings, &mut damage.split]
    {
        words.iter_mut().for_each(|word| *word = variants.word(word));
    }
    let pair = |word: &String| word.chars().next().zip(word.chars().nth(1));
    damage.split_pairs = damage.split.iter().filter_map(pair).collect();
    let marks = super::titles::number(variants, [&mut damage.portal, &mut damage.junk].into_iter());
    let marks = marks.map_err(|error| format!("data/damage.toml: {error}"))?;
    Ok((damage, marks))
}
