//! A document of any kind.

use url::Url;

use super::{failed, read as judged};
use crate::authority::{Endpoints, Environment};
use crate::error::Error;

pub(crate) fn read(body: &[u8]) -> Result<Endpoints, Error> {
    const URL: &str = "https://authority.example/.well-known/oauth-authorization-server";
    let authority = Url::parse("https://authority.example/").map_err(|_| failed(URL, "no URL"))?;
    let document = serde_json::from_slice(body).map_err(|_| failed(URL, "no JSON"))?;
    judged(
        &document,
        URL,
        &authority,
        &Environment::Other(authority.clone()).into(),
    )
}
