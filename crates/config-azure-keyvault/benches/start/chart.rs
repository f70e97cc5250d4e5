//! The chart: a panel for each cell, a bar for each program, as long as its wall time.

use std::fmt::Write as _;

use crate::programs::Kind;
use crate::table::{Measured, Row};

const COLUMN: usize = 460;
const LABELS: usize = 182;
/// What the longest bar takes; its number stands behind it.
const BARS: usize = 200;
const LINE: usize = 18;
const TITLE: usize = 30;

/// Colours that are readable on both grounds, and a little better on the one that the reader has.
const STYLE: &str = "
  text { font: 12px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #6e7781 }
  .title { font-weight: 600; fill: #57606a }
  .ours { fill: #2f81f7 } .other { fill: #8c959f } .floor { fill: none; stroke: #8c959f }
  .cut { stroke: #ffffff; stroke-width: 3 }
  @media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #d1d7e0 } .other { fill: #656c76 } .cut { stroke: #0d1117 } }
";

/// Two panels side by side: the order of the cells puts both distances of a size there.
pub(crate) fn draw(measured: &[Measured]) -> String {
    let mut panels = String::new();
    let mut top = 34;
    for pair in measured.chunks(2) {
        for (n, measured) in pair.iter().enumerate() {
            panel(&mut panels, n * COLUMN + 10, top, measured);
        }
        let lines = pair
            .iter()
            .map(|measured| measured.rows.len())
            .max()
            .unwrap_or_default();
        top += TITLE + lines * LINE + 14;
    }
    let width = 2 * COLUMN + 10;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{top}\" viewBox=\"0 0 {width} {top}\" role=\"img\">\n\
         <title>A whole process, from its start to typed settings, in milliseconds</title>\n<style>{STYLE}</style>\n\
         <text class=\"title\" x=\"10\" y=\"20\" fill=\"#6e7781\">A whole process, from its start to its end, in milliseconds (medians; each panel has its own scale)</text>\n\
         {panels}</svg>\n"
    )
}

fn panel(svg: &mut String, left: usize, top: usize, measured: &Measured) {
    let title = measured.cell.title();
    put(
        svg,
        format_args!(
            "<text class=\"title\" x=\"{left}\" y=\"{}\" fill=\"#6e7781\">{title}</text>",
            top + 16
        ),
    );
    // Ours and what is near it fill the panel; what takes many times that is cut off.
    let ours = measured.rows.iter().find(|row| row.kind == Kind::Ours);
    let limit = ours.map_or(f64::MAX, |row| row.median.wall * 6.0);
    let longest = measured
        .rows
        .iter()
        .map(|row| row.median.wall)
        .filter(|wall| *wall <= limit);
    let longest = longest.fold(1.0, f64::max);
    for (n, row) in measured.rows.iter().enumerate() {
        bar(svg, left, top + TITLE + n * LINE, row, longest);
    }
}

fn bar(svg: &mut String, left: usize, top: usize, row: &Row, longest: f64) {
    let wall = row.median.wall;
    let is_cut = wall > longest;
    let length = (wall / longest).min(1.0) * BARS as f64 + if is_cut { 12.0 } else { 0.0 };
    let (class, colour) = match row.kind {
        Kind::Floor => ("floor", "fill=\"none\" stroke=\"#8c959f\""),
        Kind::Ours | Kind::OursWithToken => ("ours", "fill=\"#2f81f7\""),
        Kind::Variant | Kind::Peer => ("other", "fill=\"#8c959f\""),
    };
    let (start, baseline) = (left + LABELS, top + 12);
    let name = escaped(&row.program);
    put(
        svg,
        format_args!(
            "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\" fill=\"#6e7781\">{name}</text>",
            start - 6
        ),
    );
    put(
        svg,
        format_args!(
            "<rect class=\"{class}\" x=\"{start}\" y=\"{}\" width=\"{length:.1}\" height=\"12\" {colour}/>",
            top + 2
        ),
    );
    if is_cut {
        let x = start + BARS - 2;
        put(
            svg,
            format_args!(
                "<path class=\"cut\" d=\"M{} {}l6 -16\" stroke=\"#ffffff\" stroke-width=\"3\"/>",
                x,
                top + 16
            ),
        );
    }
    let number = if wall < 100.0 {
        format!("{wall:.1}")
    } else {
        format!("{wall:.0}")
    };
    put(
        svg,
        format_args!(
            "<text x=\"{:.1}\" y=\"{baseline}\" fill=\"#6e7781\">{number}</text>",
            start as f64 + length + 6.0
        ),
    );
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    // Text into a String does not fail.
    let _ = writeln!(svg, "{element}");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
