//! Certificates of authorities that a caller trusts beside the system's, in PEM as it is mounted, pasted and downloaded.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use der::Decode as _;
use x509_cert::Certificate;

use crate::error::{Error, ErrorKind, Stage};

/// Every certificate of a PEM, whatever stands around them: a byte order mark, `Bag Attributes`, white space, Windows' line ends.
pub(crate) fn read(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, Error> {
    certificates(pem).map_err(|(problem, remedy)| {
        let cause = format!("`ca_pem` {problem}");
        Error::new(ErrorKind::Settings, Stage::Settings, cause).with_remedy(remedy)
    })
}

const GIVE: &str = "give the CA's certificate in PEM, with its lines BEGIN and END CERTIFICATE";

fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, (String, &'static str)> {
    let wrong = |problem: &str| (problem.to_owned(), GIVE);
    if Certificate::from_der(pem).is_ok() || matches!(pem, [0x30, 0x82, ..]) {
        return Err((
            "is DER, where PEM is asked for".to_owned(),
            "convert it, as `openssl x509 -inform der` does",
        ));
    }
    if matches!(pem, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return Err(("is UTF-16".to_owned(), "save it as UTF-8"));
    }
    // What stands around a certificate may be in any encoding.
    let text = String::from_utf8_lossy(pem);
    let mut all = Vec::new();
    let mut others = false;
    let mut rest = &*text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let cut = || wrong("is cut off: a certificate has no end");
        let (label, after) = after.split_once("-----").ok_or_else(cut)?;
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(end.as_str()).ok_or_else(cut)?;
        rest = after;
        if !matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE") {
            others = true;
            continue;
        }
        let number = all.len() + 1;
        let broken = || {
            (
                format!("holds a certificate that cannot be read, number {number}"),
                GIVE,
            )
        };
        // A variable may hold the line breaks as `\n`.
        let body = body.replace("\\r", "").replace("\\n", "");
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let der = BASE64_STANDARD.decode(body).map_err(|_| broken())?;
        Certificate::from_der(&der).map_err(|_| broken())?;
        all.push(reqwest::Certificate::from_der(&der).map_err(|_| broken())?);
    }
    match all.is_empty() {
        false => Ok(all),
        true if others => Err(wrong("holds no certificate, but something else in PEM")),
        true => Err(none(&text)),
    }
}

fn none(text: &str) -> (String, &'static str) {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return ("is empty".to_owned(), GIVE);
    }
    if text.starts_with("MII") {
        return ("is base64 without the lines around it".to_owned(), GIVE);
    }
    if !text.contains(['\n', ' ']) && text.contains(['/', '\\', '.']) {
        return (
            "is a file's name, and no certificate".to_owned(),
            "read the file, and give what is in it",
        );
    }
    ("holds no certificate".to_owned(), GIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("../../tests/vectors/keys/certificate.pem");

    #[test]
    fn certificates_are_read_whatever_stands_around_them() {
        for (pem, many) in [
            (PEM.to_owned(), 1),
            (format!("\u{feff}{PEM}"), 1),
            (PEM.replace('\n', "\r\n"), 1),
            (format!("\u{feff}{}", PEM.replace('\n', "\r\n")), 1),
            (PEM.replace('\n', "\\n"), 1),
            (PEM.replace('\n', " "), 1),
            (
                format!("Bag Attributes\n  friendlyName: Blåbær\nsubject=CN = a\n{PEM}\n# the end"),
                1,
            ),
            (format!("{PEM}{PEM}\n\n{PEM}"), 3),
            (format!("{}{PEM}", include_str!("../../tests/vectors/keys/pub.pem")), 1),
        ] {
            let read = read(pem.as_bytes()).unwrap_or_else(|error| panic!("{pem}: {error}"));
            assert_eq!(read.len(), many, "{pem}");
        }
        // Latin-1 beside it.
        let latin: Vec<u8> = [b"subject=Bl\xe5b\xe6r\n", PEM.as_bytes()].concat();
        assert_eq!(read(&latin).expect("a certificate").len(), 1);
    }

    #[test]
    fn what_is_none_is_told() {
        let body: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
        let der = BASE64_STANDARD.decode(&body).expect("base64");
        let utf16: Vec<u8> = "\u{feff}-----BEGIN".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (pem, expected) in [
            (Vec::new(), "`ca_pem` is empty; give the CA's certificate in PEM"),
            ("\u{feff}\n".into(), "`ca_pem` is empty"),
            (
                der,
                "`ca_pem` is DER, where PEM is asked for; convert it, as `openssl x509 -inform der` does",
            ),
            (utf16, "`ca_pem` is UTF-16; save it as UTF-8"),
            (body.clone().into(), "`ca_pem` is base64 without the lines around it"),
            (
                "/etc/ssl/ca.pem".into(),
                "`ca_pem` is a file's name, and no certificate; read the file, and give what is in it",
            ),
            ("C:\\ca.crt".into(), "`ca_pem` is a file's name"),
            ("hunter2 and more".into(), "`ca_pem` holds no certificate; give"),
            (
                PEM[..PEM.len() / 2].into(),
                "`ca_pem` is cut off: a certificate has no end",
            ),
            (
                include_str!("../../tests/vectors/keys/pub.pem").into(),
                "`ca_pem` holds no certificate, but something else in PEM",
            ),
            (
                format!("{PEM}-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----").into(),
                "`ca_pem` holds a certificate that cannot be read, number 2",
            ),
            (
                format!(
                    "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----",
                    &body[..80]
                )
                .into(),
                "`ca_pem` holds a certificate that cannot be read, number 1",
            ),
        ] {
            let error = read(&pem).expect_err(expected).to_string();
            assert!(
                error.starts_with(&format!("Maskinporten: settings failed: {expected}")),
                "{error}"
            );
            assert!(!error.contains("hunter2"));
        }
    }
}
