//! Names that are got without a list.

use super::*;

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

#[test]
fn a_name_tells_what_it_is() {
    let owned = "Some--Name".to_owned();
    for (name, required) in [
        (SecretName::from(&owned), true),
        (SecretName::from(owned.clone()), true),
        (SecretName::from("Some--Name"), true),
        (SecretName::optional(&owned), false),
    ] {
        assert_eq!((name.name(), name.is_required()), ("Some--Name", required));
    }
    let _borrowed = AzureKeyVault::default().names(&[owned]);
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
