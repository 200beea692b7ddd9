//! A delivery to a store of secrets, whichever it is.

use serde_json::{Value, json};
use stockade::{
    attest::delivery::{Delivered, Destination},
    backup::{restore::Restorable, whereabouts::Location},
    bls::PublicKey,
};
use stockade_services::cloud::delivery::{Parcel, Put, PutEnd, SecretStore, put_all};

use super::{
    approval,
    chosen::{Chosen, ChosenArgs},
    note::NoteArgs,
};
use crate::{
    CommandResult,
    commands::elsewhere::{ElsewhereArgs, Said, Unrecorded},
    context::Context,
    output::Outcome,
};

/// Where keys go.
pub(super) struct To<'a> {
    pub store: &'a dyn SecretStore,
    /// The place, for people.
    pub place: String,
    /// The same for the delivery note.
    pub destination: Destination,
    /// The same for the record of where keys may sign.
    pub location: Location,
    /// What a person said of other places.
    pub elsewhere: &'a ElsewhereArgs,
    /// What goes under which name.
    pub parcels: &'a dyn Fn(&[PublicKey]) -> Vec<Parcel>,
}

/// Plans, opens, puts, and says what is there.
pub(super) fn deliver(
    args: &ChosenArgs,
    chosen: &Chosen,
    note: &NoteArgs,
    to: &To<'_>,
    context: &mut Context,
) -> CommandResult {
    let (copies, set, at) = (chosen.copies.as_slice(), chosen.id(), &to.location);
    let all = chosen.public_keys();
    let elsewhere =
        to.elsewhere.settle(context, (copies, set), &all, (at, None), Said::default())?;
    let mut hands = args.hands(context)?;
    let restorable = chosen.open(context, &mut hands)?;
    let keys = restorable.public_keys();
    let parcels = (to.parcels)(&keys);
    approval::ask(context, &plan(chosen, &restorable, to, parcels.len()))?;
    let record = elsewhere.record_of(copies, set, &keys)?;
    let mut clearance = restorable.clear(record, &elsewhere.release(at, &keys, None), copies)?;
    let mut progress = context.terminal.progress();
    let done = put_all(to.store, &parcels, &restorable, &mut clearance, &mut progress)?;
    let unrecorded = Unrecorded::of(&clearance, context);
    let (put, end) = (&done.puts, done.end.as_ref());
    let report = Report { chosen, restorable: &restorable, to, parcels: &parcels, put, end };
    let mut outcome = report.outcome();
    unrecorded.add_to(&mut outcome);
    if end == Some(&PutEnd::Stopped) {
        // Who gave up is asked for nothing more.
        outcome.json.insert("note".to_owned(), Value::Null);
        outcome.text += "\nNo delivery note: cancelled. `store check --attest` makes one later.";
        return Ok(outcome);
    }
    if let Some(manifest) = chosen.manifest(&hands) {
        let delivered = Delivered {
            set: chosen.id(),
            manifest: manifest.digest,
            to: to.destination.clone(),
            from: None,
            keys: report.written(),
            history: None,
        };
        note.add(&mut outcome, &delivered, &chosen.copies, &mut hands, context);
    }
    Ok(outcome)
}

fn plan(chosen: &Chosen, restorable: &Restorable, to: &To<'_>, secrets: usize) -> String {
    let keys = restorable.public_keys();
    let mut text = format!(
        "To {}: {} keys of set {}, as they are (hexadecimal), in {secrets} secrets\n",
        to.place,
        keys.len(),
        chosen.id()
    );
    text += "  written where nothing is, read back and compared; nothing is overwritten\n";
    text += &approval::keys(&keys);
    for (key, reason) in &restorable.left_out {
        text += &format!("  LEFT OUT {key}: {}\n", reason.explain());
    }
    text
}

struct Report<'a> {
    chosen: &'a Chosen,
    restorable: &'a Restorable,
    to: &'a To<'a>,
    parcels: &'a [Parcel],
    put: &'a [Put],
    /// What ended it early.
    end: Option<&'a PutEnd>,
}

impl Report<'_> {
    /// Each key with the name that it went under, and what became of it.
    fn keys(&self) -> impl Iterator<Item = (&PublicKey, &str, &Put)> {
        let parcels = self.parcels.iter().zip(self.put);
        parcels.flat_map(|(parcel, put)| {
            parcel.keys.iter().map(move |key| (key, parcel.name.as_str(), put))
        })
    }

    /// What lay there before was not delivered now.
    fn written(&self) -> Vec<PublicKey> {
        self.keys().filter(|(_, _, put)| **put == Put::Written).map(|(key, ..)| *key).collect()
    }

    fn outcome(&self) -> Outcome {
        let count = |is: fn(&Put) -> bool| self.keys().filter(|(_, _, put)| is(put)).count();
        let there = count(Put::is_there);
        let refused = count(|put| matches!(put, Put::Refused(_)));
        let all = self.keys().count();
        let left_out = self.restorable.left_out.iter();
        let left_out = left_out.map(|(key, why)| json!({"pubkey": key, "reason": why.as_str()}));
        let failure = self.end.map(|end| match end {
            PutEnd::Failed(why) | PutEnd::NoLonger(why) => why.as_str(),
            PutEnd::Stopped => "cancelled",
        });
        let json = json!({
            "set_id": self.chosen.id(),
            "to": self.to.place,
            "level": "read_back",
            "verdicts": {
                "proven": there,
                "contradicted": refused,
                "inconclusive": all - there - refused,
            },
            "keys": self.keys().map(as_json).collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
            "failure": failure,
        });
        let ok = there == all && self.restorable.left_out.is_empty();
        Outcome::checked(ok, self.text(ok, there, all, failure), json)
    }

    fn text(&self, ok: bool, there: usize, all: usize, failure: Option<&str>) -> String {
        let (place, set) = (&self.to.place, self.chosen.id());
        let holds = if failure.is_some() { "is known to hold" } else { "holds" };
        let mut text = format!("{place} {holds} {there} of {all} keys of set {set}\n");
        let same = self.keys().filter(|(_, _, put)| **put == Put::Same).count();
        if same > 0 {
            text += &format!("  {same} were there before, and are as they were\n");
        }
        if let Some(failure) = failure {
            text += &format!("  INTERRUPTED: {failure}\n");
        }
        let those = |is: fn(&Put) -> bool| self.keys().filter(move |(_, _, put)| is(put));
        let said = |(key, _, put): (&PublicKey, _, &Put)| match put {
            Put::Refused(why) | Put::Expires(why) => format!("{key}: {why}"),
            _ => key.to_string(),
        };
        text += &rows("REFUSED", those(|put| matches!(put, Put::Refused(_))).map(said));
        text += &rows("WILL BE DELETED", those(|put| matches!(put, Put::Expires(_))).map(said));
        text += &rows("CANNOT TELL", those(|put| matches!(put, Put::Unknown(_))).map(said));
        text += &rows("NOT SENT", those(|put| matches!(put, Put::NotSent)).map(said));
        let left_out = self.restorable.left_out.iter();
        text += &rows("LEFT OUT", left_out.map(|(key, why)| format!("{key}: {}", why.explain())));
        text += match (ok, self.end) {
            (true, _) => {
                "A signer that reads them there signs with them: make sure that no other machine \
                 runs these keys, and that it has their slashing history."
            }
            (false, Some(PutEnd::NoLonger(_))) => {
                "Get other credentials, and run the same command again: what is there is left as it \
                 is."
            }
            (false, Some(_)) => "Run the same command again: what is there is left as it is.",
            (false, None) => "NOT all of them are there. What was there before is as it was.",
        };
        text
    }
}

/// A line each, of which there may be thousands.
fn rows(word: &str, rows: impl Iterator<Item = String>) -> String {
    const LISTED: usize = 20;
    let rows: Vec<_> = rows.collect();
    let listed = rows.iter().take(LISTED);
    let mut text: String = listed.map(|row| format!("  {word} {row}\n")).collect();
    if rows.len() > LISTED {
        text += &format!("  {word} {} more\n", rows.len() - LISTED);
    }
    text
}

fn as_json((key, name, put): (&PublicKey, &str, &Put)) -> Value {
    let verdict = match put {
        put if put.is_there() => "proven",
        Put::Refused(_) => "contradicted",
        _ => "inconclusive",
    };
    json!({
        "pubkey": key,
        "verdict": verdict,
        "status": put.as_str(),
        "message": put.message(),
        "secret": name,
    })
}
