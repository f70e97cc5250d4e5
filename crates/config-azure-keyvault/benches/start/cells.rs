//! What is measured: vaults of these sizes, at these distances.

use std::time::Duration;

/// One vault, and what is loaded from it.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) secrets: usize,
    /// In milliseconds.
    pub(crate) round_trip: u64,
    pub(crate) http: Http,
    /// Two of the secrets are the guide's, and a token is got with them.
    pub(crate) token: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Http {
    One,
    Two,
}

impl Cell {
    /// In the order of table and chart: the same size at both distances, side by side.
    pub(crate) fn all(quick: bool) -> Vec<Self> {
        let sizes: &[usize] = if quick { &[2, 100] } else { &[2, 25, 100, 500] };
        let mut cells = Vec::new();
        for &secrets in sizes {
            cells.extend([0, 20].map(|round_trip| Self::new(secrets, round_trip)));
        }
        if !quick {
            let plain = Self::new(100, 20);
            cells.push(Self::new(100, 80));
            cells.push(Self {
                http: Http::One,
                ..plain
            });
            cells.extend([2, 100].map(|secrets| Self {
                secrets,
                token: true,
                ..plain
            }));
        }
        cells
    }

    fn new(secrets: usize, round_trip: u64) -> Self {
        Self {
            secrets,
            round_trip,
            http: Http::Two,
            token: false,
        }
    }

    /// Programs that take seconds are measured in these only.
    pub(crate) fn is_for_the_slow(&self) -> bool {
        let is_near = matches!(self.round_trip, 0 | 20);
        matches!(self.secrets, 2 | 100) && is_near && self.http == Http::Two && !self.token
    }

    pub(crate) fn round_trip(&self) -> Duration {
        Duration::from_millis(self.round_trip)
    }

    /// As a heading says it.
    pub(crate) fn title(&self) -> String {
        let http = if self.http == Http::One { ", HTTP/1.1" } else { "" };
        let token = if self.token { ", with a token" } else { "" };
        format!("{} secrets, {} ms{http}{token}", self.secrets, self.round_trip)
    }
}

impl Http {
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::One => "1.1",
            Self::Two => "2",
        }
    }
}
