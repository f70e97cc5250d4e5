//! Password-based encryption inside PKCS#12: PBES2, and the two schemes that certificate authorities and Windows still write.

use std::cell::Cell;

use ::pkcs12::kdf::{Pkcs12KeyType, derive_key};
use ::pkcs12::pbe_params::Pkcs12PbeParams;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockDecryptMut as _, KeyInit, KeyIvInit as _};
use der::{Decode as _, Encode as _};
use pkcs5::pbes2::{Kdf, ScryptParams};
use pkcs8::spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::key::numbers::Secret;
use crate::key::problem::Problem;

const PBES2: &str = "1.2.840.113549.1.5.13";
const SHA1_3DES: &str = "1.2.840.113549.1.12.1.3";
const SHA1_2DES: &str = "1.2.840.113549.1.12.1.4";
const SHA1_RC2_128: &str = "1.2.840.113549.1.12.1.5";
const SHA1_RC2_40: &str = "1.2.840.113549.1.12.1.6";

/// The most rounds for a whole file, as it counts them itself: a count is four bytes, and half an hour of work. Java and Bouncy Castle
/// allow each part 5,000,000; what is written today has 2,048 to 600,000.
const MOST_ROUNDS: u32 = 10_000_000;

/// The most memory that scrypt may take; OpenSSL takes 16 MiB.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

const TOO_MUCH_WORK: Problem =
    Problem::Pkcs12("its password is derived in more rounds, or in more memory, than any tool asks for");

/// How many more rounds a password may be derived in: one for all parts of a file, and for every password that is tried on it.
pub(super) struct Budget(Cell<u32>);

impl Budget {
    pub(super) fn of_a_file() -> Self {
        Self(Cell::new(MOST_ROUNDS))
    }

    fn spend(&self, rounds: u64) -> Result<(), Problem> {
        let left = u64::from(self.0.get()).checked_sub(rounds).ok_or(TOO_MUCH_WORK)?;
        self.0.set(u32::try_from(left).unwrap_or_default());
        Ok(())
    }
}

/// A password in both its forms: PBES2 takes the text, PKCS#12's own derivation (RFC 7292, appendix B.1) its bytes.
pub(super) struct Password<'a> {
    text: &'a str,
    bytes: Zeroizing<Vec<u8>>,
    budget: &'a Budget,
}

impl<'a> Password<'a> {
    /// UTF-16, big endian, ended by two zeros.
    pub(super) fn new(text: &'a str, budget: &'a Budget) -> Self {
        let bytes = text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes);
        Self {
            text,
            bytes: Zeroizing::new(bytes.collect()),
            budget,
        }
    }

    /// No password at all: not even the two zeros of the empty one.
    pub(super) fn null(budget: &'a Budget) -> Self {
        Self {
            text: "",
            bytes: Zeroizing::default(),
            budget,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// It is about to be derived in so many rounds, which the file asks for.
    pub(super) fn spend(&self, rounds: u64) -> Result<(), Problem> {
        self.budget.spend(rounds)
    }

    fn spend_on(&self, kdf: &Kdf<'_>) -> Result<(), Problem> {
        match kdf {
            Kdf::Pbkdf2(asked) => self.spend(asked.iteration_count.into()),
            Kdf::Scrypt(asked) => self.spend(rounds_of_scrypt(asked).ok_or(TOO_MUCH_WORK)?),
            _ => Ok(()),
        }
    }
}

/// `None`: the password does not fit.
pub(super) fn decrypt(
    algorithm: &AlgorithmIdentifierOwned,
    data: &[u8],
    password: &Password<'_>,
) -> Result<Option<Secret>, Problem> {
    let unknown = Problem::Pkcs12("it is encrypted in a way that is not known here");
    let Some(parameters) = algorithm.parameters.as_ref().and_then(|any| any.to_der().ok()) else {
        return Err(unknown);
    };
    let scheme = algorithm.oid.to_string();
    if scheme == PBES2 {
        let parameters = pkcs5::pbes2::Parameters::from_der(&parameters).map_err(|_| unknown)?;
        password.spend_on(&parameters.kdf)?;
        return Ok(parameters.decrypt(password.text, data).ok().map(Zeroizing::new));
    }
    let parameters = Pkcs12PbeParams::from_der(&parameters).map_err(|_| unknown.clone())?;
    let derive = |id, length| {
        let salt = parameters.salt.as_bytes();
        Zeroizing::new(derive_key::<sha1::Sha1>(
            password.bytes(),
            salt,
            id,
            parameters.iterations,
            length,
        ))
    };
    let length = match scheme.as_str() {
        SHA1_3DES => 24,
        SHA1_2DES | SHA1_RC2_128 => 16,
        SHA1_RC2_40 => 5,
        _ => return Err(unknown),
    };
    password.spend(u64::try_from(parameters.iterations).unwrap_or_default())?;
    let key = derive(Pkcs12KeyType::EncryptionKey, length);
    let iv = derive(Pkcs12KeyType::Iv, 8);
    Ok(match scheme.as_str() {
        SHA1_3DES => cbc::<des::TdesEde3>(&key, &iv, data),
        SHA1_2DES => cbc::<des::TdesEde2>(&key, &iv, data),
        _ => cbc::<rc2::Rc2>(&key, &iv, data),
    })
}

/// What it takes instead of rounds of a hash, roughly; `None` where that is no cost, or too much memory. It holds a table of `N` blocks,
/// and the `p` blocks that it works on.
fn rounds_of_scrypt(asked: &ScryptParams<'_>) -> Option<u64> {
    let block = 128 * u64::from(asked.block_size);
    let parallel = u64::from(asked.parallelization);
    let blocks = asked.cost_parameter.checked_add(parallel)?;
    block.checked_mul(blocks).filter(|memory| *memory <= MOST_MEMORY)?;
    let mixed = (block * asked.cost_parameter).checked_mul(parallel)?;
    (mixed > 0).then_some(mixed / 32)
}

fn cbc<C>(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Secret>
where
    C: KeyInit + cbc::cipher::BlockCipher + cbc::cipher::BlockDecryptMut,
{
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded_vec_mut::<Pkcs7>(data).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests;
