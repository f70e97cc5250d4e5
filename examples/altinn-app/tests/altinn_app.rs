//! The app as a process, on a free port, against its emulators.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;

struct App {
    process: Child,
    address: String,
    log: Vec<String>,
    rest: Lines<BufReader<ChildStderr>>,
}

impl App {
    fn start() -> Self {
        Self::run(
            Command::new(env!("CARGO_BIN_EXE_altinn-app"))
                .arg("--emulated")
                .env_clear()
                .env("LISTEN", "127.0.0.1:0"),
        )
    }

    fn run(command: &mut Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let stderr = process.stderr.take().expect("its log");
        let mut app = Self {
            process,
            address: String::new(),
            log: Vec::new(),
            rest: BufReader::new(stderr).lines(),
        };
        while app.address.is_empty() {
            let event = app.next();
            app.address = event["address"].as_str().unwrap_or_default().to_owned();
        }
        app
    }

    /// Its next log line.
    fn next(&mut self) -> Value {
        let Some(line) = self.rest.next() else {
            panic!("it ended: {:#?}", self.log);
        };
        let line = line.expect("a line");
        let event = serde_json::from_str(&line).expect("a log line is JSON");
        self.log.push(line);
        event
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let reply = reqwest::get(format!("http://{}{path}", self.address))
            .await
            .expect("a reply");
        (reply.status().as_u16(), reply.text().await.expect("its body"))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn it_asks_in_the_app_owners_name_and_tells_its_health() {
    let app = App::start();

    let (status, health) = app.get("/health").await;
    let told: Value = serde_json::from_str(&health).expect("JSON");
    assert_eq!(
        (status, &told["token_age_s"], &told["token_requests"]),
        (200, &Value::Null, &0.into())
    );

    let (status, instances) = app.get("/instances").await;
    let told: Value = serde_json::from_str(&instances).expect("JSON");
    assert_eq!(
        (status, &told["consumer"], &told["exchanged"]),
        (200, &"991825827".into(), &true.into())
    );

    let (_, health) = app.get("/health").await;
    let told: Value = serde_json::from_str(&health).expect("JSON");
    assert!(
        told["token_age_s"].is_u64() && told["configuration_age_s"].is_u64(),
        "{told}"
    );
    assert_eq!(
        (&told["token_requests"], &told["exchange_requests"]),
        (&1.into(), &1.into())
    );

    for text in app.log.iter().chain([&health, &instances]) {
        assert!(!text.contains("eyJ"), "a token or a key is printed: {text}");
    }
}

#[test]
fn its_files_are_those_of_the_working_directory() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("working-directory");
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = include_str!("../appsettings.json").replace("127.0.0.1:8080", "127.0.0.1:0");
    std::fs::write(folder.join("appsettings.json"), settings).expect("a file");
    let app = App::run(
        Command::new(env!("CARGO_BIN_EXE_altinn-app"))
            .arg("--emulated")
            .env_clear()
            .current_dir(&folder),
    );
    assert!(!app.address.ends_with(":8080"), "{}", app.address);
}

/// Runs it until it gives up, and returns its last log line.
fn gives_up(command: &mut Command) -> Value {
    let output = command.output().expect("it runs");
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).expect("text");
    let last = log.lines().last().expect("a log line");
    serde_json::from_str(last).expect("JSON")
}

#[test]
fn emulators_start_only_when_asked() {
    let event = gives_up(Command::new(env!("CARGO_BIN_EXE_altinn-app")).env_clear());
    let error = event["error"].as_str().expect("an error");
    for place in ["AzureKeyVault::new", "kvSetting", "AZURE_KEYVAULT_URL"] {
        assert!(error.contains(place), "{error}");
    }
}

/// Without `--emulated` it goes where the settings say. Nothing leaves this machine: what the section names is refused at once.
#[test]
fn the_vault_of_the_settings_is_read() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kv-setting");
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = include_str!("../appsettings.json").replacen(
        '{',
        r#"{ "kvSetting": { "SecretUri": "http://my-app.vault.azure.net" },"#,
        1,
    );
    std::fs::write(folder.join("appsettings.json"), settings).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_altinn-app"));
    let event = gives_up(command.env_clear().current_dir(&folder));
    let error = event["error"].as_str().expect("an error");
    assert!(
        error.contains("kvSetting.SecretUri") && error.contains("https"),
        "{error}"
    );
}

#[test]
fn rust_log_says_what_is_logged() {
    let targets = |rust_log: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_altinn-app"));
        command.arg("--emulated").env_clear().env("LISTEN", "127.0.0.1:0");
        let app = App::run(command.env("RUST_LOG", rust_log));
        let target = |line: &String| serde_json::from_str::<Value>(line).expect("JSON")["target"].to_string();
        app.log.iter().map(target).collect::<Vec<_>>()
    };
    let ours = |target: &String| target.starts_with("\"altinn_app");
    assert!(targets("altinn_app=info").iter().all(ours));
    assert!(!targets("info").iter().all(ours), "the vault's load is told");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_altinn-app"));
    let event = gives_up(command.arg("--emulated").env_clear().env("LISTEN", &address));
    let error = event["error"].as_str().expect("an error");
    assert!(
        error.starts_with(&format!("cannot listen on {address} (the setting `Listen`): ")),
        "{error}"
    );
}

#[tokio::test]
async fn ready_says_whether_there_is_a_token() {
    let app = App::start();
    assert_eq!(app.get("/ready").await, (200, r#"{"ready":true}"#.to_owned()));

    // Neither Maskinporten's token, nor Altinn's for it.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("https://{}", taken.local_addr().expect("an address"));
    drop(taken);
    for (setting, value, reason) in [
        ("MASKINPORTENSETTINGS__SCOPE", "nobody:has.this", "MP-200"),
        ("MASKINPORTENSETTINGS__TOKENEXCHANGEENVIRONMENT", &nobody, "refused"),
    ] {
        let mut app = App::run(
            Command::new(env!("CARGO_BIN_EXE_altinn-app"))
                .arg("--emulated")
                .env_clear()
                .env("RUST_LOG", "altinn_app=info")
                .env("LISTEN", "127.0.0.1:0")
                .env(setting, value),
        );
        assert_eq!(app.get("/health").await.0, 200);
        let (status, told) = app.get("/ready").await;
        assert_eq!((status, told.as_str()), (503, r#"{"ready":false}"#), "{setting}");
        // The reason is for the operator.
        let told = app.next()["error"].to_string();
        assert!(told.contains(reason), "{setting}: {told}");
    }
}

#[tokio::test]
async fn an_api_that_is_not_there_is_told_to_the_bottom() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = format!("https://{}/instances", taken.local_addr().expect("an address"));
    drop(taken);
    let mut app = App::run(
        Command::new(env!("CARGO_BIN_EXE_altinn-app"))
            .arg("--emulated")
            .env_clear()
            .env("RUST_LOG", "altinn_app=info")
            .env("LISTEN", "127.0.0.1:0")
            .env("INSTANCESURL", &nobody),
    );
    assert_eq!(app.get("/instances").await.0, 502);
    let told = app.next();
    assert_eq!(told["target"], "altinn_app::routes");
    let error = told["error"].as_str().expect("an error");
    assert!(error.contains("refused"), "{error}");
}

/// Key and scope are rotated while it serves, and nobody notices but the log.
#[tokio::test]
async fn a_rotation_under_load_fails_no_request() {
    let app = App::start();
    let url = |path: &str| format!("http://{}{path}", app.address);
    let http = reqwest::Client::new();
    let (done, is_done) = tokio::sync::watch::channel(false);
    let load: Vec<_> = (0..20)
        .map(|_| {
            let (http, url, is_done) = (http.clone(), url("/instances"), is_done.clone());
            tokio::spawn(async move {
                let mut served = 0;
                while !*is_done.borrow() {
                    let reply = http.get(&url).send().await.expect("a reply");
                    assert_eq!(reply.status(), 200, "after {served}");
                    let told: Value = reply.json().await.expect("JSON");
                    assert_eq!(told["exchanged"], true);
                    served += 1;
                }
                served
            })
        })
        .collect();
    for _ in 0..5 {
        let reply = http.post(url("/rotate")).send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
        let told = reply.text().await.expect("its body");
        assert!(
            told.contains("2 keys changed: `MaskinportenSettings.EncodedJwk`") && told.contains("Scope"),
            "{told}"
        );
        assert_eq!(app.get("/ready").await, (200, r#"{"ready":true}"#.to_owned()));
    }
    done.send_replace(true);
    for task in load {
        assert!(task.await.expect("no request failed") > 0);
    }
}
