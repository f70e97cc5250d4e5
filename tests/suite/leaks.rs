//! No secret is printed: every public type with everything set, and proof that a leak would be seen.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use config::{Config, File, FileFormat};
use config_azure_keyvault::{
    AzureKeyVault, Cloud, Error, ErrorKind, HostEnvironment, LoadReport, LoadedFrom, SecretName, SecretProperties,
    SkipReason, Stage, ValidityPolicy, Warning, ignore_case,
};
use keyvault_emulator::{Fault, FaultAction, RequestKind, SecretSeed, service_error};

use crate::support::leaks::{assert_clean, assert_clean_debug, assert_clean_error, assert_clean_logs, marker, watch};
use crate::support::{World, check_built};

/// `kvSetting` as an Altinn app has it, with the client's secret in a file.
fn kv_setting(world: &World) -> File<config::FileSourceString, FileFormat> {
    let json = serde_json::json!({
        "kvSetting": {
            "SecretUri": world.url,
            "TenantId": world.emulator.tenant(),
            "ClientId": world.emulator.client_id(),
            "ClientSecret": world.emulator.client_secret(),
        },
        "Database": marker(),
        "Listed": [marker(), marker()],
    });
    File::from_str(&json.to_string(), FileFormat::Json)
}

fn seed_everything(world: &World) {
    world.seed(&[
        "Plain",
        "Database--Password",
        "Listed--0",
        "Listed--x",
        "--Bad",
        "Section--A",
        "section--a",
    ]);
    let seed = |name: &str| {
        SecretSeed::new(name, marker())
            .content_type("text/plain")
            .tag("owner", "somebody")
    };
    world.vault.seed(seed("Disabled").enabled(false));
    world.vault.seed(seed("Managed").managed(true));
    world.vault.seed(seed("Expired").expires(1_000_000_000));
    world.vault.seed(seed("Later").not_before(4_000_000_000));
    world.emulator.inject(
        Fault::new(service_error(404, "SecretNotFound", None, "It was not found."))
            .for_secret("Section--A")
            .once(),
    );
}

#[tokio::test]
async fn no_public_type_prints_a_secret() {
    let world = World::start().await;
    seed_everything(&world);
    let seen: Arc<Mutex<Vec<SecretProperties>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let source = AzureKeyVault::default()
        .environment(HostEnvironment::production())
        .cloud(Cloud::Custom {
            authority_host: world.emulator.authority(),
            vault_suffix: "vault.azure.test".to_owned(),
        })
        .filter(move |properties| {
            keep.lock().expect("no panic").push(properties.clone());
            true
        })
        .expired(ValidityPolicy::Skip)
        .not_yet_valid(ValidityPolicy::LoadAndWarn)
        .concurrency(8)
        .deadline(Duration::from_secs(20))
        .try_timeout(Duration::from_secs(5))
        .connect_timeout(Duration::from_secs(5))
        .credential_timeout(Duration::from_secs(5))
        .http_client(world.emulator.http_client())
        .ca_pem(world.emulator.ca_pem())
        .verify_challenge_resource(true)
        .api_version("2025-07-01")
        .process_environment(world.variables())
        .working_directory("/nowhere")
        .mounted_settings("/nowhere");
    let built = Config::builder()
        .add_source(kv_setting(&world))
        .add_async_source(source.clone())
        .build()
        .await;
    check_built(&source, &built);
    built.expect("it loads");

    let report: LoadReport = source.report().expect("a report");
    assert!(matches!(report.from, LoadedFrom::Vault { .. }));
    for reason in [
        SkipReason::Disabled,
        SkipReason::Managed,
        SkipReason::Deleted,
        SkipReason::Expired,
    ] {
        assert!(
            report.skipped.iter().any(|skipped| skipped.reason == reason),
            "{reason} is not among {:?}",
            report.skipped
        );
    }
    assert!(
        report
            .skipped
            .iter()
            .any(|skipped| matches!(skipped.reason, SkipReason::NotPlaced(_)))
    );
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| matches!(warning, Warning::Replaced { .. }))
    );
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| matches!(warning, Warning::NotYetValid { .. }))
    );
    assert_clean_debug(&report);
    assert_clean("a report", &report.to_string());
    assert_clean("the report's origin", &report.from.to_string());
    for loaded in &report.loaded {
        assert_clean_debug(loaded);
    }
    for skipped in &report.skipped {
        assert_clean_debug(skipped);
        assert_clean("a reason", &skipped.reason.to_string());
    }
    for warning in &report.warnings {
        assert_clean_debug(warning);
        assert_clean("a warning", &warning.to_string());
    }
    let seen = seen.lock().expect("no panic");
    assert!(seen.len() >= 10, "{}", seen.len());
    assert_clean_debug(&*seen);

    assert_clean_debug(&ignore_case(kv_setting(&world)));
    assert_clean_debug(&SecretName::required("Plain"));
    assert_clean_debug(&(
        ValidityPolicy::Fail,
        ErrorKind::Secret,
        Stage::Get,
        HostEnvironment::current(),
    ));
    assert_clean_logs();
}

/// A secret in the wrong place: an operator pasted it where a name or a URL belongs.
#[tokio::test]
async fn a_secret_in_the_wrong_place() {
    let world = World::start().await;
    world.seed(&["A"]);
    let with = |name: &str, value: String| {
        let mut variables = world.variables();
        variables.retain(|(key, _)| key != name);
        variables.push((name.to_owned(), value));
        world.source().process_environment(variables)
    };
    let url = |url: String| {
        AzureKeyVault::new(url)
            .environment("Production")
            .mounted_settings("/nowhere")
    };
    for source in [
        url(format!("https://user:{}@app.vault.azure.test", marker())),
        url(format!("https://app.vault.azure.test:port/?sig={}", marker())),
        url(marker()),
        with("AZURE_TOKEN_CREDENTIALS", marker()),
        with("AZURE_CLIENT_ID", String::new()),
        with("AZURE_TENANT_ID", format!("{}/..", marker())),
        world.source().names([format!("{} {}", "Bearer", "x")]),
    ] {
        let built = crate::support::builder(&source).build().await;
        check_built(&source, &built);
        let error = built.map(|_| ()).expect_err("it fails");
        assert!(Error::find(&error).is_some(), "{error}");
    }
}

/// Errors of every stage, as code would hand them on: in a box, and with their chain.
#[tokio::test]
async fn an_error_is_clean_down_to_its_root() {
    let world = World::start().await;
    world.seed(&["A"]);
    let secret = marker();
    let body = |status| FaultAction::Status {
        status,
        body: format!(
            r#"{{"error": {{"code": "X", "message": "It failed", "detail": "{secret}"}}, "value": "{secret}"}}"#
        ),
        headers: vec![("x-secret".to_owned(), secret.clone())],
    };
    // What stands between quotes what it was sent.
    let token = world.emulator.access_token("https://vault.azure.test");
    world.emulator.inject(
        Fault::new(service_error(
            403,
            "Forbidden",
            None,
            &format!("No entry for 'Bearer {token}'."),
        ))
        .for_kind(RequestKind::List),
    );
    assert_eq!(
        crate::support::error_of(&world.source())
            .await
            .split_once("list failed: ")
            .expect("a list")
            .1,
        "403 Forbidden: No entry for 'Bearer (a secret)'; give the identity the secret permission `list` in the vault's \
         access policy; an identity that may get but not list loads by name: `names([…])`"
    );
    for kind in [RequestKind::List, RequestKind::Get, RequestKind::Token] {
        for status in [200, 400, 401, 403, 404, 418] {
            world.emulator.clear_faults();
            world.emulator.inject(Fault::new(body(status)).for_kind(kind));
            let source = world.source().names(["A"]);
            let source = if kind == RequestKind::List {
                world.source()
            } else {
                source
            };
            let built = crate::support::builder(&source).build().await;
            check_built(&source, &built);
            let Err(error) = built else {
                // A get that is answered 200 has a value.
                assert_eq!((kind, status), (RequestKind::Get, 200));
                continue;
            };
            let error: Box<dyn std::error::Error + Send + Sync> = error.into();
            assert_clean_error(&*error);
        }
    }
}

const ON_PURPOSE: &str = "LEAK_ON_PURPOSE";

/// In a child process: leaks in the way that is asked for, then looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leaks_on_purpose() {
    let Ok(way) = std::env::var(ON_PURPOSE) else { return };
    let secret = marker();
    watch("another-secret");
    let leak = move || match way.as_str() {
        "nothing" => tracing::trace!("nothing to see"),
        "message" => tracing::trace!("the value is {secret}"),
        "field" => tracing::trace!(value = %secret, "got it"),
        "debug field" => tracing::debug!(value = ?Some(&secret), "got it"),
        "bytes" => tracing::trace!(value = ?secret.as_bytes(), "got it"),
        "span" => drop(tracing::trace_span!("get", value = %secret)),
        "recorded" => drop(tracing::trace_span!("get", value = tracing::field::Empty).record("value", secret.as_str())),
        "log" => log::trace!("the value is {secret}"),
        "token" => tracing::trace!("authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.e30.c2ln"),
        "watched" => log::debug!("another-secret"),
        other => panic!("no such way: {other}"),
    };
    // From a worker of the runtime and from a thread that it does not know.
    tokio::spawn(async move { tokio::task::spawn_blocking(move || std::thread::spawn(leak).join()).await })
        .await
        .expect("no panic")
        .expect("no panic")
        .expect("no panic");
    assert_clean_logs();
}

async fn child(way: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args(["--exact", "leaks::leaks_on_purpose", "--nocapture"])
        .env(ON_PURPOSE, way);
    tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("no panic")
        .expect("the child runs")
}

#[tokio::test]
async fn a_leak_would_be_seen() {
    assert!(child("nothing").await.status.success());
    for way in [
        "message",
        "field",
        "debug field",
        "bytes",
        "span",
        "recorded",
        "log",
        "token",
        "watched",
    ] {
        let output = child(way).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "a leak by {way} went unseen");
        assert!(stderr.contains("log lines hold a secret"), "{way}: {stderr}");
    }
}
