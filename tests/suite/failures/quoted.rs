//! Whoever refuses may quote what was sent as a secret, whole or in part and in any spelling: nothing of it goes any further.

use std::error::Error as StdError;
use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use config_azure_keyvault::AzureKeyVault;
use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, RequestKind};
use serde_json::json;

use crate::support::{World, builder, check_built, leaks};

/// So many characters of a secret are one.
const PIECE: usize = 8;

/// Numbers at random, and the same ones every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n).expect("a number")).expect("a number")
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

fn pieces(secret: &str) -> Vec<String> {
    let chars: Vec<char> = secret.chars().collect();
    chars.windows(PIECE).map(|piece| piece.iter().collect()).collect()
}

fn quoted(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn unicode(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// A part of the secret, or all of it, as somebody may quote it.
fn spelt(secret: &str, random: &mut Random) -> String {
    let chars: Vec<char> = secret.chars().collect();
    let (from, to) = match random.below(3) {
        0 => (0, chars.len()),
        1 => (0, PIECE + random.below(chars.len() - PIECE)),
        _ => {
            let from = random.below(chars.len() - PIECE);
            (from, from + PIECE + random.below(chars.len() - PIECE - from + 1))
        }
    };
    let part: String = chars[from..to].iter().collect();
    let spellings: [fn(&str) -> String; 6] = [
        str::to_owned,
        quoted,
        unicode,
        percent,
        |text| percent(&quoted(text)),
        |text| quoted(&percent(text)),
    ];
    random.of(&spellings)(&part)
}

/// A refusal that quotes this text; it is in JSON's own spelling already where it may be.
fn body(text: &str, random: &mut Random) -> String {
    let string = serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_owned());
    let nested = json!({ "client_secret": string, "client": ["x", string] });
    match random.below(14) {
        0 => json!({ "error": "invalid_client", "error_description": format!("AADSTS7000215: Got {string} here.") })
            .to_string(),
        1 => json!({ "error": "invalid_client", "error_description": nested.to_string() }).to_string(),
        2 => json!({ "error": "invalid_client", "error_description": format!("AADSTS{string}") }).to_string(),
        3 => json!({ "error": string, "error_description": "No." }).to_string(),
        4 => json!({ "error": [string], "error_description": [string] }).to_string(),
        5 => json!({ "error": { "code": string, "message": string } }).to_string(),
        6 => json!({ "error": { "code": "C", "message": nested.to_string(), "innererror": { "code": string } } })
            .to_string(),
        7 => json!({ "error": { "code": "C", "message": json!(nested.to_string()).to_string() } }).to_string(),
        8 => json!({ "error": { "code": "C", "message": format!("No.\r\nCaller: appid={string};oid={string}") } })
            .to_string(),
        9 => json!({ "message": string, "statusCode": 400 }).to_string(),
        10 => format!(r#"{{"error":"invalid_client","error_description":"{text} and {text}"}}"#),
        11 => format!(r#"{{"error":{{"code":"C","message":"{text}"}}}}"#),
        12 => format!("<html>{text}</html>"),
        _ => text.to_owned(),
    }
}

fn assert_nothing_of_it(secret: &str, error: &(dyn StdError + 'static)) {
    let pieces = pieces(&secret.to_ascii_lowercase());
    for error in std::iter::successors(Some(error), |&error| error.source()) {
        for text in [format!("{error}"), format!("{error:?}"), format!("{error:#?}")] {
            let text = text.to_ascii_lowercase();
            let left = pieces.iter().find(|piece| text.contains(piece.as_str()));
            assert!(left.is_none(), "{left:?} is left in {text}");
        }
    }
}

async fn refused(world: &World, source: &AzureKeyVault, kind: RequestKind, secret: &str, random: &mut Random) {
    for _ in 0..25 {
        let text = spelt(secret, random);
        let body = body(&text, random);
        let header = text.replace(|c: char| !c.is_ascii_graphic(), "");
        world.emulator.clear_faults();
        let action = FaultAction::Status {
            status: random.of(&[400, 401, 403, 404, 409]),
            body,
            headers: vec![("x-ms-echo".to_owned(), header)],
        };
        world.emulator.inject(Fault::new(action).for_kind(kind));
        let built = builder(source).build().await;
        check_built(source, &built);
        let error = built.map(|_| ()).expect_err("it is refused");
        assert_nothing_of_it(secret, &error);
        let ours = config_azure_keyvault::Error::find(&error).expect("an error of ours");
        assert_nothing_of_it(secret, ours);
        assert!(
            ours.code()
                .is_none_or(|code| !secret.contains(code) || code.len() < PIECE)
        );
    }
    world.emulator.clear_faults();
}

#[tokio::test]
async fn a_client_secret() {
    // A name of none, with what has a spelling of its own in JSON and in a URL.
    for (seed, secret) in [
        (1, r#"Qz7~/w"\kP+x%41&Vb9_L.tYc-J3é<h>"#),
        (2, "fGh8Q~wErTy_uIoP1.aSdFg-HjKl2zXcVbN0mQ="),
    ] {
        for piece in pieces(secret) {
            leaks::watch(piece);
        }
        let emulator = KeyVaultEmulator::builder().client("5e1f0c8a-0000-4000-8000-00000000c11e", secret);
        let world = World::of(emulator.start().await.expect("the emulator starts"));
        world.seed(&["A"]);
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ seed);
        refused(&world, &world.source(), RequestKind::Token, secret, &mut random).await;
    }
}

#[tokio::test]
async fn a_federated_token() {
    let world = World::start().await;
    let token = world.emulator.federated_token();
    let signature = token.rsplit('.').next().expect("a signature");
    leaks::watch(signature);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{token}\n")).expect("a file");
    let mut variables = world.variables();
    variables.retain(|(name, _)| name != "AZURE_CLIENT_SECRET");
    variables.push(("AZURE_FEDERATED_TOKEN_FILE".to_owned(), file.display().to_string()));
    let source = world.source().process_environment(variables);
    refused(&world, &source, RequestKind::Token, &token, &mut Random(3)).await;
}

#[derive(Debug)]
struct Given(azure_core::credentials::Secret);

#[async_trait::async_trait]
impl TokenCredential for Given {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let ends = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(AccessToken::new(self.0.secret().to_owned(), ends))
    }
}

#[tokio::test]
async fn an_access_token() {
    let world = World::start().await;
    world.seed(&["A"]);
    let token = world.emulator.access_token("https://vault.azure.test");
    leaks::watch(token.rsplit('.').next().expect("a signature"));
    let source = world.source().credential(Arc::new(Given(token.clone().into())));
    for (kind, seed) in [(RequestKind::List, 4), (RequestKind::Get, 5)] {
        refused(&world, &source, kind, &token, &mut Random(seed)).await;
    }
    // Where the list leads: a host is spelt in lower case, and has 63 characters at most to a label.
    let run = token
        .split(|c: char| !c.is_ascii_alphanumeric())
        .max_by_key(|run| run.len());
    let piece = run.map(|run| &run[..run.len().min(60)]).expect("a run");
    assert!(piece.len() > PIECE);
    let link = json!({ "value": [], "nextLink": format!("https://{piece}.example/secrets") }).to_string();
    world
        .emulator
        .inject(Fault::status(200, link).for_kind(RequestKind::List));
    let error = builder(&source)
        .build()
        .await
        .map(|_| ())
        .expect_err("it is not followed");
    assert!(
        error.to_string().contains("leads to another host, (a secret);"),
        "{error}"
    );
    assert_nothing_of_it(&token, &error);
}
