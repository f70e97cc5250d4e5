//! Replies that are not the vault's, or not whole.

use altinn_emulators::keyvault_emulator::RequestKind::{self, Get, List};
use altinn_emulators::keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator};

use super::{AT_ONCE, Fails, LIMIT, diagnosis};
use crate::support::{MARKER, World};

const URL: &str = "check the URL of localhost and what stands between: a proxy, a firewall";
const CURL: &str = "curl --head https://localhost:";

fn body(body: impl Into<String>) -> FaultAction {
    FaultAction::Status {
        status: 200,
        body: body.into(),
        headers: Vec::new(),
    }
}

fn check(rows: Vec<(FaultAction, RequestKind, &'static str, &'static str, &'static str)>) {
    let world = World::new();
    for (action, kind, timeout, cause, remedy) in rows {
        world.emulators.vault.clear_faults();
        let fault = Fault::new(action).for_kind(kind);
        world.emulators.vault.inject(match kind {
            Get => fault.for_secret("Database--Password"),
            _ => fault,
        });
        let step = match kind {
            Get => "get",
            _ => "list",
        };
        diagnosis(&world, timeout, &[]).assert(&Fails {
            step,
            cause,
            remedy,
            help: CURL,
        });
    }
}

#[test]
fn what_is_no_reply_of_a_vaults_list() {
    let html = |status| FaultAction::Html { status };
    let other = format!(r#"{{"value": {{"value": "{MARKER}"}}, "id": "{MARKER}"}}"#);
    check(vec![
        (
            FaultAction::TruncatedBody,
            List,
            LIMIT,
            "the connection broke before the reply was whole",
            "check what stands between",
        ),
        (FaultAction::MalformedJson, List, AT_ONCE, "JSON that ends early", URL),
        (body(format!("{{\"value\": [{MARKER}")), List, AT_ONCE, "no JSON", URL),
        (body(other), List, AT_ONCE, "JSON of another form", URL),
        (
            body(format!(r#"[["{MARKER}"]]"#)),
            List,
            AT_ONCE,
            "JSON of another form",
            URL,
        ),
        (body("{}"), List, AT_ONCE, "JSON of another form", URL),
        (body("null"), List, AT_ONCE, "JSON of another form", URL),
        (html(200), List, AT_ONCE, "200: an HTML page of 148 bytes", URL),
        (html(403), List, AT_ONCE, "403: an HTML page of 148 bytes", URL),
        (html(502), List, LIMIT, "502: an HTML page", URL),
        (
            html(407),
            List,
            AT_ONCE,
            "407: an HTML page",
            "give the proxy's user and password in HTTPS_PROXY",
        ),
        (
            FaultAction::Status {
                status: 403,
                body: r#"{"message":"Forbidden"}"#.to_owned(),
                headers: Vec::new(),
            },
            List,
            AT_ONCE,
            "403: 23 bytes that are not in the service's form",
            URL,
        ),
    ]);
}

#[test]
fn what_is_no_reply_of_a_vaults_get() {
    let html = |status| FaultAction::Html { status };
    let other = format!(r#"{{"value": {{"value": "{MARKER}"}}, "id": "{MARKER}"}}"#);
    check(vec![
        (
            FaultAction::TruncatedBody,
            Get,
            LIMIT,
            "the connection broke before the reply was whole",
            "check what stands between",
        ),
        (FaultAction::MalformedJson, Get, AT_ONCE, "JSON that ends early", URL),
        (body(format!("{{\"value\": {MARKER}")), Get, AT_ONCE, "no JSON", URL),
        (body(other), Get, AT_ONCE, "JSON of another form", URL),
        (body(r#"{"value": 12}"#), Get, AT_ONCE, "JSON of another form", URL),
        (body("{}"), Get, AT_ONCE, "it holds no value", URL),
        (body(""), Get, AT_ONCE, "it is empty", URL),
        (
            body(format!("{{\"value\":\"{}\"}}", "x".repeat(5 << 20))),
            Get,
            AT_ONCE,
            "the reply is larger than 4194304 bytes",
            URL,
        ),
        (html(200), Get, AT_ONCE, "200: an HTML page of 148 bytes", URL),
        (html(403), Get, AT_ONCE, "403: an HTML page of 148 bytes", URL),
        (html(404), Get, AT_ONCE, "404: an HTML page of 148 bytes", URL),
        (
            FaultAction::Status {
                status: 404,
                body: r#"{"error":"not_found"}"#.to_owned(),
                headers: Vec::new(),
            },
            Get,
            AT_ONCE,
            "404: 21 bytes that are not in the service's form",
            URL,
        ),
        (
            FaultAction::Status {
                status: 500,
                body: format!("{MARKER:#<32}"),
                headers: Vec::new(),
            },
            Get,
            LIMIT,
            "500: 32 bytes that are not in the service's form",
            URL,
        ),
    ]);
}

#[test]
fn a_list_that_leads_elsewhere() {
    let world = World::new();
    let other = KeyVaultEmulator::start_blocking().expect("the emulator starts");
    let vault = world.emulators.vault.default_vault();
    for n in 0..30 {
        vault.set(&format!("Key{n:02}"), MARKER);
    }
    let list = |cause, remedy| Fails {
        step: "list",
        cause,
        remedy,
        help: CURL,
    };
    vault.set_next_link_origin(Some(&other.url()));
    diagnosis(&world, AT_ONCE, &[]).assert(&list("the reply leads to another host", "if this is no attack"));
    let plain = world.emulators.vault.url().replace("https:", "http:");
    vault.set_next_link_origin(Some(&plain));
    diagnosis(&world, AT_ONCE, &[]).assert(&list("nothing secret may travel in the clear", "a proxy that ends TLS"));
    vault.set_next_link_origin(None);
    vault.set_next_link_loop(true);
    diagnosis(&world, AT_ONCE, &[]).assert(&list("the list leads back to pages that were read already", URL));
    assert_eq!(other.counts().requests, 0);
}
