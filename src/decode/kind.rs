//! What kind of file the bytes are: told from the bytes alone, whatever the file is called.

use memchr::memmem;

use crate::medium::Media;
use crate::record::{Reason, Reject};

/// What has to be done with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text or a web page, for [`super::decode`].
    Text,
    /// A document for [`crate::open`].
    Document(Media),
    /// A file that holds others.
    Container(Container),
    /// Neither.
    Unreadable(Reject),
}

/// A file that holds others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Container {
    /// Zip.
    Zip,
    /// Tar, bare.
    Tar,
    /// What gzip compressed: a tar, a dump, or one file.
    Gzip,
    /// The same by bzip2.
    Bzip2,
    /// The same by xz.
    Xz,
    /// The same by zstd.
    Zstd,
    /// 7z.
    SevenZip,
    /// A crawl in the `WARC` format.
    Warc,
    /// One JSON object a line, one of its fields the text of a document.
    JsonLines,
    /// One JSON value: a list of such objects.
    Json,
    /// Parquet, one of its columns the texts of documents.
    Parquet,
}

/// First bytes of documents and containers.
const KNOWN: [(&[u8], Known); 10] = [
    (b"%PDF-", Known::Document(Media::Pdf)),
    (b"{\\rtf", Known::Document(Media::Rtf)),
    (b"\x1F\x8B", Known::Container(Container::Gzip)),
    (b"BZh", Known::Container(Container::Bzip2)),
    (b"\xFD7zXZ\0", Known::Container(Container::Xz)),
    (b"\x28\xB5\x2F\xFD", Known::Container(Container::Zstd)),
    (b"7z\xBC\xAF\x27\x1C", Known::Container(Container::SevenZip)),
    (b"WARC/", Known::Container(Container::Warc)),
    (b"PAR1", Known::Container(Container::Parquet)),
    (b"PK\x05\x06", Known::Container(Container::Zip)),
];

#[derive(Clone, Copy)]
enum Known {
    Document(Media),
    Container(Container),
}

/// First bytes of files that no text can be had from.
const PICTURES: [(&[u8], &str); 6] = [
    (b"\x89PNG", "a PNG image"),
    (b"\xFF\xD8\xFF", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"AT&TFORM", "a DjVu image"),
];

/// First bytes of files that this version does not read.
const FOREIGN: [(&[u8], &str); 2] = [(b"Rar!", "a RAR archive; unpack it first"), (b"MZ", "a Windows program")];

/// Bytes of a PDF that may stand before its mark.
const LEADING: usize = 1024;

impl Kind {
    /// The kind of a file; of a container its first half kilobyte is enough.
    pub fn of(bytes: &[u8]) -> Kind {
        if let Some((_, known)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return match known {
                Known::Document(media) => Kind::Document(*media),
                Known::Container(container) => Kind::Container(*container),
            };
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return package(bytes);
        }
        if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            return compound(bytes);
        }
        if let Some((_, what)) = PICTURES.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return unreadable(Reason::NeedsOcr, format!("this is {what}: its text would have to be recognised"));
        }
        if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return unreadable(Reason::Binary, format!("this is {what}"));
        }
        if bytes.get(257..262) == Some(b"ustar") {
            return Kind::Container(Container::Tar);
        }
        let head = bytes.get(..LEADING).unwrap_or(bytes);
        if is_saved_page(head) {
            return Kind::Document(Media::Mhtml);
        }
        // Some servers put a line of their own before a PDF.
        if memmem::find(head, b"%PDF-1.").is_some_and(|at| head[..at].is_ascii() && !head[..at].contains(&b'<')) {
            return Kind::Document(Media::Pdf);
        }
        Kind::Text
    }
}

fn unreadable(reason: Reason, detail: String) -> Kind {
    Kind::Unreadable(Reject { stage: "decode", reason, detail })
}

/// A zip is an Office document when its first member is one of those that these begin with.
fn package(bytes: &[u8]) -> Kind {
    const FIRST: [&[u8]; 7] =
        [b"[Content_Types]", b"_rels/", b"docProps/", b"word/", b"xl/", b"customXml/", b"mimetype"];
    let first = bytes.get(30..).unwrap_or_default();
    let has = |name: &str| memmem::find(bytes, name.as_bytes()).is_some();
    let is_office = first.starts_with(b"mimetype") || has("[Content_Types].xml");
    if !is_office || !FIRST.iter().any(|name| first.starts_with(name)) {
        return Kind::Container(Container::Zip);
    }
    if first.starts_with(b"mimetype") {
        return match () {
            () if has("opendocument.text") => Kind::Document(Media::Odt),
            () if has("opendocument.spreadsheet") => {
                unreadable(Reason::Binary, "this is an OpenDocument sheet; save it as xlsx".to_owned())
            }
            () => Kind::Container(Container::Zip),
        };
    }
    match () {
        () if has("word/document") => Kind::Document(Media::Docx),
        () if has("xl/workbook") => Kind::Document(Media::Xlsx),
        () => unreadable(Reason::Binary, "this is an Office file that is neither a text nor a sheet".to_owned()),
    }
}

/// Word, Excel and WPS before 2007: the names of the streams tell.
fn compound(bytes: &[u8]) -> Kind {
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &wide).is_some()
    };
    match () {
        () if has("EncryptedPackage") => {
            unreadable(Reason::Encrypted, "this is an Office document protected by a password".to_owned())
        }
        () if has("WordDocument") => Kind::Document(Media::Doc),
        () if has("Workbook") || has("Book\0") => Kind::Document(Media::Xls),
        () if has("PowerPoint Document") => unreadable(Reason::Binary, "this is a presentation".to_owned()),
        () => unreadable(Reason::Unreadable, "this is a part of an old Office file, without its directory".to_owned()),
    }
}

/// A page saved with all its parts begins like a letter.
fn is_saved_page(head: &[u8]) -> bool {
    const FIRST: [&[u8]; 4] = [b"from:", b"mime-version:", b"subject:", b"content-type: multipart/"];
    let begins = |name: &&[u8]| head.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    FIRST.iter().any(begins) && memmem::find(&head.to_ascii_lowercase(), b"multipart/related").is_some()
}
