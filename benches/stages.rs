//! How long each stage takes over the same documents, without the disk: `make bench`.

#[path = "build/corpus.rs"]
mod corpus;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use nianbao::check::check;
use nianbao::decode::decode;
use nianbao::extract::{count_in_prose, count_in_tables, count_numbers, extract};
use nianbao::identify::identify;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::medium::Decoded;
use nianbao::model::{Document, Source};
use nianbao::parse::fold::Page;
use nianbao::parse::parse;
use nianbao::record::Record;
use nianbao::report::{format_name, study};
use nianbao::tabulate::facts::Facts;
use nianbao::tabulate::likeness::Likeness;

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Documents of which all stages are measured.
const DOCUMENTS: usize = 200;

fn main() {
    divan::main();
}

/// Documents and what the stages before have made of them.
struct Inputs {
    knowledge: Knowledge,
    bytes: Vec<Vec<u8>>,
}

impl Inputs {
    fn load() -> Inputs {
        let knowledge = embedded().unwrap_or_else(|error| unreachable!("{error}"));
        let sample = corpus::Sample::load(&knowledge);
        let bytes = (0..DOCUMENTS).map(|number| sample.document(number).1).collect();
        Inputs { knowledge, bytes }
    }

    fn decoded(&self) -> Vec<Decoded> {
        self.bytes.iter().filter_map(|bytes| decode(&self.knowledge.charset, bytes).ok()).collect()
    }

    fn documents(&self) -> Vec<Document> {
        self.decoded().into_iter().map(parse).collect()
    }

    fn pages(&self) -> Vec<(Document, Page)> {
        let page = |document: Document| {
            let page = Page::new(&self.knowledge.variants, &document);
            (document, page)
        };
        self.documents().into_iter().map(page).collect()
    }

    fn records(&self) -> Vec<Record> {
        let source = || Source::of("a.txt", b"");
        self.decoded().into_iter().filter_map(|decoded| study(&self.knowledge, source(), decoded).ok()).collect()
    }

    fn count(&self) -> BytesCount {
        BytesCount::new(self.bytes.iter().map(Vec::len).sum::<usize>())
    }
}

#[divan::bench]
fn decode_bytes(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    bencher.counter(inputs.count()).bench(|| black_box(inputs.decoded()));
}

#[divan::bench]
fn parse_pages_and_texts(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let decoded = || inputs.decoded();
    bencher
        .counter(inputs.count())
        .with_inputs(decoded)
        .bench_values(|decoded| decoded.into_iter().map(parse).collect::<Vec<_>>());
}

#[divan::bench]
fn fold_spellings(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let documents = inputs.documents();
    let fold = || documents.iter().map(|document| Page::new(&inputs.knowledge.variants, document)).collect::<Vec<_>>();
    bencher.counter(inputs.count()).bench(fold);
}

#[divan::bench]
fn identify_reports(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let pages = inputs.pages();
    let identify = || {
        let one = |(document, page): &(Document, Page)| identify(&inputs.knowledge, document, page, "a.txt");
        pages.iter().map(one).collect::<Vec<_>>()
    };
    bencher.counter(inputs.count()).bench(identify);
}

#[divan::bench]
fn extract_figures(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let pages = inputs.pages();
    let extract = || {
        let one = |(document, page): &(Document, Page)| extract(&inputs.knowledge, document, page, Some(2019));
        pages.iter().map(one).collect::<Vec<_>>()
    };
    bencher.counter(inputs.count()).bench(extract);
}

#[divan::bench]
fn scan_numbers(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let pages = inputs.pages();
    let scan = || pages.iter().map(|(_, page)| count_numbers(&inputs.knowledge, page)).sum::<usize>();
    bencher.counter(inputs.count()).bench(scan);
}

#[divan::bench]
fn tables(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let pages = inputs.pages();
    let read = || pages.iter().map(|(_, page)| count_in_tables(&inputs.knowledge, page, Some(2019))).sum::<usize>();
    bencher.counter(inputs.count()).bench(read);
}

#[divan::bench]
fn prose(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let pages = inputs.pages();
    let read = || pages.iter().map(|(_, page)| count_in_prose(&inputs.knowledge, page, Some(2019))).sum::<usize>();
    bencher.counter(inputs.count()).bench(read);
}

#[divan::bench]
fn check_sums(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let records = inputs.records();
    let check = || {
        let one = |record: &Record| {
            let format = format_name(&inputs.knowledge, record.format);
            check(&inputs.knowledge, format, &record.identity, &record.observations, &[])
        };
        records.iter().map(one).collect::<Vec<_>>()
    };
    bencher.counter(inputs.count()).bench(check);
}

#[divan::bench]
fn sketch_likeness(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let records = inputs.records();
    let sketch = || records.iter().map(|record| Likeness::of(&inputs.knowledge, record)).collect::<Vec<_>>();
    bencher.counter(inputs.count()).bench(sketch);
}

#[divan::bench]
fn append_rows(bencher: Bencher<'_, '_>) {
    let inputs = Inputs::load();
    let records = inputs.records();
    let append = || {
        let mut facts = Facts::default();
        for (number, record) in records.iter().enumerate() {
            facts.record(&inputs.knowledge, record, Likeness::default(), number);
        }
        facts.into_frames().map(|frames| frames.len()).ok()
    };
    bencher.counter(inputs.count()).bench(append);
}
