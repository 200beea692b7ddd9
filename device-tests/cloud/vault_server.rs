//! A stand-in for Vault, that answers as HashiCorp Vault 1.21 was seen to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use super::server::{Reply, Request, serve};

/// The fields of each secret, by mount and path. Of version 2 three more say what became of the
/// newest version: `$deleted` and `$expires` with a time, and `$destroyed`. Under `<mount>/config`
/// are the settings of an engine.
pub(crate) type Secrets = Arc<Mutex<BTreeMap<String, Value>>>;

/// The mounts, and their versions. The namespace `ns` has the same.
const MOUNTS: [(&str, &str); 3] = [("kv1", "1"), ("kv2", "2"), ("team/eth/kv", "2")];

/// Vault with these engines.
pub(crate) fn vault() -> (String, Secrets) {
    let secrets = Secrets::default();
    let held = secrets.clone();
    (serve(move |request| answer(&request, &mut held.lock().unwrap())), secrets)
}

fn error(status: u16, what: &str) -> Reply {
    (status, json!({"errors": [what]}).to_string())
}

/// What Vault says of a path that no policy allows.
pub(crate) fn denied() -> Reply {
    error(403, "1 error occurred:\n\t* permission denied\n\n")
}

/// What Vault says of a token that is none, or not any more.
pub(crate) fn invalid_token() -> Reply {
    error(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")
}

pub(crate) fn answer(request: &Request, secrets: &mut BTreeMap<String, Value>) -> Reply {
    let path = decoded(request.path.trim_start_matches("/v1/"));
    let (namespace, path) = match path.strip_prefix("ns/") {
        Some(path) => ("ns/", path),
        None => ("", path.as_str()),
    };
    if let Some(method) = path.strip_prefix("auth/").and_then(|path| path.strip_suffix("/login")) {
        let known = matches!(method, "approle" | "staking/role");
        let right = request.body["secret_id"] == "right" && request.body["role_id"] == "automation"
            || request.body == json!({"role_id": "without"});
        let auth =
            json!({"client_token": "hvs.token", "lease_duration": 2764800, "renewable": true});
        return if known && right {
            (200, json!({ "auth": auth }).to_string())
        } else {
            error(400, "invalid role or secret ID")
        };
    }
    if path == "sys/wrapping/unwrap" && request.token.as_deref() == Some("hvs.wrap") {
        return (200, json!({"data": {"secret_id": "right"}}).to_string());
    }
    if request.token.as_deref() != Some("hvs.token") {
        return invalid_token();
    }
    match path {
        "auth/token/lookup-self" => {
            return (200, json!({"data": {"ttl": 2764800, "renewable": true}}).to_string());
        }
        "auth/token/revoke-self" => return (204, String::new()),
        "sys/capabilities-self" => {
            let paths = request.body["paths"].as_array().unwrap();
            let rights = |path: &Value| (path.as_str().unwrap().to_owned(), json!(["root"]));
            let data: serde_json::Map<_, _> = paths.iter().map(rights).collect();
            return (200, json!({ "data": data }).to_string());
        }
        "sys/internal/ui/mounts/cubbyhole/v" | "sys/internal/ui/mounts/cubbyhole" => {
            return (200, json!({"data": {"path": "cubbyhole/", "type": "cubbyhole"}}).to_string());
        }
        _ => {}
    }
    let in_mount = |path: &str| {
        let mut mounts = MOUNTS.iter();
        mounts.find(|(mount, _)| path == *mount || path.starts_with(&format!("{mount}/"))).copied()
    };
    if let Some(place) = path.strip_prefix("sys/internal/ui/mounts/") {
        return match in_mount(place) {
            Some((mount, version)) => {
                let options = json!({ "version": version });
                let data = json!({"path": format!("{mount}/"), "type": "kv", "options": options});
                (200, json!({ "data": data }).to_string())
            }
            None => error(403, "preflight capability check returned 403"),
        };
    }
    let Some((mount, version)) = in_mount(path) else {
        return error(404, "no handler for route. route entry not found.");
    };
    // It knows both.
    let (path, listing) = match path.strip_suffix("?list=true") {
        Some(path) => (path, true),
        None => (path, request.method == "LIST"),
    };
    let v2 = version == "2";
    let settings = json!({"cas_required": false, "delete_version_after": "0s"});
    if v2 && path == format!("{mount}/config") {
        let settings = secrets.get(path).unwrap_or(&settings);
        return (200, json!({ "data": settings }).to_string());
    }
    let metadata = format!("{mount}/metadata");
    let name = match path.strip_prefix(&metadata) {
        Some(rest) => format!("{namespace}{mount}/data{rest}"),
        None => format!("{namespace}{path}"),
    };
    match (request.method.as_str(), listing) {
        ("GET" | "LIST", true) => list(&name, secrets),
        ("GET", false) => match secrets.get(&name) {
            Some(value) if v2 => version_2(value),
            Some(value) => (200, json!({"data": value, "lease_duration": 2764800}).to_string()),
            None => (404, json!({"errors": []}).to_string()),
        },
        ("POST", _) if v2 => {
            if request.body["options"]["cas"] == 0 && secrets.contains_key(&name) {
                return error(400, "check-and-set parameter did not match the current version");
            }
            secrets.insert(name, request.body["data"].clone());
            let data = json!({"version": 1, "deletion_time": "", "destroyed": false});
            (200, json!({ "data": data }).to_string())
        }
        ("POST", _) => {
            secrets.insert(name, request.body.clone());
            (204, String::new())
        }
        _ => error(405, "unsupported operation"),
    }
}

fn list(folder: &str, secrets: &BTreeMap<String, Value>) -> Reply {
    let prefix = format!("{folder}/");
    let below = secrets.keys().filter_map(|key| key.strip_prefix(&prefix));
    // What lies deeper is one name, with a slash at its end.
    let keys: BTreeSet<_> = below.map(|key| key.split_inclusive('/').next().unwrap()).collect();
    if keys.is_empty() {
        (404, json!({"errors": []}).to_string())
    } else {
        (200, json!({"data": {"keys": keys}}).to_string())
    }
}

/// The newest version, with what its metadata says.
fn version_2(value: &Value) -> Reply {
    let mut fields = value.clone();
    let mut take = |name| fields.as_object_mut().and_then(|fields| fields.remove(name));
    let [deleted, expires] = ["$deleted", "$expires"].map(&mut take);
    let destroyed = take("$destroyed").is_some();
    let time = deleted.clone().or(expires).unwrap_or(json!(""));
    let metadata = json!({"version": 1, "deletion_time": time, "destroyed": destroyed});
    if destroyed || deleted.is_some() {
        (404, json!({"data": {"data": null, "metadata": metadata}}).to_string())
    } else {
        (200, json!({"data": {"data": fields, "metadata": metadata}}).to_string())
    }
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                bytes.push(hex::decode(digits).unwrap()[0]);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
