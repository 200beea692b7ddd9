//! Copies in a bucket, as real services keep them: those that lose answers, know no conditions, are busy
//! or down, refuse, list odd names, or remove what they were given.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{
    fixture::Folder,
    run::{Ran, Stockade, alone, on},
};
use crate::cloud::{
    s3_server::{S3, What, nowhere, s3},
    server::serve_raw,
};

pub(super) const COPY: &str = "s3://keys/v";
const LOCK: &str = "v/stockade/lock.json";

/// With credentials for the service at `url`.
pub(super) fn at(stockade: Stockade, url: &str) -> Stockade {
    with_credentials(stockade).with("AWS_ENDPOINT_URL_S3", url)
}

fn with_credentials(stockade: Stockade) -> Stockade {
    [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        // Nothing is at this address. Nobody asks there.
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ("ALL_PROXY", "http://127.0.0.1:9"),
    ]
    .into_iter()
    .fold(stockade, |stockade, (name, value)| stockade.with(name, value))
}

pub(super) fn wallet(server: &S3) -> Stockade {
    at(on("mock-ledger"), &server.url)
}

fn create(server: &S3, folder: &Folder) -> Ran {
    let b = folder.at("b");
    wallet(server)
        .run(&format!("validator create --network hoodi --count 1 --copy {COPY} --copy {b}"))
}

/// A service with a copy, beside a folder with the same.
pub(super) fn made() -> (S3, Folder, String) {
    let (server, folder) = (s3(), Folder::new());
    let set = create(&server, &folder).code(0).text("set_id").to_owned();
    server.requests();
    (server, folder, set)
}

pub(super) fn warnings(ran: &Ran) -> String {
    ran.json["warnings"].to_string()
}

#[test]
fn a_service_that_ignores_conditions_is_not_written_to() {
    for (condition, about) in [("PUT", ""), ("PUT", "lock.json")] {
        let (server, folder) = (s3(), Folder::new());
        server.always(condition, about, What::NoConditions);
        let refused = create(&server, &folder).error(4, "unsupported");
        assert!(refused.message().contains("ignores conditional writes"));
        assert!(!refused.prompted());
        assert_eq!(server.names(), [LOCK], "nothing but the lock was written");
        assert!(!String::from_utf8(server.get(LOCK).unwrap()).unwrap().contains("holder\":\""));
        assert!(!folder.path("b").exists());
    }
}

#[test]
fn a_lost_answer_is_no_other_writer() {
    let (server, folder) = (s3(), Folder::new());
    // Each once: when the lease is taken, and of each kind of object.
    for about in ["lock.json", "copy.json", "keystore-", "manifest.json", "SHA256SUMS"] {
        server.once("PUT", about, What::LoseAnswer);
    }
    create(&server, &folder).code(0);
    let scrub = format!("backup scrub {COPY} {}", folder.at("b"));
    assert_eq!(wallet(&server).run(&scrub).code(0).verdicts(), (2, 0, 0));
    // The lease was given up: nobody has to wait.
    create(&server, &folder).code(0);
    assert_eq!(wallet(&server).run(&scrub).code(0).verdicts(), (4, 0, 0));
}

#[test]
fn a_lost_answer_to_an_attestation_loses_nothing() {
    let (server, folder, _) = made();
    server.once("PUT", "attestations/", What::LoseAnswer);
    let line = format!("attest create --copy {COPY} --copy {} --check drill", folder.at("b"));
    wallet(&server).run(&line).code(0);
    assert_eq!(server.names().iter().filter(|name| name.contains("attestations/")).count(), 1);
}

#[test]
fn who_waits_is_told_for_what_and_until_when() {
    let (server, folder, _) = made();
    server.put(LOCK, r#"{"format":"stockade-lock","version":1,"holder":"0011223344556677"}"#);
    let busy = create(&server, &folder).error(4, "busy");
    for told in ["s3://keys/v/stockade/lock.json", "held since 2", "UTC", "expires 2"] {
        assert!(busy.message().contains(told), "{}", busy.message());
    }
    assert!(busy.json["error"]["hint"].as_str().unwrap().contains("remove that object"));
}

#[test]
fn a_lease_that_cannot_be_given_up_is_told() {
    let (server, folder, _) = made();
    // Taken with one request and tried with two; given up with the next.
    let lock = || What::Refuse(403, "AccessDenied");
    server.requests();
    let puts = {
        create(&server, &folder).code(0);
        server.requests().iter().filter(|line| **line == format!("PUT {LOCK}")).count()
    };
    assert_eq!(puts, 4, "taken, tried twice, given up");
    for _ in 0..3 {
        server.once("PUT", "lock.json", What::Header("x-nothing", "1".to_owned()));
    }
    server.always("PUT", "lock.json", lock());
    let made = create(&server, &folder).code(0);
    let told = warnings(&made);
    assert!(told.contains("lock.json could not be removed") && told.contains("UTC"), "{told}");
}

#[test]
fn every_write_names_the_server_and_the_one_of_the_profile_is_asked() {
    let (server, folder) = (s3(), Folder::new());
    let other = nowhere();
    let config = folder.file(
        "config",
        format!(
            "[profile p]\nservices = loc\nendpoint_url = {other}\nregion = us-east-1\n\
             [services loc]\ns3 =\n  endpoint_url = {}\n",
            server.url
        ),
    );
    let line = format!("validator create --network hoodi --count 1 --copy {COPY}");
    let made = with_credentials(on("mock-ledger"))
        .with("AWS_PROFILE", "p")
        .with("AWS_CONFIG_FILE", config)
        .run(&line)
        .code(0);
    let host = server.url.strip_prefix("http://").unwrap();
    assert_eq!(made.json["hosts"][0]["host"], host, "{:#}", made.json);
    assert_eq!(made.json["hosts"][0]["bucket"], "s3://keys");
    assert!(server.get(LOCK).is_some());
}

#[test]
fn no_redirect_is_followed() {
    let (server, folder, _) = made();
    let elsewhere = s3();
    for what in ["GET", "LIST"] {
        server.always(what, "", What::Redirect(format!("{}/keys/x", elsewhere.url)));
        let line = format!("backup scrub {COPY}");
        let refused = wallet(&server).run(&line).error(4, "not_found");
        assert!(refused.message().contains("never followed"), "{}", refused.message());
        assert!(elsewhere.requests().is_empty(), "credentials went to another server");
        server.behave();
    }
    drop(folder);
}

#[test]
fn answers_without_an_end_have_a_bound() {
    let (server, folder, _) = made();
    for what in [What::Endless, What::RepeatPages, What::EmptyPages] {
        server.always("LIST", "", what);
        let begun = Instant::now();
        let ran = wallet(&server).run(&format!("backup scrub {COPY}")).code(4);
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", ran.message());
        server.behave();
    }
    drop(folder);
}

#[test]
fn an_odd_name_is_warned_of_and_stops_nothing() {
    let (server, folder, set) = made();
    let odd =
        ["v/stockade/a\nb".to_owned(), "v/stockade//x".to_owned(), format!("v/stockade/{set}//x")];
    for key in &odd {
        server.put(key, "");
    }
    server.put("v/stockade/../x", "");
    for room in ["history", "attestations", "whereabouts", "exits"] {
        for name in ["a\nb.json", "a b.delivery.json", "/x"] {
            server.put(&format!("v/stockade/{room}/{set}/{name}"), "");
        }
        server.put(&format!("v/stockade/{room}//x"), "");
    }
    server.put("v/stockade/retired/a\nb.json", "");
    let copies = format!("{COPY} {}", folder.at("b"));
    let scrubbed = wallet(&server).run(&format!("backup scrub {copies}"));
    let told = warnings(&scrubbed);
    for name in ["a\\\\nb is not part of a copy", "//x is not part of a copy", "/../x is not part"]
    {
        assert!(told.contains(name), "{name} in {told}");
    }
    for command in ["backup drill", "backup list", "validator list"] {
        let ran = wallet(&server).run(&format!("{command} {copies}"));
        assert!(ran.code < 2, "{command}: {:#}", ran.json);
    }
    for command in ["backup repair", "deliver verify"] {
        let signer = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
        let ran = wallet(&server).run(&format!("{command} {copies} --signer {signer}"));
        assert!(!ran.message().contains("not a valid path in a copy"), "{command}: {:#}", ran.json);
    }
    let line = format!(
        "backup restore {copies} --layout plain --never-attested --to {}",
        folder.at("out")
    );
    wallet(&server).run(&line).code(0);
}

#[test]
fn a_service_may_be_busy_for_seconds() {
    let (server, folder, _) = made();
    for code in [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests")] {
        server.behave();
        server.during(Duration::from_secs(3), What::Refuse(code.0, code.1));
        let line = format!("backup scrub {COPY} {}", folder.at("b"));
        assert_eq!(wallet(&server).run(&line).code(0).verdicts(), (2, 0, 0), "{code:?}");
    }
    server.behave();
    server.during(Duration::from_secs(2), What::Cut);
    create(&server, &folder).code(0);
}

#[test]
fn an_answer_that_ends_in_its_middle_is_asked_for_again() {
    let (server, folder, _) = made();
    for request in ["LIST", "GET"] {
        server.once(request, "", What::Half);
    }
    server.once("GET", "keystore-", What::Half);
    let line = format!("backup scrub {COPY} {}", folder.at("b"));
    assert_eq!(wallet(&server).run(&line).code(0).verdicts(), (2, 0, 0));
}

#[test]
fn a_conflict_is_tried_again() {
    let (server, folder) = (s3(), Folder::new());
    for about in ["lock.json", "copy.json", "keystore-", "manifest.json"] {
        server.once("PUT", about, What::Refuse(409, "ConditionalRequestConflict"));
    }
    create(&server, &folder).code(0);
}

#[test]
fn what_a_service_refuses_is_told_as_what_it_is() {
    let (server, folder, _) = made();
    for (status, code, exit, kind) in [
        (403, "AccessDenied", 4, "permission"),
        (403, "SignatureDoesNotMatch", 4, "permission"),
        (403, "InvalidAccessKeyId", 4, "permission"),
        (400, "ExpiredToken", 4, "permission"),
        (403, "RequestTimeTooSkewed", 4, "permission"),
        (400, "AuthorizationHeaderMalformed", 4, "permission"),
        (404, "NoSuchBucket", 3, "file"),
    ] {
        for request in ["LIST", "GET"] {
            server.always(request, "", What::Refuse(status, code));
            let ran = wallet(&server).run(&format!("backup scrub {COPY}")).error(exit, kind);
            if kind == "permission" {
                assert!(
                    ran.message().ends_with(&format!("{code} It says '{code}'")),
                    "{}",
                    ran.message()
                );
            }
            server.behave();
        }
    }
    server.always("PUT", "lock.json", What::Refuse(400, "XMinioAdminBucketQuotaExceeded"));
    let full = create(&server, &folder).error(3, "file");
    assert!(full.json["error"]["hint"].as_str().unwrap().contains("make room"));
}

#[test]
fn a_copy_that_the_bucket_will_remove_is_warned_of() {
    let (server, folder, _) = made();
    let date = r#"expiry-date="Wed, 02 Dec 2026 00:00:00 GMT", rule-id="gone""#;
    server.always("", "", What::Header("x-amz-expiration", date.to_owned()));
    let b = folder.at("b");
    for line in [
        format!("backup scrub {COPY} {b}"),
        format!("validator list {COPY} {b}"),
        format!("attest create --copy {COPY} --copy {b} --check drill"),
        format!("validator create --network hoodi --count 1 --copy {COPY} --copy {b}"),
    ] {
        let ran = wallet(&server).run(&line).code(0);
        let of_a_bucket = |warning: &Value| warning["kind"] == "bucket" || warning.is_string();
        assert!(ran.list("warnings").iter().any(of_a_bucket), "{line}: {:#}", ran.json);
        let told = warnings(&ran);
        assert!(told.contains("from 2026-12-02 00:00 UTC on"), "{line}: {told}");
    }
    server.behave();
    server.always("", "", What::Header("x-amz-storage-class", "GLACIER".to_owned()));
    let told = warnings(&wallet(&server).run(&format!("backup scrub {COPY}")).code(0));
    assert!(told.contains("archive (GLACIER)"), "{told}");
}

#[test]
fn a_bucket_that_is_down_is_said_to_be() {
    let line = format!("backup scrub {COPY}");
    let begun = Instant::now();
    let down = at(alone(), &nowhere()).run(&line).error(4, "not_found");
    assert!(begun.elapsed() < Duration::from_secs(40), "{}", down.message());
}

#[test]
fn settings_that_would_be_passed_over_are_refused() {
    let (server, folder, _) = made();
    let empty = folder.file("empty.pem", "no certificate\n");
    let line = format!("backup scrub {COPY}");
    let refused = wallet(&server).with("AWS_CA_BUNDLE", &empty).run(&line).error(2, "usage");
    assert!(refused.message().contains("does not contain a certificate"), "{}", refused.message());
    assert!(refused.message().contains(&empty));
    let refused = alone()
        .with("STORAGE_EMULATOR_HOST", "localhost:4443")
        .with("GOOGLE_SKIP_SIGNATURE", "true")
        .run("backup scrub gs://keys/v")
        .error(2, "usage");
    assert!(refused.message().contains("GOOGLE_BASE_URL"), "{}", refused.message());
}

#[test]
fn a_proxy_is_asked_where_the_user_says_so_alone() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            let mut line = String::new();
            let _ = std::io::BufRead::read_line(
                &mut std::io::BufReader::new(stream.unwrap()),
                &mut line,
            );
            let _ = tell.send(line);
        }
    });
    let away = at(alone(), "https://s3.invalid");
    let line = format!("backup scrub {COPY}");
    let of_the_environment = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"];
    let asked = of_the_environment.iter().fold(away.clone(), |a, name| a.with(name, url.clone()));
    asked.run(&line).error(4, "not_found");
    assert!(told.try_recv().is_err(), "a proxy of the environment was asked");
    away.with("STOCKADE_PROXY", url).run(&line).error(4, "not_found");
    assert!(told.recv().unwrap().starts_with("CONNECT s3.invalid:443 "));
}

#[test]
fn a_server_that_is_not_trusted_is_said_to_be_at_once() {
    let plain = serve_raw(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()));
    let begun = Instant::now();
    let refused = at(alone(), &plain.replace("http://", "https://"))
        .run(&format!("backup scrub {COPY}"))
        .error(4, "refused");
    assert!(refused.message().contains("the server is not trusted"), "{}", refused.message());
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}
