//! Clients that keys were delivered to before they are restored: whoever runs them there still, and
//! here as well, gets their validators slashed.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stockade::{
    backup::{
        Copy, SetId,
        delivery_mark::DeliveryMark,
        marks::{self, Mark as _, Marks},
    },
    bls::PublicKey,
};

use crate::error::CommandError;

/// Keys that were sent to a client, and to no other since.
pub struct Sent {
    to: String,
    time: String,
    keys: usize,
}

/// Where some of `keys` went last, by the marks in `copies`, and what cannot be read of those.
pub fn sent_before(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
) -> Result<(Vec<Sent>, Vec<String>), CommandError> {
    let Marks { marks, unread } = marks::of_keys::<DeliveryMark>(copies, set, keys)?;
    let mut sent: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (key, mark) in DeliveryMark::last(&marks) {
        if keys.contains(&key) {
            *sent.entry((mark.time(), &mark.to)).or_default() += 1;
        }
    }
    let sent = sent.into_iter().map(|((time, to), keys)| Sent {
        to: to.to_owned(),
        time: time.to_owned(),
        keys,
    });
    let unread = unread.iter().map(|file| {
        format!("warning: where these keys went last is not known: {file} cannot be read")
    });
    Ok((sent.collect(), unread.collect()))
}

impl Sent {
    /// For people.
    pub fn warning(&self) -> String {
        let Self { to, time, keys } = self;
        format!("CAREFUL: {keys} of these keys went to {to} at {time}, and must be gone there")
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        json!({"to": self.to, "time": self.time, "keys": self.keys})
    }
}
