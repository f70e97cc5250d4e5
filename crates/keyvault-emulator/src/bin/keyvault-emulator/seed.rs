//! The seed file. Every complaint names the place and never the value that is there.

use emulator_kit::seed::{bool_at, known, list, object, parse_json, text_at, whole_at};
use keyvault_emulator::{Builder, KeyVaultEmulator, Permissions, Refusal, SecretPermission, SecretSeed, Vault};
use serde_json::{Map, Value};

/// What a seed file says. `README.md` describes the format.
#[derive(Default)]
pub(crate) struct Seed {
    tenant: Option<String>,
    clients: Vec<Client>,
    default: VaultSeed,
    vaults: Vec<(String, VaultSeed)>,
}

#[derive(Default)]
struct VaultSeed {
    secrets: Vec<SecretSeed>,
    permissions: Option<Permissions>,
}

struct Client {
    id: String,
    secret: String,
    permissions: Option<Permissions>,
}

type Read<T> = Result<T, String>;

impl Seed {
    pub(crate) fn parse(text: &str) -> Read<Self> {
        let value = parse_json(text)?;
        let members = object(&value, "the seed")?;
        known(
            members,
            "the seed",
            &["tenant", "clients", "secrets", "permissions", "vaults"],
        )?;
        let mut seed = Self {
            default: vault(members, "")?,
            ..Self::default()
        };
        if let Some(tenant) = members.get("tenant") {
            seed.tenant = Some(text_at(tenant, "tenant")?);
        }
        for (index, client) in list(members.get("clients"), "clients")?.iter().enumerate() {
            seed.clients.push(parse_client(client, &format!("clients[{index}]"))?);
        }
        if let Some(vaults) = members.get("vaults") {
            for (name, value) in object(vaults, "vaults")? {
                let at = format!("vaults.{name}");
                if !is_vault_name(name) {
                    return Err(format!(
                        "{at} is no vault name: 3 to 24 letters, digits and single hyphens"
                    ));
                }
                let members = object(value, &at)?;
                known(members, &at, &["secrets", "permissions"])?;
                seed.vaults.push((name.clone(), vault(members, &format!("{at}."))?));
            }
        }
        Ok(seed)
    }

    pub(crate) fn apply(&self, mut builder: Builder) -> Builder {
        if let Some(tenant) = &self.tenant {
            builder = builder.tenant(tenant);
        }
        for client in &self.clients {
            builder = builder.client(&client.id, &client.secret);
            if let Some(permissions) = &client.permissions {
                builder = builder.client_permissions(&client.id, permissions.clone());
            }
        }
        builder
    }

    pub(crate) fn fill(&self, emulator: &KeyVaultEmulator) {
        self.default.fill(&emulator.default_vault());
        for (name, seed) in &self.vaults {
            seed.fill(&emulator.vault(name));
        }
    }
}

impl VaultSeed {
    fn fill(&self, vault: &Vault) {
        for secret in &self.secrets {
            vault.seed(secret.clone());
        }
        if let Some(permissions) = &self.permissions {
            vault.set_permissions(permissions.clone());
        }
    }
}

fn vault(members: &Map<String, Value>, prefix: &str) -> Read<VaultSeed> {
    let mut seed = VaultSeed::default();
    if let Some(secrets) = members.get("secrets") {
        for (name, value) in object(secrets, &format!("{prefix}secrets"))? {
            seed.secrets
                .push(secret(name, value, &format!("{prefix}secrets.{name}"))?);
        }
    }
    if let Some(value) = members.get("permissions") {
        seed.permissions = Some(permissions(value, &format!("{prefix}permissions"))?);
    }
    Ok(seed)
}

fn secret(name: &str, value: &Value, at: &str) -> Read<SecretSeed> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(1..=127).contains(&name.len()) || !name.bytes().all(is_name) {
        return Err(format!("{at} is no secret name: 1 to 127 letters, digits and hyphens"));
    }
    if let Value::String(value) = value {
        return Ok(SecretSeed::new(name, value));
    }
    let Value::Object(members) = value else {
        return Err(format!("{at} must be a text or an object"));
    };
    let fields = [
        "value",
        "enabled",
        "managed",
        "content_type",
        "expires",
        "not_before",
        "created",
        "updated",
        "tags",
    ];
    known(members, at, &fields)?;
    let Some(value) = members.get("value") else {
        return Err(format!("{at}.value is missing"));
    };
    let mut seed = SecretSeed::new(name, text_at(value, &format!("{at}.value"))?);
    for (field, value) in members {
        let at = format!("{at}.{field}");
        seed = match field.as_str() {
            "enabled" => seed.enabled(bool_at(value, &at)?),
            "managed" => seed.managed(bool_at(value, &at)?),
            "content_type" => seed.content_type(text_at(value, &at)?),
            "expires" => seed.expires(whole_at(value, &at)?),
            "not_before" => seed.not_before(whole_at(value, &at)?),
            "created" => seed.created(whole_at(value, &at)?),
            "updated" => seed.updated(whole_at(value, &at)?),
            "tags" => {
                for (key, value) in object(value, &at)? {
                    seed = seed.tag(key, text_at(value, &format!("{at}.{key}"))?);
                }
                seed
            }
            _ => seed,
        };
    }
    Ok(seed)
}

fn parse_client(value: &Value, at: &str) -> Read<Client> {
    let members = object(value, at)?;
    known(members, at, &["id", "secret", "permissions"])?;
    let text = |field: &str| match members.get(field) {
        Some(value) => text_at(value, &format!("{at}.{field}")),
        None => Err(format!("{at}.{field} is missing")),
    };
    let permissions = members
        .get("permissions")
        .map(|value| permissions(value, &format!("{at}.permissions")))
        .transpose()?;
    Ok(Client {
        id: text("id")?,
        secret: text("secret")?,
        permissions,
    })
}

/// `["get", "list"]`, or `{"allow": ["get", "list"], "refusal": "access-policy"}`.
fn permissions(value: &Value, at: &str) -> Read<Permissions> {
    let (allow, refusal) = match value {
        Value::Object(members) => {
            known(members, at, &["allow", "refusal"])?;
            let refusal = match members
                .get("refusal")
                .map(|value| text_at(value, at))
                .transpose()?
                .as_deref()
            {
                None | Some("rbac") => Refusal::Rbac,
                Some("access-policy") => Refusal::AccessPolicy,
                Some(_) => return Err(format!("{at}.refusal must be rbac or access-policy")),
            };
            (list(members.get("allow"), &format!("{at}.allow"))?, refusal)
        }
        value => (list(Some(value), at)?, Refusal::Rbac),
    };
    let mut allowed = Vec::new();
    for (index, name) in allow.iter().enumerate() {
        let at = format!("{at}[{index}]");
        allowed.push(SecretPermission::from_name(&text_at(name, &at)?).ok_or_else(|| {
            let names = SecretPermission::ALL.map(SecretPermission::as_str).join(", ");
            format!("{at} must be one of {names}")
        })?);
    }
    Ok(Permissions::only(allowed).refused_by(refusal))
}

fn is_vault_name(name: &str) -> bool {
    (3..=24).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
}
