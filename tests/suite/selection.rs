//! Which secrets are loaded: by name, by prefix, by filter, by what the vault tells of them. All of it before a get.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use config::Config;
use config_azure_keyvault::{
    AzureKeyVault, Error, ErrorKind, LoadReport, SecretName, SkipReason, Stage, ValidityPolicy, Warning,
};
use keyvault_emulator::{Fault, ListOrder, Permissions, RequestKind, SecretPermission, SecretSeed};

use crate::support::{World, error_of, leaks, load};

/// The names that the emulator was asked to get with a valid token, in the order of arrival.
fn gets(world: &World) -> Vec<String> {
    let requests = world.emulator.requests();
    let gets = requests
        .iter()
        .filter(|request| request.kind == RequestKind::Get && request.authorized);
    gets.filter_map(|request| request.secret.clone()).collect()
}

fn report(source: &AzureKeyVault) -> LoadReport {
    source.report().expect("a report")
}

fn keys(source: &AzureKeyVault) -> Vec<String> {
    report(source).loaded.into_iter().map(|loaded| loaded.key).collect()
}

fn skipped(source: &AzureKeyVault) -> Vec<(String, SkipReason)> {
    let skipped = report(source).skipped.into_iter();
    skipped.map(|skipped| (skipped.name, skipped.reason)).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn names_are_got_without_a_list() {
    let world = World::start().await;
    world.seed(&["A--X", "A--Y", "B", "Unrelated"]);
    world.vault.set_permissions(Permissions::only([SecretPermission::Get]));
    let source = world.source().names(["A--X", "A--Y", "B"]);

    load(&source).await.expect("the names load");
    assert_eq!(keys(&source), ["A.X", "A.Y", "B"]);
    let counts = world.emulator.counts();
    assert_eq!(
        (counts.lists, counts.gets, counts.challenges, counts.token_requests),
        (0, 3, 1, 1)
    );
    assert_eq!(
        (counts.requests, report(&source).requests, report(&source).pages),
        (4, 4, 0)
    );

    // Without the permission to list, the whole vault cannot be had, and the error says what can.
    let error = error_of(&world.source()).await;
    assert!(error.contains("list failed: 403 ForbiddenByRbac"), "{error}");
    assert!(error.contains("`names([…])`"), "{error}");
}

#[tokio::test]
async fn a_name_is_required_unless_it_is_optional() {
    let world = World::start().await;
    world.seed(&["A", "B"]);
    world.vault.seed(SecretSeed::new("Off", leaks::marker()).enabled(false));
    world.vault.seed(SecretSeed::new("Gone", leaks::marker()));
    world.vault.delete("Gone");
    let optional = |name: &str| SecretName::optional(name);

    let source = world.source().names([
        SecretName::required("A"),
        optional("Off"),
        optional("None"),
        optional("Gone"),
    ]);
    load(&source).await.expect("what is there loads");
    assert_eq!(keys(&source), ["A"]);
    assert_eq!(
        skipped(&source),
        [
            ("Gone".to_owned(), SkipReason::Missing),
            ("None".to_owned(), SkipReason::Missing),
            ("Off".to_owned(), SkipReason::Disabled),
        ]
    );

    for (name, cause, remedy) in [
        (
            "None",
            "404 SecretNotFound: ",
            "; set the secret, recover it if it was deleted, or make it optional",
        ),
        (
            "Gone",
            "404 SecretNotFound: ",
            "; set the secret, recover it if it was deleted, or make it optional",
        ),
        (
            "Off",
            "403 SecretDisabled: ",
            "; enable the secret, or do not require it",
        ),
    ] {
        // Wherever it stands among the names.
        for names in [vec!["A", "B", name], vec![name, "A", "B"]] {
            let source = world.source().names(names);
            let error = load(&source).await.map(|_| ()).expect_err("a required name is missing");
            let ours = Error::find(&error).expect("our error");
            assert_eq!((ours.stage(), ours.secret()), (Stage::Get, Some(name)));
            let text = ours.to_string();
            let start = format!("Azure Key Vault {}: get failed for secret `{name}`: {cause}", world.url);
            assert!(text.starts_with(&start) && text.ends_with(remedy), "{text}");
            assert!(source.report().is_none());
        }
    }
}

#[tokio::test]
async fn a_name_given_twice_is_got_once_and_required_if_either_is() {
    let world = World::start().await;
    world.seed(&["Some--Name"]);
    let source = world.source().names(["Some--Name", "some--name", "SOME--NAME"]);
    load(&source).await.expect("the name loads");
    assert_eq!(gets(&world), ["Some--Name"]);
    assert_eq!(keys(&source), ["Some.Name"]);

    let source = world
        .source()
        .names([SecretName::optional("None"), SecretName::required("NONE")]);
    assert!(error_of(&source).await.contains("404 SecretNotFound"));
    let source = world
        .source()
        .names([SecretName::optional("None"), SecretName::optional("none")]);
    load(&source).await.expect("both are optional");
    assert_eq!(skipped(&source), [("None".to_owned(), SkipReason::Missing)]);
}

#[tokio::test]
async fn names_that_cannot_be_are_errors_before_anybody_signs_in() {
    let world = World::start().await;
    let long = "n".repeat(128);
    let start = format!("Azure Key Vault {}: settings failed: ", world.url);
    for name in [
        "",
        "a.b",
        "a/b",
        "a b",
        "æ",
        "a_b",
        "../x",
        "a?b=c",
        "a\nb",
        long.as_str(),
    ] {
        let error = error_of(&world.source().names(["Fine", name])).await;
        let end = " is no secret's name; a secret's name is 1 to 127 letters, digits and hyphens";
        assert!(error.starts_with(&start) && error.ends_with(end), "{error}");
    }
    let error = error_of(&world.source().names(Vec::<String>::new())).await;
    assert_eq!(
        error,
        format!(
            "{start}`names` was given no name; name the secrets to get, or leave `names` out to load the whole vault"
        )
    );
    let error = error_of(&world.source().names(["MyApp--A", "Other--B"]).prefix("MyApp--")).await;
    assert_eq!(
        error,
        format!("{start}the name `Other--B` does not begin with the prefix; give whole names, prefix included")
    );
    for (gets, text) in [
        (0, "`concurrency` is 0"),
        (257, "`concurrency` is 257"),
        (usize::MAX, "`concurrency` is "),
    ] {
        for source in [world.source(), world.source().names(["A"])] {
            let error = error_of(&source.concurrency(gets)).await;
            assert!(
                error.starts_with("Azure Key Vault: settings failed: ") && error.contains(text),
                "{error}"
            );
            assert!(error.ends_with("; set 1 to 256 gets in flight"), "{error}");
        }
    }
    for source in [
        world.source().deadline(Duration::ZERO),
        world.source().connect_timeout(Duration::ZERO),
        world.source().try_timeout(Duration::ZERO),
        world.source().credential_timeout(Duration::ZERO),
    ] {
        assert!(error_of(&source).await.contains("a time limit is zero"));
    }
    assert_eq!(world.emulator.counts().connections, 0);
}

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
async fn a_prefix_is_stripped_in_any_case() {
    let world = World::start().await;
    world.seed(&[
        "MyApp--Db--Host",
        "MYAPP--Key",
        "myapp--x",
        "MyApp-Other",
        "MyApp--",
        "Other--MyApp--Y",
        "Z",
    ]);
    for prefix in ["MyApp--", "myapp--", "MYAPP--"] {
        world.emulator.clear_requests();
        let source = world.source().prefix(prefix);
        load(&source).await.expect("the vault loads");
        assert_eq!(keys(&source), ["Db.Host", "Key", "x"], "{prefix}");
        let report = report(&source);
        assert_eq!(report.filtered, 3, "{prefix}");
        // Nothing is left of this name; it is reported rather than lost.
        assert_eq!(report.skipped.len(), 1, "{:?}", report.skipped);
        assert_eq!(report.skipped[0].name, "MyApp--");
        assert!(
            gets(&world)
                .iter()
                .all(|name| name.to_lowercase().starts_with("myapp--"))
        );
    }
    // An empty prefix is none, and with names it is stripped as well.
    let source = world.source().prefix("").filter(|properties| properties.name == "Z");
    load(&source).await.expect("the vault loads");
    assert_eq!(keys(&source), ["Z"]);
    let source = world.source().prefix("MyApp--").names(["myapp--db--host"]);
    load(&source).await.expect("the name loads");
    assert_eq!(keys(&source), ["db.host"]);
}

#[tokio::test]
async fn a_filter_decides_before_a_get_by_all_that_the_list_tells() {
    let world = World::start().await;
    world.seed(&["Unwanted", "MyApp--Unwanted"]);
    world.vault.seed(
        SecretSeed::new("MyApp--Wanted", leaks::marker())
            .content_type("text/plain")
            .tag("app", "mine")
            .expires(4_000_000_000)
            .not_before(1_000_000_000)
            .created(1_500_000_000)
            .updated(1_600_000_000),
    );
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let source = world.source().prefix("MyApp--").filter(move |properties| {
        keep.lock().expect("nobody panicked").push(properties.clone());
        properties.tags.get("app").is_some_and(|app| app == "mine")
    });
    load(&source).await.expect("the vault loads");
    assert_eq!(gets(&world), ["MyApp--Wanted"]);
    assert_eq!(
        (keys(&source), report(&source).filtered),
        (vec!["Wanted".to_owned()], 2)
    );

    let seen = std::mem::take(&mut *seen.lock().expect("nobody panicked"));
    // What the prefix leaves out is not even asked about.
    assert_eq!(
        seen.iter().map(|seen| seen.name.as_str()).collect::<Vec<_>>(),
        ["MyApp--Unwanted", "MyApp--Wanted"]
    );
    let wanted = &seen[1];
    let time = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(wanted.content_type.as_deref(), Some("text/plain"));
    assert_eq!((wanted.enabled, wanted.managed), (Some(true), false));
    assert_eq!(
        (wanted.created, wanted.updated),
        (time(1_500_000_000), time(1_600_000_000))
    );
    assert_eq!(
        (wanted.not_before, wanted.expires),
        (time(1_000_000_000), time(4_000_000_000))
    );

    // A filter that wants nothing is no error: one page and no get.
    world.emulator.clear_requests();
    let source = world.source().filter(|_| false);
    load(&source).await.expect("an empty load");
    let counts = world.emulator.counts();
    assert_eq!((counts.lists, counts.gets, report(&source).filtered), (1, 0, 3));
}

#[tokio::test]
async fn disabled_and_managed_secrets_are_skipped_without_a_get() {
    let world = World::start().await;
    world.seed(&["A"]);
    world
        .vault
        .seed(SecretSeed::new("Certificate", leaks::marker()).managed(true));
    world.vault.seed(SecretSeed::new("Off", leaks::marker()).enabled(false));
    world
        .vault
        .seed(SecretSeed::new("Both", leaks::marker()).enabled(false).managed(true));
    let source = world.source();
    load(&source).await.expect("the vault loads");
    assert_eq!(gets(&world), ["A"]);
    assert_eq!(
        skipped(&source),
        [
            ("Both".to_owned(), SkipReason::Disabled),
            ("Certificate".to_owned(), SkipReason::Managed),
            ("Off".to_owned(), SkipReason::Disabled),
        ]
    );
}

#[tokio::test]
async fn what_expired_or_is_not_valid_yet_is_as_it_was_asked() {
    let world = World::start().await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let at = UNIX_EPOCH + Duration::from_secs(now);
    let unix = i64::try_from(now).expect("a time");
    let seed = |name: &str| SecretSeed::new(name, leaks::marker());
    world.vault.seed(seed("A-Expired").expires(unix - 1));
    world.vault.seed(seed("B-Expires-Now").expires(unix));
    world.vault.seed(seed("C-Lasts").expires(unix + 1).not_before(unix));
    world.vault.seed(seed("D-Not-Yet").not_before(unix + 1));
    world
        .vault
        .seed(seed("E-Never-Was").expires(unix - 5).not_before(unix + 5));
    let source = || world.source().clock(move || at);
    let all = ["A-Expired", "B-Expires-Now", "C-Lasts", "D-Not-Yet", "E-Never-Was"];

    for by_name in [false, true] {
        let select = |source: AzureKeyVault| if by_name { source.names(all) } else { source };

        let warned = select(source());
        load(&warned).await.expect("the vault loads");
        assert_eq!(keys(&warned), all);
        let warnings = report(&warned).warnings;
        assert_eq!(warnings.len(), 4, "{warnings:?}");
        let has = |warning: Warning| warnings.contains(&warning);
        let before = |seconds| at - Duration::from_secs(seconds);
        assert!(has(Warning::Expired {
            name: "A-Expired".to_owned(),
            since: before(1)
        }));
        assert!(has(Warning::Expired {
            name: "B-Expires-Now".to_owned(),
            since: at
        }));
        assert!(has(Warning::NotYetValid {
            name: "D-Not-Yet".to_owned(),
            from: at + Duration::from_secs(1)
        }));
        assert!(has(Warning::Expired {
            name: "E-Never-Was".to_owned(),
            since: before(5)
        }));

        world.emulator.clear_requests();
        let skipping = select(
            source()
                .expired(ValidityPolicy::Skip)
                .not_yet_valid(ValidityPolicy::Skip),
        );
        load(&skipping).await.expect("the vault loads");
        assert_eq!(keys(&skipping), ["C-Lasts"]);
        assert_eq!(
            skipped(&skipping),
            [
                ("A-Expired".to_owned(), SkipReason::Expired),
                ("B-Expires-Now".to_owned(), SkipReason::Expired),
                ("D-Not-Yet".to_owned(), SkipReason::NotYetValid),
                ("E-Never-Was".to_owned(), SkipReason::Expired),
            ]
        );
        if !by_name {
            assert_eq!(gets(&world), ["C-Lasts"]);
        }
    }

    // A secret that is neither yet nor any more does not slip through the policy that is more lenient.
    let source_of_one = |name: &'static str| source().filter(move |properties| properties.name == name);
    let strict = source_of_one("E-Never-Was").not_yet_valid(ValidityPolicy::Fail);
    assert!(error_of(&strict).await.contains("the secret is not valid yet"));

    for (name, source) in [
        ("A-Expired", source_of_one("A-Expired").expired(ValidityPolicy::Fail)),
        (
            "D-Not-Yet",
            source_of_one("D-Not-Yet").not_yet_valid(ValidityPolicy::Fail),
        ),
        ("A-Expired", source().names(["A-Expired"]).expired(ValidityPolicy::Fail)),
    ] {
        let error = load(&source).await.map(|_| ()).expect_err("it is to fail");
        let ours = Error::find(&error).expect("our error");
        assert_eq!((ours.kind(), ours.secret()), (ErrorKind::Secret, Some(name)));
        let text = ours.to_string();
        let start = format!(
            "Azure Key Vault {}: get failed for secret `{name}`: the secret ",
            world.url
        );
        assert!(text.starts_with(&start), "{text}");
    }
}

#[tokio::test]
async fn a_key_mapper_places_names_and_the_newest_wins_a_collision() {
    let world = World::start().await;
    let marker = leaks::marker();
    world
        .vault
        .seed(SecretSeed::new("db-password", "older").updated(1_600_000_000));
    world
        .vault
        .seed(SecretSeed::new("Db-Password", "older").updated(1_600_000_000));
    world
        .vault
        .seed(SecretSeed::new("db--password", "newest").updated(1_600_000_002));
    world
        .vault
        .seed(SecretSeed::new("dbpassword", "middle").updated(1_600_000_001));
    world.vault.seed(SecretSeed::new("left-out", &marker));
    world.vault.seed(SecretSeed::new("nothing-left", &marker));
    for order in [ListOrder::Name, ListOrder::Reversed, ListOrder::Shuffled(7)] {
        world.vault.set_list_order(order);
        let source = world.source().key_mapper(|name| match name {
            "left-out" => None,
            "nothing-left" => Some(Vec::new()),
            _ => Some(vec!["Db".to_owned(), "Pass.word".to_owned()]),
        });
        let config = load(&source).await.expect("the vault loads");
        let db = config.get_table("Db").expect("a section");
        // A segment is a key as it is: a dot in it means nothing.
        assert_eq!(
            db.get("Pass.word")
                .cloned()
                .and_then(|value| value.into_string().ok())
                .as_deref(),
            Some("newest")
        );
        let report = report(&source);
        assert_eq!(report.loaded.len(), 1);
        let why = |name: &str| {
            let skipped = report.skipped.iter().find(|skipped| skipped.name == name);
            skipped
                .unwrap_or_else(|| panic!("{name}: {:?}", report.skipped))
                .reason
                .to_string()
        };
        assert_eq!(why("dbpassword"), "`db--password` is the same setting and is newer");
        assert_eq!(why("left-out"), "left out by the key mapper");
        assert_eq!(why("nothing-left"), "its name has an empty segment");
    }
}

#[tokio::test]
async fn a_name_listed_twice_is_loaded_once() {
    let world = World::start().await;
    let names: Vec<String> = (0..26).map(|n| format!("Secret-{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    // A page that repeats: the vault changed while it was listed.
    let page = format!(
        r#"{{"value":[{{"id":"{0}/secrets/Secret-00","attributes":{{"enabled":true,"updated":1600000000}}}},
                      {{"id":"{0}/secrets/SECRET-01","attributes":{{"enabled":true,"updated":1600000000}}}},
                      {{"id":"{0}/secrets/Secret-25","attributes":{{"enabled":true,"updated":1600000000}}}}],"nextLink":null}}"#,
        world.url
    );
    world.emulator.inject(
        Fault::status(200, page)
            .for_kind(RequestKind::List)
            .for_query_containing("skiptoken"),
    );
    let source = world.source();
    load(&source).await.expect("the vault loads");
    assert_eq!(gets(&world).into_iter().collect::<BTreeSet<_>>().len(), 26);
    assert_eq!((gets(&world).len(), report(&source).loaded.len()), (26, 26));
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

/// The order of the listing, and so the order of replies, changes nothing.
#[tokio::test]
async fn the_result_does_not_depend_on_the_order_of_the_list() {
    let world = World::start().await;
    let names = [
        "Db", "Db--Host", "DB--Port", "Hosts--0", "Hosts--1", "hosts--2", "A---b", "x",
    ];
    for name in names {
        world
            .vault
            .seed(SecretSeed::new(name, format!("{name}-{}", leaks::marker())));
    }
    world.emulator.inject(
        Fault::delay(Duration::from_millis(30))
            .for_kind(RequestKind::Get)
            .times(3),
    );
    let mut results = BTreeSet::new();
    for order in [
        ListOrder::Name,
        ListOrder::Reversed,
        ListOrder::Shuffled(1),
        ListOrder::Shuffled(2),
    ] {
        world.vault.set_list_order(order);
        let source = world.source();
        let config: Config = load(&source).await.expect("the vault loads");
        let json: serde_json::Value = config.try_deserialize().expect("any configuration is JSON");
        let skipped: BTreeSet<String> = skipped(&source).into_iter().map(|(name, _)| name).collect();
        assert_eq!(skipped, set(&["Db"]));
        // Which spelling a new key takes is the first listed one's, as all are of the same second.
        results.insert(json.to_string().to_lowercase());
    }
    assert_eq!(results.len(), 1);
}
