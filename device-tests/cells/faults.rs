//! Switches: what can go wrong with any client, whichever it is.

use std::sync::OnceLock;

use super::{Cell, Of, read};
use crate::cloud::{
    cell::{
        Answer::{self, Each, Fewer, More, Slow, Truncated, Whole},
        Asked::{self, *},
        Effect::{self, *},
        History::{self, *},
    },
    client::Oddity,
};

const ANY: Of = read("Lodestar", "any client", "");

const ERROR: &str = r#"{"status": "error", "message": "could not do it"}"#;
const IMPORTED: &str = r#"{"status": "imported"}"#;
const DELETED: &str = r#"{"status": "deleted"}"#;
const NOT_ACTIVE: &str = r#"{"status": "not_active"}"#;
const NOT_FOUND: &str = r#"{"status": "not_found"}"#;
const DUPLICATE: &str = r#"{"status": "duplicate"}"#;
const HTML: Answer = Whole(200, "<html>log in</html>");
const EMPTY: Answer = Whole(200, "");
const NULL: Answer = Whole(200, r#"{"data": null}"#);

const IMPORTS: [(&str, Answer, Effect); 24] = [
    ("500, not taken", Whole(500, ""), Nothing),
    ("500, taken", Whole(500, ""), AsAsked),
    ("500, the first taken", Whole(500, ""), First),
    ("500, taken later", Whole(500, ""), Later),
    ("502 of a proxy, taken later", Whole(502, "<html>"), Later),
    ("408 of a proxy, taken later", Whole(408, "<html>"), Later),
    ("404", Whole(404, ""), Nothing),
    ("405", Whole(405, ""), Nothing),
    ("413", Whole(413, ""), Nothing),
    ("429", Whole(429, ""), Nothing),
    ("empty, not taken", EMPTY, Nothing),
    ("empty, taken", EMPTY, AsAsked),
    ("HTML, not taken", HTML, Nothing),
    ("HTML, taken", HTML, AsAsked),
    ("HTML, taken later", HTML, Later),
    ("null, not taken", NULL, Nothing),
    ("truncated", Truncated, AsAsked),
    ("a key fewer", Fewer, AsAsked),
    ("a key more", More, AsAsked),
    ("slow, taken later", Slow(1300), Later),
    ("imported and not listed", Each(IMPORTED, Absent), Nothing),
    ("duplicate and not listed", Each(DUPLICATE, Absent), Nothing),
    ("error, and taken", Each(ERROR, Absent), AsAsked),
    ("a word that the API does not have", Each(r#"{"status": "IMPORTED"}"#, Absent), AsAsked),
];

const REMOVALS: [(&str, Answer, Effect); 23] = [
    ("500, not removed", Whole(500, ""), Nothing),
    ("500, removed", Whole(500, ""), AsAsked),
    ("500, out of memory", Whole(500, ""), OutOfMemory),
    ("404", Whole(404, ""), Nothing),
    ("408 of a proxy, removed", Whole(408, ""), AsAsked),
    ("429", Whole(429, ""), Nothing),
    ("empty, not removed", EMPTY, Nothing),
    ("empty, removed", EMPTY, AsAsked),
    ("HTML, not removed", HTML, Nothing),
    ("HTML, out of memory", HTML, OutOfMemory),
    ("truncated", Truncated, AsAsked),
    ("a key fewer", Fewer, AsAsked),
    ("a key more", More, AsAsked),
    ("slow", Slow(1300), AsAsked),
    ("deleted, and still there", Each(DELETED, Own), Nothing),
    ("not_active, and still there", Each(NOT_ACTIVE, Own), Nothing),
    ("not_active, drops from memory, keeps the files", Each(NOT_ACTIVE, Own), OutOfMemory),
    ("not_found, drops from memory, keeps the files", Each(NOT_FOUND, Own), OutOfMemory),
    ("not_active, and removed", Each(NOT_ACTIVE, Own), AsAsked),
    ("error, drops from memory, keeps the files", Each(ERROR, Own), OutOfMemory),
    ("error, and has removed", Each(ERROR, Own), AsAsked),
    ("error, and still there", Each(ERROR, Own), Nothing),
    ("error, and has removed, null", Each(ERROR, NullText), AsAsked),
];

const HISTORIES: [(&str, History); 9] = [
    ("deleted, no root and no records", Rootless),
    ("deleted, an empty root", EmptyRoot),
    ("deleted, the text null", NullText),
    ("deleted, no text", EmptyText),
    ("deleted, null", Null),
    ("deleted, no history", Absent),
    ("deleted, an object", Object),
    ("deleted, another chain", OtherChain),
    ("deleted, a field more", MoreFields),
];

/// What goes wrong with a listing, from the first on and later.
const LISTS: [(&str, Answer); 6] = [
    ("500", Whole(500, "")),
    ("empty", EMPTY),
    ("HTML", HTML),
    ("null", NULL),
    ("lists nothing", Whole(200, r#"{"data": []}"#)),
    ("truncated", Truncated),
];

const OTHERS: [(&str, Asked, Answer); 12] = [
    ("remote keys: 500", ListRemote, Whole(500, "")),
    ("remote keys: HTML", ListRemote, HTML),
    ("remote keys: null", ListRemote, NULL),
    ("remote keys: truncated", ListRemote, Truncated),
    ("an import of nothing: 403", ImportNothing, Whole(403, "")),
    ("an import of nothing: 500", ImportNothing, Whole(500, "")),
    ("an import of nothing: 400", ImportNothing, Whole(400, "")),
    ("a removal of nothing: 500", DeleteNothing, Whole(500, "")),
    ("a removal of nothing: HTML", DeleteNothing, HTML),
    ("a setting: HTML", Setting("feerecipient"), HTML),
    ("a setting: slow", Setting("graffiti"), Slow(1300)),
    ("a setting is not set: HTML", SetSetting("feerecipient"), HTML),
];

/// Who lets nobody in any more, at one request after another.
const SHUTS: usize = 14;

pub(super) fn faults() -> &'static [Cell] {
    static ALL: OnceLock<Vec<Cell>> = OnceLock::new();
    ALL.get_or_init(|| {
        let named = |name: String| Cell::new(ANY, name.leak());
        let import = |(name, answer, effect): &(&str, Answer, Effect)| {
            named(format!("import: {name}")).answers(Import, *answer, *effect)
        };
        let remove = |(name, answer, effect): &(&str, Answer, Effect)| {
            named(format!("removal: {name}")).answers(Delete, *answer, *effect)
        };
        let again = |(name, answer): &(&str, Answer)| {
            let cell = named(format!("removal, again: {name}"));
            cell.answers(DeleteAgain, *answer, AsAsked).fails_first()
        };
        let history = |(name, history): &(&str, History)| {
            named(format!("removal: {name}")).answers(Delete, Each(DELETED, *history), AsAsked)
        };
        let list = |(name, answer): &(&str, Answer)| {
            [0, 1, 2, 3, 4].map(|after| {
                let cell = named(format!("list {after}: {name}"));
                cell.answers(List, *answer, AsAsked).after(after)
            })
        };
        let other = |(name, asked, answer): &(&str, Asked, Answer)| {
            named((*name).to_owned()).answers(*asked, *answer, AsAsked)
        };
        let shut = |after: usize| {
            let cell = named(format!("401 from request {after} on"));
            cell.answers(Anything, Whole(401, ""), Nothing).after(after)
        };
        let mut all: Vec<_> = IMPORTS.iter().map(import).collect();
        all.extend(REMOVALS.iter().map(remove));
        all.extend(HISTORIES.iter().map(history));
        let agains = [("error", Each(ERROR, Own)), ("500", Whole(500, "")), ("HTML", HTML)];
        all.extend(agains.iter().map(again));
        all.extend(LISTS.iter().flat_map(list));
        all.extend(OTHERS.iter().map(other));
        // What was taken is listed by nobody: it is there by the client's word alone.
        for (name, oddity) in [("it drops the key", Oddity::Drops), ("later", Oddity::Later)] {
            let cell = named(format!("list 1: 500, and {name}")).odd(oddity);
            all.push(cell.answers(List, Whole(500, ""), AsAsked).after(1));
        }
        all.extend((0..SHUTS).map(shut));
        all
    })
}
