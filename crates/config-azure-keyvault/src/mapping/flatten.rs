//! A tree as the list of its leaves.

use config::{Value, ValueKind};

/// The leaves of `value` with their paths, in an order that is the same every time.
///
/// An array's element has its index as segment. Nil, an empty table and an empty array are leaves too; an empty root has
/// none.
pub(crate) fn flatten(value: &Value) -> Vec<(Vec<String>, Value)> {
    let mut leaves = Vec::new();
    collect(value, &mut Vec::new(), &mut leaves);
    if matches!(leaves.as_slice(), [(path, leaf)] if path.is_empty() && !is_scalar(&leaf.kind)) {
        leaves.clear();
    }
    leaves
}

fn collect(value: &Value, path: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, Value)>) {
    match &value.kind {
        ValueKind::Table(table) if !table.is_empty() => {
            let mut members: Vec<_> = table.iter().collect();
            members.sort_unstable_by_key(|&(name, _)| name);
            for (name, member) in members {
                path.push(name.clone());
                collect(member, path, leaves);
                path.pop();
            }
        }
        ValueKind::Array(array) if !array.is_empty() => {
            for (n, element) in array.iter().enumerate() {
                path.push(n.to_string());
                collect(element, path, leaves);
                path.pop();
            }
        }
        _ => leaves.push((path.clone(), value.clone())),
    }
}

fn is_scalar(kind: &ValueKind) -> bool {
    !matches!(kind, ValueKind::Nil | ValueKind::Table(_) | ValueKind::Array(_))
}
