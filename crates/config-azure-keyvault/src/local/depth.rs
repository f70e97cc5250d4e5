//! How deep a document is nested, told before anything goes down into it.

use std::fmt;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::place_of;
use crate::mapping::{MOST_LEVELS, TooDeep};

/// An open container, and which of its members is being read.
enum Open {
    Object(String),
    Array(usize),
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(name) => f.write_str(name),
            Self::Array(index) => write!(f, "{index}"),
        }
    }
}

/// An error that names the key where objects and arrays stand in each other too deep for any value in them.
///
/// What is no JSON is left to the parser; it is told where the innermost container that is not closed is opened, in bytes.
pub(super) fn check_nesting(text: &str) -> Result<Option<usize>, String> {
    let mut scanner = Scanner::new(text, &ScannerOptions::default());
    let mut open: Vec<Open> = Vec::new();
    let mut opened: Vec<usize> = Vec::new();
    // A string may be a value, and values are not told: a name stands behind `{` or `,` and before `:`.
    let mut may_be_a_name = false;
    let mut name = None;
    while let Ok(Some(token)) = scanner.scan() {
        let was_name = name.take();
        let may_be_this = std::mem::take(&mut may_be_a_name);
        match token {
            Token::OpenBrace | Token::OpenBracket => {
                // The document itself is one of them, and an empty one inside is a value.
                if open.len() > MOST_LEVELS {
                    let key: Vec<String> = open.iter().map(ToString::to_string).collect();
                    let place = place_of(text, scanner.token_start());
                    return Err(format!("{place}: {}", TooDeep::new(&key.join("--"))));
                }
                may_be_a_name = token == Token::OpenBrace;
                opened.push(scanner.token_start());
                open.push(if may_be_a_name {
                    Open::Object(String::new())
                } else {
                    Open::Array(0)
                });
            }
            Token::CloseBrace | Token::CloseBracket => drop((open.pop(), opened.pop())),
            Token::Comma => match open.last_mut() {
                Some(Open::Array(index)) => *index += 1,
                _ => may_be_a_name = true,
            },
            Token::String(text) if may_be_this => name = Some(text),
            Token::Colon => {
                if let (Some(Open::Object(member)), Some(name)) = (open.last_mut(), was_name) {
                    *member = name.into_owned();
                }
            }
            Token::CommentLine(_) | Token::CommentBlock(_) => (may_be_a_name, name) = (may_be_this, was_name),
            _ => {}
        }
    }
    Ok(opened.pop())
}
