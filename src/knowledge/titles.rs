//! What titles, headers and bodies' names look like; see `data/titles.toml`.

use serde::Deserialize;

use super::labels::Labels;
use super::parse_toml;
use crate::model::Level;
use crate::parse::fold::Variants;

/// Words that tell reports from other documents and say whose they are. All folded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Titles {
    /// What a title speaks of.
    pub subjects: Vec<String>,
    /// What a title ends with.
    pub endings: Vec<String>,
    /// What may stand between subject and ending.
    pub connectors: Vec<String>,
    /// Words that announce a report.
    pub announced: Vec<String>,
    /// How a link to another page begins.
    pub links: Vec<String>,
    /// What the first paragraph of a report says of itself.
    pub opening: Vec<Label>,
    /// Groups of words, one for each part of a report.
    pub sections: Vec<Vec<Label>>,
    /// What is counted in a report, and in what.
    pub figures: Figures,
    /// What each piece of evidence weighs.
    pub weights: Weights,
    /// Other kinds of documents.
    #[serde(rename = "kind")]
    pub kinds: Vec<Kind>,
    /// Labels of header and contact facts.
    pub header: Header,
    /// Names of page metadata.
    pub meta: Meta,
    /// Endings of bodies' names.
    pub levels: Levels,
    /// Bodies that the text speaks of.
    pub bodies: Bodies,
    /// Words around years.
    pub years: Years,
    /// Whose figures a report gives.
    pub scope: Scope,
}

impl Titles {
    /// Whether a title is that of another kind of document: `body` before its subject, `rest` from there on.
    pub fn other(&self, body: &str, rest: &str) -> bool {
        self.kinds.iter().any(|kind| kind.titled(body, rest))
    }
}

impl Kind {
    /// Whether a title is of this kind: 人口和计划生育局 before the subject is no plan, …年度报告工作计划 is one.
    pub fn titled(&self, body: &str, rest: &str) -> bool {
        let has = |words: &[String], text: &str| words.iter().any(|word| text.contains(word.as_str()));
        let anywhere = |text: &str| has(&self.anywhere, text) || has(&self.subjects, text);
        has(&self.titles, rest) || anywhere(body) || anywhere(rest)
    }
}

/// What is counted in a report, and in what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Words behind which a count stands.
    pub words: Vec<String>,
    /// The characters of its units.
    pub units: String,
    /// What may stand between number and unit.
    pub rounds: String,
    /// So many parts and headings say something where nothing is counted.
    pub outline: usize,
    /// More of them say no more.
    pub most: usize,
}

/// What each piece of evidence weighs for a report; below zero, against it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// The least sum that makes a report.
    pub report: i32,
    pub title: i32,
    pub title_year: i32,
    pub announcement: i32,
    pub announced_year: i32,
    pub opening: i32,
    pub period: i32,
    pub introduction: i32,
    /// For each part that the text names.
    pub part: i32,
    /// For each part that a heading names.
    pub heading: i32,
    /// For each word with a figure.
    pub figure: i32,
    /// For a text without parts, and without figures or a stated year.
    pub no_parts: i32,
    /// For a text without a title that says nothing of disclosure or of requests.
    pub no_disclosure: i32,
    /// For words of another kind, or its title above that of a report.
    pub other_kind: i32,
    /// For the title of another document, with a body or a year, and none of a report.
    pub other_title: i32,
}

/// Another kind of document, by its title or by what is in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Published reason.
    pub reason: String,
    /// Words of its title, beside a report's subject.
    #[serde(default)]
    pub anywhere: Vec<String>,
    /// Words of its title, behind a report's subject.
    #[serde(default)]
    pub titles: Vec<String>,
    /// What its title speaks of instead of a report's subject.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// What its title ends with, whatever its subject.
    #[serde(default)]
    pub endings: Vec<String>,
    /// Words of which one gives it away.
    #[serde(default)]
    pub words: Vec<Label>,
    /// … and that as surely as a title.
    #[serde(default)]
    pub decisive: bool,
    /// So many paragraphs begin like an article of a regulation.
    #[serde(default)]
    pub articles: usize,
}

/// Labels of header and contact facts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub published: Vec<Label>,
    pub dated: Vec<Label>,
    pub updated: Vec<Label>,
    pub issuer: Vec<Label>,
    pub phone: Vec<Label>,
    pub postcode: Vec<Label>,
    pub address: Vec<Label>,
    pub email: Vec<Label>,
    pub contact: Vec<Label>,
    pub until: Vec<String>,
    pub with: Vec<String>,
}

/// A label and its number among all of them.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub struct Label {
    /// Folded.
    pub word: String,
    /// Its number in [`Labels`].
    pub number: usize,
}

impl From<String> for Label {
    fn from(word: String) -> Label {
        Label { word, number: 0 }
    }
}

/// Names of page metadata, best first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    pub published: Vec<String>,
    pub title: Vec<String>,
    pub issuer: Vec<String>,
}

/// Words by which a report says whose figures it gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// In the title of a report that sums up those of the bodies below.
    pub summary: Vec<String>,
    /// In the title of a report of its body alone.
    pub own: Vec<String>,
    /// A sentence with a word of each of these lists says that the report was made of others.
    pub gathered: Vec<Vec<String>>,
}

/// Endings of bodies' names, and words by which a body names itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    pub township: Vec<String>,
    pub department: Vec<String>,
    pub other: Vec<String>,
    pub government: Vec<String>,
    #[serde(rename = "self")]
    pub itself: Vec<Itself>,
}

/// Words by which a body of a level speaks of itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Itself {
    /// The level of a body that says so.
    pub level: Level,
    /// What one of the words counts.
    pub weight: usize,
    /// Last characters of words that do not settle the level: 我市.
    #[serde(default)]
    pub undecided: String,
    pub words: Vec<String>,
}

/// Bodies that the text speaks of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bodies {
    /// What stands before a body that did something.
    pub by: char,
    /// What makes a report.
    pub made: Vec<String>,
    /// What a body does, right behind its name.
    pub acts: Vec<String>,
    /// The site of a government, right behind the name of its place.
    pub portals: Vec<String>,
}

/// Words around years.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Years {
    pub word: Vec<String>,
    pub suffix: Vec<String>,
    /// Word for a year of schools.
    pub school: String,
    pub introduction: Vec<String>,
}

pub(super) fn load(variants: &Variants) -> Result<(Titles, Labels, Labels), String> {
    let mut titles: Titles = parse_toml("titles.toml", include_str!("../../data/titles.toml"))?;
    let header = &mut titles.header;
    let levels = &mut titles.levels;
    let lists = [
        &mut titles.subjects,
        &mut titles.endings,
        &mut titles.connectors,
        &mut titles.announced,
        &mut titles.links,
        &mut titles.figures.words,
        &mut header.until,
        &mut header.with,
        &mut levels.township,
        &mut levels.department,
        &mut levels.other,
        &mut levels.government,
        &mut titles.bodies.made,
        &mut titles.bodies.acts,
        &mut titles.bodies.portals,
        &mut titles.years.introduction,
        &mut titles.years.word,
    ];
    let kinds = titles
        .kinds
        .iter_mut()
        .flat_map(|kind| [&mut kind.titles, &mut kind.anywhere, &mut kind.subjects, &mut kind.endings]);
    let itself = levels.itself.iter_mut().map(|own| &mut own.words);
    for list in lists.into_iter().chain(itself).chain(kinds) {
        for word in list.iter_mut() {
            *word = variants.word(word);
        }
        // The longest fits first.
        list.sort_by_key(|word| std::cmp::Reverse(word.len()));
    }
    let labelled = [
        &mut header.published,
        &mut header.dated,
        &mut header.updated,
        &mut header.issuer,
        &mut header.phone,
        &mut header.postcode,
        &mut header.address,
        &mut header.email,
        &mut header.contact,
    ];
    let kinds = titles.kinds.iter_mut().map(|kind| &mut kind.words);
    let fault = |error| format!("data/titles.toml: {error}");
    let labels = number(variants, labelled.into_iter().chain(kinds).chain([&mut titles.opening])).map_err(fault)?;
    let parts = number(variants, titles.sections.iter_mut()).map_err(fault)?;
    Ok((titles, labels, parts))
}

/// Folds and numbers labels that are looked for together: some sixty at a time is what the fastest search takes.
pub(super) fn number<'l>(
    variants: &Variants,
    lists: impl Iterator<Item = &'l mut Vec<Label>>,
) -> Result<Labels, String> {
    let mut words = Vec::new();
    for label in lists.flatten() {
        *label = Label { word: variants.word(&label.word), number: words.len() };
        words.push(label.word.clone());
    }
    Labels::new(&words)
}

/// The published reason of that name: they are few, and live as long as the program.
pub fn reason(name: &str) -> &'static str {
    const REASONS: [&str; 13] = [
        "title_only",
        "no_title",
        "notice",
        "guide",
        "catalogue",
        "regulation",
        "plan",
        "assessment",
        "index",
        "news",
        "questions_and_answers",
        "other_period",
        "other_report",
    ];
    REASONS.into_iter().find(|known| *known == name).unwrap_or("other_kind")
}
