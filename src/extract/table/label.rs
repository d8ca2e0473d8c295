//! Which row or column a printed label names.

use std::borrow::Cow;

use crate::characters::Characters;
use crate::knowledge::{Form, FormBlock, FormRow};
use crate::number;

/// A suffix must be this long, in characters, to name a row whose label is glued to the end of a longer cell.
const SHORTEST_SUFFIX: usize = 4;

/// The beginning of a broken label must be this long, in characters, to stand for it.
const SHORTEST_PREFIX: usize = 5;

/// What may stand in a label and is no part of it.
const MARKS: Characters = Characters::new(&['“', '”', '"', '\'', '‘', '’', '《', '》', ':', '*', ' ', '\\']);

/// A label without its number, quotes and blanks.
pub(super) fn full(text: &str) -> Cow<'_, str> {
    // Markdown escapes the point behind a number.
    if text.contains('\\') {
        return Cow::Owned(full(&text.replace('\\', "")).into_owned());
    }
    let text = number::after_enumerator(text.trim_matches(|edge: char| edge.is_whitespace() || edge == '"'));
    // 其中:… names a part, and the part is the row; a colon in brackets is an instruction's: 收费金额(单位:万元).
    let text = match text.split_once(':') {
        Some((whole, part)) if !part.is_empty() && !whole.contains('(') => number::after_enumerator(part),
        _ => text,
    };
    without(&MARKS, text)
}

/// A text of labels without the marks between and in them, whatever they are.
pub(super) fn bare(text: &str) -> Cow<'_, str> {
    const BETWEEN: Characters = MARKS.with(&Characters::new(&['\n']));
    // As in columns: a colon leads to the unit.
    if text.contains(':') {
        Cow::Owned(without(&BETWEEN, &text.replace(':', "/")).into_owned())
    } else {
        without(&BETWEEN, text)
    }
}

fn without<'t>(marks: &Characters, text: &'t str) -> Cow<'t, str> {
    match marks.first_in(text) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().filter(|character| !marks.has(*character)).collect()),
    }
}

/// The same without instructions in brackets: `部分公开(区分处理的…)` is 部分公开.
pub(super) fn short(full: &str) -> &str {
    match full.find('(') {
        Some(at) if at > 0 && !full.get(at..).is_some_and(number::is_enumerator) => full.get(..at).unwrap_or(full),
        _ => full,
    }
}

/// The rows of a block that a label names, as [`full`] leaves it; several when the form prints it more than once.
pub(super) fn rows(form: &Form, block: &FormBlock, full: &str) -> Vec<usize> {
    let short = short(full);
    if short.is_empty() || form.ignore.iter().any(|label| label == short) {
        return Vec::new();
    }
    if let Some(rows) = block.by_label.get(full).or_else(|| block.by_label.get(short)) {
        return rows.clone();
    }
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let fits = |row: &FormRow| row.labels.iter().any(|name| fits(name));
        block.rows.iter().enumerate().filter(|(_, row)| fits(row)).map(|(at, _)| at).collect()
    };
    let (begins, ends) = &block.borders;
    if full.chars().next_back().is_some_and(|last| ends.contains(&last)) {
        let glued = named(&|name| is_glued(name, full));
        if !glued.is_empty() {
            return glued;
        }
    }
    let may_begin = short.chars().next().is_some_and(|first| begins.contains(&first));
    if !may_begin || short.chars().count() < SHORTEST_PREFIX {
        return Vec::new();
    }
    let begun = named(&|name| name.starts_with(short));
    if begun.len() == 1 { begun } else { Vec::new() }
}

/// Whether a longer cell ends with the label: a page break has glued 三、本 and （一）予以公开 together.
fn is_glued(name: &str, label: &str) -> bool {
    label.strip_suffix(name).is_some_and(|before| before.ends_with(|last: char| !last.is_alphabetic()))
        && name.chars().count() >= SHORTEST_SUFFIX
}

/// Cuts a head's text into column labels and words that only fill it; `None` when anything else is in it.
///
/// `本年制发件数本年废止件数` are two columns whose cells were glued together.
pub(super) fn columns(
    names: &[&[String]],
    fillers: &[&[String]],
    is_unit: &dyn Fn(&str) -> bool,
    text: &str,
) -> Option<Vec<usize>> {
    // A colon leads to the unit: 收费金额单位:元.
    let text = text.replace(':', "/");
    let full = full(&text);
    let mut rest = short(&full);
    let mut found = Vec::new();
    loop {
        // A column may be headed by its year: 2009年度.
        rest = rest.trim_start_matches(|first: char| {
            first.is_ascii_digit() || matches!(first, '/' | '、' | ',' | '-' | '[' | ']')
        });
        if rest.is_empty() || (!found.is_empty() && is_unit(rest.trim_end_matches(']'))) {
            return Some(found);
        }
        let fits = |labels: &&[String]| {
            labels.iter().filter(|name| rest.starts_with(name.as_str())).map(String::len).max().unwrap_or(0)
        };
        let filler = fillers.iter().map(fits).max().unwrap_or(0);
        let length = names.iter().map(fits).max().unwrap_or(0);
        if filler.max(length) == 0 {
            return None;
        }
        if length >= filler {
            // 本年新 stands for two columns of which only the first lines are left: the first that is not named yet.
            let same: Vec<usize> =
                (0..names.len()).filter(|at| names.get(*at).is_some_and(|one| fits(one) == length)).collect();
            let at = same.iter().find(|at| !found.contains(*at)).or(same.last())?;
            found.push(*at);
        }
        rest = rest.get(filler.max(length)..)?;
    }
}
