//! A page as browsers save it with all its parts in one file (MHTML), through `mail-parser`.

use std::borrow::Cow;

use encoding_rs::GB18030;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, MessageParser, MessagePart, MimeHeaders, PartType};

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
        PartType::Html(text) => Some((part, text)),
        PartType::Text(text) if part.is_content_type("text", "html") => Some((part, text)),
        _ => None,
    });
    let page = pages.max_by_key(|(_, page)| page.len());
    let (part, page) = page.ok_or_else(|| reject(Reason::Empty, "no part of the saved page is a page"))?;
    let markup = in_another_encoding(part, &whole, page).unwrap_or_else(|| page.to_string());
    let errors = markup.matches('\u{FFFD}').count() + usize::from(!is_whole);
    Ok(Page::new(markup, errors))
}

/// The words of a part that are not in the encoding that it states, or states none: in the first one that has no faults.
fn in_another_encoding(part: &MessagePart<'_>, message: &[u8], text: &str) -> Option<String> {
    let body = message.get(part.offset_body as usize..part.offset_end as usize)?;
    let bytes = match part.encoding {
        Encoding::None => Cow::Borrowed(body),
        Encoding::QuotedPrintable => Cow::Owned(quoted_printable_decode(body)?),
        Encoding::Base64 => Cow::Owned(base64_decode(body)?),
    };
    if bytes.is_ascii() {
        return None;
    }
    let utf8 = std::str::from_utf8(&bytes).ok().map(str::to_owned);
    let is_faultless = !text.contains('\u{FFFD}');
    let gb18030 = || GB18030.decode_without_bom_handling_and_without_replacement(&bytes).map(Cow::into_owned);
    utf8.or_else(|| if is_faultless { None } else { gb18030() })
}
