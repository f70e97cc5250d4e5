//! By the process environment: a name that asks for one, else whatever is set.

use super::*;

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
    let picked = "client secret (the environment: AZURE_CLIENT_SECRET is set)";
    assert_no_token(&error, &world.url, picked, ": 401 AADSTS7000215: ");
    assert!(
        error.ends_with("set the secret's value (not its id) of a client secret that has not expired"),
        "{error}"
    );
}
