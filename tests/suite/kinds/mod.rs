//! The same 40 reports in every encoding, as every kind of document and in every kind of container.
//!
//! A report of the sample is taken apart into paragraphs and cells and written anew; whatever it is written as, the same
//! figures must come out. What has to be made by other programs (DOC, XLS, PDF) lies in `tests/kinds`, made from the
//! pages that `KINDS=folder cargo test --release --test suite kinds` writes, by `tests/kinds/convert.sh`.

mod attachments;
mod containers;
mod encodings;
mod write;
mod zoo;

pub(crate) use attachments::page_and_table;
pub(crate) use write::zipped;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use nianbao::decode::decode;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::medium::{Decoded, Decoding, Media};
use nianbao::model::{Document, Source};
use nianbao::open::{Page, open};
use nianbao::parse::parse;
use nianbao::record::{Reason, Record};
use nianbao::report::{read, study};

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| embedded().unwrap());

/// A report of the sample.
struct Report {
    /// Path below `data/sample`.
    path: String,
    /// As it is parsed.
    document: Document,
    /// What is read from it.
    figures: Vec<String>,
}

/// The forty reports that `tests/kinds/reports.txt` names.
static REPORTS: LazyLock<Vec<Report>> = LazyLock::new(|| {
    let list = std::fs::read_to_string("tests/kinds/reports.txt").unwrap();
    list.lines()
        .map(|path| {
            let bytes = std::fs::read(Path::new("data/sample").join(path)).unwrap();
            let document = parse(decode(&KNOWLEDGE.charset, &bytes).unwrap());
            let figures = figures(&read(&KNOWLEDGE, Source::of(path, &bytes), &bytes).unwrap());
            Report { path: path.to_owned(), document, figures }
        })
        .collect()
});

/// The figures of a record: what an analyst gets, without where in the text it stands.
fn figures(record: &Record) -> Vec<String> {
    let mut figures: Vec<String> = record
        .observations
        .iter()
        .map(|figure| {
            let metric = KNOWLEDGE.catalogue.metric(figure.metric).id;
            format!(
                "{metric} {:?} {:?} {} {} {}",
                figure.applicant,
                figure.value,
                figure.bound.name(),
                figure.basis.name(),
                figure.chosen
            )
        })
        .collect();
    figures.sort();
    figures
}

/// What a text or page is read as.
fn of_text(report: &Report, bytes: &[u8]) -> (Vec<String>, u32) {
    let record = read(&KNOWLEDGE, Source::of(report.path.as_str(), bytes), bytes).unwrap();
    (figures(&record), record.decoding.errors)
}

/// What a document is read as.
fn of_document(report: &Report, media: Media, bytes: Vec<u8>) -> Vec<String> {
    let source = Source::of(report.path.as_str(), &bytes);
    let Page { markup, errors } = open(media, bytes).unwrap();
    assert_eq!(errors, 0, "{}", report.path);
    let decoded = Decoded { decoding: Decoding { media, encoding: None, errors, mended: false }, text: markup };
    figures(&study(&KNOWLEDGE, source, decoded).unwrap())
}

/// What is not the same, by report.
fn differences(found: impl Fn(&Report) -> Vec<String>) -> BTreeMap<&'static str, Vec<String>> {
    let mut differences = BTreeMap::new();
    for report in REPORTS.iter() {
        let found = found(report);
        let lost = report.figures.iter().filter(|figure| !found.contains(figure)).map(|figure| format!("- {figure}"));
        let new = found.iter().filter(|figure| !report.figures.contains(figure)).map(|figure| format!("+ {figure}"));
        let mut all: Vec<String> = lost.chain(new).collect();
        if all.is_empty() && found.len() != report.figures.len() {
            all.push(format!("{} figures for {}", found.len(), report.figures.len()));
        }
        if !all.is_empty() {
            differences.insert(report.path.as_str(), all);
        }
    }
    differences
}

fn assert_same(kind: &str, found: impl Fn(&Report) -> Vec<String>) {
    let differences = differences(found);
    assert!(differences.is_empty(), "{kind}: {} of {} differ: {differences:#?}", differences.len(), REPORTS.len());
}

#[test]
fn forty_reports_of_all_layouts_are_read() {
    assert_eq!(REPORTS.len(), 40);
    assert!(REPORTS.iter().all(|report| report.figures.len() > 5));
    let folder = std::env::vars().find(|(name, _)| name == "KINDS").map(|(_, value)| value);
    if let Some(folder) = folder {
        std::fs::create_dir_all(&folder).unwrap();
        for (at, report) in REPORTS.iter().enumerate() {
            let path = |ending: &str| Path::new(&folder).join(format!("{at:02}.{ending}"));
            let write = |path: std::path::PathBuf, text: String| {
                std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), text.as_bytes()).unwrap();
            };
            write(path("html"), write::html(&report.document));
            write(path("sheet.html"), write::sheets(&report.document));
        }
    }
}

#[test]
fn documents_written_here_are_read_alike() {
    assert_same("html", |report| of_text(report, write::html(&report.document).as_bytes()).0);
    assert_same("docx", |report| of_document(report, Media::Docx, write::docx(&report.document)));
    assert_same("odt", |report| of_document(report, Media::Odt, write::odt(&report.document)));
    assert_same("rtf", |report| of_document(report, Media::Rtf, write::rtf(&report.document)));
    assert_same("xlsx", |report| of_document(report, Media::Xlsx, write::xlsx(&report.document)));
    assert_same("mhtml", |report| of_document(report, Media::Mhtml, write::mhtml(&report.document).into_bytes()));
}

/// Documents that another program made, by the number of their report.
fn made_elsewhere(media: Media) -> BTreeMap<usize, Vec<u8>> {
    let ending = media.name();
    let path = format!("tests/kinds/{ending}.tar.xz");
    let mut file = std::fs::File::open(&path).unwrap();
    let size = file.metadata().unwrap().len();
    let mut found = BTreeMap::new();
    let (limits, columns) = (containers::limits(), Default::default());
    let mut sink = |member: nianbao::unpack::Member| {
        let number = member.name.split('.').next().and_then(|number| number.parse().ok()).unwrap();
        found.insert(number, member.content.unwrap());
        Ok(())
    };
    let container = nianbao::decode::Container::Xz;
    nianbao::unpack::unpack(container, &mut file, (path.as_str(), size), (&limits, &columns), &mut sink).unwrap();
    found
}

#[test]
fn documents_of_other_programs_are_read_alike() {
    for media in [Media::Docx, Media::Doc, Media::Odt, Media::Rtf, Media::Xlsx, Media::Xls, Media::Pdf] {
        let made = made_elsewhere(media);
        assert_eq!(made.len(), REPORTS.len(), "{}", media.name());
        let number = |report: &Report| REPORTS.iter().position(|other| other.path == report.path).unwrap();
        assert_same(media.name(), |report| of_document(report, media, made[&number(report)].clone()));
    }
}

/// Whatever happens to a document, reading it ends with a record or a reason; the reader process is not needed for that.
#[test]
fn documents_cut_off_anywhere_are_read_or_refused() {
    let report = &REPORTS[1];
    let whole: Vec<(Media, Vec<u8>)> = vec![
        (Media::Docx, write::docx(&report.document)),
        (Media::Odt, write::odt(&report.document)),
        (Media::Rtf, write::rtf(&report.document)),
        (Media::Xlsx, write::xlsx(&report.document)),
        (Media::Mhtml, write::mhtml(&report.document).into_bytes()),
        (Media::Doc, made_elsewhere(Media::Doc)[&1].clone()),
        (Media::Xls, made_elsewhere(Media::Xls)[&1].clone()),
        (Media::Pdf, made_elsewhere(Media::Pdf)[&1].clone()),
    ];
    for (media, bytes) in whole {
        for tenth in 0..10 {
            let part = bytes[..bytes.len() * tenth / 10].to_vec();
            match open(media, part) {
                Ok(page) => assert!(!page.markup.is_empty()),
                Err(reject) => assert!(
                    matches!(reject.reason, Reason::Unreadable | Reason::Empty | Reason::NeedsOcr),
                    "{}: {reject:?}",
                    media.name()
                ),
            }
        }
    }
}
