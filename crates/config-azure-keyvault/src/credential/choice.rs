//! The rule. Nothing here builds a credential or touches the network.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use secrecy::{ExposeSecret as _, SecretString};

use super::identity::Identity;
use crate::error::{Error, ErrorKind, Stage};
use crate::reference::{is_reference, unusable};
use crate::variables::Variables;

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

    /// Is it the machine's own identity?
    pub(crate) fn is_managed(&self) -> bool {
        matches!(self.picked, Picked::ManagedIdentity { .. })
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

/// A tenant goes into a URL, and the SDK's refusal would print it, whatever it is.
fn tenant(text: &str, place: &str) -> Result<String, Error> {
    let text = text.trim();
    if text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
    {
        Ok(text.to_owned())
    } else {
        Err(error(
            format!("{place} holds no tenant's id"),
            "give the directory's id or its domain: letters, digits, dots and hyphens",
        ))
    }
}

/// What nobody can have meant for an id is named before it is sent, and not shown: a placeholder, quotes, a reference, a secret.
fn client(text: &str, place: &str) -> Result<String, Error> {
    let text = text.trim();
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if text.len() <= 128 && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(error(
            format!("{place} holds no client's id"),
            "give the application's (client) id, without quotes: letters, digits and hyphens",
        ))
    }
}

fn from_settings(identity: &Identity, variables: &Variables) -> Result<Option<Choice>, Error> {
    let Identity {
        section,
        tenant_id,
        client_id,
        client_secret,
    } = identity;
    let secret = client_secret.as_ref().map(|secret| secret.expose_secret());
    for (key, text) in [
        ("TenantId", tenant_id.as_deref()),
        ("ClientId", client_id.as_deref()),
        ("ClientSecret", secret),
    ] {
        if text.is_some_and(is_reference) {
            return Err(unusable(&format!("`{section}.{key}`")));
        }
    }
    match (tenant_id, client_id, client_secret) {
        (None, None, None) => Ok(None),
        (Some(id), Some(client_id), Some(client_secret)) => Ok(Some(Choice::new(
            Picked::ClientSecret {
                tenant: tenant(id, &format!("`{section}.TenantId`"))?,
                client: client(client_id, &format!("`{section}.ClientId`"))?,
                secret: client_secret.clone(),
            },
            format!("from the section `{section}`"),
        ))),
        (Some(id), Some(client_id), None) if filled(variables, TOKEN_FILE).is_some() => {
            let file = filled(variables, TOKEN_FILE).unwrap_or_default();
            Ok(Some(Choice::new(
                Picked::WorkloadIdentity {
                    tenant: tenant(id, &format!("`{section}.TenantId`"))?,
                    client: client(client_id, &format!("`{section}.ClientId`"))?,
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
            let place = format!("the section `{section}`");
            if client_secret.is_none() && tenant_id.is_some() && client_id.is_some() {
                let blank = if variables.get(TOKEN_FILE).is_some() {
                    format!(", and {TOKEN_FILE} is set but blank")
                } else {
                    String::new()
                };
                return Err(error(
                    format!("{}{blank}", part(&all, &place)),
                    format!(
                        "set `{section}.ClientSecret` too, or {TOKEN_FILE} for a workload identity, or remove \
                         `{section}.TenantId` and `{section}.ClientId`"
                    ),
                ));
            }
            Err(partial(&all, &place))
        }
    }
}

fn names(all: &[(bool, String)], set: bool) -> String {
    let names: Vec<&str> = all
        .iter()
        .filter(|(is, _)| *is == set)
        .map(|(_, name)| name.as_str())
        .collect();
    names.join(" and ")
}

fn part(all: &[(bool, String)], place: &str) -> String {
    let (has, lacks) = (names(all, true), names(all, false));
    format!("{place} holds a part of a client's credentials: {has} without {lacks}")
}

/// The error of a set of which some is there and some is missing or blank.
fn partial(all: &[(bool, String)], place: &str) -> Error {
    let (has, lacks) = (names(all, true), names(all, false));
    error(part(all, place), format!("set {lacks} too, or remove {has}"))
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
        "managedidentitycredential" => managed_identity(variables, why),
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
        let blank = match filled(variables, CERTIFICATE) {
            Some(_) => "",
            None => " but blank",
        };
        return Err(error(
            format!("{CERTIFICATE} is set{blank}, and a client certificate cannot be picked by rule"),
            format!(
                "unset {CERTIFICATE} and use a client secret or a workload identity, or give a credential in code with `credential`"
            ),
        ));
    }
    if filled(variables, CLIENT).is_some() {
        managed_identity(variables, format!("{why}: {CLIENT} is set"))
    } else {
        managed_identity(variables, format!("{why} names nothing else"))
    }
}

fn managed_identity(variables: &Variables, why: String) -> Result<Choice, Error> {
    let client = filled(variables, CLIENT);
    for (blank, partner) in [(CLIENT, TENANT), (TENANT, CLIENT)] {
        if filled(variables, partner).is_some() && variables.get(blank).is_some_and(|value| value.trim().is_empty()) {
            return Err(error(
                format!("{blank} is set but blank beside {partner}"),
                format!("fill {blank}, or unset it"),
            ));
        }
    }
    let client = client.map(|client| client.trim().to_owned());
    Ok(Choice::new(Picked::ManagedIdentity { client }, why))
}

/// The values of a set of variables that must all be there.
fn complete<const N: usize>(variables: &Variables, wanted: [&str; N], asked_by: &str) -> Result<[String; N], Error> {
    let values = wanted.map(|name| filled(variables, name));
    for (name, value) in wanted.iter().zip(&values) {
        // Whoever runs the process puts the secret there, or leaves the reference where it has no access.
        if value.as_deref().is_some_and(is_reference) {
            return Err(unusable(&format!("the environment variable {name}")));
        }
    }
    if values.iter().all(Option::is_some) {
        return Ok(values.map(Option::unwrap_or_default));
    }
    let all: Vec<_> = wanted
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
    if values.iter().all(Option::is_none) {
        let lacks = names(&all, false);
        return Err(error(
            format!("{asked_by} lacks {lacks}"),
            format!("set them, or choose another credential with {NAMED}"),
        ));
    }
    Err(partial(&all, "the environment"))
}

fn workload_identity(variables: &Variables, why: &str) -> Result<Choice, Error> {
    let [id, client, file] = complete(
        variables,
        [TENANT, CLIENT, TOKEN_FILE],
        &format!("workload identity ({why})"),
    )?;
    let picked = Picked::WorkloadIdentity {
        tenant: tenant(&id, TENANT)?,
        client: client.trim().to_owned(),
        file: file.into(),
    };
    Ok(Choice::new(picked, why))
}

fn client_secret(variables: &Variables, why: &str) -> Result<Choice, Error> {
    let [id, client, secret] = complete(variables, [TENANT, CLIENT, SECRET], &format!("client secret ({why})"))?;
    let picked = Picked::ClientSecret {
        tenant: tenant(&id, TENANT)?,
        client: client.trim().to_owned(),
        // No secret of Entra's begins or ends in blanks, but a mounted one often ends in a line break.
        secret: SecretString::from(secret.trim()),
    };
    Ok(Choice::new(picked, why))
}
