//! `maskinporten config`.

use serde_json::{Value, json};

use crate::support::World;

#[test]
fn each_setting_is_shown_with_where_it_comes_from_and_without_its_value() {
    let world = World::new();
    let ran = world.run(&["config"]).well();
    let line = |key: &str| {
        let found = ran.stdout.lines().find(|line| line.trim_start().starts_with(key));
        found.unwrap_or_else(|| panic!("{key} in {}", ran.stdout)).to_owned()
    };
    assert!(line("Host").contains("appsettings.json"), "{}", ran.stdout);
    assert!(line("Password").contains("secret"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("db.internal"), "{}", ran.stdout);
}

#[test]
fn what_is_missing_and_what_nobody_reads_is_marked() {
    let world = World::new();
    let mut file = world.appsettings();
    file["MaskinportenSettings"]["Scoope"] = json!("a:scope");
    world.write("appsettings.json", &file);
    let ran = world.run(&["config"]).well();
    let line = |ran: &crate::support::Ran, key: &str| {
        let found = ran.stdout.lines().find(|line| line.trim_start().starts_with(key));
        found.unwrap_or_else(|| panic!("{key} in {}", ran.stdout)).to_owned()
    };
    assert!(line(&ran, "Scoope").ends_with("(nobody reads it)"), "{}", ran.stdout);

    world
        .emulators
        .vault
        .default_vault()
        .delete("MaskinportenSettings--ClientId");
    let ran = world.run(&["config"]).well();
    let missing = ran.stdout.lines().filter(|line| *line == "  ClientId (missing)");
    assert_eq!(missing.count(), 1, "{}", ran.stdout);
    let told: Value = serde_json::from_str(&world.run(&["config", "--json"]).well().stdout).expect("JSON");
    assert_eq!(told["missing"], json!(["MaskinportenSettings.ClientId"]));
}

/// The text of a problem names other settings of the section, too.
#[test]
fn what_is_wrong_is_marked_where_it_stands_and_nowhere_else() {
    let world = World::new();
    let mut file = world.appsettings();
    file["MaskinportenSettings"]["Environment"] = json!("http://example.test");
    file["MaskinportenSettings"]["ExchangeToAltinnToken"] = json!("maybe");
    file["MaskinportenSettings"]["AllowInsecureHttp"] = json!("");
    world.write("appsettings.json", &file);
    let marked = |world: &World| {
        let ran = world.run(&["config"]).well();
        let wrong = ran.stdout.lines().filter(|line| line.ends_with("(wrong)"));
        wrong
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(marked(&world), ["Environment", "ExchangeToAltinnToken"]);

    world.write("appsettings.json", &world.appsettings());
    let vault = world.emulators.vault.default_vault();
    vault.set("MaskinportenSettings--EncodedJwk", "a-key-that-is-none");
    assert_eq!(marked(&world), ["EncodedJwk"]);
}

#[test]
fn what_differs_between_two_environments_is_told_by_key_and_origin() {
    let world = World::new();
    world.write(
        "appsettings.Staging.json",
        &json!({ "Database": { "Host": "staging" }, "Extra": 1 }),
    );
    let ran = world
        .run(&["config", "--env", "Production", "--diff", "Staging", "--json"])
        .well();
    let told: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let keys: Vec<&str> = told["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|difference| difference["key"].as_str())
        .collect();
    assert_eq!(keys, ["Database.Host", "Extra"]);
}

#[test]
fn in_development_a_file_stands_in_and_no_vault_is_asked() {
    let world = World::new();
    world.write("secrets.json", &json!({ "Database--Password": "a-local-one-for-me" }));
    let ran = world.run(&["config", "--env", "Development"]).well();
    assert!(ran.stdout.contains("secrets.json"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("a-local-one"), "{}", ran.stdout);
    assert_eq!(world.emulators.vault.counts().requests, 0);
}

#[test]
fn a_file_that_is_no_json_is_named_with_the_place_and_nothing_of_what_is_in_it() {
    let world = World::new();
    let path = world.dir.path().join("appsettings.json");
    std::fs::write(path, "{\n  \"Password\": \"m4rk3r-in-a-file\" oops\n}").expect("a file");
    let ran = world.run(&["config"]);
    assert_eq!(ran.status, 2);
    let error = ran.error();
    assert!(error.contains("appsettings.json is no JSON: line 2"), "{error}");
    assert!(!ran.stderr.contains("m4rk3r"), "{}", ran.stderr);
}

#[test]
fn what_is_said_wrong_is_wrong_use_and_told_by_the_options_name() {
    let world = World::new();
    for (arguments, said) in [
        (["config", "--vault", "my-app"], "--vault"),
        (["config", "--vault", "http://my-app.vault.azure.net"], "--vault"),
        (
            ["config", "--ca", "appsettings.json"],
            "--ca appsettings.json holds no certificate",
        ),
        (["config", "--ca", "none.pem"], "--ca none.pem cannot be read"),
        (["config", "--env", ""], "--env"),
        (["config", "--diff", ""], "--diff"),
        (["config", "--section", ""], "--section"),
        (["config", "--vault", ""], "--vault"),
    ] {
        let ran = world.run(&arguments);
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            ran.stderr
        );
        assert!(ran.error().contains(said), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(world.emulators.vault.counts().requests, 0);
}

#[test]
fn where_nothing_names_a_vault_the_option_is_named_too() {
    let mut world = World::new();
    world.variables.remove("AZURE_KEYVAULT_URL");
    let ran = world.run(&["config"]);
    assert!(ran.error().ends_with("or here, with --vault URL"), "{}", ran.stderr);
}

#[test]
fn what_says_that_this_is_development_is_told_by_its_name() {
    let mut world = World::new();
    let ran = world.run(&["config", "--env", "Development"]).well();
    assert!(
        ran.stderr.contains("the command line says that this is Development"),
        "{}",
        ran.stderr
    );
    world
        .variables
        .insert("DOTNET_ENVIRONMENT".to_owned(), "Development".to_owned());
    let ran = world.run(&["config"]).well();
    assert!(
        ran.stderr.contains("DOTNET_ENVIRONMENT says that this is Development"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_name_moves_no_cursor_and_begins_no_line() {
    let world = World::new();
    let mut file = world.appsettings();
    file["Odd\u{1b}[2J\nName"] = json!({ "In\rside": 1 });
    world.write("appsettings.json", &file);
    let staging = json!({ "Odd\u{1b}[2J\nName": { "Other": 2 } });
    world.write("appsettings.Staging.json", &staging);
    world.write("secrets.json", &json!({ "Odd\u{1b}[2J\nName": "a-value-of-mine" }));
    let url = world.emulators.vault.url();
    for arguments in [
        vec!["config"],
        vec!["config", "--env", "Production", "--diff", "Staging"],
        vec!["push", "secrets.json", "--vault", &url],
    ] {
        let ran = world.run(&arguments);
        assert!(ran.stdout.contains("Odd[2JName"), "{arguments:?}: {}", ran.stdout);
        let is_odd = |c: char| c.is_control() && c != '\n';
        assert!(
            !ran.stdout.contains(is_odd) && !ran.stderr.contains(is_odd),
            "{arguments:?}: {ran:?}"
        );
    }
}
