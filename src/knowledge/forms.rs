//! The official forms as data: their blocks, rows and columns with every known spelling.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::Deserialize;

use super::labels::Labels;
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
    /// The catch-all for rows and columns that a form does not have.
    pub unlisted: MetricId,
    /// What stands beside the year in the caption of a table.
    pub caption: Vec<String>,
    /// Texts that stand for an empty cell.
    pub blank: Vec<String>,
    /// Words that stand for 0.
    pub none: Vec<String>,
    /// Characters of which a cell is made that says that the question does not apply, and whole words that do.
    pub not_applicable: Vec<String>,
    /// Signs and words before a number that is added.
    pub plus: Vec<String>,
    /// Signs and words before a number that is taken away.
    pub minus: Vec<String>,
}

/// One form.
#[derive(Debug, Clone)]
pub struct Form {
    /// Published name of the format.
    pub id: String,
    /// Labels that are no row and no column: heads of groups, instructions.
    pub ignore: Vec<String>,
    /// Its tables.
    pub blocks: Vec<FormBlock>,
    /// Finds the label of any column of any of them.
    pub heads: AhoCorasick,
    /// Prose metrics that repeat a metric of the table: from, to (in the total column).
    pub prose: BTreeMap<MetricId, MetricId>,
    /// The same for metrics without applicant columns.
    pub prose_plain: BTreeMap<MetricId, MetricId>,
}

/// One table of a form. Labels are folded.
#[derive(Debug, Clone)]
pub struct FormBlock {
    /// The section it belongs to.
    pub section: Section,
    /// How its cells are laid out.
    pub layout: Layout,
    /// Words that only the head of this table has.
    pub anchors: Vec<String>,
    /// Its columns behind the labels; none of its own for the applicants' table.
    pub columns: Vec<Column>,
    /// Its rows; a run has one, without labels.
    pub rows: Vec<FormRow>,
    /// The rows that print a label.
    pub by_label: HashMap<String, Vec<usize>>,
    /// What labels of rows begin and end with: most texts that are none are known by that.
    pub borders: (BTreeSet<char>, BTreeSet<char>),
    /// Whether a row of a list holds one number and no more, so that it can be read without the head.
    pub single: bool,
}

/// How the cells of a table are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Named rows under named columns.
    Matrix,
    /// Named rows under the applicant columns.
    Applicants,
    /// One row of cells in a fixed order.
    Run,
    /// A label and its value a row; labels may recur, in order.
    List,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Every known spelling.
    pub labels: Vec<String>,
    /// What its cells are.
    pub role: Role,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The figure of the report year.
    Value,
    /// One level's share of the figure; the levels are summed.
    Level,
    /// A figure of another span of time: the last month, all years.
    Other,
    /// The number of a row in the form.
    Code,
    /// A unit.
    Unit,
    /// The label itself.
    Label,
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct FormRow {
    /// Every known spelling.
    pub labels: Vec<String>,
    /// One metric a column of a matrix, where the form has one; all of a run; otherwise exactly one.
    pub metrics: Vec<Option<MetricId>>,
}

/// The forms, and the labels that tell them.
pub struct Forms {
    list: Vec<Form>,
    signatures: Labels,
    /// For each signature: the form, and how much its presence says.
    owners: Vec<(usize, usize)>,
}

/// A label that only this form has weighs more than any number of shared ones.
const OWN: usize = 10;

/// A form is told by two labels of its own, or by one and the shared ones, or by so many shared ones.
const CERTAIN: usize = 3;

impl Forms {
    /// Whether a metric has a figure for each kind of applicant.
    pub fn by_applicant(&self, metric: MetricId) -> bool {
        let tables = self.list.iter().flat_map(|form| &form.blocks).filter(|block| block.layout == Layout::Applicants);
        tables.flat_map(|block| &block.rows).any(|row| row.metrics.contains(&Some(metric)))
    }

    /// A form by its number.
    pub fn get(&self, form: usize) -> Option<&Form> {
        self.list.get(form)
    }

    /// The number of the form with this name.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.list.iter().position(|form| form.id == id)
    }

    /// The form whose labels a folded text shows most, and enough of.
    pub fn told_by(&self, text: &str) -> Option<usize> {
        let seen = self.signatures.seen(text);
        let mut scores = vec![0; self.list.len()];
        for (form, weight) in seen.members().filter_map(|signature| self.owners.get(signature)) {
            scores[*form] += weight;
        }
        let best = (0..scores.len()).max_by_key(|form| (scores[*form], std::cmp::Reverse(*form)))?;
        let score = scores[best];
        let own = score / OWN;
        (own >= 2 || (own == 1 && score % OWN >= 1) || (own == 0 && score >= CERTAIN)).then_some(best)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormFile {
    id: String,
    signature: Vec<String>,
    #[serde(default)]
    shared: Vec<String>,
    #[serde(default)]
    ignore: Vec<String>,
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
    #[serde(default)]
    single: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnEntry {
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    role: Option<String>,
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
    unlisted: String,
    blank: Vec<String>,
    caption: Vec<String>,
    none: Vec<String>,
    not_applicable: Vec<String>,
    plus: Vec<String>,
    minus: Vec<String>,
    applicant: Vec<ApplicantEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicantEntry {
    id: String,
    labels: Vec<String>,
}

/// Where two forms are told alike, the first wins: only the later form of section III has labels of its own.
const FILES: [(&str, &str); 4] = [
    ("forms/statutory_2019.toml", include_str!("../../data/forms/statutory_2019.toml")),
    ("forms/statutory_2021.toml", include_str!("../../data/forms/statutory_2021.toml")),
    ("forms/stat_table_2014.toml", include_str!("../../data/forms/stat_table_2014.toml")),
    ("forms/indicator_table.toml", include_str!("../../data/forms/indicator_table.toml")),
];

pub(super) fn load(variants: &Variants, catalogue: &Catalogue) -> Result<(Cells, Forms), String> {
    let fold = |labels: Vec<String>| labels.iter().map(|label| variants.word(label)).collect::<Vec<_>>();
    let file: ApplicantFile = parse_toml("forms/applicants.toml", include_str!("../../data/forms/applicants.toml"))?;
    let applicants =
        file.applicant.into_iter().map(|entry| Applicant { id: entry.id, labels: fold(entry.labels) }).collect();
    let unlisted =
        catalogue.find(&file.unlisted).ok_or(format!("data/forms/applicants.toml: no metric {}", file.unlisted))?;
    let cells = Cells {
        unlisted,
        applicants,
        blank: fold(file.blank),
        caption: fold(file.caption),
        none: fold(file.none),
        not_applicable: fold(file.not_applicable),
        plus: fold(file.plus),
        minus: fold(file.minus),
    };
    let mut list = Vec::new();
    let (mut patterns, mut owners) = (Vec::new(), Vec::new());
    for (name, text) in FILES {
        let file: FormFile = parse_toml(name, text)?;
        for (labels, weight) in [(file.signature, OWN), (file.shared, 1)] {
            owners.extend(labels.iter().map(|_| (list.len(), weight)));
            patterns.extend(fold(labels));
        }
        let metric = |id: &String| catalogue.find(id).ok_or(format!("data/{name}: no metric {id}"));
        let blocks = file.block.into_iter().map(|entry| block(name, entry, &fold, &metric));
        let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
        let pairs = |names: &BTreeMap<String, String>| {
            names.iter().map(|(from, to)| Ok((metric(from)?, metric(to)?))).collect::<Result<BTreeMap<_, _>, String>>()
        };
        let (prose, prose_plain) = (pairs(&file.prose)?, pairs(&file.prose_plain)?);
        let heads = heads(&blocks, &cells.applicants).map_err(|error| format!("data/{name}: {error}"))?;
        list.push(Form { id: file.id, ignore: fold(file.ignore), blocks, heads, prose, prose_plain });
    }
    let signatures = Labels::new(&patterns).map_err(|error| format!("data/forms: {error}"))?;
    Ok((cells, Forms { list, signatures, owners }))
}

/// Finds the labels of columns.
fn heads(blocks: &[FormBlock], applicants: &[Applicant]) -> Result<AhoCorasick, aho_corasick::BuildError> {
    let columns = blocks.iter().flat_map(|block| &block.columns).flat_map(|column| &column.labels);
    let labels = columns.chain(applicants.iter().flat_map(|applicant| &applicant.labels));
    AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(labels)
}

fn block(
    name: &str,
    entry: BlockEntry,
    fold: &dyn Fn(Vec<String>) -> Vec<String>,
    metric: &dyn Fn(&String) -> Result<MetricId, String>,
) -> Result<FormBlock, String> {
    let section = Section::from_name(&entry.section).ok_or(format!("data/{name}: no section {}", entry.section))?;
    let layout = match entry.kind.as_str() {
        "matrix" => Layout::Matrix,
        "applicants" => Layout::Applicants,
        "list" => Layout::List,
        "run" => Layout::Run,
        other => return Err(format!("data/{name}: no kind of block {other}")),
    };
    let keys: Vec<Option<&String>> = entry.column.iter().map(|column| column.key.as_ref()).collect();
    let cells = |row: &RowEntry| match &row.metric {
        Some(id) => Ok(vec![Some(metric(id)?)]),
        None => keys.iter().map(|key| key.and_then(|key| row.metrics.get(key)).map(metric).transpose()).collect(),
    };
    let mut rows = Vec::new();
    for row in &entry.row {
        rows.push(FormRow { labels: fold(row.labels.clone()), metrics: cells(row)? });
    }
    if layout == Layout::Run {
        let metrics = entry.metrics.iter().map(|id| metric(id).map(Some)).collect::<Result<Vec<_>, _>>()?;
        rows.push(FormRow { labels: Vec::new(), metrics });
    }
    let mut columns = Vec::new();
    for column in entry.column {
        let role = role(name, column.role.as_deref())?;
        columns.push(Column { labels: fold(column.labels), role });
    }
    let mut by_label: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        for label in &row.labels {
            by_label.entry(label.clone()).or_default().push(at);
        }
    }
    let labels = || rows.iter().flat_map(|row: &FormRow| &row.labels);
    let borders = (
        labels().filter_map(|label| label.chars().next()).collect(),
        labels().filter_map(|label| label.chars().next_back()).collect(),
    );
    let (anchors, single) = (fold(entry.anchors), entry.single);
    Ok(FormBlock { section, layout, anchors, columns, rows, by_label, borders, single })
}

fn role(name: &str, role: Option<&str>) -> Result<Role, String> {
    Ok(match role {
        None | Some("value") => Role::Value,
        Some("level") => Role::Level,
        Some("other") => Role::Other,
        Some("code") => Role::Code,
        Some("unit") => Role::Unit,
        Some("label") => Role::Label,
        Some(other) => return Err(format!("data/{name}: no role of a column {other}")),
    })
}
