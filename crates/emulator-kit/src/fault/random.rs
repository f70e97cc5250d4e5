//! Faults at random, the same ones for the same seed.

use super::FaultAction;

/// Faults that hit a share of the requests, the same ones for the same seed.
///
/// One request in ten, and the same ones in every run:
///
/// ```
/// use emulator_kit::{FaultAction, FaultBook, RandomFaults};
///
/// #[derive(Clone, Copy, PartialEq)]
/// enum RequestKind { Letter }
///
/// let book = FaultBook::<RequestKind>::default();
/// book.set_random(RandomFaults::new(0.1, 42, |number| match number % 3 {
///     0 => FaultAction::Reset,
///     1 => FaultAction::Html { status: 502 },
///     _ => FaultAction::Throttled { retry_after: Some(1) },
/// }));
/// ```
#[derive(Debug)]
pub struct RandomFaults {
    /// Out of 2^32.
    threshold: u64,
    seed: u64,
    drawn: u64,
    choose: fn(u32) -> FaultAction,
}

impl RandomFaults {
    /// Hits this share (0 to 1) of the requests, in the order of arrival. `choose` makes a fault of a random number: which ones
    /// there are, and how they are worded, is the service's own.
    #[must_use]
    pub fn new(rate: f64, seed: u64, choose: fn(u32) -> FaultAction) -> Self {
        // The clamp keeps the product within 2^32, so nothing is lost in the cast.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let threshold = (rate.clamp(0.0, 1.0) * f64::from(u32::MAX)).ceil() as u64;
        Self {
            threshold,
            seed,
            drawn: 0,
            choose,
        }
    }

    pub(crate) fn draw(&mut self) -> Option<FaultAction> {
        self.drawn += 1;
        let draw = mix(mix(self.seed) ^ self.drawn);
        // The lower half decides whether, the upper half which.
        (draw & 0xffff_ffff < self.threshold).then(|| (self.choose)(u32::try_from(draw >> 32).unwrap_or(u32::MAX)))
    }
}

/// SplitMix64: small, well distributed and the same everywhere for the same seed.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(rate: f64, seed: u64) -> Vec<Option<FaultAction>> {
        let choose = |number: u32| match number % 2 {
            0 => FaultAction::Reset,
            _ => FaultAction::Hang,
        };
        let mut random = RandomFaults::new(rate, seed, choose);
        (0..2_000).map(|_| random.draw()).collect()
    }

    #[test]
    fn the_seed_decides_and_the_rate_holds() {
        assert_eq!(draws(0.2, 7), draws(0.2, 7));
        assert_ne!(draws(0.2, 7), draws(0.2, 8));
        let hits = draws(0.2, 7).iter().flatten().count();
        assert!((300..500).contains(&hits), "{hits} of 2000 at a rate of 0.2");
        assert_eq!(draws(0.0, 7).iter().flatten().count(), 0);
        assert_eq!(draws(1.0, 7).iter().flatten().count(), 2_000);
    }
}
