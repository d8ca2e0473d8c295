//! What titles, headers and bodies' names look like; see `data/titles.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::parse_toml;
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
    /// Words in the title of another kind of document.
    pub other: Vec<String>,
    /// Words that announce a report.
    pub announced: Vec<String>,
    /// Groups of words, of which a report has at least two.
    pub sections: Vec<Vec<String>>,
    /// Documents that give themselves away.
    pub kind: Vec<Kind>,
    /// Labels of header and contact facts.
    pub header: Header,
    /// Names of page metadata.
    pub meta: Meta,
    /// Endings of bodies' names.
    pub levels: Levels,
    /// Words around years.
    pub years: Years,
}

/// One way in which a document gives itself away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Published reason.
    pub reason: String,
    /// Words that must all occur.
    #[serde(default)]
    pub words: Vec<String>,
    /// So many paragraphs begin like an article of a regulation.
    #[serde(default)]
    pub articles: usize,
}

/// Labels of header and contact facts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub published: Vec<String>,
    pub issuer: Vec<String>,
    pub phone: Vec<String>,
    pub postcode: Vec<String>,
    pub address: Vec<String>,
    pub email: Vec<String>,
    pub contact: Vec<String>,
    pub with: Vec<String>,
}

/// Names of page metadata, best first.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    pub published: Vec<String>,
    pub title: Vec<String>,
    pub issuer: Vec<String>,
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
    pub itself: BTreeMap<String, Vec<String>>,
}

/// Words around years.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Years {
    pub word: Vec<String>,
    pub suffix: Vec<String>,
    pub introduction: Vec<String>,
}

pub(super) fn load(variants: &Variants) -> Result<Titles, String> {
    let mut titles: Titles = parse_toml("titles.toml", include_str!("../../data/titles.toml"))?;
    let header = &mut titles.header;
    let levels = &mut titles.levels;
    let lists = [
        &mut titles.subjects,
        &mut titles.endings,
        &mut titles.connectors,
        &mut titles.other,
        &mut titles.announced,
        &mut header.published,
        &mut header.issuer,
        &mut header.phone,
        &mut header.postcode,
        &mut header.address,
        &mut header.email,
        &mut header.contact,
        &mut header.with,
        &mut levels.township,
        &mut levels.department,
        &mut levels.other,
        &mut levels.government,
        &mut titles.years.introduction,
        &mut titles.years.word,
    ];
    for list in lists.into_iter().chain(&mut titles.sections).chain(levels.itself.values_mut()) {
        for word in list.iter_mut() {
            *word = variants.word(word);
        }
        // The longest fits first.
        list.sort_by_key(|word| std::cmp::Reverse(word.len()));
    }
    Ok(titles)
}

/// Published reasons are few and live as long as the program.
pub fn reason(name: &str) -> &'static str {
    const REASONS: [&str; 3] = ["regulation", "news", "questions_and_answers"];
    REASONS.into_iter().find(|known| *known == name).unwrap_or("other_kind")
}
