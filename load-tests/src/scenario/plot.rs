//! Plots as SVG that stands in a page: lines over an axis, or shares stacked on each other. Colours and text sizes are the page's.
#![expect(clippy::float_arithmetic, reason = "places on a page are no money")]

use std::fmt::Write;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 30.0;
/// About how many lines a scale has.
const TICKS: f64 = 5.0;

/// A name with its colour's class, and points from left to right.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// How points get their height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    /// By powers of ten: for what differs by magnitudes.
    Powers,
}

/// How lines stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Lines,
    /// Each on top of those before it.
    Stacked,
}

#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub(super) title: &'static str,
    /// What stands at the height's scale.
    pub(super) unit: &'static str,
    pub(super) scale: Scale,
    pub(super) shape: Shape,
    pub(super) lines: Vec<Line>,
    /// Along the bottom: where, and what is written there.
    pub(super) marks: Vec<(f64, String)>,
    /// Where something happened.
    pub(super) events: Vec<f64>,
}

/// From the values to places on the page.
struct Frame {
    scale: Scale,
    left: f64,
    right: f64,
    low: f64,
    high: f64,
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        let width = (self.right - self.left).max(f64::MIN_POSITIVE);
        LEFT + (value - self.left) / width * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let height = (self.high - self.low).max(f64::MIN_POSITIVE);
        let value = match self.scale {
            Scale::Linear => value,
            Scale::Powers => value.max(1e-9).log10(),
        };
        HEIGHT - BOTTOM - (value - self.low) / height * (HEIGHT - TOP - BOTTOM)
    }

    /// Where lines go across, with what is written beside them.
    fn ticks(&self) -> Vec<(f64, String)> {
        match self.scale {
            Scale::Linear => {
                let step = step(self.high - self.low);
                let count = ((self.high - self.low) / step + 0.5).floor();
                (0..=20_u32)
                    .map(f64::from)
                    .take_while(|number| *number <= count)
                    .map(|number| (self.low + number * step, short(self.low + number * step)))
                    .collect()
            }
            Scale::Powers => (-6..=9_i32)
                .map(f64::from)
                .filter(|power| *power >= self.low && *power <= self.high)
                .map(|power| (10_f64.powf(power), short(10_f64.powf(power))))
                .collect(),
        }
    }
}

impl Plot {
    /// The figure with its caption, or nothing when there is nothing to be drawn.
    pub(super) fn figure(&self) -> String {
        let lines = self.heaped();
        let points = || lines.iter().flat_map(|line| &line.points);
        if points().count() < 2 {
            return String::new();
        }
        let frame = self.frame(&lines);
        let mut svg = String::new();
        // A text takes all that is written to it.
        let _ = write!(
            svg,
            "<figure><figcaption>{}</figcaption>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            self.title, self.title
        );
        for (value, text) in frame.ticks() {
            let y = frame.y(value);
            let _ = write!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text class=\"at-left\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0
            );
        }
        for (value, text) in &self.marks {
            let _ = write!(
                svg,
                "<text class=\"below\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
                frame.x(*value),
                HEIGHT - 10.0
            );
        }
        for event in &self.events {
            let _ = write!(
                svg,
                "<path class=\"event\" d=\"M{:.1} {TOP}V{:.1}\"/>",
                frame.x(*event),
                HEIGHT - BOTTOM
            );
        }
        let _ = write!(svg, "<text class=\"unit\" x=\"0\" y=\"{:.1}\">{}</text>", TOP - 14.0, self.unit);
        // What is stacked highest is drawn first, so that the others stand before it.
        for line in lines.iter().rev() {
            svg.push_str(&self.path(&frame, line));
        }
        svg.push_str("</svg>\n");
        if self.lines.len() > 1 {
            svg.push_str("<p class=\"legend\">");
            for line in &self.lines {
                let _ = write!(svg, "<span class=\"{}\">{}</span> ", line.class, line.name);
            }
            svg.push_str("</p>");
        }
        svg.push_str("</figure>\n");
        svg
    }

    /// The lines as they are drawn: stacked ones each with those before it added.
    fn heaped(&self) -> Vec<Line> {
        let mut lines = self.lines.clone();
        if self.shape == Shape::Stacked {
            for at in 1..lines.len() {
                let (below, above) = lines.split_at_mut(at);
                for (point, under) in above[0].points.iter_mut().zip(&below[at - 1].points) {
                    point.1 += under.1;
                }
            }
        }
        lines
    }

    fn frame(&self, lines: &[Line]) -> Frame {
        let points = || lines.iter().flat_map(|line| &line.points);
        let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = match self.scale {
            Scale::Linear => {
                let highest = most(|point| point.1).max(1e-6);
                let step = step(highest);
                (0.0, (highest / step).ceil() * step)
            }
            Scale::Powers => {
                let low = least(|point| point.1).max(1e-6).log10().floor();
                (low, most(|point| point.1).max(1e-6).log10().ceil().max(low + 1.0))
            }
        };
        let marks = || self.marks.iter().map(|(place, _)| *place);
        let left = marks().fold(least(|point| point.0), f64::min);
        let right = marks().fold(most(|point| point.0), f64::max);
        Frame { scale: self.scale, left, right, low, high }
    }

    fn path(&self, frame: &Frame, line: &Line) -> String {
        let mut path = String::new();
        for (at, (x, y)) in line.points.iter().enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, frame.x(*x), frame.y(*y));
        }
        match self.shape {
            Shape::Lines => format!("<path class=\"line {}\" d=\"{path}\"/>", line.class),
            Shape::Stacked => {
                let (first, last) = (line.points.first(), line.points.last());
                let x = |point: Option<&(f64, f64)>| point.map_or(LEFT, |point| frame.x(point.0));
                let ground = HEIGHT - BOTTOM;
                format!(
                    "<path class=\"area {}\" d=\"{path}L{:.1} {ground}L{:.1} {ground}Z\"/>",
                    line.class,
                    x(last),
                    x(first)
                )
            }
        }
    }
}

/// A step of 1, 2 or 5 times a power of ten, of which some five go into this.
fn step(range: f64) -> f64 {
    let raw = (range / TICKS).max(1e-9);
    let power = 10_f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= raw).unwrap_or(power)
}

/// A number with no more digits than it needs.
fn short(value: f64) -> String {
    if value >= 1e6 {
        return format!("{} M", value / 1e6);
    }
    if value >= 1e3 {
        return format!("{} k", value / 1e3);
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, heights: &[f64]) -> Line {
        let points = (0_u32..).map(f64::from).zip(heights.iter().copied()).collect();
        Line { name: name.to_owned(), class: "c1", points }
    }

    fn plot(scale: Scale, shape: Shape, lines: Vec<Line>) -> Plot {
        Plot { title: "t", unit: "u", scale, shape, lines, marks: Vec::new(), events: vec![1.0] }
    }

    #[test]
    fn steps_are_round_and_numbers_short() {
        for (range, expected) in [(10.0, 2.0), (7.0, 2.0), (100.0, 20.0), (0.3, 0.1), (23_000.0, 5_000.0)] {
            assert!((step(range) - expected).abs() < 1e-9, "{range}: {}", step(range));
        }
        assert_eq!([short(0.0), short(0.25), short(40_000.0), short(2e6)], ["0", "0.25", "40 k", "2 M"]);
    }

    #[test]
    fn what_is_stacked_stands_on_what_is_below_it() {
        let plot = plot(Scale::Linear, Shape::Stacked, vec![line("a", &[1.0, 2.0]), line("b", &[3.0, 3.0])]);
        let heaped = plot.heaped();
        assert_eq!(heaped[1].points, [(0.0, 4.0), (1.0, 5.0)]);
        assert_eq!(heaped[0].points, [(0.0, 1.0), (1.0, 2.0)]);
    }

    #[test]
    fn all_points_are_within_the_picture_and_nothing_is_drawn_of_nothing() {
        for scale in [Scale::Linear, Scale::Powers] {
            let plot = plot(scale, Shape::Lines, vec![line("a", &[0.02, 7.0, 1300.0]), line("b", &[1.0])]);
            let lines = plot.heaped();
            let frame = plot.frame(&lines);
            for (x, y) in lines.iter().flat_map(|line| line.points.clone()) {
                assert!((LEFT..=WIDTH - RIGHT).contains(&frame.x(x)), "{scale:?} {x}");
                assert!((TOP - 1e-9..=HEIGHT - BOTTOM + 1e-9).contains(&frame.y(y)), "{scale:?} {y}");
            }
            let figure = plot.figure();
            assert!(figure.contains("class=\"line c1\"") && figure.contains("class=\"event\""), "{figure}");
            assert_eq!(figure.matches("<span").count(), 2, "a legend with both names");
        }
        assert_eq!(plot(Scale::Linear, Shape::Lines, vec![line("a", &[1.0])]).figure(), "");
    }
}
