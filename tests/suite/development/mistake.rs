//! Development by mistake: a vault is named, and it is not asked.

use config_azure_keyvault::{BindConfig, Warning};

use super::*;

fn warnings(source: &AzureKeyVault) -> Vec<String> {
    let report = source.report().expect("a report");
    report.warnings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_vault_that_is_named_and_not_asked() {
    let desk = Desk::new();
    let file = desk.path("secrets.json");
    let line = |named_by: &str, development_by: &str| {
        vec![format!(
            "the vault that {named_by} names is not asked: {development_by} says that this is Development, where {file} stands in \
             for it"
        )]
    };
    let variables = |more: &[(&str, &str)]| {
        let development = [("DOTNET_ENVIRONMENT", "Development")];
        let all: Vec<(String, String)> = development
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        all
    };
    let by_variable =
        |source: AzureKeyVault, more: &[(&str, &str)]| desk.configured(source).process_environment(variables(more));
    let url = "https://my-app.vault.azure.net";

    let source = by_variable(AzureKeyVault::new(url), &[]);
    load(&source).await.expect("nothing to load");
    assert_eq!(warnings(&source), line("the code", "DOTNET_ENVIRONMENT"));
    assert!(matches!(
        source.report().expect("a report").warnings[..],
        [Warning::VaultNotAsked { .. }]
    ));

    let source = by_variable(AzureKeyVault::default(), &[("AZURE_KEYVAULT_URL", url)]);
    load(&source).await.expect("nothing to load");
    assert_eq!(
        warnings(&source),
        line("the environment variable AZURE_KEYVAULT_URL", "DOTNET_ENVIRONMENT")
    );

    for (json, place) in [
        (
            r#"{ "kvSetting": { "SecretUri": "https://x.vault.azure.net" } }"#,
            "`kvSetting.SecretUri`",
        ),
        (r#"{ "KeyVault": { "Url": "nonsense" } }"#, "`KeyVault.Url`"),
        (r#"{ "keyvault": { "name": "my-app" } }"#, "`KeyVault.Name`"),
    ] {
        let source = desk.source();
        load_over(over(json), &source).await.expect("nothing to load");
        assert_eq!(warnings(&source), line(place, "the code"));
    }

    // Nothing names one, or what names one is blank.
    let source = by_variable(AzureKeyVault::default(), &[("AZURE_KEYVAULT_URL", " ")]);
    load_over(over(r#"{ "kvSetting": { "SecretUri": "" } }"#), &source)
        .await
        .expect("nothing to load");
    assert_eq!(warnings(&source), [""; 0]);
}

#[derive(Debug, serde::Deserialize)]
struct Settings {
    #[allow(dead_code)]
    client_id: String,
}

#[tokio::test]
async fn what_is_missing_is_looked_for_in_the_file() {
    let desk = Desk::new();
    let file = desk.path("secrets.json");
    let error = async |source: &AzureKeyVault| {
        let config = load(source).await.expect("it loads");
        let error = config.bind_section::<Settings>("MaskinportenSettings");
        error.expect_err("it is missing").to_string()
    };
    let place = |missing: &str| {
        format!("(this is Development: `MaskinportenSettings--ClientId` in {file}{missing} would set it)")
    };
    let text = error(&desk.source()).await;
    assert!(text.ends_with(&place(", which is not there")), "{text}");
    assert!(!text.contains("Key Vault secret"), "{text}");

    desk.write("secrets.json", r#"{ "Other": 1 }"#);
    for source in [desk.source(), desk.source().prefix("MyApp")] {
        let text = error(&source).await;
        assert!(text.ends_with(&place("")), "{text}");
    }
    // What it says helps.
    desk.write("secrets.json", r#"{ "MaskinportenSettings--ClientId": "x" }"#);
    let config = load(&desk.source()).await.expect("it loads");
    assert!(config.bind_section::<Settings>("MaskinportenSettings").is_ok());

    // A sync builder tells of the file by its values.
    desk.write("secrets.json", r#"{ "Other": 1 }"#);
    let config = Config::builder().add_source(desk.source()).build().expect("it loads");
    let error = config.bind_section::<Settings>("MaskinportenSettings");
    let text = error.expect_err("it is missing").to_string();
    assert!(text.ends_with(&place("")), "{text}");
}
