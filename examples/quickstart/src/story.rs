//! What a person reads.

use std::fmt::Write as _;

use config_azure_keyvault::{LoadReport, LoadedFrom};

use crate::request::{Request, Seen};
use crate::{Half, Setting};

/// A section with more settings than this is told by its first two and a number.
const MOST_OF_A_SECTION: usize = 8;
const FIRST: usize = 2;

const MASK: &str = "••••••••";

/// One half of the story, as text.
pub(crate) fn tell(half: &Half) -> String {
    let mut text = String::new();
    let report = &half.report;
    let _ = writeln!(text, "\n── {} {}", report.environment, "─".repeat(60));
    let _ = writeln!(text, "   {}\n", sources(report));
    let width = half
        .settings
        .iter()
        .map(|setting| setting.key.len())
        .max()
        .unwrap_or_default();
    for section in half.settings.chunk_by(|a, b| section_of(a) == section_of(b)) {
        let shown = if section.len() > MOST_OF_A_SECTION {
            FIRST
        } else {
            section.len()
        };
        for setting in &section[..shown] {
            let value = if setting.blank { "(blank)" } else { MASK };
            let _ = writeln!(
                text,
                "   {:<width$}  {value:<8}  {}",
                setting.key,
                short(&setting.origin)
            );
        }
        if shown < section.len() {
            let _ = writeln!(
                text,
                "   … and {} more of {}",
                section.len() - shown,
                section_of(&section[0])
            );
        }
    }
    let _ = writeln!(text, "\n   {}", half.typed);
    let _ = writeln!(text, "   {report}");
    for skipped in &report.skipped {
        let _ = writeln!(text, "   skipped  {}: {}", skipped.name, skipped.reason);
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "   warning  {warning}");
    }
    if let Some(credential) = &report.credential {
        let _ = writeln!(text, "   signed in with {credential}");
    }
    if let Some(requests) = half.emulator_requests {
        let _ = writeln!(text, "   requests that the vault saw: {requests}");
    }
    text
}

/// The end of the guide, as text.
pub(crate) fn tell_request(request: &Request) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "\n── Production: a request that authenticates itself {}",
        "─".repeat(22)
    );
    for (token, seen) in [("Maskinporten's", &request.maskinporten), ("Altinn's", &request.altinn)] {
        let Seen {
            consumer,
            scope,
            expires_in_s,
            ..
        } = seen;
        let _ = writeln!(
            text,
            "   with {token:<14} token the API sees consumer {consumer}, scope {scope}, {expires_in_s} s left"
        );
    }
    let _ = writeln!(
        text,
        "   {} token request, {} exchange: fetched, exchanged and attached by the client itself",
        request.token_requests, request.exchange_requests
    );
    text
}

fn section_of(setting: &Setting) -> &str {
    setting.key.split(['.', '[']).next().unwrap_or_default()
}

/// An origin without what every line has in common: the vault's URL and most of the version.
fn short(origin: &str) -> String {
    match origin.split_once(" secret ") {
        Some((_, secret)) => {
            let (name, version) = secret.split_once(" version ").unwrap_or((secret, ""));
            let version = version
                .get(..6)
                .map(|version| format!(" version {version}…"))
                .unwrap_or_default();
            format!("vault: {name}{version}")
        }
        None => origin.to_owned(),
    }
}

/// The files that are there, and what was laid over them.
fn sources(report: &LoadReport) -> String {
    let files = crate::files(&report.environment);
    let mut names: Vec<_> = files
        .iter()
        .filter(|file| file.exists())
        .map(|file| crate::file_name(&file.to_string_lossy()).to_owned())
        .collect();
    names.push(match &report.from {
        LoadedFrom::Vault { url, .. } => format!("Azure Key Vault {url}"),
        LoadedFrom::LocalFile(path) => crate::file_name(path).to_owned(),
        _ => "nothing".to_owned(),
    });
    names.join(" → ")
}
