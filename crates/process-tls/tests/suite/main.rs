//! Roots as a process has them: each case in a process of its own, as they are read once.

use std::process::Command;

use rcgen::{CertificateParams, KeyPair};

/// Runs the ignored test of this name in a process of its own, with these variables.
fn in_a_process(test: &str, variables: &[(&str, &str)]) {
    let this = std::env::current_exe().expect("this program");
    let done = Command::new(this)
        .args(["--exact", test, "--ignored"])
        .env_remove("SSL_CERT_FILE")
        .env_remove("SSL_CERT_DIR")
        .envs(variables.iter().copied())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

fn a_root() -> String {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.self_signed(&key).expect("a certificate").pem()
}

fn client() -> Result<reqwest::Client, reqwest::Error> {
    process_tls::trusting(reqwest::Client::builder(), Vec::new()).build()
}

#[test]
fn roots_that_are_named_are_the_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("roots.pem");
    // One of them is none.
    let broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    std::fs::write(&file, format!("{}{broken}", a_root())).expect("a file");
    in_a_process("a_client_can_be_made", &[("SSL_CERT_FILE", &file.to_string_lossy())]);
}

#[test]
fn no_roots_at_all_are_told_as_ever() {
    in_a_process("a_client_cannot_be_made", &[("SSL_CERT_FILE", "/no/such/file")]);
}

#[test]
fn whoever_brings_roots_needs_none_of_the_machine() {
    in_a_process(
        "a_client_with_roots_of_its_own_can_be_made",
        &[("SSL_CERT_FILE", "/no/such/file")],
    );
}

#[test]
#[ignore = "run in a process of its own"]
fn a_client_can_be_made() {
    process_tls::prepare();
    process_tls::prepare();
    client().expect("a client");
}

#[test]
#[ignore = "run in a process of its own"]
fn a_client_cannot_be_made() {
    let error = client().expect_err("no roots");
    let said = format!("{error:?}");
    assert!(
        said.contains("No CA certificates were loaded from the system"),
        "{said}"
    );
}

#[test]
#[ignore = "run in a process of its own"]
fn a_client_with_roots_of_its_own_can_be_made() {
    let own = reqwest::Certificate::from_pem(a_root().as_bytes()).expect("a certificate");
    process_tls::trusting(reqwest::Client::builder(), vec![own])
        .build()
        .expect("a client");
}
