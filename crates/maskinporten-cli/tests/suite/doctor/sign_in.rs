//! Who signs in, and is refused; and who cannot even be told.

use altinn_emulators::keyvault_emulator::{Fault, FaultAction, RequestKind, SignIn, entra_error};

use super::{AT_ONCE, Fails, LIMIT, diagnosis};
use crate::support::{MARKER, World};

const OTHER: &str = "11111111-2222-3333-4444-555555555555";
const TOKENS: &str = "check the URL of the token endpoint localhost";
const FEDERATED: &str = "az ad app federated-credential list --id";

#[test]
fn what_entra_refuses() {
    let mut world = World::new();
    let usual = world.variables.clone();
    let rows = [
        (
            "AZURE_CLIENT_SECRET",
            MARKER,
            "401 AADSTS7000215: Invalid client secret provided",
            "set the secret's value (not its id)",
            "az ad app credential reset --id",
        ),
        (
            "AZURE_TENANT_ID",
            OTHER,
            "400 AADSTS90002: Tenant",
            "check the tenant id",
            "az account list",
        ),
        (
            "AZURE_TENANT_ID",
            "contoso.example",
            "400 AADSTS90002: Tenant",
            "check the tenant id",
            "az account list",
        ),
        (
            "AZURE_CLIENT_ID",
            OTHER,
            "400 AADSTS700016: Application",
            "check the client id",
            "az ad app show --id 11111111",
        ),
    ];
    for (variable, value, cause, remedy, help) in rows {
        world.variables = usual.clone();
        world.variables.insert(variable.to_owned(), value.to_owned());
        diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
            step: "sign_in",
            cause,
            remedy,
            help,
        });
    }
}

#[test]
fn what_the_token_endpoint_may_say() {
    let world = World::new();
    let status = |status, body: &str| FaultAction::Status {
        status,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    let expired = entra_error(
        401,
        "invalid_client",
        7_000_222,
        "The provided client secret keys for app 'x' are expired.",
    );
    let quoted = format!(r#"{{"access_token": "{MARKER}", "expires_in": "{MARKER}""#);
    let rows = [
        (
            expired,
            AT_ONCE,
            "401 AADSTS7000222",
            "a client secret that has not expired",
            "az ad app credential reset",
        ),
        (
            FaultAction::Html { status: 200 },
            AT_ONCE,
            "200: an HTML page",
            TOKENS,
            "entra.microsoft.com",
        ),
        (
            FaultAction::Html { status: 403 },
            AT_ONCE,
            "403: an HTML page",
            TOKENS,
            "entra.microsoft.com",
        ),
        (
            FaultAction::Html { status: 502 },
            LIMIT,
            "502: an HTML page",
            TOKENS,
            "entra.microsoft.com",
        ),
        (
            status(500, ""),
            LIMIT,
            "500: the reply is empty",
            TOKENS,
            "entra.microsoft.com",
        ),
        (
            FaultAction::Throttled {
                retry_after: Some(3_600),
            },
            AT_ONCE,
            "429 Throttled",
            "spread the starts",
            "entra.microsoft.com",
        ),
        (
            status(200, "{}"),
            AT_ONCE,
            "the token is empty",
            TOKENS,
            "entra.microsoft.com",
        ),
        (
            status(200, &format!(r#"[["{MARKER}"]]"#)),
            AT_ONCE,
            "JSON of another form",
            TOKENS,
            "",
        ),
        (status(200, &quoted), AT_ONCE, "JSON of another form", TOKENS, ""),
        (
            status(400, &format!("{MARKER:#<32}")),
            AT_ONCE,
            "400: 32 bytes",
            TOKENS,
            "",
        ),
        (FaultAction::MalformedJson, AT_ONCE, "JSON that ends early", TOKENS, ""),
        (
            FaultAction::TruncatedBody,
            LIMIT,
            "the connection broke",
            "check what stands between",
            "",
        ),
        (
            FaultAction::Hang,
            LIMIT,
            "no answer within 3s",
            "check the route to the token endpoint localhost",
            "",
        ),
        (status(302, ""), AT_ONCE, "302: the reply is empty", TOKENS, ""),
    ];
    for (action, timeout, cause, remedy, help) in rows {
        world.emulators.vault.clear_faults();
        world
            .emulators
            .vault
            .inject(Fault::new(action).for_kind(RequestKind::Token));
        let found = diagnosis(&world, timeout, &[]);
        found.assert(&Fails {
            step: "sign_in",
            cause,
            remedy,
            help,
        });
        // The vault itself is there.
        assert_eq!(
            (found.outcome("dns"), found.outcome("tls")),
            ("passed", "passed"),
            "{}",
            found.written
        );
    }
}

#[test]
fn what_a_refusal_means() {
    let world = World::new();
    for (number, remedy, help) in [
        (700_024, "the federated token has expired", "AZURE_FEDERATED_TOKEN_FILE"),
        (700_027, "the federated token's signature does not fit", FEDERATED),
        (7_000_216, "no secret and no federated token arrived", "env | cut"),
        (7_000_218, "no secret and no federated token arrived", "env | cut"),
        (50_027, "hold one whole token", "AZURE_FEDERATED_TOKEN_FILE"),
        (50_013, "hold one whole token", "AZURE_FEDERATED_TOKEN_FILE"),
        (50_196, "find what restarts in a loop", "entra.microsoft.com"),
        (7_000_215, "set the secret's value", "az ad app credential reset"),
        (70_021, "check the app's federated credential", FEDERATED),
        (500_011, "tenant, cloud and vault belong together", "az cloud show"),
        (53_003, "conditional access", "Conditional Access"),
    ] {
        world.emulators.vault.clear_faults();
        let refusal = entra_error(400, "invalid_request", number, "It is refused.");
        world
            .emulators
            .vault
            .inject(Fault::new(refusal).for_kind(RequestKind::Token));
        diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
            step: "sign_in",
            cause: "It is refused",
            remedy,
            help,
        });
    }
}

#[test]
fn a_credential_that_cannot_be_told() {
    let mut world = World::new();
    world.variables.insert("AZURE_CLIENT_SECRET".to_owned(), " ".to_owned());
    let found = diagnosis(&world, AT_ONCE, &[]);
    found.assert(&Fails {
        step: "credential",
        cause: "AZURE_CLIENT_SECRET",
        remedy: "",
        help: "env | cut",
    });
    for after in ["dns", "tls", "sign_in", "list", "get", "section", "key", "token"] {
        assert_eq!(found.outcome(after), "not_reached", "{after}: {}", found.written);
    }
}

#[test]
fn managed_identity() {
    let mut world = World::new();
    let there = |world: &mut World, sign_in: SignIn| {
        let variables = world.emulators.vault.variables(sign_in).expect("variables");
        let ca = world.variables["SSL_CERT_FILE"].clone();
        world.variables = variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        world.variables.insert("SSL_CERT_FILE".to_owned(), ca);
    };
    for sign_in in [SignIn::AppService, SignIn::VirtualMachine, SignIn::WorkloadIdentity] {
        there(&mut world, sign_in);
        let found = diagnosis(&world, AT_ONCE, &[]);
        assert_eq!(found.status, 0, "{}", found.written);
    }
    there(&mut world, SignIn::AppService);
    world
        .variables
        .insert("IDENTITY_HEADER".to_owned(), "wrong-header".to_owned());
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "sign_in",
        cause: "401: The X-IDENTITY-HEADER header is missing or wrong",
        remedy: "give this machine or pod a managed identity",
        help: "az identity list",
    });
    there(&mut world, SignIn::VirtualMachine);
    world.variables.insert("AZURE_CLIENT_ID".to_owned(), OTHER.to_owned());
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "sign_in",
        cause: "400 invalid_request: Identity not found",
        remedy: "check that the identity of AZURE_CLIENT_ID is assigned",
        help: "az identity list",
    });
    there(&mut world, SignIn::VirtualMachine);
    world
        .emulators
        .vault
        .inject(Fault::new(FaultAction::Html { status: 403 }).for_kind(RequestKind::Identity));
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "sign_in",
        cause: "403: an HTML page",
        remedy: "what answers there is not managed identity",
        help: "az identity list",
    });
    for (fault, remedy) in [
        (Fault::status(410, "{}"), "IMDS is being updated"),
        (
            Fault::new(FaultAction::Html { status: 404 }),
            "IMDS is not ready, or this machine has none",
        ),
        (Fault::status(500, ""), "IMDS is not ready"),
        (Fault::reset(), "IMDS is not ready"),
    ] {
        world.emulators.vault.clear_faults();
        world.emulators.vault.inject(fault.for_kind(RequestKind::Identity));
        diagnosis(&world, LIMIT, &[]).assert(&Fails {
            step: "sign_in",
            cause: "got no token from IMDS at 127.0.0.1",
            remedy,
            help: "az identity list",
        });
    }
    for place in ["http://10.0.0.1", "nonsense"] {
        world
            .variables
            .insert("AZURE_POD_IDENTITY_AUTHORITY_HOST".to_owned(), place.to_owned());
        diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
            step: "sign_in",
            cause: "AZURE_POD_IDENTITY_AUTHORITY_HOST names neither",
            remedy: "write it as http://127.0.0.1:2579",
            help: "env | cut",
        });
    }
}

#[test]
fn a_token_endpoint_out_of_reach() {
    let mut world = World::new();
    let nobody = format!("https://127.0.0.1:{}", super::reach::free_port());
    world.variables.insert("AZURE_AUTHORITY_HOST".to_owned(), nobody);
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "sign_in",
        cause: "no connection: Connection refused",
        remedy: "check the host and port of the token endpoint 127.0.0.1",
        help: "curl --head https://127.0.0.1:",
    });
}
