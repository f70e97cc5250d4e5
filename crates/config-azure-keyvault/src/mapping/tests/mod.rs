//! The rules of names, as a table; and a model that shares no code with what it checks.
