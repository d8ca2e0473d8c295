//! Everything that is known about the world: the files under `data/`, compiled into the binary and checked once.

mod catalogue;
mod checks;
mod damage;
mod forms;
mod gazetteer;
mod labels;
mod lexicon;
mod lineage;
mod rules;
mod ruleset;
mod signals;
mod titles;

pub use catalogue::{Catalogue, Metric, MetricKind, Series};
pub use checks::{CheckKind, CheckRule, Scope};
pub use damage::Damage;
pub use forms::{Applicant, Cells, Column, Form, FormBlock, FormRow, Forms, Layout, Role};
pub use gazetteer::{Gazetteer, Place, within};
pub use labels::Labels;
pub use lexicon::{Lexicon, Set, Tags, Unit, Where};
pub use lineage::Lineage;
pub use rules::{Disclosure, Exclusive, Reading, Rule, Rules};
pub use titles::{Kind, Label, Titles, reason};

use crate::decode::Charset;
use crate::parse::fold::Variants;

/// All knowledge, built once and passed by reference.
pub struct Knowledge {
    /// One spelling for matching.
    pub variants: Variants,
    /// How common characters are, to tell encodings.
    pub charset: Charset,
    /// Metrics, series and sections.
    pub catalogue: Catalogue,
    /// Words, tags and units.
    pub lexicon: Lexicon,
    /// What the words around a number mean, and the identities that figures obey.
    pub rules: Rules,
    /// The official forms.
    pub forms: Forms,
    /// What the cells of all forms have in common.
    pub cells: Cells,
    /// What tells that something is lost.
    pub damage: Damage,
    /// What sites print around pages and in the place of names.
    pub marks: Labels,
    /// Titles of reports and of what is not one.
    pub titles: Titles,
    /// The labels of header and contact facts, and what gives other documents away.
    pub labels: Labels,
    /// The words that tell the parts of a report.
    pub parts: Labels,
    /// Places with history.
    pub gazetteer: Gazetteer,
}

/// Hash of the code, the data and the lock file that this program was built from.
pub const FINGERPRINT: &str = env!("NIANBAO_FINGERPRINT");

/// Loads what is compiled into the binary.
///
/// # Errors
/// Names the file and the fault when the data contradicts itself; the tests make sure that a release never does.
pub fn embedded() -> Result<Knowledge, String> {
    embedded_by(|places, words| (places(), words()))
}

/// The same by somebody who runs two things at a time: places are a third of the work.
///
/// # Errors
/// Those of [`embedded`].
pub fn embedded_by(
    both: impl FnOnce(Load<'_, Gazetteer>, Load<'_, Knowledge>) -> (Result<Gazetteer, String>, Result<Knowledge, String>),
) -> Result<Knowledge, String> {
    let pairs = rows(include_str!("../../data/variants.tsv"))
        .filter_map(|row| Some((row.first()?.chars().next()?, row.get(1)?.chars().next()?)))
        .collect::<Vec<_>>();
    let variants = Variants::new(&pairs);
    let (gazetteer, knowledge) = both(&|| gazetteer::load(&variants), &|| words(&variants));
    Ok(Knowledge { gazetteer: gazetteer?, variants, ..knowledge? })
}

/// Something that is yet to be loaded.
pub type Load<'l, T> = &'l (dyn Fn() -> Result<T, String> + Sync);

/// All but the places.
fn words(variants: &Variants) -> Result<Knowledge, String> {
    let mut catalogue = catalogue::load(variants)?;
    let (cells, forms) = forms::load(variants, &catalogue)?;
    let mut tags = Tags::default();
    let file = ruleset::load(&mut tags, &catalogue)?;
    let lexicon = lexicon::load(tags, variants)?;
    for metric in &mut catalogue.metrics {
        metric.unit_number = lexicon.unit_at(metric.unit).map(|(number, _)| number);
    }
    let rules = file.compile(&lexicon, &catalogue)?;
    let (damage, marks) = damage::load(variants)?;
    let (titles, labels, parts) = titles::load(variants)?;
    Ok(Knowledge {
        variants: Variants::default(),
        charset: Charset::new(include_str!("../../data/common_characters.txt")),
        catalogue,
        lexicon,
        rules,
        forms,
        cells,
        damage,
        marks,
        titles,
        labels,
        parts,
        gazetteer: Gazetteer::default(),
    })
}

/// The rows of a tab-separated file below its header line.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).filter(|line| !line.is_empty()).map(|line| fields(line).collect())
}

/// The fields of such a row: they are too short for what `str::split` prepares for each.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let end = line.bytes().position(|byte| byte == b'\t');
        let (field, behind) = end.and_then(|end| line.split_at_checked(end)).unwrap_or((line, ""));
        rest = end.and_then(|_| behind.get(1..));
        Some(field)
    })
}

fn parse_toml<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| format!("data/{file}: {error}"))
}
