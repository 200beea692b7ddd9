//! A stand-in for Vault, written from its API's documentation.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use super::server::{Reply, Request, serve};

pub(crate) type Secrets = Arc<Mutex<BTreeMap<String, Value>>>;

/// Vault with two key/value engines: `kv1` and `kv2`.
pub(crate) fn vault() -> (String, Secrets) {
    let secrets = Secrets::default();
    let held = secrets.clone();
    (serve(move |request| answer(&request, &mut held.lock().unwrap())), secrets)
}

pub(crate) fn answer(request: &Request, secrets: &mut BTreeMap<String, Value>) -> Reply {
    let error = |status, what: &str| (status, json!({"errors": [what]}).to_string());
    if request.path == "/v1/auth/approle/login" {
        return match request.body["secret_id"] == "right" && request.body["role_id"] == "automation"
        {
            true => (200, json!({"auth": {"client_token": "hvs.token"}}).to_string()),
            false => error(400, "invalid role or secret ID"),
        };
    }
    if request.token.as_deref() != Some("hvs.token") {
        return error(403, "permission denied");
    }
    match request.path.as_str() {
        "/v1/sys/internal/ui/mounts/kv1" => return mount(&Value::Null),
        "/v1/sys/internal/ui/mounts/kv2" => return mount(&json!({"version": "2"})),
        path if !path.starts_with("/v1/kv1/") && !path.starts_with("/v1/kv2/") => {
            return error(404, "no handler for route. route entry not found.");
        }
        _ => {}
    }
    // It knows both.
    let (path, listing) = match request.path.strip_suffix("?list=true") {
        Some(path) => (path, true),
        None => (request.path.as_str(), request.method == "LIST"),
    };
    let v2 = path.starts_with("/v1/kv2/");
    let name = path.trim_start_matches("/v1/").replacen("kv2/metadata/", "kv2/data/", 1);
    match (request.method.as_str(), listing) {
        ("GET" | "LIST", true) => {
            let prefix = format!("{name}/");
            let below = secrets.keys().filter_map(|key| key.strip_prefix(&prefix));
            // What lies deeper is one name, with a slash at its end.
            let keys: BTreeSet<_> =
                below.map(|key| key.split_inclusive('/').next().unwrap()).collect();
            match keys.is_empty() {
                true => (404, json!({"errors": []}).to_string()),
                false => (200, json!({"data": {"keys": keys}}).to_string()),
            }
        }
        ("GET", false) => match secrets.get(&name) {
            Some(value) if v2 => {
                (200, json!({"data": {"data": value, "metadata": {"version": 1}}}).to_string())
            }
            Some(value) => (200, json!({"data": value, "lease_duration": 2764800}).to_string()),
            None => (404, json!({"errors": []}).to_string()),
        },
        ("POST", _) if v2 => {
            if request.body["options"]["cas"] == 0 && secrets.contains_key(&name) {
                return error(400, "check-and-set parameter did not match the current version");
            }
            secrets.insert(name, request.body["data"].clone());
            (200, json!({"data": {"version": 1}}).to_string())
        }
        ("POST", _) => {
            secrets.insert(name, request.body.clone());
            (204, String::new())
        }
        _ => error(405, "unsupported operation"),
    }
}

fn mount(options: &Value) -> Reply {
    (200, json!({"data": {"type": "kv", "options": options}}).to_string())
}
