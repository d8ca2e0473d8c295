//! A parsed document, written as documents of other kinds.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use nianbao::model::{BlockKind, Document};
use zip::write::SimpleFileOptions;

/// A part of a document: a paragraph, or a table of cells with how many columns and rows they cover.
enum Part<'d> {
    Paragraph(&'d str),
    Table(Vec<Vec<Cell<'d>>>),
}

#[derive(Clone, Copy)]
struct Cell<'d> {
    col: u32,
    columns: u32,
    rows: u32,
    text: &'d str,
}

/// Paragraphs and tables in their order; a place that no cell fills is filled by the cell above it, or is blank.
fn parts(document: &Document) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut open = None;
    for block in &document.blocks {
        let text = document.words(block.span);
        match block.kind {
            BlockKind::Paragraph => {
                open = None;
                parts.push(Part::Paragraph(text));
            }
            BlockKind::Cell { table, row, col, colspan } => {
                if open != Some(table) {
                    parts.push(Part::Table(Vec::new()));
                    open = Some(table);
                }
                let Some(Part::Table(rows)) = parts.last_mut() else { continue };
                rows.resize_with(rows.len().max(row as usize + 1), Vec::new);
                rows[row as usize].push(Cell { col, columns: colspan, rows: 1, text });
            }
        }
    }
    for part in &mut parts {
        if let Part::Table(rows) = part {
            fill(rows);
        }
    }
    parts
}

/// Makes cells reach down into the gaps below them.
fn fill(rows: &mut Vec<Vec<Cell<'_>>>) {
    rows.retain(|row| !row.is_empty());
    let width = rows.iter().flatten().map(|cell| cell.col + cell.columns).max().unwrap_or(0);
    let mut free: Vec<Option<(usize, usize)>> = vec![None; width as usize];
    for row in 0..rows.len() {
        let taken: Vec<(u32, u32)> = rows[row].iter().map(|cell| (cell.col, cell.columns)).collect();
        let is_taken = |col: u32| taken.iter().any(|(from, wide)| (*from..from + wide).contains(&col));
        let mut col = 0;
        while col < width {
            if is_taken(col) {
                col += 1;
                continue;
            }
            let above = free[col as usize].filter(|(row, at)| rows[*row][*at].col == col);
            let reaches = |(row, at): &(usize, usize)| {
                let cell = &rows[*row][*at];
                (cell.col..cell.col + cell.columns).all(|col| !is_taken(col))
            };
            match above.filter(reaches) {
                Some((above, at)) => {
                    rows[above][at].rows += 1;
                    col += rows[above][at].columns;
                }
                None => {
                    rows[row].push(Cell { col, columns: 1, rows: 1, text: "" });
                    col += 1;
                }
            }
        }
        rows[row].sort_by_key(|cell| cell.col);
        for (at, cell) in rows[row].iter().enumerate() {
            for col in cell.col..cell.col + cell.columns {
                free[col as usize] = Some((row, at));
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) fn html(document: &Document) -> String {
    let mut page = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body>\n".to_owned();
    for part in parts(document) {
        match part {
            Part::Paragraph(text) => {
                let _ = writeln!(page, "<p>{}</p>", escaped(text));
            }
            Part::Table(rows) => html_table(&mut page, &rows),
        }
    }
    page + "</body></html>\n"
}

fn html_table(page: &mut String, rows: &[Vec<Cell<'_>>]) {
    page.push_str("<table border=\"1\">\n");
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let (columns, rows, text) = (cell.columns, cell.rows, escaped(cell.text));
            let _ = write!(page, "<td colspan=\"{columns}\" rowspan=\"{rows}\">{text}</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

/// The page as a spreadsheet reads it: paragraphs are rows of one cell.
pub(super) fn sheets(document: &Document) -> String {
    html(document).replace("<p>", "<table><tr><td>").replace("</p>", "</td></tr></table>")
}

pub(super) fn mhtml(document: &Document) -> String {
    let mut coded = String::new();
    for byte in html(document).bytes() {
        match byte {
            b'\n' => coded.push_str("=0A=\r\n"),
            b' '..=b'<' | b'>'..=b'~' => coded.push(char::from(byte)),
            other => {
                let _ = write!(coded, "={other:02X}");
            }
        }
        if coded.len() - coded.rfind('\n').unwrap_or(0) > 70 {
            coded.push_str("=\r\n");
        }
    }
    format!(
        "From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; \
         boundary=\"--b\"\r\n\r\n----b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         {coded}\r\n----b--\r\n"
    )
}

pub(super) fn docx(document: &Document) -> Vec<u8> {
    let mut body = String::new();
    for part in parts(document) {
        match part {
            Part::Paragraph(text) => body.push_str(&docx_paragraph(text)),
            Part::Table(rows) => {
                body.push_str("<w:tbl><w:tblPr/><w:tblGrid/>");
                for row in covered(&rows) {
                    let cells: String = row.into_iter().map(docx_cell).collect();
                    let _ = write!(body, "<w:tr>{cells}</w:tr>");
                }
                body.push_str("</w:tbl>");
            }
        }
    }
    let space = "http://schemas.openxmlformats.org";
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"{space}/wordprocessingml/2006/main\"><w:body>{body}</w:body></w:document>"
    );
    let types = format!(
        "<Types xmlns=\"{space}/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>"
    );
    let relations = format!(
        "<Relationships xmlns=\"{space}/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{space}/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>"
    );
    zipped(&[("[Content_Types].xml", &types), ("_rels/.rels", &relations), ("word/document.xml", &xml)])
}

fn docx_paragraph(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| format!("<w:t xml:space=\"preserve\">{}</w:t>", escaped(line))).collect();
    format!("<w:p><w:r>{}</w:r></w:p>", lines.join("<w:br/>"))
}

fn docx_cell((cell, is_below): (Cell<'_>, bool)) -> String {
    let (merge, text) = match (is_below, cell.rows) {
        (true, _) => ("<w:vMerge/>", "<w:p/>".to_owned()),
        (false, 1) => ("", docx_paragraph(cell.text)),
        (false, _) => ("<w:vMerge w:val=\"restart\"/>", docx_paragraph(cell.text)),
    };
    format!("<w:tc><w:tcPr><w:gridSpan w:val=\"{}\"/>{merge}</w:tcPr>{text}</w:tc>", cell.columns)
}

/// The cells of each row, and those of rows above that reach into it.
fn covered<'d>(rows: &[Vec<Cell<'d>>]) -> Vec<Vec<(Cell<'d>, bool)>> {
    let mut all: Vec<Vec<(Cell<'d>, bool)>> = vec![Vec::new(); rows.len()];
    for (at, row) in rows.iter().enumerate() {
        for cell in row {
            for below in 0..cell.rows as usize {
                if let Some(row) = all.get_mut(at + below) {
                    row.push((*cell, below > 0));
                }
            }
        }
    }
    all.iter_mut().for_each(|row| row.sort_by_key(|(cell, _)| cell.col));
    all
}

pub(super) fn odt(document: &Document) -> Vec<u8> {
    let mut body = String::new();
    for part in parts(document) {
        match part {
            Part::Paragraph(text) => body.push_str(&odt_paragraph(text)),
            Part::Table(rows) => {
                body.push_str("<table:table>");
                for row in covered(&rows) {
                    let cells: String = row.into_iter().map(odt_cell).collect();
                    let _ = write!(body, "<table:table-row>{cells}</table:table-row>");
                }
                body.push_str("</table:table>");
            }
        }
    }
    let space = "urn:oasis:names:tc:opendocument:xmlns";
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"{space}:office:1.0\" xmlns:text=\"{space}:text:1.0\" xmlns:table=\"{space}:table:1.0\"><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    );
    zipped(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", &xml)])
}

fn odt_paragraph(text: &str) -> String {
    format!("<text:p>{}</text:p>", escaped(text).replace('\n', "<text:line-break/>"))
}

fn odt_cell((cell, is_below): (Cell<'_>, bool)) -> String {
    let (columns, rows) = (cell.columns, cell.rows);
    let blank = "<table:covered-table-cell/>";
    if is_below {
        return blank.repeat(columns as usize);
    }
    let (text, behind) = (odt_paragraph(cell.text), blank.repeat(columns as usize - 1));
    format!(
        "<table:table-cell table:number-columns-spanned=\"{columns}\" table:number-rows-spanned=\"{rows}\">{text}</table:table-cell>{behind}"
    )
}

pub(super) fn rtf(document: &Document) -> Vec<u8> {
    let mut out = b"{\\rtf1\\ansi\\ansicpg936\\deff0{\\fonttbl{\\f0\\fcharset134 SimSun;}}\n".to_vec();
    for part in parts(document) {
        match part {
            Part::Paragraph(text) => {
                out.extend_from_slice(b"\\pard ");
                rtf_words(&mut out, text);
                out.extend_from_slice(b"\\par\n");
            }
            Part::Table(rows) => covered(&rows).iter().for_each(|row| rtf_row(&mut out, row)),
        }
    }
    out.push(b'}');
    out
}

fn rtf_row(out: &mut Vec<u8>, row: &[(Cell<'_>, bool)]) {
    out.extend_from_slice(b"\\trowd");
    for (cell, is_below) in row {
        let merge = match (is_below, cell.rows) {
            (true, _) => "\\clvmrg",
            (false, 1) => "",
            (false, _) => "\\clvmgf",
        };
        let edge = (cell.col + cell.columns) * 1000;
        out.extend_from_slice(format!("{merge}\\cellx{edge}").as_bytes());
    }
    for (cell, is_below) in row {
        out.extend_from_slice(b"\\pard\\intbl ");
        rtf_words(out, if *is_below { "" } else { cell.text });
        out.extend_from_slice(b"\\cell");
    }
    out.extend_from_slice(b"\\row\n");
}

/// Words in GBK; what GBK lacks as Unicode.
fn rtf_words(out: &mut Vec<u8>, text: &str) {
    for character in text.chars() {
        let text = character.to_string();
        let (bytes, _, failed) = encoding_rs::GBK.encode(&text);
        match character {
            '\n' => out.extend_from_slice(b"\\line "),
            '\\' | '{' | '}' => out.extend_from_slice(format!("\\{character}").as_bytes()),
            _ if character.is_ascii() => out.push(bytes[0]),
            _ if failed => {
                let units: String = text.encode_utf16().map(|unit| format!("\\u{}?", unit.cast_signed())).collect();
                out.extend_from_slice(units.as_bytes());
            }
            _ => bytes.iter().for_each(|byte| out.extend_from_slice(format!("\\'{byte:02x}").as_bytes())),
        }
    }
}

/// Paragraphs in the first column, tables below them, and a new sheet behind each table: a table ends where its sheet
/// does.
pub(super) fn xlsx(document: &Document) -> Vec<u8> {
    let mut sheets: Vec<(String, Vec<String>)> = vec![(String::new(), Vec::new())];
    let mut row = 0;
    let all = parts(document);
    let tables_left = |at: usize| all.iter().skip(at + 1).any(|part| matches!(part, Part::Table(_)));
    for (at, part) in all.iter().enumerate() {
        match part {
            Part::Paragraph(words) => {
                row += 1;
                let sheet = sheets.last_mut().unwrap();
                let _ = write!(sheet.0, "<row r=\"{row}\">{}</row>", sheet_text(&format!("A{row}"), words));
            }
            Part::Table(rows) => {
                let sheet = sheets.last_mut().unwrap();
                for cells in rows {
                    row += 1;
                    let _ = write!(sheet.0, "<row r=\"{row}\">");
                    for cell in cells {
                        let (content, merged) = sheet_cell(cell, row);
                        sheet.0.push_str(&content);
                        sheet.1.extend(merged);
                    }
                    sheet.0.push_str("</row>");
                }
                if tables_left(at) {
                    sheets.push((String::new(), Vec::new()));
                    row = 0;
                }
            }
        }
    }
    workbook(&sheets)
}

fn sheet_text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>", escaped(text))
}

/// A cell, and the range that it covers when that is more than one.
fn sheet_cell(cell: &Cell<'_>, row: u32) -> (String, Option<String>) {
    let place = format!("{}{row}", column(cell.col));
    let number = cell.text.parse::<u32>().ok().filter(|number| number.to_string() == cell.text);
    let content = match number {
        Some(number) => format!("<c r=\"{place}\"><v>{number}</v></c>"),
        None if cell.text.is_empty() => String::new(),
        None => sheet_text(&place, cell.text),
    };
    let (last, below) = (column(cell.col + cell.columns - 1), row + cell.rows - 1);
    let merged = (cell.columns > 1 || cell.rows > 1).then(|| format!("<mergeCell ref=\"{place}:{last}{below}\"/>"));
    (content, merged)
}

fn column(number: u32) -> String {
    let letter = |number: u32| char::from(b'A' + u8::try_from(number % 26).unwrap());
    if number < 26 { letter(number).to_string() } else { format!("{}{}", letter(number / 26 - 1), letter(number)) }
}

fn workbook(sheets: &[(String, Vec<String>)]) -> Vec<u8> {
    let space = "http://schemas.openxmlformats.org";
    let main = format!("{space}/spreadsheetml/2006/main");
    let (mut types, mut relations, mut names) = (String::new(), String::new(), String::new());
    let mut pages = Vec::new();
    for (at, (rows, merged)) in sheets.iter().enumerate() {
        let number = at + 1;
        let _ = write!(
            types,
            "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
        );
        let _ = write!(
            relations,
            "<Relationship Id=\"r{number}\" Type=\"{space}/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        let _ = write!(names, "<sheet name=\"Sheet{number}\" sheetId=\"{number}\" r:id=\"r{number}\"/>");
        let merged =
            if merged.is_empty() { String::new() } else { format!("<mergeCells>{}</mergeCells>", merged.concat()) };
        let page = format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData>{merged}</worksheet>");
        pages.push((format!("xl/worksheets/sheet{number}.xml"), page));
    }
    let types = format!(
        "<Types xmlns=\"{space}/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>"
    );
    let root = format!(
        "<Relationships xmlns=\"{space}/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"{space}/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{space}/officeDocument/2006/relationships\"><sheets>{names}</sheets></workbook>"
    );
    let relations = format!("<Relationships xmlns=\"{space}/package/2006/relationships\">{relations}</Relationships>");
    let mut files = vec![
        ("[Content_Types].xml", types.as_str()),
        ("_rels/.rels", &root),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &relations),
    ];
    files.extend(pages.iter().map(|(name, page)| (name.as_str(), page.as_str())));
    zipped(&files)
}

pub(crate) fn zipped<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_ref()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
