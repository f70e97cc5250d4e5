//! The peers in other languages: each folder in `benches/peers` with a program `build`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::programs::{Kind, Program};

/// What `build` answers where it cannot be had on this machine.
const SKIPPED: i32 = 77;

/// Builds them into `out`, each into a folder of its name. One that cannot be had is told of, and the others go on without it.
pub(crate) fn build(peers: &Path, out: &Path, wants: impl Fn(&str) -> bool) -> Vec<Program> {
    let mut programs = Vec::new();
    for name in names(peers).into_iter().filter(|name| wants(name)) {
        match one(&peers.join(&name), &out.join(&name)) {
            Ok(command) => programs.push(Program::new(&name, command, Kind::Peer)),
            Err(why) => eprintln!("\n!! {name}: {why}\n"),
        }
    }
    programs
}

fn names(peers: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(peers).into_iter().flatten().flatten();
    let with_build = folders.filter(|folder| folder.path().join("build").is_file());
    let mut names: Vec<_> = with_build
        .filter_map(|folder| folder.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// The last line of its stdout is the command.
fn one(folder: &Path, out: &Path) -> Result<Vec<String>, String> {
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let build = folder.join("build");
    let built = Command::new(&build)
        .arg(out)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", build.display()))?;
    let stderr = String::from_utf8_lossy(&built.stderr);
    match built.status.code() {
        Some(0) => {
            let stdout = String::from_utf8_lossy(&built.stdout);
            let line = stdout.trim_end().lines().next_back().unwrap_or_default();
            let command: Vec<String> = serde_json::from_str(line)
                .map_err(|error| format!("the last line of `build` is no JSON array of the command: {error}"))?;
            match command.is_empty() {
                true => Err("the command of `build` is empty".to_owned()),
                false => Ok(command),
            }
        }
        Some(SKIPPED) => {
            let why = stderr.trim_end().lines().next_back().unwrap_or_default();
            Err(format!("skipped: {}", why.trim_start_matches("skipped: ")))
        }
        _ => Err(format!("`build` failed, {}:\n{stderr}", built.status)),
    }
}
