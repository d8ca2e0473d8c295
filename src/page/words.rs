//! What pages say, in both languages: the reader chooses one by a switch that needs no script.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use maud::{Markup, html};

/// Id, English, Chinese.
const LINES: &str = include_str!("../../data/page.tsv");

static WORDS: LazyLock<BTreeMap<&str, (&str, &str)>> = LazyLock::new(|| {
    let line = |line: &'static str| match line.split('\t').collect::<Vec<_>>().as_slice() {
        [id, en, zh] => Some((*id, (*en, *zh))),
        _ => None,
    };
    LINES.lines().skip(1).filter_map(line).collect()
});

/// Words in both languages; what has no line is shown as it is.
pub(super) fn say(id: &str) -> Markup {
    match WORDS.get(id) {
        Some((en, zh)) => both(en, zh),
        None => html! { (id) },
    }
}

/// Whether there are words of this id.
pub(super) fn is_said(id: &str) -> bool {
    WORDS.contains_key(id)
}

/// An id or a formula that may be broken behind its underscores, where a line is too short.
pub(super) fn broken(text: &str) -> Markup {
    html! { @for piece in text.split_inclusive('_') { (piece) @if piece.ends_with('_') { wbr; } } }
}

/// Words in both languages where there is room for text only.
pub(super) fn plain(id: &str) -> String {
    WORDS.get(id).map_or_else(|| id.to_owned(), |(en, zh)| format!("{en} · {zh}"))
}

/// One text in two languages, of which one is shown.
pub(super) fn both(en: &str, zh: &str) -> Markup {
    html! { span.en lang="en" { (en) } span.zh lang="zh" { (zh) } }
}

/// The switch between them, which stands before everything that it switches.
pub(super) fn switch() -> Markup {
    html! {
        fieldset.switch {
            legend { (say("language")) }
            label { input #en type="radio" name="language" checked; " English" }
            label { input #zh type="radio" name="language"; " " span lang="zh" { (chinese()) } }
        }
    }
}

/// What the Chinese call their language.
fn chinese() -> &'static str {
    WORDS.get("chinese").map_or("", |(_, zh)| zh)
}

/// A count with its thousands set apart.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
