//! Build after build.

use super::*;

/// A session is of no use in another runtime, but what was got is.
#[test]
fn what_was_got_is_known_across_runtimes_and_forms() {
    let world = world();
    let source = world.source();
    let loads: [&dyn Fn() -> Result<Config, ConfigError>; 5] = [
        &|| current_thread().block_on(load(&source)),
        &|| multi_thread().block_on(load(&source)),
        &|| build(&source),
        &|| build(&source),
        &|| current_thread().block_on(load(&source)),
    ];
    for (n, load) in loads.into_iter().enumerate() {
        world.emulator.clear_requests();
        assert_loaded(&load().expect("the vault loads"), &world);
        let counts = world.emulator.counts();
        assert_eq!((counts.lists, counts.gets), (1, if n == 0 { 3 } else { 0 }), "load {n}");
        assert_eq!(source.report().expect("a report").unchanged, if n == 0 { 0 } else { 3 });
    }
}

#[tokio::test]
async fn a_builder_that_is_kept_gets_only_what_changed() {
    let world = World::start().await;
    world.seed(&["Changed", "Deleted", "Disabled", "Same"]);
    let source = world.source();
    let builder = builder(&source);
    let build = async || {
        world.emulator.clear_requests();
        let built = builder.build_cloned().await;
        check_built(&source, &built);
        let config = built.expect("the vault loads");
        let gets: BTreeSet<String> = world
            .emulator
            .requests()
            .into_iter()
            .filter(|request| request.kind == RequestKind::Get)
            .filter_map(|request| request.secret)
            .collect();
        (config, gets.into_iter().collect::<Vec<_>>())
    };
    let (_, gets) = build().await;
    assert_eq!(gets, ["Changed", "Deleted", "Disabled", "Same"]);
    let (_, gets) = build().await;
    assert!(gets.is_empty(), "{gets:?}");

    world
        .vault
        .seed(SecretSeed::new("Changed", "new").updated(1_700_000_000));
    world.vault.seed(SecretSeed::new("Added", "added"));
    world.vault.delete("Deleted");
    world.vault.disable("Disabled");
    let (config, gets) = build().await;
    assert_eq!(gets, ["Added", "Changed"]);
    assert_eq!(config.get_string("Changed").expect("a value"), "new");
    assert_eq!(config.get_string("Added").expect("a value"), "added");
    assert!(config.get_string("Deleted").is_err() && config.get_string("Disabled").is_err());
    assert_eq!(config.get_string("Same").ok(), world.vault.value("Same"));

    // A load that fails takes nothing away: the next good one gets what changed and no more.
    world
        .emulator
        .inject(Fault::status(403, "{}").for_kind(RequestKind::List).once());
    let failed = builder.build_cloned().await;
    check_built(&source, &failed);
    assert!(failed.is_err());
    assert_eq!(source.report().expect("the last good report").loaded.len(), 3);
    world
        .vault
        .seed(SecretSeed::new("Same", "newer").updated(1_700_000_001));
    let (config, gets) = build().await;
    assert_eq!(gets, ["Same"]);
    assert_eq!(config.get_string("Same").expect("a value"), "newer");

    // Enabled again, it is back; what is deleted and set anew is another secret.
    world.vault.set_enabled("Disabled", true);
    world.vault.seed(SecretSeed::new("Deleted", "reborn"));
    let (config, gets) = build().await;
    assert_eq!(gets, ["Deleted", "Disabled"]);
    assert_eq!(config.get_string("Deleted").expect("a value"), "reborn");
}

/// `updated` has whole seconds: a secret that changed just before it was listed may have changed again after it was got.
#[tokio::test]
async fn what_changed_lately_is_got_again() {
    let world = World::start().await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let now = i64::try_from(now).expect("a time");
    let seed = |name: &str, value: &str, updated: i64| {
        world.vault.seed(SecretSeed::new(name, value).updated(updated));
    };
    // A clock ahead of the vault's own stands for "this very second", however slow this machine is.
    seed("Lately", "first", now + 60);
    seed("Settled", "first", now - 3600);
    let source = world.source();
    let builder = builder(&source);
    builder.build_cloned().await.expect("the vault loads");

    seed("Lately", "second", now + 60);
    world.emulator.clear_requests();
    let config = builder.build_cloned().await.expect("the vault loads");
    assert_eq!(config.get_string("Lately").expect("a value"), "second");
    assert_eq!(
        (
            world.emulator.counts().gets,
            source.report().expect("a report").unchanged
        ),
        (1, 1)
    );
}

/// A builder that asks again after an earlier source changed follows it to another vault.
#[test]
fn another_vault_is_another_memory() {
    let world = world();
    world
        .emulator
        .vault("other")
        .seed(SecretSeed::new("Key", "of the other"));
    let source = world.signed_in(AzureKeyVault::default());
    let from = |url: &str| {
        let earlier = File::from_str(&format!(r#"{{ "KeyVault": {{ "Url": "{url}" }} }}"#), FileFormat::Json);
        let built = Config::builder().add_source(earlier).add_source(source.clone()).build();
        check_built(&source, &built);
        built.expect("the vault loads")
    };
    assert_loaded(&from(&world.url), &world);
    let config = from(&world.emulator.vault_url("other"));
    assert_eq!(config.get_string("Key").expect("a value"), "of the other");
    assert!(config.get_string("Db.Password").is_err());
    assert_loaded(&from(&world.url), &world);
}
