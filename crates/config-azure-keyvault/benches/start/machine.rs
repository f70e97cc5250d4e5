//! On what it was measured, without a name of it.

use std::process::Command;
use std::time::Duration;

/// One sentence for the page.
pub(crate) fn described(runs: usize, is_busy: bool) -> String {
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    // `rustc 1.95.0 (… …)`
    let rustc = rustc.ok().and_then(|line| line.split(' ').nth(1).map(str::to_owned));
    let beside = match is_busy {
        true => " The machine did something else as well: these figures are not to be quoted.",
        false => "",
    };
    format!(
        "Medians of {runs} runs on {} cores, {} {}, Rust {}; programs and emulators share the cores.{beside}",
        cores(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        rustc.as_deref().unwrap_or("of unknown version"),
    )
}

/// A machine that does something else measures that, too. Looks on for a second, and warns; the load average would still tell of the builds.
pub(crate) fn is_busy() -> bool {
    let before = ticks();
    std::thread::sleep(Duration::from_secs(1));
    let (Some(before), Some(after)) = (before, ticks()) else {
        return false;
    };
    let busy = (after.busy - before.busy) as f64 / (after.all - before.all).max(1) as f64;
    let is_busy = busy > 0.1;
    if is_busy {
        eprintln!(
            "\n!! the machine is busy: {:.0} % of {} cores are at work for somebody else. These figures are not to be quoted.\n",
            busy * 100.0,
            cores()
        );
    }
    is_busy
}

/// What the cores did since the machine started.
struct Ticks {
    busy: u64,
    all: u64,
}

fn ticks() -> Option<Ticks> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    // `cpu user nice system idle iowait irq softirq steal …`; what stands behind is in `user` and `nice` already.
    let numbers: Option<Vec<u64>> = stat
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .take(8)
        .map(|number| number.parse().ok())
        .collect();
    let numbers = numbers?;
    let all = numbers.iter().sum();
    let idle: u64 = numbers.iter().skip(3).take(2).sum();
    Some(Ticks { busy: all - idle, all })
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
