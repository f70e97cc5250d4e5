//! The vault says no.

use altinn_emulators::keyvault_emulator::{
    Fault, FaultAction, Firewall, Permissions, Refusal, RequestKind, SecretPermission, service_error,
};

use super::{AT_ONCE, Fails, LIMIT, diagnosis};
use crate::support::World;

const SECRET: &str = "MaskinportenSettings--ClientId";

#[test]
fn who_may_not_list_or_get() {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    let list = |permissions: Permissions| vault.set_permissions(permissions);
    let fails = |row: Fails| {
        let found = diagnosis(&world, AT_ONCE, &[]);
        found.assert(&row);
        for after in ["section", "key", "metadata", "token", "altinn"] {
            assert_eq!(found.outcome(after), "not_reached", "{after}: {}", found.written);
        }
        for before in ["environment", "files", "vault", "credential", "dns", "tls", "sign_in"] {
            assert_eq!(found.outcome(before), "passed", "{before}: {}", found.written);
        }
    };
    list(Permissions::none());
    fails(Fails {
        step: "list",
        cause: "403 ForbiddenByRbac: Caller is not authorized",
        remedy: "give the identity the role `Key Vault Secrets User` on the vault",
        help: "xargs az role assignment create --role \"Key Vault Secrets User\" --assignee",
    });
    list(Permissions::none().refused_by(Refusal::AccessPolicy));
    fails(Fails {
        step: "list",
        cause: "403 AccessDenied: The user, group or application",
        remedy: "give the identity the secret permission `list`",
        help: "az keyvault set-policy --name localhost --object-id",
    });
    list(Permissions::only([SecretPermission::Get]));
    fails(Fails {
        step: "list",
        cause: "403 ForbiddenByRbac",
        remedy: "an identity that may get but not list",
        help: "az role assignment create",
    });
    list(Permissions::all());
    vault.deny(SECRET, SecretPermission::Get);
    fails(Fails {
        step: "get",
        cause: "secret `MaskinportenSettings--ClientId`: 403 ForbiddenByRbac",
        remedy: "give the identity the role",
        help: "az role assignment create",
    });
    list(Permissions::all().refused_by(Refusal::AccessPolicy));
    fails(Fails {
        step: "get",
        cause: "403 AccessDenied",
        remedy: "the secret permission `get`",
        help: "az keyvault set-policy",
    });
    vault.clear_denied();
    vault.set_firewall(Firewall::Closed);
    fails(Fails {
        step: "list",
        cause: "403 ForbiddenByFirewall: Client address is not authorized",
        remedy: "let this machine's address through the vault's firewall",
        help: "az keyvault network-rule add --name localhost --ip-address 127.0.0.1",
    });
    vault.set_firewall(Firewall::PublicAccessDisabled);
    fails(Fails {
        step: "list",
        cause: "403 ForbiddenByConnection: Public network access is disabled",
        remedy: "use its private endpoint",
        help: "az keyvault update --name localhost",
    });
}

fn status(status: u16, body: &str, headers: &[(&str, &str)]) -> FaultAction {
    FaultAction::Status {
        status,
        body: body.to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
    }
}

#[test]
fn a_host_that_is_no_vault() {
    let world = World::new();
    let rows = [
        (
            status(401, "", &[("www-authenticate", "Basic realm=\"x\"")]),
            "asks for a token without saying for which resource",
            "check that localhost is a Key Vault",
        ),
        (
            status(401, "", &[]),
            "401: the reply is empty",
            "check the URL of localhost",
        ),
        (
            status(404, "Not Found", &[]),
            "404: 9 bytes",
            "check the URL of localhost",
        ),
        (
            status(302, "", &[("location", "https://login.example/")]),
            "302: the reply is empty",
            "check the URL",
        ),
        (
            status(204, "", &[]),
            "204: the reply is empty",
            "check the URL of localhost",
        ),
        (
            service_error(
                400,
                "BadParameter",
                None,
                "The specified version (1.0) is not recognized.",
            ),
            "400 BadParameter: The specified version",
            "check the API version",
        ),
    ];
    for (action, cause, remedy) in rows {
        world.emulators.vault.clear_faults();
        let fault = Fault::new(action).for_kind(RequestKind::List).before_authentication();
        world.emulators.vault.inject(fault);
        diagnosis(&world, AT_ONCE, &[]).assert(
            &Fails {
                step: "list",
                cause,
                remedy,
                help: "az keyvault show --name localhost",
            }
            .or_curl(cause),
        );
    }
    // Its challenge names a resource that `localhost` is not under.
    world.emulators.vault.clear_faults();
    let ran = world.finished(&world.command(&["doctor"]).output().expect("it runs"), &[]);
    assert!(
        ran.stdout.contains("the vault's challenge names a resource"),
        "{}",
        ran.stdout
    );
}

impl Fails {
    /// Only of a token that the vault refused is there something to ask Azure.
    fn or_curl(self, cause: &str) -> Self {
        match cause.starts_with("401") {
            true => self,
            false => Self {
                help: "curl --head https://localhost:",
                ..self
            },
        }
    }
}

#[test]
fn what_is_not_found_and_what_is_too_much() {
    let world = World::new();
    let (get, list) = (RequestKind::Get, RequestKind::List);
    let not_found = |code: &str, inner: Option<&str>| Fault::new(service_error(404, code, inner, "It is not found."));
    let checks = "check that localhost is a Key Vault";
    let curl = "curl --head https://localhost:";
    let busy = || service_error(503, "ServiceUnavailable", None, "The service is unavailable.");
    let rows = [
        (
            not_found("VaultNotFound", None).for_kind(get),
            AT_ONCE,
            "get",
            "404 VaultNotFound",
            "is there and is named right",
            "az keyvault list",
        ),
        (
            not_found("SecretNotFound", Some("VaultNotFound")).for_kind(get),
            AT_ONCE,
            "get",
            "404 VaultNotFound",
            "is there and is named right",
            "az keyvault list",
        ),
        (
            not_found("NotFound", None).for_kind(get),
            AT_ONCE,
            "get",
            "404 NotFound: It is not found",
            checks,
            curl,
        ),
        (
            not_found("ResourceNotFound", None).for_kind(get),
            AT_ONCE,
            "get",
            "404 ResourceNotFound",
            checks,
            curl,
        ),
        (
            not_found("secret_not_found", None).for_kind(get),
            AT_ONCE,
            "get",
            "404 secret_not_found",
            checks,
            curl,
        ),
        (
            not_found("ApiVersionNotFound", None).for_kind(get),
            AT_ONCE,
            "get",
            "404 ApiVersionNotFound",
            "name a version",
            curl,
        ),
        (
            Fault::throttled(Some(3_600)).for_kind(get),
            AT_ONCE,
            "get",
            "429 Throttled",
            "spread the starts",
            "az monitor metrics list",
        ),
        (
            Fault::throttled(Some(3_600)).for_kind(list),
            AT_ONCE,
            "list",
            "it asks for a pause of 3600 s",
            "spread the starts",
            "ServiceApiHit",
        ),
        (
            Fault::throttled(None).for_kind(get),
            LIMIT,
            "get",
            "429 Throttled",
            "or use a vault per app",
            "az monitor metrics list",
        ),
        (
            Fault::new(busy()).header("retry-after", "3600").for_kind(list),
            AT_ONCE,
            "list",
            "503 ServiceUnavailable",
            "wait",
            "https://azure.status.microsoft",
        ),
    ];
    for (fault, timeout, step, cause, remedy, help) in rows {
        world.emulators.vault.clear_faults();
        world.emulators.vault.inject(fault);
        diagnosis(&world, timeout, &[]).assert(&Fails {
            step,
            cause,
            remedy,
            help,
        });
    }
}

#[test]
fn what_is_gone_disabled_or_old_is_told_and_stops_nothing() {
    use altinn_emulators::keyvault_emulator::SecretSeed;

    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    vault.seed(SecretSeed::new("Api--Old", crate::support::MARKER).expires(1_500_000_000));
    vault.seed(SecretSeed::new("Api--Early", crate::support::MARKER).not_before(4_000_000_000));
    vault.seed(SecretSeed::new("Api--Off", crate::support::MARKER).enabled(false));
    vault.set("Api--Gone", crate::support::MARKER);
    let gone = service_error(404, "SecretNotFound", None, "A secret was not found.");
    world.emulators.vault.inject(Fault::new(gone).for_secret("Api--Gone"));
    let found = diagnosis(&world, AT_ONCE, &[]);
    let told = |secret: &str| {
        let step = found.steps.iter().find(|step| {
            step["step"] == "secret" && step["message"].as_str().is_some_and(|message| message.contains(secret))
        });
        let step = step.unwrap_or_else(|| panic!("{secret}: {}", found.written));
        assert_eq!(step["outcome"], "warned");
        (
            step["message"].as_str().unwrap_or_default().to_owned(),
            step["command"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let (old, command) = told("Api--Old");
    assert!(
        old.contains("has expired")
            && command.contains("az keyvault secret set --vault-name localhost --name Api--Old")
    );
    assert!(told("Api--Early").0.contains("is not valid yet"));
    let (off, command) = told("Api--Off");
    assert!(
        off.contains("disabled") && command.contains("--name Api--Off --enabled true"),
        "{command}"
    );
    let (gone, command) = told("Api--Gone");
    assert!(
        gone.contains("deleted") && command.contains("az keyvault secret recover"),
        "{command}"
    );
    assert_eq!(found.outcome("token"), "passed", "{}", found.written);
}
