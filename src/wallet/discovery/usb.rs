//! Devices on USB.

use std::sync::Arc;

use super::{Listed, Listing, Spec, at};
use crate::{
    device::{DeviceError, Found, Timeouts},
    ledger::{self, HidExchange, Ledger, model},
    transport::{TransportError, hid, usb},
    trezor::{self, Pairings, Trezor},
};

/// Adds what is plugged in to `listing`.
pub(super) fn list(timeouts: Timeouts, listing: &mut Listing) {
    match ledgers() {
        Ok(found) => listing.devices.extend(found.iter().map(list_ledger)),
        Err(error) => listing.notes.push(format!("no Ledger can be found here: {error}")),
    }
    match trezors() {
        Ok(found) => listing.devices.extend(found.iter().map(|at| list_trezor(at, timeouts))),
        Err(error) => listing.notes.push(format!("no Trezor can be found here: {error}")),
    }
    if listing.devices.is_empty() && listing.notes.is_empty() {
        listing.notes.push("no Ledger and no Trezor is plugged in".to_owned());
    }
}

fn list_ledger(candidate: &hid::Candidate) -> Listed {
    let spec = ledger_spec(candidate);
    let product = model::product(candidate.product_id);
    let problem = match hid::Hid::open(&candidate.path) {
        Err(error) => Some(at(&spec, error)),
        Ok(_) if product.bootloader => Some(ledger::in_bootloader(&format!("device at {spec}"))),
        Ok(_) => None,
    };
    Listed { spec: spec.to_string(), vendor: "Ledger", model: product.model.to_owned(), problem }
}

fn list_trezor(candidate: &usb::Candidate, timeouts: Timeouts) -> Listed {
    let spec = trezor_spec(candidate);
    let identity = open_trezor(candidate, timeouts).and_then(|mut found| found.identify());
    let (model, problem) = match identity {
        Ok(identity) => (identity.model, None),
        Err(error) => ("device".to_owned(), Some(error)),
    };
    Listed { spec: spec.to_string(), vendor: "Trezor", model, problem }
}

/// The Ledger that is meant by `spec`.
pub(super) fn ledger(
    spec: &Spec,
    path: Option<&str>,
    timeouts: Timeouts,
) -> Result<Box<dyn Found>, DeviceError> {
    let found = ledgers().map_err(|e| nothing_here(spec, &e))?;
    let candidate = choose(spec, found, |c| path.is_none_or(|path| is_at(c, path)), ledger_spec)?;
    let spec = ledger_spec(&candidate);
    let link = hid::Hid::open(&candidate.path).map_err(|e| at(&spec, e))?;
    let product = model::product(candidate.product_id);
    let about = ledger::About {
        spec: spec.to_string(),
        model: product.model.to_owned(),
        simulated: false,
        bootloader: product.bootloader,
    };
    let others: Vec<String> =
        ledgers().unwrap_or_default().into_iter().map(|other| other.path).collect();
    let ledger = Ledger::new(Box::new(HidExchange::new(link)), about, timeouts);
    Ok(Box::new(ledger.reconnecting(Box::new(move || come_back(&candidate, &others)))))
}

/// Whether `candidate` is what `path` names: bus and ports, or the system's own name.
fn is_at(candidate: &hid::Candidate, path: &str) -> bool {
    candidate.path == path || candidate.port.as_deref() == Some(path)
}

/// The Ledger that was `before`: it may have another path and product id when it comes back, but
/// is the same model at the same port. Where the system does not tell ports, it is none of the
/// `others` that were there all the time.
fn come_back(
    before: &hid::Candidate,
    others: &[String],
) -> Result<Box<dyn ledger::Exchange>, DeviceError> {
    let spec = ledger_spec(before);
    let found = ledgers().map_err(|e| nothing_here(&spec, &e))?;
    let model = model::product(before.product_id).model;
    let same = |c: &hid::Candidate| {
        let same_place = match (&c.port, &before.port) {
            (Some(port), Some(before)) => port == before,
            _ => c.path == before.path || !others.contains(&c.path),
        };
        model::product(c.product_id).model == model && same_place
    };
    let candidate = choose(&spec, found, same, ledger_spec)?;
    let link = hid::Hid::open(&candidate.path).map_err(|e| at(&spec, e))?;
    Ok(Box::new(HidExchange::new(link)))
}

/// The Trezor that is meant by `spec`.
pub(super) fn trezor(
    spec: &Spec,
    path: Option<&str>,
    timeouts: Timeouts,
    pairings: Arc<dyn Pairings>,
) -> Result<Box<dyn Found>, DeviceError> {
    let found = trezors().map_err(|e| nothing_here(spec, &e))?;
    let candidate = choose(spec, found, |c| path.is_none_or(|path| c.path == path), trezor_spec)?;
    Ok(Box::new(open_trezor(&candidate, timeouts)?.with_pairings(pairings)))
}

fn open_trezor(candidate: &usb::Candidate, timeouts: Timeouts) -> Result<Trezor, DeviceError> {
    let spec = trezor_spec(candidate);
    if !candidate.speaks {
        return Err(DeviceError::Unsupported {
            device: format!("device at {spec}"),
            what: "be used: its firmware is from before WebUSB; update it".to_owned(),
        });
    }
    let link = usb::Usb::open(trezor::VENDOR_ID, &candidate.path).map_err(|e| at(&spec, e))?;
    let about = trezor::About { spec: spec.to_string(), simulated: false };
    Ok(Trezor::new(Box::new(link), about, timeouts))
}

/// A system that cannot list its USB devices has none, and says why.
fn nothing_here(spec: &Spec, error: &TransportError) -> DeviceError {
    DeviceError::NotFound(format!("{spec}: {error}"))
}

/// The one candidate that fits; none and several are errors.
fn choose<C>(
    spec: &Spec,
    candidates: Vec<C>,
    fits: impl Fn(&C) -> bool,
    spec_of: impl Fn(&C) -> Spec,
) -> Result<C, DeviceError> {
    let mut fitting: Vec<C> = candidates.into_iter().filter(fits).collect();
    match (fitting.pop(), fitting.is_empty()) {
        (None, _) => Err(DeviceError::NotFound(spec.to_string())),
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            let all = fitting.iter().chain([&last]);
            let choices = all.map(|candidate| spec_of(candidate).to_string()).collect();
            Err(DeviceError::Ambiguous { spec: spec.to_string(), choices })
        }
    }
}

/// The interfaces of Ledgers that take APDUs, one a device.
fn ledgers() -> Result<Vec<hid::Candidate>, TransportError> {
    let mut found = hid::list(model::VENDOR_ID)?;
    // A device has other interfaces as well (FIDO); some systems tell the usage page, some the
    // interface, and one interface can have several usages.
    found.retain(|c| c.usage_page == model::USAGE_PAGE || (c.usage_page == 0 && c.interface == 0));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

fn trezors() -> Result<Vec<usb::Candidate>, TransportError> {
    let mut found = usb::list(trezor::VENDOR_ID)?;
    found.retain(|candidate| trezor::PRODUCT_IDS.contains(&candidate.product_id));
    Ok(found)
}

fn ledger_spec(candidate: &hid::Candidate) -> Spec {
    Spec::Ledger { path: Some(candidate.port.as_ref().unwrap_or(&candidate.path).clone()) }
}

fn trezor_spec(candidate: &usb::Candidate) -> Spec {
    Spec::Trezor { path: Some(candidate.path.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(path: &str) -> usb::Candidate {
        usb::Candidate { path: path.to_owned(), product_id: 0x53c1, speaks: true }
    }

    fn choose_at(path: Option<&str>) -> Result<usb::Candidate, DeviceError> {
        let spec = Spec::Trezor { path: path.map(str::to_owned) };
        let plugged_in = vec![candidate("1-1"), candidate("1-4.2")];
        choose(&spec, plugged_in, |c| path.is_none_or(|path| c.path == path), trezor_spec)
    }

    #[test]
    fn a_ledger_is_named_by_its_port_or_by_the_systems_name() {
        let plugged_in = hid::Candidate {
            path: "/dev/hidraw3".to_owned(),
            port: Some("1-4.2".to_owned()),
            product_id: 0x5011,
            usage_page: model::USAGE_PAGE,
            interface: 0,
        };
        assert_eq!(ledger_spec(&plugged_in).to_string(), "ledger@1-4.2");
        assert!(is_at(&plugged_in, "1-4.2") && is_at(&plugged_in, "/dev/hidraw3"));
        assert!(!is_at(&plugged_in, "1-4") && !is_at(&plugged_in, "/dev/hidraw"));
    }

    #[test]
    fn of_several_devices_one_must_be_named() {
        let error = choose_at(None).unwrap_err().to_string();
        assert!(error.contains("trezor@1-1") && error.contains("trezor@1-4.2"), "{error}");
        assert_eq!(choose_at(Some("1-4.2")).unwrap(), candidate("1-4.2"));
        assert!(matches!(choose_at(Some("9-9")), Err(DeviceError::NotFound(_))));
    }
}
