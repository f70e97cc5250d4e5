//! The whole process: from its start over files, vault and typed settings to its end, beside a bare client and beside peers.
//!
//! `cargo bench -p config-azure-keyvault --bench start` builds all programs and runs them, run by run in turn; `-- --help` says what else
//! it takes. `docs/performance.md` tells what is measured.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod arguments;
mod cells;
mod chart;
mod machine;
mod maskinporten;
#[path = "../../src/fleet/page.rs"]
mod page;
mod peers;
mod programs;
mod run;
mod table;
mod vault;

use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, USAGE};
use cells::Cell;
use maskinporten::Maskinporten;
use programs::{Kind, Program};
use run::{Sample, Surroundings};
use table::{Measured, Row};
use vault::Vault;

/// Longer than that for the smallest vault next door is the runtime, and not the load. In milliseconds.
const SLOW: f64 = 300.0;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    if given.iter().any(|argument| argument == vault::ROLE) {
        vault::serve();
        return ExitCode::SUCCESS;
    }
    if given.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let measured = Arguments::parse(given.into_iter())
        .map_err(|error| format!("{error}\n{USAGE}"))
        .and_then(|arguments| measure(&arguments));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = crate_folder.ancestors().nth(2).ok_or("the crate is in a workspace")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("start");
    let built = programs::build(&folder)?;
    let peers = peers::build(&workspace.join("benches/peers"), &folder.join("peers"), |name| {
        arguments.wants(name)
    });
    let mut programs = built.programs;
    programs.retain(|program| program.kind == Kind::Floor || arguments.wants(&program.name));
    programs.extend(peers);

    let was_busy = machine::is_busy();
    print!("{}", table::HEAD);
    let mut measured = Vec::new();
    for cell in Cell::all(arguments.quick) {
        let rows = measure_cell(&cell, &mut programs, arguments.runs, &folder, &built.maskinporten)?;
        let cell = Measured { cell, rows };
        print!("{}", cell.lines());
        measured.push(cell);
    }
    let is_busy = machine::is_busy() || was_busy;
    warn_of_own_peak(&measured);

    let table = table::whole(&measured);
    if let Some(path) = &arguments.markdown {
        std::fs::write(path, &table).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if arguments.write {
        let results = format!("{}\n\n{table}", machine::described(arguments.runs, is_busy));
        page::write(
            &workspace.join("docs/performance.md"),
            "bench",
            &results,
            &chart::draw(&measured),
        )?;
    }
    Ok(())
}

/// In turn, run by run, so that a machine that slows down slows them all.
fn measure_cell(
    cell: &Cell,
    programs: &mut [Program],
    runs: usize,
    folder: &Path,
    maskinporten: &Path,
) -> Result<Vec<Row>, String> {
    let maskinporten = cell
        .token
        .then(|| Maskinporten::start(maskinporten, cell))
        .transpose()?;
    let named = maskinporten.as_ref().map(|it| it.secrets.clone()).unwrap_or_default();
    let mut vault = Vault::start(cell, named);
    let surroundings = Surroundings::new(folder, cell, &vault, maskinporten.as_ref());

    let mut samples: Vec<Vec<Sample>> = programs.iter().map(|_| Vec::new()).collect();
    let mut failed = vec![false; programs.len()];
    for round in 0..=runs {
        for turn in 0..programs.len() {
            // There and back, so that nobody always runs behind the same one.
            let n = if round % 2 == 0 {
                turn
            } else {
                programs.len() - 1 - turn
            };
            let program = &mut programs[n];
            if failed[n] || !program.is_for(cell) || round > program.runs(runs) {
                continue;
            }
            match surroundings.run(program, &mut vault) {
                // The first round warms up: the file system's memory, the emulator.
                Ok(_) if round == 0 => {}
                Ok(sample) => {
                    program.is_slow |= cell.secrets == 2 && cell.round_trip == 0 && sample.wall > SLOW;
                    samples[n].push(sample);
                }
                // The others have nothing to be compared with then.
                Err(why) if program.kind != Kind::Peer => {
                    return Err(format!("{}, {}: {why}", program.name, cell.title()));
                }
                Err(why) => {
                    eprintln!("\n!! {} left out of {}: {why}\n", program.name, cell.title());
                    failed[n] = true;
                }
            }
        }
    }
    let measured = programs.iter().zip(samples).zip(failed);
    Ok(measured
        .filter(|((_, samples), failed)| !failed && !samples.is_empty())
        .map(|((program, samples), _)| Row::of(program, &samples))
        .collect())
}

/// A child is this process until it becomes its program, and its peak cannot be told below ours.
fn warn_of_own_peak(measured: &[Measured]) {
    let peaks = measured.iter().flat_map(|cell| &cell.rows).map(|row| row.median.peak);
    if let (Some(own), Some(least)) = (machine::own_peak(), peaks.min())
        && least <= own
    {
        eprintln!(
            "\n!! a peak is not above the harness's own of {:.1} MiB\n",
            own as f64 / f64::from(1 << 20)
        );
    }
}
