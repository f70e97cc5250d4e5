use proptest::prelude::*;

use super::*;

#[test]
fn placeholders_of_every_make() {
    for text in [
        "<client-id>",
        "<your client id>",
        "${CLIENT_ID}",
        "$CLIENT_ID",
        "$env:CLIENT_ID",
        "$(ClientId)",
        "#{ClientId}#",
        "#{ClientId}",
        "{{ .Values.clientId }}",
        "{clientId}",
        "${{ secrets.CLIENT_ID }}",
        "%CLIENT_ID%",
        "__ClientId__",
        "#ClientId#",
        "@@CLIENT_ID@@",
        "[client id]",
        "((client-id))",
        "TODO",
        "todo",
        "TODO: ask the owner",
        "TODO-client-id",
        "TBD",
        "FIXME!",
        "changeme",
        "CHANGE_ME",
        "change-me",
        "Replace me",
        "replace-with-client-id",
        "placeholder",
        "your-client-id",
        "YOUR_CLIENT_ID",
        "yourClientId",
        "YOURCLIENTID",
        "insert client id here",
        "paste your id",
        "client-id-goes-here",
        "***",
        "...",
        "…",
        "-",
        "xxx",
        "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX",
        "00000000-0000-0000-0000-000000000000",
        "null",
        "(null)",
        "None",
        "undefined",
        "N/A",
        "string",
    ] {
        assert_eq!(of(text), Some(Slip::Placeholder), "{text}");
    }
    for text in [
        "<prefix>:read",
        "altinn:{scope}",
        "your-kid",
        "YOUR_MASKINPORTEN_CLIENT_ID",
        "your_org_number",
        "your-scope-here",
        "insert-the-key",
        "SET_THIS",
        "enter your organisation",
        "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}",
        "{00000000-0000-0000-0000-000000000000}",
    ] {
        assert_eq!(of(text), Some(Slip::Placeholder), "{text}");
    }
    for text in ["https://<authority>/", "https://{tenant}.example/", "https://${HOST}"] {
        assert_eq!(of(text), Some(Slip::Placeholder), "{text}");
    }
}

/// Client ids, scopes, keys' ids and addresses as they are.
#[test]
fn what_is_meant_is_left_alone() {
    for text in [
        "3f1c7a52-0d0e-4a7c-9b7e-1f2f2c6f0a11",
        "oidc_skatteetaten_klient",
        "my-client",
        "my-client-id",
        "client-id",
        "some:scope",
        "scope",
        "client",
        "c",
        "x",
        "0",
        "test-client",
        "yourtown-api",
        "todoist",
        "todo:read",
        "nullstill",
        "here",
        "be-here",
        "settings-service",
        "change-log",
        "altinn:serviceowner/instances.read",
        "skatteetaten:innrapportering",
        "https://api.example.no/v1?x=%C3%A5#top",
        "https://[::1]:8443/one",
        "urn:example:api",
        "key-1",
        "2026.1_a",
        "rTiIixi3N8fYAlbCoxiF1eqMeZAcQANGtc7uFE0Jqlc",
        "0192:991825827",
        "991 825 827",
        "prod",
        "write:me",
        "set:me",
        "change:me",
        "add:by.name",
        "your:scope",
        "altinn:be.here",
        "https://example.com/here",
        "https://example.com/your/scope",
        "your-company-api",
        "YOURTOWN_API",
        "set-the-price",
        "we-are-here",
        "add-by-name",
        // .NET's format B.
        "{3F1C7A52-0D0E-4A7C-9B7E-1F2F2C6F0A11}",
        // Thumbprints (SHA-256, RFC 7638), which may begin like anything.
        "eyJIixi3N8fYAlbCoxiF1eqMeZAcQANGtc7uFE0Jqlc",
        "eyIIixi3N8fYAlbCoxiF1eqMeZAcQANGtc7uFE0Jqlc",
        "eyAIixi3N8fYAlbCoxiF1eqMeZAcQANGtc7uFE0Jqlc",
        "ewoIixi3N8fYAlbCoxiF1eqMeZAcQANGtc7uFE0Jqlc",
        "MIIIixi3N8fYAlbCoxiF1eqMeZAcQANGtc7uFE0Jqlc",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
    assert_eq!(of(""), None);
}

#[test]
fn quotes_and_what_cannot_be_seen() {
    for text in [
        "\"abc\"",
        "'abc'",
        "`abc`",
        "“abc”",
        "abc\"",
        "'abc",
        "\\\"abc\\\"",
        " \"abc\" ",
    ] {
        assert_eq!(of(text), Some(Slip::Quoted), "{text}");
    }
    for (text, c) in [
        ("\u{feff}abc", '\u{feff}'),
        ("abc\u{feff}", '\u{feff}'),
        ("a\u{200b}bc", '\u{200b}'),
        ("a\u{ad}bc", '\u{ad}'),
        ("a\0bc", '\0'),
        ("a\nbc", '\n'),
        ("\u{202e}abc", '\u{202e}'),
    ] {
        assert_eq!(of(text), Some(Slip::Invisible(c)), "{text:?}");
    }
    assert_eq!(of("\"<client-id>\""), Some(Slip::Placeholder));
    assert_eq!(
        Slip::Invisible('\u{200b}').to_string(),
        "holds a character that cannot be seen (U+200B); delete it, or type the value anew"
    );
}

#[test]
fn references_that_nobody_resolved() {
    for text in [
        "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)",
        " @microsoft.keyvault(VaultName=v;SecretName=s)",
        "\"@Microsoft.KeyVault(VaultName=v;SecretName=s)\"",
        "@Microsoft.AppConfiguration(Endpoint=e; Key=k)",
        "keyvaultref:https://v.vault.azure.net/secrets/s,identityref:system",
        "secretref:client-id",
        "op://vault/item/field",
    ] {
        assert!(matches!(of(text), Some(Slip::Reference(_))), "{text}");
        assert!(reference(text).is_some() && of_any(text).is_some(), "{text}");
    }
    assert_eq!(reference("<password>"), None);
}

#[test]
fn secrets_are_known_and_not_shown() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/vectors/assertions.json")).expect("vectors");
    let key = &vectors["keys"]["vector-2048"];
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let pem = include_str!("../../tests/vectors/keys/pkcs8.pem").to_owned();
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for secret in [
        key["jwk"].to_string(),
        text(&key["encoded_jwk"]),
        text(&vectors["assertions"][0]["jws"]),
        der,
        pem,
    ] {
        for text in [secret.clone(), format!("\"{secret}\""), format!("\u{feff}{secret}\n")] {
            let slip = of(&text).expect("a slip");
            assert!(matches!(slip, Slip::Secret(_)), "{slip}");
            assert_eq!(shown(&text), "…");
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            assert_eq!(shown_words(&words), ["…"]);
            assert!(of_any(&text).is_some());
            let words = slip.to_string();
            assert!(
                !secret
                    .as_bytes()
                    .windows(12)
                    .any(|piece| words.as_bytes().windows(12).any(|own| own == piece))
            );
        }
    }
    assert_eq!(shown("client"), "client");
    assert_eq!(shown("https://user:hemmelig@host/x?sig=hemmelig"), "https://host/x");
    // As an editor wraps them: what has an end is told by its beginning.
    for secret in [text(&key["encoded_jwk"]), text(&vectors["assertions"][0]["jws"])] {
        for length in [48, 64] {
            assert!(matches!(of(&secret[..length]), Some(Slip::Secret(_))), "{length}");
        }
    }
    assert!(matches!(of("eyJhbGciOiJub25lIn0.e30."), Some(Slip::Secret(_))));
}

/// White space between scopes is between the lines of a key, too.
#[test]
fn words_of_a_secret_are_not_shown() {
    let words = |text: &str| shown_words(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let pem = include_str!("../../tests/vectors/keys/pkcs8.pem");
    let lines: String = pem
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<Vec<_>>()
        .join(" ");
    for text in [pem, &lines, &format!("a:b {pem}"), &format!("a:b\n{lines}")] {
        assert_eq!(words(text), ["…"]);
    }
    assert_eq!(words("a:b https://u:hemmelig@h/x <scope>"), ["a:b", "https://h/x", "…"]);
}

proptest! {
    #[test]
    fn any_text_is_looked_at(text in "\\PC*|[<>{}\"'$@_ \u{feff}a-z]*") {
        of(&text);
        of_key(&text);
        shown(&text);
    }
}
