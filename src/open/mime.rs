//! A page as browsers save it with all its parts in one file (MHTML), through `mail-parser`.

use mail_parser::{MessageParser, MimeHeaders, PartType};

use super::{Page, reject};
use crate::record::{Reason, Reject};

/// Reads the longest page among the parts: a frame around it has no words of its own.
pub(super) fn read(bytes: &[u8]) -> Result<Page, Reject> {
    let parse = |bytes| {
        MessageParser::default().parse(bytes).ok_or_else(|| reject(Reason::Unreadable, "the saved page has no parts"))
    };
    let boundary = parse(bytes)?.content_type().and_then(|kind| kind.attribute("boundary")).map(str::to_owned);
    let end = format!("--{}--", boundary.unwrap_or_default());
    let is_whole = memchr::memmem::rfind(bytes, end.as_bytes()).is_some();
    // What was cut off ends without the mark that ends its last part.
    let whole = if is_whole { bytes.to_vec() } else { [bytes, b"\r\n", end.as_bytes(), b"\r\n"].concat() };
    let message = parse(&whole)?;
    let pages = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Html(text) => Some(text),
        PartType::Text(text) if part.is_content_type("text", "html") => Some(text),
        _ => None,
    });
    let page = pages.max_by_key(|page| page.len());
    let markup = page.ok_or_else(|| reject(Reason::Empty, "no part of the saved page is a page"))?.to_string();
    let errors = markup.matches('\u{FFFD}').count() + usize::from(!is_whole);
    Ok(Page::new(markup, errors))
}
