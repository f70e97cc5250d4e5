//! The environment of a client, by the way it signs in.

use std::path::Path;

use keyvault_emulator::SignIn;
use serde_json::json;

use crate::support::{Answer, Bench, RESOURCE};

#[tokio::test]
async fn each_way_to_sign_in_has_what_it_needs_and_nothing_else() {
    let bench = Bench::new().await;
    let names = |sign_in| {
        let variables = bench.emulator.variables(sign_in).unwrap();
        variables.into_keys().collect::<Vec<_>>()
    };
    let with_client = |variable| {
        let mut names = vec![
            "AZURE_AUTHORITY_HOST",
            "AZURE_CLIENT_ID",
            "AZURE_KEYVAULT_URL",
            "AZURE_TENANT_ID",
            "SSL_CERT_FILE",
            variable,
        ];
        names.sort_unstable();
        names
    };
    assert_eq!(names(SignIn::ClientSecret), with_client("AZURE_CLIENT_SECRET"));
    assert_eq!(
        names(SignIn::WorkloadIdentity),
        with_client("AZURE_FEDERATED_TOKEN_FILE")
    );
    assert_eq!(
        names(SignIn::AppService),
        [
            "AZURE_KEYVAULT_URL",
            "IDENTITY_ENDPOINT",
            "IDENTITY_HEADER",
            "SSL_CERT_FILE"
        ]
    );
    assert_eq!(
        names(SignIn::VirtualMachine),
        [
            "AZURE_KEYVAULT_URL",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            "SSL_CERT_FILE"
        ]
    );
}

/// A client of bare HTTP that knows nothing but its environment.
#[tokio::test]
async fn a_client_that_knows_nothing_else_gets_its_secret() {
    let bench = Bench::new().await;
    bench.emulator.default_vault().set("Name", "x");
    for sign_in in SignIn::ALL {
        let variables = bench.emulator.variables(sign_in).unwrap();
        let ca = std::fs::read(&variables["SSL_CERT_FILE"]).unwrap();
        let ca = reqwest::Certificate::from_pem(&ca).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([ca])
            .no_proxy()
            .build()
            .unwrap();
        let form = |name: &'static str, value: &str| {
            let url = format!(
                "{}/{}/oauth2/v2.0/token",
                variables["AZURE_AUTHORITY_HOST"], variables["AZURE_TENANT_ID"]
            );
            http.post(url).form(&[
                ("grant_type", "client_credentials"),
                ("client_id", &variables["AZURE_CLIENT_ID"]),
                ("scope", "https://vault.azure.net/.default"),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
                (name, value),
            ])
        };
        let identity = |endpoint: String| http.get(format!("{endpoint}?api-version=2019-08-01&resource={RESOURCE}"));
        let request = match sign_in {
            SignIn::ClientSecret => form("client_secret", &variables["AZURE_CLIENT_SECRET"]),
            SignIn::WorkloadIdentity => {
                let token = std::fs::read_to_string(&variables["AZURE_FEDERATED_TOKEN_FILE"]).unwrap();
                form("client_assertion", &token)
            }
            SignIn::AppService => identity(variables["IDENTITY_ENDPOINT"].clone())
                .header("x-identity-header", &variables["IDENTITY_HEADER"]),
            _ => identity(format!(
                "{}/metadata/identity/oauth2/token",
                variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
            ))
            .header("metadata", "true"),
        };
        let token = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(token.status, 200, "{sign_in:?}: {}", token.body);
        let url = format!("{}/secrets/Name?api-version=7.5", variables["AZURE_KEYVAULT_URL"]);
        let get = http.get(url).bearer_auth(token.body["access_token"].as_str().unwrap());
        let secret = Answer::of(get.send().await.unwrap()).await;
        assert_eq!(secret.body["value"], json!("x"), "{sign_in:?}");
    }
}

#[tokio::test]
async fn its_files_are_for_their_owner_and_gone_with_the_emulator() {
    let bench = Bench::new().await;
    let variables = bench.emulator.variables(SignIn::WorkloadIdentity).unwrap();
    assert_eq!(bench.emulator.variables(SignIn::WorkloadIdentity).unwrap(), variables);
    let files = ["SSL_CERT_FILE", "AZURE_FEDERATED_TOKEN_FILE"].map(|name| Path::new(&variables[name]).to_owned());
    for file in &files {
        assert!(file.exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
    }
    drop(bench);
    assert!(files.iter().all(|file| !file.exists()));
}
