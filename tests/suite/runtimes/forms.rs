//! Both forms, wherever they are called from.

use super::*;

#[test]
fn a_sync_main_needs_no_runtime() {
    let world = world();
    let source = world.source();
    assert_loaded(&build(&source).expect("the vault loads"), &world);
    let report = source.report().expect("a report");
    assert_eq!(
        (report.loaded.len(), report.challenges, report.token_requests),
        (3, 1, 1)
    );

    // Over earlier sources, in their spelling, as the async form.
    let earlier = File::from_str(r#"{ "DB": { "password": "file", "Host": "file" } }"#, FileFormat::Json);
    let built = Config::builder().add_source(earlier).add_source(source.clone()).build();
    check_built(&source, &built);
    let config = built.expect("the vault loads");
    assert_eq!(config.get_string("DB.password").ok(), world.vault.value("Db--Password"));
    assert_eq!(config.get_string("DB.Host").expect("a value"), "file");
    assert!(config.get_table("Db").is_err());
}

#[test]
fn the_sync_form_works_inside_either_runtime() {
    for runtime in [current_thread(), multi_thread()] {
        in_time(move || {
            let world = world();
            runtime.block_on(async {
                assert_loaded(&build(&world.source()).expect("the vault loads"), &world);
                let source = world.source();
                let task = tokio::spawn(async move { build(&source) });
                assert_loaded(&task.await.expect("no panic").expect("the vault loads"), &world);
                let source = world.source();
                let task = tokio::task::spawn_blocking(move || build(&source));
                assert_loaded(&task.await.expect("no panic").expect("the vault loads"), &world);
            });
        });
    }
}

#[test]
fn the_async_form_works_inside_either_runtime() {
    for runtime in [current_thread(), multi_thread()] {
        in_time(move || {
            let world = world();
            runtime.block_on(async {
                assert_loaded(&load(&world.source()).await.expect("the vault loads"), &world);
                let source = world.source();
                let task = tokio::spawn(async move { load(&source).await });
                assert_loaded(&task.await.expect("no panic").expect("the vault loads"), &world);
            });
        });
    }
}

/// A future may be polled by anything; without tokio there is an error that says so, and in Development there is no need.
#[test]
fn the_async_form_without_a_runtime_is_an_error_and_no_panic() {
    let poll = |source: &AzureKeyVault| {
        let building = pin!(builder(source).build());
        match building.poll(&mut Task::from_waker(Waker::noop())) {
            Poll::Ready(built) => {
                check_built(source, &built);
                built.map(|_| ()).map_err(|error| error.to_string())
            }
            Poll::Pending => panic!("who would wake it?"),
        }
    };
    let world = world();
    assert_eq!(
        poll(&world.source()),
        Err(format!(
            "Azure Key Vault {}: settings failed: no tokio runtime runs here, and the async builder needs one; build inside a \
             tokio runtime, or use the sync builder with `.add_source(…)`, which brings its own",
            world.url
        ))
    );
    let directory = tempfile::tempdir().expect("a directory");
    let local = world
        .source()
        .environment("Development")
        .working_directory(directory.path());
    assert_eq!(poll(&local), Ok(()));
}

/// Whoever asks for the map itself gets the vault's values and nothing of the sources before.
#[test]
fn collect_hands_out_the_vault_alone() {
    let world = world();
    let source = world.source();
    let sync = Source::collect(&source).expect("the vault loads");
    let asynchronous = current_thread()
        .block_on(AsyncSource::collect(&source))
        .expect("the vault loads");
    for map in [sync, asynchronous] {
        let keys: BTreeSet<&str> = map.keys().map(String::as_str).collect();
        assert_eq!(keys, ["Db", "Hosts", "Key"].into());
    }
}

#[test]
fn lines_of_the_sync_form_reach_the_callers_own_subscriber() {
    let world = world();
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    tracing::subscriber::with_default(subscriber, || {
        let _span = tracing::info_span!("start-up").entered();
        build(&world.source()).expect("the vault loads");
    });
    let seen = lines.0.lock().expect("nobody panicked");
    assert!(seen.len() >= 2 && seen.iter().all(|(_, inside)| *inside), "{seen:?}");
}

#[test]
fn what_a_builder_prints_holds_no_secret() {
    let world = world();
    let secret = leaks::marker();
    let source = AzureKeyVault::new(format!("https://user:{secret}@vault.test"))
        .process_environment([("AZURE_CLIENT_SECRET", secret.as_str()), (secret.as_str(), "x")])
        .ca_pem(secret.as_bytes());
    leaks::assert_clean_debug(&source);
    leaks::assert_clean_debug(&Config::builder().add_source(source.clone()));
    leaks::assert_clean_debug(&Config::builder().add_async_source(source.clone()));
    leaks::assert_clean_debug(&Config::builder().add_source(source).add_azure_key_vault());

    // A clone of a sync builder clones the source, and clones share what was loaded.
    let source = world.source();
    let builder: ConfigBuilder<DefaultState> = Config::builder().add_source(source.clone());
    assert_loaded(&builder.clone().build().expect("the vault loads"), &world);
    leaks::assert_clean_debug(&builder);
    leaks::assert_clean_debug(&source);
    world.emulator.clear_requests();
    assert_loaded(&builder.build().expect("the vault loads"), &world);
    assert_eq!(world.emulator.counts().gets, 0);
    assert_eq!(source.report().expect("a report").unchanged, 3);

    // Another option makes another handle.
    assert!(source.prefix("Db--").report().is_none());
}

/// `add_azure_key_vault()` reads the process environment and the working directory, so it is tried in a process of its own.
#[test]
fn one_line_is_enough_for_either_builder() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("secrets.json"), r#"{ "Db--Password": "local" }"#).expect("a file");
    for environment in ["Development", "Production"] {
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "runtimes::forms::child", "--ignored", "--nocapture"])
            .current_dir(directory.path())
            .env_remove("AZURE_KEYVAULT_URL")
            .env("APP_ENVIRONMENT", environment)
            .env(CHILD, environment)
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&child.stdout);
        assert!(
            child.status.success() && text.contains("1 passed"),
            "{environment}: {text}"
        );
    }
}

#[test]
#[ignore = "the other half of `one_line_is_enough_for_either_builder`"]
fn child() {
    let Ok(environment) = std::env::var(CHILD) else { return };
    let sync: ConfigBuilder<DefaultState> = Config::builder();
    let asynchronous: ConfigBuilder<AsyncState> = ConfigBuilder::<AsyncState>::default();
    for builder in [sync.add_azure_key_vault(), asynchronous.add_azure_key_vault()] {
        let built = current_thread().block_on(builder.build());
        if environment == "Development" {
            assert_eq!(
                built
                    .expect("the file loads")
                    .get_string("Db.Password")
                    .expect("a value"),
                "local"
            );
        } else {
            let error = built.map(|_| ()).expect_err("nothing names a vault");
            assert_eq!(Error::find(&error).map(Error::kind), Some(ErrorKind::NoVault));
        }
    }
    let source = AzureKeyVault::default();
    let built = Config::builder().add_source(source.clone()).build();
    assert_eq!(built.is_ok(), environment == "Development");
    if built.is_ok() {
        assert_eq!(
            source.report().expect("a report").from,
            LoadedFrom::LocalFile("secrets.json".to_owned())
        );
    }
}
