//! What to type, or where to click: the libraries' errors say what helps, and this table the exact command or page for it.

use config_azure_keyvault::{Error as VaultError, ErrorKind, Obstacle, Stage};
use maskinporten::{Error as TokenError, ErrorKind as TokenKind};

use super::names::Names;

/// What goes with a remedy.
#[derive(Debug, Clone, Default)]
pub(super) struct Advice {
    pub(super) command: Option<String>,
    pub(super) page: Option<String>,
}

/// What the doctor found by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    Nothing,
    Environment,
    OldSecret,
    StraySecret,
    DisabledSecret,
    DeletedSecret,
    MissingSetting,
    MissingKey,
    WrongSetting,
    Reference,
    BrokenKey,
    OldKey,
    Clock,
}

/// What a line of the table is for. An error is matched by the first of these that fits, from the special to the general.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Found(Finding),
    /// A code of Key Vault's, of Entra ID's, or of Maskinporten's; or an `error` of OAuth's.
    Code(&'static str),
    /// No connection to the vault.
    Vault(Obstacle),
    /// No connection to who signs in.
    SignIn(Obstacle),
    ManagedIdentity,
    /// Whoever was to sign in cannot be told.
    Choice,
    Kind(ErrorKind),
    /// About the clock, in words alone.
    ClockSaid,
    KidSaid,
    Token(TokenKind),
}

use When::{Choice, ClockSaid, Code, Found, KidSaid, Kind, ManagedIdentity, SignIn, Token, Vault};

const VAULTS: &str = "$ az keyvault list --query \"[].properties.vaultUri\" --output tsv";
const TENANTS: &str = "$ az account list --query \"[].{name:name,tenant:tenantId}\" --output table";
const NEW_CLIENT_SECRET: &str = "$ az ad app credential reset --id {app} --append";
const FEDERATED: &str = "$ az ad app federated-credential list --id {app}";
const VARIABLES: &str = "$ env | cut -d= -f1 | grep AZURE_";
const PROXIES: &str = "$ env | grep -i _proxy= | sed 's#//[^@/]*@#//#'";
const CERTIFICATE: &str = "$ openssl s_client -connect {server} -showcerts </dev/null";
const CERTIFICATE_THERE: &str = "$ openssl s_client -connect {authority_server} -showcerts </dev/null";
const ANSWERS: &str = "$ curl --head {vault_url}/";
const ANSWERS_THERE: &str = "$ curl --head {authority_url}/";
const TIME: &str = "$ sudo timedatectl set-ntp true";
const ENTRA: &str = "https://entra.microsoft.com (App registrations, {app})";
const PORTAL: &str = "{portal} (Samarbeidsportalen: Integrasjoner, {client})";
const SET: &str = "$ az keyvault secret set --vault-name {vault} --name {secret} --file FILE";
const NEW_KEY: &str = "$ maskinporten keygen --vault {vault_url} --section {section} --client-id {client}";
/// In the place of one that is there.
const ANOTHER_KEY: &str = "$ maskinporten keygen --vault {vault_url} --section {section} --force";

/// `$ ` begins a command; anything else is a page.
const TABLE: &[(When, &str)] = &[
    // What the doctor found.
    (Found(Finding::Environment), "$ export {variable}={environment}"),
    (Found(Finding::OldSecret), SET),
    (
        Found(Finding::StraySecret),
        "$ az keyvault secret show --vault-name {vault} --name {secret} --query id",
    ),
    (
        Found(Finding::DisabledSecret),
        "$ az keyvault secret set-attributes --vault-name {vault} --name {secret} --enabled true",
    ),
    (
        Found(Finding::DeletedSecret),
        "$ az keyvault secret recover --vault-name {vault} --name {secret}",
    ),
    (
        Found(Finding::MissingSetting),
        "$ az keyvault secret set --vault-name {vault} --name {secret} --value VALUE",
    ),
    (Found(Finding::MissingKey), NEW_KEY),
    (Found(Finding::WrongSetting), "$ maskinporten config"),
    (Found(Finding::Reference), "$ maskinporten doctor --resolve-references"),
    (Found(Finding::BrokenKey), ANOTHER_KEY),
    (Found(Finding::OldKey), "$ maskinporten rotate --section {section}"),
    (Found(Finding::Clock), TIME),
    // Key Vault's codes.
    (
        Code("ForbiddenByRbac"),
        "$ az keyvault show --name {vault} --query id --output tsv | xargs az role assignment create --role \"Key Vault Secrets User\" \
         --assignee {caller} --scope",
    ),
    (
        Code("AccessDenied"),
        "$ az keyvault set-policy --name {vault} --object-id {caller} --secret-permissions get list",
    ),
    (
        Code("ForbiddenByPolicy"),
        "$ az keyvault set-policy --name {vault} --object-id {caller} --secret-permissions get list",
    ),
    (
        Code("ForbiddenByFirewall"),
        "$ az keyvault network-rule add --name {vault} --ip-address {address}",
    ),
    (
        Code("ForbiddenByConnection"),
        "$ az keyvault update --name {vault} --public-network-access Enabled --default-action Deny",
    ),
    (
        Code("SecretDisabled"),
        "$ az keyvault secret set-attributes --vault-name {vault} --name {secret} --enabled true",
    ),
    (
        Code("SecretNotFound"),
        "$ az keyvault secret recover --vault-name {vault} --name {secret}",
    ),
    (Code("VaultNotFound"), VAULTS),
    // Entra ID's.
    (Code("AADSTS7000215"), NEW_CLIENT_SECRET),
    (Code("AADSTS7000222"), NEW_CLIENT_SECRET),
    (Code("AADSTS90002"), TENANTS),
    (Code("AADSTS900023"), TENANTS),
    (Code("AADSTS700016"), "$ az ad app show --id {app} --query displayName"),
    (Code("AADSTS70021"), FEDERATED),
    (Code("AADSTS700211"), FEDERATED),
    (Code("AADSTS700212"), FEDERATED),
    (Code("AADSTS700213"), FEDERATED),
    (Code("AADSTS700027"), FEDERATED),
    (Code("AADSTS50027"), "$ ls -l \"$AZURE_FEDERATED_TOKEN_FILE\""),
    (Code("AADSTS5002727"), "$ ls -l \"$AZURE_FEDERATED_TOKEN_FILE\""),
    (Code("AADSTS50013"), "$ ls -l \"$AZURE_FEDERATED_TOKEN_FILE\""),
    (Code("AADSTS700024"), "$ ls -l \"$AZURE_FEDERATED_TOKEN_FILE\""),
    (Code("AADSTS500011"), "$ az cloud show --query name"),
    (Code("AADSTS7000216"), VARIABLES),
    (Code("AADSTS7000218"), VARIABLES),
    (
        Code("AADSTS53003"),
        "https://entra.microsoft.com (Protection, Conditional Access)",
    ),
    // No connection.
    (Vault(Obstacle::Name), "$ nslookup {host}"),
    (Vault(Obstacle::Certificate), CERTIFICATE),
    (Vault(Obstacle::CertificateName), CERTIFICATE),
    (Vault(Obstacle::CertificateTime), CERTIFICATE),
    (Vault(Obstacle::NoTls), CERTIFICATE),
    (Vault(Obstacle::Proxy), PROXIES),
    (Vault(Obstacle::Refused), ANSWERS),
    (Vault(Obstacle::Timeout), ANSWERS),
    (Vault(Obstacle::Other), ANSWERS),
    (
        ManagedIdentity,
        "$ az identity list --query \"[].{name:name,clientId:clientId}\" --output table",
    ),
    (SignIn(Obstacle::Name), "$ nslookup {authority}"),
    (SignIn(Obstacle::Certificate), CERTIFICATE_THERE),
    (SignIn(Obstacle::CertificateName), CERTIFICATE_THERE),
    (SignIn(Obstacle::CertificateTime), CERTIFICATE_THERE),
    (SignIn(Obstacle::NoTls), CERTIFICATE_THERE),
    (SignIn(Obstacle::Proxy), PROXIES),
    (SignIn(Obstacle::Refused), ANSWERS_THERE),
    (SignIn(Obstacle::Timeout), ANSWERS_THERE),
    (SignIn(Obstacle::Other), ANSWERS_THERE),
    (Choice, VARIABLES),
    // Whatever else the vault's error is about.
    (
        Kind(ErrorKind::NoVault),
        "$ export AZURE_KEYVAULT_URL=https://NAME.vault.azure.net",
    ),
    (Kind(ErrorKind::InvalidSetting), VAULTS),
    (Kind(ErrorKind::LocalFile), "$ maskinporten config"),
    (Kind(ErrorKind::Credential), ENTRA),
    (
        Kind(ErrorKind::Unauthorized),
        "$ az keyvault show --name {vault} --query properties.tenantId",
    ),
    (Kind(ErrorKind::Forbidden), ANSWERS),
    (
        Kind(ErrorKind::Throttled),
        "$ az keyvault show --name {vault} --query id --output tsv | xargs az monitor metrics list --metric ServiceApiHit --resource",
    ),
    (Kind(ErrorKind::Service), "https://azure.status.microsoft"),
    (Kind(ErrorKind::Unreachable), ANSWERS),
    (Kind(ErrorKind::Timeout), ANSWERS),
    (Kind(ErrorKind::InvalidResponse), ANSWERS),
    (
        Kind(ErrorKind::Secret),
        "$ az keyvault secret list --vault-name {vault} --query \"[].name\" --output tsv",
    ),
    // Maskinporten's codes.
    (Code("MP-130"), TIME),
    (Code("MP-012"), "$ curl --head {endpoint}"),
    (Code("MP-011"), "$ maskinporten config"),
    (Code("MP-110"), "$ maskinporten config"),
    (Code("MP-121"), ANOTHER_KEY),
    (
        Code("MP-250"),
        "https://sjolvbetjening.samarbeid.digdir.no (the scope's owner gives access to it)",
    ),
    (
        Code("MP-251"),
        "https://www.altinn.no (the consumer delegates the scope, under API access)",
    ),
    (
        Code("MP-303"),
        "https://www.altinn.no (the customer approves the system user, under system access)",
    ),
    (
        Code("invalid_altinn_customer_configuration"),
        "https://www.altinn.no (the customer approves the system user, under system access)",
    ),
    (ClockSaid, TIME),
    (KidSaid, PORTAL),
    (Token(TokenKind::Refused), PORTAL),
    (Token(TokenKind::Settings), "$ maskinporten config"),
    (Token(TokenKind::InvalidRequest), "$ maskinporten config"),
    (Token(TokenKind::Key), ANOTHER_KEY),
    (Token(TokenKind::Metadata), "$ curl --head {endpoint}"),
    (Token(TokenKind::Unreachable), "$ curl --head {endpoint}"),
    (Token(TokenKind::InvalidResponse), "$ curl --head {endpoint}"),
    (Token(TokenKind::Unavailable), "https://status.digdir.no"),
    (Token(TokenKind::Exchange), "$ maskinporten config"),
];

pub(super) fn of(finding: Finding, names: &Names) -> Advice {
    first([Found(finding)], names)
}

/// From the special to the general: the code, what stood in the way, the kind.
pub(super) fn of_vault(error: &VaultError, names: &Names) -> Advice {
    let code = error.code().map(known_code);
    let is_sign_in = error.stage() == Stage::Credential;
    let managed = (is_sign_in && error.cause().contains("managed identity")).then_some(ManagedIdentity);
    let obstacle = error.obstacle().map(|obstacle| match is_sign_in {
        true => SignIn(obstacle),
        false => Vault(obstacle),
    });
    // Nobody was asked: it failed before.
    let is_named = error.kind() == ErrorKind::InvalidSetting && error.cause().starts_with("AZURE_");
    let choice = (is_named || (is_sign_in && !error.cause().contains(" token"))).then_some(Choice);
    first(
        [code.flatten(), managed, obstacle, choice, Some(Kind(error.kind()))]
            .into_iter()
            .flatten(),
        names,
    )
}

pub(super) fn of_token(error: &TokenError, names: &Names) -> Advice {
    let mut names = names.clone();
    if let Some(endpoint) = error.endpoint() {
        names.endpoint = Some(endpoint.to_owned());
    }
    let remedy = error.remedy().unwrap_or_default();
    let clock = remedy.contains("clock").then_some(ClockSaid);
    let kid = remedy.contains("`kid`").then_some(KidSaid);
    let codes = [error.mp_code(), error.oauth_error()].map(|code| code.and_then(known_code));
    first(
        codes
            .into_iter()
            .chain([clock, kid, Some(Token(error.kind()))])
            .flatten(),
        &names,
    )
}

/// What helps, where the error does not say it.
pub(super) fn remedy_of(error: &TokenError) -> &str {
    error.remedy().unwrap_or(match error.kind() {
        TokenKind::Unreachable | TokenKind::Unavailable => {
            "check the route there: DNS, firewall, proxy; or allow more time"
        }
        TokenKind::Metadata => "check the authority's address",
        TokenKind::Key => "make a new key, and register it",
        TokenKind::Exchange => "try again, and see whether Altinn has a problem of its own",
        _ => "correct it where it comes from",
    })
}

fn known_code(code: &str) -> Option<When> {
    TABLE
        .iter()
        .map(|(when, _)| *when)
        .find(|when| matches!(when, Code(known) if *known == code))
}

fn first(all: impl IntoIterator<Item = When>, names: &Names) -> Advice {
    let found = all
        .into_iter()
        .find_map(|when| TABLE.iter().find(|(known, _)| *known == when));
    let Some((_, text)) = found else {
        return Advice::default();
    };
    let text = names.filled(text);
    match text.strip_prefix("$ ") {
        Some(command) => Advice {
            command: Some(command.to_owned()),
            page: None,
        },
        None => Advice {
            command: None,
            page: Some(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_left_out() {
        let mut names = Names::default();
        names.of_vault("https://app.vault.azure.net");
        names.secret = Some("$(reboot)".to_owned());
        let advice = of(Finding::DeletedSecret, &names);
        assert_eq!(
            advice.command.as_deref(),
            Some("az keyvault secret recover --vault-name app --name SECRET")
        );
    }

    #[test]
    fn each_line_is_filled_in_with_what_is_known() {
        for (when, text) in TABLE {
            let filled = Names::default().filled(text);
            let left = filled
                .split('{')
                .skip(1)
                .filter(|rest| !rest.starts_with("name:"))
                .count();
            assert_eq!(left, 0, "{when:?}: {filled}");
        }
    }
}
