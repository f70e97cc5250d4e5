//! A look at a host without a token: it places a failure, and tells what time it is there. Whether a service works is told by the
//! libraries' own requests.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use maskinporten::reqwest::{self, Certificate, Client, Url, redirect};

/// Nobody waits longer for a look.
const LONGEST: Duration = Duration::from_secs(4);

/// What a host answered, whatever it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// This machine's clock less the host's, in seconds.
    pub(super) ahead: Option<i64>,
}

/// The addresses of the host, if this machine finds any.
pub(super) async fn up(url: &Url, within: Duration) -> Option<Vec<IpAddr>> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let found = tokio::time::timeout(within.min(LONGEST), tokio::net::lookup_host((host, port))).await;
    let mut addresses: Vec<IpAddr> = found.ok()?.ok()?.map(|address| address.ip()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    Some(addresses)
}

/// One request, which carries nothing and follows nobody. Why there was no answer is for the libraries' requests to tell.
pub(super) async fn at(url: &Url, ca: Option<&[u8]>, within: Duration) -> Option<Answer> {
    let within = within.min(LONGEST);
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(within)
        .timeout(within);
    if is_here(url) {
        builder = builder.no_proxy();
    }
    for certificate in Certificate::from_pem_bundle(ca.unwrap_or_default()).ok()? {
        builder = builder.add_root_certificate(certificate);
    }
    let response = builder.build().ok()?.get(url.clone()).send().await.ok()?;
    Some(Answer {
        status: response.status().as_u16(),
        ahead: date(&response).and_then(ahead_of),
    })
}

/// As the libraries have it: this machine is asked through no proxy.
fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn date(response: &reqwest::Response) -> Option<SystemTime> {
    httpdate::parse_http_date(response.headers().get("date")?.to_str().ok()?).ok()
}

fn ahead_of(there: SystemTime) -> Option<i64> {
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    Some(seconds(SystemTime::now())? - seconds(there)?)
}
