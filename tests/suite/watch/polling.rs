//! When it polls, and what becomes of it when that goes wrong. On paused time.

use std::time::SystemTime;

use tokio::time::{Instant, sleep};

use super::fake::{Fake, Next};
use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn text(watch: &Watch) -> String {
    watch.current().get_string("a").expect("a value")
}

#[tokio::test(start_paused = true)]
async fn a_week_of_polls_tells_of_the_one_change_and_of_nothing_else() {
    let fake = Fake::of("a", "1");
    let watch = fake.watch().interval(5 * MINUTE).start().await.expect("it loads");
    let mut changes = watch.changes();
    let kept = watch.current();
    sleep(3 * 24 * HOUR).await;
    assert_eq!(changes.untold(), None);
    assert!(Arc::ptr_eq(&kept, &watch.current()));
    fake.set("a", "2");
    let begun = Instant::now();
    let change = changes.next().await.expect("a change");
    assert!(begun.elapsed() <= 5 * MINUTE, "{:?}", begun.elapsed());
    assert_eq!(change.to_string(), "1 key changed: `a`");
    assert_eq!((text(&watch).as_str(), changes.untold()), ("2", None));
    sleep(4 * 24 * HOUR).await;
    assert_eq!(changes.untold(), None);

    let read_at = fake.read_at();
    let pauses: Vec<Duration> = read_at.windows(2).map(|two| two[1] - two[0]).collect();
    // 270 to 300 seconds, and not always the same.
    assert!((7 * 24 * 12..=7 * 24 * 14).contains(&pauses.len()), "{}", pauses.len());
    assert!(pauses.iter().all(|pause| (270..=301).contains(&pause.as_secs())));
    let status = watch.status();
    assert!(status.is_healthy() && status.age <= 5 * MINUTE && status.next_poll.is_some_and(|next| next <= 5 * MINUTE));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_that_start_together_do_not_poll_together() {
    let fakes: Vec<Fake> = (0..100).map(|_| Fake::of("a", "1")).collect();
    let mut watches = Vec::new();
    for fake in &fakes {
        watches.push(fake.watch().interval(5 * MINUTE).start().await.expect("it loads"));
    }
    sleep(HOUR).await;
    for poll in 1..10 {
        let mut seconds: Vec<u64> = fakes
            .iter()
            .map(|fake| (fake.read_at()[poll] - fake.read_at()[0]).as_secs())
            .collect();
        seconds.sort_unstable();
        let most = seconds.chunk_by(|a, b| a == b).map(<[u64]>::len).max();
        assert!(
            most < Some(25),
            "poll {poll}: {most:?} of 100 in one second: {seconds:?}"
        );
        assert!(seconds[99] - seconds[0] >= 20, "poll {poll}: {seconds:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_failures_keeps_the_values_backs_off_and_recovers() {
    let fake = Fake::of("a", "1");
    let watch = fake.watch().interval(MINUTE).start().await.expect("it loads");
    let mut changes = watch.changes();
    let started = SystemTime::now();
    for next in [Next::Fails, Next::Panics] {
        let (before, value) = (fake.reads(), text(&watch));
        fake.next(next.clone());
        fake.set("a", &format!("{next:?}"));
        sleep(HOUR).await;
        assert_eq!(text(&watch), value);
        let status = watch.status();
        let tries = fake.reads() - before;
        // Every minute it would be 60; every ten, 6.
        assert!((6..=20).contains(&tries), "{tries}");
        assert_eq!(status.failures as usize, tries);
        assert!(!status.is_healthy() && status.age >= 59 * MINUTE, "{status}");
        assert!(status.next_poll.is_some_and(|next| next <= 10 * MINUTE), "{status}");
        let last = status.last_failure.clone().expect("a failure");
        assert!(last.at >= started);
        assert_eq!(
            last.reason,
            "a source beside the vault cannot be read; `refresh()` hands back its error, which may quote what it holds"
        );
        leaks::assert_clean("a status", &status.to_string());
        leaks::assert_clean_debug(&status);

        fake.next(Next::Values);
        let change = changes.next().await.expect("the next change arrives");
        assert_eq!(change.keys.len(), 1);
        assert_eq!((text(&watch), watch.status().failures), (format!("{next:?}"), 0));
        // Back to its pace.
        let before = fake.reads();
        sleep(10 * MINUTE).await;
        assert!(fake.reads() - before >= 9, "{}", fake.reads() - before);
    }
    leaks::assert_clean_logs();
}

#[tokio::test(start_paused = true)]
async fn a_refresh_beside_a_poll_that_hangs_is_the_newer_one() {
    let fake = Fake::of("a", "old");
    let watch = fake.watch().interval(MINUTE).start().await.expect("it loads");
    let mut changes = watch.changes();
    fake.set("a", "older");
    fake.next(Next::Hangs);
    sleep(2 * MINUTE).await;
    assert_eq!(fake.reads(), 2, "the poll hangs");
    fake.next(Next::Values);
    fake.set("a", "new");
    assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 1);
    assert_eq!(changes.untold().map(|change| change.keys.len()), Some(1));
    // What the poll began to read before is of no interest any more.
    fake.let_go();
    sleep(Duration::from_millis(10)).await;
    assert_eq!((text(&watch).as_str(), changes.untold()), ("new", None));
    // And it polls on.
    let before = fake.reads();
    sleep(5 * MINUTE).await;
    assert!(fake.reads() >= before + 4);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_for_ever_is_a_failure_and_polls_go_on() {
    let fake = Fake::of("a", "old");
    let watch = fake.watch().interval(MINUTE).start().await.expect("it loads");
    let mut changes = watch.changes();
    fake.next(Next::Hangs);
    sleep(15 * MINUTE).await;
    let status = watch.status();
    assert!(status.failures > 0 && !status.is_healthy(), "{status:?}");
    assert_eq!(
        status.last_failure.map(|failed| failed.reason).as_deref(),
        Some(
            "a source beside the vault was not read within 10 minutes and is not waited for; give it a time limit of its own"
        )
    );
    assert_eq!((text(&watch).as_str(), changes.untold()), ("old", None));
    fake.next(Next::Values);
    fake.set("a", "new");
    sleep(30 * MINUTE).await;
    assert_eq!((text(&watch).as_str(), watch.status().failures), ("new", 0));
    leaks::assert_clean_logs();
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_dropped_leaves_nothing_behind() {
    let fake = Fake::of("a", "1");
    let watch = fake.watch().interval(HOUR).start().await.expect("it loads");
    fake.next(Next::Hangs);
    fake.set("a", "2");
    let dropped = tokio::time::timeout(MINUTE, watch.refresh()).await;
    assert!(dropped.is_err());
    assert_eq!((text(&watch).as_str(), watch.status().failures), ("1", 0));
    fake.next(Next::Values);
    assert_eq!(watch.refresh().await.expect("it loads").keys.len(), 1);
    assert_eq!(text(&watch), "2");
}

#[tokio::test(start_paused = true)]
async fn what_changed_and_changed_back_is_no_change() {
    let fake = Fake::of("a", "1");
    let watch = fake.watch().start().await.expect("it loads");
    let mut changes = watch.changes();
    for value in ["2", "1"] {
        fake.set("a", value);
        watch.refresh().await.expect("it loads");
    }
    assert_eq!(changes.untold(), None);
    // Of several changes nobody asked for in between, none is lost.
    for (key, value) in [("b", "1"), ("a", "2"), ("b", "2")] {
        fake.set(key, value);
        watch.refresh().await.expect("it loads");
    }
    let change = changes.next().await.expect("a change");
    assert_eq!(
        change.keys.iter().map(|key| key.key.as_str()).collect::<Vec<_>>(),
        ["a", "b"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_ends_it() {
    #[derive(serde::Deserialize)]
    struct A {
        a: String,
    }
    let fake = Fake::of("a", "1");
    let watch = fake.watch().interval(MINUTE).start().await.expect("it loads");
    let (mut changes, mut receiver) = (watch.changes(), watch.receiver());
    let bound = watch.bind::<A>().expect("it fits");
    drop(watch);
    sleep(10 * MINUTE).await;
    assert!(fake.reads() > 8, "a bound type is a handle");
    assert_eq!(bound.current().a, "1");
    drop(bound);
    assert_eq!(changes.next().await, None);
    assert!(receiver.changed().await.is_err());
    let reads = fake.reads();
    sleep(HOUR).await;
    assert_eq!(fake.reads(), reads);
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_less_than_a_minute_is_an_error() {
    let started = Fake::of("a", "1")
        .watch()
        .interval(Duration::from_secs(59))
        .start()
        .await;
    let error = started.map(|_| ()).expect_err("too short").to_string();
    assert!(
        error.contains("the interval of a watch is shorter than a minute"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_first_load_that_fails_is_an_error() {
    let fake = Fake::of("a", "1");
    fake.next(Next::Fails);
    fake.watch().start().await.map(|_| ()).expect_err("it fails");
    let reads = fake.reads();
    sleep(HOUR).await;
    assert_eq!(fake.reads(), reads, "nothing was started");
}

#[test]
fn a_runtime_that_goes_away_is_no_panic() {
    let fake = Fake::of("a", "1");
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime")
    };
    let first = runtime();
    let watch = first.block_on(fake.watch().interval(MINUTE).start()).expect("it loads");
    // In the middle of a load.
    fake.next(Next::Hangs);
    first.block_on(async { sleep(2 * MINUTE).await });
    assert_eq!(fake.reads(), 2);
    drop(first);
    assert_eq!(text(&watch), "1");
    let status = watch.status();
    assert!(status.next_poll.is_none() && !status.is_healthy());
    assert!(
        status
            .to_string()
            .ends_with("(nobody polls: the runtime that did is gone)"),
        "{status}"
    );

    // Another one serves just as well for what is asked for now.
    fake.next(Next::Values);
    fake.set("a", "2");
    let change = runtime().block_on(watch.refresh()).expect("it loads");
    assert_eq!((change.keys.len(), text(&watch).as_str()), (1, "2"));
    drop(watch);
}

#[test]
fn without_a_runtime_it_is_an_error() {
    let started = futures::executor::block_on(Fake::of("a", "1").watch().start());
    let error = started.map(|_| ()).expect_err("no runtime").to_string();
    assert!(
        error.contains("no tokio runtime runs here, and a watch polls on one"),
        "{error}"
    );
}
