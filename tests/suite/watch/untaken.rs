//! A file that changed while something was wrong is not forgotten, and nobody is asked for it more often than is decent. On paused time.

use std::fs;

use tempfile::TempDir;
use tokio::time::sleep;

use super::fake::{Fake, Next};
use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Desk {
    folder: TempDir,
    fake: Fake,
    watch: Watch,
}

impl Desk {
    /// It polls once an hour: what is read sooner is read for the file.
    async fn start() -> Self {
        let (folder, fake) = (TempDir::new().expect("a folder"), Fake::of("a", "1"));
        let watch = fake.watch().interval(60 * MINUTE).files([folder.path().join("file")]);
        let watch = watch.start().await.expect("it loads");
        Self { folder, fake, watch }
    }

    fn edit(&self, text: &str) {
        fs::write(self.folder.path().join("file"), text).expect("written");
    }

    fn heals(&self) {
        self.fake.set("a", "2");
        self.fake.next(Next::Values);
    }

    fn has_healed(&self) -> bool {
        self.watch.current().get_string("a").is_ok_and(|a| a == "2")
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_read_at_the_moment_is_tried_again_soon() {
    let desk = Desk::start().await;
    desk.fake.next(Next::Fails);
    desk.edit("half");
    sleep(5 * SECOND).await;
    assert!(desk.watch.status().failures > 0);
    // Nothing that can be seen from outside changes: who may read it does.
    desk.heals();
    sleep(10 * SECOND).await;
    assert!(desk.has_healed(), "{}", desk.watch.status());
    let reads = desk.fake.reads();
    sleep(30 * MINUTE).await;
    assert_eq!(desk.fake.reads(), reads, "it is taken in, and done with");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changed_while_the_vault_was_sick_is_taken_in_when_it_is_well() {
    let desk = Desk::start().await;
    desk.fake.next(Next::Refused);
    desk.edit("x");
    sleep(50 * MINUTE).await;
    let tries = desk.fake.reads() - 1;
    assert!((5..=10).contains(&tries), "{tries}");
    let read_at = desk.fake.read_at();
    let pauses: Vec<Duration> = read_at[1..].windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses.iter().all(|&pause| pause >= 30 * SECOND), "{pauses:?}");
    desk.heals();
    sleep(11 * MINUTE + 5 * SECOND).await;
    assert!(desk.has_healed(), "{}", desk.watch.status());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changes_all_the_time_hammers_no_sick_vault() {
    let desk = Desk::start().await;
    desk.fake.next(Next::Refused);
    for n in 0..150 {
        desk.edit(&"x".repeat(n));
        sleep(2 * SECOND).await;
    }
    let tries = desk.fake.reads() - 1;
    assert!((5..=11).contains(&tries), "{tries} in five minutes");
    // Whoever mends what is wrong by an edit need not wait for long.
    desk.heals();
    desk.edit("mended");
    sleep(36 * SECOND).await;
    assert!(desk.has_healed(), "{}", desk.watch.status());
}

#[tokio::test(start_paused = true)]
async fn a_failure_beside_the_poll_does_not_hurry_it() {
    let desk = Desk::start().await;
    let due = |desk: &Desk| desk.watch.status().next_poll.expect("it polls");
    let before = due(&desk);
    desk.fake.next(Next::Fails);
    for _ in 0..20 {
        desk.watch.refresh().await.expect_err("it fails");
        assert!(due(&desk) >= before);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_refresh_took_in_is_not_read_again() {
    let desk = Desk::start().await;
    desk.fake.next(Next::Refused);
    desk.edit("x");
    sleep(5 * SECOND).await;
    desk.heals();
    desk.watch.refresh().await.expect("it loads");
    let reads = desk.fake.reads();
    sleep(30 * MINUTE).await;
    assert_eq!(desk.fake.reads(), reads);
}
