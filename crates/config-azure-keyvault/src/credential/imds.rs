//! Where managed identity's own endpoint is, on a machine that has it elsewhere.

use url::Url;

use crate::error::{Error, ErrorKind, Stage};
use crate::transport::is_near;
use crate::variables::Variables;

/// Names another place than `http://169.254.169.254`, as in Azure's SDKs for other languages.
const AUTHORITY: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// Where the instance metadata service is, if not at its own address. In plain HTTP a token comes from near by, or not at all.
pub(crate) fn authority(variables: &Variables) -> Result<Option<Url>, Error> {
    let Some(text) = variables.get(AUTHORITY).filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let is_usable =
        |url: &Url| url.host().is_some() && (url.scheme() == "https" || url.scheme() == "http" && is_near(url));
    match Url::parse(text.trim()).ok().filter(is_usable) {
        Some(url) => Ok(Some(url)),
        None => Err(Error::new(
            ErrorKind::InvalidSetting,
            Stage::Settings,
            format!("{AUTHORITY} names neither https nor a loopback or link-local address"),
        )
        .with_remedy("write it as http://127.0.0.1:2579, or unset it")),
    }
}
