//! Medians, and the table of them.

use std::fmt::Write as _;

use crate::cells::Cell;
use crate::programs::{GO, Kind, Program};
use crate::run::Sample;

/// One program in one cell, in medians.
pub(crate) struct Row {
    pub(crate) program: String,
    pub(crate) kind: Kind,
    pub(crate) median: Sample,
}

impl Row {
    /// There is at least one sample.
    pub(crate) fn of(program: &Program, samples: &[Sample]) -> Self {
        Self {
            program: program.name.clone(),
            kind: program.kind,
            median: Sample {
                wall: median(samples, |sample| sample.wall),
                load: median(samples, |sample| sample.load),
                cpu: median(samples, |sample| sample.cpu),
                peak: median(samples, |sample| sample.peak),
                requests: median(samples, |sample| sample.requests),
                connections: median(samples, |sample| sample.connections),
            },
        }
    }
}

fn median<T: PartialOrd + Copy>(samples: &[Sample], of: impl Fn(&Sample) -> T) -> T {
    let mut values: Vec<T> = samples.iter().map(of).collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("no time is no number"));
    values[values.len() / 2]
}

/// A cell that was measured.
pub(crate) struct Measured {
    pub(crate) cell: Cell,
    pub(crate) rows: Vec<Row>,
}

pub(crate) const HEAD: &str = "\
| secrets | round trip | HTTP | program | wall ms | × floor | × Go | load ms | CPU ms | peak MiB | requests | connections |
|--:|--:|--|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

impl Measured {
    /// Its lines of the table.
    pub(crate) fn lines(&self) -> String {
        let cell = &self.cell;
        let wall = |is: &dyn Fn(&Row) -> bool| self.rows.iter().find(|row| is(row)).map(|row| row.median.wall);
        let floor = wall(&|row| row.kind == Kind::Floor);
        let go = wall(&|row| row.kind == Kind::Peer && row.program == GO);
        let ratio = |wall: f64, of: Option<f64>| of.map_or("–".to_owned(), |of| format!("{:.2}", wall / of));
        let mut lines = String::new();
        for row in &self.rows {
            let Sample {
                wall,
                load,
                cpu,
                peak,
                requests,
                connections,
            } = row.median;
            // Text into a String does not fail.
            let _ = writeln!(
                lines,
                "| {}{} | {} ms | {} | {} | {wall:.1} | {} | {} | {load:.1} | {cpu:.1} | {:.1} | {requests} | {connections} |",
                cell.secrets,
                if cell.token { ", and a client" } else { "" },
                cell.round_trip,
                cell.http.version(),
                row.program,
                ratio(wall, floor),
                ratio(wall, go),
                peak as f64 / f64::from(1 << 20),
            );
        }
        lines
    }
}

/// All of them.
pub(crate) fn whole(measured: &[Measured]) -> String {
    let lines: String = measured.iter().map(Measured::lines).collect();
    format!("{HEAD}{lines}")
}
