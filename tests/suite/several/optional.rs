//! A vault that need not be there: three cases, and each only where it is named.

use config_azure_keyvault::OptionalIf;
use keyvault_emulator::{Fault, Permissions, RequestKind};

use super::*;

const ALL: [OptionalIf; 3] = [
    OptionalIf::Unreachable,
    OptionalIf::NoCredential,
    OptionalIf::NoPermission,
];

#[tokio::test]
async fn each_case_is_fatal_unless_it_is_named() {
    for (case, break_it) in [
        (
            OptionalIf::Unreachable,
            (|world: &World| world.emulator.inject(Fault::reset().for_kind(RequestKind::List))) as fn(&World),
        ),
        (OptionalIf::NoCredential, |world| {
            world.emulator.inject(
                Fault::new(keyvault_emulator::service_error(401, "invalid_client", None, "no"))
                    .for_kind(RequestKind::Token),
            )
        }),
        (OptionalIf::NoPermission, |world| {
            world.vault.set_permissions(Permissions::none())
        }),
    ] {
        for named in ALL {
            let world = World::start().await;
            world.seed(&["A"]);
            break_it(&world);
            let source = world
                .source()
                .optional([named])
                .deadline(std::time::Duration::from_secs(5));
            let built = over(r#"{ "A": "file" }"#)
                .add_async_source(source.clone())
                .build()
                .await;
            check_built(&source, &built);
            if named != case {
                assert!(built.is_err(), "{case} with {named}");
                continue;
            }
            let config = built.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(config.get_string("A").expect("a value"), "file");
            let report = source.report().expect("a report");
            assert!(report.is_degraded());
            let not_loaded = &report.not_loaded[0];
            assert_eq!((not_loaded.case, not_loaded.vault.as_str()), (case, world.url.as_str()));
            assert!(
                not_loaded
                    .reason
                    .starts_with(&format!("Azure Key Vault {}: ", world.url)),
                "{not_loaded}"
            );

            // It becomes whole by itself, and from then on it must be there.
            world.emulator.clear_faults();
            world.vault.set_permissions(Permissions::default());
            let config = crate::support::load(&source).await.expect("it loads");
            assert!(config.get_string("A").expect("a value") != "file");
            assert!(!source.report().expect("a report").is_degraded());
            break_it(&world);
            if case != OptionalIf::NoCredential {
                crate::support::load(&source)
                    .await
                    .map(|_| ())
                    .expect_err("what is there does not go");
            }
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_never_optional() {
    let world = World::start().await;
    let source = world
        .signed_in(AzureKeyVault::new("http://app.vault.azure.net"))
        .optional(ALL);
    crate::support::error_of(&source).await;
    let source = world
        .source()
        .process_environment([("AZURE_CLIENT_SECRET", "x")])
        .optional(ALL);
    crate::support::error_of(&source).await;
}
