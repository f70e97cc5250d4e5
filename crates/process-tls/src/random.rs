//! The first random number of a process.

/// Draws a number and throws it away: what follows has a source that is ready.
pub(crate) fn draw() {
    let mut number = [0; 16];
    // A source that fails, fails again where it is needed, and there somebody is told.
    #[cfg(not(target_family = "wasm"))]
    let _ = aws_lc_rs::rand::fill(&mut number);
    #[cfg(target_family = "wasm")]
    let _ = &mut number;
}
