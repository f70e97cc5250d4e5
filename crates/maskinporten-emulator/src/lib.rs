//! A local Maskinporten.
