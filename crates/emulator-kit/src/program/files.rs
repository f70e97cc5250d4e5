//! Files for whoever reads the line.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use tempfile::TempDir;

/// A folder of the program's own, for certificates and keys. It goes when the program ends, or this is dropped.
///
/// ```
/// use emulator_kit::program::Files;
///
/// let files = Files::new("letters-emulator")?;
/// let key = files.write("key.pem", "-----BEGIN PRIVATE KEY-----\n…")?; // for its owner alone
/// assert!(key.is_file());
/// drop(files);
/// assert!(!key.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Files(TempDir);

impl Files {
    /// A new folder, whose name starts with the program's, among those for temporary files.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn new(program: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("{program}-")).tempdir()?;
        Ok(Self(folder))
    }

    /// Writes a file that only its owner reads, and says where it is.
    ///
    /// # Errors
    ///
    /// When there is a file of that name, or it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.0.path().join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(&path)?.write_all(text.as_bytes())?;
        Ok(path)
    }

    pub(super) fn close(self) -> io::Result<()> {
        self.0.close()
    }
}
