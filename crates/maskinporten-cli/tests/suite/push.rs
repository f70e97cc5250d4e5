//! `maskinporten push`.

use altinn_emulators::keyvault_emulator::{Fault, Permissions, RequestKind, SecretPermission, SecretSeed};
use serde_json::json;

use crate::support::{MARKER, Ran, World};

/// An app with a vault that has something in it already.
fn world() -> World {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    vault.clear();
    vault.set("Database--Password", "as-it-was-before");
    vault.set("Same--Value", MARKER);
    vault.set("Gone--Value", "nobody-needs-this");
    world
}

fn push(world: &World, more: &[&str]) -> Ran {
    let url = world.emulators.vault.url();
    let mut arguments = vec!["push", "secrets.json", "--vault", &url];
    arguments.extend(more);
    world.run(&arguments)
}

fn sets(world: &World) -> usize {
    let requests = world.emulators.vault.requests();
    let is_write = |kind| matches!(kind, RequestKind::Set | RequestKind::Delete);
    requests
        .iter()
        .filter(|request| is_write(request.kind) && request.status == 200)
        .count()
}

const FILE: &str = "\u{feff}{
  // as a developer writes it
  \"Database--Password\": \"another-secret-one\",
  \"Same:Value\": \"m4rk3r-never-to-be-seen\",
  \"Nested\": { \"Key\": \"a-nested-secret\", \"List\": [\"the-first-one\", \"the-second-one\"], \"Number\": 7, \"Nothing\": null, },
}";

#[test]
fn what_changes_is_shown_by_name_and_written_once_and_what_is_the_same_is_not() {
    let world = world();
    std::fs::write(world.dir.path().join("secrets.json"), FILE).expect("a file");
    let shown =
        "~ Database--Password\n+ Nested--Key\n+ Nested--List--0\n+ Nested--List--1\n+ Nested--Number\n= Same--Value\n";
    let dry = push(&world, &["--dry-run"]).well();
    assert_eq!(dry.stdout, shown);
    assert!(
        dry.stderr
            .contains("4 new, 1 changed, 1 the same, 0 pruned; nothing was written"),
        "{}",
        dry.stderr
    );
    assert_eq!(sets(&world), 0);

    let ran = push(&world, &["-vvv"]).well();
    assert_eq!(ran.stdout, shown);
    assert_eq!(sets(&world), 5);
    let vault = world.emulators.vault.default_vault();
    for (name, value) in [
        ("Database--Password", "another-secret-one"),
        ("Nested--Key", "a-nested-secret"),
        ("Nested--List--1", "the-second-one"),
        ("Nested--Number", "7"),
        ("Gone--Value", "nobody-needs-this"),
    ] {
        assert_eq!(vault.value(name).as_deref(), Some(value), "{name}");
    }

    let again = push(&world, &[]).well();
    assert!(
        again.stdout.lines().all(|line| line.starts_with("= ")),
        "{}",
        again.stdout
    );
    assert_eq!(sets(&world), 5);
}

#[test]
fn pruning_takes_what_the_file_has_not_and_asks_first() {
    let world = world();
    let vault = world.emulators.vault.default_vault();
    vault.seed(SecretSeed::new("A-Certificate", "MIIK").managed(true));
    world.write(
        "secrets.json",
        &json!({ "Same--Value": MARKER, "database--password": "as-it-was-before" }),
    );
    let unasked = push(&world, &["--prune"]);
    assert_eq!(unasked.status, 2);
    assert!(unasked.error().contains("--yes"), "{}", unasked.stderr);
    assert_eq!(sets(&world), 0);

    let ran = push(&world, &["--prune", "--yes"]).well();
    assert_eq!(
        ran.stdout,
        "  A-Certificate (a certificate's, kept)\n= database--password\n- Gone--Value\n= Same--Value\n"
    );
    assert_eq!(vault.names(), ["A-Certificate", "Database--Password", "Same--Value"]);
    assert_eq!(vault.deleted_names(), ["Gone--Value"]);
}

#[test]
fn under_a_prefix_nothing_else_is_touched() {
    let world = world();
    let vault = world.emulators.vault.default_vault();
    vault.set("MyApp--Old", "nobody-needs-this");
    world.write("secrets.json", &json!({ "Key": "a-value-of-mine" }));
    let ran = push(&world, &["--prefix", "MyApp--", "--prune", "--yes"]).well();
    assert_eq!(ran.stdout, "+ MyApp--Key\n- MyApp--Old\n");
    assert_eq!(
        vault.names(),
        ["Database--Password", "Gone--Value", "MyApp--Key", "Same--Value"]
    );
}

/// As the library reads: with `MyApp` it takes `MyApp--` away as well.
#[test]
fn a_prefix_that_begins_another_apps_names_too_does_not_touch_them() {
    let world = world();
    let vault = world.emulators.vault.default_vault();
    vault.set("MyApp--Old", "nobody-needs-this");
    vault.set("MyAppOther--Key", "somebody-needs-this");
    world.write("secrets.json", &json!({ "Key": "a-value-of-mine" }));
    let ran = push(&world, &["--prefix", "MyApp", "--prune", "--yes"]).well();
    assert_eq!(ran.stdout, "+ MyApp--Key\n- MyApp--Old\n");
    assert!(vault.names().contains(&"MyAppOther--Key".to_owned()));
}

#[test]
fn what_can_be_no_secret_is_marked_and_nothing_at_all_is_written() {
    let world = world();
    let vault = world.emulators.vault.default_vault();
    vault.seed(SecretSeed::new("Taken", "MIIK").managed(true));
    world.write(
        "secrets.json",
        &json!({ "Fine": "a-fine-one", "client_id": "x", "Blåbær": "y", "Taken": "z", "Long": "x".repeat(25_601), "a-": { "b": "c" } }),
    );
    let ran = push(&world, &[]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.error().contains("5 of secrets.json cannot be put into a vault"),
        "{}",
        ran.stderr
    );
    for line in [
        "+ Fine",
        "! client_id: ",
        "! Blåbær: ",
        "! Taken: a certificate",
        "! Long: ",
        "! a---b: ",
    ] {
        assert!(
            ran.stdout.lines().any(|said| said.starts_with(line)),
            "{line}: {}",
            ran.stdout
        );
    }
    assert_eq!(sets(&world), 0);
}

#[test]
fn a_disabled_secret_is_set_anew_without_its_value() {
    let world = world();
    let vault = world.emulators.vault.default_vault();
    vault.disable("Same--Value");
    world.write("secrets.json", &json!({ "Same--Value": MARKER }));
    assert_eq!(push(&world, &[]).well().stdout, "~ Same--Value\n");
    assert_eq!(push(&world, &[]).well().stdout, "= Same--Value\n");
}

#[test]
fn where_it_stops_it_says_how_far_it_came_and_the_same_command_does_the_rest() {
    let world = world();
    world.write(
        "secrets.json",
        &json!({ "A": "the-first-value", "B": "the-second-value", "C": "the-third-value" }),
    );
    let vault = world.emulators.vault.default_vault();
    vault.deny("B", SecretPermission::Set);
    let ran = push(&world, &[]);
    assert_eq!(ran.status, 1);
    assert!(ran.error().contains("Key Vault Secrets Officer"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 3 were written; `B` was under way"),
        "{}",
        ran.stderr
    );
    vault.clear_denied();
    assert_eq!(push(&world, &[]).well().stdout, "= A\n+ B\n+ C\n");
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_whole_secrets_and_says_which_was_under_way() {
    let world = world();
    world.write(
        "secrets.json",
        &json!({ "A": "the-first-value", "B": "the-second-value" }),
    );
    world
        .emulators
        .vault
        .inject(Fault::hang().for_kind(RequestKind::Set).for_secret("B"));
    let url = world.emulators.vault.url();
    let mut command = world.command(&["push", "secrets.json", "--vault", &url, "--no-verify-challenge"]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("it runs");
    world.until(|| {
        let requests = world.emulators.vault.requests();
        let is_b = |secret: &Option<String>| secret.as_deref() == Some("B");
        requests
            .iter()
            .any(|request| request.kind == RequestKind::Set && is_b(&request.secret))
    });
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    let ran = world.finished(&output, &["push"]);
    assert_eq!(ran.status, 130, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 2 were written; `B` was under way"),
        "{}",
        ran.stderr
    );
    assert!(ran.error().contains("nothing is half-written"), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_wrong_is_wrong_use_and_is_not_quoted() {
    let world = world();
    let path = world.dir.path().join("secrets.json");
    for (text, said) in [
        ("{ \"A\": \"m4rk3r-in-a-file\" oops }", "column"),
        ("{}", "holds no secret"),
        ("{ \"A\": null }", "holds no secret"),
    ] {
        std::fs::write(&path, text).expect("a file");
        let ran = push(&world, &[]);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.error().contains(said), "{}", ran.stderr);
        assert!(!ran.stderr.contains("m4rk3r-in"), "{}", ran.stderr);
    }
    std::fs::remove_file(path).expect("it is gone");
    assert!(push(&world, &[]).error().contains("is not there"));
    assert_eq!(world.emulators.vault.counts().requests, 0);
}

#[test]
fn without_a_right_to_list_nothing_is_written() {
    let world = world();
    world.write("secrets.json", &json!({ "A": "the-first-value" }));
    let vault = world.emulators.vault.default_vault();
    vault.set_permissions(Permissions::all_but([SecretPermission::List]));
    assert!(push(&world, &[]).error().contains("Key Vault Secrets User"));
    assert_eq!(sets(&world), 0);
}
