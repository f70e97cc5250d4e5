//! How a vault lists: the order, the pages, and the oddities a client must survive.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::ListItem;

/// The order in which a vault lists. The service promises none.
///
/// ```
/// use keyvault_emulator::{KeyVaultEmulator, ListOrder};
///
/// let emulator = KeyVaultEmulator::start_blocking()?;
/// let vault = emulator.default_vault();
/// for name in ["Hosts--0", "Hosts--1", "Hosts--10", "Hosts--2"] {
///     vault.set(name, name);
/// }
/// // What a client makes of them must not depend on the order in which they come.
/// for order in [ListOrder::Name, ListOrder::Reversed, ListOrder::Shuffled(7)] {
///     vault.set_list_order(order);
/// }
/// # Ok::<(), keyvault_emulator::EmulatorError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListOrder {
    /// By name.
    #[default]
    Name,
    /// By name, backwards.
    Reversed,
    /// Shuffled, the same way for the same seed.
    Shuffled(u64),
}

impl ListOrder {
    pub(crate) fn compare(self, left: &str, right: &str) -> Ordering {
        match self {
            Self::Name => left.cmp(right),
            Self::Reversed => right.cmp(left),
            Self::Shuffled(seed) => {
                // A hasher of this kind starts with the same keys in every process.
                let key = |name: &str| {
                    let mut hasher = DefaultHasher::new();
                    (seed, name).hash(&mut hasher);
                    hasher.finish()
                };
                key(left).cmp(&key(right)).then_with(|| left.cmp(right))
            }
        }
    }
}

/// The knobs on a vault's listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) order: ListOrder,
    /// What the list holds in place of what is there.
    pub(crate) items: Option<Vec<ListItem>>,
    /// How many items the first pages have.
    pub(crate) page_sizes: Vec<usize>,
    /// Pages, counted from 0, that are empty and yet have a next one.
    pub(crate) empty_pages: Vec<usize>,
    /// The origin that next links point to instead of this vault.
    pub(crate) next_link_origin: Option<String>,
    /// Whether next links spell out the port that nobody writes.
    pub(crate) explicit_port: bool,
    /// Whether the last page links back to the first.
    pub(crate) looping: bool,
}

impl Listing {
    /// Of these, what says how links look: the same for versions and deleted secrets.
    pub(crate) fn links(&self) -> Self {
        Self {
            next_link_origin: self.next_link_origin.clone(),
            explicit_port: self.explicit_port,
            ..Self::default()
        }
    }

    /// How many items this page has, where a page usually has `usual`.
    pub(crate) fn size_of(&self, page: usize, usual: usize) -> usize {
        if self.empty_pages.contains(&page) {
            return 0;
        }
        self.page_sizes.get(page).copied().unwrap_or(usual)
    }
}

/// Where the next page starts: what `$skiptoken` carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The number of the page, counted from 0.
    pub(crate) page: usize,
    /// The page starts behind this one, which may be gone by then.
    pub(crate) after: Option<String>,
}

impl Cursor {
    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    pub(crate) fn decode(token: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
    }
}
