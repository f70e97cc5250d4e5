//! The seed file. Every complaint names the place and never the value that is there.

use std::time::Duration;

use emulator_kit::seed::{bool_at, known, list, object, parse_json, text_at, whole_at};
use maskinporten_emulator::{Builder, ClientKey, ClientSpec, EmulatorError, MaskinportenEmulator};
use serde_json::{Map, Value};

/// The id of the client that signs with a certificate.
const CERTIFIED: &str = "b1e0af2f-b2f3-417d-b632-31dd36752d32";

/// What a seed file says. `README.md` describes the format.
#[derive(Default)]
pub(crate) struct Seed {
    clients: Vec<ClientSpec>,
    audiences: Vec<String>,
    propagation: Option<Duration>,
    token_lifetime: Option<Duration>,
    altinn_token_lifetime: Option<Duration>,
    system_users: Vec<(String, String)>,
    delegations: Vec<(String, String)>,
    org_codes: Vec<(String, String)>,
}

type Read<T> = Result<T, String>;

impl Seed {
    pub(crate) fn parse(json: &str) -> Read<Self> {
        let value = parse_json(json)?;
        let members = object(&value, "the seed")?;
        known(
            members,
            "the seed",
            &[
                "clients",
                "audiences",
                "propagation",
                "token_lifetime",
                "altinn_token_lifetime",
                "system_users",
                "delegations",
                "org_codes",
            ],
        )?;
        let mut seed = Self {
            audiences: texts(members, "", "audiences")?,
            propagation: seconds(members, "", "propagation")?,
            token_lifetime: seconds(members, "", "token_lifetime")?,
            altinn_token_lifetime: seconds(members, "", "altinn_token_lifetime")?,
            ..Self::default()
        };
        for (index, value) in list(members.get("clients"), "clients")?.iter().enumerate() {
            seed.clients.push(client(value, &format!("clients[{index}]"))?);
        }
        for (index, value) in list(members.get("system_users"), "system_users")?.iter().enumerate() {
            let at = format!("system_users[{index}]");
            let members = object(value, &at)?;
            known(members, &at, &["org", "external_ref"])?;
            let org = org(members, &at)?.ok_or_else(|| format!("{at}.org is missing"))?;
            let reference = text(members, &at, "external_ref")?.unwrap_or_else(|| org.clone());
            seed.system_users.push((org, reference));
        }
        for (index, value) in list(members.get("delegations"), "delegations")?.iter().enumerate() {
            let at = format!("delegations[{index}]");
            let members = object(value, &at)?;
            known(members, &at, &["scope", "org"])?;
            let scope = text(members, &at, "scope")?.ok_or_else(|| format!("{at}.scope is missing"))?;
            let org = org(members, &at)?.ok_or_else(|| format!("{at}.org is missing"))?;
            seed.delegations.push((scope, org));
        }
        if let Some(codes) = members.get("org_codes") {
            for (org, code) in object(codes, "org_codes")? {
                let code = text_at(code, &format!("org_codes.{org}"))?;
                seed.org_codes.push((org.clone(), code));
            }
        }
        Ok(seed)
    }

    pub(crate) fn start(self, mut builder: Builder) -> Result<MaskinportenEmulator, EmulatorError> {
        let has_clients = !self.clients.is_empty();
        for client in self.clients {
            builder = builder.client(client);
        }
        for audience in self.audiences {
            builder = builder.audience(audience);
        }
        if let Some(propagation) = self.propagation {
            builder = builder.propagation(propagation);
        }
        if let Some(lifetime) = self.token_lifetime {
            builder = builder.token_lifetime(lifetime);
        }
        if let Some(lifetime) = self.altinn_token_lifetime {
            builder = builder.altinn_token_lifetime(lifetime);
        }
        let emulator = builder.start_blocking()?;
        if !has_clients {
            // Beside the default client, one that signs with a certificate.
            let default = emulator.client();
            let certified = ClientSpec::new(CERTIFIED)
                .scopes(default.scopes())
                .key(ClientKey::generate_certificate(default.org()));
            emulator.register(certified);
        }
        for (org, reference) in &self.system_users {
            emulator.approve_system_user(org, reference);
        }
        for (scope, org) in &self.delegations {
            emulator.delegate(scope, org);
        }
        for (org, code) in &self.org_codes {
            emulator.set_org_code(org, code);
        }
        Ok(emulator)
    }
}

fn client(value: &Value, at: &str) -> Read<ClientSpec> {
    let members = object(value, at)?;
    known(
        members,
        at,
        &["client_id", "scopes", "org", "token_lifetime", "jwk", "certificate"],
    )?;
    let id = text(members, at, "client_id")?.ok_or_else(|| format!("{at}.client_id is missing"))?;
    let mut spec = ClientSpec::new(id).scopes(texts(members, at, "scopes")?);
    let org = org(members, at)?;
    if let Some(org) = &org {
        spec = spec.org(org);
    }
    if let Some(lifetime) = seconds(members, at, "token_lifetime")? {
        spec = spec.token_lifetime(lifetime);
    }
    if let Some(jwk) = members.get("jwk") {
        let key = ClientKey::from_jwk(&jwk.to_string()).map_err(|problem| format!("{at}.jwk: {problem}"))?;
        spec = spec.key(key);
    }
    let with_certificate = match members.get("certificate") {
        Some(value) => bool_at(value, &format!("{at}.certificate"))?,
        None => false,
    };
    if with_certificate {
        if members.contains_key("jwk") {
            return Err(format!("{at} has both a jwk and a certificate"));
        }
        spec = spec.key(ClientKey::generate_certificate(org.as_deref().unwrap_or("991825827")));
    }
    Ok(spec)
}

fn place(at: &str, member: &str) -> String {
    if at.is_empty() {
        member.to_owned()
    } else {
        format!("{at}.{member}")
    }
}

fn text(members: &Map<String, Value>, at: &str, member: &str) -> Read<Option<String>> {
    let value = members.get(member);
    value.map(|value| text_at(value, &place(at, member))).transpose()
}

fn texts(members: &Map<String, Value>, at: &str, member: &str) -> Read<Vec<String>> {
    let at = place(at, member);
    let values = list(members.get(member), &at)?.iter().enumerate();
    values
        .map(|(index, value)| text_at(value, &format!("{at}[{index}]")))
        .collect()
}

fn seconds(members: &Map<String, Value>, at: &str, member: &str) -> Read<Option<Duration>> {
    let Some(value) = members.get(member) else {
        return Ok(None);
    };
    let at = place(at, member);
    let seconds = u64::try_from(whole_at(value, &at)?).map_err(|_| format!("{at} must not be negative"))?;
    Ok(Some(Duration::from_secs(seconds)))
}

fn org(members: &Map<String, Value>, at: &str) -> Read<Option<String>> {
    let org = text(members, at, "org")?;
    match &org {
        Some(org) if org.len() != 9 || !org.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(format!("{at}.org must be nine digits"))
        }
        _ => Ok(org),
    }
}
