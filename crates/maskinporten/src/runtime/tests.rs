#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use super::*;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn get(all: &PerRuntime<Arc<()>>, runtime: &Runtime) -> Arc<()> {
    all.get(runtime.handle(), Arc::default)
}

#[test]
fn each_runtime_has_its_own_as_long_as_it_lives() {
    let all = PerRuntime::new();
    for make in [current_thread as fn() -> Runtime, multi_thread] {
        let (one, other) = (make(), make());
        let (first, second) = (get(&all, &one), get(&all, &other));
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&first, &get(&all, &one)));
        let gone = Arc::downgrade(&first);
        drop(first);
        assert!(gone.upgrade().is_some());
        drop(one);
        assert!(gone.upgrade().is_none(), "it outlived its runtime");
        assert_eq!(all.runtimes(), [other.handle().id()]);
        drop(other);
        assert_eq!(all.runtimes(), []);
    }
}

#[test]
fn the_watcher_ends_with_whoever_holds_the_values() {
    let runtime = current_thread();
    let all = PerRuntime::new();
    let value = Arc::downgrade(&get(&all, &runtime));
    let alive = || runtime.metrics().num_alive_tasks();
    assert_eq!(alive(), 1);
    drop(all);
    assert!(value.upgrade().is_none());
    runtime.block_on(async {
        while alive() > 0 {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn what_only_one_may_have_goes_to_the_next_when_that_one_is_gone() {
    let all = PerRuntime::new();
    let (one, other) = (current_thread(), multi_thread());
    let only = |runtime: &Runtime| all.only(runtime.handle(), Arc::<()>::default);
    let first = only(&one).unwrap();
    assert!(only(&other).is_none());
    assert!(Arc::ptr_eq(&first, &only(&one).unwrap()));
    drop(one);
    assert!(only(&other).is_some());
}

#[test]
fn runtimes_that_pile_up_are_bounded() {
    let all = PerRuntime::new();
    let many: Vec<Runtime> = (0..MOST + 3).map(|_| current_thread()).collect();
    let first = Arc::downgrade(&get(&all, &many[0]));
    for runtime in &many {
        get(&all, runtime);
    }
    assert_eq!(all.runtimes().len(), MOST);
    assert!(first.upgrade().is_none());
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn one_flight_serves_all_of_its_runtime_and_outlives_who_asked() {
    let flights = Arc::new(Flights::new());
    let (land, landing) = oneshot::channel::<u32>();
    let first = tokio::spawn({
        let flights = flights.clone();
        async move { flights.join(LONG, || async { landing.await.unwrap() }).await }
    });
    while lock(&flights.0).is_empty() {
        tokio::task::yield_now().await;
    }
    first.abort();
    let second = flights.join(LONG, || async { unreachable!("it is under way") });
    let (second, ()) = tokio::join!(second, async { land.send(7).unwrap() });
    assert_eq!(second, Some((7, false)));
    assert_eq!(flights.join(LONG, || async { 8 }).await, Some((8, true)));
}

#[test]
fn no_runtime_waits_for_the_flight_of_another() {
    let flights = Arc::new(Flights::new());
    let hang = || async {
        let hanging = flights.join(LONG, std::future::pending);
        drop(tokio::time::timeout(Duration::ZERO, hanging).await);
    };
    let idle = current_thread();
    idle.block_on(hang());
    let dropped = current_thread();
    dropped.block_on(hang());
    drop(dropped);
    let driven = multi_thread();
    driven.block_on(hang());
    let found = current_thread().block_on(flights.join(LONG, || async { 1 }));
    assert_eq!(found, Some((1, true)));
    drop(idle);
}

#[tokio::test]
async fn work_that_panics_strands_nobody() {
    let flights = Flights::<u32>::new();
    let lost = flights.join(LONG, || async { panic!("part of the test") }).await;
    assert_eq!(lost, None);
    assert_eq!(flights.join(LONG, || async { 1 }).await, Some((1, true)));
}
