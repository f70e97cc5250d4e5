//! Clouds and their authorities.

use super::*;

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

/// What the code gives is held to the same, and the suffix may begin with a dot.
#[tokio::test]
async fn a_cloud_of_its_own_is_checked() {
    let world = World::start().await;
    let own = |authority: &str, suffix: &str| Cloud::Custom {
        authority_host: authority.to_owned(),
        vault_suffix: suffix.to_owned(),
    };
    for (authority, cause) in [
        (
            "http://login.test",
            "begins with http://, and nothing secret may travel in the clear",
        ),
        ("https://somebody@login.test", "holds a user name or a password"),
        ("log in", "is no URL (invalid international domain name)"),
        (" ", "is no URL (empty host)"),
    ] {
        let source = world.source().cloud(own(authority, "vault.example.test"));
        assert_eq!(
            error_over(Config::builder(), &source).await,
            format!(
                "Azure Key Vault: settings failed: the authority of `Cloud::Custom` {cause}; write it as \
                 https://login.example.com"
            )
        );
    }
    assert_eq!(world.emulator.counts().connections, 0);
    for authority in ["https://login.own.test/", "login.own.test"] {
        let source = AzureKeyVault::default().cloud(own(authority, ".vault.example.test"));
        let (vault, hosts) = asked_with(source, over(r#"{ "KeyVault": { "Name": "my-app" } }"#), &[]).await;
        assert_eq!(vault, "https://my-app.vault.example.test");
        let asked = ["my-app.vault.example.test", "login.own.test"].map(str::to_owned);
        assert_eq!(hosts, asked.into());
    }
}
