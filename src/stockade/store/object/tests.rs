//! Tests of the lease and of folders of objects, with a store in memory. Real services:
//! device-tests/parties.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use object_store::{ObjectStoreExt as _, memory::InMemory};

use super::{Bucket, Inner, lease};
use crate::store::{EntryKind, NewFile, Store as _, StoreError, StorePath};

/// Two writers to one bucket.
fn two() -> (Bucket, Bucket) {
    let client = Arc::new(InMemory::new());
    (bucket(Arc::clone(&client)), bucket(client))
}

fn bucket(client: Arc<InMemory>) -> Bucket {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address = crate::store::BucketAddress::of("s3://bucket/a".as_ref()).unwrap().unwrap();
    let seen = Arc::new(super::Seen::new(super::Future::of(&address)));
    Bucket(Arc::new(Inner {
        runtime,
        client: Box::new(client),
        address,
        held: Default::default(),
        names: Default::default(),
        long: tokio::sync::Semaphore::new(1),
        seen,
    }))
}

fn file(path: &str, bytes: &[u8]) -> NewFile {
    NewFile { path: path.parse().unwrap(), bytes: bytes.to_vec() }
}

fn path(text: &str) -> StorePath {
    text.parse().unwrap()
}

/// A set, in the order in which files are made: those that complete it are in the middle.
fn set(mark: &[u8]) -> Vec<NewFile> {
    vec![
        file("SHA256SUMS", mark),
        file("manifest.json", mark),
        file("manifest.mac", mark),
        file("keystores/a.json", mark),
    ]
}

fn kinds(bucket: &Bucket) -> Vec<(String, EntryKind)> {
    bucket.entries().unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect()
}

#[test]
fn a_published_folder_is_complete_and_is_never_replaced() {
    let (one, other) = two();
    one.publish(&path("set"), &set(b"1")).unwrap();
    assert_eq!(kinds(&other), [("set".to_owned(), EntryKind::Folder)]);
    assert_eq!(other.read(&path("set/keystores/a.json"), 10).unwrap(), b"1");
    let again = other.publish(&path("set"), &set(b"2"));
    assert!(matches!(again, Err(StoreError::Exists(_))), "{again:?}");
    assert_eq!(one.read(&path("set/keystores/a.json"), 10).unwrap(), b"1");
}

#[test]
fn an_unfinished_folder_is_not_a_set_and_only_the_same_bytes_complete_it() {
    let (one, _) = two();
    one.put_if_absent(&file("set/keystores/a.json", b"1")).unwrap();
    assert_eq!(kinds(&one), [("set".to_owned(), EntryKind::Unfinished)]);
    let other_bytes = one.publish(&path("set"), &set(b"2"));
    assert!(matches!(other_bytes, Err(StoreError::Exists(_))), "{other_bytes:?}");
    assert_eq!(kinds(&one), [("set".to_owned(), EntryKind::Unfinished)]);
    one.publish(&path("set"), &set(b"1")).unwrap();
    assert_eq!(kinds(&one), [("set".to_owned(), EntryKind::Folder)]);
}

#[test]
fn a_folder_that_lost_one_completing_file_still_counts() {
    let (one, _) = two();
    one.publish(&path("set"), &set(b"1")).unwrap();
    let lost = one.0.location(&path("set/SHA256SUMS"));
    one.0.runtime.block_on(one.0.client.delete(&lost)).unwrap();
    assert_eq!(kinds(&one), [("set".to_owned(), EntryKind::Folder)]);
}

#[test]
fn replacing_only_puts_objects_that_differ() {
    let (one, _) = two();
    one.publish(&path("set"), &set(b"1")).unwrap();
    one.put(&file("set/manifest.mac", b"rot")).unwrap();
    let before = head(&one, "set/manifest.json");
    one.replace(&path("set"), &set(b"1")).unwrap();
    assert_eq!(one.read(&path("set/manifest.mac"), 10).unwrap(), b"1");
    assert_eq!(head(&one, "set/manifest.json"), before);
}

#[test]
fn a_folder_can_be_removed_once() {
    let (one, _) = two();
    one.publish(&path("set"), &set(b"1")).unwrap();
    one.publish(&path("settle"), &set(b"1")).unwrap();
    one.remove(&path("set")).unwrap();
    assert_eq!(kinds(&one), [("settle".to_owned(), EntryKind::Folder)]);
    assert!(matches!(one.remove(&path("set")), Err(StoreError::NotFound(_))));
}

#[test]
fn a_long_object_is_never_read() {
    let (one, _) = two();
    one.put_if_absent(&file("long", b"12345")).unwrap();
    assert!(matches!(one.read(&path("long"), 4), Err(StoreError::TooLong { .. })));
    assert!(matches!(one.read(&path("short"), 4), Err(StoreError::NotFound(_))));
    assert!(matches!(one.put_if_absent(&file("long", b"6")), Err(StoreError::Exists(_))));
}

#[test]
fn two_writers_exclude_each_other() {
    let (one, other) = two();
    let held = one.lock().unwrap();
    assert!(matches!(other.lock(), Err(StoreError::Leased { .. })));
    assert!(kinds(&one).is_empty(), "the lease is not an entry of a copy");
    drop(held);
    let _held = other.lock().unwrap();
    assert!(matches!(one.lock(), Err(StoreError::Leased { .. })));
}

#[test]
fn an_unreadable_lease_counts_as_held() {
    let (one, _) = two();
    one.put_if_absent(&file(lease::NAME, b"rot")).unwrap();
    assert!(matches!(one.lock(), Err(StoreError::Leased { .. })));
}

#[test]
fn a_writer_that_lost_the_lease_writes_nothing() {
    let (one, other) = two();
    let _held = one.lock().unwrap();
    // As if an hour passed: another process took the lease because it had expired.
    other
        .put(&file(lease::NAME, b"{\"format\":\"stockade-lock\",\"version\":1,\"holder\":\"b\"}"))
        .unwrap();
    one.0.held.make_older(Duration::from_secs(3600));
    for written in [
        one.put_if_absent(&file("a", b"1")),
        one.put(&file("a", b"1")),
        one.publish(&path("set"), &set(b"1")).map(|_| ()),
        one.replace(&path("set"), &set(b"1")).map(|_| ()),
        one.remove(&path("set")),
    ] {
        assert!(matches!(written, Err(StoreError::Leased { .. })), "{written:?}");
    }
    assert!(kinds(&other).is_empty());
}

#[test]
fn a_slow_writer_renews_the_lease() {
    let (one, other) = two();
    let held = one.lock().unwrap();
    let before = head(&one, lease::NAME);
    one.0.held.make_older(Duration::from_secs(3600));
    one.put_if_absent(&file("a", b"1")).unwrap();
    assert_ne!(head(&one, lease::NAME), before);
    assert!(matches!(other.lock(), Err(StoreError::Leased { .. })));
    drop(held);
    other.lock().unwrap();
}

#[test]
fn a_lease_expires_an_hour_after_it_was_renewed() {
    let (one, _) = two();
    let _held = one.lock().unwrap();
    let mut meta =
        one.0.runtime.block_on(one.0.client.head(&one.0.location(&path(lease::NAME)))).unwrap();
    assert!(!lease::is_expired(&meta));
    for (ago, expired) in [(3500, false), (3700, true)] {
        meta.last_modified = (SystemTime::now() - Duration::from_secs(ago)).into();
        assert_eq!(lease::is_expired(&meta), expired, "{ago}");
    }
    // The service's clock is ahead of ours.
    meta.last_modified = (SystemTime::now() + Duration::from_secs(9000)).into();
    assert!(!lease::is_expired(&meta));
}

#[test]
fn one_of_many_gets_the_lease() {
    let client = Arc::new(InMemory::new());
    let won = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let bucket = bucket(Arc::clone(&client));
                if let Ok(lock) = bucket.lock() {
                    won.lock().unwrap().push(lock);
                }
            });
        }
    });
    assert_eq!(won.lock().unwrap().len(), 1);
}

fn head(bucket: &Bucket, name: &str) -> Option<String> {
    let location = bucket.0.location(&path(name));
    bucket.0.runtime.block_on(bucket.0.client.head(&location)).unwrap().e_tag
}

#[test]
fn a_listing_serves_until_others_may_have_written() {
    let (one, other) = two();
    let names =
        |bucket: &Bucket| kinds(bucket).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert!(names(&one).is_empty());
    other.put_if_absent(&file("others/x", b"1")).unwrap();
    assert!(names(&one).is_empty(), "the prefix was listed once");
    one.put_if_absent(&file("own/y", b"12")).unwrap();
    one.publish(&path("set"), &set(b"1")).unwrap();
    assert_eq!(names(&one), ["own", "set"], "what it puts itself is there");
    assert_eq!(one.list(&path("own")).unwrap().len(), 1);
    assert_eq!(one.listed_len(&path("own/y")), Some(2));
    one.forget_listing();
    assert_eq!(names(&one), ["others", "own", "set"]);
    other.put_if_absent(&file("more", b"1")).unwrap();
    // A write that fails may have been done in part.
    assert!(one.put_if_absent(&file("more", b"2")).is_err());
    assert_eq!(names(&one), ["more", "others", "own", "set"]);
    other.put_if_absent(&file("most", b"1")).unwrap();
    let _held = one.lock().unwrap();
    assert_eq!(names(&one), ["more", "most", "others", "own", "set"]);
    one.remove(&path("set")).unwrap();
    assert_eq!(names(&one), ["more", "most", "others", "own"]);
}

#[test]
fn a_bucket_with_too_many_names_is_listed_folder_by_folder() {
    let (one, _) = two();
    one.publish(&path("set"), &set(b"1")).unwrap();
    one.0.runtime.block_on(async { *one.0.names.lock().await = super::names::State::TooMany });
    assert_eq!(kinds(&one), [("set".to_owned(), EntryKind::Folder)]);
    assert_eq!(one.list(&path("set/keystores")).unwrap().len(), 1);
    assert_eq!(one.listed_len(&path("set/keystores/a.json")), None);
}
