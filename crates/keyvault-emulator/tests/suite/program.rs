//! The program: one line on stdout, a seed file, signals.

use std::path::Path;
use std::time::{Duration, Instant};

use emulator_kit::testing::Program;
use serde_json::json;

use crate::support::Answer;

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_keyvault-emulator"))
}

#[cfg(unix)]
#[tokio::test]
async fn it_says_where_it_is_serves_and_ends_on_a_signal() {
    let seed = json!({
        "clients": [{ "id": "reader", "secret": "marker-client", "permissions": ["get"] }],
        "secrets": { "Plain": "marker-value", "Rich": { "value": "x", "enabled": false, "tags": { "a": "b" } } },
        "vaults": { "other": { "secrets": { "Theirs": "y" }, "permissions": { "allow": [], "refusal": "access-policy" } } },
    });
    for signal in ["TERM", "INT"] {
        let running = program().start_seeded(&seed.to_string());
        assert_eq!(
            running.members(),
            [
                "authority",
                "ca",
                "client_id",
                "client_secret",
                "federated_token_file",
                "identity_endpoint",
                "identity_header",
                "tenant",
                "url"
            ]
        );
        assert_eq!(
            (running.text("client_id"), running.text("client_secret")),
            ("reader", "marker-client")
        );

        let http = running.http_client();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "reader"),
            ("client_secret", "marker-client"),
            ("scope", "https://vault.azure.net/.default"),
        ];
        let url = format!(
            "{}/{}/oauth2/v2.0/token",
            running.text("authority"),
            running.text("tenant")
        );
        let token = Answer::of(http.post(&url).form(&form).send().await.unwrap()).await;
        let token = token.body["access_token"].as_str().unwrap().to_owned();
        let get = |path: &str| {
            let request = http
                .get(format!("{}{path}?api-version=7.5", running.text("url")))
                .bearer_auth(&token);
            async move { Answer::of(request.send().await.unwrap()).await }
        };
        assert_eq!(get("/secrets/Plain").await.body["value"], json!("marker-value"));
        assert_eq!(get("/secrets/Rich").await.error().2, "SecretDisabled");
        assert_eq!(get("/secrets").await.error().2, "ForbiddenByRbac");

        // The file's token signs in as well.
        use std::os::unix::fs::PermissionsExt;
        let file = running.text("federated_token_file");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        let federated = std::fs::read_to_string(file).unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "reader"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", &federated),
            ("scope", "https://vault.azure.net/.default"),
        ];
        assert_eq!(http.post(url).form(&form).send().await.unwrap().status(), 200);

        let ca = running.text("ca").to_owned();
        let ended = running.end(signal);
        assert_eq!(ended.code, Some(0), "{signal}");
        assert_eq!(ended.stdout, "", "one line and no more");
        assert!(
            ended.stderr.contains("/secrets/Plain"),
            "requests are logged: {ended:?}"
        );
        assert!(
            !ended.stderr.contains("marker") && !ended.stderr.contains(&token),
            "and no secret with them"
        );
        assert!(!Path::new(&ca).exists(), "nothing stays behind");
    }
}

/// Whoever starts it may keep its log in a pipe and not read it.
#[cfg(unix)]
#[tokio::test]
async fn it_serves_and_ends_although_nobody_reads_its_log() {
    for signal in ["TERM", "INT"] {
        let running = program().start();
        let http = running.http_client();
        let url = format!("{}/secrets/{}?api-version=7.5", running.text("url"), "a".repeat(100));
        for _ in 0..600 {
            let asked = http.get(&url).timeout(Duration::from_secs(20)).send().await;
            assert_eq!(asked.unwrap().status(), 401);
        }
        let started = Instant::now();
        let ended = running.end(signal);
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        assert_eq!(ended.code, Some(0));
        assert!(ended.stderr.len() > 60_000, "the pipe was full: {}", ended.stderr.len());
    }
}

#[test]
fn a_bad_seed_is_named_in_one_line_and_never_quoted() {
    for (seed, place) in [
        (r#"{ "secrets": { "Name": "marker" "#, "is not JSON"),
        (r#"["marker"]"#, "the seed must be an object"),
        (
            r#"{ "secrets": { "Name": ["marker"] } }"#,
            "secrets.Name must be a text or an object",
        ),
        (
            r#"{ "secrets": { "Name": { "value": "marker", "enabled": "marker" } } }"#,
            "secrets.Name.enabled must be true or false",
        ),
        (
            r#"{ "secrets": { "Name": { "enabled": true } } }"#,
            "secrets.Name.value is missing",
        ),
        (
            r#"{ "secrets": { "Name": { "value": "marker", "expire": 1 } } }"#,
            "secrets.Name has no member expire",
        ),
        (r#"{ "secrets": { "a_b": "marker" } }"#, "secrets.a_b is no secret name"),
        (r#"{ "clients": [{ "id": "a" }] }"#, "clients[0].secret is missing"),
        (
            r#"{ "permissions": ["get", "marker"] }"#,
            "permissions[1] must be one of get, list,",
        ),
        (r#"{ "vaults": { "x": {} } }"#, "vaults.x is no vault name"),
        (
            r#"{ "vaults": { "other": { "secrets": { "N": 1 } } } }"#,
            "vaults.other.secrets.N must be a text or an object",
        ),
    ] {
        program().assert_refuses(seed, place, "marker");
    }
    let missing = program().arg("--seed").arg("does-not-exist.json").run();
    assert_eq!(missing.code, Some(2));
}
