//! What a page draws: glyphs with their boxes, and the segments of ruled lines.

#![expect(clippy::float_arithmetic, reason = "places on a page are measured, never published")]

use std::f64::consts::FRAC_PI_2;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use hayro_syntax::Pdf;
use kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape};

/// Paths beyond this number are a drawing, not the rules of a form.
const MOST_PATHS: usize = 50_000;

/// Glyphs beyond this number are no page that a person reads.
const MOST_GLYPHS: usize = 200_000;

/// Filled shapes thinner than this are lines (points).
const THICKEST_RULE: f64 = 2.2;

/// A character with its box; y grows downwards.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Letter {
    pub text: String,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Letter {
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.top, self.bottom)
    }

    pub(super) fn centre(&self) -> f64 {
        f64::midpoint(self.left, self.right)
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// A straight segment, upright or level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub level: bool,
    /// Its y when it is level, its x when it is upright.
    pub place: f64,
    pub from: f64,
    pub to: f64,
}

/// What one page draws.
#[derive(Default)]
pub(super) struct Ink {
    pub glyphs: Vec<Letter>,
    pub rules: Vec<Rule>,
    /// Glyphs of which the file does not say which characters they are.
    pub unknown: usize,
    pub pictures: usize,
}

/// Interprets all pages.
pub(super) fn collect(pdf: &Pdf) -> Vec<Ink> {
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings::default();
    let mut inks = Vec::new();
    for page in pdf.pages().iter() {
        let area = Rect::new(0.0, 0.0, 1.0, 1.0);
        let mut context = Context::new(Affine::IDENTITY, area, &cache, pdf.xref(), settings.clone());
        let sheet = page.intersected_crop_box();
        let sheet = Rect::new(sheet.x0, sheet.y0, sheet.x1, sheet.y1);
        let mut pen = Pen { sheet: Some(sheet).filter(|sheet| sheet.area() > 0.0), ..Pen::default() };
        interpret_page(page, &mut context, &mut pen);
        inks.push(pen.upright());
    }
    inks
}

/// A glyph as drawn: its text, where it begins and ends, its size, and which of four ways it runs.
struct Drawn {
    text: String,
    start: Point,
    end: Point,
    size: f64,
    turn: usize,
}

#[derive(Default)]
struct Pen {
    /// What is drawn beside it is on no page. `None` when the file does not say how large a page is.
    sheet: Option<Rect>,
    glyphs: Vec<Drawn>,
    paths: Vec<(BezPath, Affine, bool)>,
    unknown: usize,
    pictures: usize,
}

impl Pen {
    /// The page turned so that most of its text runs from left to right: what makes a form in landscape a form again.
    fn upright(self) -> Ink {
        let mut turns = [0_usize; 4];
        for glyph in &self.glyphs {
            turns[glyph.turn] += 1;
        }
        let turn = (0..4_u8).max_by_key(|turn| (turns[usize::from(*turn)], 4 - turn)).unwrap_or(0);
        let around = Affine::scale_non_uniform(1.0, -1.0) * Affine::rotate(-f64::from(turn) * FRAC_PI_2);
        let mut ink = Ink { unknown: self.unknown, pictures: self.pictures, ..Ink::default() };
        for glyph in self.glyphs {
            let (start, end) = (around * glyph.start, around * glyph.end);
            ink.glyphs.push(Letter {
                text: glyph.text,
                left: start.x.min(end.x),
                right: start.x.max(end.x),
                top: start.y - 0.8 * glyph.size,
                bottom: start.y + 0.1 * glyph.size,
            });
        }
        for (path, transform, stroked) in &self.paths {
            let read = if *stroked { segments } else { bars };
            read(path, around * *transform, &mut ink.rules);
        }
        let finite = |rule: &Rule| rule.place.is_finite() && rule.from.is_finite() && rule.to.is_finite();
        ink.rules.retain(finite);
        ink.glyphs
            .retain(|glyph| [glyph.left, glyph.right, glyph.top, glyph.bottom].iter().all(|edge| edge.is_finite()));
        ink
    }
}

/// Straight pieces of a stroked path.
fn segments(path: &BezPath, transform: Affine, rules: &mut Vec<Rule>) {
    let (mut first, mut last) = (Point::ZERO, Point::ZERO);
    let mut line = |from: Point, to: Point| {
        let (from, to) = (transform * from, transform * to);
        let (wide, high) = ((from.x - to.x).abs(), (from.y - to.y).abs());
        if high < 1.0 && wide > 2.0 {
            let place = f64::midpoint(from.y, to.y);
            rules.push(Rule { level: true, place, from: from.x.min(to.x), to: from.x.max(to.x) });
        } else if wide < 1.0 && high > 2.0 {
            let place = f64::midpoint(from.x, to.x);
            rules.push(Rule { level: false, place, from: from.y.min(to.y), to: from.y.max(to.y) });
        }
    };
    for element in path.elements() {
        match element {
            PathEl::MoveTo(point) => (first, last) = (*point, *point),
            PathEl::LineTo(point) => {
                line(last, *point);
                last = *point;
            }
            PathEl::QuadTo(_, point) | PathEl::CurveTo(_, _, point) => last = *point,
            PathEl::ClosePath => {
                line(last, first);
                last = first;
            }
        }
    }
}

/// Filled shapes so thin that they are lines.
fn bars(path: &BezPath, transform: Affine, rules: &mut Vec<Rule>) {
    let mut shapes = vec![BezPath::new()];
    for element in path.elements() {
        let is_new =
            matches!(element, PathEl::MoveTo(_)) && shapes.last().is_some_and(|shape| !shape.elements().is_empty());
        if is_new {
            shapes.push(BezPath::new());
        }
        if let Some(shape) = shapes.last_mut() {
            shape.push(*element);
        }
    }
    for shape in shapes.into_iter().filter(|shape| !shape.elements().is_empty()) {
        let area = (transform * shape).bounding_box();
        if area.height() < THICKEST_RULE && area.width() > THICKEST_RULE {
            rules.push(Rule { level: true, place: f64::midpoint(area.y0, area.y1), from: area.x0, to: area.x1 });
        } else if area.width() < THICKEST_RULE && area.height() > THICKEST_RULE {
            rules.push(Rule { level: false, place: f64::midpoint(area.x0, area.x1), from: area.y0, to: area.y1 });
        }
    }
}

impl<'a> Device<'a> for Pen {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let stroked = match mode {
            DrawMode::Stroke(_) | DrawMode::FillAndStroke(..) => true,
            DrawMode::Fill(_) => false,
            DrawMode::Invisible => return,
        };
        if self.paths.len() < MOST_PATHS {
            self.paths.push((path.clone(), props.transform, stroked));
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        // What a machine has read from the picture of a page lies invisible upon it: no words of the report.
        if matches!(mode, DrawMode::Invisible) {
            return;
        }
        for glyph in run.glyphs() {
            if self.glyphs.len() >= MOST_GLYPHS {
                return;
            }
            let transform = props.transform * glyph.transform();
            let start = transform * Point::ZERO;
            let [across, along, up, over, ..] = transform.as_coeffs();
            let quarter = along.atan2(across) / FRAC_PI_2;
            // What runs aslant is a watermark.
            let is_aslant = (quarter - quarter.round()).abs() > 0.1;
            if is_aslant || self.sheet.is_some_and(|sheet| !sheet.contains(start)) {
                continue;
            }
            let text = match glyph.as_unicode() {
                Some(BfString::Char(character)) => character.to_string(),
                Some(BfString::String(text)) => text,
                None => "\u{FFFD}".to_owned(),
            };
            self.unknown += usize::from(text.contains('\u{FFFD}'));
            if text.trim().is_empty() {
                continue;
            }
            let advance = match &**glyph {
                Glyph::Outline(outline) => f64::from(outline.advance_width().unwrap_or(1000.0)),
                Glyph::Type3(_) => 500.0,
            };
            let turn =
                (0..4_u8).position(|turn| (quarter.round() - f64::from(turn)).rem_euclid(4.0) < 0.5).unwrap_or(0);
            self.glyphs.push(Drawn {
                text,
                start,
                end: transform * Point::new(advance, 0.0),
                size: up.hypot(over) * 1000.0,
                turn,
            });
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.pictures += 1;
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
