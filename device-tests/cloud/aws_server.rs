//! A stand-in for AWS Secrets Manager, written from its API's documentation: it checks no signature.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use super::server::{Reply, Request, serve};

/// Secrets by name, as they were made.
pub(crate) type Held = Arc<Mutex<BTreeMap<String, Value>>>;

pub(crate) fn aws() -> (String, Held) {
    let held = Held::default();
    let secrets = held.clone();
    (serve(move |request| answer(&request, &mut secrets.lock().unwrap())), held)
}

pub(crate) fn answer(request: &Request, held: &mut BTreeMap<String, Value>) -> Reply {
    let error = |code: &str| (400, json!({"__type": code, "message": code}).to_string());
    let body = &request.body;
    let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
    match request.target.as_deref().unwrap_or_default() {
        "secretsmanager.CreateSecret" if held.contains_key(&text("Name")) => {
            error("ResourceExistsException")
        }
        "secretsmanager.CreateSecret" => {
            let mut made = body.clone();
            made.as_object_mut().unwrap().remove("ClientRequestToken");
            held.insert(text("Name"), made);
            (200, json!({"Name": text("Name")}).to_string())
        }
        "secretsmanager.GetSecretValue" => match held.get(&text("SecretId")) {
            Some(secret) => {
                let value = &secret["SecretString"];
                (200, json!({"Name": text("SecretId"), "SecretString": value}).to_string())
            }
            None => error("ResourceNotFoundException"),
        },
        "secretsmanager.ListSecrets" => {
            let prefix = body["Filters"][0]["Values"][0].as_str().unwrap();
            let from: usize = text("NextToken").parse().unwrap_or(0);
            let names: Vec<_> = held.keys().filter(|name| name.starts_with(prefix)).collect();
            let page = names.iter().skip(from).take(2).map(|name| json!({"Name": name}));
            let mut answer = json!({"SecretList": page.collect::<Vec<_>>()});
            if from + 2 < names.len() {
                answer["NextToken"] = json!((from + 2).to_string());
            }
            (200, answer.to_string())
        }
        _ => error("InvalidRequestException"),
    }
}
