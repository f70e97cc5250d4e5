//! An SDK error in the vault's terms.

use crate::error::{Error, ErrorKind, Stage};
use crate::failure::{Answer, CredentialFailure, Failure, Speaker, find, place};

/// The reply of the service, if that is what the error is about.
pub(super) fn answer(error: &azure_core::Error) -> Option<Answer> {
    if let Some(answer) = find::<Failure>(error).and_then(Failure::answer) {
        return Some(answer.clone());
    }
    Answer::of_sdk(Speaker::Vault, error)
}

/// The SDK's error as ours: its root cause and what to do about it, without the body that the SDK quotes.
pub(super) fn translate(error: &azure_core::Error, stage: Stage, host: &str) -> Error {
    if let Some(failure) = find::<CredentialFailure>(error) {
        return of_credential(failure);
    }
    if let Some(failure) = find::<Failure>(error) {
        return of_failure(failure, stage, host);
    }
    if let Some(answer) = answer(error) {
        return of_failure(&Failure::Answer(answer), stage, host);
    }
    if let Some(json) = find::<serde_json::Error>(error) {
        return of_failure(&Failure::Unreadable { cause: place(json) }, stage, host);
    }
    // What is left are the SDK's own checks; their words hold hosts and no values.
    let text = crate::failure::deepest(error);
    if text.contains("doesn't match the requested domain") {
        return Error::new(
            ErrorKind::InvalidResponse,
            stage,
            "the vault's challenge names a resource that this host is not under",
        )
        .with_remedy(
            "check the vault's URL; for a host that is not Azure's, an emulator's, use `verify_challenge_resource(false)`",
        );
    }
    if text.contains("challenge") {
        let cause = "the reply asks for a token without saying for which resource";
        return Error::new(ErrorKind::InvalidResponse, stage, cause)
            .with_remedy(format!("check that {host} is a Key Vault"));
    }
    of_failure(
        &Failure::Unreadable {
            cause: "it cannot be understood".to_owned(),
        },
        stage,
        host,
    )
}

pub(super) fn of_credential(failure: &CredentialFailure) -> Error {
    let answer = failure.cause.answer();
    Error::new(ErrorKind::Credential, Stage::Credential, failure.to_string())
        .with_remedy(failure.remedy())
        .with_obstacle(failure.cause.obstacle())
        .with_facts(
            answer.map(|answer| answer.status),
            answer.and_then(|answer| answer.code.clone()),
        )
        .with_source(failure.clone())
}

/// Any failure as an error, with the remedy that fits a vault.
pub(super) fn of_failure(failure: &Failure, stage: Stage, host: &str) -> Error {
    let answer = failure.answer();
    let kind = match failure {
        Failure::Unreachable { .. } | Failure::Socks { .. } | Failure::NoAnswer { .. } | Failure::Broken { .. } => {
            ErrorKind::Unreachable
        }
        // Nobody waits for a deadline: what used it up decides.
        Failure::Timeout { .. } if answer.is_some_and(|answer| answer.status == 429) => ErrorKind::Throttled,
        Failure::Timeout { .. } => ErrorKind::Timeout,
        Failure::TooLongAPause { answer, .. } | Failure::Answer(answer) => kind_of(answer),
        _ => ErrorKind::InvalidResponse,
    };
    let last = match failure {
        Failure::Timeout { last: Some(last), .. } => last,
        failure => failure,
    };
    let remedy = match last {
        Failure::Answer(answer) if answer.is_service => remedy_of(answer, stage, host),
        _ => failure.remedy(host),
    };
    Error::new(kind, stage, failure.to_string())
        .with_remedy(remedy)
        .with_obstacle(failure.obstacle())
        .with_facts(
            answer.map(|answer| answer.status),
            answer.and_then(|answer| answer.code.clone()),
        )
        .with_source(failure.clone())
}

fn kind_of(answer: &Answer) -> ErrorKind {
    match answer.status {
        401 => ErrorKind::Unauthorized,
        403 if answer.is_secret_disabled() => ErrorKind::Secret,
        403 => ErrorKind::Forbidden,
        404 if answer.is_no_such_secret() => ErrorKind::Secret,
        // Its name is taken by one that was deleted, or it is on its way out or back.
        409 => ErrorKind::Secret,
        429 => ErrorKind::Throttled,
        500.. => ErrorKind::Service,
        _ => ErrorKind::InvalidResponse,
    }
}

fn remedy_of(answer: &Answer, stage: Stage, host: &str) -> String {
    let (action, role) = match stage {
        Stage::List => ("list", "Key Vault Secrets User"),
        Stage::Set => ("set", "Key Vault Secrets Officer"),
        Stage::Delete => ("delete", "Key Vault Secrets Officer"),
        _ => ("get", "Key Vault Secrets User"),
    };
    let names = if stage == Stage::List {
        "; an identity that may get but not list loads by name: `names([…])`"
    } else {
        ""
    };
    match (answer.status, answer.code.as_deref()) {
        (401, _) => {
            format!("the token was refused: check that {host} is of the tenant and the cloud that you sign in to")
        }
        (403, Some("ForbiddenByRbac")) => {
            format!("give the identity the role `{role}` on the vault; a new assignment takes up to 10 minutes{names}")
        }
        (403, Some("ForbiddenByFirewall" | "ForbiddenByConnection")) => {
            "let this machine's address through the vault's firewall, or use its private endpoint".to_owned()
        }
        (403, Some("SecretDisabled")) => "enable the secret, or do not require it".to_owned(),
        (403, _) => format!("give the identity the secret permission `{action}` in the vault's access policy{names}"),
        (409, Some("ObjectIsDeletedButRecoverable")) => {
            "recover the secret that was deleted under this name, or purge it: `az keyvault secret recover`".to_owned()
        }
        (409, Some("ObjectIsBeingDeleted" | "ObjectIsBeingRecovered")) => "try again in a minute".to_owned(),
        (404, Some("SecretNotFound")) if stage != Stage::List => {
            "set the secret, recover it if it was deleted, or make it optional".to_owned()
        }
        (404, Some("VaultNotFound")) => format!("check that the vault of {host} is there and is named right"),
        (404, Some("ApiVersionNotFound")) => {
            "name a version that the vault knows with `api_version`, or none".to_owned()
        }
        (404, _) => format!("check that {host} is a Key Vault, and what stands between: a gateway, a proxy"),
        (429, _) => {
            "spread the starts of your instances, allow more time with `deadline`, or use a vault per app".to_owned()
        }
        (500.., _) => "try again; if it lasts, look at Azure's service health".to_owned(),
        _ => format!("check the API version and that {host} is a Key Vault"),
    }
}
