//! What becomes of the names, whatever the order of the list.

use super::*;

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
