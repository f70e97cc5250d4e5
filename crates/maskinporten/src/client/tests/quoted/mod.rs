//! Whoever refuses may quote what was sent, whole or in part, anywhere and in any spelling: nothing of it is printed.

mod elsewhere;

use std::collections::HashSet;
use std::error::Error as StdError;
use std::sync::Mutex;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::*;
use crate::error::Error;
use crate::fake::Log;
use crate::request::TokenRequest;
use crate::server::Seen;

const PIECE: usize = 8;
const PID: &str = "01017012343";

/// How the next request is refused.
#[derive(Debug, Clone, Default)]
struct Plan {
    at_exchange: bool,
    status: u16,
    /// The whole, header and claims, a part of it, or a slice.
    what: usize,
    slice: (usize, usize),
    spelling: Vec<usize>,
    place: usize,
}

/// What was sent to the endpoint that refuses.
type Sent = Arc<Mutex<Vec<String>>>;

fn plans() -> impl Strategy<Value = Plan> {
    (
        any::<bool>(),
        prop::sample::select(vec![200, 302, 400, 403, 404, 410]),
        0..7_usize,
        (0..2_000_usize, PIECE..400_usize),
        prop::collection::vec(0..5_usize, 0..3),
        0..16_usize,
    )
        .prop_map(|(at_exchange, status, what, slice, spelling, place)| Plan {
            at_exchange,
            status,
            what,
            slice,
            spelling,
            place,
        })
}

fn private(token: &str, name: &str) -> String {
    let part = token.split('.').nth(1).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    claims[name].as_str().unwrap_or(PID).to_owned()
}

fn spelt(text: &str, spelling: usize) -> String {
    let json = |text: &str| {
        let json = json!(text).to_string();
        json[1..json.len() - 1].to_owned()
    };
    match spelling {
        0 => json(text),
        1 => text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        2 => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        3 => text.replace('-', "%2d").replace('.', "%2E"),
        _ => text.to_ascii_uppercase(),
    }
}

impl Plan {
    fn quoted(&self, secret: &str) -> String {
        let (before, signature) = secret.rsplit_once('.').unwrap();
        let text = match self.what {
            0 => secret.to_owned(),
            1 => before.to_owned(),
            2 => signature.to_owned(),
            3 => private(secret, "jti"),
            4 => private(secret, "pid"),
            _ => {
                let from = self.slice.0 % (secret.len() - PIECE);
                secret[from..secret.len().min(from + self.slice.1)].to_owned()
            }
        };
        self.spelling
            .iter()
            .fold(text, |text, spelling| spelt(&text, *spelling))
    }

    fn body(&self, text: &str) -> String {
        // It may be in JSON's own spelling already.
        let string = serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_owned());
        let nested = json!({ "assertion": string, "more": [string, { "client_assertion": string }] }).to_string();
        let said = |error: &str, description: &str| json!({ "error": error, "error_description": description, "title": error, "detail": description });
        let body = match self.place {
            0 => said(
                "invalid_grant",
                &format!("Invalid assertion {string} here. (trace_id: ab12)"),
            ),
            1 => said(&string, "No."),
            2 => said("invalid_grant", &format!("No. (trace_id: {string})")),
            3 => said("invalid_grant", &nested),
            4 => said("invalid_grant", &json!(nested).to_string()),
            5 => said("invalid_grant", &format!("{string}{string} is expired, {string}")),
            6 => json!({ "error": [string], "error_description": { "a": string } }),
            7 => json!({ "error": { "code": string, "message": string } }),
            8 => json!({ "error": "x", "error_uri": format!("https://maskinporten.no/errors/MP-100?{string}") }),
            9 => json!({ "title": string, "detail": null }),
            10 => json!({ "access_token": format!("other-{}", self.slice.0), "scope": string, "expires_in": 100 }),
            11 => json!({ "access_token": [string], "token_type": string, "expires_in": string }),
            12 => said("invalid_grant", &format!("{}{string}", " ".repeat(1024 * 1024))),
            13 => return format!(r#"{{"error":"invalid_grant","error_description":"{text}","detail":"{text}"}}"#),
            14 => return format!("<html>{text}</html>"),
            _ => return text.to_owned(),
        };
        body.to_string()
    }

    fn reply(&self, secret: &str) -> Response<Full<Bytes>> {
        let text = self.quoted(secret);
        let mut response = reply(self.status, &self.body(&text));
        let visible = text.replace(|c: char| !c.is_ascii_graphic(), "");
        let value = HeaderValue::try_from(visible).unwrap();
        response.headers_mut().insert(CONTENT_TYPE, value.clone());
        response.headers_mut().insert(WWW_AUTHENTICATE, value.clone());
        response.headers_mut().insert(LOCATION, value);
        response
    }
}

fn assertion(seen: &Seen) -> String {
    let form = url::form_urlencoded::parse(&seen.body);
    form.into_owned().find(|(name, _)| name == "assertion").unwrap().1
}

/// A token of its own for each assertion.
fn token(assertion: &str) -> String {
    let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = json!({ "jti": uuid::Uuid::new_v4().to_string(), "pid": PID, "scope": "a:b" });
    let signature = assertion.rsplit('.').next().unwrap().chars().rev().collect::<String>();
    format!(
        "{}.{}.{signature}",
        part(r#"{"alg":"RS256"}"#.to_owned()),
        part(claims.to_string())
    )
}

async fn refusing(plan: Arc<Mutex<Plan>>, sent: Sent) -> Server {
    Server::start(move |seen| {
        let plan = plan.lock().unwrap().clone();
        let secret = match seen.path.contains("/exchange") {
            true => seen
                .authorization
                .clone()
                .unwrap()
                .trim_start_matches("Bearer ")
                .to_owned(),
            false => assertion(&seen),
        };
        sent.lock().unwrap().push(secret.clone());
        let answer = match seen.path.contains("/exchange") == plan.at_exchange {
            true => plan.reply(&secret),
            false => reply(
                200,
                &json!({ "access_token": token(&secret), "expires_in": 100 }).to_string(),
            ),
        };
        async move { answer }
    })
    .await
}

fn assert_nothing_of_them(secrets: &[String], texts: &[String]) {
    let secrets = secrets
        .iter()
        .flat_map(|secret| [secret.clone(), private(secret, "jti"), private(secret, "pid")]);
    // An escape whose signs were taken away is read as easily.
    let digits = |secret: &str| secret.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secrets: Vec<String> = secrets
        .flat_map(|secret| [secret.to_ascii_lowercase(), digits(&secret)])
        .collect();
    let pieces: HashSet<&[u8]> = secrets
        .iter()
        .flat_map(|secret| secret.as_bytes().windows(PIECE))
        .collect();
    for text in texts {
        let lower = text.to_ascii_lowercase();
        let left = lower.as_bytes().windows(PIECE).find(|piece| pieces.contains(piece));
        assert!(
            left.is_none(),
            "{:?} is left in {text}",
            left.map(String::from_utf8_lossy)
        );
    }
}

fn shown(error: &(dyn StdError + 'static)) -> Vec<String> {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain
        .flat_map(|error| [format!("{error}"), format!("{error:?}"), format!("{error:#?}")])
        .collect()
}

fn told(error: &Error) -> Vec<String> {
    let members = [
        error.oauth_error(),
        error.mp_code(),
        error.trace_id(),
        error.remedy(),
        error.endpoint(),
    ];
    let members = members.into_iter().flatten().map(str::to_owned);
    shown(error).into_iter().chain(members).collect()
}

#[test]
fn nothing_that_a_refusal_quotes_is_printed() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (plan, sent): (Arc<Mutex<Plan>>, Sent) = Default::default();
    let server = runtime.block_on(refusing(plan.clone(), sent.clone()));
    let client = builder(&server.url(""))
        .deadline(Duration::from_secs(20))
        .build()
        .unwrap();
    let case = std::cell::Cell::new(0);
    let config = ProptestConfig {
        cases: 192,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let run = TestRunner::new(config).run(&plans(), |next| {
        *plan.lock().unwrap() = next.clone();
        sent.lock().unwrap().clear();
        let log = Log::default();
        let guard = log.capture();
        // One that nobody remembers a refusal of.
        case.set(case.get() + 1);
        let request = TokenRequest::new([format!("s:{}", case.get())]).pid(PID);
        let answer = runtime.block_on(async {
            match next.at_exchange {
                true => client.altinn_token(&request).await,
                false => client.token(&request).await,
            }
        });
        let mut texts = match answer {
            Ok(token) => vec![format!("{token:?}"), token.scope().unwrap_or_default().to_owned()],
            Err(error) => told(&error),
        };
        drop(guard);
        texts.push(log.text());
        texts.push(format!("{client:?}"));
        assert_nothing_of_them(&sent.lock().unwrap(), &texts);
        Ok(())
    });
    run.unwrap();
}

/// What helps is left: which client, which scope, which audience; and the codes, ids and remedies around a secret.
#[tokio::test]
async fn what_helps_is_left() {
    let (plan, sent): (Arc<Mutex<Plan>>, Sent) = Default::default();
    *plan.lock().unwrap() = Plan {
        status: 400,
        ..Plan::default()
    };
    let server = refusing(plan, sent).await;
    let client = builder(&server.url("")).build().unwrap();
    let error = client.token(client.default_request()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "Maskinporten: token failed at {}/token: 400 invalid_grant: Invalid assertion (a secret) here.; check the client id, the \
             key's `kid` and the environment (trace id ab12)",
            server.url("")
        )
    );
    let server = Server::start(|seen| async move {
        let claims = assertion(&seen).split('.').nth(1).unwrap().to_owned();
        let claims = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        reply(
            400,
            &json!({ "error": "invalid_grant", "error_description": claims }).to_string(),
        )
    })
    .await;
    let client = builder(&server.url("")).build().unwrap();
    let text = client.token(client.default_request()).await.unwrap_err().to_string();
    for claim in [
        r#""aud":"https://test.maskinporten.no/""#,
        r#""iss":"client""#,
        r#""scope":"a:b""#,
        r#""jti":"(a secret)""#,
    ] {
        assert!(text.contains(claim), "{text}");
    }
}

#[tokio::test]
async fn a_megabyte_of_quotes_is_no_work() {
    let server = Server::start(|seen| async move {
        let secret = assertion(&seen);
        let said = secret.repeat(500_000 / secret.len());
        reply(400, &json!({ "error": said, "error_description": said }).to_string())
    })
    .await;
    let client = builder(&server.url(""))
        .deadline(Duration::from_secs(20))
        .build()
        .unwrap();
    let start = tokio::time::Instant::now();
    let error = client.token(client.default_request()).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(error.to_string().contains("400 (a secret): "), "{error}");
}
