//! The app as a process, on a free port, against its emulators.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

struct App {
    process: Child,
    address: String,
    log: Vec<String>,
}

impl App {
    fn start() -> Self {
        Self::run(
            Command::new(env!("CARGO_BIN_EXE_altinn-app"))
                .env_clear()
                .env("LISTEN", "127.0.0.1:0"),
        )
    }

    fn run(command: &mut Command) -> Self {
        let process = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut app = Self {
            process,
            address: String::new(),
            log: Vec::new(),
        };
        let stderr = app.process.stderr.take().expect("its log");
        for line in BufReader::new(stderr).lines() {
            let line = line.expect("a line");
            let event: Value = serde_json::from_str(&line).expect("a log line is JSON");
            app.log.push(line);
            if let Some(address) = event["address"].as_str() {
                address.clone_into(&mut app.address);
                return app;
            }
        }
        panic!("it did not listen: {:#?}", app.log);
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
            .env_clear()
            .current_dir(&folder),
    );
    assert!(!app.address.ends_with(":8080"), "{}", app.address);
}
