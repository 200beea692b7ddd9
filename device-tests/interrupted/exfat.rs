//! A stick with exFAT: no modes, no swap of two folders, no reading past the cache, names that are
//! one in any case. Simulated where the system mounts none; `disk` mounts real ones where it can.

use super::{jobs, killed};
use crate::command::{
    fixture::Folder,
    run::{Stockade, alone, on},
};

fn exfat(stockade: Stockade) -> Stockade {
    stockade.with("STOCKADE_FAIL_RULES", "exfat")
}

#[test]
fn all_works_there_and_what_it_lacks_is_said() {
    let folder = Folder::new();
    let wallet = exfat(on("mock-ledger"));
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let made = wallet.run(&line).code(0);
    assert_eq!(made.each("copies", "read_back"), ["cache_possible"; 2]);
    for copy in made.list("copies") {
        assert_eq!(copy["lacks"], serde_json::json!(["modes"]), "{:#}", made.json);
    }
    crate::backup::rot::flip(&folder.set("b").join("manifest.mac"), 3);
    let repaired = exfat(alone()).run(&format!("backup repair {}", folder.both())).code(0);
    assert_eq!(repaired.each("repaired", "done"), ["whole", "written"]);
    wallet.run(&format!("attest create --copy {} --check drill", folder.both())).code(0);
    let to = folder.at("keys");
    let line =
        format!("backup restore {} --to {to} --layout plain --never-attested", folder.both());
    let restored = wallet.run(&line).code(0);
    assert_eq!(restored.json["lacks"], serde_json::json!(["modes"]), "{:#}", restored.json);
    assert!(!restored.stderr.contains("0600"), "{}", restored.stderr);
    assert!(restored.stderr.contains("stores no permissions"), "{}", restored.stderr);
}

#[test]
fn a_repair_that_is_killed_there_loses_nothing() {
    let job = jobs::repair();
    let job = jobs::Job { stockade: exfat(job.stockade.clone()), name: "repair on exFAT", ..job };
    assert!(killed::survive(&job) > 120);
}
