//! From a method and a path to what is asked.

use hyper::Method;

use crate::record::RequestKind;

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) kind: RequestKind,
    /// The path belongs to a vault, whatever the method.
    pub(crate) is_vault: bool,
    /// The path is known, and this method is not allowed on it.
    pub(crate) other_method: bool,
    pub(crate) secret: Option<String>,
    pub(crate) version: Option<String>,
    /// The tenant of a path of Entra ID.
    pub(crate) tenant: Option<String>,
    /// Whether the path of Entra ID is one of version 2.
    pub(crate) version_2: bool,
}

impl Route {
    fn new(kind: RequestKind, is_vault: bool) -> Self {
        Self {
            kind,
            is_vault,
            other_method: false,
            secret: None,
            version: None,
            tenant: None,
            version_2: true,
        }
    }
}

pub(crate) fn route(method: &Method, path: &str) -> Route {
    // Clients end a path in a slash where a version could stand, and older ones start it with two.
    let path = path.trim_start_matches('/');
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["secrets", rest @ ..] => secrets(method, rest),
        ["deletedsecrets", rest @ ..] => deleted(method, rest),
        ["keys" | "certificates" | "deletedkeys" | "deletedcertificates", ..] => Route::new(RequestKind::Unknown, true),
        _ => entra(method, &segments),
    }
}

/// Only a path that is known can have a wrong method.
fn vault_route(known: Option<RequestKind>, path_is_known: bool) -> Route {
    let mut route = Route::new(known.unwrap_or(RequestKind::Unknown), true);
    route.other_method = known.is_none() && path_is_known;
    route
}

fn secrets(method: &Method, rest: &[&str]) -> Route {
    use RequestKind::{Backup, Delete, Get, List, ListVersions, Restore, Set, Update};
    let on = |wanted: &Method, kind: RequestKind| (method == wanted).then_some(kind);
    let (known, secret, version) = match rest {
        [] => (on(&Method::GET, List), None, None),
        ["restore"] if method == Method::POST => (Some(Restore), None, None),
        [name, "versions"] => (on(&Method::GET, ListVersions), Some(name), None),
        [name, "backup"] if method == Method::POST => (Some(Backup), Some(name), None),
        [name] => {
            let kind = on(&Method::GET, Get)
                .or(on(&Method::PUT, Set))
                .or(on(&Method::DELETE, Delete))
                .or(on(&Method::PATCH, Update));
            (kind, Some(name), None)
        }
        [name, version] => (
            on(&Method::GET, Get).or(on(&Method::PATCH, Update)),
            Some(name),
            Some(version),
        ),
        _ => return vault_route(None, false),
    };
    let mut route = vault_route(known, true);
    route.secret = secret.map(|name| (*name).to_owned());
    route.version = version.map(|version| (*version).to_owned());
    route
}

fn deleted(method: &Method, rest: &[&str]) -> Route {
    use RequestKind::{GetDeleted, ListDeleted, Purge, Recover};
    let on = |wanted: &Method, kind: RequestKind| (method == wanted).then_some(kind);
    let (known, secret) = match rest {
        [] => (on(&Method::GET, ListDeleted), None),
        [name] => (on(&Method::GET, GetDeleted).or(on(&Method::DELETE, Purge)), Some(name)),
        [name, "recover"] => (on(&Method::POST, Recover), Some(name)),
        _ => return vault_route(None, false),
    };
    let mut route = vault_route(known, true);
    route.secret = secret.map(|name| (*name).to_owned());
    route
}

fn entra(method: &Method, segments: &[&str]) -> Route {
    use RequestKind::{InstanceDiscovery, OpenIdConfiguration, SigningKeys, Token, Unknown};
    let (wanted, kind, tenant, version_2) = match segments {
        [tenant, "oauth2", "v2.0", "token"] => (Method::POST, Token, tenant, true),
        [tenant, "oauth2", "token"] => (Method::POST, Token, tenant, false),
        [tenant, "v2.0", ".well-known", "openid-configuration"] => (Method::GET, OpenIdConfiguration, tenant, true),
        [tenant, ".well-known", "openid-configuration"] => (Method::GET, OpenIdConfiguration, tenant, false),
        [tenant, "discovery", "v2.0", "keys"] => (Method::GET, SigningKeys, tenant, true),
        [tenant, "discovery", "keys"] => (Method::GET, SigningKeys, tenant, false),
        [tenant, "discovery", "instance"] => (Method::GET, InstanceDiscovery, tenant, true),
        _ => return Route::new(Unknown, false),
    };
    let right = method == wanted;
    let mut route = Route::new(if right { kind } else { Unknown }, false);
    route.other_method = !right;
    route.tenant = Some((*tenant).to_owned());
    route.version_2 = version_2;
    route
}
