//! Maskinporten and Altinn say no, or nothing.

use altinn_emulators::maskinporten_emulator::{Fault, FaultAction, RequestKind, oauth_error};

use super::{AT_ONCE, Fails, LIMIT, diagnosis};
use crate::support::{MARKER, World};
use serde_json::json;

const PORTAL: &str = "samarbeid.digdir.no";

#[test]
fn every_code() {
    let world = World::new();
    let rows = [
        (
            11,
            "invalid_request",
            "Invalid parameter value",
            "line breaks",
            "maskinporten config",
        ),
        (
            12,
            "invalid_grant",
            "Grant is used before",
            "each assertion works once",
            "curl --head",
        ),
        (
            100,
            "invalid_grant",
            "Client not found",
            "check that `ClientId` is registered",
            PORTAL,
        ),
        (
            110,
            "invalid_grant",
            "Invalid JWT claim aud",
            "set the authority",
            "maskinporten config",
        ),
        (
            120,
            "invalid_grant",
            "Invalid certificate",
            "use a test certificate in test",
            PORTAL,
        ),
        (
            121,
            "invalid_grant",
            "Expired key",
            "keeps one for a year",
            "maskinporten keygen --vault",
        ),
        (
            122,
            "invalid_grant",
            "Wrong orgno",
            "a certificate of the organisation",
            PORTAL,
        ),
        (
            123,
            "invalid_grant",
            "Invalid x5c header",
            "`x5c` must be a list",
            PORTAL,
        ),
        (
            124,
            "invalid_grant",
            "Invalid JWT signature",
            "the private key is the one registered",
            PORTAL,
        ),
        (
            130,
            "invalid_grant",
            "JWT is expired",
            "correct this machine's clock",
            "timedatectl",
        ),
        (
            200,
            "invalid_scope",
            "Scope not registered",
            "add the scope to the client",
            PORTAL,
        ),
        (
            201,
            "invalid_scope",
            "Scope not allowed",
            "scopes that are meant for Maskinporten",
            PORTAL,
        ),
        (
            250,
            "forbidden",
            "Consumer has no access",
            "ask the scope's owner",
            "the scope's owner",
        ),
        (
            250,
            "invalid_scope",
            "Consumer has no access",
            "ask the scope's owner",
            "the scope's owner",
        ),
        (
            251,
            "forbidden",
            "Consumer has not delegated",
            "must delegate the scope",
            "altinn.no",
        ),
        (
            301,
            "invalid_request",
            "Unknown type",
            "a type of authorization details",
            "",
        ),
        (
            302,
            "invalid_request",
            "Unknown field",
            "the system user's reference",
            "",
        ),
        (
            303,
            "invalid_altinn_customer_configuration",
            "System user not found",
            "the customer has approved the system user",
            "altinn.no",
        ),
        (999, "invalid_grant", "Something new", "check the client id", PORTAL),
        (
            998,
            "something_new",
            "Something new",
            "see https://maskinporten.no/errors/MP-998",
            PORTAL,
        ),
    ];
    for (number, error, description, remedy, help) in rows {
        world.emulators.maskinporten.clear_faults();
        let refusal = oauth_error(400, error, description, Some(number));
        world
            .emulators
            .maskinporten
            .inject(Fault::new(refusal).for_kind(RequestKind::Token));
        let found = diagnosis(&world, AT_ONCE, &[]);
        found.assert(&Fails {
            step: "token",
            cause: description,
            remedy,
            help,
        });
        assert!(
            found.written.contains(&format!("400 {error} MP-{number:03}: ")),
            "{}",
            found.written
        );
        for before in ["key", "clock", "metadata"] {
            assert_eq!(found.outcome(before), "passed", "{before}: {}", found.written);
        }
    }
}

#[test]
fn what_comes_without_a_code() {
    let world = World::new();
    let registered = "check that the key is registered with this client under this `kid`";
    let rows = [
        (
            "invalid_grant",
            "Unknown key identifier (kid) for client",
            registered,
            PORTAL,
        ),
        (
            "invalid_grant",
            "The client requires pre-registered jwk and no key identifier (kid) provided",
            registered,
            PORTAL,
        ),
        (
            "invalid_grant",
            "Issue time is in the future.",
            "correct this machine's clock",
            "timedatectl",
        ),
        (
            "invalid_grant",
            "",
            "check the client id, the key's `kid` and the environment",
            PORTAL,
        ),
        ("invalid_client", "", "check that the client is registered", PORTAL),
        (
            "invalid_scope",
            "",
            "check that each scope is spelt as registered",
            PORTAL,
        ),
        ("invalid_request", "", "line breaks", PORTAL),
        ("invalid_target", "resource with fragment", "check `Resource`", PORTAL),
        ("unauthorized_client", "", "check that the client is registered", PORTAL),
        (
            "unsupported_grant_type",
            "",
            "check that the authority is Maskinporten",
            PORTAL,
        ),
        (
            "invalid_altinn_customer_configuration",
            "",
            "approved the system user",
            "altinn.no",
        ),
        ("forbidden", "", "must be given to the organisation", PORTAL),
        ("something_new", "", "a proxy or firewall may have answered", PORTAL),
    ];
    for (error, description, remedy, help) in rows {
        world.emulators.maskinporten.clear_faults();
        let refusal = oauth_error(400, error, description, None);
        world
            .emulators
            .maskinporten
            .inject(Fault::new(refusal).for_kind(RequestKind::Token));
        let cause = if description.is_empty() { error } else { description };
        diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
            step: "token",
            cause,
            remedy,
            help,
        });
    }
}

#[test]
fn what_is_no_refusal_of_maskinportens() {
    let world = World::new();
    let status = |status, body: String, headers: &[(&str, &str)]| FaultAction::Status {
        status,
        body,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
    };
    let html = &[("content-type", "text/html; charset=utf-8")][..];
    let plain = &[("content-type", "text/plain")][..];
    let body = |body: &str| body.replace("SECRET", MARKER);
    let way = "check the way to the token endpoint";
    let wait = "wait: the service or a proxy before it has a problem of its own";
    let (curl, digdir) = ("curl --head https://localhost:", "https://status.digdir.no");
    let rows = [
        (
            status(400, String::new(), &[]),
            AT_ONCE,
            "400: the reply is empty",
            way,
            curl,
        ),
        (
            status(403, body("SECRET and more"), plain),
            AT_ONCE,
            "the reply is no JSON but",
            way,
            curl,
        ),
        (
            status(403, body("<html>SECRET</html>"), html),
            AT_ONCE,
            "of `text/html`",
            way,
            curl,
        ),
        (
            status(404, body("SECRET"), &[]),
            AT_ONCE,
            "404: the reply is no JSON",
            "this is not its token endpoint",
            curl,
        ),
        (
            status(400, body("[\"SECRET\"]"), &[]),
            AT_ONCE,
            "names no `error`",
            way,
            curl,
        ),
        (
            status(400, body("{\"message\":\"SECRET\"}"), &[]),
            AT_ONCE,
            "names no `error`",
            way,
            curl,
        ),
        (
            status(302, String::new(), &[]),
            AT_ONCE,
            "302: the reply is empty",
            "answers with a redirect",
            curl,
        ),
        (
            status(407, String::new(), &[]),
            AT_ONCE,
            "407: the reply is empty",
            "a proxy wants to know who asks",
            curl,
        ),
        (
            status(502, body("<html>SECRET</html>"), html),
            LIMIT,
            "502: the reply is no JSON",
            wait,
            digdir,
        ),
        (
            status(503, String::new(), &[("retry-after", "60")]),
            LIMIT,
            "503: the reply is empty",
            wait,
            digdir,
        ),
        (
            status(429, String::new(), &[]),
            LIMIT,
            "429: the reply is empty",
            "ask less often",
            digdir,
        ),
        (
            oauth_error(400, "temporarily_unavailable", "", None),
            LIMIT,
            "temporarily_unavailable",
            "a problem of its own",
            digdir,
        ),
        (
            FaultAction::Hang,
            LIMIT,
            "there was no answer within",
            "check the route there",
            curl,
        ),
        (
            FaultAction::Reset,
            LIMIT,
            "the exchange was cut short",
            "check the route there",
            curl,
        ),
    ];
    for (action, timeout, cause, remedy, help) in rows {
        world.emulators.maskinporten.clear_faults();
        world
            .emulators
            .maskinporten
            .inject(Fault::new(action).for_kind(RequestKind::Token));
        diagnosis(&world, timeout, &[]).assert(&Fails {
            step: "token",
            cause,
            remedy,
            help,
        });
    }
}

#[test]
fn metadata_that_cannot_be_had() {
    let world = World::new();
    let metadata = |action| {
        world
            .emulators
            .maskinporten
            .inject(Fault::new(action).for_kind(RequestKind::Metadata))
    };
    let status = |status| FaultAction::Status {
        status,
        body: "{}".to_owned(),
        headers: Vec::new(),
    };
    let curl = "curl --head https://localhost:";
    for (action, cause) in [
        (status(404), "the metadata cannot be had"),
        (status(503), "the metadata cannot be had"),
        (status(200), "the metadata names no `issuer`"),
        (
            FaultAction::Html { status: 200 },
            "the reply is not the JSON of metadata",
        ),
    ] {
        world.emulators.maskinporten.clear_faults();
        metadata(action);
        let found = diagnosis(&world, LIMIT, &[]);
        found.assert(&Fails {
            step: "metadata",
            cause,
            remedy: "",
            help: curl,
        });
        assert_eq!(found.outcome("token"), "not_reached", "{}", found.written);
    }
}

#[test]
fn what_the_exchange_refuses() {
    let world = World::new();
    let mut settings = world.appsettings();
    settings["MaskinportenSettings"]["ExchangeToAltinnToken"] = json!("true");
    world.write("appsettings.json", &settings);
    let status = |status| FaultAction::Status {
        status,
        body: String::new(),
        headers: Vec::new(),
    };
    for (action, timeout, cause, remedy) in [
        (
            status(400),
            AT_ONCE,
            "did not understand the request",
            "check the address of the exchange",
        ),
        (
            status(401),
            AT_ONCE,
            "did not take the Maskinporten token",
            "Environment and TokenExchangeEnvironment belong together",
        ),
        (
            status(403),
            AT_ONCE,
            "the exchange refused the client",
            "ask Altinn to give the organisation access",
        ),
        (
            status(404),
            AT_ONCE,
            "there is no exchange at this address",
            "check TokenExchangeEnvironment",
        ),
        (
            status(410),
            AT_ONCE,
            "enterprise users are gone",
            "use a system user instead",
        ),
        (status(500), LIMIT, "the exchange failed", "try again later"),
        (
            FaultAction::Html { status: 200 },
            AT_ONCE,
            "the reply is not a token",
            "see whether a proxy answers",
        ),
    ] {
        world.emulators.maskinporten.clear_faults();
        world
            .emulators
            .maskinporten
            .inject(Fault::new(action).for_kind(RequestKind::Exchange));
        let found = diagnosis(&world, timeout, &[]);
        found.assert(&Fails {
            step: "altinn",
            cause,
            remedy,
            help: "",
        });
        assert_eq!(found.outcome("token"), "passed", "{}", found.written);
    }
}
