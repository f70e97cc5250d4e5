//! The main job: secrets travel from a vault over HTTPS into settings.

use keyvault_emulator::SecretSeed;

use crate::support::{World, builder, load};

#[tokio::test]
async fn secrets_become_nested_settings() {
    let world = World::start().await;
    world.seed(&[
        "MaskinportenSettings--ClientId",
        "MaskinportenSettings--EncodedJwk",
        "ApiKey",
    ]);
    let source = world.source();

    let config = load(&source).await.expect("the vault loads");

    for key in [
        "MaskinportenSettings.ClientId",
        "MaskinportenSettings.EncodedJwk",
        "ApiKey",
    ] {
        assert!(
            config.get_string(key).is_ok_and(|value| value.contains("s3cr3t")),
            "{key}"
        );
    }
    let report = source.report().expect("a report");
    assert_eq!(
        (report.loaded.len(), report.challenges, report.token_requests),
        (3, 1, 1)
    );
    assert_eq!(world.emulator.counts().challenges, 1);
}

#[tokio::test]
async fn a_second_build_gets_nothing_that_did_not_change() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    let source = world.source();
    let builder = builder(&source);

    builder.build_cloned().await.expect("the first build");
    world.emulator.clear_requests();
    builder.build_cloned().await.expect("the second build");
    let counts = world.emulator.counts();
    assert_eq!(
        (counts.lists, counts.gets, counts.challenges, counts.token_requests),
        (1, 0, 0, 0)
    );

    world.vault.seed(SecretSeed::new("B", "changed").updated(1_700_000_000));
    world.emulator.clear_requests();
    let config = builder.build_cloned().await.expect("the third build");
    assert_eq!(world.emulator.counts().gets, 1);
    assert_eq!(config.get_string("B").expect("B is there"), "changed");
}
