//! Problems in words, without a value.

use std::collections::HashSet;

use crate::coerce::{self, Kind};
use crate::error::{Missing, Problem, Shape, escaped};
use crate::fault::What;
use crate::meant::Meant;
use crate::names;
use crate::scrub;
use crate::session::{Feed, Keyed, Session, Wrong};
use crate::tree::{DEEPEST, Data, Id, ROOT, Tree};

pub(crate) type Remedy<'c> = Box<dyn Fn(&Missing) -> Option<String> + 'c>;
pub(crate) type Ignoring<'c> = Box<dyn Fn(&str, Option<&str>) -> bool + 'c>;

/// What the caller wants to be told, and can say itself.
#[derive(Default)]
pub(crate) struct Options<'c> {
    pub(crate) strict: bool,
    pub(crate) ignoring: Option<Ignoring<'c>>,
    pub(crate) remedy: Option<Remedy<'c>>,
}

/// What does not fit, in the order of the configuration, and then what is missing.
pub(crate) fn problems(session: &Session<'_>, options: &Options<'_>) -> Vec<Problem> {
    let tree = &session.tree;
    let wrong = session.wrong.borrow();
    let all = 0..tree.nodes.len();
    let missing = |id: Id| tree.is_missing(id) && session.fact(id, |f| !f.asked && !f.quiet);
    let entries: Vec<Id> = all.filter(|id| wrong.contains_key(id) || missing(*id)).collect();
    // What a missing section would need says more than that it is missing.
    let sections: HashSet<Id> = entries.iter().flat_map(|&id| tree.above(id).skip(1)).collect();
    let meant = Meant::new(session);
    let mut problems = Vec::new();
    for id in entries {
        if tree.is_missing(id) && sections.contains(&id) {
            continue;
        }
        let mut text = match (wrong.get(&id), &tree.absent) {
            (Some(wrong), _) => words(tree, &meant, id, wrong),
            (None, None) => "is missing".to_owned(),
            (None, Some(absent)) => format!("is missing, as is the whole section `{absent}`"),
        };
        if session.fact(id, |f| f.more) {
            text.push_str("; others like it may be wrong, too");
        }
        let mut problem = problem(tree, id, &text);
        if let (None, Some(remedy)) = (wrong.get(&id), &options.remedy) {
            let remedy = remedy(&Missing {
                key: problem.key.clone(),
                path: tree.steps(id).into_iter().map(|(name, _)| name).collect(),
                shape: shape(session, id),
            });
            problem.remedy = remedy.as_deref().map(escaped);
        }
        problems.push(problem);
    }
    problems.extend(session.cut.map(|(found, section)| left(session, found, section)));
    problems
}

/// What was not looked at any more: of the section where that was decided, the keys behind the last that is wrong. Where all that
/// was found is missing, there is none to count from.
fn left(session: &Session<'_>, found: usize, section: Id) -> Problem {
    let children = session.children(section);
    let last = children.iter().rposition(|&child| session.has_problem(child));
    let behind = last.map_or(&[][..], |last| &children[last + 1..]);
    let rest = behind.iter().filter(|&&child| !session.tree.is_missing(child)).count();
    let what = match rest {
        0 => "the rest was".to_owned(),
        1 => "1 more key of it was".to_owned(),
        _ => format!("{rest} more keys of it were"),
    };
    problem(
        &session.tree,
        section,
        &format!("{found} problems were found one by one, and {what} not looked at"),
    )
}

fn problem(tree: &Tree<'_>, id: Id, text: &str) -> Problem {
    let mut key = tree.path(id);
    if key.is_empty() {
        key.push_str("(the whole configuration)");
    }
    let mut problem = Problem::new(key, text);
    problem.origin = tree.origin(id).filter(|_| !tree.is_missing(id)).map(escaped);
    problem
}

/// Keys that nobody read.
pub(crate) fn unread(session: &Session<'_>, options: &Options<'_>) -> Vec<Problem> {
    let tree = &session.tree;
    let ignored = |id| {
        let origin = tree.origin(id).map(escaped);
        let ignores = |ignoring: &Ignoring<'_>| ignoring(&tree.path(id), origin.as_deref());
        options.ignoring.as_ref().is_some_and(ignores)
    };
    let mut unread = Vec::new();
    let mut tables = vec![ROOT];
    while let Some(table) = tables.pop() {
        let keys = matches!(session.data(table), Data::Table) && session.keyed(table) != Keyed::Any;
        for &child in session.children(table) {
            let read = session.fact(child, |f| f.read || f.shadowed || f.feed == Feed::Omit);
            if read || matches!(session.data(child), Data::Nil | Data::Missing) {
                tables.push(child);
            } else if keys && !session.has_problem(child) && !ignored(child) {
                unread.push(child);
            }
        }
    }
    unread.sort_unstable();
    let known = |id: Id| match tree.nodes[id].parent.map(|table| session.keyed(table)) {
        Some(Keyed::Fields(fields)) => fields,
        _ => &[],
    };
    let meant = Meant::new(session);
    let text = |id| format!("is a key that nothing reads{}", meant.words(id, known(id)));
    unread.into_iter().map(|id| problem(tree, id, &text(id))).collect()
}

fn shape(session: &Session<'_>, id: Id) -> Shape {
    match session.fact(id, |f| f.wanted().map(Kind::of)) {
        Some(Kind::List) => Shape::List,
        Some(Kind::Section) => Shape::Section,
        _ => Shape::Value,
    }
}

fn words(tree: &Tree<'_>, meant: &Meant<'_, '_>, id: Id, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Refused(what) => refused(tree, id, what),
        Wrong::UnknownKey(known) => format!("is not a setting of this section{}", meant.words(id, known)),
        Wrong::Keys(expected) if Kind::of(expected) == Kind::Other && !scrub::safe(tree, id, expected) => {
            "was refused by its type".to_owned()
        }
        Wrong::Keys(expected) => format!(
            "its keys are to be {}, and behind `flatten`, a tag or `untagged` serde takes only texts for keys",
            prose(expected)
        ),
        Wrong::TooDeep => format!("is nested more than {DEEPEST} levels deep"),
        Wrong::Clash(group) => {
            let named = group.iter().map(|&c| match tree.origin(c) {
                Some(origin) => format!("`{}` (from {origin})", tree.path(c)),
                None => format!("`{}`", tree.path(c)),
            });
            let named = named.collect::<Vec<_>>().join(" and ");
            format!("is set under more than one name: {named}; keep one of them")
        }
    }
}

/// In our own words, or in those of the type where they do not give a value away.
fn refused(tree: &Tree<'_>, id: Id, what: &What) -> String {
    let data = tree.nodes[id].data;
    match what {
        What::Missing(name) => format!("a field `{name}` is missing in it"),
        What::Duplicate(name) => format!("more than one key sets the field `{name}`"),
        What::UnknownField(..) => "a key in it is not known to its type".to_owned(),
        What::UnknownVariant(variants) => {
            let names: Vec<String> = variants.iter().map(|v| format!("`{v}`")).collect();
            let expected = match names.as_slice() {
                [] => "nothing, as its type has no variants".to_owned(),
                [one] => one.clone(),
                many => format!("one of {}", many.join(", ")),
            };
            contrast(&expected, tree, id)
        }
        What::Expected(expected) if coerce::range(expected).is_some() && coerce::to_integer(data).is_some() => {
            format!("expected {}, found an integer outside that range", prose(expected))
        }
        What::Expected(expected) if Kind::of(expected) != Kind::Other || scrub::safe(tree, id, expected) => {
            contrast(&prose(expected), tree, id)
        }
        What::Custom(text) if !text.trim().is_empty() && scrub::safe(tree, id, text) => {
            format!("was refused by its type: {text}")
        }
        _ if tree.is_blank(id) => "is blank and was refused by its type".to_owned(),
        _ => "was refused by its type".to_owned(),
    }
}

/// serde's words for an operator. Nothing of the words is kept but where they are somebody else's.
fn prose(expected: &str) -> String {
    if let Some((least, most)) = coerce::range(expected) {
        return format!("an integer from {least} to {most}");
    }
    let words = match Kind::of(expected) {
        Kind::Bool => "true or false",
        Kind::Float => "a number",
        Kind::Text if expected == "path string" => "a path",
        Kind::Text => "a text",
        Kind::Char => "a single character",
        Kind::Unit => "nothing",
        Kind::Section => "a section",
        Kind::Enum => "the name of a variant, or a section of that name",
        Kind::List => return coerce::sized(expected).map_or("a list".to_owned(), |n| format!("a list of {n} values")),
        Kind::Integer | Kind::Other => expected,
    };
    words.to_owned()
}

/// What there is, in kind only.
fn found(data: Data<'_>) -> &'static str {
    match data {
        Data::Nil => "null",
        Data::Bool(_) => "true or false",
        Data::Signed(_) | Data::Unsigned(_) => "an integer",
        Data::Float(_) => "a number with a fraction",
        Data::Text(text) if text.trim().is_empty() => "a blank text",
        Data::Text(_) => "a text",
        Data::Table => "a section",
        Data::List => "a list",
        Data::Missing => "nothing",
    }
}

fn contrast(expected: &str, tree: &Tree<'_>, id: Id) -> String {
    let children = &tree.nodes[id].children;
    let data = tree.nodes[id].data;
    let own = match data {
        Data::Table if expected.starts_with("a list") => {
            let mut keys = children.iter().map(|&c| &tree.nodes[c].key);
            if let Some(key) = keys.find(|key| names::index(key).is_none()) {
                return format!("expected {expected}, found a section: its key `{key}` is no index");
            }
            return format!("expected {expected}, found one of {}", children.len());
        }
        Data::List if expected.starts_with("a list of ") => {
            return format!("expected {expected}, found one of {}", children.len());
        }
        Data::Text(text) if !text.trim().is_empty() && !expected.starts_with("a section") => " that is none",
        Data::Bool(_) | Data::Signed(_) | Data::Unsigned(_) | Data::Float(_) if expected.contains("integer") => {
            " that is none"
        }
        _ => "",
    };
    format!("expected {expected}, found {}{own}", found(data))
}
