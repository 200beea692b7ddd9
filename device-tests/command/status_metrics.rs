//! The metrics of `status`, read by a strict parser of Prometheus' text format.

use std::{collections::BTreeMap, fs};

use super::{
    profile::{at_home, id, set_up},
    run::{alone, on},
};

/// The samples of a file by name and labels, if it is as Prometheus wants it.
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'), "the last line has an end");
    let (mut samples, mut families, mut current) = (BTreeMap::new(), Vec::new(), String::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, text) = help.split_once(' ').unwrap();
            assert!(!families.contains(&name.to_owned()), "{name} is in one group");
            assert!(is_name(name) && text.ends_with('.'), "{line}");
            name.clone_into(&mut current);
            families.push(name.to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{current} gauge"), "TYPE follows HELP");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            assert_eq!(name, current, "{line}");
            labels_of(labels.strip_suffix('}').unwrap());
            let value = value.parse().unwrap();
            assert!(samples.insert(series.to_owned(), value).is_none(), "{series} is there once");
        }
    }
    samples
}

/// `snake_case` with the prefix, with base units, and without the endings of other types.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    let of_others = ["_total", "_count", "_sum", "_bucket", "_info"];
    name.starts_with("stockade_")
        && name.chars().all(plain)
        && !of_others.iter().any(|ending| name.ends_with(ending))
        && (!name.contains("timestamp") || name.ends_with("_timestamp_seconds"))
        && (!name.contains("age") || name.ends_with("_age_seconds"))
}

/// Reads `name="value",..`, where only `\\`, `\"` and `\n` are escapes.
fn labels_of(mut text: &str) {
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").unwrap();
        assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{name}");
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next().expect("the quotes are closed") {
                (_, '\\') => assert!(matches!(chars.next(), Some((_, '\\' | '"' | 'n')))),
                (at, '"') => break at,
                _ => {}
            }
        };
        text = &rest[end + 1..];
        text = text.strip_prefix(',').unwrap_or(text);
    }
}

#[test]
fn the_metrics_are_as_prometheus_wants_them() {
    let folder = set_up();
    let (home, file) = (at_home(alone(), &folder), folder.at("stockade.prom"));
    let (a, b) = (id(&folder, "a"), id(&folder, "b"));
    home.run_args(&["config", "set", &format!("copy.{b}.label"), "a \"stick\" \\ of\nmine"])
        .code(0);
    let read = || parse(&fs::read_to_string(&file).unwrap());
    home.run(&format!("status --prometheus {file}")).code(1);
    let samples = read();
    assert_eq!(samples["stockade_status_fine"], 0.0);
    assert_eq!(samples["stockade_keys"], 3.0);
    let oldest = |samples: &BTreeMap<String, f64>, copy: &str, check: &str| {
        let series = "stockade_check_oldest_success_timestamp_seconds";
        samples[&format!("{series}{{copy=\"{copy}\",check=\"{check}\"}}")]
    };
    // A check that never was is infinitely old: an alert on its age fires.
    assert_eq!(oldest(&samples, &a, "drill"), 0.0);
    at_home(on("mock-ledger"), &folder).run("attest create --check drill").code(0);
    home.run(&format!("status --prometheus {file}"));
    let samples = read();
    for check in ["scrub", "drill", "attestation"] {
        let now = samples["stockade_status_timestamp_seconds"];
        assert!((0.0..300.0).contains(&(now - oldest(&samples, &b, check))), "{check}");
    }
    assert!(samples.keys().any(|series| series.starts_with("stockade_copy_read{copy=")));
}

#[cfg(unix)]
#[test]
fn the_file_is_replaced_at_once_and_can_be_read_by_others() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let folder = set_up();
    let home = at_home(alone(), &folder);
    fs::create_dir(folder.path("textfile")).unwrap();
    let file = folder.path("textfile/stockade.prom");
    let line = format!("status --prometheus {}", file.to_str().unwrap());
    home.run(&line).code(1);
    let before = file.metadata().unwrap();
    assert_eq!(before.permissions().mode() & 0o777, 0o644);
    home.run(&line).code(1);
    assert_ne!(before.ino(), file.metadata().unwrap().ino(), "a new file took its name");
    assert_eq!(fs::read_dir(folder.path("textfile")).unwrap().count(), 1);
    // What cannot be read leaves the old file, which grows stale.
    let kept = fs::read(&file).unwrap();
    fs::write(folder.path("config/stockade/profile.toml"), "?").unwrap();
    home.run(&line).error(3, "input");
    assert_eq!(fs::read(&file).unwrap(), kept);
    alone().run(&format!("status {} --prometheus x.txt", folder.both())).error(2, "usage");
}

/// The commands of the service, with another path of the command and of the collector's folder.
#[test]
fn the_service_runs_and_its_alerts_name_metrics_that_exist() {
    let folder = set_up();
    fs::create_dir(folder.path("textfile")).unwrap();
    let read = |name: &str| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
        fs::read_to_string(format!("{root}/{name}")).unwrap()
    };
    let service = read("systemd/stockade-status.service");
    let commands = service.lines().filter_map(|line| line.strip_prefix("ExecStart="));
    for line in commands.map(|line| line.trim_start_matches('-')) {
        let line =
            line.replace("/var/lib/node_exporter/textfile_collector", &folder.at("textfile"));
        let line = line.strip_prefix("/usr/local/bin/stockade ").unwrap();
        let ran = at_home(alone(), &folder).run(line);
        assert!(ran.code <= 1 && service.contains("SuccessExitStatus=1"), "{line}: {}", ran.json);
    }
    let metrics = parse(&fs::read_to_string(folder.path("textfile/stockade.prom")).unwrap());
    let known: Vec<_> = metrics.keys().map(|series| series.split('{').next().unwrap()).collect();
    for text in [read("systemd/stockade.rules.yml"), read("guides/monitoring.md")] {
        let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
        let words = text.split(|c: char| !is_part(c)).filter(|word| word.starts_with("stockade_"));
        let words: Vec<_> = words.collect();
        assert!(words.len() > 3);
        for word in words {
            assert!(known.contains(&word), "{word} is not a metric");
        }
    }
}
