//! Checks documents against their schemas: every field is described, and none that is required is
//! absent.

use std::{fs, sync::OnceLock};

use serde_json::{Map, Value, json};

/// `docs/json.schema.json`.
pub(crate) fn reference() -> &'static Value {
    static REFERENCE: OnceLock<Value> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        let text = fs::read_to_string(super::file("docs/json.schema.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    })
}

/// The command that a command line runs, if the reference has it.
fn command_of(line: &str) -> Option<&'static str> {
    let mut words = line.split_whitespace();
    let (first, second) = (words.next()?, words.next().unwrap_or_default());
    let commands = reference()["commands"].as_object().unwrap();
    let mut names = commands.keys().map(String::as_str);
    names.find(|name| *name == first || *name == format!("{first} {second}"))
}

/// Checks the document that a command line printed.
#[track_caller]
pub(crate) fn check(line: &str, document: &Value) {
    let Some(command) = command_of(line) else { return };
    let problems = problems(command, document);
    assert!(problems.is_empty(), "{line}: {problems:#?} in {document:#}");
}

/// What is wrong with a document of a command.
fn problems(command: &str, document: &Value) -> Vec<String> {
    let fields = document.as_object().unwrap();
    let common = &reference()["common"];
    let is_common = |name: &String| common["properties"].get(name).is_some();
    let (shared, own): (Map<_, _>, Map<_, _>) =
        fields.clone().into_iter().partition(|(name, _)| is_common(name));
    let schema = &reference()["commands"][command];
    let mut problems = Vec::new();
    // A command may have warnings of its own kind.
    let own_warnings = described(schema, schema, "warnings");
    let mut shared = shared;
    let mut own = own;
    if own_warnings {
        own.extend(shared.remove("warnings").map(|warnings| ("warnings".to_owned(), warnings)));
    }
    validate(&Value::Object(shared), common, common, "", &mut problems);
    let before = problems.len();
    validate(&Value::Object(own), schema, schema, "", &mut problems);
    if fields.contains_key("error") {
        // A command that failed prints what it has.
        let mut place = 0;
        problems.retain(|problem| {
            place += 1;
            place <= before || !problem.starts_with("absent: .") || problem.matches('.').count() > 1
        });
    }
    problems
}

/// Whether a schema, or one of its alternatives, describes the field `name`.
fn described(schema: &Value, root: &Value, name: &str) -> bool {
    let schema = resolved(schema, root);
    schema["properties"].get(name).is_some()
        || alternatives(schema).any(|one| described(one, root, name))
}

fn resolved<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
        Some(name) => &root["$defs"][name],
        None => schema,
    }
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().flat_map(|word| schema[word].as_array().into_iter().flatten())
}

fn validate(value: &Value, schema: &Value, root: &Value, at: &str, problems: &mut Vec<String>) {
    let schema = resolved(schema, root);
    if let Some(least) = alternatives(schema)
        .map(|one| {
            let mut found = Vec::new();
            validate(value, one, root, at, &mut found);
            found
        })
        .min_by_key(Vec::len)
    {
        problems.extend(least);
        return;
    }
    if !has_type(value, &schema["type"]) {
        problems.push(format!("not {}: {at}: {value}", schema["type"]));
    }
    match value {
        Value::Object(fields) => {
            let properties = &schema["properties"];
            for (name, inner) in fields {
                let at = format!("{at}.{name}");
                match (properties.get(name), &schema["additionalProperties"]) {
                    (Some(described), _) => validate(inner, described, root, &at, problems),
                    (None, Value::Null | Value::Bool(false)) if schema.is_object() => {
                        problems.push(format!("not described: {at}"));
                    }
                    (None, Value::Object(_)) => {
                        validate(inner, &schema["additionalProperties"], root, &at, problems);
                    }
                    (None, _) => {}
                }
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                if !fields.contains_key(name) {
                    problems.push(format!("absent: {at}.{name}"));
                }
            }
        }
        Value::Array(list) => {
            for inner in list {
                validate(inner, &schema["items"], root, &format!("{at}[]"), problems);
            }
        }
        _ => {}
    }
}

fn has_type(value: &Value, wanted: &Value) -> bool {
    let is = |word: &Value| match word.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other}"),
    };
    match wanted {
        Value::String(_) => is(wanted),
        Value::Array(any) => any.iter().any(is),
        _ => true,
    }
}

#[test]
fn a_field_that_is_not_described_or_is_absent_is_caught() {
    let credentials = json!({"0x01": "01", "0x02": "02"});
    let good = json!({
        "ok": true, "address": "0x", "path": "m/44'", "confirmed": false,
        "withdrawal_credentials": credentials,
    });
    let changed = |change: fn(&mut Map<String, Value>)| {
        let mut document = good.clone();
        change(document.as_object_mut().unwrap());
        problems("address", &document)
    };
    assert!(changed(|_| {}).is_empty());
    type Change = fn(&mut Map<String, Value>);
    let changes: [Change; 6] = [
        |document| drop(document.insert("more".into(), Value::Null)),
        |document| drop(document.remove("path")),
        |document| drop(document.remove("ok")),
        |document| drop(document.insert("confirmed".into(), json!("no"))),
        |document| drop(document["withdrawal_credentials"].as_object_mut().unwrap().remove("0x01")),
        |document| drop(document.insert("error".into(), json!({"kind": "usage"}))),
    ];
    for change in changes {
        assert!(!changed(change).is_empty());
    }
    let failed = json!({"ok": false, "error": {"kind": "usage", "message": "", "hint": null}});
    assert!(problems("address", &failed).is_empty());
}
