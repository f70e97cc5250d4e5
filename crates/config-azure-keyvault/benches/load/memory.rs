//! Peak memory of a process that does nothing but load 100 secrets. Linux only: it is read from `/proc/self/status`.

use std::process::Command;

use config::Config;
use config_azure_keyvault::AzureKeyVault;
use keyvault_emulator::{KeyVaultEmulator, Protocols, SecretSeed};

const ROLE: &str = "--load-as-a-child";

pub(crate) fn is_child(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument == ROLE)
}

/// Loads the vault at the default host of an emulator that runs in the parent.
pub(crate) async fn child(arguments: &[String]) {
    let [url, ca, tenant, client, secret] = [2, 3, 4, 5, 6].map(|n| arguments[n].clone());
    let before = peak_kib();
    let pem = std::fs::read(ca).expect("the CA");
    let source = AzureKeyVault::new(&url)
        .environment("Production")
        .verify_challenge_resource(false)
        // Beside the system's roots, which every service loads.
        .ca_pem(pem)
        .process_environment([
            ("AZURE_TENANT_ID", &tenant),
            ("AZURE_CLIENT_ID", &client),
            ("AZURE_CLIENT_SECRET", &secret),
            ("AZURE_AUTHORITY_HOST", &url),
        ]);
    Config::builder()
        .add_async_source(source.clone())
        .build()
        .await
        .expect("it loads");
    assert_eq!(source.report().expect("a report").loaded.len(), 100);
    println!("{before} {}", peak_kib());
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok())
        .unwrap_or_default()
}

/// Starts the child against an emulator of this process, once for each protocol.
pub(crate) async fn measure() {
    for (name, protocols) in [("HTTP/2", Protocols::Http2), ("HTTP/1.1", Protocols::Http1)] {
        let emulator = KeyVaultEmulator::builder()
            .protocols(protocols)
            .start()
            .await
            .expect("the emulator starts");
        let vault = emulator.default_vault();
        for n in 0..100 {
            vault.seed(SecretSeed::new(
                format!("Section{}--Key{n}", n % 10),
                "a value of some forty characters, or so",
            ));
        }
        let ca = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(ca.path(), emulator.ca_pem()).expect("the CA is written");
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child.arg(ROLE).arg(emulator.url()).arg(ca.path()).args([
            emulator.tenant(),
            emulator.client_id(),
            emulator.client_secret(),
        ]);
        let child = tokio::task::spawn_blocking(move || child.output())
            .await
            .expect("it ran")
            .expect("it started");
        let text = String::from_utf8_lossy(&child.stdout).into_owned();
        let mut numbers = text.split_whitespace().filter_map(|number| number.parse::<f64>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(before), Some(peak)) => println!(
                "Peak memory of a process that loads 100 secrets over {name}: {:.1} MiB, {:.1} MiB of it before the load.",
                peak / 1024.0,
                before / 1024.0
            ),
            _ => println!(
                "Peak memory over {name}: not measured. {}",
                String::from_utf8_lossy(&child.stderr)
            ),
        }
    }
}
