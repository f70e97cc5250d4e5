//! Tests that cross crates; everything is in `suite/`.

/// The READMEs' code compiles.
#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../README.md")]
    mod root {}

    #[doc = include_str!("../../crates/config-azure-keyvault/README.md")]
    mod core {}

    #[doc = include_str!("../../crates/maskinporten/README.md")]
    mod companion {}
}
