//! `POST /{tenant}/oauth2/v2.0/token`, and its elder without `v2.0`: the client credentials grant.

use std::borrow::Cow;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use emulator_kit::Reply;
use hyper::StatusCode;
use serde_json::json;
use url::form_urlencoded;

use super::{EntraError, RESOURCES, assertion, mint};
use crate::clock::unix_now;
use crate::state::Shared;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What OpenID Connect knows, and MSAL for Go, Java and .NET asks for beside the resource; nobody signs in by it here.
const OPENID_SCOPES: [&str; 4] = ["openid", "profile", "offline_access", "email"];

/// What arrived at the token endpoint.
pub(crate) struct TokenRequest<'a> {
    pub(crate) tenant: &'a str,
    /// Version 2 takes a scope, version 1 a resource.
    pub(crate) version_2: bool,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

pub(crate) fn token(shared: &Shared, request: &TokenRequest<'_>) -> Reply {
    match answer(shared, request) {
        Ok(reply) => reply,
        Err(error) => error.into(),
    }
}

struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Form<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_ref()).filter(|value| !value.is_empty())
    }

    fn require(&self, name: &str) -> Result<&str, EntraError> {
        self.get(name).ok_or_else(|| EntraError::missing(name))
    }
}

fn answer(shared: &Shared, request: &TokenRequest<'_>) -> Result<Reply, EntraError> {
    if !request.tenant.eq_ignore_ascii_case(&shared.tenant) {
        return Err(EntraError::unknown_tenant(request.tenant));
    }
    let is_form = request.content_type.is_some_and(|value| {
        value
            .to_ascii_lowercase()
            .starts_with("application/x-www-form-urlencoded")
    });
    // A body of any other type has no parameters, so the first one is what is missing.
    let form = Form(form_urlencoded::parse(if is_form { request.body } else { &[] }).collect());

    let grant = form.require("grant_type")?;
    if grant != "client_credentials" {
        return Err(EntraError::bad_request(
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{grant}'."),
        ));
    }
    let basic = request.authorization.and_then(basic_credentials);
    let client_id = match &basic {
        Some((id, _)) => id.as_str(),
        None => form.require("client_id")?,
    };
    let resource = if request.version_2 {
        known_resource(shared, resource_of(form.require("scope")?)?)?
    } else {
        known_resource(shared, form.require("resource")?)?
    };
    let Some(client) = shared.client(client_id) else {
        return Err(EntraError::bad_request(
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client_id}' was not found in the directory 'Emulator'. This can \
                 happen if the application has not been installed by the administrator of the tenant or consented \
                 to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        ));
    };

    let assertion = form.get("client_assertion");
    let secret = basic
        .as_ref()
        .map(|(_, secret)| secret.as_str())
        .or_else(|| form.get("client_secret"));
    match (secret, assertion) {
        (Some(secret), _) => {
            if verify_slices_are_equal(secret.as_bytes(), client.secret.as_bytes()).is_err() {
                return Err(EntraError::invalid_client(
                    7_000_215,
                    format!(
                        "Invalid client secret provided. Ensure the secret being sent in the request is the client \
                         secret value, not the client secret ID, for a secret added to app '{}'.",
                        client.id
                    ),
                ));
            }
        }
        (None, Some(assertion)) => {
            let kind = form.require("client_assertion_type")?;
            if kind != JWT_BEARER {
                return Err(EntraError::bad_request(
                    "invalid_request",
                    50_027,
                    "JWT token is invalid or malformed.",
                ));
            }
            assertion::check(shared, assertion)?;
        }
        (None, None) => {
            return Err(EntraError::invalid_client(
                7_000_216,
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            ));
        }
    }

    let (access_token, lifetime) = mint(shared, &client.id, &resource, assertion.is_some());
    let body = if request.version_2 {
        json!({
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": access_token,
        })
    } else {
        // Version 1 writes every number as a string.
        json!({
            "token_type": "Bearer",
            "expires_in": lifetime.to_string(),
            "ext_expires_in": lifetime.to_string(),
            "expires_on": (unix_now() + lifetime).to_string(),
            "not_before": unix_now().to_string(),
            "resource": resource,
            "access_token": access_token,
        })
    };
    Ok(Reply::json(StatusCode::OK, &body))
}

/// The resource of a scope such as `https://vault.azure.net/.default`, whatever scopes of OpenID Connect stand beside it.
fn resource_of(scope: &str) -> Result<&str, EntraError> {
    let is_resource = |scope: &&str| !scope.is_empty() && !OPENID_SCOPES.contains(scope);
    let mut scopes = scope.split_ascii_whitespace().filter(is_resource);
    let (first, second) = (scopes.next(), scopes.next());
    if second.is_some() {
        return Err(EntraError::bad_request(
            "invalid_scope",
            70_011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        ));
    }
    // Without a resource the service names all of the scope, as MSAL for Go quotes it (`scopeError` in its `oauth.go`).
    let named = first.unwrap_or(scope);
    first
        .and_then(|scope| scope.strip_suffix("/.default"))
        .filter(|resource| !resource.is_empty())
        .ok_or_else(|| {
            EntraError::bad_request(
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {named} is not valid. Client credential flows must have a scope \
                     value with /.default suffixed to the resource identifier (application ID URI)."
                ),
            )
        })
}

fn known_resource(shared: &Shared, resource: &str) -> Result<String, EntraError> {
    // `https://vault.azure.net//.default` is how a client asks for an audience with a trailing slash, and gets it.
    if RESOURCES.contains(&resource.strip_suffix('/').unwrap_or(resource)) {
        return Ok(resource.to_owned());
    }
    Err(EntraError::bad_request(
        "invalid_resource",
        500_011,
        format!(
            "The resource principal named {resource} was not found in the tenant named Emulator ({}). This can happen \
             if the application has not been installed by the administrator of the tenant or consented to by any user \
             in the tenant. You might have sent your authentication request to the wrong tenant.",
            shared.tenant
        ),
    ))
}

/// RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let unescape = |text: &str| {
        form_urlencoded::parse(format!("v={text}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((unescape(id)?, unescape(secret)?))
}
