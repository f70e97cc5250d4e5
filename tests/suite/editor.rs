//! A vault's secrets one by one, for tools.

use std::time::{Duration, SystemTime};

use config::Config;
use config_azure_keyvault::{CurrentSecret, Error, ErrorKind, NewSecret, SecretEditor, Stage};
use keyvault_emulator::{Fault, Permissions, Refusal, RequestKind, SecretPermission, SecretSeed, service_error};
use secrecy::ExposeSecret as _;

use crate::failures::LIMIT;
use crate::support::World;
use crate::support::leaks::{assert_clean_debug, assert_clean_error, assert_clean_logs, marker};

fn editor(world: &World) -> SecretEditor {
    world.source().editor(&Config::default()).expect("an editor")
}

/// An error of ours that is one line and holds no secret.
#[track_caller]
fn line<T>(done: Result<T, Error>, (kind, stage): (ErrorKind, Stage)) -> String {
    let error = done.map(drop).expect_err("it fails");
    assert_clean_error(&error);
    let text = error.to_string();
    assert!(!text.contains(['\n', '\r']), "{text:?}");
    assert_eq!((error.kind(), error.stage()), (kind, stage), "{text}");
    text
}

#[tokio::test]
async fn what_is_set_is_got_listed_and_deleted() {
    let world = World::start().await;
    let mut editor = editor(&world);
    let value = marker();
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    let secret = NewSecret::new(value.clone()).content_type("text/x-key").expires(end);
    assert!(editor.get("A--B").await.expect("no error").is_none());
    let first = editor
        .set("A--B", &secret)
        .await
        .expect("it is set")
        .expect("a version");

    let got: CurrentSecret = editor.get("a--b").await.expect("it is got").expect("it is there");
    assert_eq!(got.value.expose_secret(), value);
    assert_eq!(got.version.as_deref(), Some(first.as_str()));
    assert_eq!(got.properties.content_type.as_deref(), Some("text/x-key"));
    assert_eq!(got.properties.expires, Some(end));

    let second = editor.set("A--B", &NewSecret::new(marker())).await.expect("it is set");
    assert_ne!(second, Some(first), "another version");
    let got = editor.get("A--B").await.expect("it is got").expect("it is there");
    assert_eq!((got.version, got.properties.expires), (second, None));

    world.seed(&["C"]);
    world.vault.seed(SecretSeed::new("D", marker()).enabled(false));
    world.vault.seed(SecretSeed::new("E", marker()).managed(true));
    let names = |listed: Vec<config_azure_keyvault::SecretProperties>| {
        let mut names: Vec<String> = listed.into_iter().map(|secret| secret.name).collect();
        names.sort();
        names
    };
    assert_eq!(names(editor.list().await.expect("a list")), ["A--B", "C", "D", "E"]);
    editor.delete("A--B").await.expect("it is deleted");
    editor.delete("A--B").await.expect("that it is gone is no error");
    assert_eq!(names(editor.list().await.expect("a list")), ["C", "D", "E"]);
    assert_eq!(world.vault.deleted_names(), ["A--B"]);

    assert_eq!(editor.vault(), world.url);
    let ahead = editor.clock_ahead().expect("it answered");
    assert!(ahead.abs() <= 5, "one machine, one clock: {ahead}");
    assert_clean_debug(&secret);
    assert_clean_debug(&editor);
    assert_clean_debug(&editor.get("C").await.expect("it is got"));
    assert_clean_logs();
}

#[tokio::test]
async fn more_than_a_page_is_listed() {
    let world = World::start().await;
    for n in 0..60 {
        world.seed(&[&format!("Secret-{n:02}")]);
    }
    assert_eq!(editor(&world).list().await.expect("a list").len(), 60);
}

#[tokio::test]
async fn many_are_got_in_their_order_and_several_at_a_time() {
    let world = World::start().await;
    let names: Vec<String> = (0..40).map(|n| format!("Secret-{n:02}")).collect();
    for name in &names {
        world.vault.set(name, format!("{}-{name}", marker()));
    }
    world.vault.purge("Secret-07");
    let mut editor = editor(&world);
    // The first one goes alone: it learns whom to sign in to.
    world
        .emulator
        .inject(Fault::until_in_flight(32).for_kind(RequestKind::Get).skip(1));
    let all = editor.get_all(&names).await.expect("they are got");
    for (name, secret) in names.iter().zip(&all) {
        match secret {
            Some(secret) => assert!(secret.value.expose_secret().ends_with(name.as_str())),
            None => assert_eq!(name, "Secret-07"),
        }
    }
    assert_eq!((all.len(), world.emulator.counts().gets), (40, 40));
    assert!(editor.get_all::<&str>([]).await.expect("nothing is asked").is_empty());

    world.vault.deny("Secret-11", SecretPermission::Get);
    let refused = line(editor.get_all(&names).await, (ErrorKind::Forbidden, Stage::Get));
    assert!(refused.contains("Secret-11"), "{refused}");
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named_with_the_role_that_has_it() {
    let world = World::start().await;
    world.seed(&["A"]);
    let mut editor = editor(&world);
    let new = NewSecret::new(marker());
    world.vault.set_permissions(Permissions::none());
    let refused = (ErrorKind::Forbidden, Stage::List);
    assert!(line(editor.list().await, refused).contains("role `Key Vault Secrets User`"));
    let refused = (ErrorKind::Forbidden, Stage::Get);
    assert!(line(editor.get("A").await, refused).contains("role `Key Vault Secrets User`"));
    let refused = (ErrorKind::Forbidden, Stage::Set);
    assert!(line(editor.set("A", &new).await, refused).contains("role `Key Vault Secrets Officer`"));
    let refused = (ErrorKind::Forbidden, Stage::Delete);
    assert!(line(editor.delete("A").await, refused).contains("role `Key Vault Secrets Officer`"));
    // Where there are no roles, but a policy.
    let policy = Permissions::all_but([SecretPermission::Set]).refused_by(Refusal::AccessPolicy);
    world.vault.set_permissions(policy);
    let refused = (ErrorKind::Forbidden, Stage::Set);
    assert!(line(editor.set("A", &new).await, refused).contains("secret permission `set`"));
    assert_eq!(world.vault.deleted_names().len(), 0);
}

#[tokio::test]
async fn a_name_that_was_deleted_has_to_be_recovered_or_purged_first() {
    let world = World::start().await;
    world.seed(&["A"]);
    world.vault.delete("A");
    let set = editor(&world).set("A", &NewSecret::new(marker())).await;
    let status = set.as_ref().err().and_then(Error::status);
    assert_eq!(status, Some(409));
    let text = line(set, (ErrorKind::Secret, Stage::Set));
    assert!(text.contains("ObjectIsDeletedButRecoverable"), "{text}");
    assert!(
        text.contains("recover the secret that was deleted under this name, or purge it"),
        "{text}"
    );
}

#[tokio::test]
async fn a_disabled_secret_gives_no_value_and_is_set_anew() {
    let world = World::start().await;
    world.vault.seed(SecretSeed::new("A", marker()).enabled(false));
    let mut editor = editor(&world);
    let text = line(editor.get("A").await, (ErrorKind::Secret, Stage::Get));
    assert!(text.contains("enable the secret"), "{text}");
    editor.set("A", &NewSecret::new(marker())).await.expect("it is set");
    assert!(editor.get("A").await.expect("it is got").is_some());
}

#[tokio::test]
async fn the_value_is_cut_from_a_refusal_that_quotes_it() {
    let world = World::start().await;
    let mut editor = editor(&world);
    let value = marker();
    let refusal = format!("The value '{value}' is not to our taste.");
    for status in [400, 403, 409, 422] {
        world.emulator.clear_faults();
        world
            .emulator
            .inject(Fault::new(service_error(status, "BadParameter", None, &refusal)).for_kind(RequestKind::Set));
        let error = editor
            .set("A", &NewSecret::new(value.clone()))
            .await
            .expect_err("it fails");
        assert_clean_error(&error);
        assert!(error.to_string().contains("(a secret)"), "{error}");
    }
    assert_clean_logs();
}

#[tokio::test]
async fn a_vault_that_does_not_answer_is_given_up_at_the_deadline() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world.source().deadline(LIMIT).try_timeout(LIMIT * 2);
    let mut editor = source.editor(&Config::default()).expect("an editor");
    editor.get("A").await.expect("it answers at first");
    world.emulator.inject(Fault::hang());
    let text = line(
        editor.set("A", &NewSecret::new(marker())).await,
        (ErrorKind::Timeout, Stage::Set),
    );
    assert!(text.contains("A"), "{text}");
    world.emulator.clear_faults();
    editor
        .set("A", &NewSecret::new(marker()))
        .await
        .expect("each call has its own deadline");
}

#[tokio::test]
async fn a_name_that_is_none_is_not_sent() {
    let world = World::start().await;
    let mut editor = editor(&world);
    let new = NewSecret::new(marker());
    for name in ["", "a_b", "a b", "a/b", "æ", &"x".repeat(128)] {
        let wrong = |stage| (ErrorKind::InvalidSetting, stage);
        assert!(line(editor.set(name, &new).await, wrong(Stage::Set)).contains("letters, digits and hyphens"));
        line(editor.get(name).await, wrong(Stage::Get));
        line(editor.delete(name).await, wrong(Stage::Delete));
    }
    assert_eq!(world.emulator.counts().requests, 0);
}

#[tokio::test]
async fn an_editor_is_of_one_vault_that_is_named() {
    let world = World::start().await;
    let nowhere = world.signed_in(config_azure_keyvault::AzureKeyVault::default());
    let none = nowhere.editor(&Config::default()).map(drop);
    let text = line(none, (ErrorKind::NoVault, Stage::Settings));
    assert!(text.contains("AZURE_KEYVAULT_URL"), "{text}");
    let earlier = crate::support::over(&format!(r#"{{ "KeyVault": {{ "Url": "{}" }} }}"#, world.url));
    let earlier = earlier.build().expect("a configuration");
    let named = world.signed_in(config_azure_keyvault::AzureKeyVault::default());
    assert_eq!(named.editor(&earlier).expect("an editor").vault(), world.url);
    // In Development as well: a tool fills a vault from a developer's machine.
    world
        .source()
        .environment("Development")
        .editor(&Config::default())
        .expect("an editor");
    let two = config_azure_keyvault::AzureKeyVault::layered([world.source(), world.source().prefix("B--")]);
    let two = world.signed_in(two).editor(&Config::default()).map(drop);
    assert!(line(two, (ErrorKind::InvalidSetting, Stage::Settings)).contains("an editor is of one vault"));
}
