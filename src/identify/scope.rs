//! Whether a report is of its body alone, or sums up the bodies below it.

use super::INTRODUCTION;
use super::title::Title;
use crate::knowledge::Knowledge;
use crate::model::Scope;
use crate::parse::fold::Page;

/// What the title says of it, or a sentence of the first paragraphs; `None` when neither does.
pub(super) fn read(knowledge: &Knowledge, page: &Page, title: Option<&Title>) -> Option<Scope> {
    let words = &knowledge.titles.scope;
    let titled = |words: &[String]| title.is_some_and(|title| words.iter().any(|word| title.printed.contains(word)));
    if titled(&words.summary) {
        return Some(Scope::Summary);
    }
    if titled(&words.own) {
        return Some(Scope::Own);
    }
    let from = title.map_or(0, |title| title.next);
    let paragraphs = page.blocks.iter().skip(from).take(INTRODUCTION).map(|block| page.text(block));
    let is_gathered =
        |sentence: &str| words.gathered.iter().all(|list| list.iter().any(|word| sentence.contains(word.as_str())));
    paragraphs.flat_map(|text| text.split('。')).any(is_gathered).then_some(Scope::Summary)
}
