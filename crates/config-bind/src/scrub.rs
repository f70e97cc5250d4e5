//! Whether words that a type chose itself may be shown.

use crate::coerce;
use crate::tree::{Id, ROOT, Tree};

/// A piece of the refused value this long is already too much.
const PIECE: usize = 4;
/// Of any other value in the configuration, a piece this long.
const FOREIGN: usize = 8;

/// Whether `text` tells nothing of any value, as far as can be seen: no piece of the refused one, in any case or quoted, and
/// nothing of what the rest of the configuration holds.
pub(crate) fn safe(tree: &Tree<'_>, id: Id, text: &str) -> bool {
    let text = text.to_lowercase();
    let own = tree.below(id);
    let quoted = quoted(&text);
    for &node in &own {
        let Some(value) = coerce::to_text(tree.nodes[node].data) else {
            continue;
        };
        if tells(&text, &value, PIECE) || quoted.iter().any(|q| value.to_lowercase().contains(q)) {
            return false;
        }
    }
    tree.below(ROOT).into_iter().filter(|n| !own.contains(n)).all(|node| {
        let value = coerce::to_text(tree.nodes[node].data);
        value.is_none_or(|value| value.trim().len() < PIECE || !tells(&text, &value, FOREIGN))
    })
}

/// Whether `text` holds the value, or a piece of it of that length.
fn tells(text: &str, value: &str, piece: usize) -> bool {
    let value = value.to_lowercase();
    let escaped: String = value.trim().escape_debug().collect();
    [value.trim(), escaped.as_str()].into_iter().any(|value| {
        if value.is_empty() {
            return false;
        }
        let chars: Vec<char> = value.chars().collect();
        if chars.len() <= piece {
            return text.contains(value);
        }
        chars
            .windows(piece)
            .any(|piece| text.contains(&piece.iter().collect::<String>()))
    })
}

/// What a message quotes is most likely taken from the value, be it a single character.
fn quoted(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for quote in ['`', '\'', '"'] {
        let pieces = text.split(quote).skip(1).step_by(2);
        all.extend(pieces.filter(|p| !p.is_empty()).map(str::to_owned));
    }
    all
}
