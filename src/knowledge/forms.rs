//! The official forms as data: their blocks, rows and columns with every known spelling.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Catalogue, parse_toml};
use crate::model::{MetricId, Section};
use crate::parse::fold::Variants;

/// An applicant column of section III.
#[derive(Debug, Clone)]
pub struct Applicant {
    /// Published name.
    pub id: String,
    /// Labels, folded.
    pub labels: Vec<String>,
}

/// What is common to all forms.
#[derive(Debug, Clone)]
pub struct Cells {
    /// The columns of section III in order; the last is the total.
    pub applicants: Vec<Applicant>,
    /// Words that stand for 0.
    pub none: Vec<String>,
    /// Marks that say that the question does not apply.
    pub not_applicable: Vec<String>,
    /// Heads of columns that run over all years.
    pub cumulative: Vec<String>,
}

/// One form.
#[derive(Debug, Clone)]
pub struct Form {
    /// Published name of the format.
    pub id: String,
    /// Labels that tell it from the others, folded.
    pub signature: Vec<String>,
    /// Its tables.
    pub blocks: Vec<FormBlock>,
    /// Prose metrics that repeat a metric of the table: from, to (in the total column).
    pub prose: BTreeMap<MetricId, MetricId>,
    /// The same for metrics without applicant columns.
    pub prose_plain: BTreeMap<MetricId, MetricId>,
}

/// One table of a form.
#[derive(Debug, Clone)]
pub struct FormBlock {
    /// The section it belongs to.
    pub section: Section,
    /// How its cells are laid out.
    pub kind: BlockKind,
}

/// The layouts that the forms use. Labels are folded and stripped as the table reader strips them.
#[derive(Debug, Clone)]
pub enum BlockKind {
    /// Named rows under named columns.
    Matrix {
        /// Column labels by column.
        columns: Vec<Vec<String>>,
        /// Row labels with one metric a column, where the form has one.
        rows: Vec<(Vec<String>, Vec<Option<MetricId>>)>,
    },
    /// Named rows under the applicant columns.
    Applicants {
        /// Words that only the head of this table has.
        anchors: Vec<String>,
        /// Row labels.
        rows: Vec<(Vec<String>, MetricId)>,
    },
    /// One row of cells in a fixed order.
    Run {
        /// Words that only the head of this table has.
        anchors: Vec<String>,
        /// The metrics in order.
        metrics: Vec<MetricId>,
    },
    /// A label and its value a row; labels may recur, in order.
    List {
        /// Words that only the head of this table has.
        anchors: Vec<String>,
        /// Row labels.
        rows: Vec<(Vec<String>, MetricId)>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormFile {
    id: String,
    signature: Vec<String>,
    block: Vec<BlockEntry>,
    #[serde(default)]
    prose: BTreeMap<String, String>,
    #[serde(default)]
    prose_plain: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockEntry {
    kind: String,
    section: String,
    #[serde(default)]
    anchors: Vec<String>,
    #[serde(default)]
    column: Vec<ColumnEntry>,
    #[serde(default)]
    row: Vec<RowEntry>,
    #[serde(default)]
    metrics: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnEntry {
    key: String,
    labels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowEntry {
    labels: Vec<String>,
    #[serde(default)]
    metric: Option<String>,
    #[serde(default)]
    metrics: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicantFile {
    none: Vec<String>,
    not_applicable: Vec<String>,
    cumulative: Vec<String>,
    applicant: Vec<ApplicantEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicantEntry {
    id: String,
    labels: Vec<String>,
}

const FILES: [(&str, &str); 4] = [
    ("forms/statutory_2021.toml", include_str!("../../data/forms/statutory_2021.toml")),
    ("forms/statutory_2019.toml", include_str!("../../data/forms/statutory_2019.toml")),
    ("forms/stat_table_2014.toml", include_str!("../../data/forms/stat_table_2014.toml")),
    ("forms/indicator_table.toml", include_str!("../../data/forms/indicator_table.toml")),
];

pub(super) fn load(variants: &Variants, catalogue: &Catalogue) -> Result<(Cells, Vec<Form>), String> {
    let fold = |labels: Vec<String>| labels.iter().map(|label| variants.word(label)).collect::<Vec<_>>();
    let file: ApplicantFile = parse_toml("forms/applicants.toml", include_str!("../../data/forms/applicants.toml"))?;
    let applicants =
        file.applicant.into_iter().map(|entry| Applicant { id: entry.id, labels: fold(entry.labels) }).collect();
    let cells = Cells {
        applicants,
        none: fold(file.none),
        not_applicable: fold(file.not_applicable),
        cumulative: fold(file.cumulative),
    };
    let mut forms = Vec::new();
    for (name, text) in FILES {
        let file: FormFile = parse_toml(name, text)?;
        let metric = |id: &String| catalogue.find(id).ok_or(format!("data/{name}: no metric {id}"));
        let mut blocks = Vec::new();
        for entry in file.block {
            blocks.push(block(name, entry, &fold, &metric)?);
        }
        let pairs = |names: &BTreeMap<String, String>| {
            names.iter().map(|(from, to)| Ok((metric(from)?, metric(to)?))).collect::<Result<BTreeMap<_, _>, String>>()
        };
        let (prose, prose_plain) = (pairs(&file.prose)?, pairs(&file.prose_plain)?);
        forms.push(Form { id: file.id, signature: fold(file.signature), blocks, prose, prose_plain });
    }
    Ok((cells, forms))
}

fn block(
    name: &str,
    entry: BlockEntry,
    fold: &dyn Fn(Vec<String>) -> Vec<String>,
    metric: &dyn Fn(&String) -> Result<MetricId, String>,
) -> Result<FormBlock, String> {
    let section = Section::from_name(&entry.section).ok_or(format!("data/{name}: no section {}", entry.section))?;
    let anchors = fold(entry.anchors);
    let single = |rows: Vec<RowEntry>| {
        rows.into_iter()
            .map(|row| {
                let id = row.metric.as_ref().ok_or(format!("data/{name}: a row without a metric"))?;
                Ok((fold(row.labels), metric(id)?))
            })
            .collect::<Result<Vec<_>, String>>()
    };
    let kind = match entry.kind.as_str() {
        "matrix" => {
            let keys: Vec<String> = entry.column.iter().map(|column| column.key.clone()).collect();
            let mut rows = Vec::new();
            for row in entry.row {
                let cells = keys.iter().map(|key| row.metrics.get(key).map(metric).transpose());
                let cells = cells.collect::<Result<Vec<_>, _>>()?;
                rows.push((fold(row.labels), cells));
            }
            BlockKind::Matrix { columns: entry.column.into_iter().map(|column| fold(column.labels)).collect(), rows }
        }
        "applicants" => BlockKind::Applicants { anchors, rows: single(entry.row)? },
        "list" => BlockKind::List { anchors, rows: single(entry.row)? },
        "run" => {
            let metrics = entry.metrics.iter().map(metric).collect::<Result<Vec<_>, _>>()?;
            BlockKind::Run { anchors, metrics }
        }
        other => return Err(format!("data/{name}: no kind of block {other}")),
    };
    Ok(FormBlock { section, kind })
}
