//! This machine, and what is on its own wire: never asked through a proxy.
//!
//! Managed identity lives there, in plain HTTP: a proxy would read the identity header, and whatever it answers would be believed.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Loopback (127.0.0.0/8, ::1, `localhost`) and link-local (169.254.0.0/16, fe80::/10).
pub(crate) fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_near_v4(address),
        Some(Host::Ipv6(address)) => is_near_v6(address),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            // RFC 6761, section 6.3.
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

fn is_near_v4(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_link_local()
}

fn is_near_v6(address: Ipv6Addr) -> bool {
    let mapped = address.to_ipv4_mapped().is_some_and(is_near_v4);
    mapped || address.is_loopback() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near() {
        let is = |host: &str| is_near(&format!("http://{host}/x").parse().expect("a URL"));
        for near in [
            "127.0.0.1",
            "127.1.2.3:80",
            "localhost",
            "LOCALHOST.",
            "a.localhost:1",
            "[::1]",
            "169.254.169.254",
            "169.254.0.1:41741",
            "[fe80::1]",
            "[febf::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.169.254]",
            "0x7f000001",
        ] {
            assert!(is(near), "{near}");
        }
        for far in [
            "169.253.1.1",
            "10.0.0.1",
            "[fec0::1]",
            "[2001:db8::1]",
            "localhost.example",
            "notlocalhost",
            "my-app.vault.azure.net",
        ] {
            assert!(!is(far), "{far}");
        }
    }
}
