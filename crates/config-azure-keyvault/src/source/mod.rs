//! The handle that a builder takes, and the order of the steps.

mod brought;
mod connection;
mod editing;
mod handle;
mod harvest;
mod intent;
mod laying;
mod options;
mod plan;
mod presence;
mod resolve;
mod setters;
mod steps;
mod traits;

pub use handle::AzureKeyVault;
pub use intent::{LoadPlan, PlannedVault};
pub use traits::AddAzureKeyVault;
