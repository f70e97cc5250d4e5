//! The chart: a panel for each of the first two scenarios, a line for each retry, both scales logarithmic.

use std::fmt::Write as _;

use super::cells::{ALL, Cell, least};
use super::others::Policy;
use super::run::Who;

const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 54.0;
const TOP: f64 = 58.0;
/// From one panel to the next.
const STEP: f64 = 500.0;
/// Of the longest name behind a line.
const NAME: f64 = 140.0;

/// Instances, from left to right.
const INSTANCES: (f64, f64) = (100.0, 5_000.0);
/// Seconds, from the bottom to the top.
const SECONDS: (f64, f64) = (1.0, 2_700.0);

/// Colours that are readable on both grounds, and a little better on the one that the reader has.
const STYLE: &str = "
  text { font: 12px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #6e7781 }
  .title { font-weight: 600; fill: #57606a }
  path { fill: none; stroke-width: 2 }
  .grid { stroke: #8c959f; stroke-opacity: .3; stroke-width: 1 }
  .least { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 3 3 }
  .ours { stroke: #2f81f7; stroke-width: 3 } .sdk { stroke: #bf8700 } .in-time { stroke-dasharray: 6 4 }
  .second { stroke: #8c959f }
  @media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #d1d7e0 } }
";

pub(super) fn draw(cells: &[Cell]) -> String {
    let mut panels = String::new();
    for (n, cell) in cells.iter().take(2).enumerate() {
        panel(&mut panels, LEFT + n as f64 * STEP, cell);
    }
    let (width, height) = (LEFT + STEP + WIDTH + NAME, TOP + HEIGHT + 44.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>Time until all instances of a fleet are up, by its size</title>\n<style>{STYLE}</style>\n\
         <text class=\"title\" x=\"10\" y=\"20\">Seconds until all instances are up, by their number; 25 secrets each, one vault</text>\n\
         {panels}</svg>\n"
    )
}

fn panel(svg: &mut String, left: f64, cell: &Cell) {
    let title = cell.scenario.title.split(':').next().unwrap_or_default();
    put(
        svg,
        format_args!(
            "<text class=\"title\" x=\"{left:.0}\" y=\"{:.0}\">{title}</text>",
            TOP - 14.0
        ),
    );
    for seconds in [1.0, 10.0, 100.0, 1_000.0] {
        let y = y(seconds);
        put(
            svg,
            format_args!("<path class=\"grid\" d=\"M{left:.1} {y:.1}h{WIDTH}\"/>"),
        );
        put(
            svg,
            format_args!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{seconds}</text>",
                left - 6.0,
                y + 4.0
            ),
        );
    }
    for instances in [100, 200, 500, 1_000, 2_000, 5_000] {
        let (x, y) = (x(left, instances), TOP + HEIGHT + 18.0);
        put(
            svg,
            format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{instances}</text>"),
        );
    }
    let mut ends = Vec::new();
    // From the last to the first, so that ours lies on top.
    for who in ALL.into_iter().rev() {
        let points: Vec<_> = cell.rows.iter().filter(|row| row.who == who).collect();
        let points = points
            .iter()
            .map_while(|row| Some((row.instances, row.all_up()?.as_secs_f64())));
        let class = match who {
            Who::Ours | Who::Other(Policy::Paced) => "ours",
            Who::Other(Policy::Sdk) => "sdk",
            Who::Other(Policy::SdkInTime) => "sdk in-time",
            Who::Other(Policy::EverySecond) => "second",
        };
        ends.extend(line(svg, left, class, who.name(), points));
    }
    let sizes = cell
        .rows
        .iter()
        .filter(|row| row.who == Who::Ours)
        .map(|row| row.instances);
    let alone = sizes.map(|size| (size, least(size).as_secs_f64()));
    ends.extend(line(svg, left, "least", "the limit alone", alone));
    name(svg, ends);
}

/// Where a line ends, and what it is called.
type End = (f64, f64, &'static str);

/// What is below the scales begins at their edge.
fn line(
    svg: &mut String,
    left: f64,
    class: &str,
    name: &'static str,
    points: impl Iterator<Item = (usize, f64)>,
) -> Option<End> {
    let points: Vec<_> = points
        .filter(|(instances, _)| *instances as f64 >= INSTANCES.0)
        .map(|(instances, seconds)| (x(left, instances), y(seconds)))
        .collect();
    let &(end_x, end_y) = points.last()?;
    let d: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    put(
        svg,
        format_args!(
            "<path class=\"{class}\" d=\"M{}\"><title>{name}</title></path>",
            d.join("L")
        ),
    );
    Some((end_x, end_y, name))
}

/// From the top down, each below the one before it.
fn name(svg: &mut String, mut ends: Vec<End>) {
    ends.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut free = 0.0;
    for (x, y, name) in ends {
        let y = y.max(free);
        free = y + 13.0;
        put(
            svg,
            format_args!("<text x=\"{:.1}\" y=\"{:.1}\">{name}</text>", x + 5.0, y + 4.0),
        );
    }
}

fn x(left: f64, instances: usize) -> f64 {
    left + WIDTH * share(instances as f64, INSTANCES)
}

fn y(seconds: f64) -> f64 {
    TOP + HEIGHT * (1.0 - share(seconds, SECONDS))
}

fn share(value: f64, (least, most): (f64, f64)) -> f64 {
    ((value.max(least)).ln() - least.ln()) / (most.ln() - least.ln())
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    // Text into a String does not fail.
    let _ = writeln!(svg, "{element}");
}
