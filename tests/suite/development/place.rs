//! Which file it is, and when it is read at all.

use super::*;

#[tokio::test]
async fn no_request_no_credential_and_no_vault_are_needed() {
    let desk = Desk::with(r#"{ "MaskinportenSettings--ClientId": "mine" }"#);
    let source = desk.source();
    let config = load(&source).await.expect("the file loads");
    assert_eq!(
        config.get_string("MaskinportenSettings.ClientId").expect("a value"),
        "mine"
    );
    let report = source.report().expect("a report");
    assert_eq!(report.from, LoadedFrom::LocalFile(desk.path("secrets.json")));
    assert_eq!(report.credential, None);
    assert_eq!((report.requests, report.token_requests, report.pages), (0, 0, 0));
    assert_eq!(report.environment.name(), "Development");
    assert_eq!(report.loaded[0].name, "MaskinportenSettings--ClientId");
    assert_eq!(report.loaded[0].key, "MaskinportenSettings.ClientId");

    // What would be wrong outside Development is not even looked at.
    for source in [
        desk.configured(AzureKeyVault::new("http://nonsense")),
        desk.configured(AzureKeyVault::default()).names(["Required"]),
        desk.configured(AzureKeyVault::default())
            .names(Vec::<SecretName>::new()),
        desk.configured(AzureKeyVault::default()).concurrency(0),
        desk.configured(AzureKeyVault::default()).ca_pem("nonsense"),
        desk.configured(AzureKeyVault::default())
            .mounted_settings(desk.directory.path()),
    ] {
        load(&source.environment("development")).await.expect("the file loads");
    }
}

#[tokio::test]
async fn no_file_is_fine_unless_it_was_named() {
    let desk = Desk::new();
    let source = desk.source();
    let config = load_over(over(r#"{ "A": 1 }"#), &source)
        .await
        .expect("nothing to load");
    assert_eq!(config.get_int("A").expect("a value"), 1);
    let report = source.report().expect("a report");
    assert_eq!((report.from, report.loaded.len()), (LoadedFrom::Nothing, 0));

    assert_eq!(
        local_error(&desk.source().local_file("my.json")).await,
        format!(
            "{} is not there; create the file, or do not name one: `secrets.json` in the working directory is read if it \
             is there",
            desk.path("my.json")
        )
    );
    // Even one of the usual name.
    assert!(
        local_error(&desk.source().local_file("secrets.json"))
            .await
            .contains("is not there")
    );

    desk.write("deeper/my.json", r#"{ "A": 2 }"#);
    for path in ["deeper/my.json".to_owned(), desk.path("deeper/my.json")] {
        let source = desk.source().local_file(&path);
        let config = load_over(over(r#"{ "A": 1 }"#), &source).await.expect("the file loads");
        assert_eq!(config.get_int("A").expect("a value"), 2);
    }
}

#[tokio::test]
async fn user_secrets_are_where_dotnet_keeps_them() {
    let desk = Desk::new();
    desk.write(
        "home/.microsoft/usersecrets/my-id/secrets.json",
        r#"{ "From": "home" }"#,
    );
    desk.write(
        "data/Microsoft/UserSecrets/my-id/secrets.json",
        r#"{ "From": "appdata" }"#,
    );
    desk.write(
        "fallback/.microsoft/usersecrets/my-id/secrets.json",
        r#"{ "From": "fallback" }"#,
    );
    desk.write("secrets.json", r#"{ "From": "directory" }"#);
    let (home, data, fallback) = (desk.path("home"), desk.path("data"), desk.path("fallback"));
    let fallback = ("DOTNET_USER_SECRETS_FALLBACK_DIR", fallback.as_str());
    for (variables, from) in [
        (vec![("HOME", home.as_str())], "home"),
        (vec![("HOME", home.as_str()), fallback], "home"),
        (vec![("APPDATA", data.as_str())], "appdata"),
        (vec![("APPDATA", data.as_str()), ("HOME", home.as_str())], "appdata"),
        (vec![("APPDATA", ""), ("HOME", home.as_str())], "home"),
        (vec![fallback], "fallback"),
    ] {
        let source = desk.source().user_secrets("my-id").process_environment(variables);
        let config = load(&source).await.expect("the file loads");
        assert_eq!(config.get_string("From").expect("a value"), from);
    }

    // It appears with the first secret that is set.
    let source = desk
        .source()
        .user_secrets("another-id")
        .process_environment([("HOME", &home)]);
    load(&source).await.expect("nothing to load");
    assert_eq!(source.report().expect("a report").from, LoadedFrom::Nothing);

    for id in ["../my-id", "a/b", "a\\b", "..", ".", "", " ", "C:x", "/etc"] {
        let source = desk.source().user_secrets(id).process_environment([("HOME", &home)]);
        assert_eq!(
            local_error(&source).await,
            "user secrets: the id is no file name; give the project's UserSecretsId",
            "{id}"
        );
    }
    let source = desk.source().user_secrets("my-id").process_environment([("HOME", "")]);
    assert_eq!(
        local_error(&source).await,
        "user secrets: neither APPDATA nor HOME nor DOTNET_USER_SECRETS_FALLBACK_DIR is set; set one of them, or name the file \
         with `local_file`"
    );
}

#[tokio::test]
async fn outside_development_the_file_is_never_read() {
    let world = World::start().await;
    world.seed(&["A"]);
    let desk = Desk::with("{ malformed");
    for environment in [
        "Production",
        "Staging",
        "Devlopment",
        "Dev",
        "Development ",
        " development",
        "Test",
    ] {
        for source in [
            world.source(),
            world.source().local_file("secrets.json"),
            world.source().local_file("none.json"),
            world.source().user_secrets(".."),
        ] {
            let source = source.environment(environment).working_directory(desk.directory.path());
            let config = load(&source).await.expect("the vault loads");
            assert!(config.get_string("A").is_ok(), "{environment}");
            assert_eq!(source.report().expect("a report").environment.name(), environment);
        }
    }
}

#[tokio::test]
async fn the_process_environment_says_which_it_is() {
    let desk = Desk::with(r#"{ "A": 1 }"#);
    for (variables, development) in [
        (
            vec![("APP_ENVIRONMENT", "Development"), ("DOTNET_ENVIRONMENT", "Production")],
            true,
        ),
        (
            vec![("APP_ENVIRONMENT", "Production"), ("DOTNET_ENVIRONMENT", "Development")],
            false,
        ),
        (
            vec![
                ("DOTNET_ENVIRONMENT", "Development"),
                ("ASPNETCORE_ENVIRONMENT", "Production"),
            ],
            true,
        ),
        (
            vec![
                ("DOTNET_ENVIRONMENT", "Staging"),
                ("ASPNETCORE_ENVIRONMENT", "Development"),
            ],
            false,
        ),
        (vec![("ASPNETCORE_ENVIRONMENT", "DEVELOPMENT")], true),
        (
            vec![
                ("APP_ENVIRONMENT", ""),
                ("DOTNET_ENVIRONMENT", ""),
                ("ASPNETCORE_ENVIRONMENT", "development"),
            ],
            true,
        ),
        // Blank is a name like any other, and not Development's.
        (
            vec![("APP_ENVIRONMENT", " "), ("DOTNET_ENVIRONMENT", "Development")],
            false,
        ),
        (vec![("APP_ENVIRONMENT", "Development\n")], false),
        (vec![], false),
    ] {
        let source = desk
            .configured(AzureKeyVault::default())
            .process_environment(variables.clone());
        let built = load(&source).await;
        assert_eq!(built.is_ok(), development, "{variables:?}");
        if let Err(error) = built {
            assert_eq!(
                Error::find(&error).map(Error::kind),
                Some(ErrorKind::NoVault),
                "{variables:?}"
            );
        }
        // The code beats the environment.
        load(&source.environment("Development")).await.expect("the file loads");
    }
    let source = desk
        .configured(AzureKeyVault::default())
        .process_environment([("APP_ENVIRONMENT", "Development")])
        .environment("Production");
    assert!(error_of(&source).await.contains("nothing names a vault"));
}
