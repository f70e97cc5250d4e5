//! Every error body that was published or seen, and what may come instead of one.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::{Reply, refusal};
use crate::error::{Error, ErrorKind, Retry};
use crate::quoted::Secrets;

const NOW: i64 = 1_790_000_000;
/// One second after `NOW`.
const DATE: &str = "Mon, 21 Sep 2026 14:13:21 GMT";

fn reply(status: u16, headers: &[(&'static str, &str)], body: impl AsRef<[u8]>) -> Error {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    let error = refusal(&Reply {
        endpoint: "https://test.maskinporten.no/token",
        status,
        headers: &headers,
        body: body.as_ref(),
        sent: &Secrets::none(),
        now: NOW,
    });
    assert!(!error.to_string().contains(['\n', '\r']));
    assert_eq!(error.status(), Some(status));
    assert!(error.remedy().is_some_and(|remedy| remedy.len() > 10));
    error
}

fn said(error: &str, description: &str, code: Option<&str>) -> String {
    let mut body = json!({ "error": error, "error_description": description });
    if let Some(code) = code {
        body["error_uri"] = format!("https://maskinporten.no/errors/{code}").into();
    }
    body.to_string()
}

#[test]
fn the_body_that_was_seen_in_production() {
    let body = r#"{"error":"invalid_grant","error_description":"Invalid assertion. Client authentication failed. Expired key. (trace_id: 3566aa00bb11cc22dd33ee44ff556677)","error_uri":"https://maskinporten.no/errors/MP-121"}"#;
    let error = reply(400, &[], body);
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.oauth_error(), Some("invalid_grant"));
    assert_eq!(error.mp_code(), Some("MP-121"));
    assert_eq!(error.trace_id(), Some("3566aa00bb11cc22dd33ee44ff556677"));
    assert_eq!(error.retry(), Retry::Never);
    assert_eq!(
        error.to_string(),
        "Maskinporten: token failed at https://test.maskinporten.no/token: 400 invalid_grant MP-121: Invalid assertion. \
         Client authentication failed. Expired key.; the key has expired at Maskinporten, which keeps one for a year: \
         register it again, or a new one, and put that into `EncodedJwk` (trace id 3566aa00bb11cc22dd33ee44ff556677)"
    );
}

#[test]
fn every_code() {
    let table = [
        (
            "MP-011",
            "invalid_request",
            "Invalid parameter value",
            Retry::Never,
            "line breaks",
        ),
        (
            "MP-012",
            "invalid_grant",
            "Grant is used before",
            Retry::Once,
            "each assertion works once",
        ),
        (
            "MP-100",
            "invalid_grant",
            "Client not found",
            Retry::Never,
            "check that `ClientId` is registered",
        ),
        (
            "MP-110",
            "invalid_grant",
            "Invalid JWT claim aud",
            Retry::Never,
            "set the authority",
        ),
        (
            "MP-120",
            "invalid_grant",
            "Invalid certificate",
            Retry::Never,
            "use a test certificate in test",
        ),
        (
            "MP-121",
            "invalid_grant",
            "Expired key",
            Retry::Never,
            "keeps one for a year",
        ),
        (
            "MP-122",
            "invalid_grant",
            "Wrong orgno",
            Retry::Never,
            "a certificate of the organisation",
        ),
        (
            "MP-123",
            "invalid_grant",
            "Invalid x5c header",
            Retry::Never,
            "`x5c` must be a list",
        ),
        (
            "MP-124",
            "invalid_grant",
            "Invalid JWT signature",
            Retry::Never,
            "the private key is the one registered",
        ),
        (
            "MP-130",
            "invalid_grant",
            "JWT is expired",
            Retry::Once,
            "correct this machine's clock",
        ),
        (
            "MP-200",
            "invalid_scope",
            "Scope not registered",
            Retry::Never,
            "add the scope to the client",
        ),
        (
            "MP-201",
            "invalid_scope",
            "Scope not allowed",
            Retry::Never,
            "scopes that are meant for Maskinporten",
        ),
        (
            "MP-250",
            "forbidden",
            "Consumer has no access",
            Retry::Never,
            "ask the scope's owner",
        ),
        (
            "MP-250",
            "invalid_scope",
            "Consumer has no access",
            Retry::Never,
            "ask the scope's owner",
        ),
        (
            "MP-251",
            "forbidden",
            "Consumer has not delegated",
            Retry::Never,
            "must delegate the scope",
        ),
        (
            "MP-301",
            "invalid_request",
            "Unknown type",
            Retry::Never,
            "a type of authorization details",
        ),
        (
            "MP-302",
            "invalid_request",
            "Unknown field",
            Retry::Never,
            "the system user's reference",
        ),
        (
            "MP-303",
            "invalid_altinn_customer_configuration",
            "System user not found",
            Retry::Never,
            "the customer has approved the system user",
        ),
        // What nobody knows yet.
        (
            "MP-999",
            "invalid_grant",
            "Something new",
            Retry::Never,
            "check the client id",
        ),
        (
            "MP-998",
            "something_new",
            "Something new",
            Retry::Never,
            "see https://maskinporten.no/errors/MP-998",
        ),
    ];
    for (code, oauth_error, description, retry, remedy) in table {
        for status in [400, 401, 403] {
            let error = reply(
                status,
                &[],
                said(oauth_error, &format!("{description} (trace_id: ab12)"), Some(code)),
            );
            assert_eq!(error.kind(), ErrorKind::Refused, "{code}");
            assert_eq!(error.mp_code(), Some(code));
            assert_eq!(error.oauth_error(), Some(oauth_error), "{code}");
            assert_eq!(error.trace_id(), Some("ab12"), "{code}");
            assert_eq!(error.retry(), retry, "{code}");
            assert!(error.remedy().unwrap().contains(remedy), "{code}: {error}");
            assert!(error.to_string().contains(description), "{code}: {error}");
        }
    }
}

#[test]
fn what_comes_without_a_code() {
    let table = [
        (
            "invalid_grant",
            "Invalid assertion. Client authentication failed. Unknown key identifier (kid) for client",
            "check that the key is registered with this client under this `kid`",
        ),
        (
            "invalid_grant",
            "The client requires pre-registered jwk and no key identifier (kid) provided",
            "check that the key is registered with this client under this `kid`",
        ),
        (
            "invalid_grant",
            "Issue time is in the future.",
            "correct this machine's clock",
        ),
        (
            "invalid_grant",
            "",
            "check the client id, the key's `kid` and the environment",
        ),
        ("invalid_client", "", "check that the client is registered"),
        ("invalid_scope", "", "check that each scope is spelt as registered"),
        ("invalid_request", "", "line breaks"),
        ("invalid_target", "resource with fragment", "check `Resource`"),
        ("unauthorized_client", "", "check that the client is registered"),
        ("unsupported_grant_type", "", "check that the authority is Maskinporten"),
        ("invalid_altinn_customer_configuration", "", "approved the system user"),
        ("forbidden", "", "must be given to the organisation"),
        ("something_new", "", "a proxy or firewall may have answered"),
    ];
    for (oauth_error, description, remedy) in table {
        let error = reply(400, &[], said(oauth_error, description, None));
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::Refused, Retry::Never),
            "{oauth_error}"
        );
        assert_eq!((error.mp_code(), error.trace_id()), (None, None));
        assert_eq!(error.oauth_error(), Some(oauth_error));
        assert!(error.remedy().unwrap().contains(remedy), "{error}");
    }
    let error = reply(400, &[], r#"{"error":"invalid_grant"}"#);
    assert!(
        error
            .to_string()
            .contains("the grant was refused without a description"),
        "{error}"
    );
    let error = reply(400, &[], said("temporarily_unavailable", "", None));
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Unavailable, Retry::After(None))
    );
}

/// Hydra's words (fosite's handler/rfc7523), after those for any refused grant; and Keycloak's for the audience.
#[test]
fn what_other_servers_check_is_told_as_maskinporten_s_codes_are() {
    let grant = "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, \
                 expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.";
    for (error, description, retry, remedy) in [
        (
            "jti_known",
            "The jti was already used.",
            Retry::Once,
            "each assertion works once",
        ),
        (
            "invalid_grant",
            "The JWT in \"assertion\" request parameter MUST contain an \"aud\" (audience) claim containing a value \"https://a/\".",
            Retry::Never,
            "so that `aud` is its issuer",
        ),
        (
            "invalid_grant",
            "Invalid token audience",
            Retry::Never,
            "so that `aud` is its issuer",
        ),
        (
            "invalid_grant",
            "Unable to verify the integrity of the 'assertion' value.",
            Retry::Never,
            "the private key is the one registered",
        ),
        (
            "invalid_client",
            "Invalid token audience",
            Retry::Never,
            "so that `aud` is its issuer",
        ),
        // It is not the assertion's that is meant.
        (
            "invalid_target",
            "Requested audience is not allowed",
            Retry::Never,
            "check `Resource`",
        ),
        (
            "invalid_request",
            "Requested audience \"a\" has not been whitelisted by the OAuth 2.0 Client.",
            Retry::Never,
            "line breaks",
        ),
    ] {
        let error = reply(400, &[], said(error, &format!("{grant} {description}"), None));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Refused, retry), "{error}");
        assert!(error.remedy().unwrap().contains(remedy), "{error}");
    }
}

#[test]
fn ids_of_either_age() {
    for (description, shown, id) in [
        ("Bad. (trace_id: 0af7)", "Bad.", Some("0af7")),
        (
            "Bad. (correlation id: 8d6f6ad2-6f2d-4ad9-a3f5-51f1c1f4a001)",
            "Bad.",
            Some("8d6f6ad2-6f2d-4ad9-a3f5-51f1c1f4a001"),
        ),
        ("Bad.\r\n (trace_id: 0af7) Really.", "Bad. Really.", Some("0af7")),
        (
            "(trace_id: 0af7)",
            "the grant was refused without a description",
            Some("0af7"),
        ),
        ("Bad. (trace_id: )", "Bad.", None),
        ("Bad. (trace_id: 0a\u{1b}[1m f7", "Bad.", Some("0a1mf7")),
    ] {
        let error = reply(400, &[], said("invalid_grant", description, None));
        assert_eq!(error.trace_id(), id, "{description}");
        assert!(
            error.to_string().contains(&format!("invalid_grant: {shown};")),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_oauth_error_is_not_shown() {
    let html = ("content-type", "text/html; charset=utf-8");
    let plain = ("content-type", "text/plain");
    for (status, headers, body, cause, kind) in [
        (400, &[][..], "", "the reply is empty", ErrorKind::InvalidResponse),
        (
            403,
            &[plain],
            "hunter2 and more",
            "the reply is no JSON but 16 bytes of `text/plain`",
            ErrorKind::InvalidResponse,
        ),
        (
            403,
            &[html],
            "<html>hunter2</html>",
            "the reply is no JSON but 20 bytes of `text/html`",
            ErrorKind::InvalidResponse,
        ),
        (
            404,
            &[],
            "hunter2",
            "the reply is 7 bytes that are no JSON",
            ErrorKind::InvalidResponse,
        ),
        (
            400,
            &[],
            "[\"hunter2\"]",
            "the reply is JSON of 11 bytes that names no `error`",
            ErrorKind::InvalidResponse,
        ),
        (
            400,
            &[],
            "{\"message\":\"hunter2\"}",
            "names no `error`",
            ErrorKind::InvalidResponse,
        ),
        (
            400,
            &[],
            "{\"error\":{\"message\":\"hunter2\"}}",
            "names no `error`",
            ErrorKind::InvalidResponse,
        ),
        (
            502,
            &[html],
            "<html>hunter2</html>",
            "the reply is no JSON but 20 bytes of `text/html`",
            ErrorKind::Unavailable,
        ),
        (503, &[], "", "the reply is empty", ErrorKind::Unavailable),
        (302, &[], "", "the reply is empty", ErrorKind::InvalidResponse),
    ] {
        let error = reply(status, headers, body);
        let shown = format!("{error} {error:?}");
        assert_eq!(error.kind(), kind, "{shown}");
        assert!(shown.contains(cause), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
        let expected = if status >= 500 {
            Retry::After(None)
        } else {
            Retry::Never
        };
        assert_eq!(error.retry(), expected);
    }
    // A plain text may name the code, and nothing else of it is taken.
    let error = reply(403, &[plain], "Consumer has not delegated (MP-251) hunter2");
    assert_eq!((error.kind(), error.mp_code()), (ErrorKind::Refused, Some("MP-251")));
    assert!(!error.to_string().contains("hunter2"));
    let error = reply(403, &[], "STAMP-2511 XMP-251");
    assert_eq!(error.mp_code(), None);
}

#[test]
fn pauses_that_are_asked_for() {
    let after = |seconds| Retry::After(Some(Duration::from_secs(seconds)));
    for status in [429, 503] {
        assert_eq!(reply(status, &[], "").retry(), Retry::After(None));
        assert_eq!(reply(status, &[("retry-after", "7")], "").retry(), after(7));
        assert_eq!(
            reply(status, &[("retry-after", "soon")], "").retry(),
            Retry::After(None)
        );
        // By the server's clock if it tells the time, else by ours.
        let until = ("retry-after", "Mon, 21 Sep 2026 14:13:30 GMT");
        assert_eq!(reply(status, &[until], "").retry(), after(10));
        assert_eq!(reply(status, &[until, ("date", DATE)], "").retry(), after(9));
        let past = ("retry-after", "Mon, 21 Sep 2020 14:13:30 GMT");
        assert_eq!(reply(status, &[past], "").retry(), after(0));
        assert_eq!(reply(status, &[], "").kind(), ErrorKind::Unavailable);
    }
    assert_eq!(reply(408, &[], "").retry(), Retry::After(None));
    for status in [500, 502, 504, 599] {
        assert_eq!(reply(status, &[], "<html>").retry(), Retry::After(None));
    }
}

#[test]
fn a_clock_that_is_off_is_measured() {
    let remedy = |code, description, date: &str| {
        let error = reply(400, &[("date", date)], said("invalid_grant", description, code));
        error.remedy().unwrap().to_owned()
    };
    let expired = "JWT is expired";
    assert!(remedy(Some("MP-130"), expired, DATE).ends_with("by the reply's date, the two clocks agree"));
    assert!(
        remedy(Some("MP-130"), expired, "Mon, 21 Sep 2026 14:15:20 GMT").ends_with("it is 120 s behind the server's")
    );
    assert!(
        remedy(None, "Issue time is after now", "Mon, 21 Sep 2026 14:13:00 GMT")
            .ends_with("it is 20 s ahead of the server's")
    );
    assert!(!remedy(Some("MP-121"), "Expired key", "Mon, 21 Sep 2020 14:13:00 GMT").contains("server's"));
}

#[test]
fn an_expired_assertion_is_a_matter_of_the_clock_without_a_code_too() {
    let behind = "Mon, 21 Sep 2026 14:15:20 GMT";
    let remedy = |description| {
        let error = reply(400, &[("date", behind)], said("invalid_grant", description, None));
        error.remedy().unwrap().to_owned()
    };
    for description in [
        "JWT has expired.",
        "Invalid assertion. JWT is expired",
        "The assertion has expired",
        // Keycloak's words (services/…/AbstractBaseJWTValidator.java).
        "Token is not active",
        "Token was issued in the future",
        "Token was issued too far in the past to be used now",
        // Hydra's (fosite's handler/rfc7523), after its words for any refused grant.
        "The provided authorization grant is invalid, expired or revoked. The JWT in \"assertion\" request parameter expired.",
        "The JWT in \"assertion\" request parameter contains an \"nbf\" (not before) claim, that identifies the time \
         '2026-09-21T14:15:20Z' before which the token MUST NOT be accepted.",
        "Expired JWT",
        "JWT before use time",
    ] {
        let remedy = remedy(description);
        assert!(remedy.starts_with("correct this machine's clock"), "{remedy}");
        assert!(remedy.ends_with("it is 120 s behind the server's"), "{remedy}");
    }
    for description in [
        "The key has expired",
        "Certificate is expired",
        "Expired",
        "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, \
         expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
    ] {
        let remedy = remedy(description);
        assert!(!remedy.contains("clock") && !remedy.contains("server's"), "{remedy}");
    }
}

#[test]
fn what_is_long_is_cut() {
    let error = reply(400, &[], said(&"e".repeat(500), &"d".repeat(5000), None));
    assert!(error.to_string().len() < 800);
}

/// What is taken out of an id may be what an escape is made of, and what is left of it may run together.
#[test]
fn an_id_that_quotes_is_none() {
    let secret = "0af7-4bd1-93ce-77d2";
    let sent = Secrets::of(secret);
    let escaped: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let unicode: String = secret.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let spaced: String = secret.chars().flat_map(|c| [c, ' ']).collect();
    for id in [secret, &escaped, &escaped[..30], &unicode, &spaced] {
        let error = refusal(&Reply {
            endpoint: "https://test.maskinporten.no/token",
            status: 400,
            headers: &HeaderMap::new(),
            body: said("invalid_grant", &format!("No. (trace_id: {id})"), None).as_bytes(),
            sent: &sent,
            now: NOW,
        });
        assert_eq!(error.trace_id(), None, "{id}");
    }
}
