//! A page's figures: tables and sentences, each with the words that state it.

mod choose;
mod damage;
mod prose;
mod scan;
mod table;
mod words;

pub use choose::Rank;

use crate::knowledge::{Form, Knowledge, Set};
use crate::model::{
    ApplicantId, Basis, Block, BlockKind, Bound, Document, Format, MetricId, Observation, Partition, RuleId, Section,
    Span,
};
use crate::number;
use crate::parse::fold::{FoldedBlock, Page};

/// A heading is at most this long, in characters.
const LONGEST_HEADING: usize = 45;

/// Bytes of a paragraph that are read at a time: some five thousand ideographs, far more than any real one.
const LONGEST_PIECE: usize = 16 * 1024;

/// A line without numbering that is at most this long, in characters, may be a heading.
const LONGEST_BARE_HEADING: usize = 22;

/// A figure in folded coordinates, before it becomes an observation.
#[derive(Debug, Clone)]
struct Finding {
    metric: MetricId,
    applicant: Option<ApplicantId>,
    value: Option<i64>,
    bound: Bound,
    decimals: u8,
    basis: Basis,
    rule: RuleId,
    section: Section,
    stated_year: Option<i16>,
    label: Option<String>,
    span: Period,
    /// All tags of the words of its quote.
    told: Set,
    unit: Option<u16>,
    start: usize,
    end: usize,
}

/// Which time a sentence says that its figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Period {
    /// It does not say.
    #[default]
    Unsaid,
    /// The report's year.
    Year,
    /// All years up to now.
    Cumulative,
}

/// The figures of a document.
#[derive(Debug, Default)]
pub struct Extracted {
    /// In text order.
    pub observations: Vec<Observation>,
    /// The lists that sentences make, over the observations.
    pub partitions: Vec<Partition>,
    /// The layout.
    pub format: Format,
    /// What the copy has lost or been given.
    pub damage: Vec<&'static str>,
}

/// How many figures the tables of a page state: the first half of [`extract`], for those who measure it.
pub fn count_in_tables(knowledge: &Knowledge, page: &Page, year: Option<i16>) -> usize {
    let form = knowledge.forms.told_by(&page.folded.text).and_then(|form| knowledge.forms.get(form));
    form.map_or(0, |form| table::read(knowledge, page, form, year).findings.len())
}

/// How many figures the sentences of a page state, whatever is a table: the second half of [`extract`].
pub fn count_in_prose(knowledge: &Knowledge, page: &Page, year: Option<i16>) -> usize {
    sentences(knowledge, page, year, &[]).findings.len()
}

/// How many numbers stand in the paragraphs of a page: what the reading of sentences begins with.
pub fn count_numbers(knowledge: &Knowledge, page: &Page) -> usize {
    let text = page.folded.text.as_str();
    let numbers = |block: &FoldedBlock| {
        let words = words::Words::new(knowledge, text, block.start, block.end);
        let numbers = scan::scan(knowledge, text, words.within(block.start, block.end), block.start, block.end);
        numbers.quantities.len()
    };
    page.paragraphs().map(numbers).sum()
}

/// Reads the sentences of a page; `rows` are the paragraphs that are rows of a table.
fn sentences<'p>(knowledge: &'p Knowledge, page: &'p Page, year: Option<i16>, rows: &[usize]) -> prose::Prose<'p> {
    let text = &page.folded.text;
    let mut prose = prose::Prose { knowledge, text, year, findings: Vec::new(), partitions: Vec::new() };
    for (block, start, section) in sections(knowledge, page, rows) {
        if section != Section::Problems {
            for (start, end) in pieces(text, start, block.end) {
                prose.paragraph(start, end, section);
            }
        }
    }
    prose.forget_cumulative();
    prose
}

/// Reads every figure of a report.
pub fn extract(knowledge: &Knowledge, document: &Document, page: &Page, year: Option<i16>) -> Extracted {
    let form = knowledge.forms.told_by(&page.folded.text);
    let tables = form.and_then(|form| knowledge.forms.get(form)).map(|form| table::read(knowledge, page, form, year));
    let tables = tables.unwrap_or_default();
    let damage = damage::of(knowledge, document, page, &tables);
    let table::Tables { findings: cells, paragraphs: rows, .. } = tables;
    let prose::Prose { mut findings, partitions, .. } = sentences(knowledge, page, year, &rows);
    if let Some(form) = form.and_then(|form| knowledge.forms.get(form)) {
        repeat_of_table(knowledge, form, &mut findings);
    }
    let format = form.and_then(|form| u8::try_from(form).ok()).map_or(Format::Narrative, Format::Form);
    let (mut observations, partitions) = in_text_order(document, page, (cells, findings), partitions);
    choose::choose(&knowledge.catalogue, &mut observations);
    Extracted { observations, partitions, format, damage }
}

/// The paragraphs to read, each from behind its heading on, with the section that it stands in; `rows` are those that
/// are rows of a table.
fn sections<'p>(knowledge: &Knowledge, page: &'p Page, rows: &[usize]) -> Vec<(&'p FoldedBlock, usize, Section)> {
    let catalogue = &knowledge.catalogue;
    let mut paragraphs = Vec::new();
    let (mut top, mut section) = (Section::Overview, Section::Overview);
    for (number, block) in page.blocks.iter().enumerate() {
        if block.kind != BlockKind::Paragraph || rows.binary_search(&number).is_ok() {
            continue;
        }
        let text = page.text(block);
        let heading = heading(text);
        let name = text.get(..heading).unwrap_or_default();
        if number::is_top_heading(text) {
            if let Some(opened) = catalogue.section_of(name) {
                top = opened;
            }
            section = top;
        } else if heading > 0 {
            section = catalogue.section_of(name).unwrap_or(top);
        }
        let numbers = name.bytes().any(|byte| byte.is_ascii_digit());
        let skip = if numbers { 0 } else { heading };
        paragraphs.push((block, block.start + skip, section));
    }
    paragraphs
}

/// A paragraph in pieces that no hostile text can make long: what the grammar looks back over stays short.
fn pieces(text: &str, start: usize, end: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut from = Some(start);
    std::iter::from_fn(move || {
        let start = from?;
        if end - start <= LONGEST_PIECE {
            from = None;
            return Some((start, end));
        }
        let limit = text.floor_char_boundary(start + LONGEST_PIECE);
        let border = text.get(start..limit).and_then(|piece| piece.rfind(['。', ';', ',']));
        let to = border.filter(|border| *border > 0).map_or(limit, |border| start + border);
        from = Some(to);
        Some((start, to))
    })
}

/// How many bytes of a paragraph are its heading: 0 for none.
fn heading(text: &str) -> usize {
    let head = text.get(..text.floor_char_boundary(LONGEST_HEADING * char::MAX_LEN_UTF8 + 1)).unwrap_or_default();
    let end = match head.find(['。', ':', ';']) {
        Some(end) => end,
        None if head.len() < text.len() => return 0,
        None => text.len(),
    };
    let first = text.get(..end).unwrap_or_default();
    let length = first.chars().count();
    let numbered = number::is_top_heading(text) || number::is_enumerator(text);
    let bare = end == text.len() && length <= LONGEST_BARE_HEADING && !first.contains(',');
    if (numbered && length <= LONGEST_HEADING) || bare { end } else { 0 }
}

/// In a report with a form, sentences about requests state the table's metrics, in the total column.
fn repeat_of_table(knowledge: &Knowledge, form: &Form, findings: &mut [Finding]) {
    let total = knowledge.cells.applicants.len().checked_sub(1).and_then(|last| ApplicantId::try_from(last).ok());
    for finding in findings {
        if let Some(metric) = form.prose.get(&finding.metric) {
            finding.metric = *metric;
            finding.applicant = total;
        } else if let Some(metric) = form.prose_plain.get(&finding.metric) {
            finding.metric = *metric;
        }
    }
}

fn in_text_order(
    document: &Document,
    page: &Page,
    (cells, findings): (Vec<Finding>, Vec<Finding>),
    mut partitions: Vec<Partition>,
) -> (Vec<Observation>, Vec<Partition>) {
    let first_finding = cells.len();
    let mut all: Vec<(usize, Finding)> = cells.into_iter().chain(findings).enumerate().collect();
    all.sort_by_key(|(at, finding)| (finding.start, finding.end, finding.metric, *at));
    let mut new_place = vec![0; all.len()];
    for (place, (at, _)) in all.iter().enumerate() {
        new_place[*at] = place;
    }
    for partition in &mut partitions {
        partition.whole = new_place[partition.whole + first_finding];
        for part in &mut partition.parts {
            *part = new_place[*part + first_finding];
        }
    }
    let observations = all.into_iter().map(|(_, finding)| observation(document, page, finding)).collect();
    (observations, partitions)
}

fn observation(document: &Document, page: &Page, finding: Finding) -> Observation {
    let quote = if finding.start == finding.end {
        // An empty cell: no words, but its place says where it stands.
        let at = page.blocks.partition_point(|block| block.start < finding.start);
        page.blocks.get(at).map_or(Span::default(), |block| Span { end: block.span.start, ..block.span })
    } else {
        page.folded.original(finding.start, finding.end, &document.text)
    };
    Observation {
        metric: finding.metric,
        applicant: finding.applicant,
        value: finding.value,
        bound: finding.bound,
        decimals: finding.decimals,
        basis: finding.basis,
        section: finding.section,
        stated_year: finding.stated_year,
        chosen: false,
        rule: finding.rule,
        label: finding.label,
        unit: finding.unit,
        quote,
    }
}

/// The observations that a text gives when it stands under the heading of a section: what the cases test.
pub fn extract_sentence(
    knowledge: &Knowledge,
    text: &str,
    section: Section,
    year: i16,
) -> (Document, Vec<Observation>) {
    let span = Span::new(0, text.len());
    let document = Document {
        text: text.to_owned(),
        blocks: vec![Block { kind: BlockKind::Paragraph, span }],
        ..Document::default()
    };
    let page = Page::new(&knowledge.variants, &document);
    let mut prose = prose::Prose {
        knowledge,
        text: &page.folded.text,
        year: Some(year),
        findings: Vec::new(),
        partitions: Vec::new(),
    };
    if let Some(block) = page.blocks.first() {
        prose.paragraph(block.start, block.end, section);
    }
    let (observations, _) = in_text_order(&document, &page, (Vec::new(), prose.findings), Vec::new());
    (document, observations)
}
