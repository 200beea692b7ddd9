//! The text of a review.

/// A title and fields.
pub(super) struct Review {
    title: String,
    fields: Vec<(String, String)>,
}

impl Review {
    /// "Review .."
    pub(super) fn of(what: &str) -> Self {
        Self { title: format!("Review {what}"), fields: Vec::new() }
    }

    /// Adds a field at the end.
    pub(super) fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Adds a field at the front.
    pub(super) fn first(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.insert(0, (name.into(), value.into()));
        self
    }

    /// The text, preceded by a warning if something is signed blindly.
    pub(super) fn text(&self, blind: bool) -> String {
        let fields: String =
            self.fields.iter().map(|(name, value)| format!("\n{name}: {value}")).collect();
        let warning = if blind { "Blind signing ahead\n" } else { "" };
        format!("{warning}{}{fields}", self.title)
    }
}
