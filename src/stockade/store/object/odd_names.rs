//! Names in a listing that no copy has: `a//b`, `../x`, a name with a newline. object_store fails a
//! whole listing at the first of them, so one object that somebody puts below the prefix would stop
//! a recovery. They are replaced in the answer by names that object_store accepts, and [`decode`]
//! restores them.

use std::borrow::Cow;

use super::refusal::unescaped;

/// The folder that stands for all odd names. A real object with such a name is replaced as well, so
/// nobody can pass a name off as another.
const STAND_IN: &str = "stockade-odd-name";

/// The elements that describe an object, and the one in it that holds its name: those of S3 and
/// Google, and those of Azure.
const OBJECTS: [(&str, &str, &str, &str); 2] =
    [("<Contents>", "</Contents>", "<Key>", "</Key>"), ("<Blob>", "</Blob>", "<Name>", "</Name>")];

/// A page of a listing.
pub(super) struct Page {
    /// The answer, with stand-ins for the odd names.
    pub xml: String,
    /// The number of objects in it.
    pub objects: usize,
    /// The storage class of objects in it that must be restored before they can be read.
    pub archived: Option<&'static str>,
}

/// Parses the page `xml`.
pub(super) fn page(xml: &str) -> Page {
    let mut page = Page { xml: String::with_capacity(xml.len()), objects: 0, archived: None };
    let (open, close, name, name_end) =
        if xml.contains("<Blob>") { OBJECTS[1] } else { OBJECTS[0] };
    let mut rest = xml;
    while let Some((before, object, after)) = cut(rest, open, close) {
        page.objects += 1;
        page.xml.push_str(before);
        page.xml.push_str(open);
        page.archived = page.archived.or_else(|| archived(object));
        match cut(object, name, name_end) {
            Some((before, raw, after)) => {
                page.xml.push_str(before);
                page.xml.push_str(name);
                page.xml.push_str(&replaced(raw));
                page.xml.push_str(name_end);
                page.xml.push_str(after);
            }
            None => page.xml.push_str(object),
        }
        page.xml.push_str(close);
        rest = after;
    }
    page.xml.push_str(rest);
    page
}

/// The name that a stand-in replaces; `None` for every other name.
pub(super) fn decode(name: &str) -> Option<String> {
    let bytes = hex::decode(name.strip_prefix(STAND_IN)?.strip_prefix('/')?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn replaced(raw: &str) -> Cow<'_, str> {
    let name = unescaped(raw);
    let is_plain = object_store::path::Path::parse(&name).is_ok()
        // XML parsers differ in how they read these characters.
        && name.trim() == name
        && !name.contains(['&', '<', '\r'])
        && !name.starts_with(STAND_IN);
    if is_plain {
        Cow::Borrowed(raw)
    } else {
        Cow::Owned(format!("{STAND_IN}/{}", hex::encode(name)))
    }
}

fn archived(object: &str) -> Option<&'static str> {
    ["GLACIER", "DEEP_ARCHIVE", "Archive"].into_iter().find(|class| {
        object.contains(&format!("<StorageClass>{class}</StorageClass>"))
            || object.contains(&format!("<AccessTier>{class}</AccessTier>"))
    })
}

fn cut<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(open)?;
    let (within, after) = rest.split_once(close)?;
    Some((before, within, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(names: &[&str]) -> String {
        let objects = names
            .iter()
            .map(|name| format!("<Contents><Key>{name}</Key><Size>1</Size></Contents>"));
        format!("<R><IsTruncated>false</IsTruncated>{}</R>", objects.collect::<String>())
    }

    #[test]
    fn plain_names_stay_as_they_are() {
        let xml = listing(&["v/stockade/a.json", "v/stockade/b/", "v/\u{e4}", "v/a b"]);
        let page = page(&xml);
        assert_eq!((page.xml.as_str(), page.objects), (xml.as_str(), 4));
    }

    #[test]
    fn odd_names_are_restored() {
        for (raw, name) in [
            ("v/stockade/a\nb", "v/stockade/a\nb"),
            ("v/stockade/a&#10;b", "v/stockade/a\nb"),
            ("v/stockade//x", "v/stockade//x"),
            ("v/stockade/../x", "v/stockade/../x"),
            ("v/stockade/./x", "v/stockade/./x"),
            ("v/a&amp;b", "v/a&b"),
            ("v/SHA256SUMS ", "v/SHA256SUMS "),
            ("stockade-odd-name/76", "stockade-odd-name/76"),
        ] {
            let page = page(&listing(&[raw, "v/plain"]));
            let key = cut(&page.xml, "<Key>", "</Key>").unwrap().1;
            assert!(object_store::path::Path::parse(key).is_ok(), "{key}");
            assert_eq!(decode(key).as_deref(), Some(name));
            assert!(page.xml.contains("<Key>v/plain</Key>"));
        }
        assert_eq!(decode("v/plain"), None);
    }

    #[test]
    fn azure_names_and_archived_objects_are_recognised() {
        let xml = "<B><Blob><Name>v//x</Name><AccessTier>Archive</AccessTier></Blob></B>";
        let page = page(xml);
        assert_eq!((page.objects, page.archived), (1, Some("Archive")));
        assert!(!page.xml.contains("v//x"));
    }
}
