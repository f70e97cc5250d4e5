//! The machine's root certificates, read once.

use reqwest::Certificate;

/// Those of this machine. Whoever comes first reads them; none where the platform judges by itself, or where none are found.
pub(crate) fn read() -> &'static [Certificate] {
    #[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
    {
        static ROOTS: std::sync::OnceLock<Vec<Certificate>> = std::sync::OnceLock::new();
        ROOTS.get_or_init(unix::read)
    }
    #[cfg(not(all(unix, not(target_os = "android"), not(target_vendor = "apple"))))]
    &[]
}

#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
mod unix {
    use std::path::{Path, PathBuf};

    use reqwest::Certificate;
    use rustls::RootCertStore;
    use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};

    pub(super) fn read() -> Vec<Certificate> {
        let found = found();
        // One that cannot be used is left out, as the platform's verifier does; a client would refuse all for it.
        let is_usable =
            |der: &rustls::pki_types::CertificateDer<'static>| RootCertStore::empty().add(der.clone()).is_ok();
        let usable = found.certs.iter().filter(|der| is_usable(der));
        usable.filter_map(|der| Certificate::from_der(der).ok()).collect()
    }

    /// Where somebody named a file or a folder, that. Else the bundle, and the folder only where there is none: it holds the same
    /// certificates again, each in a file of its own.
    fn found() -> CertificateResult {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let bundle = match (named("SSL_CERT_FILE"), named("SSL_CERT_DIR")) {
            (None, None) => openssl_probe::probe().cert_file,
            (Some(file), Some(folder)) if is_bundle_of(&file, &folder) => Some(file),
            _ => None,
        };
        let of_bundle = bundle.map(|bundle| load_certs_from_paths(Some(&bundle), None));
        match of_bundle {
            Some(found) if !found.certs.is_empty() => found,
            _ => load_native_certs(),
        }
    }

    /// Some name what a distribution has anyway: its folder, and the bundle that is made of it and lies in it.
    fn is_bundle_of(file: &Path, folder: &Path) -> bool {
        file.parent() == Some(folder) && openssl_probe::candidate_cert_dirs().any(|known| known == folder)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_a_distributions_own_bundle_stands_for_its_folder() {
            let debian = Path::new("/etc/ssl/certs");
            assert!(is_bundle_of(&debian.join("ca-certificates.crt"), debian));
            assert!(is_bundle_of(
                &debian.join("ca-certificates.crt"),
                Path::new("/etc/ssl/certs/")
            ));
            assert!(!is_bundle_of(Path::new("/srv/own.pem"), debian));
            assert!(!is_bundle_of(Path::new("/srv/own.pem"), Path::new("/srv")));
        }
    }
}
