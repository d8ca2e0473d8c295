//! What all targets share.

use std::sync::LazyLock;

use nianbao::decode::Kind;
use nianbao::knowledge::{Knowledge, embedded};
use nianbao::medium::{Decoded, Decoding, Media};
use nianbao::model::Source;
use nianbao::open::Page;
use nianbao::report;

/// Lets a reader that panics be caught as it is in the program: only what is not caught is a finding.
pub fn be_quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

/// The program's own data.
pub static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| embedded().expect("the data is right"));

/// Reads a text or page all the way, and holds it to what every reading promises.
pub fn read_text(bytes: &[u8]) {
    if Kind::of(bytes) != Kind::Text {
        return;
    }
    if let Ok(record) = report::read(&KNOWLEDGE, Source::of("fuzz/2019.txt", bytes), bytes) {
        for observation in &record.observations {
            let quote = observation.quote;
            assert!(record.document.text.get(quote.range()).is_some(), "a quotation is a part of the text");
        }
    }
}

/// Opens a document, then reads what came out of it.
pub fn open(media: Media, bytes: &[u8]) {
    be_quiet();
    let Ok(Page { markup, errors }) = nianbao::open::open(media, bytes.to_vec()) else { return };
    // What comes out of a small file may be long; that it can be read is another target's matter.
    if markup.len() < 100_000 {
        let decoded = Decoded { decoding: Decoding { media, encoding: None, errors, mended: false }, text: markup };
        let _ = report::study(&KNOWLEDGE, Source::of("fuzz/2019.doc", bytes), decoded);
    }
}
