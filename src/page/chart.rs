//! Charts: bars over the years, one colour a kind. The style sheet knows the colours, so that they follow the reader's
//! light or dark.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::{
    BLACK, ChartBuilder, Color, IntoDrawingArea, IntoSegmentedCoord, RGBColor, Rectangle, SVGBackend, SegmentValue,
    ShapeStyle, TRANSPARENT,
};

use super::survey::ByYear;
use super::words::{count, plain, say};

/// Pixels, before the page scales it.
const SIZE: (u32, u32) = (760, 260);

/// Kinds that have a colour of their own in style.css; what is rarer is told by the table alone.
const KINDS: usize = 7;

/// A figure with bars, their legend, and the same numbers as a table.
pub(super) fn bars(title: &str, counts: &ByYear) -> Markup {
    let shown: Vec<&(String, Vec<usize>)> = counts.kinds.iter().take(KINDS).collect();
    html! {
        figure {
            figcaption { (say(title)) }
            @match drawn(&counts.years, &shown) {
                Some(svg) => div.chart role="img" aria-label=(plain(title)) { (PreEscaped(svg)) },
                None => p.none { (say("nothing")) },
            }
            ul.legend {
                @for (at, (kind, _)) in shown.iter().enumerate() {
                    li { i class={ "kind kind" (at) } {} (say(kind)) }
                }
            }
            details {
                summary { (say("as_table")) }
                (table(counts))
            }
        }
    }
}

fn table(counts: &ByYear) -> Markup {
    html! {
        div.wide { table {
            thead { tr {
                th scope="col" { (say("year")) }
                @for (kind, _) in &counts.kinds { th.number scope="col" { (say(kind)) } }
            } }
            tbody { @for (at, year) in counts.years.iter().enumerate() { tr {
                th scope="row" { (year) }
                @for (_, numbers) in &counts.kinds { td.number { (count(numbers.get(at).copied().unwrap_or(0))) } }
            } } }
        } }
    }
}

/// The bars as SVG; none where there is nothing to draw.
fn drawn(years: &[i16], kinds: &[&(String, Vec<usize>)]) -> Option<String> {
    let sum = |at: usize| kinds.iter().filter_map(|(_, numbers)| numbers.get(at)).sum::<usize>();
    let highest = (0..years.len()).map(sum).max().filter(|highest| *highest > 0)?;
    let (first, last) = (i32::from(*years.first()?), i32::from(*years.last()?));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(56)
            .build_cartesian_2d((first..last).into_segmented(), 0..highest + highest / 20 + 1)
            .ok()?;
        let mesh = chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(years.len())
            .y_labels(5)
            .x_label_formatter(&|year| match year {
                SegmentValue::CenterOf(year) | SegmentValue::Exact(year) => year.to_string(),
                SegmentValue::Last => String::new(),
            })
            .y_label_formatter(&|number| count(*number))
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.2))
            .axis_style(BLACK)
            .draw();
        mesh.ok()?;
        let mut floors = vec![0; years.len()];
        for (colour, (_, numbers)) in (0..).zip(kinds) {
            let style = ShapeStyle::from(RGBColor(1, 1, colour)).filled();
            let bars = years.iter().zip(&mut floors).zip(numbers).filter(|(_, number)| **number > 0);
            let bars = bars.map(|((year, floor), number)| {
                let (low, high) = (*floor, *floor + number);
                *floor = high;
                let year = i32::from(*year);
                let corners = [(SegmentValue::Exact(year), low), (SegmentValue::Exact(year + 1), high)];
                let mut bar = Rectangle::new(corners, style);
                bar.set_margin(0, 0, 3, 3);
                bar
            });
            chart.draw_series(bars).ok()?;
        }
        area.present().ok()?;
    }
    Some(svg)
}
