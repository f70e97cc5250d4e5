//! JSON that makes no sense.

use serde_json::Error;
use serde_json::error::Category;

/// Where a JSON document stops making sense; its own words may quote a value.
pub(crate) fn place(error: &Error) -> String {
    if error.is_eof() && error.column() == 0 {
        return "it is empty".to_owned();
    }
    let what = match error.classify() {
        Category::Data => "JSON of another form",
        Category::Eof => "JSON that ends early",
        Category::Syntax | Category::Io => "no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
