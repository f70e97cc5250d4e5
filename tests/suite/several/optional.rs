//! A vault that need not be there: three cases, each row of the failure tests, each case on and off.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use config_azure_keyvault::{ErrorKind, HealthState, OptionalIf, SecretName, ValidityPolicy};
use keyvault_emulator::{
    Fault, FaultAction, Firewall, Permissions, Refusal, RequestKind, SecretPermission, entra_error, service_error,
};

use super::*;
use crate::failures::{all, free_port};

const UNREACHABLE: Option<OptionalIf> = Some(OptionalIf::Unreachable);
const NO_CREDENTIAL: Option<OptionalIf> = Some(OptionalIf::NoCredential);
const NO_PERMISSION: Option<OptionalIf> = Some(OptionalIf::NoPermission);
/// An error in any case.
const FATAL: Option<OptionalIf> = None;

const ALL: [OptionalIf; 3] = [
    OptionalIf::Unreachable,
    OptionalIf::NoCredential,
    OptionalIf::NoPermission,
];

/// For what never answers.
const SHORT: Duration = Duration::from_secs(4);

type Row = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A way to fail, the case that it is of, and the kind of its error. `broken` hands out the source that meets it.
fn row(
    name: &'static str,
    case: Option<OptionalIf>,
    kind: ErrorKind,
    broken: impl FnOnce(&World) -> AzureKeyVault + Send + 'static,
) -> Row {
    Box::pin(async move {
        let world = World::start().await;
        world.seed(&["A", "B"]);
        let source = broken(&world);
        let named = [&[][..], &ALL[..1], &ALL[1..2], &ALL[2..], &ALL[..]];
        let loads = named.map(|named| meets(name, source.clone().optional(named.iter().copied()), case, kind, named));
        futures::future::join_all(loads).await;
    })
}

/// Fatal, unless its case is named; degraded then, and for the same reason.
async fn meets(name: &str, source: AzureKeyVault, case: Option<OptionalIf>, kind: ErrorKind, named: &[OptionalIf]) {
    let built = over(r#"{ "A": "file" }"#)
        .add_async_source(source.clone())
        .build()
        .await;
    check_built(&source, &built);
    leaks::assert_clean_debug(&source.health());
    match (built, case.filter(|case| named.contains(case))) {
        (Err(error), None) => {
            let error = Error::find(&error).unwrap_or_else(|| panic!("{name}: not ours: {error}"));
            assert_eq!(error.kind(), kind, "{name}: {error}");
            assert_eq!(source.health().state, HealthState::Failing, "{name}");
            assert!(source.report().is_none(), "{name}");
        }
        (Ok(config), Some(case)) => {
            assert_eq!(config.get_string("A").expect("a value"), "file", "{name}");
            let report = source.report().expect("a report");
            assert!(report.is_degraded() && report.loaded.is_empty(), "{name}");
            let [not_loaded] = report.not_loaded.as_slice() else {
                panic!("{name}: {:?}", report.not_loaded)
            };
            assert_eq!(not_loaded.case, case, "{name}");
            let begins = format!("Azure Key Vault {}: ", not_loaded.vault);
            assert!(not_loaded.reason.starts_with(&begins), "{name}: {not_loaded}");
            assert!(!not_loaded.to_string().contains(['\n', '\r']), "{name}: {not_loaded}");
            let health = source.health();
            assert_eq!(health.state, HealthState::Degraded, "{name}");
            assert_eq!(health.reason, Some(not_loaded.to_string()), "{name}");
        }
        (Err(error), Some(_)) => panic!("{name} with {named:?} is fatal: {error}"),
        (Ok(_), None) => panic!("{name} with {named:?} loads"),
    }
}

fn faulty(world: &World, fault: Fault) -> AzureKeyVault {
    world.emulator.inject(fault);
    world.source().deadline(SHORT)
}

/// As a service has it: no HTTP client of the test's, but ours, by these variables.
fn own_client(world: &World, url: &str, variables: &[(&str, String)]) -> AzureKeyVault {
    let more = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    AzureKeyVault::new(url)
        .environment("Production")
        .process_environment(world.variables().into_iter().chain(more))
        .mounted_settings("/nowhere")
        .ca_pem(world.emulator.ca_pem())
        .verify_challenge_resource(false)
        .connect_timeout(Duration::from_millis(300))
}

/// More than a page.
fn many(world: &World) {
    let names: Vec<String> = (0..30).map(|n| format!("Key{n:02}")).collect();
    world.seed(&names.iter().map(String::as_str).collect::<Vec<_>>());
}

fn list(action: FaultAction) -> Fault {
    Fault::new(action).for_kind(RequestKind::List)
}

fn refused_token() -> Fault {
    let challenge = r#"Bearer authorization="https://login.test/x", resource="https://vault.azure.test""#;
    list(service_error(401, "Unauthorized", None, "AKV10022: Invalid audience.")).header("www-authenticate", challenge)
}

#[tokio::test]
async fn a_vault_that_cannot_be_reached() {
    let unreachable = ErrorKind::Unreachable;
    let mut rows = vec![
        row("a port nobody listens on", UNREACHABLE, unreachable, |world| {
            let url = format!("https://127.0.0.1:{}", free_port());
            world
                .signed_in(AzureKeyVault::new(url))
                .verify_challenge_resource(false)
        }),
        row("a certificate nobody trusts", UNREACHABLE, unreachable, |world| {
            AzureKeyVault::new(world.emulator.url())
                .environment("Production")
                .process_environment(world.variables())
                .mounted_settings("/nowhere")
        }),
        row("a list that hangs", UNREACHABLE, ErrorKind::Timeout, |world| {
            faulty(world, Fault::hang().for_kind(RequestKind::List)).deadline(Duration::from_secs(2))
        }),
        row("a get that hangs", UNREACHABLE, ErrorKind::Timeout, |world| {
            faulty(world, Fault::hang().for_secret("B"))
        }),
        row("a vault of no such name", UNREACHABLE, unreachable, |world| {
            world.signed_in(AzureKeyVault::new(world.url.replace("//app.", "//ap.")))
        }),
        row("a host that no resolver knows", UNREACHABLE, unreachable, |world| {
            own_client(world, "https://app.vault.invalid", &[])
        }),
        row("the certificate of another host", UNREACHABLE, unreachable, |world| {
            let url = world.emulator.url();
            let port = url
                .rsplit(':')
                .next()
                .and_then(|port| port.parse().ok())
                .expect("a port");
            let client = world.emulator.http_client_builder();
            let client = client.resolve("vault.example", ([127, 0, 0, 1], port).into()).build();
            world
                .signed_in(AzureKeyVault::new(format!("https://vault.example:{port}")))
                .http_client(client.expect("a client"))
        }),
        row("a port that speaks no TLS", UNREACHABLE, unreachable, |world| {
            let url = world.emulator.imds_authority().replace("http:", "https:");
            world.signed_in(AzureKeyVault::new(url))
        }),
        row(
            "a host that takes connections and hangs",
            UNREACHABLE,
            unreachable,
            |world| {
                world.emulator.inject(Fault::new(FaultAction::HangConnection));
                own_client(world, &world.emulator.url(), &[])
            },
        ),
        row("a proxy that is dead", UNREACHABLE, unreachable, |world| {
            own_client(
                world,
                &world.url,
                &[("HTTPS_PROXY", format!("http://127.0.0.1:{}", free_port()))],
            )
        }),
        row(
            "a proxy of a kind that is not spoken",
            UNREACHABLE,
            unreachable,
            |world| {
                own_client(
                    world,
                    &world.url,
                    &[("ALL_PROXY", format!("socks5://127.0.0.1:{}", free_port()))],
                )
            },
        ),
        row(
            "throttled for longer than the deadline",
            UNREACHABLE,
            ErrorKind::Throttled,
            |world| faulty(world, Fault::throttled(Some(600)).for_kind(RequestKind::List)),
        ),
    ];
    for kind in [RequestKind::List, RequestKind::Get] {
        rows.push(row(
            "a connection that is reset",
            UNREACHABLE,
            unreachable,
            move |world| faulty(world, Fault::reset().for_kind(kind)).deadline(Duration::from_secs(30)),
        ));
        for status in [500, 502, 503, 504] {
            rows.push(row(
                "a vault that fails",
                UNREACHABLE,
                ErrorKind::Service,
                move |world| {
                    let fault = Fault::new(service_error(status, "InternalError", None, "An error."));
                    faulty(world, fault.for_kind(kind)).deadline(Duration::from_secs(30))
                },
            ));
        }
    }
    all(rows).await;
}

#[tokio::test]
async fn a_credential_that_gives_no_token() {
    let token = |fault: Fault| fault.for_kind(RequestKind::Token);
    let credential = ErrorKind::Credential;
    all([
        row("a client that is refused", NO_CREDENTIAL, credential, move |world| {
            faulty(
                world,
                token(Fault::new(entra_error(
                    401,
                    "invalid_client",
                    7_000_215,
                    "Invalid client secret.",
                ))),
            )
        }),
        row("a token endpoint that fails", NO_CREDENTIAL, credential, move |world| {
            faulty(world, token(Fault::status(500, "")))
        }),
        row(
            "a token endpoint that resets",
            NO_CREDENTIAL,
            credential,
            move |world| faulty(world, token(Fault::reset())),
        ),
        row("a token endpoint that hangs", NO_CREDENTIAL, credential, move |world| {
            faulty(world, token(Fault::hang()))
                .deadline(Duration::from_secs(30))
                .credential_timeout(SHORT)
        }),
        row(
            "a federated token that is not there",
            NO_CREDENTIAL,
            credential,
            |world| {
                let variables = [
                    ("AZURE_TENANT_ID", world.emulator.tenant().to_owned()),
                    ("AZURE_CLIENT_ID", world.emulator.client_id().to_owned()),
                    ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token".to_owned()),
                    ("AZURE_AUTHORITY_HOST", world.emulator.authority()),
                ];
                world.source().process_environment(variables)
            },
        ),
        row(
            "a proxy before the token endpoint that is dead",
            NO_CREDENTIAL,
            credential,
            |world| {
                let authority = world.emulator.authority().replace("localhost", "login.example");
                let proxy = format!("http://127.0.0.1:{}", free_port());
                own_client(
                    world,
                    &world.emulator.url(),
                    &[("AZURE_AUTHORITY_HOST", authority), ("HTTPS_PROXY", proxy)],
                )
            },
        ),
        row(
            "an identity that is never ready",
            NO_CREDENTIAL,
            credential,
            move |world| {
                let fault = Fault::status(410, "{}").for_kind(RequestKind::Identity);
                let authority = world.emulator.imds_authority();
                faulty(world, fault)
                    .process_environment([("AZURE_POD_IDENTITY_AUTHORITY_HOST", authority)])
                    .credential_timeout(Duration::from_secs(2))
            },
        ),
        row("a machine without an identity", NO_CREDENTIAL, credential, |world| {
            let identity = format!("http://127.0.0.1:{}", free_port());
            world
                .source()
                .process_environment([("AZURE_POD_IDENTITY_AUTHORITY_HOST", identity)])
                .deadline(SHORT)
        }),
    ])
    .await;
}

#[tokio::test]
async fn a_vault_that_refuses() {
    let forbidden = ErrorKind::Forbidden;
    let permitted = |permissions: fn() -> Permissions| {
        move |world: &World| {
            world.vault.set_permissions(permissions());
            world.source()
        }
    };
    let behind = |firewall: Firewall| {
        move |world: &World| {
            world.vault.set_firewall(firewall);
            world.source()
        }
    };
    all([
        row(
            "nothing is permitted",
            NO_PERMISSION,
            forbidden,
            permitted(Permissions::none),
        ),
        row(
            "nothing is permitted by policy",
            NO_PERMISSION,
            forbidden,
            permitted(|| Permissions::none().refused_by(Refusal::AccessPolicy)),
        ),
        row(
            "a list is not permitted",
            NO_PERMISSION,
            forbidden,
            permitted(|| Permissions::only([SecretPermission::Get])),
        ),
        row(
            "a get is not permitted",
            NO_PERMISSION,
            forbidden,
            permitted(|| Permissions::only([SecretPermission::List])),
        ),
        row("a firewall", NO_PERMISSION, forbidden, behind(Firewall::Closed)),
        row(
            "a private vault",
            NO_PERMISSION,
            forbidden,
            behind(Firewall::PublicAccessDisabled),
        ),
        row(
            "a token that is refused",
            NO_PERMISSION,
            ErrorKind::Unauthorized,
            |world| faulty(world, refused_token()),
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_the_answer_or_the_settings_is_never_optional() {
    let answer = |status: u16, body: &'static str| {
        move |world: &World| {
            let fault = Fault::status(status, body).for_kind(RequestKind::List);
            faulty(world, fault.before_authentication()).deadline(Duration::from_secs(30))
        }
    };
    let invalid = ErrorKind::InvalidResponse;
    let setting = ErrorKind::InvalidSetting;
    all([
        row("somebody else's page", FATAL, invalid, answer(404, "Not Found")),
        row("a redirect", FATAL, invalid, answer(302, "")),
        row("nothing at all", FATAL, invalid, answer(204, "")),
        row("a request that is not understood", FATAL, invalid, |world| {
            faulty(
                world,
                list(service_error(
                    400,
                    "BadParameter",
                    None,
                    "The version is not recognized.",
                )),
            )
        }),
        row("a page that is no JSON", FATAL, invalid, |world| {
            faulty(world, Fault::status(200, "{").for_kind(RequestKind::List))
        }),
        row("a reply that is too large", FATAL, invalid, |world| {
            let large = format!("{{\"value\":\"{}\"}}", "x".repeat(5 << 20));
            faulty(world, Fault::status(200, large).for_secret("B"))
                .try_timeout(Duration::from_secs(20))
                .deadline(Duration::from_secs(30))
        }),
        row("a list that never ends", FATAL, invalid, |world| {
            many(world);
            world.vault.set_next_link_loop(true);
            world.source()
        }),
        row("a list that leads to another host", FATAL, invalid, |world| {
            many(world);
            let other = world.emulator.vault_url("other");
            world.vault.set_next_link_origin(Some(&other));
            world.source()
        }),
        row("a list that leads out of TLS", FATAL, invalid, |world| {
            many(world);
            let plain = world.url.replace("https:", "http:");
            world.vault.set_next_link_origin(Some(&plain));
            world.source()
        }),
        row("a challenge for somebody else", FATAL, invalid, |world| {
            world.signed_in(AzureKeyVault::new(world.emulator.url()))
        }),
        row("a required secret that is missing", FATAL, ErrorKind::Secret, |world| {
            world.source().names(["A", "Missing"])
        }),
        row(
            "a required secret that is disabled",
            FATAL,
            ErrorKind::Secret,
            |world| {
                world.vault.disable("B");
                world.source().names([SecretName::required("B")])
            },
        ),
        row(
            "a secret that must not have expired",
            FATAL,
            ErrorKind::Secret,
            |world| {
                let ended = keyvault_emulator::SecretSeed::new("Ended", leaks::marker());
                world.vault.seed(ended.expires(1));
                world.source().expired(ValidityPolicy::Fail)
            },
        ),
        row("a URL in the clear", FATAL, setting, |world| {
            world.signed_in(AzureKeyVault::new("http://app.vault.azure.net"))
        }),
        row("no name at all", FATAL, setting, |world| {
            world.source().names(Vec::<SecretName>::new())
        }),
        row("a limit that is none", FATAL, setting, |world| {
            world.source().concurrency(0)
        }),
        row("no vault", FATAL, ErrorKind::NoVault, |world| {
            world.signed_in(AzureKeyVault::default())
        }),
        row("no layer", FATAL, ErrorKind::NoVault, |world| {
            world.signed_in(AzureKeyVault::layered([]))
        }),
        row(
            "a part of a client's credentials",
            FATAL,
            ErrorKind::Credential,
            |world| world.source().process_environment([("AZURE_CLIENT_SECRET", "x")]),
        ),
        row("a secret that is the name of one", FATAL, setting, |world| {
            let reference = "@Microsoft.KeyVault(VaultName=other;SecretName=x)";
            let mut variables = world.variables();
            variables.retain(|(name, _)| name != "AZURE_CLIENT_SECRET");
            variables.push(("AZURE_CLIENT_SECRET".to_owned(), reference.to_owned()));
            world.source().process_environment(variables)
        }),
    ])
    .await;
}

#[tokio::test]
async fn it_becomes_whole_by_itself_and_is_needed_from_then_on() {
    let world = World::start().await;
    world.seed(&["A"]);
    world.vault.set_permissions(Permissions::none());
    let source = world.source().optional(ALL);
    crate::support::load(&source).await.expect("it need not be there");
    assert!(source.report().expect("a report").is_degraded());
    world.vault.set_permissions(Permissions::default());
    let config = crate::support::load(&source).await.expect("it loads");
    assert_eq!(config.get_string("A").ok(), world.vault.value("A"));
    assert!(!source.report().expect("a report").is_degraded());
    assert_eq!(source.health().state, HealthState::Healthy);
    world.vault.set_permissions(Permissions::none());
    crate::support::error_of(&source).await;
    assert_eq!(source.health().state, HealthState::Degraded);
}

#[tokio::test]
async fn a_vault_that_is_missing_takes_no_reference_with_it_and_a_reference_is_never_optional() {
    let world = World::start().await;
    let other = world.emulator.vault("other");
    other.set("X", leaks::marker());
    world.vault.set_permissions(Permissions::none());
    let source = world.source().optional(ALL).resolve_references();
    let reference = format!(
        "@Microsoft.KeyVault(SecretUri={}/secrets/X)",
        world.emulator.vault_url("other")
    );
    let earlier = || over(&serde_json::json!({ "A": reference }).to_string());
    let config = crate::support::load_over(earlier(), &source).await.expect("it loads");
    assert_eq!(config.get_string("A").ok(), other.value("X"));
    assert!(source.report().expect("a report").is_degraded());
    other.set_permissions(Permissions::none());
    let text = crate::support::error_over(earlier(), &source).await;
    assert!(text.contains("which `A` refers to: "), "{text}");
}
