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
    use std::fs::DirEntry;
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

    /// Where somebody named a file or a folder, that. Else the bundle, and what somebody laid beside it.
    fn found() -> CertificateResult {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let (bundle, folders) = match (named("SSL_CERT_FILE"), named("SSL_CERT_DIR")) {
            (None, None) => {
                let usual = openssl_probe::probe();
                (usual.cert_file, usual.cert_dir)
            }
            (Some(file), Some(folder)) if is_bundle_of(&file, &folder) => (Some(file), vec![folder]),
            _ => (None, Vec::new()),
        };
        let of_bundle = bundle.map(|bundle| bundle_and_laid_beside(&bundle, &folders));
        match of_bundle {
            Some(found) if !found.certs.is_empty() => found,
            _ => load_native_certs(),
        }
    }

    /// A bundle, and what somebody laid beside it in a distribution's folder: a root is mounted or copied there into many a container, and
    /// nobody makes the bundle anew.
    fn bundle_and_laid_beside(bundle: &Path, folders: &[PathBuf]) -> CertificateResult {
        let mut found = load_certs_from_paths(Some(bundle), None);
        if found.certs.is_empty() {
            return found;
        }
        let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
        for entry in entries.flatten().flatten() {
            let path = entry.path();
            if path != bundle && !leads_into_the_bundle(&entry) {
                found.certs.extend(load_certs_from_paths(Some(&path), None).certs);
            }
        }
        found.certs.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
        found.certs.dedup();
        found
    }

    /// Is it a link to what a distribution makes its bundle of, or makes of it? Debian has 288 of them. A link to a neighbour is another
    /// name for it, as OpenSSL's are (`0a1b2c3d.0`).
    fn leads_into_the_bundle(entry: &DirEntry) -> bool {
        if !entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            return false;
        }
        let of_distributions = ["/usr/share/ca-certificates", "/etc/pki/ca-trust/extracted"];
        std::fs::read_link(entry.path()).is_ok_and(|target| {
            let is_neighbour = target.file_name() == Some(target.as_os_str());
            is_neighbour || of_distributions.iter().any(|folder| target.starts_with(folder))
        })
    }

    /// Some name what a distribution has anyway: its folder, and the bundle that is made of it and lies in it.
    fn is_bundle_of(file: &Path, folder: &Path) -> bool {
        let is_bundle = ["ca-certificates.crt", "ca-bundle.crt"]
            .iter()
            .any(|name| file.ends_with(name));
        let is_known = || openssl_probe::candidate_cert_dirs().any(|known| known == folder);
        is_bundle && file.parent() == Some(folder) && is_known()
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
            assert!(!is_bundle_of(&debian.join("own.pem"), debian));
            assert!(!is_bundle_of(Path::new("/srv/own.pem"), debian));
            assert!(!is_bundle_of(Path::new("/srv/ca-certificates.crt"), Path::new("/srv")));
        }

        fn a_root() -> String {
            let key = rcgen::KeyPair::generate().expect("a key");
            let mut params = rcgen::CertificateParams::default();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            params.self_signed(&key).expect("a certificate").pem()
        }

        /// As Debian has it, and roots as they are mounted into a container: as a file, and as a config map's link.
        #[test]
        fn what_was_laid_beside_the_bundle_is_found() {
            let folder = tempfile::tempdir().expect("a folder");
            let put = |name: &str, text: &str| {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                std::fs::write(&path, text).expect("a file");
                path
            };
            let link = |name: &str, target: &str| {
                std::os::unix::fs::symlink(target, folder.path().join(name)).expect("a link");
            };
            let (of_bundle, mounted, mapped) = (a_root(), a_root(), a_root());
            let bundle = put("ca-certificates.crt", &of_bundle);
            put("again.pem", &of_bundle);
            put("mounted.crt", &mounted);
            put("..data/mapped.crt", &mapped);
            link("mapped.crt", "..data/mapped.crt");
            link("0a1b2c3d.0", "mounted.crt");
            link("gone.crt", "..data/gone.crt");
            put("README", "no certificate");

            let folders = [folder.path().to_owned(), folder.path().join("not there")];
            let found = bundle_and_laid_beside(&bundle, &folders);
            let wanted = put("wanted/all.pem", &(of_bundle + &mounted + &mapped));
            assert_eq!(found.certs, load_certs_from_paths(Some(&wanted), None).certs);
        }

        #[test]
        fn a_distributions_own_links_are_not_read_again() {
            let leads = |name: &str, target: &str| {
                let folder = tempfile::tempdir().expect("a folder");
                std::os::unix::fs::symlink(target, folder.path().join(name)).expect("a link");
                let mut entries = std::fs::read_dir(folder.path()).expect("a folder").flatten();
                leads_into_the_bundle(&entries.next().expect("the link"))
            };
            for target in [
                "/usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt",
                "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                "ISRG_Root_X1.pem",
            ] {
                assert!(leads("link.pem", target), "{target}");
            }
            assert!(leads("0a1b2c3d.0", "ISRG_Root_X1.pem"));
            for target in ["/usr/local/share/ca-certificates/own.crt", "..data/own.crt"] {
                assert!(!leads("link.pem", target), "{target}");
                assert!(!leads("0a1b2c3d.0", target), "{target}");
            }
        }
    }
}
