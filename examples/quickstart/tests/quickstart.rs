//! The README's first command, as a program: what a person and what a machine gets.

use std::process::{Command, Output};

use serde_json::Value;

fn quickstart(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    // No environment is needed, and none gets in the way.
    command.args(arguments).env_clear();
    command.output().expect("quickstart runs")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn json_tells_both_halves() {
    let printed = text(&quickstart(&["--json"]));
    let told: Value = serde_json::from_str(&printed).expect("one JSON object");

    for (half, environment) in [("production", "Production"), ("development", "Development")] {
        let half = &told[half];
        assert_eq!(half["environment"], environment);
        let settings = half["settings"].as_array().expect("settings");
        let origin = |key: &str| {
            let setting = settings
                .iter()
                .find(|setting| setting["key"] == key)
                .unwrap_or_else(|| panic!("{key}"));
            setting["origin"].as_str().expect("an origin").to_owned()
        };
        let client_id = origin("MaskinportenSettings.ClientId");
        if environment == "Production" {
            assert!(
                client_id.contains("secret `MaskinportenSettings--ClientId` version "),
                "{client_id}"
            );
            assert_eq!(origin("Hosts[0]"), "appsettings.json");
        } else {
            assert_eq!(client_id, "secrets.json, in place of the vault");
        }
        for setting in settings {
            let keys: Vec<_> = setting.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["key", "origin"], "and no value");
        }
        assert!(half["report"]["elapsed_ms"].is_u64());
    }

    let production = &told["production"];
    assert_eq!(production["report"]["loaded"], 66);
    let skipped: Vec<_> = production["report"]["skipped"]
        .as_array()
        .expect("skipped")
        .iter()
        .map(|skipped| &skipped["name"])
        .collect();
    assert_eq!(skipped, ["OldApiKey", "TlsCertificate"]);
    assert_eq!(production["report"]["requests"], production["emulator_requests"]);
    assert_eq!(told["development"]["emulator_requests"], 0);
    assert_eq!(told["development"]["report"]["requests"], 0);

    let request = &told["request"];
    assert_eq!(
        (request["consumer"].as_str(), request["exchanged"].as_bool()),
        (Some("991825827"), Some(true))
    );
    assert_eq!(request["scope"], "altinn:serviceowner/instances.read");
    assert_eq!(
        (
            request["token_requests"].as_u64(),
            request["exchange_requests"].as_u64()
        ),
        (Some(1), Some(1))
    );
    assert!(
        request["expires_in_s"]
            .as_u64()
            .is_some_and(|left| (1700..=1800).contains(&left)),
        "{request}"
    );
    assert_no_value(&printed);
}

#[test]
fn a_person_reads_a_story_without_values() {
    let told = text(&quickstart(&[]));
    for part in [
        "── Production ─",
        "MaskinportenSettings.EncodedJwk",
        "vault: `MaskinportenSettings--EncodedJwk` version ",
        "skipped  OldApiKey: disabled",
        "secret `Legacy--Password` has expired",
        "── Development ─",
        "appsettings.json → secrets.json",
        "no request was made",
        "with Altinn's       token the API sees consumer 991825827",
        "1 token request, 1 exchange",
    ] {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
    assert_no_value(&told);
}

fn assert_no_value(printed: &str) {
    for value in [
        "a-client-",
        "a-key-",
        "eyJ",
        "second.example",
        "was revoked",
        "nothing of ours",
    ] {
        assert!(!printed.contains(value), "{value} is printed");
    }
}
