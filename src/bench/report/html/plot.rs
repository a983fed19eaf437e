//! A plot → SVG, by plotters. It scales with the page: the drawing is larger than it is shown, because plotters rounds
//! coordinates to whole pixels. Colors are replaced by style.css, for light and dark.

use std::ops::Range;

use plotters::chart::{ChartBuilder, DualCoordChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::drawing::{DrawingAreaErrorKind, IntoDrawingArea as _};
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle};
use plotters::prelude::SVGBackend;
use plotters::style::{Color as _, RGBColor, TRANSPARENT};

use super::scale::Scale;
use crate::error::{Error, Result};

/// Pixels of the drawing for one of the page, where it has its usual width.
const SCALE: u32 = 4;

/// Of the drawing. Half of a page's width, and text that is readable on a phone, which shows it smaller.
pub const SIZE: (u32, u32) = (480 * SCALE, 290 * SCALE);

const TEXT: u32 = 19 * SCALE;

/// Text, axes and grid.
const INK: RGBColor = RGBColor(0x37, 0x41, 0x51);
const GRID: RGBColor = RGBColor(0xE5, 0xE7, 0xEB);

/// What a series is drawn in. style.css has a variable of the same name for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    Blue,
    Green,
    Amber,
    Red,
    Gray,
}

impl Color {
    pub fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Gray => "gray",
        }
    }

    fn rgb(self) -> RGBColor {
        match self {
            Self::Blue => RGBColor(0x25, 0x63, 0xEB),
            Self::Green => RGBColor(0x05, 0x96, 0x69),
            Self::Amber => RGBColor(0xD9, 0x77, 0x06),
            Self::Red => RGBColor(0xDC, 0x26, 0x26),
            Self::Gray => RGBColor(0x9C, 0xA3, 0xAF),
        }
    }
}

/// A value, if there is one at that place.
#[derive(Clone, Copy, Debug)]
pub struct Dot {
    pub x: f64,
    pub y: Option<f64>,
    /// The space down to here is filled, lightly.
    pub floor: Option<f64>,
}

/// Values that are joined, except over gaps.
pub struct Line {
    pub name: &'static str,
    pub color: Color,
    /// On the axis at the right.
    pub is_right: bool,
    pub dots: Vec<Dot>,
}

/// Stands on the axis.
pub struct Column {
    pub from: f64,
    pub to: f64,
    pub height: f64,
}

/// What is drawn, on which axes.
pub struct Plot {
    pub x: Scale,
    pub y: Scale,
    pub right: Option<Scale>,
    pub lines: Vec<Line>,
    pub columns: Vec<Column>,
}

type Plane = Cartesian2d<Scale, Scale>;
type Chart<'a, 'b> = DualCoordChartContext<'a, SVGBackend<'b>, Plane, Plane>;
type Drawn = std::result::Result<(), DrawingAreaErrorKind<std::io::Error>>;

impl Plot {
    /// How many values are drawn. Each is a `circle` or a `rect`, and nothing else is one.
    pub fn points(&self) -> usize {
        let dots = self.lines.iter().flat_map(|line| &line.dots);
        dots.filter(|dot| dot.y.is_some()).count() + self.columns.len()
    }

    /// An `svg` element.
    pub fn draw(&self) -> Result<String> {
        let mut svg = String::new();
        let drawn = self.draw_to(&mut svg);
        drawn.map_err(|error| Error::failed("cannot draw a plot").caused_by(error.to_string()))?;
        Ok(svg)
    }

    fn draw_to(&self, svg: &mut String) -> Drawn {
        let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        let unused = Scale::counts(1.0);
        let right = self.right.as_ref();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(10 * SCALE)
            .margin_right(if right.is_some() { 2 } else { 32 } * SCALE)
            .x_label_area_size(28 * SCALE)
            .y_label_area_size(68 * SCALE)
            .right_y_label_area_size(if right.is_some() { 54 * SCALE } else { 0 })
            .build_cartesian_2d(self.x.clone(), self.y.clone())?
            .set_secondary_coord(self.x.clone(), right.unwrap_or(&unused).clone());
        let text = ("sans-serif", TEXT, &INK);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .axis_style(INK.stroke_width(SCALE))
            .bold_line_style(GRID.stroke_width(SCALE))
            .light_line_style(TRANSPARENT)
            .set_all_tick_mark_size(4 * SCALE)
            .label_style(text)
            .draw()?;
        if right.is_some() {
            chart
                .configure_secondary_axes()
                .axis_style(INK.stroke_width(SCALE))
                .set_all_tick_mark_size(4 * SCALE)
                .label_style(text)
                .draw()?;
        }
        self.draw_columns(&mut chart)?;
        for line in &self.lines {
            Self::fill(&mut chart, line)?;
        }
        for line in &self.lines {
            Self::draw_line(&mut chart, line)?;
        }
        drop(chart);
        root.present()
    }

    fn draw_columns(&self, chart: &mut Chart<'_, '_>) -> Drawn {
        let columns = self.columns.iter().map(|column| {
            let corners = [(column.from, 0.0), (column.to, column.height)];
            let mut column = Rectangle::new(corners, Color::Blue.rgb().filled());
            column.set_margin(0, 0, SCALE / 2, SCALE / 2);
            column
        });
        chart.draw_series(columns)?;
        Ok(())
    }

    fn fill(chart: &mut Chart<'_, '_>, line: &Line) -> Drawn {
        let style = line.color.rgb().mix(0.15).filled();
        for part in line
            .dots
            .split(|dot| dot.y.is_none() || dot.floor.is_none())
        {
            let above = part.iter().filter_map(|dot| Some((dot.x, dot.y?)));
            let below = part.iter().rev();
            let below = below.filter_map(|dot| Some((dot.x, dot.floor?)));
            let outline: Vec<_> = above.chain(below).collect();
            if !outline.is_empty() {
                put(chart, line, [Polygon::new(outline, style)])?;
            }
        }
        Ok(())
    }

    fn draw_line(chart: &mut Chart<'_, '_>, line: &Line) -> Drawn {
        let color = line.color.rgb();
        for part in line.dots.split(|dot| dot.y.is_none()) {
            let places = part.iter().filter_map(|dot| Some((dot.x, dot.y?)));
            let places: Vec<_> = places.collect();
            if places.len() > 1 {
                let path = PathElement::new(places.clone(), color.stroke_width(2 * SCALE));
                put(chart, line, [path])?;
            }
            // Many together are a line already.
            let radius = if line.dots.len() > 60 {
                SCALE
            } else {
                5 * SCALE / 2
            };
            let dots = places.into_iter();
            let dots = dots.map(|place| Circle::new(place, radius, color.filled()));
            put(chart, line, dots)?;
        }
        Ok(())
    }
}

/// Draws on the axes of a line.
fn put<'b, E>(
    chart: &mut Chart<'_, 'b>,
    line: &Line,
    elements: impl IntoIterator<Item = E>,
) -> Drawn
where
    for<'e> &'e E: PointCollection<'e, (f64, f64)>,
    E: Drawable<SVGBackend<'b>>,
{
    if line.is_right {
        chart.draw_secondary_series(elements)?;
    } else {
        chart.draw_series(elements)?;
    }
    Ok(())
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let at = self.place(*value) * f64::from(end - start);
        start.saturating_add(at.round() as i32)
    }

    /// The grid has only bold lines.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        let (low, high) = self.ends();
        low..high
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        let mut ticks = self.ticks.iter();
        let tick = ticks.find(|(at, _)| at.to_bits() == value.to_bits());
        tick.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}
