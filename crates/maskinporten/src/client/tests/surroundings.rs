//! What the process's variables do to a client: each case is a process of its own, as nobody may change those of this one.
#![allow(clippy::print_stdout)]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// The other side of these tests: a client in the surroundings that they made.
#[tokio::test]
#[ignore = "run by the tests around it, in a process of its own"]
async fn a_client_in_these_surroundings() {
    let text = match builder("https://maskinporten.example").build() {
        Ok(client) => client.token(client.default_request()).await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    println!("outcome: {text}");
}

/// The same, with a CA of its own.
#[tokio::test]
#[ignore = "run by the tests around it, in a process of its own"]
async fn a_client_that_brings_a_ca() {
    let pem = include_str!("../../../tests/vectors/keys/certificate.pem");
    let client = builder("https://127.0.0.1:1").ca_pem(pem).build();
    let text = match client {
        Ok(client) => client.token(client.default_request()).await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    println!("outcome: {text}");
}

/// The same, for requests to this machine.
#[tokio::test]
#[ignore = "run by the tests around it, in a process of its own"]
async fn a_client_of_this_machine() {
    for host in ["127.0.0.1", "localhost"] {
        let server = Server::start(|seen| async move {
            match seen.path.contains("/exchange") {
                true => reply(200, "an-altinn-token"),
                false => reply(200, TOKEN),
            }
        })
        .await;
        let base = format!("http://{host}:{}", server.port());
        for client in [
            builder(&base).plain_http_to_loopback(true).build().unwrap(),
            // What a caller adds to the clients that are made here does not send them there either.
            builder(&base)
                .plain_http_to_loopback(true)
                .configure_http(|builder| builder.proxy(reqwest::Proxy::all("http://127.0.0.1:1").unwrap()))
                .build()
                .unwrap(),
        ] {
            client.altinn_token(client.default_request()).await.unwrap();
            let sent = client.http_client().get(format!("{base}/api")).send().await;
            assert_eq!(sent.unwrap().status(), 200);
        }
        assert_eq!(server.seen().len(), 6);
    }
    println!("outcome: it was asked itself");
}

fn run(test: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--ignored", "--nocapture"]);
    command.arg(format!("client::tests::surroundings::{test}"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let outcome = text.lines().find_map(|line| line.split_once("outcome: "));
    let errors = String::from_utf8_lossy(&output.stderr);
    outcome.unwrap_or_else(|| panic!("{text} {errors}")).1.to_owned()
}

/// An assertion and a token are as good as a password to whoever reads them on their way.
#[test]
fn nothing_for_this_machine_goes_through_a_proxy() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for _ in proxy.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    for names in [["HTTP_PROXY", "HTTPS_PROXY"], ["http_proxy", "ALL_PROXY"]] {
        let outcome = run("a_client_of_this_machine", &names.map(|name| (name, address.as_str())));
        assert_eq!(outcome, "it was asked itself");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_proxy_that_is_dead_is_named_with_its_variable() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let outcome = run(
            "a_client_in_these_surroundings",
            &[(name, "http://user:secret@127.0.0.1:1")],
        );
        assert_eq!(
            outcome,
            format!(
                "Maskinporten: token failed at https://maskinporten.example/token: it could not be reached: Connection refused (os \
                 error 111) ({name} names the proxy http://127.0.0.1:1); check that proxy, or let NO_PROXY name the host if it is \
                 to be reached without"
            )
        );
    }
}

#[test]
fn socks_is_not_spoken_and_nothing_is_sent() {
    for scheme in ["socks5", "socks5h", "socks4"] {
        let address = format!("{scheme}://user:secret@127.0.0.1:1");
        let outcome = run("a_client_in_these_surroundings", &[("ALL_PROXY", &address)]);
        assert_eq!(
            outcome,
            format!(
                "Maskinporten: token failed at https://maskinporten.example/token: ALL_PROXY names the proxy {scheme}://127.0.0.1:1, \
                 and SOCKS is not spoken; name an HTTP proxy (http://host:port), or let NO_PROXY name the host"
            )
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_machine_without_ca_certificates_is_told_what_to_do() {
    let nowhere = [("SSL_CERT_FILE", "/nowhere/ca.pem"), ("SSL_CERT_DIR", "/nowhere")];
    let outcome = run("a_client_in_these_surroundings", &nowhere);
    assert!(
        outcome.starts_with("Maskinporten: settings failed: no HTTPS client can be made: "),
        "{outcome}"
    );
    assert!(
        outcome.ends_with(
            "; install the CA certificates of the system (ca-certificates), point SSL_CERT_FILE at them, or give roots with ca_pem or \
             configure_http"
        ),
        "{outcome}"
    );
    // As it says.
    let outcome = run("a_client_that_brings_a_ca", &nowhere);
    assert!(outcome.contains("Connection refused"), "{outcome}");
}
