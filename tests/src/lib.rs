//! Tests that cross crates; everything is in `suite/`.

/// The code of READMEs and guides compiles.
#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../README.md")]
    mod root {}

    #[doc = include_str!("../../crates/config-azure-keyvault/README.md")]
    mod core {}

    #[doc = include_str!("../../crates/config-bind/README.md")]
    mod bind {}

    #[doc = include_str!("../../crates/maskinporten/README.md")]
    mod companion {}

    #[doc = include_str!("../../docs/from-dotnet.md")]
    mod from_dotnet {}
}
