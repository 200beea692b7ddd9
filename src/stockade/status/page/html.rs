//! The page as HTML. Every text that others may have written goes through [`stockade_base::html`].

use std::fmt::Write as _;

use stockade_base::{shown::html, timestamp::Timestamp};

use super::{Page, PageAttestation, PageCheck, PageCopy, PageSet, PageTask, style::style};
use crate::status::CheckState;

/// The most public keys of a set that are on the page.
const KEYS: usize = 1_000;

/// The most attestations that are on the page.
const ATTESTATIONS: usize = 500;

impl Page {
    /// The page: one file that needs no network, no script and no font.
    pub fn to_html(&self) -> String {
        let title = if self.public {
            "Backups of validator keys: for an auditor"
        } else {
            "Backups of your validator keys"
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
             'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}<main>\n{}{}{}{}{}</main>\n\
             <footer><p>Made by Stockade on {}. This page needs no network, and holds no key \
             and no password.</p></footer>\n</body>\n</html>\n",
            style(),
            self.header(title),
            self.tasks(),
            self.copies(),
            self.sets(),
            self.time_line(),
            self.notes(),
            time(self.at),
        )
    }

    fn header(&self, title: &str) -> String {
        let keys = match self.keys() {
            0 => self.sets.iter().filter_map(|set| set.number).sum(),
            keys => keys,
        };
        let now = self.tasks.iter().filter(|task| !task.soon).count();
        let mut sums = vec![(keys, "key"), (self.sets.len(), "set")];
        let copies = (self.copies.len(), if self.copies.len() == 1 { "copy" } else { "copies" });
        let mut items: String = sums
            .drain(..)
            .map(|(number, noun)| {
                let ending = if number == 1 { "" } else { "s" };
                format!("<li><b>{number}</b> {noun}{ending}</li>\n")
            })
            .collect();
        let _ = writeln!(items, "<li><b>{}</b> {}</li>", copies.0, copies.1);
        if !self.public {
            let (class, text) = match now {
                0 => ("good", "nothing to do now".to_owned()),
                1 => ("bad", "<b>1</b> thing to do".to_owned()),
                more => ("bad", format!("<b>{more}</b> things to do")),
            };
            let _ = writeln!(items, "<li class=\"{class}\">{text}</li>");
        }
        let signers: Vec<_> = self.signers.iter().map(ToString::to_string).collect();
        let signers = if signers.is_empty() {
            "<p class=\"bad\">No address of the owner was named, so no signature counts.</p>\n"
                .to_owned()
        } else {
            format!(
                "<p class=\"soft\">Signatures of these addresses count: <code>{}</code></p>\n",
                signers.join("</code>, <code>")
            )
        };
        format!(
            "<header>\n<h1>{title}</h1>\n<p class=\"soft\">As of {}, by the clock of the computer that made \
             this page</p>\n{signers}<ul class=\"sums\">\n{items}</ul>\n</header>\n",
            time(self.at)
        )
    }

    fn tasks(&self) -> String {
        if self.public {
            return String::new();
        }
        let (soon, now): (Vec<_>, Vec<_>) = self.tasks.iter().partition(|task| task.soon);
        let list = |tasks: &[&PageTask]| -> String {
            let items: String = tasks.iter().map(|task| item(task)).collect();
            format!("<ol class=\"tasks\">\n{items}</ol>\n")
        };
        let mut text =
            "<section aria-labelledby=\"todo\">\n<h2 id=\"todo\">What to do next</h2>\n".to_owned();
        text += &if now.is_empty() {
            "<p class=\"good\">Nothing to do now.</p>\n".to_owned()
        } else {
            list(&now)
        };
        if !soon.is_empty() {
            text += "<h2>Due soon</h2>\n";
            text += &list(&soon);
        }
        text + "</section>\n"
    }

    fn copies(&self) -> String {
        if self.public {
            let copies: Vec<_> = self.copies.iter().map(|copy| copy.id.clone()).collect();
            return format!(
                "<section aria-labelledby=\"copies\">\n<h2 id=\"copies\">Copies</h2>\n<p>{}</p>\n</section>\n",
                ids(&copies)
            );
        }
        let row = |copy: &PageCopy| {
            let class = if copy.is_bad { " class=\"bad\"" } else { "" };
            format!(
                "<tr>{}<td{class}><bdi>{}</bdi></td></tr>\n",
                head_of(&copy.id, &copy.label),
                html(&copy.state)
            )
        };
        let rows: String = self.copies.iter().map(row).collect();
        format!(
            "<section aria-labelledby=\"copies\">\n<h2 id=\"copies\">Copies</h2>\n<div class=\"card\">\n<table>\n\
             <thead><tr><th scope=\"col\">Copy</th><th scope=\"col\">State</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n"
        )
    }

    fn sets(&self) -> String {
        let cards: String = self.sets.iter().map(|set| self.set(set)).collect();
        let none = if cards.is_empty() { "<p class=\"bad\">There is no set.</p>\n" } else { "" };
        format!(
            "<section aria-labelledby=\"sets\">\n<h2 id=\"sets\">Sets and their last checks</h2>\n{none}\
             <div class=\"cards\">\n{cards}</div>\n</section>\n"
        )
    }

    fn set(&self, set: &PageSet) -> String {
        let keys = match set.number {
            Some(1) => "1 key".to_owned(),
            Some(number) => format!("{number} keys"),
            None => "<span class=\"bad\">not known: its manifest cannot be read</span>".to_owned(),
        };
        let opened = match set.threshold {
            Some(threshold) => format!("any {threshold} of {}", ids(&set.custodians)),
            None => "not known".to_owned(),
        };
        let signer = match (&set.signer, set.is_own) {
            (Some(signer), true) => format!("<code>{signer}</code>"),
            (Some(signer), false) => {
                format!(
                    "<code>{signer}</code> <span class=\"bad\">not one of the named addresses</span>"
                )
            }
            (None, _) => "<span class=\"warn\">no signature was read</span>".to_owned(),
        };
        let rows: String = set
            .copies
            .iter()
            .map(|pair| {
                let cells: String = pair.checks.iter().map(|check| self.cell(*check)).collect();
                let copy = self.copies.iter().find(|copy| copy.id == pair.copy);
                let label = copy.map_or("", |copy| copy.label.as_str());
                format!("<tr>{}{cells}</tr>\n", head_of(&pair.copy, label))
            })
            .collect();
        format!(
            "<article class=\"card\">\n<h3>{}</h3>\n<dl>\n<dt>Keys</dt><dd>{keys}</dd>\n\
             <dt>Opens with</dt><dd>{opened}</dd>\n<dt>Signed by</dt><dd>{signer}</dd>\n</dl>\n\
             <table>\n<caption>Last checks in each copy</caption>\n<thead><tr><th scope=\"col\">Copy</th>\
             <th scope=\"col\">Scrub</th><th scope=\"col\">Drill</th><th scope=\"col\">Attested</th></tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table>\n{}</article>\n",
            html(set.id.as_str()),
            public_keys(set)
        )
    }

    fn cell(&self, check: PageCheck) -> String {
        let age = check
            .at
            .map(|at| format!("<time datetime=\"{}\">{}</time>", at.rfc3339(), at.ago(self.at)));
        let age = age.unwrap_or_default();
        match check.state {
            CheckState::Fine => format!("<td class=\"good\">{age}</td>"),
            CheckState::DueSoon => format!("<td class=\"warn\">{age}, due soon</td>"),
            CheckState::Overdue => format!("<td class=\"bad\">{age}, overdue</td>"),
            CheckState::Failed => format!("<td class=\"bad\">FAILED {age}</td>"),
            CheckState::Never if self.public => "<td class=\"warn\">not attested</td>".to_owned(),
            CheckState::Never => "<td class=\"bad\">never</td>".to_owned(),
            CheckState::Off if age.is_empty() => "<td class=\"soft\">not asked for</td>".to_owned(),
            CheckState::Off => format!("<td class=\"soft\">{age}</td>"),
        }
    }

    fn time_line(&self) -> String {
        let shown: String =
            self.attestations.iter().take(ATTESTATIONS).map(|one| self.moment(one)).collect();
        let more = match self.attestations.len().checked_sub(ATTESTATIONS) {
            Some(more @ 1..) => format!("<p>and {more} older ones</p>\n"),
            _ => String::new(),
        };
        let list = if shown.is_empty() {
            "<p class=\"warn\">There is no attestation.</p>\n".to_owned()
        } else {
            format!("<ol class=\"time\">\n{shown}</ol>\n{more}")
        };
        format!(
            "<section aria-labelledby=\"time\">\n<h2 id=\"time\">Attestations, newest first</h2>\n\
             <p class=\"soft\">A signature proves that the wallet approved the text; the time and the numbers \
             come from the computer that it was plugged into.</p>\n{list}</section>\n"
        )
    }

    fn moment(&self, one: &PageAttestation) -> String {
        let (class, word) =
            if one.problems.is_empty() { ("good", "Good") } else { ("bad", "Does not count") };
        let at = one.at.map_or("without a time".to_owned(), |at| {
            format!("{} ({})", time(at), at.ago(self.at))
        });
        let problems: String = one
            .problems
            .iter()
            .map(|problem| format!("<p class=\"problem\">{}</p>\n", html(problem)))
            .collect();
        let set = one.set.as_ref().map_or_else(String::new, |set| html(set.as_str()));
        let by = one.by.map_or_else(String::new, |by| by.to_string());
        format!(
            "<li class=\"{class}\"><b>{word}</b>: {at}\n<p>{}</p>\n{problems}<p class=\"soft\">Set <code>{set}</code>; \
             copies {}; signed by <code>{by}</code></p></li>\n",
            html(&one.what),
            ids(&one.copies)
        )
    }

    fn notes(&self) -> String {
        let mut notes: Vec<&str> = self.notes.iter().map(String::as_str).collect();
        if self.public {
            notes.extend(UNKNOWN);
        }
        if notes.is_empty() {
            return String::new();
        }
        let title = if self.public { "What this page cannot know" } else { "Notes" };
        let items: String = notes.iter().map(|note| format!("<li>{}</li>\n", html(note))).collect();
        format!(
            "<section aria-labelledby=\"notes\">\n<h2 id=\"notes\">{title}</h2>\n<ul class=\"plain\">\n{items}</ul>\n</section>\n"
        )
    }
}

/// What manifests and attestations do not say.
const UNKNOWN: [&str; 5] = [
    "Whether the copies still hold what was attested: an attestation is about the time that it states, and \
     that time is the computer's.",
    "Where the copies are, and whether one failure would destroy several of them.",
    "Whether the computer that checked told the wallet the truth. A challenge of yours in the next \
     attestation shows at least that it is new.",
    "Checks that were not attested, copies that were not named, and newer attestations that were not shown.",
    "Whether the custodians still have their wallets and know their passphrases.",
];

/// The head of a row about a copy.
fn head_of(id: &str, label: &str) -> String {
    let label = match label {
        "" => String::new(),
        label => format!("<br><bdi class=\"soft\">{}</bdi>", html(label)),
    };
    format!("<th scope=\"row\"><code>{}</code>{label}</th>", html(id))
}

fn item(task: &PageTask) -> String {
    let command = task.command.as_ref();
    let command = command.map(|text| format!("<pre><code>{}</code></pre>", html(text)));
    format!("<li>{}{}</li>\n", html(&task.text), command.unwrap_or_default())
}

fn public_keys(set: &PageSet) -> String {
    if set.keys.is_empty() {
        return String::new();
    }
    let keys = set.keys.iter().take(KEYS).map(|key| format!("<li><code>0x{key}</code></li>\n"));
    let more = match set.keys.len().checked_sub(KEYS) {
        Some(more @ 1..) => format!("<p>and {more} more</p>\n"),
        _ => String::new(),
    };
    format!(
        "<details>\n<summary>Public keys of {}</summary>\n<ul>\n{}</ul>\n{more}</details>\n",
        html(set.id.as_str()),
        keys.collect::<String>()
    )
}

fn ids(ids: &[String]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| format!("<code>{}</code>", html(id))).collect();
    ids.join(", ")
}

fn time(at: Timestamp) -> String {
    format!("<time datetime=\"{}\">{}</time>", at.rfc3339(), at.to_minute())
}
