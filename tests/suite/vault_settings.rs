//! Where is the vault: every place, their order, and what is refused.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use config::builder::DefaultState;
use config::{Config, ConfigBuilder, Environment};
use config_azure_keyvault::{AzureKeyVault, Cloud, Error, ErrorKind, LoadedFrom};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{World, error_over, leaks, load_over, nowhere, over};

/// A directory with a mounted file in it.
struct Mounted {
    directory: TempDir,
}

impl Mounted {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("mounted.json"), content).expect("a file");
        Self { directory }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("mounted.json")
    }
}

fn variables(world: &World, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut variables = world.variables();
    variables.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    variables
}

/// The name of the vault that was loaded, and what named it.
async fn loaded_from(earlier: ConfigBuilder<DefaultState>, source: &AzureKeyVault) -> (String, String) {
    load_over(earlier, source).await.expect("a vault loads");
    match source.report().expect("a report").from {
        LoadedFrom::Vault { url, named_by } => {
            let name = url.trim_start_matches("https://").split('.').next().unwrap_or_default();
            (name.to_owned(), named_by)
        }
        other => panic!("loaded from {other}"),
    }
}

/// The cloud that the emulator is: a `Name` becomes one of its vaults.
fn cloud(world: &World) -> Cloud {
    let suffix = world.url.split_once('.').expect("a host").1.to_owned();
    Cloud::Custom {
        authority_host: world.emulator.authority(),
        vault_suffix: suffix,
    }
}

#[tokio::test]
async fn the_first_place_that_names_a_vault_wins() {
    let world = World::start().await;
    let url = |name: &str| world.emulator.vault_url(name);
    let (in_code, in_kv, in_url, in_env) = (url("in-code"), url("in-kv"), url("in-url"), url("in-env"));
    let _ = world.emulator.vault("in-name");

    let kv = ("kvSetting", json!({ "SecretUri": in_kv }));
    let by_url = ("KeyVault", json!({ "Url": in_url, "Name": "in-name" }));
    let by_name = ("KeyVault", json!({ "Name": "in-name" }));
    let blank_kv = ("kvSetting", json!({ "SecretUri": " \t" }));
    let null_kv = ("kvSetting", json!({ "SecretUri": null }));
    let blank_url = ("KeyVault", json!({ "Url": "", "Name": "in-name" }));
    let blank_name = ("KeyVault", json!({ "Url": " ", "Name": "  " }));
    let a_table = ("kvSetting", json!({ "SecretUri": { "a": 1 } }));
    let a_text = ("kvSetting", json!("no section"));

    for (code, sections, env, vault, named_by) in [
        (true, vec![&kv, &by_url], true, "in-code", "the code"),
        (false, vec![&kv, &by_url], true, "in-kv", "`kvSetting.SecretUri`"),
        (false, vec![&blank_kv, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&null_kv, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&a_table, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&a_text, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&blank_url], true, "in-name", "`KeyVault.Name`"),
        (false, vec![&by_name], true, "in-name", "`KeyVault.Name`"),
        (
            false,
            vec![&blank_name],
            true,
            "in-env",
            "the environment variable AZURE_KEYVAULT_URL",
        ),
        (
            false,
            vec![],
            true,
            "in-env",
            "the environment variable AZURE_KEYVAULT_URL",
        ),
    ] {
        let earlier: serde_json::Map<String, Value> = sections
            .iter()
            .map(|(name, section)| ((*name).to_owned(), section.clone()))
            .collect();
        let source = if code {
            AzureKeyVault::new(&in_code)
        } else {
            AzureKeyVault::default()
        };
        let env = if env { in_env.as_str() } else { "" };
        let source = world
            .signed_in(source)
            .cloud(cloud(&world))
            .process_environment(variables(&world, &[("AZURE_KEYVAULT_URL", env)]));
        let found = loaded_from(over(&Value::from(earlier).to_string()), &source).await;
        assert_eq!(found, (vault.to_owned(), named_by.to_owned()), "{sections:?}");
    }
}

#[tokio::test]
async fn sections_and_keys_are_found_in_any_case() {
    let world = World::start().await;
    for earlier in [
        json!({ "kvsetting": { "secreturi": world.url } }),
        json!({ "KVSETTING": { "SECRETURI": world.url } }),
        json!({ "KvSetting": { "secretUri": world.url } }),
        json!({ "keyvault": { "url": world.url } }),
        json!({ "KEYVAULT": { "NAME": "app" } }),
        json!({ "keyVault": { "name": " app " } }),
        // A spelling of its own beats another, and what is blank in one may be in the other.
        json!({ "kvSetting": { "SecretUri": world.url }, "kvsetting": { "secreturi": "https://elsewhere.test" } }),
        json!({ "kvSetting": { "SecretUri": "" }, "kvsetting": { "secreturi": world.url } }),
        json!({ "kvSetting": { "SecretUri": " ", "secreturi": world.url } }),
    ] {
        let source = world.signed_in(AzureKeyVault::default()).cloud(cloud(&world));
        let (vault, _) = loaded_from(over(&earlier.to_string()), &source).await;
        assert_eq!(vault, "app", "{earlier}");
    }
}

/// `config`'s own `Environment` writes lower case beside the file's spelling; the halves are one section all the same.
#[tokio::test]
async fn a_section_may_be_half_file_and_half_environment() {
    let world = World::start().await;
    world.seed(&["A"]);
    let environment = Environment::default().separator("__").source(Some(
        [
            (
                "KVSETTING__CLIENTSECRET".to_owned(),
                world.emulator.client_secret().to_owned(),
            ),
            ("KVSETTING__CLIENTID".to_owned(), world.emulator.client_id().to_owned()),
        ]
        .into(),
    ));
    let earlier =
        over(&json!({ "kvSetting": { "SecretUri": world.url, "TenantId": world.emulator.tenant() } }).to_string())
            .add_source(environment);
    let source = world
        .signed_in(AzureKeyVault::default())
        .process_environment([("AZURE_AUTHORITY_HOST", world.emulator.authority())]);

    load_over(earlier, &source).await.expect("the vault loads");
    let credential = source.report().and_then(|report| report.credential);
    assert_eq!(
        credential.as_deref(),
        Some("client secret (from the section `kvSetting`)")
    );
}

#[tokio::test]
async fn numbers_and_booleans_are_texts_and_no_panic() {
    let world = World::start().await;
    for (earlier, text) in [
        (
            json!({ "kvSetting": { "SecretUri": 17 } }),
            "the vault's URL from `kvSetting.SecretUri` is no URL",
        ),
        (
            json!({ "KeyVault": { "Url": true } }),
            "the vault's URL from `KeyVault.Url` is no URL",
        ),
        (
            json!({ "KeyVault": { "Name": 1.5 } }),
            "`KeyVault.Name` is no vault's name",
        ),
        (json!({ "kvSetting": [1, 2], "KeyVault": 4 }), "nothing names a vault"),
        (
            json!({ "kvSetting": { "SecretUri": ["https://a.test"] } }),
            "nothing names a vault",
        ),
    ] {
        let error = error_over(over(&earlier.to_string()), &world.signed_in(AzureKeyVault::default())).await;
        assert!(error.contains(text), "{earlier}: {error}");
    }
    // An id that a file holds as a number is an id: the directory is asked for it.
    let earlier = json!({ "KeyVault": { "Url": world.url, "TenantId": 1, "ClientId": 2, "ClientSecret": 3 } });
    let error = error_over(over(&earlier.to_string()), &world.signed_in(AzureKeyVault::default())).await;
    assert!(error.contains("client secret (from the section `KeyVault`)"), "{error}");
}

#[tokio::test]
async fn the_mounted_file_beats_the_earlier_sources_key_by_key() {
    let world = World::start().await;
    let (mounted, earlier) = (world.emulator.vault_url("mounted"), world.emulator.vault_url("earlier"));
    for content in [
        json!({ "kvSetting": { "SecretUri": mounted } }).to_string(),
        json!({ "kvSetting:SecretUri": mounted }).to_string(),
        json!({ "KVSETTING--secreturi": mounted }).to_string(),
        format!("\u{feff}{{ // from the operator\n \"kvSetting\": {{ /* here */ \"SecretUri\": \"{mounted}\", }}, }}"),
        json!({ "unrelated": [1], "kvSetting": { "SecretUri": mounted, "other": { "deep": 1 } } }).to_string(),
    ] {
        let file = Mounted::new(&content);
        let source = world.signed_in(AzureKeyVault::default()).mounted_settings(file.path());
        let (vault, named_by) = loaded_from(
            over(&json!({ "kvSetting": { "SecretUri": earlier } }).to_string()),
            &source,
        )
        .await;
        assert_eq!(vault, "mounted", "{content}");
        assert_eq!(named_by, format!("`kvSetting.SecretUri` in {}", file.path().display()));
    }

    // What the file leaves out, or leaves blank, the earlier sources say.
    for content in [
        json!({ "kvSetting": { "ClientSecret": world.emulator.client_secret() } }),
        json!({ "kvSetting": { "ClientSecret": world.emulator.client_secret(), "SecretUri": " ", "TenantId": null } }),
    ] {
        let file = Mounted::new(content.to_string());
        let source = world
            .signed_in(AzureKeyVault::default())
            .process_environment([("AZURE_AUTHORITY_HOST", world.emulator.authority())])
            .mounted_settings(file.path());
        let said = json!({ "kvSetting": {
            "SecretUri": earlier,
            "TenantId": world.emulator.tenant(),
            "ClientId": world.emulator.client_id(),
            "ClientSecret": leaks::marker(),
        } });
        assert_eq!(
            loaded_from(over(&said.to_string()), &source).await.0,
            "earlier",
            "{content}"
        );
    }

    // The code beats the file, and the file itself becomes no setting.
    let file = Mounted::new(json!({ "kvSetting": { "SecretUri": mounted }, "Key": "value" }).to_string());
    let source = world.source().mounted_settings(file.path());
    let config = load_over(Config::builder(), &source).await.expect("the vault loads");
    assert!(config.get::<config::Value>("kvSetting").is_err());
    assert!(config.get::<config::Value>("Key").is_err());
}

#[tokio::test]
async fn a_malformed_mounted_file_is_an_error_without_values() {
    let world = World::start().await;
    let secret = leaks::marker();
    for (content, text) in [
        (
            format!("{{\n  \"kvSetting\": {{ \"ClientSecret\": \"{secret}\" \"x\" }}\n}}").into_bytes(),
            "line 2, column ",
        ),
        (
            format!("[\"{secret}\"]").into_bytes(),
            "line 1: the document is no JSON object",
        ),
        (Vec::new(), "the document is empty"),
        (vec![b'{', 0xff, b'}'], "is not UTF-8 (at byte 1)"),
        (
            format!("{{ \"kvSetting\": {{ \"SecretUri\": \"{secret}\" }}, \"KVSETTING:secreturi\": 1 }}").into_bytes(),
            "`KVSETTING--secreturi` stands there twice",
        ),
    ] {
        let file = Mounted::new(&content);
        let source = world.source().mounted_settings(file.path());
        let error = error_over(Config::builder(), &source).await;
        let start = format!("Azure Key Vault: settings failed: {}: {text}", file.path().display());
        assert!(error.starts_with(&start), "{error}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let error = error_over(Config::builder(), &world.source().mounted_settings(directory.path())).await;
    assert!(error.contains(": cannot be read: "), "{error}");
    // A path that leads nowhere is no file.
    for path in [
        directory.path().join("none.json"),
        directory.path().join("no/such/place.json"),
    ] {
        load_over(Config::builder(), &world.source().mounted_settings(path))
            .await
            .expect("the vault loads");
    }
}

#[tokio::test]
async fn nothing_that_names_a_vault_is_an_error_that_lists_the_places() {
    let world = World::start().await;
    let source = world.signed_in(AzureKeyVault::default());
    assert_eq!(
        error_over(
            over("{ \"kvSetting\": { \"SecretUri\": \"\" }, \"KeyVault\": null }"),
            &source
        )
        .await,
        "Azure Key Vault: settings failed: nothing names a vault, and this is not Development; name it in one of three \
         places: AzureKeyVault::new(\"https://NAME.vault.azure.net\") in code; `kvSetting.SecretUri`, `KeyVault.Url` or \
         `KeyVault.Name` in an earlier source; the environment variable AZURE_KEYVAULT_URL"
    );
    let file = Mounted::new("{}");
    let error = error_over(over("{}"), &source.clone().mounted_settings(file.path())).await;
    assert!(
        error.contains(&format!(
            "in an earlier source or the file {}; the environment variable",
            file.path().display()
        )),
        "{error}"
    );
    assert!(error.ends_with("AZURE_KEYVAULT_URL"), "{error}");
    let error = load_over(over("{}"), &source).await.map(|_| ()).expect_err("no vault");
    assert_eq!(Error::find(&error).map(Error::kind), Some(ErrorKind::NoVault));
    assert_eq!(world.emulator.counts().connections, 0);
}

#[tokio::test]
async fn what_is_no_origin_over_https_is_refused_wherever_it_stands() {
    let world = World::start().await;
    let host = "my-app.vault.azure.net";
    let secret = leaks::marker();
    for (url, cause) in [
        (
            format!("http://{host}"),
            "begins with http://, and nothing secret may travel in the clear",
        ),
        (format!("ftp://{host}"), "does not begin with https://"),
        (format!("{secret}:{host}"), "does not begin with https://"),
        (format!("{host}:443"), "does not begin with https://"),
        (host.to_owned(), "is no URL (relative URL without a base)"),
        (format!("//{host}"), "is no URL (relative URL without a base)"),
        (secret.clone(), "is no URL (relative URL without a base)"),
        ("https://".to_owned(), "is no URL (empty host)"),
        (format!("https://{host}:99999"), "is no URL (invalid port number)"),
        (format!("https://{secret}@{host}"), "holds a user name or a password"),
        (
            format!("https://user:{secret}@{host}"),
            "holds a user name or a password",
        ),
        ("https://[::1".to_owned(), "is no URL (invalid IPv6 address)"),
        (
            "https://my app.vault.azure.net".to_owned(),
            "is no URL (invalid international domain name)",
        ),
        ("data:text/plain,x".to_owned(), "does not begin with https://"),
    ] {
        let text = |place: &str| {
            format!(
                "Azure Key Vault: settings failed: the vault's URL from {place} {cause}; write it as \
                 https://NAME.vault.azure.net"
            )
        };
        let default = || world.signed_in(AzureKeyVault::default());
        let nothing = Config::builder;
        assert_eq!(
            error_over(nothing(), &world.signed_in(AzureKeyVault::new(&url))).await,
            text("the code")
        );
        let earlier = json!({ "kvSetting": { "SecretUri": url } }).to_string();
        assert_eq!(
            error_over(over(&earlier), &default()).await,
            text("`kvSetting.SecretUri`")
        );
        let earlier = json!({ "KeyVault": { "Url": url } }).to_string();
        assert_eq!(error_over(over(&earlier), &default()).await, text("`KeyVault.Url`"));
        let env = variables(&world, &[("AZURE_KEYVAULT_URL", &url)]);
        assert_eq!(
            error_over(nothing(), &default().process_environment(env)).await,
            text("the environment variable AZURE_KEYVAULT_URL")
        );
    }
    assert_eq!(world.emulator.counts().connections, 0);
}

#[tokio::test]
async fn a_url_is_cut_to_its_origin() {
    let world = World::start().await;
    let port = world.url.rsplit(':').next().expect("a port");
    for (url, origin) in [
        (format!("{}/", world.url), world.url.clone()),
        (
            format!("{}/secrets/Some--Name/0123?api-version=7.4#top", world.url),
            world.url.clone(),
        ),
        (format!("  {}\n", world.url), world.url.clone()),
        (world.url.to_uppercase(), world.url.clone()),
    ] {
        let source = world.signed_in(AzureKeyVault::new(&url));
        load_over(Config::builder(), &source)
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
        let from = source.report().expect("a report").from;
        assert_eq!(
            from,
            LoadedFrom::Vault {
                url: origin,
                named_by: "the code".to_owned()
            }
        );
    }

    // An address is under no resource, so the challenge is refused; who knows better says so.
    let address = format!("https://127.0.0.1:{port}/");
    let error = error_over(Config::builder(), &world.signed_in(AzureKeyVault::new(&address))).await;
    let start =
        format!("Azure Key Vault https://127.0.0.1:{port}: list failed: the vault's challenge names a resource");
    assert!(error.starts_with(&start), "{error}");
    let source = world
        .signed_in(AzureKeyVault::new(&address))
        .verify_challenge_resource(false);
    load_over(Config::builder(), &source).await.expect("the vault loads");

    // IPv6: nothing listens there, but the URL is understood.
    let source = world
        .signed_in(AzureKeyVault::new("https://[::1]:1/x"))
        .deadline(Duration::from_millis(300));
    let error = load_over(Config::builder(), &source)
        .await
        .map(|_| ())
        .expect_err("no vault there");
    assert_eq!(
        Error::find(&error).and_then(Error::vault),
        Some("https://[::1]:1"),
        "{error}"
    );
}

#[tokio::test]
async fn the_default_port_is_left_out() {
    let (vault, _) = asked_for(
        AzureKeyVault::new("https://my-app.vault.azure.net:443/"),
        Config::builder(),
    )
    .await;
    assert_eq!(vault, "https://my-app.vault.azure.net");
}

#[tokio::test]
async fn a_name_must_be_one_that_azure_allows() {
    let world = World::start().await;
    let marker = leaks::marker();
    for name in [
        "ab",
        "1ab",
        "-ab",
        "ab-",
        "a--b",
        "a.b",
        "a_b",
        "a/b",
        "abc@evil.test",
        "a b",
        "æøå",
        "abcdefghijklmnopqrstuvwxy",
        "https://my-app.vault.azure.net",
        &marker.repeat(2),
    ] {
        let earlier = json!({ "KeyVault": { "Name": name } }).to_string();
        let error = error_over(over(&earlier), &world.signed_in(AzureKeyVault::default())).await;
        assert_eq!(
            error,
            "Azure Key Vault: settings failed: `KeyVault.Name` is no vault's name; a vault's name is 3 to 24 letters, \
             digits and single hyphens, a letter first and no hyphen last; for a whole URL use `KeyVault.Url`",
            "{name}"
        );
    }
}

/// The vault that an error names, and the hosts that were looked up.
async fn asked_for(source: AzureKeyVault, earlier: ConfigBuilder<DefaultState>) -> (String, BTreeSet<String>) {
    asked_with(source, earlier, &[]).await
}

async fn asked_with(
    source: AzureKeyVault,
    earlier: ConfigBuilder<DefaultState>,
    more: &[(&str, &str)],
) -> (String, BTreeSet<String>) {
    let (client, asked) = nowhere::client();
    let secret = leaks::marker();
    let mut variables = vec![
        ("AZURE_TENANT_ID", "0000"),
        ("AZURE_CLIENT_ID", "1111"),
        ("AZURE_CLIENT_SECRET", secret.as_str()),
    ];
    variables.extend(more);
    let source = source
        .environment("Production")
        .mounted_settings(Path::new("/nowhere"))
        .process_environment(variables)
        .http_client(client)
        .deadline(Duration::from_millis(150));
    let error = load_over(earlier, &source)
        .await
        .map(|_| ())
        .expect_err("nobody is there");
    let vault = Error::find(&error)
        .and_then(Error::vault)
        .expect("the error names the vault")
        .to_owned();
    (vault, asked.hosts())
}

/// The authority follows from the vault's host, unless the environment or the code says another.
#[tokio::test]
async fn clouds_have_their_own_vaults_and_authorities() {
    let custom = Cloud::Custom {
        authority_host: "https://login.example.test".to_owned(),
        vault_suffix: "vault.example.test".to_owned(),
    };
    let name = r#"{ "KeyVault": { "Name": "my-app" } }"#;
    for (cloud, url, authority_host, host, authority) in [
        (None, None, None, "my-app.vault.azure.net", "login.microsoftonline.com"),
        (
            Some(Cloud::Public),
            None,
            None,
            "my-app.vault.azure.net",
            "login.microsoftonline.com",
        ),
        (
            Some(Cloud::China),
            None,
            None,
            "my-app.vault.azure.cn",
            "login.chinacloudapi.cn",
        ),
        (
            Some(Cloud::UsGovernment),
            None,
            None,
            "my-app.vault.usgovcloudapi.net",
            "login.microsoftonline.us",
        ),
        (
            Some(custom.clone()),
            None,
            None,
            "my-app.vault.example.test",
            "login.example.test",
        ),
        // The vault's host tells the cloud.
        (
            None,
            Some("https://a.vault.azure.cn"),
            None,
            "a.vault.azure.cn",
            "login.chinacloudapi.cn",
        ),
        (
            None,
            Some("https://a.vault.usgovcloudapi.net"),
            None,
            "a.vault.usgovcloudapi.net",
            "login.microsoftonline.us",
        ),
        (
            None,
            Some("https://a.vault.elsewhere.test"),
            None,
            "a.vault.elsewhere.test",
            "login.microsoftonline.com",
        ),
        // AZURE_AUTHORITY_HOST, as a host or as a URL, with and without a slash, and blank.
        (
            None,
            None,
            Some("login.microsoftonline.us"),
            "my-app.vault.usgovcloudapi.net",
            "login.microsoftonline.us",
        ),
        (
            None,
            None,
            Some("https://login.chinacloudapi.cn/"),
            "my-app.vault.azure.cn",
            "login.chinacloudapi.cn",
        ),
        (
            None,
            None,
            Some("https://LOGIN.microsoftonline.us"),
            "my-app.vault.usgovcloudapi.net",
            "login.microsoftonline.us",
        ),
        (
            None,
            None,
            Some("https://login.own.test"),
            "my-app.vault.azure.net",
            "login.own.test",
        ),
        (
            None,
            Some("https://a.vault.azure.cn"),
            Some("login.own.test"),
            "a.vault.azure.cn",
            "login.own.test",
        ),
        (
            None,
            Some("https://a.vault.azure.cn"),
            Some("  "),
            "a.vault.azure.cn",
            "login.chinacloudapi.cn",
        ),
        // The code beats the environment.
        (
            Some(custom),
            None,
            Some("login.microsoftonline.us"),
            "my-app.vault.example.test",
            "login.example.test",
        ),
    ] {
        let case = format!("{cloud:?} {url:?} {authority_host:?}");
        let source = url.map_or_else(AzureKeyVault::default, AzureKeyVault::new);
        let source = match cloud {
            Some(cloud) => source.cloud(cloud),
            None => source,
        };
        let more: Vec<_> = authority_host
            .map(|host| ("AZURE_AUTHORITY_HOST", host))
            .into_iter()
            .collect();
        let (vault, hosts) = asked_with(source, over(name), &more).await;
        assert_eq!(vault, format!("https://{host}"), "{case}");
        assert_eq!(hosts, [host, authority].map(str::to_owned).into(), "{case}");
    }
}

/// The client's secret goes there, so it is held to the same as the vault.
#[tokio::test]
async fn an_authority_that_is_not_https_is_refused() {
    let world = World::start().await;
    let secret = leaks::marker();
    for (authority, cause) in [
        (
            format!("http://{secret}.test"),
            "begins with http://, and nothing secret may travel in the clear",
        ),
        (
            format!("https://{secret}@login.test"),
            "holds a user name or a password",
        ),
        (
            format!("{secret} {secret}"),
            "is no URL (invalid international domain name)",
        ),
    ] {
        let source = world
            .source()
            .process_environment(variables(&world, &[("AZURE_AUTHORITY_HOST", &authority)]));
        assert_eq!(
            error_over(Config::builder(), &source).await,
            format!(
                "Azure Key Vault: settings failed: the authority in AZURE_AUTHORITY_HOST {cause}; write it as \
                 https://login.microsoftonline.com, or unset it"
            )
        );
    }
    assert_eq!(world.emulator.counts().connections, 0);
}

/// Whatever `config` hands over counts: a default, and a secret of another vault before this one.
#[tokio::test]
async fn a_default_or_another_vault_may_name_the_vault() {
    let world = World::start().await;
    let builder = Config::builder()
        .set_default("kvSetting.SecretUri", world.url.clone())
        .expect("a path");
    let source = world.signed_in(AzureKeyVault::default());
    assert_eq!(loaded_from(builder, &source).await.0, "app");

    let second = world.emulator.vault_url("second");
    let version = world
        .vault
        .seed(keyvault_emulator::SecretSeed::new("kvSetting--SecretUri", second));
    let built = Config::builder()
        .add_async_source(world.source())
        .add_async_source(source.clone())
        .build()
        .await;
    crate::support::check_built(&source, &built);
    built.expect("both vaults load");
    let LoadedFrom::Vault { url, named_by } = source.report().expect("a report").from else {
        panic!("a vault");
    };
    assert!(url.starts_with("https://second."), "{url}");
    assert_eq!(
        named_by,
        format!(
            "`kvSetting.SecretUri` in {} secret `kvSetting--SecretUri` version {version}",
            world.url
        )
    );
}
