//! On what it was measured, without a name of it.

use std::process::Command;

/// One sentence for the page.
pub(crate) fn described(runs: usize) -> String {
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    // `rustc 1.95.0 (… …)`
    let rustc = rustc.ok().and_then(|line| line.split(' ').nth(1).map(str::to_owned));
    format!(
        "Medians of {runs} runs on {} cores, {} {}, Rust {}; programs and emulators share the cores.",
        cores(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        rustc.as_deref().unwrap_or("of unknown version"),
    )
}

/// A machine that does something else measures that, too.
pub(crate) fn warn_if_busy() {
    let loadavg = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Option<f64> = loadavg.split(' ').next().and_then(|load| load.parse().ok());
    if let Some(load) = load.filter(|load| *load > 0.25 * cores() as f64) {
        eprintln!(
            "\n!! the machine is busy: a load of {load} on {} cores. These figures are not to be quoted.\n",
            cores()
        );
    }
}

/// The most that this process had in memory, in bytes: a child's peak begins with it.
pub(crate) fn own_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().split(' ').next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
