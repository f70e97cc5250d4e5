//! A build without the feature `pkcs12`.

use secrecy::SecretString;

use crate::key::material::Material;
use crate::key::problem::Problem;

pub(in crate::key) fn read(_: &[u8], _: Option<&SecretString>) -> Result<Material, Problem> {
    Err(Problem::Pkcs12Unread)
}
