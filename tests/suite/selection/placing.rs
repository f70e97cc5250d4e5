//! What is no setting is not got.

use super::*;

fn why(source: &AzureKeyVault) -> Vec<(String, String)> {
    let skipped = report(source).skipped.into_iter();
    skipped
        .map(|skipped| (skipped.name, skipped.reason.to_string()))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |&(name, why): &(&str, &str)| (name.to_owned(), why.to_owned());
    pairs.iter().map(owned).collect()
}

#[tokio::test]
async fn what_has_no_place_costs_no_get_and_stops_nobody() {
    let world = World::start().await;
    world.seed(&["--Bad", "A", "B----C", "Out"]);
    // An expired one may fail the load, but not for a secret that would not load anyway.
    world
        .vault
        .seed(SecretSeed::new("Old--", leaks::marker()).expires(1_000_000_000));
    for name in ["--Bad", "B----C", "Old--", "Out"] {
        world.vault.deny(name, SecretPermission::Get);
    }
    let mapped = |source: AzureKeyVault| {
        source
            .expired(ValidityPolicy::Fail)
            .key_mapper(|name| (name != "Out").then(|| name.split("--").map(str::to_owned).collect()))
    };
    let names = ["--Bad", "A", "B----C", "Old--", "Out"].map(SecretName::optional);
    let no_segment = "its name has an empty segment";
    for source in [mapped(world.source()), mapped(world.source()).names(names)] {
        world.emulator.clear_requests();
        load(&source).await.expect("the vault loads");
        assert_eq!(
            (keys(&source), gets(&world)),
            (vec!["A".to_owned()], vec!["A".to_owned()])
        );
        let expected = [
            ("--Bad", no_segment),
            ("B----C", no_segment),
            ("Old--", no_segment),
            ("Out", "left out by the key mapper"),
        ];
        assert_eq!(why(&source), pairs(&expected));
        assert_eq!(report(&source).filtered, 1);
    }

    // Without a mapper it is the same.
    let source = world.source().names(["--Bad", "B----C"].map(SecretName::optional));
    world.emulator.clear_requests();
    load(&source).await.expect("there is nothing to load");
    assert_eq!((keys(&source).len(), world.emulator.counts().requests), (0, 0));
}

#[tokio::test]
async fn a_filter_is_told_of_alike_with_and_without_a_list() {
    let world = World::start().await;
    world.seed(&["A", "B"]);
    let filtered = |source: AzureKeyVault| source.filter(|properties| properties.name == "A");
    for source in [
        filtered(world.source()),
        filtered(world.source()).names(["A", "B"].map(SecretName::optional)),
    ] {
        load(&source).await.expect("the vault loads");
        assert_eq!(keys(&source), ["A"]);
        assert_eq!(why(&source), pairs(&[("B", "left out by the filter")]));
        assert_eq!(report(&source).filtered, 1);
    }
}

/// As .NET's provider: `Enabled != true` is skipped.
#[tokio::test]
async fn a_listed_secret_that_is_not_said_to_be_enabled_is_skipped() {
    let world = World::start().await;
    world.seed(&["Absent", "Bare", "Null", "On"]);
    let page = |enabled: &str, name: &str| format!(r#"{{"id":"{}/secrets/{name}"{enabled}}}"#, world.url);
    let page = format!(
        r#"{{"value":[{},{},{},{}],"nextLink":null}}"#,
        page(r#","attributes":{"updated":1600000000}"#, "Absent"),
        page("", "Bare"),
        page(r#","attributes":{"enabled":null,"updated":1600000000}"#, "Null"),
        page(r#","attributes":{"enabled":true,"updated":1600000000}"#, "On"),
    );
    world
        .emulator
        .inject(Fault::status(200, page).for_kind(RequestKind::List));
    let source = world.source();
    load(&source).await.expect("the vault loads");
    assert_eq!(
        (keys(&source), gets(&world)),
        (vec!["On".to_owned()], vec!["On".to_owned()])
    );
    assert_eq!(
        why(&source),
        pairs(&[("Absent", "disabled"), ("Bare", "disabled"), ("Null", "disabled")])
    );
}

#[tokio::test]
async fn a_prefix_without_hyphens_takes_the_separator_with_it() {
    let world = World::start().await;
    world.seed(&[
        "MyApp",
        "MyApp--Db--Host",
        "MyApp----X",
        "MyApp--",
        "MyAppOther",
        "MyApp-Y",
        "Z",
    ]);
    let no_rest = "nothing is left of its name without the prefix";
    let no_segment = "its name has an empty segment";

    let source = world.source().prefix("myapp");
    load(&source).await.expect("the vault loads");
    assert_eq!(keys(&source), ["-Y", "Db.Host", "Other"]);
    assert_eq!(
        why(&source),
        pairs(&[("MyApp", no_rest), ("MyApp--", no_rest), ("MyApp----X", no_segment)])
    );

    let source = world.source().prefix("MyApp--");
    load(&source).await.expect("the vault loads");
    assert_eq!(keys(&source), ["Db.Host"]);
    assert_eq!(why(&source), pairs(&[("MyApp--", no_rest), ("MyApp----X", no_segment)]));

    let source = world.source().prefix("MyApp-");
    load(&source).await.expect("the vault loads");
    assert_eq!(keys(&source), ["-", "-Db.Host", "Y"]);
}
