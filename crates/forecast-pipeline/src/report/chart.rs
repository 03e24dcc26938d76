//! Line charts and forecast fans as SVG, for a page that is printed as often as it is looked at.
//!
//! Colours are few and telling: blue for the champion, grey for the baseline, ink for what
//! happened. Ink is a fixed value that the page's style sheet replaces in dark surroundings;
//! everything else reads on both.

use forecast_core::{Frequency, Period};
use plotters::prelude::*;

use crate::error::TrainingError;

/// What happened. The style sheet gives it the colour of text.
const INK: RGBColor = RGBColor(17, 17, 17);
const CHAMPION: RGBColor = RGBColor(37, 99, 235);
const BASELINE: RGBColor = RGBColor(148, 130, 100);
const GRID: RGBAColor = RGBAColor(128, 128, 128, 0.22);
const MARK: RGBAColor = RGBAColor(128, 128, 128, 0.75);
const FONT: &str = "system-ui, sans-serif";
const FONT_SIZE: u32 = 13;

/// How a line is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Actual,
    Champion,
    Baseline,
}

impl Role {
    /// Lines of many points are drawn thinner, so that they do not become an area.
    fn style(self, points: usize) -> ShapeStyle {
        let (colour, width) = match self {
            Self::Actual => (INK, 2),
            Self::Champion => (CHAMPION, 3),
            Self::Baseline => (BASELINE, 2),
        };
        colour.stroke_width(if points > 400 { 1 } else { width })
    }
}

/// A line: values at whole numbers from `start` on; NaN where there is none.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) role: Role,
    pub(crate) start: i32,
    pub(crate) values: Vec<f64>,
}

/// A band between two lines.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    pub(crate) start: i32,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
}

/// What the numbers of the x axis are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Axis {
    /// Steps ahead.
    Steps,
    /// Periods on a grid.
    Time(Frequency),
}

/// How the numbers of the y axis are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scale {
    /// A share, in percent.
    Percent,
    /// A number of things.
    Quantity,
}

/// A chart with bands below lines, the first line at the bottom.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) size: (u32, u32),
    pub(crate) axis: Axis,
    pub(crate) scale: Scale,
    pub(crate) bands: Vec<Band>,
    pub(crate) lines: Vec<Line>,
    /// Where the forecast begins, to be marked.
    pub(crate) origin: Option<i32>,
}

impl Chart {
    /// The chart as an `<svg>` element.
    pub(crate) fn draw(&self) -> Result<String, TrainingError> {
        let mut svg = String::new();
        self.draw_into(&mut svg).map_err(|error| TrainingError::Report(error.to_string()))?;
        // The page sets the width; the drawing keeps its proportions.
        let (width, height) = self.size;
        let fixed = format!("<svg width=\"{width}\" height=\"{height}\" ");
        Ok(svg.replacen(&fixed, "<svg role=\"img\" ", 1))
    }

    fn draw_into(&self, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let (x_range, y_range) = self.ranges();
        let root = SVGBackend::with_string(svg, self.size).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(6)
            .margin_right(26)
            .x_label_area_size(30)
            .y_label_area_size(58)
            .build_cartesian_2d(x_range, y_range)?;
        let labels = (FONT, FONT_SIZE).into_font().color(&INK);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .x_labels(match self.axis {
                Axis::Steps => 12,
                Axis::Time(_) => (self.size.0 / 130).max(2) as usize,
            })
            .y_labels(5)
            .x_label_style(labels.clone())
            .y_label_style(labels)
            .x_label_formatter(&|position| self.x_label(*position))
            .y_label_formatter(&|value| self.y_label(*value))
            .draw()?;
        for band in &self.bands {
            chart.draw_series(std::iter::once(Polygon::new(band.outline(), CHAMPION.mix(0.16))))?;
        }
        if let Some(origin) = self.origin {
            let (bottom, top) = (chart.y_range().start, chart.y_range().end);
            let mark = [(origin, bottom), (origin, top)];
            chart.draw_series(DashedLineSeries::new(mark, 5, 4, MARK.stroke_width(2)))?;
        }
        for line in &self.lines {
            for piece in line.pieces() {
                chart.draw_series(LineSeries::new(piece, line.role.style(line.values.len())))?;
            }
        }
        root.present()?;
        Ok(())
    }

    fn ranges(&self) -> (std::ops::Range<i32>, std::ops::Range<f64>) {
        let mut x = (i32::MAX, i32::MIN);
        let mut y = (0.0_f64, f64::MIN_POSITIVE);
        let lines = self.lines.iter().map(|line| (line.start, &line.values));
        let bounds =
            self.bands.iter().flat_map(|band| [(band.start, &band.lower), (band.start, &band.upper)]);
        for (start, values) in lines.chain(bounds) {
            let end = start.saturating_add(values.len() as i32).saturating_sub(1);
            x = (x.0.min(start), x.1.max(end));
            for value in values.iter().filter(|value| value.is_finite()) {
                y = (y.0.min(*value), y.1.max(*value));
            }
        }
        if x.0 >= x.1 {
            x = (x.0.min(0), x.1.max(1));
        }
        (x.0..x.1, y.0 * 1.05..y.1 * 1.08)
    }

    fn x_label(&self, position: i32) -> String {
        match self.axis {
            Axis::Steps => position.to_string(),
            Axis::Time(frequency) => period_label(frequency, Period(position)),
        }
    }

    fn y_label(&self, value: f64) -> String {
        match self.scale {
            Scale::Percent => format!("{:.0}\u{a0}%", 100.0 * value),
            Scale::Quantity => quantity(value),
        }
    }
}

impl Line {
    /// Stretches without a missing value.
    fn pieces(&self) -> Vec<Vec<(i32, f64)>> {
        let points: Vec<(i32, f64)> = (self.start..).zip(self.values.iter().copied()).collect();
        points
            .split(|(_, value)| !value.is_finite())
            .filter(|piece| !piece.is_empty())
            .map(<[_]>::to_vec)
            .collect()
    }
}

impl Band {
    fn outline(&self) -> Vec<(i32, f64)> {
        let there = (self.start..).zip(self.lower.iter().copied());
        let back: Vec<(i32, f64)> = (self.start..).zip(self.upper.iter().copied()).collect();
        there.chain(back.into_iter().rev()).filter(|(_, value)| value.is_finite()).collect()
    }
}

/// A period as people write it: months without a day, days without a clock.
pub(crate) fn period_label(frequency: Frequency, period: Period) -> String {
    let Some(timestamp) = frequency.timestamp(period) else { return String::new() };
    let format = match frequency {
        Frequency::Hourly => "%d %b %Hh",
        Frequency::Daily | Frequency::Weekly(_) => "%-d %b %Y",
        Frequency::MonthStart | Frequency::MonthEnd | Frequency::QuarterStart | Frequency::QuarterEnd => {
            "%b %Y"
        }
    };
    timestamp.format(format).to_string()
}

/// A number of things with as many digits as matter: 1.2 M, 34 k, 560, 7.8, 0.09.
pub(crate) fn quantity(value: f64) -> String {
    let size = value.abs();
    let digits = |value: f64| {
        let text = if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") };
        text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
    };
    if size >= 1e9 {
        format!("{} bn", digits(value / 1e9))
    } else if size >= 1e6 {
        format!("{} M", digits(value / 1e6))
    } else if size >= 1e4 {
        format!("{} k", digits(value / 1e3))
    } else if size >= 1.0 || value == 0.0 {
        digits(value)
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(lines: Vec<Line>) -> Chart {
        Chart {
            size: (600, 240),
            axis: Axis::Time(Frequency::Daily),
            scale: Scale::Quantity,
            bands: Vec::new(),
            lines,
            origin: None,
        }
    }

    #[test]
    fn gaps_and_nothing_at_all_can_be_drawn() {
        let line = Line { role: Role::Actual, start: 20_000, values: vec![1.0, f64::NAN, 3.0, 4.0] };
        assert_eq!(line.pieces().len(), 2);
        assert!(chart(vec![line]).draw().unwrap().contains("2024"));
        assert!(chart(Vec::new()).draw().unwrap().starts_with("<svg"));
        assert!(chart(vec![Line { role: Role::Champion, start: 5, values: vec![f64::NAN] }]).draw().is_ok());
    }

    #[test]
    fn quantities_are_short() {
        let texts: Vec<String> = [0.0, 0.094, 7.75, 560.4, 34_000.0, 1_250_000.0, 3e9].map(quantity).to_vec();
        assert_eq!(texts, ["0", "0.09", "7.8", "560", "34 k", "1.2 M", "3 bn"]);
    }
}
