//! One sentence for each way in which Maskinporten says no.

use crate::error::Error;
use crate::key::SigningKey;

/// By what the key identified itself with.
pub(super) fn of_key(error: Error, key: &SigningKey) -> Error {
    match (key.kid(), key.is_certified()) {
        (None, _) => of_certificate(error),
        (Some(_), true) if error.mp_code().is_none() && error.remedy().is_some_and(|remedy| remedy.contains("`kid`")) => error
            .with_remedy(
                "check that the certificate's key is registered with this client under this `kid`; without a `kid` the certificate \
                 itself is sent",
            ),
        (Some(_), _) => error,
    }
}

/// Where a certificate was sent and no `kid`, none is to be looked for.
fn of_certificate(error: Error) -> Error {
    let named = |what: &str| error.remedy().is_some_and(|remedy| remedy.contains(what));
    let remedy = match error.mp_code() {
        Some("MP-121") => "the certificate has expired: use the one that replaced it",
        Some("MP-124") => "check that the certificate is still valid, and is the organisation's that owns the client",
        None if error.remedy() == Some(SIGNATURE) => {
            "check that the certificate is the one registered with this client"
        }
        None if named("under this `kid`") => {
            "the client has keys registered: sign with one of these, or take them away to use the certificate"
        }
        _ if named("`kid`") => "check the client id, the certificate and the environment",
        _ => return error,
    };
    error.with_remedy(remedy)
}

/// Hydra's `error` for an assertion that came before, which is Maskinporten's MP-012.
pub(super) const USED: &str = "jti_known";

/// Where an assertion's signature is not the registered key's, in the words of a server that gives this no code.
pub(super) const SIGNATURE: &str = "check that the private key is the one registered under this `kid`";

/// By its own code.
pub(super) fn by_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "MP-011" => "look for line breaks and typing errors in client id, scope and resource",
        "MP-012" => "each assertion works once: make sure that nothing on the way sends the request again",
        "MP-100" => {
            "check that `ClientId` is registered in this environment (test and prod have clients of their own); \
             a new client is known after some minutes"
        }
        "MP-110" => "set the authority to the one that the client is registered with, so that `aud` is its issuer",
        "MP-120" => "use a test certificate in test and one for production in prod",
        "MP-121" => {
            "the key has expired at Maskinporten, which keeps one for a year: register it again, or a new one, \
             and put that into `EncodedJwk`"
        }
        "MP-122" => "use a certificate of the organisation that owns the client",
        "MP-123" => "check the certificate: `x5c` must be a list of certificates",
        "MP-124" => {
            "check that the private key is the one registered under this `kid`, and that its certificate is still valid"
        }
        "MP-130" => "correct this machine's clock: it must be within 10 s of Maskinporten's",
        "MP-200" => "add the scope to the client in Samarbeidsportalen; it takes effect within 15 minutes",
        "MP-201" => "ask for scopes that are meant for Maskinporten, with an integration of the type Maskinporten",
        "MP-250" => "ask the scope's owner to give the organisation access to it",
        "MP-251" => "the consumer must delegate the scope to the supplier in Altinn",
        "MP-301" => "use a type of authorization details that the authority's metadata lists",
        "MP-302" => "check the system user's reference and organisation: a field is unknown or malformed",
        "MP-303" => {
            "check that the customer has approved the system user, that the client id belongs to the system, and that \
             organisation and external reference are those of the request for it"
        }
        _ => return None,
    })
}

/// By the reply's `error` (RFC 6749, section 5.2, and what Maskinporten adds), where there is no code or none that is known.
pub(super) fn by_error(error: &str) -> Option<&'static str> {
    Some(match error {
        USED => return by_code("MP-012"),
        "invalid_grant" => "check the client id, the key's `kid` and the environment",
        "invalid_client" | "unauthorized_client" => {
            "check that the client is registered in this environment for Maskinporten and is active"
        }
        "invalid_scope" => "check that each scope is spelt as registered and is given to the client",
        "invalid_request" => "look for line breaks and typing errors in the settings",
        "invalid_target" => "check `Resource`: an absolute URI without a fragment, known to the API's owner",
        "unsupported_grant_type" => "check that the authority is Maskinporten",
        "invalid_altinn_customer_configuration" => {
            "check that the customer has approved the system user and that its external reference is right"
        }
        "forbidden" | "access_denied" => "the scope must be given to the organisation, or delegated to it in Altinn",
        "temporarily_unavailable" | "server_error" => "wait: Maskinporten has a problem of its own",
        _ => return None,
    })
}

/// By the status of a reply that says nothing else.
pub(super) fn by_status(status: u16) -> &'static str {
    match status {
        300..=399 => "check the authority: its token endpoint answers with a redirect, which is not followed",
        404 | 405 => "check the authority: this is not its token endpoint",
        407 => "a proxy wants to know who asks: check its settings",
        429 => "ask less often",
        500..=599 => "wait: the service or a proxy before it has a problem of its own",
        _ => "a proxy or firewall may have answered instead of Maskinporten: check the way to the token endpoint",
    }
}
