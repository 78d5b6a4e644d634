//! The plot of `docs/autoscaling.md`: of each scenario the backlog, and the
//! tasks under each policy.

use std::fmt::Write as _;

use crate::simulate::{Moment, Outcome, STRIDE};

const WIDTH: f64 = 880.0;
const LEFT: f64 = 56.0;
const PANEL: f64 = 190.0;
const INNER: f64 = 110.0;
const HEAD: f64 = 34.0;
const COLOURS: [&str; 3] = ["#0b62a4", "#c2571a", "#2e7d32"];

/// One scenario.
pub struct Panel<'a> {
    /// Its name.
    pub name: &'a str,
    /// The policies and what happened; the backlog is the first one's.
    pub outcomes: Vec<(&'static str, &'a Outcome)>,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

/// The corners of a staircase.
fn stairs(course: &[Moment], top: f64, highest: f64, value: impl Fn(&Moment) -> f64) -> String {
    let step = (WIDTH - LEFT - 16.0) / course.len().max(1) as f64;
    let mut text = String::new();
    let mut before = None;
    for (number, moment) in course.iter().enumerate() {
        let y = top + INNER * (1.0 - value(moment) / highest);
        if before != Some(y) {
            let x = LEFT + step * number as f64;
            if let Some(before) = before {
                write!(text, "{x:.1},{before:.1} ").expect("text takes it");
            }
            write!(text, "{x:.1},{y:.1} ").expect("text takes it");
            before = Some(y);
        }
    }
    let end = LEFT + step * course.len() as f64;
    write!(text, "{end:.1},{:.1}", before.unwrap_or(top)).expect("text takes it");
    text
}

/// An SVG of them all, one below the other.
#[must_use]
pub fn plot(panels: &[Panel<'_>]) -> String {
    let height = HEAD + PANEL * panels.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    write!(svg, "<text x=\"{LEFT}\" y=\"20\">tasks by policy:</text>").expect("text takes it");
    for (number, (policy, _)) in panels.iter().flat_map(|panel| &panel.outcomes).take(3).enumerate()
    {
        let (x, colour) = (LEFT + 110.0 + 150.0 * number as f64, COLOURS[number]);
        writeln!(svg, "<text x=\"{x}\" y=\"20\" fill=\"{colour}\">{policy}</text>").expect("text");
    }
    writeln!(
        svg,
        "<text x=\"{}\" y=\"20\" fill=\"#888\">backlog under the first</text>",
        LEFT + 560.0
    )
    .expect("text");
    for (number, panel) in panels.iter().enumerate() {
        one(&mut svg, panel, HEAD + PANEL * number as f64);
    }
    svg.push_str("</svg>\n");
    svg
}

fn one(svg: &mut String, panel: &Panel<'_>, from: f64) {
    let top = from + 24.0;
    let bottom = top + INNER;
    let longest = panel.outcomes.iter().map(|(_, outcome)| outcome.course.len()).max().unwrap_or(0);
    let padded = |outcome: &Outcome| {
        let mut course = outcome.course.clone();
        let last = course.last().copied().unwrap_or(Moment { backlog: 0, tasks: 0 });
        course.resize(longest, last);
        course
    };
    let courses: Vec<_> = panel.outcomes.iter().map(|(_, outcome)| padded(outcome)).collect();
    let Some(first) = courses.first() else { return };
    let backlog = first.iter().map(|moment| moment.backlog).max().unwrap_or(0).max(1);
    let tasks = courses.iter().flatten().map(|moment| moment.tasks).max().unwrap_or(0).max(1);
    let minutes = longest as u64 * STRIDE / 60;
    let area = stairs(first, top, backlog as f64, |moment| moment.backlog as f64);
    writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{}</text>",
        from + 14.0,
        escaped(panel.name)
    )
    .expect("text");
    writeln!(
        svg,
        "<polygon points=\"{LEFT},{bottom} {area} {},{bottom}\" fill=\"#ddd\"/>",
        WIDTH - 16.0
    )
    .expect("text");
    for (course, colour) in courses.iter().zip(COLOURS) {
        let line = stairs(course, top, f64::from(tasks), |moment| f64::from(moment.tasks));
        writeln!(
            svg,
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
        )
        .expect("text");
    }
    writeln!(
        svg,
        "<path d=\"M{LEFT},{top} V{bottom} H{}\" fill=\"none\" stroke=\"#444\"/>",
        WIDTH - 16.0
    )
    .expect("text");
    let labels = [
        (LEFT - 6.0, top + 4.0, "end", format!("{tasks}")),
        (LEFT - 6.0, bottom, "end", "0".to_owned()),
        (WIDTH - 16.0, from + 14.0, "end", format!("grey: up to {backlog} chunks")),
        (LEFT, bottom + 16.0, "start", "0".to_owned()),
        (WIDTH - 16.0, bottom + 16.0, "end", format!("{minutes} minutes")),
    ];
    for (x, y, anchor, text) in labels {
        writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"#444\">{text}</text>"
        )
        .expect("text");
    }
}
