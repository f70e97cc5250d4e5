//! Who signs in: every row of the rule, seen in the report where the load succeeds and in the error where it does not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use config::Config;
use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::{World, error_of, error_over, leaks, load, load_over, nowhere, over};

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const NAMED: &str = "AZURE_TOKEN_CREDENTIALS";

const NO_VARIABLES: [(&str, &str); 0] = [];

/// What the source says it signs in with, before it does: nobody is asked, as no host exists and no command is started.
async fn picked(json: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let (client, _) = nowhere::client();
    let source = AzureKeyVault::new("https://my-app.vault.azure.net")
        .environment("Production")
        .mounted_settings("/nowhere")
        .process_environment(variables.iter().copied())
        .http_client(client)
        .deadline(Duration::from_millis(1));
    let picked = Picked::default();
    let watch = tracing::subscriber::set_default(tracing_subscriber::registry().with(picked.clone()));
    let error = load_over(over(json), &source)
        .await
        .map(|_| ())
        .expect_err("nobody is there");
    drop(watch);
    let picked = picked.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let ours = Error::find(&error).expect("our error");
    picked.ok_or_else(|| {
        assert_eq!(ours.kind(), ErrorKind::Credential, "{ours}");
        let text = ours.to_string();
        let start = "Azure Key Vault https://my-app.vault.azure.net: credential failed: ";
        text.strip_prefix(start).unwrap_or_else(|| panic!("{text}")).to_owned()
    })
}

/// Reads the field `credential` of the line that says what is about to be loaded.
#[derive(Clone, Default)]
struct Picked(Arc<Mutex<Option<String>>>);

impl<S: Subscriber> Layer<S> for Picked {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut &*self);
    }
}

impl Visit for &Picked {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        leaks::assert_clean("a log line", &text);
        if field.name() == "credential" {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }
    }
}

/// `Ok` is the credential, `Err` the error's text behind its stage.
type Row<'r> = (&'r [(&'r str, &'r str)], Result<&'r str, &'r str>);

async fn assert_rows(json: &str, rows: &[Row<'_>]) {
    for (variables, expected) in rows {
        let names: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name, value.trim().is_empty()))
            .collect();
        let picked = picked(json, variables).await;
        assert_eq!(
            picked.as_deref().map_err(String::as_str),
            *expected,
            "{names:?} (blank?)"
        );
    }
}

/// Credentials in code answer with a token of the emulator's, or with whatever else they were given.
#[derive(Debug)]
struct Given(Result<String, &'static str>);

#[async_trait::async_trait]
impl TokenCredential for Given {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        match &self.0 {
            Ok(token) => {
                let ends = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
                Ok(AccessToken::new(token.clone(), ends))
            }
            Err(text) => Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                *text,
            )),
        }
    }
}

#[tokio::test]
async fn a_credential_given_in_code_beats_everything() {
    let world = World::start().await;
    world.seed(&["A"]);
    let token = world.emulator.access_token("https://vault.azure.test");
    leaks::watch(&token);
    let partial = json!({ "kvSetting": { "ClientId": "half", "ClientSecret": leaks::marker() } }).to_string();
    let source = world
        .source()
        .process_environment([(NAMED, "nonsense"), (SECRET, "x"), (TENANT, "")])
        .credential(Arc::new(Given(Ok(token))));
    load_over(over(&partial), &source).await.expect("the vault loads");
    let report = source.report().expect("a report");
    assert_eq!(report.credential.as_deref(), Some("the credential (given in code)"));
    assert_eq!((report.token_requests, world.emulator.counts().token_requests), (0, 0));

    let failing = world
        .source()
        .credential(Arc::new(Given(Err("the smart card is not there"))));
    let error = error_of(&failing).await;
    assert!(
        error.contains(
            ": credential failed: the credential (given in code) gave no token: the smart card is not there; "
        ),
        "{error}"
    );
}

#[tokio::test]
async fn complete_settings_sign_in() {
    let world = World::start().await;
    world.seed(&["A"]);
    // Everything in the environment points elsewhere; the settings are complete, so it is not asked.
    let misleading = [
        (NAMED, "dev".to_owned()),
        (TENANT, "another".to_owned()),
        (CLIENT, "another".to_owned()),
        (SECRET, leaks::marker()),
        (TOKEN_FILE, "/nowhere".to_owned()),
        ("AZURE_AUTHORITY_HOST", world.emulator.authority()),
    ];
    let secret = format!(" {}\n", world.emulator.client_secret());
    for section in ["kvSetting", "KeyVault"] {
        let earlier = json!({ section: {
            "TenantId": world.emulator.tenant(), "clientid": world.emulator.client_id(), "ClientSecret": secret,
        } });
        let source = world.source().process_environment(misleading.clone());
        load_over(over(&earlier.to_string()), &source)
            .await
            .expect("the vault loads");
        let credential = source.report().and_then(|report| report.credential);
        assert_eq!(
            credential,
            Some(format!("client secret (from the section `{section}`)"))
        );
    }
}

/// The section that names the vault says who signs in; only if it says nothing does the other.
#[tokio::test]
async fn the_identity_is_of_the_section_that_names_the_vault() {
    let world = World::start().await;
    let whole = json!({
        "TenantId": world.emulator.tenant(), "ClientId": world.emulator.client_id(),
        "ClientSecret": world.emulator.client_secret(),
    });
    let mut with_url = whole.clone();
    with_url["Url"] = world.url.clone().into();
    let other = json!({ "TenantId": "t", "ClientId": "c", "ClientSecret": leaks::marker() });
    for (earlier, section) in [
        (json!({ "KeyVault": with_url, "kvSetting": other }), "KeyVault"),
        (
            json!({ "KeyVault": { "Url": world.url }, "kvSetting": whole }),
            "kvSetting",
        ),
        (
            json!({ "KeyVault": whole, "kvSetting": { "SecretUri": world.url, "ClientId": " " } }),
            "KeyVault",
        ),
    ] {
        let source = world
            .signed_in(AzureKeyVault::default())
            .process_environment([("AZURE_AUTHORITY_HOST", world.emulator.authority())]);
        load_over(over(&earlier.to_string()), &source)
            .await
            .expect("the vault loads");
        let credential = source.report().and_then(|report| report.credential);
        assert_eq!(
            credential,
            Some(format!("client secret (from the section `{section}`)"))
        );
    }
}

#[tokio::test]
async fn a_part_of_the_settings_is_an_error_that_names_the_rest() {
    let secret = leaks::marker();
    let (t, c, s) = (
        "`kvSetting.TenantId`",
        "`kvSetting.ClientId`",
        "`kvSetting.ClientSecret`",
    );
    for (tenant, client, has_secret, has, lacks) in [
        (true, false, false, t.to_owned(), format!("{c} and {s}")),
        (false, true, false, c.to_owned(), format!("{t} and {s}")),
        (false, false, true, s.to_owned(), format!("{t} and {c}")),
        (true, true, false, format!("{t} and {c}"), s.to_owned()),
        (true, false, true, format!("{t} and {s}"), c.to_owned()),
        (false, true, true, format!("{c} and {s}"), t.to_owned()),
    ] {
        // What is missing is absent, blank, or null.
        for filler in [None, Some(json!(" ")), Some(json!("")), Some(json!(null))] {
            let mut section = serde_json::Map::new();
            for (set, key, value) in [
                (tenant, "TenantId", "a-tenant"),
                (client, "ClientId", "a-client"),
                (has_secret, "ClientSecret", secret.as_str()),
            ] {
                let value = if set { Some(json!(value)) } else { filler.clone() };
                section.extend(value.map(|value| (key.to_owned(), value)));
            }
            let earlier = json!({ "kvSetting": section }).to_string();
            // The environment must not fill what the settings left out: that would be a mixture of two identities.
            let error = picked(&earlier, &[(TENANT, "x"), (CLIENT, "y"), (SECRET, &secret)])
                .await
                .expect_err("partial");
            let remedy = if tenant && client {
                "set `kvSetting.ClientSecret` too, or AZURE_FEDERATED_TOKEN_FILE for a workload identity, or remove \
                 `kvSetting.TenantId` and `kvSetting.ClientId`"
                    .to_owned()
            } else {
                format!("set {lacks} too, or remove {has}")
            };
            assert_eq!(
                error,
                format!(
                    "the section `kvSetting` holds a part of a client's credentials: {has} without {lacks}; {remedy}"
                )
            );
        }
    }
    assert_eq!(
        picked(r#"{ "KeyVault": { "TenantId": "t", "ClientId": "c" } }"#, &[(TOKEN_FILE, " ")]).await,
        Err("the section `KeyVault` holds a part of a client's credentials: `KeyVault.TenantId` and `KeyVault.ClientId` \
             without `KeyVault.ClientSecret`, and AZURE_FEDERATED_TOKEN_FILE is set but blank; set \
             `KeyVault.ClientSecret` too, or AZURE_FEDERATED_TOKEN_FILE for a workload identity, or remove \
             `KeyVault.TenantId` and `KeyVault.ClientId`"
            .to_owned())
    );
}

#[tokio::test]
async fn a_federated_token_signs_in() {
    let world = World::start().await;
    world.seed(&["A"]);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, world.emulator.federated_token()).expect("a file");
    let file = file.to_str().expect("a path").to_owned();
    let authority = ("AZURE_AUTHORITY_HOST", world.emulator.authority());

    let ids = json!({ "kvSetting": { "TenantId": world.emulator.tenant(), "ClientId": world.emulator.client_id() } });
    let source = world
        .source()
        .process_environment([(TOKEN_FILE, file.clone()), authority.clone()]);
    load_over(over(&ids.to_string()), &source)
        .await
        .expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("workload identity (from the section `kvSetting` and AZURE_FEDERATED_TOKEN_FILE)")
    );

    let variables = vec![
        (TENANT, world.emulator.tenant().to_owned()),
        (CLIENT, world.emulator.client_id().to_owned()),
        (TOKEN_FILE, file.clone()),
        authority,
        // It comes first in the rule, so this is not asked; blank, it is not even missing.
        (SECRET, String::new()),
    ];
    let source = world.source().process_environment(variables.clone());
    load(&source).await.expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("workload identity (the environment: AZURE_FEDERATED_TOKEN_FILE is set)")
    );

    // The picked one is named, and nothing is tried after it.
    let picked = "workload identity (the environment: AZURE_FEDERATED_TOKEN_FILE is set)";
    let failed = format!("Azure Key Vault {}: credential failed: {picked}", world.url);
    let with_file = |path: &std::path::Path| {
        let mut variables = variables.clone();
        variables[2].1 = path.to_str().expect("a path").to_owned();
        world.source().process_environment(variables)
    };
    let error = error_of(&with_file(&directory.path().join("none"))).await;
    assert_eq!(
        error,
        format!(
            "{failed} cannot be built: the file that AZURE_FEDERATED_TOKEN_FILE names: No such file or directory (os error 2); \
             mend the settings it is built from, or choose another credential"
        )
    );
    let other = directory.path().join("other");
    std::fs::write(&other, format!("{}\r\n", leaks::marker())).expect("a file");
    let error = error_of(&with_file(&other)).await;
    assert!(
        error.starts_with(&format!("{failed} gave no token: 400 AADSTS50027: ")),
        "{error}"
    );
}

#[tokio::test]
async fn azure_token_credentials_names_one() {
    let secret = leaks::marker();
    let all = [
        (TENANT, "t"),
        (CLIENT, "c"),
        (SECRET, secret.as_str()),
        (TOKEN_FILE, "/f"),
    ];
    let with = |name: &'static str| {
        let mut variables = vec![(NAMED, name)];
        variables.extend(all);
        variables
    };
    let unknown = "AZURE_TOKEN_CREDENTIALS holds a name that is not known here; use prod, dev, EnvironmentCredential, \
                   WorkloadIdentityCredential, ManagedIdentityCredential, AzureCliCredential or \
                   AzureDeveloperCliCredential, or give the credential in code";
    for (name, expected) in [
        (
            "prod",
            Ok(
                "workload identity (AZURE_TOKEN_CREDENTIALS is prod; from the environment: AZURE_FEDERATED_TOKEN_FILE is set)",
            ),
        ),
        ("dev", Ok("developer tools (AZURE_TOKEN_CREDENTIALS asks for it)")),
        (" DEV ", Ok("developer tools (AZURE_TOKEN_CREDENTIALS asks for it)")),
        (
            "DeveloperToolsCredential",
            Ok("developer tools (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        (
            "AzureCliCredential",
            Ok("Azure CLI (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        (
            "azurecliCREDENTIAL",
            Ok("Azure CLI (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        (
            "AzureDeveloperCliCredential",
            Ok("Azure Developer CLI (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        (
            "ManagedIdentityCredential",
            Ok("user-assigned managed identity (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        (
            "WorkloadIdentityCredential",
            Ok("workload identity (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        (
            "EnvironmentCredential",
            Ok("client secret (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        (
            "ClientSecretCredential",
            Ok("client secret (AZURE_TOKEN_CREDENTIALS asks for it)"),
        ),
        ("VisualStudioCodeCredential", Err(unknown)),
        ("prod,dev", Err(unknown)),
        // Blank counts as absent: the environment decides.
        (
            "",
            Ok("workload identity (the environment: AZURE_FEDERATED_TOKEN_FILE is set)"),
        ),
        (
            "  ",
            Ok("workload identity (the environment: AZURE_FEDERATED_TOKEN_FILE is set)"),
        ),
    ] {
        assert_rows("{}", &[(&with(name), expected)]).await;
    }
    // A secret put there by mistake is not shown.
    assert_rows("{}", &[(&[(NAMED, &secret)], Err(unknown))]).await;

    assert_rows(
        "{}",
        &[
            (
                &[(NAMED, "prod")],
                Ok("system-assigned managed identity (AZURE_TOKEN_CREDENTIALS is prod; from the environment names nothing else)"),
            ),
            (
                &[(NAMED, "ManagedIdentityCredential")],
                Ok("system-assigned managed identity (AZURE_TOKEN_CREDENTIALS asks for it)"),
            ),
            // Meant to be user-assigned: the system's identity would be somebody else.
            (
                &[(NAMED, "ManagedIdentityCredential"), (TENANT, "t"), (CLIENT, " ")],
                Err("AZURE_CLIENT_ID is set but blank beside AZURE_TENANT_ID; fill AZURE_CLIENT_ID, or unset it"),
            ),
            (
                &[(NAMED, "EnvironmentCredential")],
                Err("client secret (AZURE_TOKEN_CREDENTIALS asks for it) lacks AZURE_TENANT_ID and AZURE_CLIENT_ID and \
                     AZURE_CLIENT_SECRET; set them, or choose another credential with AZURE_TOKEN_CREDENTIALS"),
            ),
            (
                &[(NAMED, "WorkloadIdentityCredential"), (TENANT, " ")],
                Err("workload identity (AZURE_TOKEN_CREDENTIALS asks for it) lacks AZURE_TENANT_ID (set but blank) and \
                     AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE; set them, or choose another credential with \
                     AZURE_TOKEN_CREDENTIALS"),
            ),
            (
                &[(NAMED, "WorkloadIdentityCredential"), (TENANT, "t"), (CLIENT, "c"), (SECRET, &secret)],
                Err("the environment holds a part of a client's credentials: AZURE_TENANT_ID and AZURE_CLIENT_ID without \
                     AZURE_FEDERATED_TOKEN_FILE; set AZURE_FEDERATED_TOKEN_FILE too, or remove AZURE_TENANT_ID and \
                     AZURE_CLIENT_ID"),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_environment_decides_last() {
    let secret = leaks::marker();
    let s = secret.as_str();
    let part = |has: &str, lacks: &str, names: &str| {
        format!(
            "the environment holds a part of a client's credentials: {has} without {lacks}; set {names} too, or remove {has}"
        )
    };
    let both = |has: &str, lacks: &str| part(has, lacks, lacks);
    let system = "system-assigned managed identity (the environment names nothing else)";
    let user = "user-assigned managed identity (the environment: AZURE_CLIENT_ID is set)";
    let client_secret = "client secret (the environment: AZURE_CLIENT_SECRET is set)";
    let workload = "workload identity (the environment: AZURE_FEDERATED_TOKEN_FILE is set)";
    let certificate = |blank: &str| {
        format!(
            "AZURE_CLIENT_CERTIFICATE_PATH is set{blank}, and a client certificate cannot be picked by rule; unset \
             AZURE_CLIENT_CERTIFICATE_PATH and use a client secret or a workload identity, or give a credential in code with \
             `credential`"
        )
    };
    let blank_client = "AZURE_CLIENT_ID is set but blank beside AZURE_TENANT_ID; fill AZURE_CLIENT_ID, or unset it";
    let blank_tenant = "AZURE_TENANT_ID is set but blank beside AZURE_CLIENT_ID; fill AZURE_TENANT_ID, or unset it";
    assert_rows(
        "{}",
        &[
            (&[], Ok(system)),
            (&[(TENANT, "t")], Ok(system)),
            (&[(CLIENT, "c")], Ok(user)),
            (&[(TENANT, "t"), (CLIENT, "c")], Ok(user)),
            (&[(TENANT, "t"), (CLIENT, "c"), (SECRET, s)], Ok(client_secret)),
            (&[(TENANT, "t"), (CLIENT, "c"), (TOKEN_FILE, "/f")], Ok(workload)),
            (
                &[(TENANT, "t"), (CLIENT, "c"), (TOKEN_FILE, "/f"), (SECRET, s)],
                Ok(workload),
            ),
            // Each part of a client secret's set.
            (
                &[(SECRET, s)],
                Err(&both(SECRET, "AZURE_TENANT_ID and AZURE_CLIENT_ID")),
            ),
            (
                &[(TENANT, "t"), (SECRET, s)],
                Err(&both("AZURE_TENANT_ID and AZURE_CLIENT_SECRET", CLIENT)),
            ),
            (
                &[(CLIENT, "c"), (SECRET, s)],
                Err(&both("AZURE_CLIENT_ID and AZURE_CLIENT_SECRET", TENANT)),
            ),
            // Each part of a workload identity's.
            (
                &[(TOKEN_FILE, "/f")],
                Err(&both(TOKEN_FILE, "AZURE_TENANT_ID and AZURE_CLIENT_ID")),
            ),
            (
                &[(TENANT, "t"), (TOKEN_FILE, "/f"), (SECRET, s)],
                Err(&both("AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE", CLIENT)),
            ),
            (
                &[(CLIENT, "c"), (TOKEN_FILE, "/f")],
                Err(&both("AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE", TENANT)),
            ),
            // Blank beside its partners.
            (
                &[(TENANT, "t"), (CLIENT, "c"), (SECRET, " ")],
                Err(&both(
                    "AZURE_TENANT_ID and AZURE_CLIENT_ID",
                    "AZURE_CLIENT_SECRET (set but blank)",
                )),
            ),
            (
                &[(TENANT, "t"), (CLIENT, ""), (SECRET, s)],
                Err(&both(
                    "AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
                    "AZURE_CLIENT_ID (set but blank)",
                )),
            ),
            (
                &[(TENANT, ""), (CLIENT, "c"), (SECRET, s)],
                Err(&both(
                    "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
                    "AZURE_TENANT_ID (set but blank)",
                )),
            ),
            (
                &[(TENANT, ""), (CLIENT, ""), (SECRET, s)],
                Err(&both(
                    SECRET,
                    "AZURE_TENANT_ID (set but blank) and AZURE_CLIENT_ID (set but blank)",
                )),
            ),
            (
                &[(TENANT, "t"), (CLIENT, "c"), (TOKEN_FILE, "\t")],
                Err(&both(
                    "AZURE_TENANT_ID and AZURE_CLIENT_ID",
                    "AZURE_FEDERATED_TOKEN_FILE (set but blank)",
                )),
            ),
            (
                &[(TENANT, "t"), (CLIENT, ""), (TOKEN_FILE, "/f")],
                Err(&both(
                    "AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE",
                    "AZURE_CLIENT_ID (set but blank)",
                )),
            ),
            (
                &[(TENANT, "t"), (SECRET, "")],
                Err(&part(
                    TENANT,
                    "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (set but blank)",
                    "AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (set but blank)",
                )),
            ),
            (&[(TENANT, "t"), (CLIENT, " ")], Err(blank_client)),
            (&[(TENANT, " "), (CLIENT, "c")], Err(blank_tenant)),
            // Blank alone says nothing.
            (&[(SECRET, "")], Ok(system)),
            (&[(TOKEN_FILE, " ")], Ok(system)),
            (&[(CLIENT, "")], Ok(system)),
            (&[(CERTIFICATE, "")], Ok(system)),
            (
                &[
                    (TENANT, ""),
                    (CLIENT, " "),
                    (SECRET, ""),
                    (TOKEN_FILE, ""),
                    (CERTIFICATE, ""),
                ],
                Ok(system),
            ),
            // A certificate cannot be had by rule.
            (&[(CERTIFICATE, "/c.pem")], Err(&certificate(""))),
            (
                &[(TENANT, "t"), (CLIENT, "c"), (CERTIFICATE, "/c.pem")],
                Err(&certificate("")),
            ),
            (
                &[(TENANT, "t"), (CLIENT, "c"), (CERTIFICATE, " ")],
                Err(&certificate(" but blank")),
            ),
            (
                &[(TENANT, "t"), (CLIENT, "c"), (CERTIFICATE, "/c.pem"), (SECRET, s)],
                Ok(client_secret),
            ),
        ],
    )
    .await;
}

/// The SDK would print a tenant that is none; a secret may have landed there.
#[tokio::test]
async fn a_tenant_that_is_none_is_not_shown() {
    let secret = format!("{}~/x", leaks::marker());
    let remedy = "give the directory's id or its domain: letters, digits, dots and hyphens";
    let error = format!("AZURE_TENANT_ID holds no tenant's id; {remedy}");
    let settings = json!({ "kvSetting": { "TenantId": secret, "ClientId": "c", "ClientSecret": "s" } }).to_string();
    let s = secret.as_str();
    assert_rows("{}", &[(&[(TENANT, s), (CLIENT, "c"), (SECRET, "s")], Err(&error))]).await;
    assert_rows(
        "{}",
        &[(&[(TENANT, s), (CLIENT, "c"), (TOKEN_FILE, "/f")], Err(&error))],
    )
    .await;
    let error = format!("`kvSetting.TenantId` holds no tenant's id; {remedy}");
    assert_rows(&settings, &[(&[], Err(&error))]).await;
}

#[tokio::test]
async fn a_client_secret_of_the_environment_signs_in() {
    let world = World::start().await;
    world.seed(&["A"]);
    let mut variables = world.variables();
    // As a secret is that was mounted from a file.
    variables[2].1.push('\n');
    let source = world.source().process_environment(variables.clone());
    load(&source).await.expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("client secret (the environment: AZURE_CLIENT_SECRET is set)")
    );

    variables[2].1 = leaks::marker();
    let error = error_of(&world.source().process_environment(variables)).await;
    let start = format!(
        "Azure Key Vault {}: credential failed: client secret (the environment: AZURE_CLIENT_SECRET is set) gave no token: 401 \
         AADSTS7000215: ",
        world.url
    );
    assert!(error.starts_with(&start), "{error}");
    assert!(
        error.ends_with("set the secret's value (not its id) of a client secret that has not expired"),
        "{error}"
    );
}

/// A client that asks the emulator in place of the address of every virtual machine's identity, and nobody else.
fn with_imds(world: &World) -> reqwest::Client {
    let imds = world.emulator.imds_authority();
    let proxy = reqwest::Proxy::custom(move |url| (url.host_str() == Some("169.254.169.254")).then(|| imds.clone()));
    world
        .emulator
        .http_client_builder()
        .proxy(proxy)
        .build()
        .expect("a client")
}

#[tokio::test]
async fn managed_identity_signs_in() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world
        .source()
        .http_client(with_imds(&world))
        .process_environment(NO_VARIABLES);
    load(&source).await.expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("system-assigned managed identity (the environment names nothing else)")
    );

    let user = world.source().http_client(with_imds(&world));
    let source = user.clone().process_environment([(CLIENT, world.emulator.client_id())]);
    load(&source).await.expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("user-assigned managed identity (the environment: AZURE_CLIENT_ID is set)")
    );
    assert_eq!(world.emulator.counts().token_requests, 0);

    // An identity that this machine does not have.
    let source = user.process_environment([(CLIENT, "11111111-2222-3333-4444-555555555555")]);
    let error = error_of(&source.credential_timeout(Duration::from_secs(2))).await;
    assert!(
        error.contains(": credential failed: user-assigned managed identity (the environment: AZURE_CLIENT_ID is set) gave no token: "),
        "{error}"
    );
}

#[tokio::test]
async fn managed_identity_where_there_is_none_is_said_in_time() {
    let world = World::start().await;
    // Nothing behind this door either: a port that nobody holds any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let proxy = reqwest::Proxy::custom(move |url| {
        (url.host_str() == Some("169.254.169.254")).then(|| format!("http://{closed}"))
    });
    let client = world
        .emulator
        .http_client_builder()
        .proxy(proxy)
        .build()
        .expect("a client");
    let source = world
        .source()
        .http_client(client)
        .process_environment(NO_VARIABLES)
        .credential_timeout(Duration::from_millis(100));
    let error = error_of(&source).await;
    let start = format!(
        "Azure Key Vault {}: credential failed: system-assigned managed identity (the environment names nothing else) gave no \
         token: ",
        world.url
    );
    assert!(error.starts_with(&start), "{error}");
    let (_, remedy) = error
        .split_once("; give this machine or pod a managed identity")
        .expect("a remedy");
    assert!(remedy.contains("AZURE_CLIENT_SECRET"), "{error}");
}

/// The picked one fails, and nobody else is tried: the environment could sign in, but the settings come first.
#[tokio::test]
async fn nothing_is_tried_after_the_picked_one() {
    let world = World::start().await;
    world.seed(&["A"]);
    let earlier = json!({ "kvSetting": {
        "TenantId": world.emulator.tenant(), "ClientId": world.emulator.client_id(), "ClientSecret": leaks::marker(),
    } });
    let error = error_over(over(&earlier.to_string()), &world.source()).await;
    assert!(
        error.contains("client secret (from the section `kvSetting`) gave no token: 401 AADSTS7000215"),
        "{error}"
    );
    assert_eq!((world.emulator.counts().gets, world.emulator.counts().lists), (0, 0));
    // The same vault, the same handle's options, without that section: the environment signs in.
    load_over(Config::builder(), &world.source())
        .await
        .expect("the vault loads");
}
