//! The emulator's own certificate authority and its server certificate.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::error::EmulatorError;
use crate::protocols::Protocols;

/// The certificate that clients trust, and what the server shows them.
pub(crate) struct Authority {
    /// The certificate to trust, as PEM.
    pub(crate) pem: String,
    /// The certificate to trust, as DER.
    pub(crate) der: CertificateDer<'static>,
    /// What the server shows.
    pub(crate) server: Arc<ServerConfig>,
}

impl Authority {
    /// An authority of that name and a certificate of its own for these hosts, both for a year.
    pub(crate) fn new(name: &str, hosts: &[&str], protocols: Protocols) -> Result<Self, EmulatorError> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, format!("{name} CA"));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid_for_a_year(&mut params);
        let ca_key = KeyPair::generate()?;
        let ca = params.self_signed(&ca_key)?;
        let issuer = Issuer::new(params, ca_key);

        let mut params = CertificateParams::new(hosts.iter().copied().map(String::from).collect::<Vec<_>>())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        valid_for_a_year(&mut params);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &issuer)?;

        // Given by hand: the process-wide default belongs to the application.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone(), ca.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        server.alpn_protocols = protocols.alpn();
        Ok(Self {
            pem: ca.pem(),
            der: ca.der().clone(),
            server: Arc::new(server),
        })
    }
}

/// Verifiers of some platforms refuse a server certificate that lives longer than 398 days.
fn valid_for_a_year(params: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::DAY;
    params.not_after = now + Duration::days(365);
}
