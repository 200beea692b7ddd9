//! The page as text: what others wrote cannot become markup, and the structure is one that a screen reader
//! can follow.

use super::*;

/// What somebody may call a copy, and what it becomes.
const HOSTILE: &str = "</bdi><script>alert(1)</script>\" onload='x' \u{202e}txt.exe\u{200f}";

fn page(public: bool) -> Page {
    let at: Timestamp = "20261201T100000Z".parse().unwrap();
    let earlier: Timestamp = "20261124T093000Z".parse().unwrap();
    let set: SetId = "20261121-hoodi-c89274fa".parse().unwrap();
    let signer: Address = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94".parse().unwrap();
    let hostile = |text: &str| if text.is_empty() { HOSTILE.to_owned() } else { text.to_owned() };
    let copy = |id: &str, state: &str, is_bad| PageCopy {
        id: id.to_owned(),
        label: if public { String::new() } else { hostile("") },
        state: if public { String::new() } else { hostile(state) },
        is_bad,
    };
    let check = |at, state| PageCheck { at, state };
    let pair = |copy: &str, checks: [PageCheck; 3]| PagePair {
        copy: copy.to_owned(),
        checks: checks.to_vec(),
    };
    let statement = |problems: &[&str]| PageAttestation {
        at: Some(earlier),
        what: "Drill: every key was opened in memory. 3 proven, 0 contradicted, 0 inconclusive."
            .to_owned(),
        set: Some(set.clone()),
        copies: vec!["0a1b2c3d".to_owned(), HOSTILE.to_owned()],
        by: Some(signer),
        problems: problems.iter().map(|text| (*text).to_owned()).collect(),
    };
    Page {
        at,
        public,
        signers: vec![signer],
        copies: vec![copy("0a1b2c3d", "read now: /media/a", false), copy("4e5f6a7b", "", true)],
        sets: vec![PageSet {
            id: set.clone(),
            keys: Vec::new(),
            number: Some(3),
            threshold: Some(2),
            custodians: vec!["1111aaaa".to_owned(), HOSTILE.to_owned()],
            signer: Some(signer),
            is_own: true,
            copies: vec![
                pair(
                    "0a1b2c3d",
                    [
                        check(Some(earlier), CheckState::Fine),
                        check(Some(earlier), CheckState::DueSoon),
                        check(None, CheckState::Never),
                    ],
                ),
                pair(
                    "4e5f6a7b",
                    [
                        check(Some(earlier), CheckState::Failed),
                        check(Some(earlier), CheckState::Overdue),
                        check(None, CheckState::Off),
                    ],
                ),
            ],
        }],
        attestations: vec![statement(&[]), statement(&[HOSTILE])],
        tasks: if public {
            Vec::new()
        } else {
            vec![
                PageTask {
                    text: HOSTILE.to_owned(),
                    command: Some(format!("stockade scrub '{HOSTILE}'")),
                    soon: false,
                },
                PageTask { text: "a drill is due soon".to_owned(), command: None, soon: true },
            ]
        },
        notes: vec![HOSTILE.to_owned()],
    }
}

/// The tags of a page, in their order, without attributes.
fn tags(html: &str) -> Vec<&str> {
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split(['>', ' ', '\n']).next());
    tags.collect()
}

#[test]
fn what_others_wrote_is_text_and_never_markup() {
    for public in [false, true] {
        let html = page(public).to_html();
        assert!(
            !html.contains("<script") && !html.contains("onload='") && !html.contains("\" onload")
        );
        assert!(!html.chars().any(|c| c != '\n' && stockade_base::shown::is_harmful(c)));
        // With plain names, the page has the same tags.
        let mut plain = page(public);
        let named = |text: &mut String| *text = text.replace(HOSTILE, "name");
        plain.copies.iter_mut().for_each(|copy| {
            named(&mut copy.label);
            named(&mut copy.state);
        });
        plain.notes.iter_mut().for_each(named);
        plain.sets.iter_mut().flat_map(|set| &mut set.custodians).for_each(named);
        for one in &mut plain.attestations {
            one.problems.iter_mut().chain(&mut one.copies).for_each(named);
        }
        for task in &mut plain.tasks {
            named(&mut task.text);
            task.command.iter_mut().for_each(named);
        }
        assert_eq!(tags(&plain.to_html()), tags(&html));
    }
}

#[test]
fn every_tag_is_closed_and_every_table_has_heads() {
    const EMPTY: [&str; 4] = ["meta", "br", "!doctype", "link"];
    for public in [false, true] {
        let html = page(public).to_html();
        let mut open = Vec::new();
        for tag in tags(&html) {
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{open:?}"),
                None if EMPTY.contains(&tag) => {}
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{open:?}");
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
        assert_eq!(html.matches("<h1>").count(), 1);
        let count = |text: &str| html.matches(text).count();
        assert_eq!(count("<table>"), count("<thead>"));
        assert_eq!(count("<th "), count("scope=\"col\"") + count("scope=\"row\""));
        assert_eq!(count("<th>"), 0);
        // Each section is named by a heading that exists.
        for named in html.split("aria-labelledby=\"").skip(1) {
            let id = named.split('"').next().unwrap();
            assert_eq!(count(&format!(" id=\"{id}\"")), 1, "{id}");
        }
        for forbidden in ["<img", "<script", "<link", "http://", "https://", "javascript:", " on"] {
            let text =
                if forbidden == " on" { html.split("<style>").next().unwrap() } else { &html };
            assert!(!text.contains(forbidden), "{forbidden}");
        }
        assert!(html.contains("default-src 'none'"));
    }
}

#[test]
fn the_public_page_says_what_it_cannot_know_and_nothing_to_do() {
    let html = page(true).to_html();
    assert!(html.contains("What this page cannot know") && !html.contains("What to do next"));
    assert!(!html.contains("/media/"));
    let html = page(false).to_html();
    assert!(html.contains("What to do next") && html.contains("/media/a"));
    for words in ["overdue", "FAILED", "due soon", "never", "not asked for"] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn the_page_is_as_it_was() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../device-tests/golden/report.html");
    let expected = std::fs::read_to_string(golden).unwrap();
    let html = page(false).to_html();
    assert!(html == expected, "the page has changed; look at it, then update {golden}:\n{html}");
}
