#![allow(clippy::unwrap_used)]

use std::fmt;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tokio::time::Instant;

use super::view::layers;
use super::*;

/// Graphic ASCII is what a header takes, and so what a token may be made of.
const TOKEN: &str = r#"aB8~q/"\+x%41;.zZ-9_hunter2&lt="#;

fn json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn unicode(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect()
}

fn url(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn form(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn page(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_string(),
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '-' => "&#45;".to_owned(),
        c => format!("&#x{:x};", u32::from(c)),
    });
    escaped.collect()
}

fn python(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

const SPELLINGS: [fn(&str) -> String; 7] = [json, unicode, url, form, page, python, str::to_ascii_uppercase];

#[test]
fn what_is_quoted_is_cut() {
    let sent = Secrets::of(TOKEN);
    let deep: [fn(&str) -> String; 4] = [
        str::to_owned,
        |text| json(&json(&form(text))),
        |text| url(&url(&json(text))),
        |text| page(&json(text)),
    ];
    for spelling in SPELLINGS.into_iter().chain(deep) {
        let quoted = format!("'{}' is wrong", spelling(TOKEN));
        assert_eq!(sent.cut(&quoted), "'(a secret)' is wrong", "{quoted}");
        assert!(sent.are_in(&quoted, &[]));
    }
    for harmless in [
        "",
        "nothing here",
        "hunter",
        "100 % sure, \\u and %zz &; &#; &#x110000;",
        "ø&aring;",
    ] {
        assert_eq!(sent.cut(harmless), harmless);
        assert!(!sent.are_in(harmless, &[]));
    }
    // In the other alphabet of base64; and another one that begins alike.
    let sent = Secrets::of("abc-def_ghi.jkl");
    assert_eq!(sent.cut("'abc+def/ghi.jkl'"), "'(a secret)'");
    assert_eq!(sent.cut("'Bearer abc-def_other_-3' x"), "'Bearer (a secret)' x");
}

fn jwt(claims: &Value) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{}",
        part(r#"{"alg":"RS256"}"#),
        part(&claims.to_string()),
        part("a signature, as it were")
    )
}

/// Whoever reads a refusal needs to know which client, scope and audience it is about.
#[test]
fn of_claims_what_is_private_is_cut_and_no_more() {
    let claims = json!({
        "aud": "https://test.maskinporten.no/", "iss": "3f1c7a52-0d0e-4a7c-9b7e-1f2f2c6f0a11",
        "scope": "altinn:serviceowner/instances.read", "resource": "https://api.example.no", "consumer_org": "991825827",
        "iat": 1_790_000_000, "exp": 1_790_000_119, "jti": "0b6d6d3e-1f1a-4b2c-8d3e-4f5a6b7c8d9e", "pid": "01017012343",
    });
    let assertion = jwt(&claims);
    let sent = Secrets::of(&assertion);
    let expected = claims
        .to_string()
        .replace("0b6d6d3e-1f1a-4b2c-8d3e-4f5a6b7c8d9e", CUT)
        .replace("01017012343", CUT);
    assert_eq!(sent.cut(&claims.to_string()), expected);
    for part in assertion.split('.').chain([assertion.as_str()]) {
        assert_eq!(sent.cut(&format!("assertion={part}&x")), "assertion=(a secret)&x");
    }
    assert_eq!(
        sent.cut("Invalid audience https://test.maskinporten.no/; jti and iat are required"),
        "Invalid audience https://test.maskinporten.no/; jti and iat are required"
    );
    // Whatever they look like.
    let names = [
        "xK9_pQ2vLm7-Zt4RbN8wYc1D",
        "Hf3kQ9zLw0Xv7Tn2Rb5Yc8Md1Pa6Ge4U",
        "bN8wYc1DxK9_pQ2vLm7-Zt4R",
    ];
    let header = BASE64_URL_SAFE_NO_PAD.encode(json!({ "kid": names[0] }).to_string());
    let claims = json!({ "iss": names[1], "resource": ["urn:x", format!("https://api.example.no/{}", names[2])] });
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    let sent = Secrets::of(&format!("{header}.{claims}.c2lnbmF0dXJl"));
    let text = format!(
        "Unknown {} of {} for https://api.example.no/{}.",
        names[0], names[1], names[2]
    );
    assert_eq!(sent.cut(&text), text);
    assert_eq!(
        Secrets::none().cut("Unknown xK9_pQ2vLm7-Zt4RbN8wYc1D."),
        "Unknown (a secret)."
    );
    let short = Secrets::of(&jwt(&json!({ "jti": "1" })));
    assert_eq!(short.cut("1 of 10"), "1 of 10");
}

#[test]
fn what_looks_like_a_secret_is_cut_whoevers_it_is() {
    let none = Secrets::none();
    let token = jwt(&json!({ "sub": "somebody" }));
    for spelling in SPELLINGS
        .into_iter()
        .take(6)
        .chain([str::to_owned as fn(&str) -> String])
    {
        let text = format!("'{}' was", spelling(&token));
        assert_eq!(none.cut(&text), "'(a secret)' was", "{text}");
        assert!(!none.are_in(&text, &[]));
    }
    assert_eq!(
        none.cut("no route to redis://user:hemmelig@host:6379/0"),
        "no route to redis://(a secret)@host:6379/0"
    );
}

/// A server makes its tokens of what it likes: of the names of scopes, too.
#[test]
fn what_was_asked_for_is_no_quote() {
    let own = ["altinn:serviceowner/instances.read".to_owned(), "some:scope".to_owned()];
    let sent = Secrets::of("opaque-altinn:serviceowner/instances.read-xyz");
    for scope in [
        &own[0],
        "altinn:serviceowner",
        "some:scope altinn:serviceowner/instances.read",
    ] {
        assert!(sent.are_in(scope, &[]) || scope.starts_with("some:"), "{scope}");
        assert!(!sent.are_in(scope, &own), "{scope}");
    }
    assert!(sent.are_in("opaque-altinn:serviceowner", &own));
    assert!(sent.are_in("altinn:serviceowner/instances.read-xyz", &own));
}

/// A short token is in any text.
#[test]
fn a_short_token_is_any_words() {
    for token in ["", "a", "token", "1234567"] {
        let sent = Secrets::of(token);
        assert_eq!(sent.cut("a token 1234567"), "a token 1234567");
        assert!(!sent.are_in("a token 1234567", &[]));
    }
}

#[derive(Debug)]
struct Told {
    aside: &'static str,
    source: Option<Box<Told>>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it failed ({})", self.aside.len())
    }
}

impl StdError for Told {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|told| told as _)
    }
}

#[test]
fn what_is_behind_an_error_is_looked_at_too() {
    let sent = Secrets::of("abcdefgh.ijkl");
    for (aside, is_told) in [("it was abcdefgh", true), ("it was abcdefg", false)] {
        let source = Some(Box::new(Told { aside, source: None }));
        assert_eq!(sent.are_told_by(&Told { aside: "", source }, &[]), is_told);
    }
    for (aside, is_told) in [("xK9_pQ2vLm7-Zt4RbN8wYc1D", true), ("it was refused", false)] {
        let source = Some(Box::new(Told { aside, source: None }));
        assert_eq!(is_behind(&Told { aside: "", source }, &[]), is_told);
        assert!(!is_behind(&Told { aside, source: None }, &[]));
    }
}

/// What its caller wrote says nothing of what came back.
#[test]
fn the_requests_own_address_is_left_out() {
    let sent = Secrets::of(&jwt(&json!({ "pid": "01017012343" })));
    let own = "https://api.example.no/persons/01017012343";
    for (aside, is_told) in [
        ("no way to https://api.example.no/persons/01017012343", false),
        (
            "no way to https://api.example.no/persons/01017012343?t=01017012343",
            true,
        ),
        ("no way to https://api.example.no/other/01017012343", true),
    ] {
        let told = Told { aside, source: None };
        assert_eq!(sent.are_told_by(&told, &[own]), is_told, "{aside}");
        assert!(sent.are_told_by(&told, &[""]));
    }
}

/// Whatever it is made of: a body is as long as the other side likes.
#[test]
fn a_megabyte_is_no_work() {
    let token = jwt(&json!({ "jti": "0b6d6d3e-1f1a-4b2c-8d3e-4f5a6b7c8d9e" }));
    let sent = Secrets::of(&token);
    for part in [
        &token, "\\\\", "%25", "&amp;", "&", "://", "x@://", "a.", "eyJ", "aB3", "é", " ",
    ] {
        let text = part.repeat(1024 * 1024 / part.len());
        let start = Instant::now();
        assert!(sent.cut(&text).len() < 5 * MOST);
        assert!(sent.are_in(&text, &[]));
        // The square of it would take hours.
        assert!(start.elapsed() < Duration::from_secs(20), "{part}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_piece_is_left(
        token in "[!-~]{8,40}",
        from in 0usize..40,
        length in PIECE..40,
        spelt in prop::collection::vec(0..SPELLINGS.len(), 0..4),
        around in "[a-z \"{}:,]{0,12}",
    ) {
        let from = from.min(token.len() - PIECE);
        let piece: String = token.chars().skip(from).take(length).collect();
        let quoted = spelt.iter().fold(piece.clone(), |text, spelling| SPELLINGS[*spelling](&text));
        // What a spelling of a spelling of a spelling is, nobody quotes.
        prop_assume!(quoted.len() < MOST / 2);
        let text = format!("{around}{quoted}{around}");
        let cut = Secrets::of(&token).cut(&text);
        let pieces = Pieces::of(&piece);
        for layer in layers(&cut) {
            prop_assert!(pieces.found_in(&layer).next().is_none(), "{cut:?} of {text:?}");
        }
    }
}
