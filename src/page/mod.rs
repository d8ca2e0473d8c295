//! Pages for people, made of published tables or of one record: one file each, in English and Chinese, which fetches
//! nothing.
//!
//! Whatever a report's title or label holds is text: it is escaped, and the browser is told that nothing may run but what
//! is named by its hash.

mod words;
mod chart;
mod outliers;
mod survey;
mod changes;
mod quality;
mod document;

pub use changes::Changes;
pub use document::document;
pub use quality::{Head, Quality, Since};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use words::{say, switch};

/// How everything looks.
const STYLE: &str = include_str!("style.css");

/// A page of sections; `script` is the hash of the one script that it may run.
fn page(title: &str, name: &str, script: Option<&str>, sections: &[(&str, Markup)]) -> String {
    let script = script.map_or("'none'".to_owned(), |hash| format!("'sha256-{hash}'"));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src {script}; base-uri 'none'; form-action 'none'"
    );
    let heading = |id: &str| say(&format!("h_{id}"));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "nianbao · " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (switch())
                header { h1 { (say(title)) } p.name { (say(&format!("{title}_name"))) " " (name) } }
                nav aria-label="contents" { ul { @for (id, _) in sections { li { a href={ "#" (id) } { (heading(id)) } } } } }
                main { @for (id, content) in sections { section id=(id) { h2 { (heading(id)) } (content) } } }
                @if title == "quality" { footer { p { (say("footer")) } } }
            }
        }
    };
    page.into_string()
}
