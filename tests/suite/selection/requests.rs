//! How many requests, how many at once, of which version.

use super::*;

#[tokio::test]
async fn concurrency_bounds_the_gets_in_flight() {
    let world = World::start().await;
    let names: Vec<String> = (0..12).map(|n| format!("Secret-{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    world
        .emulator
        .inject(Fault::delay(Duration::from_millis(20)).for_kind(RequestKind::Get));
    // Twelve gets of 20 ms, so many at a time: it cannot be faster than this.
    for (gets, at_least) in [(1, 240), (3, 80), (256, 20)] {
        for source in [world.source(), world.source().names(names.clone())] {
            let source = source.concurrency(gets);
            load(&source).await.expect("the vault loads");
            assert_eq!(report(&source).loaded.len(), 12);
            assert!(
                report(&source).elapsed >= Duration::from_millis(at_least),
                "{gets}: {:?}",
                report(&source).elapsed
            );
        }
    }
}

#[tokio::test]
async fn the_api_version_is_the_one_that_was_set() {
    let world = World::start().await;
    world.seed(&["A"]);
    for (version, expected) in [(Some("7.4"), "7.4"), (Some("7.6"), "7.6"), (None, "2025-07-01")] {
        world.emulator.clear_requests();
        let source = match version {
            Some(version) => world.source().api_version(version),
            None => world.source(),
        };
        load(&source).await.expect("the vault loads");
        let requests = world.emulator.requests();
        let vault: Vec<_> = requests.iter().filter(|request| request.kind.is_vault()).collect();
        assert_eq!(vault.len(), 3);
        for request in vault {
            assert!(
                request.query.contains(&format!("api-version={expected}")),
                "{}",
                request.query
            );
        }
    }
}

#[tokio::test]
async fn sixty_secrets_cost_three_pages_one_challenge_and_sixty_gets() {
    let world = World::start().await;
    let names: Vec<String> = (0..60).map(|n| format!("Secret-{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    // The second page is slow: by the time the third is asked for, the first one's secrets have long been got.
    let second = Fault::delay(Duration::from_millis(300))
        .for_kind(RequestKind::List)
        .for_query_containing("skiptoken")
        .once();
    world.emulator.inject(second);
    let source = world.source();
    load(&source).await.expect("the vault loads");

    let counts = world.emulator.counts();
    assert_eq!(
        (counts.lists, counts.gets, counts.challenges, counts.requests),
        (3, 60, 1, 64)
    );
    assert_eq!((counts.token_requests, report(&source).token_requests), (1, 1));
    let report = report(&source);
    assert_eq!(
        (report.pages, report.requests, report.challenges, report.loaded.len()),
        (3, 64, 1, 60)
    );
    assert!(report.listed_after <= report.elapsed);

    let requests = world.emulator.requests();
    let last_page = requests
        .iter()
        .rfind(|request| request.kind == RequestKind::List)
        .expect("a list")
        .id;
    let before = requests
        .iter()
        .filter(|request| request.kind == RequestKind::Get && request.id < last_page)
        .count();
    assert!(
        before >= 25,
        "only {before} gets began before the last page was asked for"
    );
}
