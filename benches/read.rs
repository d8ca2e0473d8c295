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

/// Bytes of the reports that are read here.
const SIZE: usize = 10 * 1024;

/// Numbers in digits in so many bytes of a whole narrative report: 29, 52, 64 and 89 in four real ones.
const NUMBERS: usize = 60;

/// Bytes of a paragraph: 160 to 390 in these four.
const PARAGRAPH: usize = 220;

/// Numbers of a report that is nothing but figures, as the excerpts of the tests are.
const MANY: usize = 1000;

/// A narrative report: sentences of `tests/excerpts` behind a title, with at most so many numbers in [`SIZE`] bytes.
fn narrative(numbers: usize) -> String {
    let mut text = String::from("盐井镇2017年政府信息公开工作年度报告\n");
    let (mut stated, mut paragraph) = (0, text.len());
    for excerpts in ["n", "o", "p", "q"] {
        let excerpts = std::fs::read_to_string(format!("tests/excerpts/{excerpts}.txt")).unwrap_or_default();
        for line in excerpts.lines().filter(|line| !line.starts_with("---") && !line.starts_with("=>")) {
            // Some of the excerpts are news, which a report is not.
            for sentence in line.split_inclusive('。').filter(|sentence| !sentence.contains(['记', '記'])) {
                let digit = |character: char| character.is_ascii_digit();
                let count = sentence.split(|character| !digit(character)).filter(|run| !run.is_empty()).count();
                if text.len() > SIZE || (count > 0 && (stated + count) * SIZE > numbers * (text.len() + sentence.len()))
                {
                    continue;
                }
                stated += count;
                text.push_str(sentence);
            }
            if text.len() > paragraph + PARAGRAPH {
                text.push('\n');
                paragraph = text.len();
            }
        }
    }
    text
}

fn knowledge() -> Knowledge {
    embedded().unwrap_or_else(|error| unreachable!("{error}"))
}

fn read_whole(bencher: Bencher<'_, '_>, text: &str) {
    let knowledge = knowledge();
    let source = || Source::of("a.txt", b"");
    // What is no report is read in no time.
    assert!(read(&knowledge, source(), text.as_bytes()).is_ok_and(|record| record.observations.len() > 9));
    bencher
        .counter(BytesCount::of_str(text))
        .with_inputs(source)
        .bench_values(|source| read(&knowledge, source, black_box(text.as_bytes())));
}

/// From bytes to figures and checks: a report with as many numbers as whole ones have.
#[divan::bench]
fn narrative_10_kb(bencher: Bencher<'_, '_>) {
    read_whole(bencher, &narrative(NUMBERS));
}

/// The same, with nothing but figures.
#[divan::bench]
fn figures_10_kb(bencher: Bencher<'_, '_>) {
    read_whole(bencher, &narrative(MANY));
}

/// Only the sentences of a narrative report: from folded text to figures.
#[divan::bench]
fn sentences_10_kb(bencher: Bencher<'_, '_>) {
    let (knowledge, text) = (knowledge(), narrative(NUMBERS));
    let Ok(decoded) = decode(&knowledge.charset, text.as_bytes()) else { return };
    let document = parse(decoded);
    let page = Page::new(&knowledge.variants, &document);
    bencher.counter(BytesCount::of_str(&text)).bench(|| extract(&knowledge, &document, black_box(&page), Some(2017)));
}
