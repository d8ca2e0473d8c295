//! A filled form in every shape in which reports survive.

use std::fmt::Write as _;

use super::template::{Cell, Part, grid};

/// How a table survives as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Tabs; cells that a span covers are left out.
    Tabs,
    /// Tabs; covered cells are empty, group labels stand in the middle row of their group, a page break cuts a label.
    TabsCentred,
    /// Pipes around every cell.
    Pipes,
    /// Pipes between cells only, and a tail of them.
    PipesTail,
    /// One cell a line.
    Cells,
    /// One cell a line, blank lines between.
    CellsSpaced,
    /// One cell a line, lone pipes between the cells of a row.
    CellsPiped,
    /// HTML with spans.
    Html,
    /// HTML with nested tags, line breaks in labels and `&nbsp;`.
    HtmlNested,
    /// Text of a page: blanks between cells, long labels broken, section IV's head one character a line.
    Page,
    /// Everything in a row glued together.
    Glued,
    /// One cell a line, every repeated line taken out.
    Deduplicated,
    /// The tables are gone.
    Gone,
}

impl Shape {
    pub(super) const ALL: [Shape; 13] = [
        Shape::Tabs,
        Shape::TabsCentred,
        Shape::Pipes,
        Shape::PipesTail,
        Shape::Cells,
        Shape::CellsSpaced,
        Shape::CellsPiped,
        Shape::Html,
        Shape::HtmlNested,
        Shape::Page,
        Shape::Glued,
        Shape::Deduplicated,
        Shape::Gone,
    ];

    /// Whether the shape loses nothing but the blanks of empty cells.
    pub(super) fn is_whole(self) -> bool {
        !matches!(self, Shape::Glued | Shape::Deduplicated | Shape::Gone)
    }

    /// Whether an empty cell leaves a trace.
    pub(super) fn keeps_blanks(self) -> bool {
        !matches!(
            self,
            Shape::Cells | Shape::CellsSpaced | Shape::Page | Shape::Glued | Shape::Deduplicated | Shape::Gone
        )
    }

    pub(super) fn is_html(self) -> bool {
        matches!(self, Shape::Html | Shape::HtmlNested)
    }
}

/// Prints the form. Figures are already in their cells.
pub(super) fn render(parts: &[Part], shape: Shape) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Heading(heading) if shape.is_html() => {
                let _ = writeln!(text, "<p>{heading}</p>");
            }
            Part::Heading(heading) => {
                let _ = writeln!(text, "{heading}\n");
            }
            Part::Table(rows) => table(&mut text, rows, shape),
        }
    }
    if shape == Shape::Deduplicated {
        let mut seen = std::collections::BTreeSet::new();
        let kept: Vec<&str> = text.lines().filter(|line| line.is_empty() || seen.insert(*line)).collect();
        text = kept.join("\n");
    }
    text
}

fn table(text: &mut String, rows: &[Vec<Cell>], shape: Shape) {
    match shape {
        Shape::Tabs => {
            lines(text, rows, |row| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("\t"));
        }
        Shape::TabsCentred => centred(text, rows),
        Shape::Pipes => {
            for (number, line) in full(rows).iter().enumerate() {
                let _ = writeln!(text, "| {} |", line.join(" | "));
                if number == 0 {
                    let _ = writeln!(text, "|{}", "---|".repeat(line.len()));
                }
            }
        }
        Shape::PipesTail => {
            let tail = "|".repeat(40);
            lines(text, rows, |row| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" | ") + &tail);
        }
        Shape::Cells | Shape::Deduplicated => cells(text, rows, "\n"),
        Shape::CellsSpaced => cells(text, rows, "\n\n\n"),
        Shape::CellsPiped => {
            lines(text, rows, |row| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("\n|\n"));
        }
        Shape::Html | Shape::HtmlNested => html(text, rows, shape == Shape::HtmlNested),
        Shape::Page => page(text, rows),
        Shape::Glued => lines(text, rows, |row| row.iter().map(|cell| cell.text.as_str()).collect()),
        Shape::Gone => {}
    }
    text.push('\n');
}

fn lines(text: &mut String, rows: &[Vec<Cell>], print: impl Fn(&[Cell]) -> String) {
    for row in rows {
        let _ = writeln!(text, "{}", print(row));
    }
}

fn cells(text: &mut String, rows: &[Vec<Cell>], between: &str) {
    for cell in rows.iter().flatten().filter(|cell| !cell.text.is_empty()) {
        text.push_str(&cell.text);
        text.push_str(between);
    }
}

/// Every place of the grid; what a span covers is empty.
fn full(rows: &[Vec<Cell>]) -> Vec<Vec<String>> {
    let place = |((row, number), begins): &((usize, usize), bool)| {
        if *begins { rows[*row][*number].text.clone() } else { String::new() }
    };
    grid(rows).iter().map(|line| line.iter().map(place).collect()).collect()
}

fn centred(text: &mut String, rows: &[Vec<Cell>]) {
    let mut lines = full(rows);
    for (at, row) in rows.iter().enumerate() {
        for cell in row.iter().filter(|cell| cell.rowspan > 2 && !cell.is_figure()) {
            let Some(column) = lines[at].iter().position(|text| *text == cell.text) else { continue };
            if column == 0 && cell.text.starts_with("三、本") {
                // The page ends inside this label: its first half is glued to the row beside it.
                let (first, second) = cell.text.split_at("三、本".len());
                lines[at][0] = format!("{first}{}", lines[at][1]);
                lines[at].remove(1);
                lines[at + 1][0] = second.to_owned();
            } else {
                lines[at][column].clear();
                lines[at + 1][column].clone_from(&cell.text);
            }
        }
    }
    for line in lines {
        let _ = writeln!(text, "{}", line.join("\t"));
    }
}

fn html(text: &mut String, rows: &[Vec<Cell>], nested: bool) {
    text.push_str(if nested { "<div><table><tr><td><table border=1><tbody>" } else { "<table>" });
    for row in rows {
        text.push_str("<tr>");
        for cell in row {
            let _ = write!(text, "<td");
            if cell.colspan > 1 {
                let _ = write!(text, " colspan=\"{}\"", cell.colspan);
            }
            if cell.rowspan > 1 {
                let _ = write!(text, " rowspan={}", cell.rowspan);
            }
            let half = cell.text.char_indices().nth(cell.text.chars().count() / 2).map_or(0, |(at, _)| at);
            let (first, second) = cell.text.split_at(half);
            let digits = cell.text.bytes().any(|byte| byte.is_ascii_digit());
            let _ = match (nested, cell.text.as_str()) {
                (true, "") => write!(text, "><p><span>&nbsp;</span></p></td>"),
                (true, _) if digits => write!(text, "><p><b><span style='x'>{}</span></b></p>", cell.text),
                (true, _) => write!(text, "><p>{first}<br />{second}</p></td>"),
                (false, _) => write!(text, ">{}</td>", cell.text),
            };
        }
        text.push_str(if nested { "\n" } else { "</tr>\n" });
    }
    text.push_str(if nested { "</tbody></table></td></tr></table></div>" } else { "</table>" });
}

/// A label longer than this, in characters, is broken over two lines in the text of a page.
const LINE: usize = 14;

fn page(text: &mut String, rows: &[Vec<Cell>]) {
    let run = rows.iter().flatten().any(|cell| cell.text == "复议后起诉");
    if run {
        text.push_str("行政复议 行政诉讼\n结 结 其 尚 总 未经复议直接起诉 复议后起诉\n果 果 他 未 计 结 结 其 尚 总 结 结 其 尚 总\n");
        text.push_str(
            "维 纠 结 审 果 果 他 未 计 果 果 他 未 计\n持 正 果 结 维 纠 结 审 维 纠 结 审\n持 正 果 结 持 正 果 结\n",
        );
    }
    let mut broken = 0;
    for row in rows {
        let figures: Vec<&str> = row.iter().filter(|cell| is_value(cell)).map(|cell| cell.text.as_str()).collect();
        let labels: Vec<&str> = row.iter().filter(|cell| !is_value(cell)).map(|cell| cell.text.as_str()).collect();
        if run && figures.is_empty() {
            continue;
        }
        let label = match labels.split_last() {
            Some((label, groups)) if !figures.is_empty() => {
                // A group's label is centred in its cell: a line of its own.
                groups.iter().filter(|group| !group.is_empty()).for_each(|group| text.push_str(&format!("{group}\n")));
                (*label).to_owned()
            }
            _ => labels.join("  "),
        };
        let count = label.chars().count();
        if figures.is_empty() || count <= LINE {
            let _ = writeln!(text, "{label}   {}", figures.join("  "));
            continue;
        }
        broken += 1;
        let half = label.char_indices().nth(count - count / 3).map_or(0, |(at, _)| at);
        let (first, second) = label.split_at(half);
        if broken % 2 == 0 {
            let _ = writeln!(text, "{first}\n{}\n{second}", figures.join(" "));
        } else {
            let _ = writeln!(text, "{first}\n{second} {}", figures.join(" "));
        }
        if broken % 5 == 0 {
            let _ = writeln!(text, "\n— {broken} —\n");
        }
    }
}

/// A cell of figures; units and codes stand among them.
fn is_value(cell: &Cell) -> bool {
    let text = cell.text.as_str();
    let number =
        text.bytes().any(|byte| byte.is_ascii_digit()) && text.chars().all(|one| one.is_ascii() || one == '，');
    number
        || matches!(
            text,
            "-" | "无" | "" | "——" | "----" | "条" | "件" | "次" | "人次" | "人" | "个" | "元" | "万元" | "篇"
        )
}

/// The report around the tables.
pub(super) fn report(body: &str, year: i16, shape: Shape) -> String {
    let title = format!("盐井乡人民政府{year}年政府信息公开工作年度报告");
    let begin = format!("本报告由永顺县盐井乡人民政府编制，统计期限自{year}年1月1日起至{year}年12月31日止。");
    let end = "五、存在的主要问题及改进情况";
    let rest = "工作人员业务水平有待提高，将加强学习。";
    if shape.is_html() {
        return format!(
            "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{begin}</p>\n{body}\n<p>{end}</p><p>{rest}</p></body></html>"
        );
    }
    format!("{title}\n\n{begin}\n\n{body}\n{end}\n\n{rest}\n")
}

/// In what bytes a text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf8Mark,
    Gb18030,
    Utf16,
}

impl Encoding {
    pub(super) const ALL: [Encoding; 4] = [Encoding::Utf8, Encoding::Utf8Mark, Encoding::Gb18030, Encoding::Utf16];

    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8Mark => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Encoding::Gb18030 => encoding_rs::GB18030.encode(text).0.into_owned(),
            Encoding::Utf16 => {
                std::iter::once(0xFEFF_u16).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
            }
        }
    }
}
