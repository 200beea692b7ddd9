//! Sets and files on paper and as QR codes: what goes out comes back, and opens.

use std::fs;

use super::{
    fixture::{Folder, ledger, vector},
    run::{alone, on},
};

/// The lines that a person would type from a sheet.
fn lines_of(sheet: &str) -> String {
    let page = fs::read_to_string(sheet).unwrap();
    let start = page.split_once("<pre class=\"lines\">").unwrap().1;
    start.split_once("</pre>").unwrap().0.to_owned()
}

#[test]
fn a_set_that_was_typed_from_paper_opens() {
    let folder = ledger().copies();
    let (sheet, back) = (folder.at("set.html"), folder.at("back"));
    let made = alone().run(&format!("paper set {} --out {sheet}", folder.both())).code(0);
    assert_eq!(made.json["kind"], "set", "{:#}", made.json);
    let typed = lines_of(&sheet).to_lowercase().replace('0', "O").replace(' ', "");
    let read = alone().reading(&typed).run(&format!("paper read --out {back}")).code(0);
    assert_eq!(read.json["codes"], 0);
    let drill = on("mock-ledger").run(&format!("backup drill {back}")).code(0);
    assert_eq!(drill.json["verdicts"]["contradicted"], 0, "{:#}", drill.json);
    // Nothing is ever written over.
    alone().reading(&typed).run(&format!("paper read --out {back}")).error(3, "file");
    alone().run(&format!("paper set {} --out {sheet}", folder.at("a"))).error(3, "file");
}

#[test]
fn a_mistyped_line_and_a_missing_one_are_named_and_nothing_is_written() {
    let folder = ledger().copies();
    let (sheet, back) = (folder.at("seal.html"), folder.at("back"));
    alone().run(&format!("paper set {} --seal-only --out {sheet}", folder.at("a"))).code(0);
    let typed = lines_of(&sheet);
    let mut lines: Vec<_> = typed.lines().map(str::to_owned).collect();
    let at = lines[4].find(": ").unwrap() + 7;
    let other = if lines[4][at..].starts_with('7') { "8" } else { "7" };
    lines[4].replace_range(at..=at, other);
    lines.remove(8);
    let text = folder.file("typed.txt", lines.join("\n"));
    let ran = alone().run(&format!("paper read {text} --out {back}")).error(3, "input");
    let message = ran.message();
    assert!(message.contains("line 5 is mistyped: compare group 2"), "{message}");
    assert!(message.contains("lines are missing: 9"), "{message}");
    assert!(!folder.path("back").exists());
}

#[test]
fn codes_come_back_as_pictures_though_every_fourth_is_lost() {
    let folder = ledger().copies();
    let frames = folder.at("frames");
    let line = format!("qr show {} --format png --out {frames}", folder.at("a"));
    let shown = alone().run(&line).code(0);
    let pictures = shown.json["pictures"].as_array().unwrap();
    assert!(pictures.len() as u64 > 2 * shown.json["needed"].as_u64().unwrap());
    let kept = pictures.iter().enumerate().filter(|(i, _)| i % 4 != 1);
    let kept: Vec<_> = kept.map(|(_, name)| name.as_str().unwrap()).collect();
    let back = folder.at("back");
    let read = alone().run(&format!("qr read {} --out {back}", kept.join(" "))).code(0);
    assert_eq!(read.json["sha256"], shown.json["sha256"]);
    on("mock-ledger").run(&format!("backup drill {back}")).code(0);
    let few = alone().run(&format!("qr read {} --out {}", kept[0], folder.at("few")));
    assert!(few.error(3, "input").message().contains("not enough codes were read"));
}

#[test]
fn the_texts_of_codes_are_enough_and_secrets_are_never_shown() {
    let folder = Folder::new();
    let deposits = vector("deposits/bls_to_execution_change-hoodi.json");
    let shown = alone().run(&format!("qr show {deposits}")).code(0);
    let parts = shown.json["parts"].as_array().unwrap();
    let texts: Vec<_> = parts.iter().map(|part| part.as_str().unwrap()).collect();
    let texts = folder.file("codes.txt", texts.join("\n"));
    let back = folder.at("back.json");
    alone().run(&format!("qr read {texts} --out {back}")).code(0);
    assert_eq!(fs::read(&back).unwrap(), fs::read(&deposits).unwrap());
    for secret in ["a password", &"ab".repeat(32), "abandon abandon abandon"] {
        let file = folder.file("keystore.json", secret);
        let ran = alone().run(&format!("qr show {file}")).error(3, "input");
        assert!(ran.message().contains("could be a secret"), "{}", ran.message());
    }
    let exit = vector("deposits/signed_exit-hoodi.json");
    alone().run(&format!("qr show {exit}")).error(3, "input");
    alone().run(&format!("qr show {exit} --signed-exits")).code(0);
}
