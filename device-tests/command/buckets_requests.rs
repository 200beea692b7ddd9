//! How many requests commands send to a bucket, and how many at once: the prefix is listed once a command,
//! each file is read once, and several requests are under way, but never more than a bound.

use std::{collections::BTreeMap, sync::OnceLock};

use stockade::{bls::SecretKey, custodian::Custodian};

use super::{
    buckets::{COPY, at, wallet},
    fixture::{Content, Folder, ledger, wallet as mock},
    run::{WORDS, on},
    sets::{imported_key, plan, publish},
};
use crate::cloud::s3_server::{S3, What, s3};

/// The number of sets, each of two keys. One of their files makes no difference to any count.
const SETS: u32 = 4;

/// The requests that are under way together at most: `src/stockade/store/object`.
const AT_ONCE: usize = 16;

/// A copy of several sets.
fn sets() -> &'static Content {
    static MADE: OnceLock<Content> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Folder::in_memory();
        let custodian: Custodian =
            serde_json::from_value(ledger().json["custodians"][0].clone()).unwrap();
        let root = SecretKey::derive_master(&[9; 32]).unwrap();
        for set in 0..SETS {
            let keys = (0..2).map(|i| imported_key(root.derive_child(2 * set + i)));
            let plan = plan(vec![custodian.clone().into()], 1, keys.collect());
            publish(plan, &mut *mock("mock-ledger", WORDS), &[folder.path("a")]);
        }
        folder.content()
    })
}

/// A service that holds the first `count` of them, and the number of its objects that belong to sets.
fn holding(count: usize) -> (S3, usize) {
    let server = s3();
    let name = |path: &std::path::Path| Some(path.to_str()?.strip_prefix("a/")?.to_owned());
    let files = sets().iter().filter_map(|(path, bytes)| Some((name(path)?, bytes.as_ref()?)));
    let of_set = |name: &str| {
        name.split('/').nth(1).filter(|set| set.contains("-hoodi-")).map(str::to_owned)
    };
    let mut by_set: BTreeMap<String, Vec<(String, &Vec<u8>)>> = BTreeMap::new();
    for (name, bytes) in files {
        match of_set(&name) {
            Some(set) => by_set.entry(set).or_default().push((name, bytes)),
            None => server.put(&format!("v/{name}"), bytes.clone()),
        }
    }
    let mut objects = 0;
    for (name, bytes) in by_set.into_values().take(count).flatten() {
        server.put(&format!("v/{name}"), bytes.clone());
        objects += 1;
    }
    (server, objects)
}

/// LIST, GET and whatever else a command sent.
fn sent(server: &S3) -> (usize, usize, usize) {
    let requests = server.requests();
    let count = |method: &str| requests.iter().filter(|line| line.starts_with(method)).count();
    let (lists, gets) = (count("LIST "), count("GET "));
    (lists, gets, requests.len() - lists - gets)
}

#[test]
fn the_prefix_is_listed_once_and_each_file_is_read_once() {
    for count in [1, SETS as usize] {
        let (server, objects) = holding(count);
        let heads = 2 * count;
        for (line, files) in [
            ("backup scrub", objects),
            ("backup drill", objects),
            ("backup list", heads),
            ("validator list", heads),
        ] {
            wallet(&server).run(&format!("{line} {COPY}")).code(0);
            let (lists, gets, others) = sent(&server);
            // The one more is copy.json.
            assert_eq!((lists, gets, others), (1, files + 1, 0), "{line}, {count} sets");
        }
    }
}

#[test]
fn the_prefix_is_listed_once_a_page() {
    let (server, objects) = holding(1);
    for i in 0..2_500 {
        server.put(&format!("v/stockade/stray/{i}"), "");
    }
    wallet(&server).run(&format!("backup scrub {COPY}")).code(0);
    assert_eq!(sent(&server), (3, objects + 1, 0));
}

#[test]
fn what_writes_lists_the_prefix_a_fixed_number_of_times() {
    let lists = |line: &str, count: usize| {
        let (server, _) = holding(count);
        at(on("mock-ledger"), &server.url).run(line).code(0);
        sent(&server).0
    };
    for line in [
        format!("validator create --network hoodi --count 1 --copy {COPY}"),
        format!("attest create --copy {COPY} --check scrub"),
        format!("backup repair {COPY}"),
    ] {
        let (few, many) = (lists(&line, 1), lists(&line, SETS as usize));
        assert_eq!(few, many, "{line}");
        assert!(few <= 4, "{line}: {few}");
    }
}

#[test]
fn several_requests_are_under_way_and_never_more_than_the_bound() {
    for line in ["backup scrub", "backup drill", "backup list"] {
        let (server, _) = holding(SETS as usize);
        let together = if line == "backup list" { 2 * SETS as usize } else { AT_ONCE };
        server.always("GET", "/20", What::Together(together));
        wallet(&server).run(&format!("{line} {COPY}")).code(0);
        assert_eq!(server.most_together(), together.min(AT_ONCE), "{line}");
    }
}

#[test]
fn what_could_not_be_read_stays_inconclusive_among_many() {
    let (server, _) = holding(SETS as usize);
    let first = server.names().into_iter().find(|name| name.contains("/keystores/")).unwrap();
    server.always("GET", &first, What::Refuse(403, "AccessDenied"));
    let ran = wallet(&server).run(&format!("backup scrub {COPY}")).code(1);
    assert_eq!(ran.verdicts(), (2 * SETS as usize - 1, 0, 1));
    let of_it = |key: &&serde_json::Value| key["reason"] == "unreadable";
    assert_eq!(ran.list("keys").iter().filter(of_it).count(), 1);
}
