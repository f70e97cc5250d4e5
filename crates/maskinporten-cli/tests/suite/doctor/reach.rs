//! Nobody there, or nobody who speaks; and what stands between.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use altinn_emulators::keyvault_emulator::{Fault, FaultAction, RequestKind};

use super::{AT_ONCE, Fails, LIMIT, diagnosis};
use crate::support::{MARKER, World};

/// A port that nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

#[test]
fn a_host_that_no_resolver_knows() {
    let world = World::new();
    // RFC 6761, section 6.4: `.invalid` never resolves.
    let found = diagnosis(&world, AT_ONCE, &["--vault", "https://app.vault.invalid"]);
    found.assert(&Fails {
        step: "dns",
        cause: "no connection: ",
        remedy: "check the name of app.vault.invalid and this machine's DNS",
        help: "nslookup app.vault.invalid",
    });
    for after in ["tls", "sign_in", "list", "get", "section", "token"] {
        assert_eq!(found.outcome(after), "not_reached", "{after}");
    }
}

#[test]
fn a_port_that_is_refused_or_speaks_no_tls() {
    let world = World::new();
    let nobody = format!("https://127.0.0.1:{}", free_port());
    let found = diagnosis(&world, AT_ONCE, &["--vault", &nobody]);
    found.assert(&Fails {
        step: "tls",
        cause: "no connection: Connection refused",
        remedy: "check the host and port of 127.0.0.1",
        help: "curl --head https://127.0.0.1:",
    });
    assert!(found.written.contains("127.0.0.1 is an address"), "{}", found.written);
    let plain = world.emulators.vault.imds_authority().replace("http:", "https:");
    diagnosis(&world, AT_ONCE, &["--vault", &plain]).assert(&Fails {
        step: "tls",
        cause: "InvalidContentType",
        remedy: "what answers there speaks no TLS",
        help: "openssl s_client -connect 127.0.0.1:",
    });
}

#[test]
fn a_certificate_that_is_not_trusted_and_a_machine_that_trusts_none() {
    let mut world = World::new();
    world.variables.remove("SSL_CERT_FILE");
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "tls",
        cause: "invalid peer certificate",
        remedy: "trust its CA with",
        help: "openssl s_client -connect localhost:",
    });
    let empty = world.dir.path().join("nothing");
    std::fs::create_dir(&empty).expect("a folder");
    world
        .variables
        .insert("SSL_CERT_DIR".to_owned(), empty.display().to_string());
    world.variables.insert(
        "SSL_CERT_FILE".to_owned(),
        empty.join("nothing.pem").display().to_string(),
    );
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "tls",
        cause: "No CA certificates were loaded from the system",
        remedy: "install the CA certificates of the system",
        help: "openssl",
    });
    // Who brings roots needs none of the system's.
    assert_eq!(diagnosis(&world, AT_ONCE, &["--ca", "ca.pem"]).status, 0);
}

#[test]
fn a_host_that_accepts_and_hangs() {
    let world = World::new();
    let hang = |fault: Fault, row: Fails| {
        world.emulators.vault.clear_faults();
        world.emulators.vault.inject(fault);
        diagnosis(&world, LIMIT, &[]).assert(&row);
    };
    hang(
        Fault::new(FaultAction::HangConnection),
        Fails {
            step: "tls",
            cause: "no ",
            remedy: "check",
            help: "curl --head https://localhost:",
        },
    );
    hang(
        Fault::hang().for_kind(RequestKind::List),
        Fails {
            step: "list",
            cause: "no answer within 3s",
            remedy: "check the route to localhost, or allow more time",
            help: "curl --head https://localhost:",
        },
    );
    hang(
        Fault::hang().for_secret("Database--Password"),
        Fails {
            step: "get",
            cause: "secret `Database--Password`: not done within 3s (1 page listed, 2 of 3 secrets loaded)",
            remedy: "check the route to localhost, or allow more time",
            help: "curl --head https://localhost:",
        },
    );
    hang(
        Fault::reset().for_secret("Database--Password"),
        Fails {
            step: "get",
            cause: "the connection broke before the reply was whole",
            remedy: "check what stands between here and localhost",
            help: "curl --head https://localhost:",
        },
    );
    hang(
        Fault::new(FaultAction::ResetConnection),
        Fails {
            step: "tls",
            cause: "Connection reset",
            remedy: "check the route to localhost",
            help: "curl --head https://localhost:",
        },
    );
}

/// One that says this to whoever comes.
fn proxy(says: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(says.as_bytes());
        }
    });
    format!("http://user:{MARKER}@127.0.0.1:{port}")
}

#[test]
fn a_proxy_that_is_dead_or_refuses_is_named() {
    let mut world = World::new();
    let dead = format!("http://user:{MARKER}@127.0.0.1:{}", free_port());
    let env = "env | grep -i _proxy=";
    let socks = format!("socks5://user:{MARKER}@127.0.0.1:{}", free_port());
    let wants = proxy("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let refuses = proxy("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    for (variable, url, cause, remedy) in [
        (
            "HTTPS_PROXY",
            &dead,
            "no connection through the proxy http://127.0.0.1:",
            "check HTTPS_PROXY, and NO_PROXY",
        ),
        (
            "all_proxy",
            &dead,
            "of all_proxy: Connection refused",
            "check all_proxy, and NO_PROXY",
        ),
        (
            "HTTPS_PROXY",
            &wants,
            "proxy authorization required",
            "give the proxy's user and password",
        ),
        (
            "HTTPS_PROXY",
            &refuses,
            "tunnel error: unsuccessful",
            "check HTTPS_PROXY",
        ),
        (
            "ALL_PROXY",
            &socks,
            "SOCKS is not spoken here",
            "name an HTTP proxy in HTTPS_PROXY",
        ),
    ] {
        world
            .variables
            .retain(|name, _| !name.to_lowercase().ends_with("_proxy"));
        world.variables.insert(variable.to_owned(), url.clone());
        diagnosis(&world, AT_ONCE, &["--vault", "https://app.vault.invalid"]).assert_of(
            "failed",
            &Fails {
                step: "tls",
                cause,
                remedy,
                help: env,
            },
        );
    }
    // Who signs in goes through it, and the vault does not.
    world
        .variables
        .retain(|name, _| !name.to_lowercase().ends_with("_proxy"));
    world.variables.insert("HTTPS_PROXY".to_owned(), dead);
    world
        .variables
        .insert("AZURE_AUTHORITY_HOST".to_owned(), "https://login.invalid".to_owned());
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "sign_in",
        cause: "got no token from login.invalid: no connection through the proxy",
        remedy: "check HTTPS_PROXY, and NO_PROXY if the token endpoint login.invalid",
        help: env,
    });
}
