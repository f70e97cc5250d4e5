//! The program: one line on stdout, a seed file, signals.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::Answer;

/// Ends the program if the test does not.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyvault-emulator"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_remove("RUST_LOG");
    command
}

fn seed_file(folder: &tempfile::TempDir, text: &str) -> std::path::PathBuf {
    let file = folder.path().join("seed.json");
    std::fs::write(&file, text).unwrap();
    file
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[tokio::test]
async fn it_says_where_it_is_serves_and_ends_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let seed = json!({
        "clients": [{ "id": "reader", "secret": "marker-client", "permissions": ["get"] }],
        "secrets": { "Plain": "marker-value", "Rich": { "value": "x", "enabled": false, "tags": { "a": "b" } } },
        "vaults": { "other": { "secrets": { "Theirs": "y" }, "permissions": { "allow": [], "refusal": "access-policy" } } },
    });
    let file = seed_file(&folder, &seed.to_string());
    for name in ["-TERM", "-INT"] {
        let mut running = Running(program().arg("--seed").arg(&file).spawn().unwrap());
        let mut stdout = BufReader::new(running.0.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |member: &str| ready[member].as_str().unwrap().to_owned();
        let mut members: Vec<_> = ready.as_object().unwrap().keys().cloned().collect();
        members.sort();
        assert_eq!(
            members,
            [
                "authority",
                "ca",
                "client_id",
                "client_secret",
                "identity_endpoint",
                "identity_header",
                "tenant",
                "url"
            ]
        );
        assert_eq!(
            (text("client_id"), text("client_secret")),
            ("reader".to_owned(), "marker-client".to_owned())
        );

        let ca = reqwest::Certificate::from_pem(&std::fs::read(text("ca")).unwrap()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([ca])
            .no_proxy()
            .build()
            .unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "reader"),
            ("client_secret", "marker-client"),
            ("scope", "https://vault.azure.net/.default"),
        ];
        let url = format!("{}/{}/oauth2/v2.0/token", text("authority"), text("tenant"));
        let token = Answer::of(http.post(url).form(&form).send().await.unwrap()).await;
        let token = token.body["access_token"].as_str().unwrap().to_owned();
        let get = |path: &str| {
            let request = http
                .get(format!("{}{path}?api-version=7.5", text("url")))
                .bearer_auth(&token);
            async move { Answer::of(request.send().await.unwrap()).await }
        };
        assert_eq!(get("/secrets/Plain").await.body["value"], json!("marker-value"));
        assert_eq!(get("/secrets/Rich").await.error().2, "SecretDisabled");
        assert_eq!(get("/secrets").await.error().2, "ForbiddenByRbac");

        signal(&running.0, name);
        assert_eq!(running.0.wait().unwrap().code(), Some(0), "{name}");
        let (mut rest, mut logs) = (String::new(), String::new());
        stdout.read_to_string(&mut rest).unwrap();
        running.0.stderr.take().unwrap().read_to_string(&mut logs).unwrap();
        assert_eq!(rest, "", "one line and no more");
        assert!(logs.contains("/secrets/Plain"), "requests are logged: {logs}");
        assert!(
            !logs.contains("marker") && !logs.contains(&token),
            "and no secret with them"
        );
        assert!(!Path::new(&text("ca")).exists(), "nothing stays behind");
    }
}

fn refused(text: &str) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = seed_file(&folder, text);
    let Output { status, stdout, stderr } = program().arg("--seed").arg(file).output().unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
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
        let (code, stdout, stderr) = refused(seed);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{seed}");
        assert!(stderr.contains(place), "{seed}: {stderr}");
        assert!(!stderr.contains("marker"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    let missing = program().args(["--seed", "does-not-exist.json"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
}
