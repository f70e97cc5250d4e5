//! `maskinporten token`.

use crate::support::World;

#[test]
fn a_token_alone_goes_to_stdout_and_what_it_is_to_stderr() {
    let world = World::new();
    let ran = world.run(&["token"]).well();
    assert_eq!(ran.stdout.trim().split('.').count(), 3, "a JWT: {}", ran.stdout.len());
    assert_eq!(ran.stdout.lines().count(), 1);
    assert!(ran.stderr.contains("scope"), "{}", ran.stderr);
    assert!(ran.stderr.contains("expires in"), "{}", ran.stderr);
}

#[test]
fn altinns_token_is_had_by_a_word() {
    let world = World::new();
    let ran = world.run(&["token", "--altinn"]).well();
    assert!(ran.stderr.contains("altinn"), "{}", ran.stderr);
    assert_eq!(world.emulators.maskinporten.counts().exchange_requests, 1);
}

#[test]
fn a_scope_that_is_not_the_clients_is_said_in_one_line_with_the_remedy() {
    let world = World::new();
    let ran = world.run(&["token", "--scope", "somebody:elses"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout, "");
    assert!(ran.error().contains("MP-200"), "{}", ran.stderr);
}

#[test]
fn nothing_more_is_said_of_a_secret_where_more_is_asked_for() {
    let world = World::new();
    for verbose in ["-v", "-vv", "-vvv"] {
        let ran = world.run(&["token", verbose]).well();
        assert!(ran.stderr.contains("Azure Key Vault"), "{}", ran.stderr);
    }
}
