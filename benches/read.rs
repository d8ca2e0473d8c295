//! How long one document takes, without the disk: `make bench`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use nianbao::decode::decode;
use nianbao::extract::extract;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::model::Source;
use nianbao::parse::fold::Page;
use nianbao::parse::parse;
use nianbao::report::read;

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// A narrative report of 10 KB: the texts of an older year of `tests/excerpts` behind a title, until there are so many
/// bytes.
fn narrative() -> String {
    let mut text = String::from("盐井镇2017年政府信息公开工作年度报告\n");
    for line in std::fs::read_to_string("tests/excerpts/n.txt").unwrap_or_default().lines() {
        if text.len() > 10 * 1024 {
            break;
        }
        if !line.starts_with("---") && !line.starts_with("=>") {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn knowledge() -> Knowledge {
    embedded().unwrap_or_else(|error| unreachable!("{error}"))
}

/// From bytes to figures and checks.
#[divan::bench]
fn narrative_10_kb(bencher: Bencher<'_, '_>) {
    let (knowledge, text) = (knowledge(), narrative());
    let source = || Source { path: "a.txt".to_owned(), report_id: "0".repeat(16), bytes: text.len() as u64 };
    bencher
        .counter(BytesCount::of_str(&text))
        .with_inputs(source)
        .bench_values(|source| read(&knowledge, source, black_box(text.as_bytes())));
}

/// Only the sentences: from folded text to figures.
#[divan::bench]
fn sentences_10_kb(bencher: Bencher<'_, '_>) {
    let (knowledge, text) = (knowledge(), narrative());
    let Ok(decoded) = decode(&knowledge.charset, text.as_bytes()) else { return };
    let document = parse(decoded.media, decoded);
    let page = Page::new(&knowledge.variants, &document);
    bencher.counter(BytesCount::of_str(&text)).bench(|| extract(&knowledge, &document, black_box(&page), Some(2017)));
}
