//! What the list tells decides, before a get.

use super::*;

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

/// A certificate that Key Vault keeps is for whoever signs with it.
#[tokio::test]
async fn a_certificate_is_loaded_where_it_is_wanted() {
    let world = World::start().await;
    for (name, is_managed) in [("A", false), ("Certificate", true)] {
        world
            .vault
            .seed(SecretSeed::new(name, leaks::marker()).managed(is_managed));
    }
    let off = SecretSeed::new("Off", leaks::marker()).enabled(false).managed(true);
    world.vault.seed(off);
    let source = world.source().managed(Managed::Load);
    let config = load(&source).await.expect("the vault loads");
    assert_eq!(config.get_string("Certificate").ok(), world.vault.value("Certificate"));
    assert_eq!(skipped(&source), [("Off".to_owned(), SkipReason::Disabled)]);
    assert_eq!(report(&source).loaded.len(), 2);

    let source = world.source().managed(Managed::Skip);
    load(&source).await.expect("the vault loads");
    let report = report(&source);
    assert!(report.to_string().starts_with("loaded 1 value from "), "{report}");
    assert_eq!(
        skipped(&source)[0].1.to_string(),
        "managed: the backing secret of a certificate (`managed(Managed::Load)` takes it)"
    );
    // One that is asked for by name was always wanted.
    let source = world.source().names(["Certificate"]);
    load(&source).await.expect("the vault loads");
    assert_eq!(world.vault.value("Certificate").is_some(), skipped(&source).is_empty());
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
        let select = |source: AzureKeyVault| {
            if by_name {
                source.names(all.map(SecretName::optional))
            } else {
                source
            }
        };

        let warned = select(source());
        load(&warned).await.expect("the vault loads");
        assert_eq!(keys(&warned), all);
        let warnings = report(&warned).warnings;
        assert_eq!(warnings.len(), 5, "{warnings:?}");
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
        assert!(has(Warning::EndsSoon {
            name: "C-Lasts".to_owned(),
            at: at + Duration::from_secs(1)
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
