//! The metric dictionary, the comparable series and the section headings.

use std::collections::HashMap;

use serde::Deserialize;

use super::labels::Labels;
use super::{parse_toml, rows};
use crate::model::{MetricId, Section};
use crate::parse::fold::Variants;

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A non-negative whole number.
    Count,
    /// A whole number that may be negative.
    Signed,
    /// Money, with decimals.
    Amount,
    /// A percentage.
    Percent,
}

impl MetricKind {
    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            MetricKind::Count => "count",
            MetricKind::Signed => "signed",
            MetricKind::Amount => "amount",
            MetricKind::Percent => "percent",
        }
    }
}

/// One metric of the dictionary.
#[derive(Debug, Clone)]
pub struct Metric {
    /// Stable identifier.
    pub id: &'static str,
    /// Official label or cue.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// Canonical unit.
    pub unit: &'static str,
    /// Its number in the lexicon; none where reports print no unit, or any.
    pub unit_number: Option<u16>,
    /// Kind of number.
    pub kind: MetricKind,
    /// The metric that this one is a part of.
    pub parent: Option<MetricId>,
    /// Whether the parts of the parent sum to it exactly.
    pub sums: bool,
    /// Layouts that state it.
    pub forms: &'static str,
    /// Where it usually stands.
    pub section: Section,
}

/// A concept that can be compared over the forms.
#[derive(Debug, Clone)]
pub struct Series {
    /// Column name in the wide tables.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Unit of the column.
    pub unit: String,
    /// Money or share rather than a count.
    pub decimal: bool,
    /// The first alternative whose metrics are all stated gives the value: their sum, times its factor.
    pub from: Vec<Alternative>,
}

/// One way to state a series.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// The metrics to add up; applicant metrics by their total column.
    pub sum: Vec<MetricId>,
    /// What one unit of the metric is in units of the series: 10 000 for 万元 in a series of 元.
    pub factor: i64,
}

/// Metrics by number and by name.
pub struct Catalogue {
    /// All metrics, sorted by id; a [`MetricId`] is an index into it.
    pub metrics: Vec<Metric>,
    /// All series, in table order.
    pub series: Vec<Series>,
    /// Finds the words of headings.
    headings: Labels,
    /// The sections of these words, the most telling first.
    sections: Vec<Section>,
    by_id: HashMap<&'static str, MetricId>,
}

impl Catalogue {
    /// The number of a metric.
    pub fn find(&self, id: &str) -> Option<MetricId> {
        self.by_id.get(id).copied()
    }

    /// A metric by number.
    pub fn metric(&self, id: MetricId) -> &Metric {
        &self.metrics[usize::from(id)]
    }

    /// The word before the first underscore of a metric's id: `disc`, `resp`, `apply` …
    pub fn family(&self, id: MetricId) -> &'static str {
        let id = self.metric(id).id;
        id.split('_').next().unwrap_or(id)
    }

    /// The section that a heading opens.
    pub fn section_of(&self, heading: &str) -> Option<Section> {
        let seen = self.headings.seen(heading);
        // In the order of their rank.
        seen.members().next().and_then(|word| self.sections.get(word)).copied()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesFile {
    series: Vec<SeriesEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesEntry {
    id: String,
    zh: String,
    en: String,
    unit: String,
    #[serde(default)]
    decimal: bool,
    from: Vec<AlternativeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlternativeEntry {
    sum: Vec<String>,
    #[serde(default = "one")]
    factor: i64,
}

fn one() -> i64 {
    1
}

pub(super) fn load(variants: &Variants) -> Result<Catalogue, String> {
    let table: Vec<Vec<&'static str>> = rows(include_str!("../../data/metrics.tsv")).collect();
    let by_id: HashMap<&'static str, MetricId> =
        table.iter().zip(0..).filter_map(|(row, number)| Some((*row.first()?, number))).collect();
    let metrics = table.iter().map(|row| metric(row, &by_id)).collect::<Result<Vec<_>, _>>()?;
    let (headings, sections) = headings(variants)?;
    let file: SeriesFile = parse_toml("series.toml", include_str!("../../data/series.toml"))?;
    let resolve = |id: &String| by_id.get(id.as_str()).copied().ok_or(format!("data/series.toml: no metric {id}"));
    let mut series = Vec::new();
    for entry in file.series {
        let mut from = Vec::new();
        for alternative in entry.from {
            let sum = alternative.sum.iter().map(resolve).collect::<Result<Vec<_>, _>>()?;
            from.push(Alternative { sum, factor: alternative.factor });
        }
        let SeriesEntry { id, zh, en, unit, decimal, .. } = entry;
        series.push(Series { id, zh, en, unit, decimal, from });
    }
    Ok(Catalogue { metrics, series, headings, sections, by_id })
}

/// The words of headings, the most telling first, and the section of each.
fn headings(variants: &Variants) -> Result<(Labels, Vec<Section>), String> {
    let (mut words, mut sections) = (Vec::new(), Vec::new());
    for row in rows(include_str!("../../data/sections.tsv")) {
        let [section, list] = row.as_slice() else { return Err("data/sections.tsv: two columns".to_owned()) };
        let section = Section::from_name(section).ok_or(format!("data/sections.tsv: no section {section}"))?;
        for word in list.split(' ') {
            words.push(variants.word(word));
            sections.push(section);
        }
    }
    let labels = Labels::new(&words).map_err(|error| format!("data/sections.tsv: {error}"))?;
    Ok((labels, sections))
}

fn metric(row: &[&'static str], by_id: &HashMap<&'static str, MetricId>) -> Result<Metric, String> {
    let fault = |what: &str| format!("data/metrics.tsv: {what} in {row:?}");
    let [id, zh, en, unit, kind, parent, relation, forms, section] = row else { return Err(fault("nine columns")) };
    let kind = match *kind {
        "count" => MetricKind::Count,
        "signed" => MetricKind::Signed,
        "amount" => MetricKind::Amount,
        "percent" => MetricKind::Percent,
        _ => return Err(fault("unknown type")),
    };
    let parent = match *parent {
        "" => None,
        name => Some(*by_id.get(name).ok_or_else(|| fault("unknown parent"))?),
    };
    let section = Section::from_name(section).ok_or_else(|| fault("unknown section"))?;
    Ok(Metric { id, zh, en, unit, unit_number: None, kind, parent, sums: *relation == "=", forms, section })
}
