//! Faults at random, the same ones for the same seed.

use std::time::Duration;

use super::FaultAction;
use crate::server::mix;

#[derive(Debug)]
pub(crate) struct RandomFaults {
    /// Out of 2^32.
    threshold: u64,
    seed: u64,
    drawn: u64,
}

impl RandomFaults {
    pub(crate) fn new(rate: f64, seed: u64) -> Self {
        // The clamp keeps the product within 2^32, so nothing is lost in the cast.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let threshold = (rate.clamp(0.0, 1.0) * f64::from(u32::MAX)).ceil() as u64;
        Self {
            threshold,
            seed,
            drawn: 0,
        }
    }

    pub(crate) fn next(&mut self) -> Option<FaultAction> {
        self.drawn += 1;
        let draw = mix(mix(self.seed) ^ self.drawn);
        if draw & 0xffff_ffff >= self.threshold {
            return None;
        }
        let detail = draw >> 32;
        let error = |status, code, message| FaultAction::service_error(status, code, None, message);
        Some(match detail % 5 {
            0 => FaultAction::Throttled { retry_after: None },
            1 => error(500, "InternalServerError", "The service encountered an internal error."),
            2 => error(503, "ServiceUnavailable", "The service is temporarily unavailable."),
            3 => FaultAction::Reset,
            _ => FaultAction::Delay(Duration::from_millis(1 + detail / 5 % 50)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(rate: f64, seed: u64) -> Vec<Option<FaultAction>> {
        let mut random = RandomFaults::new(rate, seed);
        (0..2_000).map(|_| random.next()).collect()
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
