//! What a vault may be called.

use super::*;

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

/// What the portal shows beside the vault's URL, copied by mistake.
#[tokio::test]
async fn an_identifier_is_no_vault() {
    let world = World::start().await;
    let secret = leaks::marker();
    for (path, what) in [
        ("secrets/A", "the identifier of a secret of `A`"),
        ("secrets/A/0123456789abcdef", "the identifier of a secret of `A`"),
        ("Secrets/A/", "the identifier of a secret of `A`"),
        ("keys/A", "the identifier of a key of `A`"),
        ("certificates/A/0123", "the identifier of a certificate of `A`"),
        (&format!("secrets/{secret}_"), "the identifier of a secret"),
    ] {
        let source = world.signed_in(AzureKeyVault::new(format!("https://my-app.vault.azure.net/{path}")));
        assert_eq!(
            error_over(Config::builder(), &source).await,
            format!(
                "Azure Key Vault: settings failed: the vault's URL from the code is {what}; write the vault's URL alone, \
                 https://my-app.vault.azure.net, and choose secrets with `names([…])`"
            )
        );
    }
    // A list's own path is none.
    for path in ["secrets", "secrets/", "secretsanta/A"] {
        let source = world.signed_in(AzureKeyVault::new(format!("{}/{path}", world.url)));
        load_over(Config::builder(), &source).await.expect("the vault loads");
    }
}

#[tokio::test]
async fn a_private_endpoint_has_a_public_name() {
    let world = World::start().await;
    for (host, public) in [
        ("my-app.privatelink.vaultcore.azure.net", "my-app.vault.azure.net"),
        ("MY-APP.PrivateLink.vaultcore.azure.net", "my-app.vault.azure.net"),
        ("my-app.privatelink.vaultcore.azure.cn", "my-app.vault.azure.cn"),
        (
            "my-app.privatelink.vaultcore.usgovcloudapi.net",
            "my-app.vault.usgovcloudapi.net",
        ),
        ("a.b.privatelink.vaultcore.azure.net", "NAME.vault.azure.net"),
    ] {
        let source = world.signed_in(AzureKeyVault::new(format!("https://{host}")));
        assert_eq!(
            error_over(Config::builder(), &source).await,
            format!(
                "Azure Key Vault: settings failed: the vault's URL from the code is its private endpoint's, and no certificate is \
                 for that name; use its public name, https://{public}: the network's DNS leads from there to the private endpoint"
            )
        );
    }
}

#[tokio::test]
async fn a_url_is_cut_to_its_origin() {
    let world = World::start().await;
    let port = world.url.rsplit(':').next().expect("a port");
    for (url, origin) in [
        (format!("{}/", world.url), world.url.clone()),
        (
            format!("{}/some/path?api-version=7.4#top", world.url),
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
