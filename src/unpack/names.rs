//! Names of members: decoded, made harmless, each used once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::Encoding;

use crate::decode::Charset;

/// Names that were given.
#[derive(Default)]
pub(super) struct Names {
    used: BTreeMap<String, u32>,
}

impl Names {
    /// The name, or `name#2` where it was given before.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        loop {
            let count = self.used.entry(unique.clone()).or_default();
            *count += 1;
            if *count == 1 {
                return unique;
            }
            // The new name may be another member's own.
            unique = format!("{name}#{count}");
        }
    }
}

/// Decodes what does not say in which encoding it is: UTF-8 where it can be, GBK more often than not.
pub(super) struct Speller {
    charset: Charset,
}

impl Speller {
    pub(super) fn new() -> Speller {
        Speller { charset: Charset::new(include_str!("../../data/common_characters.txt")) }
    }

    /// Words in an encoding of their own.
    pub(super) fn text<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => self.charset.choose(bytes).encoding.decode_without_bom_handling(bytes).0,
        }
    }

    /// The name of a member.
    pub(super) fn name(&self, bytes: &[u8]) -> String {
        harmless(&self.text(bytes))
    }

    /// The encoding of names that are all in one: the more there are, the surer it is.
    pub(super) fn encoding<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> &'static Encoding {
        let all = names.collect::<Vec<_>>().join(&b"\n"[..]);
        self.charset.choose(&all).encoding
    }
}

/// A relative path without steps upwards, drives or control characters.
pub(super) fn harmless(name: &str) -> String {
    let name = name.replace('\\', "/");
    let steps = name.split('/').filter(|step| !matches!(*step, "" | "." | ".."));
    let path = steps.collect::<Vec<_>>().join("/");
    let path: String = path.chars().map(|one| if one.is_control() { '\u{FFFD}' } else { one }).collect();
    if path.is_empty() { "unnamed".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        assert_eq!(harmless("../../etc/passwd"), "etc/passwd");
        assert_eq!(harmless("C:\\x\\..\\y.txt"), "C:/x/y.txt");
        assert_eq!(harmless("/"), "unnamed");
    }

    #[test]
    fn names_are_used_once() {
        let mut names = Names::default();
        let given = ["a", "a", "a#2", "b"].map(|name| names.unique(name));
        assert_eq!(given, ["a", "a#2", "a#2#2", "b"]);
    }
}
