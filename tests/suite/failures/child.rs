//! Scenarios that want a process environment of their own: this binary again, in the role of a service.

use std::process::Command;
use std::time::Duration;

use config_azure_keyvault::Error;

use crate::support::{builder, check_built};

/// Says that this process is a child, and what it loads.
const ROLE: &str = "FAILURES_CHILD_VAULT";
const CA: &str = "FAILURES_CHILD_CA";
const LOADS: &str = "FAILURES_CHILD_LOADS";
const ANSWER: &str = "child says: ";

/// What the service that a child plays is told.
pub(super) struct Child<'c> {
    pub(super) vault: &'c str,
    /// The CA to give to `ca_pem`, if any.
    pub(super) ca: Option<&'c str>,
    pub(super) environment: &'c [(&'c str, &'c str)],
    /// How often it loads, with one handle.
    pub(super) loads: usize,
}

impl Child<'_> {
    /// Runs it and hands back what its load came to: `loaded …` or the error's text.
    pub(super) async fn run(self) -> String {
        self.run_all().await.remove(0)
    }

    /// As [`run`](Self::run), of each load.
    pub(super) async fn run_all(self) -> Vec<String> {
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command
            .args(["--exact", "failures::child::child", "--nocapture", "--test-threads=1"])
            .env_clear()
            .env(ROLE, self.vault)
            .env(LOADS, self.loads.to_string());
        // Without these a process finds neither its libraries nor a place for its files on some systems.
        for name in [
            "PATH",
            "LD_LIBRARY_PATH",
            "DYLD_FALLBACK_LIBRARY_PATH",
            "SYSTEMROOT",
            "TMPDIR",
            "TEMP",
        ] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some(ca) = self.ca {
            command.env(CA, ca);
        }
        command.envs(self.environment.iter().copied());
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("no panic")
            .expect("the child runs");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "the child failed: {stdout} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let answers = stdout.lines().filter_map(|line| line.split_once(ANSWER));
        let answers: Vec<String> = answers.map(|(_, answer)| answer.to_owned()).collect();
        assert_eq!(answers.len(), self.loads, "no answer: {stdout}");
        answers
    }
}

/// The child's side. In the parent's own run it has nothing to do.
#[tokio::test]
#[allow(clippy::print_stdout)]
async fn child() {
    let Ok(vault) = std::env::var(ROLE) else { return };
    for name in ["IDENTITY_HEADER", "AZURE_CLIENT_SECRET"] {
        if let Ok(secret) = std::env::var(name) {
            crate::support::leaks::watch(secret);
        }
    }
    crate::support::leaks::listen();
    let mut source = config_azure_keyvault::AzureKeyVault::new(vault)
        .environment("Production")
        .mounted_settings("/nowhere")
        .connect_timeout(Duration::from_secs(2))
        .verify_challenge_resource(false);
    if let Ok(ca) = std::env::var(CA) {
        source = source.ca_pem(ca);
    }
    let loads = std::env::var(LOADS).ok().and_then(|loads| loads.parse().ok());
    for _ in 0..loads.unwrap_or(1) {
        let built = builder(&source).build().await;
        check_built(&source, &built);
        match &built {
            Ok(_) => println!("\n{ANSWER}loaded {}", source.report().expect("a report").loaded.len()),
            Err(error) => println!("\n{ANSWER}{}", Error::find(error).expect("an error of ours")),
        }
    }
}
