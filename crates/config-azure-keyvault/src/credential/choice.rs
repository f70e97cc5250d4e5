//! The rule. Nothing here builds a credential or touches the network.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use secrecy::{ExposeSecret as _, SecretString};

use crate::environment::Variables;
use crate::error::{Error, ErrorKind, Stage};
use crate::settings::Identity;

const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const NAMED: &str = "AZURE_TOKEN_CREDENTIALS";

/// Which credential it is, with what it needs.
#[derive(Clone)]
pub(crate) enum Picked {
    Given(Arc<dyn TokenCredential>),
    ClientSecret {
        tenant: String,
        client: String,
        secret: SecretString,
    },
    WorkloadIdentity {
        tenant: String,
        client: String,
        file: PathBuf,
    },
    ManagedIdentity {
        client: Option<String>,
    },
    AzureCli,
    AzureDeveloperCli,
    DeveloperTools,
}

impl PartialEq for Picked {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(a), Self::Given(b)) => Arc::ptr_eq(a, b),
            (
                Self::ClientSecret {
                    tenant: t1,
                    client: c1,
                    secret: s1,
                },
                Self::ClientSecret {
                    tenant: t2,
                    client: c2,
                    secret: s2,
                },
            ) => t1 == t2 && c1 == c2 && s1.expose_secret() == s2.expose_secret(),
            (
                Self::WorkloadIdentity {
                    tenant: t1,
                    client: c1,
                    file: f1,
                },
                Self::WorkloadIdentity {
                    tenant: t2,
                    client: c2,
                    file: f2,
                },
            ) => t1 == t2 && c1 == c2 && f1 == f2,
            (Self::ManagedIdentity { client: c1 }, Self::ManagedIdentity { client: c2 }) => c1 == c2,
            (Self::AzureCli, Self::AzureCli)
            | (Self::AzureDeveloperCli, Self::AzureDeveloperCli)
            | (Self::DeveloperTools, Self::DeveloperTools) => true,
            _ => false,
        }
    }
}

/// A credential and why it was picked.
#[derive(Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) picked: Picked,
    pub(crate) why: String,
}

impl Choice {
    fn new(picked: Picked, why: impl Into<String>) -> Self {
        Self {
            picked,
            why: why.into(),
        }
    }

    /// What helps where it gives no token, beyond what the cause suggests.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        Some(match &self.picked {
            Picked::Given(_) => "look into the credential that the code gives with `credential`",
            Picked::ClientSecret { .. } | Picked::WorkloadIdentity { .. } => return None,
            Picked::ManagedIdentity { client: Some(_) } => {
                "check that the identity of AZURE_CLIENT_ID is assigned to this machine or pod, or set \
                 AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE for an app"
            }
            Picked::ManagedIdentity { client: None } => {
                "give this machine or pod a managed identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and \
                 AZURE_CLIENT_SECRET; on a developer's machine set DOTNET_ENVIRONMENT=Development"
            }
            Picked::AzureCli => "sign in with `az login`",
            Picked::AzureDeveloperCli => "sign in with `azd auth login`",
            Picked::DeveloperTools => "sign in with `az login` or `azd auth login`",
        })
    }

    /// May a token be fetched before the vault has said for what? Starting a command line tool for a guess is too much.
    pub(crate) fn may_prefetch(&self) -> bool {
        !matches!(
            self.picked,
            Picked::AzureCli | Picked::AzureDeveloperCli | Picked::DeveloperTools
        )
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.picked {
            Picked::Given(_) => "the credential",
            Picked::ClientSecret { .. } => "client secret",
            Picked::WorkloadIdentity { .. } => "workload identity",
            Picked::ManagedIdentity { client: Some(_) } => "user-assigned managed identity",
            Picked::ManagedIdentity { client: None } => "system-assigned managed identity",
            Picked::AzureCli => "Azure CLI",
            Picked::AzureDeveloperCli => "Azure Developer CLI",
            Picked::DeveloperTools => "developer tools",
        };
        write!(f, "{name} ({})", self.why)
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Choice({self})")
    }
}

/// Picks the credential. The first rule that speaks decides, and none is tried after it.
pub(crate) fn choose(
    given: Option<&Arc<dyn TokenCredential>>,
    identity: &Identity,
    variables: &Variables,
) -> Result<Choice, Error> {
    if let Some(given) = given {
        return Ok(Choice::new(Picked::Given(Arc::clone(given)), "given in code"));
    }
    if let Some(choice) = from_settings(identity, variables)? {
        return Ok(choice);
    }
    match variables.get(NAMED).filter(|name| !name.trim().is_empty()) {
        Some(name) => by_name(name.trim(), variables),
        None => from_environment(variables, "the environment"),
    }
}

fn error(cause: impl AsRef<str>, remedy: impl AsRef<str>) -> Error {
    Error::new(ErrorKind::Credential, Stage::Credential, cause).with_remedy(remedy)
}

fn from_settings(identity: &Identity, variables: &Variables) -> Result<Option<Choice>, Error> {
    let Identity {
        section,
        tenant_id,
        client_id,
        client_secret,
    } = identity;
    match (tenant_id, client_id, client_secret) {
        (None, None, None) => Ok(None),
        (Some(tenant), Some(client), Some(secret)) => Ok(Some(Choice::new(
            Picked::ClientSecret {
                tenant: tenant.clone(),
                client: client.clone(),
                secret: secret.clone(),
            },
            format!("from the section `{section}`"),
        ))),
        (Some(tenant), Some(client), None) if filled(variables, TOKEN_FILE).is_some() => {
            let file = filled(variables, TOKEN_FILE).unwrap_or_default();
            Ok(Some(Choice::new(
                Picked::WorkloadIdentity {
                    tenant: tenant.clone(),
                    client: client.clone(),
                    file: file.into(),
                },
                format!("from the section `{section}` and {TOKEN_FILE}"),
            )))
        }
        _ => {
            let present = |set: bool, key: &str| (set, format!("`{section}.{key}`"));
            let all = [
                present(tenant_id.is_some(), "TenantId"),
                present(client_id.is_some(), "ClientId"),
                present(client_secret.is_some(), "ClientSecret"),
            ];
            Err(partial(&all, &format!("the section `{section}`")))
        }
    }
}

/// The error of a set of which some is there and some is missing or blank.
fn partial(all: &[(bool, String)], place: &str) -> Error {
    let names = |set: bool| {
        let names: Vec<&str> = all
            .iter()
            .filter(|(is, _)| *is == set)
            .map(|(_, name)| name.as_str())
            .collect();
        names.join(" and ")
    };
    let (has, lacks) = (names(true), names(false));
    error(
        format!("{place} holds a part of a client's credentials: {has} without {lacks}"),
        format!("set {lacks} too, or remove {has}"),
    )
}

/// A variable that is set and not blank.
fn filled(variables: &Variables, name: &str) -> Option<String> {
    variables.get(name).filter(|value| !value.trim().is_empty())
}

/// A credential's name as the Azure SDKs know it in `AZURE_TOKEN_CREDENTIALS`.
fn by_name(name: &str, variables: &Variables) -> Result<Choice, Error> {
    let why = format!("{NAMED} asks for it");
    match name.to_ascii_lowercase().as_str() {
        "prod" => from_environment(variables, &format!("{NAMED} is prod; from the environment")),
        "dev" | "developertoolscredential" => Ok(Choice::new(Picked::DeveloperTools, why)),
        "azureclicredential" => Ok(Choice::new(Picked::AzureCli, why)),
        "azuredeveloperclicredential" => Ok(Choice::new(Picked::AzureDeveloperCli, why)),
        "managedidentitycredential" => Ok(Choice::new(
            Picked::ManagedIdentity {
                client: filled(variables, CLIENT),
            },
            why,
        )),
        "workloadidentitycredential" => workload_identity(variables, &why),
        "environmentcredential" | "clientsecretcredential" => client_secret(variables, &why),
        // The value is a name and no secret, but whatever stands there may be one put there by mistake.
        _ => Err(error(
            format!("{NAMED} holds a name that is not known here"),
            "use prod, dev, EnvironmentCredential, WorkloadIdentityCredential, ManagedIdentityCredential, AzureCliCredential or \
             AzureDeveloperCliCredential, or give the credential in code",
        )),
    }
}

fn from_environment(variables: &Variables, why: &str) -> Result<Choice, Error> {
    let partners = filled(variables, TENANT).is_some() || filled(variables, CLIENT).is_some();
    // A blank variable beside its partners was meant to hold something: signing in as somebody else would hide that.
    let speaks = |name: &str| match variables.get(name) {
        Some(value) if value.trim().is_empty() => partners,
        Some(_) => true,
        None => false,
    };
    if speaks(TOKEN_FILE) {
        return workload_identity(variables, &format!("{why}: {TOKEN_FILE} is set"));
    }
    if speaks(SECRET) {
        return client_secret(variables, &format!("{why}: {SECRET} is set"));
    }
    if speaks(CERTIFICATE) {
        return Err(error(
            format!("{CERTIFICATE} is set, and a client certificate cannot be picked by rule"),
            "give a ClientCertificateCredential in code with `credential`, or use a client secret or a workload identity",
        ));
    }
    let client = variables.get(CLIENT);
    if client.as_ref().is_some_and(|client| client.trim().is_empty()) && partners {
        return Err(error(
            format!("{CLIENT} is blank beside {TENANT}"),
            format!("fill {CLIENT}, or unset it"),
        ));
    }
    if variables.get(TENANT).is_some_and(|tenant| tenant.trim().is_empty()) && partners {
        return Err(error(
            format!("{TENANT} is blank beside {CLIENT}"),
            format!("fill {TENANT}, or unset it"),
        ));
    }
    let client = client
        .map(|client| client.trim().to_owned())
        .filter(|client| !client.is_empty());
    let named = if client.is_some() {
        format!("{why}: {CLIENT} is set")
    } else {
        format!("{why} names nothing else")
    };
    Ok(Choice::new(Picked::ManagedIdentity { client }, named))
}

/// The values of a set of variables that must all be there.
fn complete<const N: usize>(variables: &Variables, names: [&str; N]) -> Result<[String; N], Error> {
    let values = names.map(|name| filled(variables, name));
    if values.iter().all(Option::is_some) {
        return Ok(values.map(Option::unwrap_or_default));
    }
    let all: Vec<_> = names
        .iter()
        .zip(&values)
        .map(|(name, value)| {
            let blank = value.is_none() && variables.get(name).is_some();
            (
                value.is_some(),
                if blank {
                    format!("{name} (set but blank)")
                } else {
                    (*name).to_owned()
                },
            )
        })
        .collect();
    Err(partial(&all, "the environment"))
}

fn workload_identity(variables: &Variables, why: &str) -> Result<Choice, Error> {
    let [tenant, client, file] = complete(variables, [TENANT, CLIENT, TOKEN_FILE])?;
    let picked = Picked::WorkloadIdentity {
        tenant: tenant.trim().to_owned(),
        client: client.trim().to_owned(),
        file: file.into(),
    };
    Ok(Choice::new(picked, why))
}

fn client_secret(variables: &Variables, why: &str) -> Result<Choice, Error> {
    let [tenant, client, secret] = complete(variables, [TENANT, CLIENT, SECRET])?;
    let picked = Picked::ClientSecret {
        tenant: tenant.trim().to_owned(),
        client: client.trim().to_owned(),
        secret: SecretString::from(secret),
    };
    Ok(Choice::new(picked, why))
}
