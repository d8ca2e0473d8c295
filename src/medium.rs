//! What a document was before it became text: its kind, its encoding, and what was lost on the way.

/// Bytes turned into characters, with what it took to do so.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// How they were read.
    pub decoding: Decoding,
    /// The characters; still markup unless the medium is text.
    pub text: String,
}

/// How a document was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoding {
    /// What kind of file the bytes are.
    pub media: Media,
    /// Of a text or page: the encoding as WHATWG names it, in lower case (gbk and gb2312 report `gb18030`), and the
    /// evidence that decided it. Other documents say themselves what their characters are.
    pub encoding: Option<(&'static str, EncodingBasis)>,
    /// Malformed sequences that were replaced; in documents characters that the file does not name, and lost parts.
    pub errors: u32,
    /// Whether its characters were not what the file says: read in another encoding and saved, or left out where they
    /// were in another encoding or a byte before them was lost.
    pub mended: bool,
}

/// The kind of a document, told from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Media {
    /// Plain text, Markdown included.
    Text,
    /// A web page.
    Html,
    /// A web page with all its parts, as browsers save it.
    Mhtml,
    /// Word since 2007.
    Docx,
    /// Word before 2007, WPS.
    Doc,
    /// Excel since 2007.
    Xlsx,
    /// Excel before 2007, WPS.
    Xls,
    /// A PDF document with a text layer.
    Pdf,
    /// Rich Text Format.
    Rtf,
    /// An `OpenDocument` text.
    Odt,
}

impl Media {
    /// Endings of the names of documents, in lower case.
    pub const ENDINGS: [&str; 10] = [".doc", ".docx", ".wps", ".xls", ".xlsx", ".et", ".pdf", ".rtf", ".odt", ".mht"];

    /// Whether a file is called like a document that is neither text nor page.
    pub fn is_named(name: &str) -> bool {
        let ends = |ending: &&str| {
            let tail = name.len().checked_sub(ending.len()).and_then(|at| name.get(at..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
        };
        Media::ENDINGS.iter().any(ends)
    }

    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            Media::Text => "text",
            Media::Html => "html",
            Media::Mhtml => "mhtml",
            Media::Docx => "docx",
            Media::Doc => "doc",
            Media::Xlsx => "xlsx",
            Media::Xls => "xls",
            Media::Pdf => "pdf",
            Media::Rtf => "rtf",
            Media::Odt => "odt",
        }
    }
}

/// Why an encoding was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingBasis {
    /// A byte-order mark.
    Bom,
    /// Every byte is valid in it, and by chance that does not happen.
    Valid,
    /// The page says so and it decodes without an error.
    Declared,
    /// The best score among the candidates.
    Detected,
}

impl EncodingBasis {
    /// The published name.
    pub fn name(self) -> &'static str {
        match self {
            EncodingBasis::Bom => "bom",
            EncodingBasis::Valid => "valid",
            EncodingBasis::Declared => "declared",
            EncodingBasis::Detected => "detected",
        }
    }
}
