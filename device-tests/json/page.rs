//! `docs/json.md`: the schemas and the examples as a page.

use serde_json::Value;

use super::{examples::example, require_same, schema::reference};
use crate::command::help;

/// Commands whose schemas are still to be written.
const MISSING: [&str; 0] = [];

const HEAD: &str = "\
# JSON documents

With `--json`, every command prints one JSON document on standard output, and everything else on
standard error. Fields are added over time; none is removed, renamed or changed in meaning, so
ignore those that you do not know. `docs/json.schema.json` has the same as JSON Schema, under
`commands`. This page is generated: see `device-tests/json`.

Public keys are 48 bytes, and digests 32 bytes, in hex without `0x`; addresses have `0x` and the
checksum of EIP-55. Amounts in Gwei are numbers, amounts in wei are texts. A field whose type ends
in `or null` is always there. A field that is *optional* may be absent.
";

const LINES: &str = "\
## Documents that are printed in parts

`validator list` and `keystore doctor` print one row a line as they go: the whole output is one JSON
document, but a program that reads line by line can handle rows before the command ends. What follows
the rows is `ok` and the other fields. If such a command fails midway, the output is not valid JSON.

`mock ledger` and `mock trezor` print their document when the simulated wallet accepts connections, and
run until they are stopped.
";

#[test]
fn the_page_of_documents_is_as_the_schemas_and_examples() {
    require_same("docs/json.md", &page());
}

#[test]
fn every_command_has_a_schema() {
    let is_missing = |command: &str| MISSING.iter().any(|missing| command.starts_with(missing));
    let commands = reference()["commands"].as_object().unwrap();
    for command in help::leaves() {
        assert!(commands.contains_key(&command) || is_missing(&command), "{command}");
    }
}

fn page() -> String {
    let reference = reference();
    let mut text = format!("{HEAD}\n## Fields of every document\n\n");
    text += &table(&reference["common"]);
    text += "\n## Exit codes and kinds of errors\n\n\
             | exit code | meaning |\n|---|---|\n\
             | 0 | everything is done or proven |\n\
             | 1 | something is not as it should be, or could not be checked |\n\
             | 2 | the command line is wrong or incomplete |\n\
             | 3 | a file or another input is wrong |\n\
             | 4 | a device or a service failed |\n\
             | 5 | the user rejected or cancelled it |\n\
             | 70 | a bug in Stockade |\n\n\
             | `error.kind` | exit code | meaning |\n|---|---|---|\n";
    for kind in list(&reference["kinds"]) {
        text += &format!(
            "| `{}` | {} | {} |\n",
            word(kind, "kind"),
            kind["exit_code"],
            word(kind, "meaning")
        );
    }
    text += "\n## Verdicts and reasons\n\n\
             `proven`: it was checked, and is as it should be. `contradicted`: it is not. \
             `inconclusive`: it could not be checked, which does not mean that anything is wrong.\n\n\
             | `reason` | verdict | meaning |\n|---|---|---|\n";
    for reason in list(&reference["reasons"]) {
        let (name, verdict) = (word(reason, "reason"), word(reason, "verdict"));
        text += &format!("| `{name}` | {verdict} | {} |\n", word(reason, "meaning"));
    }
    let words = |name: &str| {
        let words = list(&reference[name]).iter().map(|one| format!("`{}`", one.as_str().unwrap()));
        words.collect::<Vec<_>>().join(", ")
    };
    text += &format!(
        "\n`level` tells how much was checked: {}. `origin` tells who made a set: {}.\n\n{LINES}",
        words("levels"),
        words("origins")
    );
    for command in help::leaves() {
        text += &format!("\n## stockade {command}\n");
        let schema = &reference["commands"][&command];
        if schema.is_object() {
            text += &format!("\n{}", table(schema));
        }
        if let Some(example) = example(&command) {
            text += &format!("\n```json\n{}\n```\n", example.trim_end());
        }
    }
    text
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// The fields of a schema as a table, or a table for each of its alternatives.
fn table(schema: &Value) -> String {
    let alternatives = ["anyOf", "oneOf"].iter().find_map(|word| schema[*word].as_array());
    let Some(alternatives) = alternatives else {
        let mut rows = String::new();
        fields(schema, schema, "", &mut rows);
        return format!("| field | type | content |\n|---|---|---|\n{rows}");
    };
    let part = |one: &Value| {
        let title = one["description"].as_str().unwrap_or_default();
        let inner = resolved(one, schema);
        let mut rows = String::new();
        fields(inner, schema, "", &mut rows);
        format!("{}\n\n| field | type | content |\n|---|---|---|\n{rows}", line(title))
    };
    alternatives.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
        Some(name) => &root["$defs"][name],
        None => schema,
    }
}

/// What a schema may be besides null.
fn solid<'a>(schema: &'a Value, root: &'a Value) -> (&'a Value, bool) {
    let schema = resolved(schema, root);
    let Some(all) = schema["anyOf"].as_array() else { return (schema, false) };
    let is_null = |one: &&Value| one["type"] == "null";
    let solid = all.iter().find(|one| !is_null(one)).unwrap();
    (resolved(solid, root), all.iter().any(|one| is_null(&one)))
}

/// A row for each field of an object, and of the objects in it.
fn fields(object: &Value, root: &Value, above: &str, rows: &mut String) {
    let required = object["required"].as_array();
    for (name, field) in object["properties"].as_object().into_iter().flatten() {
        let is_required = required.is_some_and(|all| all.iter().any(|one| one == name));
        let (inner, nullable) = solid(field, root);
        let (mut kind, mut or_null) = names(&inner["type"]);
        let mut path = format!("{above}{name}");
        let mut below = inner;
        if kind == "array" {
            path += "[]";
            let (items, _) = solid(&inner["items"], root);
            below = items;
            kind = format!("list of {}s", names(&items["type"]).0);
        }
        or_null |= nullable;
        kind += match (is_required, or_null) {
            (false, _) => ", *optional*",
            (true, true) => " or null",
            (true, false) => "",
        };
        let description = field["description"].as_str().or(inner["description"].as_str());
        *rows += &format!("| `{path}` | {kind} | {} |\n", line(description.unwrap_or_default()));
        fields(below, root, &format!("{path}."), rows);
    }
}

/// The name of a type, and whether it may be null.
fn names(kind: &Value) -> (String, bool) {
    let name = |kind: &str| match kind {
        "string" => "text".to_owned(),
        other => other.to_owned(),
    };
    match kind {
        Value::String(one) => (name(one), false),
        Value::Array(all) => {
            let solid = all.iter().filter_map(Value::as_str).find(|one| *one != "null");
            (name(solid.unwrap_or("null")), all.iter().any(|one| one == "null"))
        }
        _ => ("any".to_owned(), false),
    }
}

fn line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
