//! A week of polls leaves nothing behind. In a process of its own: what others of this binary hold is nobody's business.

use super::*;

const ROLE: &str = "WATCH_MEMORY_CHILD";

/// As many polls as a week has at five minutes; the vault has a change every hundredth time.
const POLLS: usize = 7 * 24 * 12;

/// Until connections, buffers and the log of the allocator have the size that they keep.
const FIRST: usize = POLLS / 4;

/// A leak of one value or report for each poll would come to several megabytes.
const MOST: i64 = 2 * 1024 * 1024;

#[tokio::test]
async fn a_week_of_polls_leaves_nothing_behind() {
    let told = std::fs::read_to_string("/proc/self/statm");
    if told.is_err() {
        // Nobody tells how much memory a process has.
        return;
    }
    let child = tokio::task::spawn_blocking(|| {
        std::process::Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "watch::memory::child", "--nocapture", "--test-threads=1"])
            .env(ROLE, "1")
            .output()
    });
    let output = child.await.expect("no panic").expect("the child runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let grown = text
        .lines()
        .find_map(|line| line.split("grown by ").nth(1)?.parse().ok());
    let grown: i64 = grown.unwrap_or_else(|| panic!("the child says nothing: {text}"));
    assert!(grown < MOST, "grown by {grown} bytes in {} polls", POLLS - FIRST);
}

#[tokio::test]
#[allow(clippy::print_stdout)]
async fn child() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let world = World::start().await;
    let names: Vec<String> = (0..20).map(|n| format!("Section{n}--Key")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let source = world.source();
    let watch = watching(&source).await;
    let bound = watch.bind::<serde_json::Value>().expect("it fits");
    let mut first = 0;
    for poll in 0..POLLS {
        if poll % 100 == 0 {
            world.vault.set(&names[poll / 100 % names.len()], leaks::marker());
        }
        watch.refresh().await.expect("it loads");
        // The emulator remembers each request.
        world.emulator.clear_requests();
        if poll == FIRST {
            first = resident();
        }
    }
    assert!(bound.status().is_healthy());
    println!("\ngrown by {}", resident() - first);
}

/// In bytes; a page is four kilobytes wherever this runs.
fn resident() -> i64 {
    let told = std::fs::read_to_string("/proc/self/statm").expect("the kernel tells");
    let pages = told.split(' ').nth(1).and_then(|pages| pages.parse::<i64>().ok());
    pages.expect("a number") * 4096
}
