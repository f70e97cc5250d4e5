//! What stands after `--`.

use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: cargo bench -p config-azure-keyvault --bench start -- [OPTIONS]
  --quick           2 and 100 secrets at 0 and 20 ms, without tokens
  --only NAME       this program beside the floor; may be said again
  --runs N          runs of each quick program and cell (11)
  --markdown FILE   the table into that file, too
  --write           the table and the chart into docs/; wants all cells and programs";

pub(crate) struct Arguments {
    pub(crate) quick: bool,
    pub(crate) only: Vec<String>,
    pub(crate) runs: usize,
    pub(crate) markdown: Option<PathBuf>,
    pub(crate) write: bool,
}

impl Arguments {
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            quick: false,
            only: Vec::new(),
            runs: 11,
            markdown: None,
            write: false,
        };
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or_else(|| format!("{argument} wants a value"));
            match argument.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--quick" => arguments.quick = true,
                "--write" => arguments.write = true,
                "--only" => arguments.only.push(value()?),
                "--markdown" => arguments.markdown = Some(value()?.into()),
                "--runs" => arguments.runs = at_least_one(&value()?)?,
                other => return Err(format!("{other} is not known")),
            }
        }
        match arguments.write && (arguments.quick || !arguments.only.is_empty()) {
            true => Err("--write wants all cells and programs: without --quick and --only".to_owned()),
            false => Ok(arguments),
        }
    }

    /// Nothing said means everybody; the others are measured against the floor, so it is never left out.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let runs = text.parse().ok().filter(|runs| *runs > 0);
    runs.ok_or_else(|| format!("--runs wants a number from 1 on, and not {text}"))
}
