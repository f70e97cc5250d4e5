//! The vault says no.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use config_azure_keyvault::{AzureKeyVault, ErrorKind, SecretName, SkipReason, Stage};
use keyvault_emulator::{
    Fault, FaultAction, Firewall, KeyVaultEmulator, Permissions, Refusal, RequestKind, SecretPermission, service_error,
};

use super::{AT_ONCE, all, assert_loaded, fails, loads};
use crate::support::World;

const FORBIDDEN: (ErrorKind, Stage) = (ErrorKind::Forbidden, Stage::List);
const BOUND: Duration = AT_ONCE;

/// A token that somebody else made.
#[derive(Debug)]
struct Foreign(String);

#[async_trait::async_trait]
impl TokenCredential for Foreign {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new(
            self.0.clone(),
            OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1),
        ))
    }
}

#[tokio::test]
async fn a_token_that_the_vault_refuses() {
    let world = World::start().await;
    let other = KeyVaultEmulator::builder()
        .tenant("11111111-2222-3333-4444-555555555555")
        .start();
    let other = other.await.expect("the emulator starts");
    world.seed(&["A"]);
    for (token, line) in [
        (
            world.emulator.access_token("https://graph.microsoft.com"),
            "list failed: 401 Unauthorized: AKV10022: Invalid audience. Expected https://vault.azure.test or \
             ID, found: https://graph.microsoft.com; the token was refused: check that app.vault.azure.test \
             is of the tenant and the cloud that you sign in to",
        ),
        (
            other.access_token("https://vault.azure.test"),
            "list failed: 401 Unauthorized: AKV10032: Invalid issuer. Expected one of https://sts.windows.net/ID/, found https://sts.windows.net/ID/; the token was refused: \
             check that app.vault.azure.test is of the tenant and the cloud that you sign in to",
        ),
    ] {
        world.emulator.clear_requests();
        let source = world.source().credential(Arc::new(Foreign(token)));
        let error = fails(&source, BOUND, (ErrorKind::Unauthorized, Stage::List), line).await;
        assert_eq!(error.status(), Some(401));
        assert_eq!(
            world.emulator.counts().requests,
            2,
            "a challenge and a refusal, no more"
        );
    }
}

/// A credential that gives a worthless token once, as one does whose app was moved meanwhile.
#[derive(Debug)]
struct Renewed(Mutex<Vec<String>>);

#[async_trait::async_trait]
impl TokenCredential for Renewed {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let token = self.0.lock().expect("no panic").pop().expect("another token");
        Ok(AccessToken::new(
            token,
            OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1),
        ))
    }
}

#[tokio::test]
async fn a_refused_token_is_not_kept() {
    let world = World::start().await;
    world.seed(&["A"]);
    let token = |resource| world.emulator.access_token(resource);
    let tokens = vec![token("https://vault.azure.test"), token("https://graph.microsoft.com")];
    let source = world.source().credential(Arc::new(Renewed(Mutex::new(tokens))));
    crate::support::error_of(&source).await;
    let config = loads(&source, BOUND).await;
    assert_loaded(&world, &config, &["A"]);
}

/// A credential that counts how often it is asked, and whose tokens all differ.
#[derive(Debug, Default)]
struct Counting {
    asked: AtomicUsize,
    tokens: Mutex<Vec<String>>,
}

impl Counting {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait::async_trait]
impl TokenCredential for Counting {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let tokens = self.tokens.lock().expect("no panic");
        let token = tokens[asked.min(tokens.len() - 1)].clone();
        Ok(AccessToken::new(
            token,
            OffsetDateTime::now_utc() + azure_core::time::Duration::hours(24),
        ))
    }
}

#[tokio::test]
async fn a_token_that_is_refused_later_is_fetched_anew_once_in_a_load() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    let good = || world.emulator.access_token("https://vault.azure.test");
    let credential = Arc::new(Counting {
        tokens: Mutex::new(vec![good()]),
        ..Counting::default()
    });
    let source = world.source().credential(Arc::clone(&credential) as _);
    loads(&source, BOUND).await;
    assert_eq!(credential.asked(), 1);
    // Still fresh by its own word, so it is kept.
    loads(&source, BOUND).await;
    assert_eq!(credential.asked(), 1);
    let refusal = || {
        Fault::new(FaultAction::Status {
            status: 401,
            body: r#"{"error":{"code":"Unauthorized","message":"AKV10022: Withdrawn."}}"#.to_owned(),
            headers: vec![(
                "www-authenticate".to_owned(),
                r#"Bearer authorization="https://login.test/x", resource="https://vault.azure.test""#.to_owned(),
            )],
        })
    };
    world.emulator.inject(refusal().for_kind(RequestKind::List).once());
    let config = loads(&source, BOUND).await;
    assert_loaded(&world, &config, &["A", "B", "C"]);
    assert_eq!(credential.asked(), 2, "the SDK's second ask gets a new one");

    // Whatever is handed out is refused: no more than once in a load.
    world.emulator.inject(refusal());
    for asked in [3, 4] {
        let error = fails(
            &source,
            BOUND,
            (ErrorKind::Unauthorized, Stage::List),
            "list failed: 401 Unauthorized: AKV10022: Withdrawn; the token was refused: check that \
             app.vault.azure.test is of the tenant and the cloud that you sign in to",
        )
        .await;
        assert_eq!(error.status(), Some(401));
        assert_eq!(credential.asked(), asked, "one more for each load");
    }
    world.emulator.clear_faults();
    loads(&source, BOUND).await;
    assert_eq!(credential.asked(), 5, "it signs in anew");
}

#[tokio::test]
async fn who_may_not_list() {
    let row = |set: fn(&World), line: &'static str| {
        Box::pin(async move {
            let world = World::start().await;
            world.seed(&["A", "B"]);
            set(&world);
            let error = fails(&world.source(), BOUND, FORBIDDEN, line).await;
            assert_eq!(error.status(), Some(403));
            assert!(error.code().is_some());
            assert_eq!(world.emulator.counts().gets, 0);
        }) as _
    };
    all([
        row(
            |w| w.vault.set_permissions(Permissions::none()),
            "list failed: 403 ForbiddenByRbac: Caller is not authorized to perform action on resource \
             (Caller: appid=ID;oid=ID, Action: 'Microsoft.KeyVault/vaults/secrets/readMetadata/action'); \
             give the identity the role `Key Vault Secrets User` on the vault; a new assignment takes up to \
             10 minutes; an identity that may get but not list loads by name: `names([…])`",
        ),
        row(
            |w| {
                w.vault
                    .set_permissions(Permissions::none().refused_by(Refusal::AccessPolicy))
            },
            "list failed: 403 AccessDenied: The user, group or application \
             'appid=ID;oid=ID' does not have secrets list permission on key \
             vault 'app;location=westeurope'; give the identity the secret permission `list` in the vault's \
             access policy; an identity that may get but not list loads by name: `names([…])`",
        ),
        row(
            |w| w.vault.set_firewall(Firewall::Closed),
            "list failed: 403 ForbiddenByFirewall: Client address is not authorized and caller is not a trusted \
             service (Client address: 127.0.0.1, Caller: appid=ID;oid=ID); let this machine's address through \
             the vault's firewall, or use its private endpoint",
        ),
        row(
            |w| w.vault.set_firewall(Firewall::PublicAccessDisabled),
            "list failed: 403 ForbiddenByConnection: Public network access is disabled and request is not \
             from a trusted service nor via an approved private link (Caller: appid=ID;oid=ID); let this \
             machine's address through the vault's firewall, or use its private endpoint",
        ),
    ])
    .await;
}

#[tokio::test]
async fn list_forbidden_but_get_allowed() {
    let world = World::start().await;
    world.seed(&["Section--A", "B"]);
    world.vault.set_permissions(Permissions::only([SecretPermission::Get]));
    fails(
        &world.source(),
        BOUND,
        FORBIDDEN,
        "list failed: 403 ForbiddenByRbac: Caller is not authorized to perform action on resource \
             (Caller: appid=ID;oid=ID, Action: 'Microsoft.KeyVault/vaults/secrets/readMetadata/action'); \
             give the identity the role `Key Vault Secrets User` on the vault; a new assignment takes up to \
             10 minutes; an identity that may get but not list loads by name: `names([…])`",
    )
    .await;

    let source = world.source().names(["Section--A", "B"]);
    let config = loads(&source, BOUND).await;
    assert_loaded(&world, &config, &["Section--A", "B"]);
    assert_eq!(world.emulator.counts().lists, 1, "the one that was refused");
}

#[tokio::test]
async fn one_get_forbidden() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    for (refusal, line) in [
        (
            Refusal::Rbac,
            "get failed for secret `B`: 403 ForbiddenByRbac: Caller is not authorized to perform action on \
             resource (Caller: appid=ID;oid=ID, Action: \
             'Microsoft.KeyVault/vaults/secrets/getSecret/action'); give the identity the role `Key Vault \
             Secrets User` on the vault; a new assignment takes up to 10 minutes",
        ),
        (
            Refusal::AccessPolicy,
            "get failed for secret `B`: 403 AccessDenied: The user, group or application \
             'appid=ID;oid=ID' does not have secrets get permission on key \
             vault 'app;location=westeurope'; give the identity the secret permission `get` in the vault's \
             access policy",
        ),
    ] {
        world.vault.set_permissions(Permissions::all().refused_by(refusal));
        world.vault.deny("B", SecretPermission::Get);
        let error = fails(&world.source(), BOUND, (ErrorKind::Forbidden, Stage::Get), line).await;
        assert_eq!(error.secret(), Some("B"));
    }
}

fn gone() -> FaultAction {
    service_error(
        404,
        "SecretNotFound",
        None,
        "A secret with (name/id) B was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
    )
}

fn disabled() -> FaultAction {
    service_error(
        403,
        "Forbidden",
        Some("SecretDisabled"),
        "Operation get is not allowed on a disabled secret.",
    )
}

#[tokio::test]
async fn gone_between_list_and_get() {
    for (action, reason) in [(gone(), SkipReason::Deleted), (disabled(), SkipReason::Disabled)] {
        let world = World::start().await;
        world.seed(&["A", "B", "C"]);
        world.emulator.inject(Fault::new(action).for_secret("B"));
        let source = world.source();
        let config = loads(&source, BOUND).await;
        assert_loaded(&world, &config, &["A", "C"]);
        assert!(config.get_string("B").is_err());
        let skipped = source.report().expect("a report").skipped;
        assert_eq!(skipped.len(), 1, "{skipped:?}");
        assert_eq!((skipped[0].name.as_str(), &skipped[0].reason), ("B", &reason));
    }
}

#[tokio::test]
async fn a_name_that_is_required() {
    let world = World::start().await;
    world.seed(&["A", "B", "C"]);
    let required = |source: AzureKeyVault| source.names([SecretName::required("A"), SecretName::required("B")]);
    let optional = |source: AzureKeyVault| source.names([SecretName::required("A"), SecretName::optional("B")]);
    for (delete, outcome, reason, line) in [
        (
            true,
            (ErrorKind::Secret, Stage::Get),
            SkipReason::Missing,
            "get failed for secret `B`: 404 SecretNotFound: A secret with (name/id) B was not found in this \
             key vault; set the secret, recover it if it was deleted, or make it optional",
        ),
        (
            false,
            (ErrorKind::Secret, Stage::Get),
            SkipReason::Disabled,
            "get failed for secret `B`: 403 SecretDisabled: Operation get is not allowed on a disabled \
             secret; enable the secret, or do not require it",
        ),
    ] {
        world.seed(&["B"]);
        if delete {
            world.vault.delete("B")
        } else {
            world.vault.disable("B")
        };
        fails(&required(world.source()), BOUND, outcome, line).await;
        let source = optional(world.source());
        let config = loads(&source, BOUND).await;
        assert_loaded(&world, &config, &["A"]);
        assert_eq!(source.report().expect("a report").skipped[0].reason, reason);
    }
}

#[tokio::test]
async fn a_host_that_is_no_vault() {
    let world = World::start().await;
    // The challenge names a resource that `localhost` is not under: a token for somebody else's benefit.
    let source = AzureKeyVault::new(world.emulator.url())
        .environment("Production")
        .http_client(world.emulator.http_client())
        .process_environment(world.variables())
        .mounted_settings("/nowhere");
    fails(
        &source,
        BOUND,
        (ErrorKind::InvalidResponse, Stage::List),
        "list failed: the vault's challenge names a resource that this host is not under; check the \
             vault's URL; for a host that is not Azure's, an emulator's, use \
             `verify_challenge_resource(false)`",
    )
    .await;
    for (action, outcome, line) in [
        (
            FaultAction::Status {
                status: 401,
                body: String::new(),
                headers: vec![("www-authenticate".into(), "Basic realm=\"x\"".into())],
            },
            (ErrorKind::InvalidResponse, Stage::List),
            "list failed: the reply asks for a token without saying for which resource; check that \
             app.vault.azure.test is a Key Vault",
        ),
        (
            FaultAction::Status {
                status: 401,
                body: String::new(),
                headers: vec![],
            },
            (ErrorKind::Unauthorized, Stage::List),
            "list failed: 401: the reply is empty and not the service's own; check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        (
            FaultAction::Status {
                status: 404,
                body: "Not Found".to_owned(),
                headers: vec![],
            },
            (ErrorKind::InvalidResponse, Stage::List),
            "list failed: 404: 9 bytes that are not in the service's form, as a proxy sends them; check the \
             URL of app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        (
            FaultAction::Status {
                status: 302,
                body: String::new(),
                headers: vec![("location".into(), "https://login.example/".into())],
            },
            (ErrorKind::InvalidResponse, Stage::List),
            "list failed: 302: the reply is empty and not the service's own; check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        (
            FaultAction::Status {
                status: 204,
                body: String::new(),
                headers: vec![],
            },
            (ErrorKind::InvalidResponse, Stage::List),
            "list failed: 204: the reply is empty and not the service's own; check the URL of \
             app.vault.azure.test and what stands between: a proxy, a firewall",
        ),
        (
            service_error(
                400,
                "BadParameter",
                None,
                "The specified version (1.0) is not recognized.",
            ),
            (ErrorKind::InvalidResponse, Stage::List),
            "list failed: 400 BadParameter: The specified version (1.0) is not recognized; check the API \
             version and that app.vault.azure.test is a Key Vault",
        ),
    ] {
        world.emulator.clear_faults();
        world
            .emulator
            .inject(Fault::new(action).for_kind(RequestKind::List).before_authentication());
        fails(&world.source(), BOUND, outcome, line).await;
    }
}
