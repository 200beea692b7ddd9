//! What `validator create` and `backup create` print alike.

use serde_json::{Value, json};
use stockade::{
    backup::{Copy, create::Created, custodians::Chosen},
    store::ReadBack,
};

use crate::error::{CommandError, Kind};

/// This version seals to any one of the custodians; the format already knows more.
pub fn require_any_one(threshold: u8) -> Result<(), CommandError> {
    match threshold {
        1 => Ok(()),
        _ => Err(CommandError::new(
            Kind::Unsupported,
            "this version makes sets that any one custodian opens (--threshold 1)",
        )),
    }
}

/// Who can open it.
pub fn custodians_text(chosen: &Chosen) -> String {
    let mut text = String::from("It opens with any one of\n");
    for custodian in &chosen.custodians {
        let enrolled = if chosen.enrolled { ", this wallet, enrolled now" } else { "" };
        let test = if custodian.test { ", TEST" } else { "" };
        text += &format!(
            "  custodian {} (check address {}{enrolled}{test})\n",
            custodian.id, custodian.check_address
        );
    }
    text
}

/// Where it lies now.
pub fn copies_text(created: &Created, copies: &[Copy]) -> String {
    let mut text = String::from("Written to\n");
    for (copy, (id, read_back)) in copies.iter().zip(&created.copies) {
        let how = match read_back {
            ReadBack::Device => "read back from the medium",
            ReadBack::CachePossible => "read back, perhaps from the system's memory",
        };
        text += &format!("  {} (copy {id}, {how})\n", copy.dir().display());
    }
    text
}

/// The copies as JSON.
pub fn copies_json(created: &Created, copies: &[Copy]) -> Value {
    let copies = copies.iter().zip(&created.copies).map(|(copy, (id, read_back))| {
        json!({
            "copy": id,
            "dir": copy.dir().display().to_string(),
            "read_back": read_back.as_str(),
        })
    });
    Value::Array(copies.collect())
}
