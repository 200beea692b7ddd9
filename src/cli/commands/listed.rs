//! Long lists for people: the first items, and how many more there are. No list ends silently.

use std::fmt::Display;

/// The most items that a list shows.
pub const LISTED: usize = 20;

/// A line for each of the first [`LISTED`] items, and one that says how many more there are. Each line
/// begins with `indent`.
pub fn lines<T: Display>(items: impl IntoIterator<Item = T>, indent: &str) -> String {
    first(
        items,
        LISTED,
        |item| format!("{indent}{item}\n"),
        |more| format!("{indent}and {more} more\n"),
    )
}

/// The text of each of the first `most` items, and what `rest` says about the number of the others.
pub fn first<T>(
    items: impl IntoIterator<Item = T>,
    most: usize,
    item: impl FnMut(T) -> String,
    rest: impl FnOnce(usize) -> String,
) -> String {
    let mut items = items.into_iter();
    let mut text: String = items.by_ref().take(most).map(item).collect();
    match items.count() {
        0 => {}
        more => text += &rest(more),
    }
    text
}

/// The first `most` names with commas between them, and how many more there are.
pub fn names<T: Display>(items: impl IntoIterator<Item = T>, most: usize) -> String {
    let name = |item: T| format!(", {item}");
    let text = first(items, most, name, |more| format!(" and {more} more"));
    text.strip_prefix(", ").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_says_how_long_it_is() {
        assert_eq!(lines(0..0, "  "), "");
        assert_eq!(lines(0..20, "  ").lines().count(), 20);
        let long = lines(0..1000, "  ");
        assert_eq!(long.lines().last(), Some("  and 980 more"));
        assert_eq!(long.lines().count(), 21);
        assert_eq!(names(1..4, 5), "1, 2, 3");
        assert_eq!(names(1..1000, 2), "1, 2 and 997 more");
        assert_eq!(names(0..0, 2), "");
    }
}
