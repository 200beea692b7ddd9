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
        Err(error) => listing.notes.push(format!("Ledgers cannot be listed: {error}")),
    }
    match trezors() {
        Ok(found) => listing.devices.extend(found.iter().map(|at| list_trezor(at, timeouts))),
        Err(error) => listing.notes.push(format!("Trezors cannot be listed: {error}")),
    }
    if listing.devices.is_empty() && listing.notes.is_empty() {
        listing.notes.push("no Ledger or Trezor is plugged in".to_owned());
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

/// The Ledger that `spec` selects.
pub(super) fn ledger(
    spec: &Spec,
    path: Option<&str>,
    timeouts: Timeouts,
) -> Result<Box<dyn Found>, DeviceError> {
    let found = ledgers().map_err(|e| cannot_list(spec, &e))?;
    let candidate = choose(spec, found, |c| path.is_none_or(|path| is_at(c, path)), ledger_spec)?;
    let spec = ledger_spec(&candidate);
    let link = hid::Hid::open(&candidate.path).map_err(|e| at(&spec, e))?;
    let product = model::product(candidate.product_id);
    let mut info = ledger::DeviceInfo::new(spec.to_string(), product.model);
    info.bootloader = product.bootloader;
    let others: Vec<String> =
        ledgers().unwrap_or_default().into_iter().map(|other| other.path).collect();
    let ledger = Ledger::new(Box::new(HidExchange::new(link)), info, timeouts);
    Ok(Box::new(ledger.reconnecting(Box::new(move || reconnect(&candidate, &others)))))
}

/// Whether `candidate` is at `path`: its bus and ports, or the system's name for it.
fn is_at(candidate: &hid::Candidate, path: &str) -> bool {
    candidate.path == path || candidate.port.as_deref() == Some(path)
}

/// Finds the Ledger `before` again after it restarted. Its path and product id may have changed, but
/// it is the same model at the same port. If the system does not report ports, it is not one of the
/// `others` that were connected all the time.
fn reconnect(
    before: &hid::Candidate,
    others: &[String],
) -> Result<Box<dyn ledger::Exchange>, DeviceError> {
    let spec = ledger_spec(before);
    let found = ledgers().map_err(|e| cannot_list(&spec, &e))?;
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

/// The Trezor that `spec` selects.
pub(super) fn trezor(
    spec: &Spec,
    path: Option<&str>,
    timeouts: Timeouts,
    pairings: Arc<dyn Pairings>,
) -> Result<Box<dyn Found>, DeviceError> {
    let found = trezors().map_err(|e| cannot_list(spec, &e))?;
    let candidate = choose(spec, found, |c| path.is_none_or(|path| c.path == path), trezor_spec)?;
    Ok(Box::new(open_trezor(&candidate, timeouts)?.with_pairings(pairings)))
}

fn open_trezor(candidate: &usb::Candidate, timeouts: Timeouts) -> Result<Trezor, DeviceError> {
    let spec = trezor_spec(candidate);
    if !candidate.has_webusb {
        let what = "be used: its firmware is older than WebUSB. Update the firmware";
        return Err(DeviceError::unsupported(&format!("device at {spec}"), what));
    }
    let link = usb::Usb::open(trezor::VENDOR_ID, &candidate.path).map_err(|e| at(&spec, e))?;
    let info = trezor::DeviceInfo::new(spec.to_string());
    Ok(Trezor::new(Box::new(link), info, timeouts))
}

/// The error if the system cannot list its USB devices.
fn cannot_list(spec: &Spec, error: &TransportError) -> DeviceError {
    DeviceError::NotFound(format!("{spec}: {error}"))
}

/// The only candidate that fits; none or several are an error.
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

/// The HID interfaces of Ledgers that accept APDUs, one per device.
fn ledgers() -> Result<Vec<hid::Candidate>, TransportError> {
    let mut found = hid::list(model::VENDOR_ID)?;
    // A device also has other interfaces (FIDO). Some systems report the usage page, others the
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
        usb::Candidate { path: path.to_owned(), product_id: 0x53c1, has_webusb: true }
    }

    fn choose_at(path: Option<&str>) -> Result<usb::Candidate, DeviceError> {
        let spec = Spec::Trezor { path: path.map(str::to_owned) };
        let plugged_in = vec![candidate("1-1"), candidate("1-4.2")];
        choose(&spec, plugged_in, |c| path.is_none_or(|path| c.path == path), trezor_spec)
    }

    #[test]
    fn a_ledger_is_selected_by_its_port_or_by_the_systems_name() {
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
    fn one_of_several_devices_must_be_chosen() {
        let error = choose_at(None).unwrap_err().to_string();
        assert!(error.contains("trezor@1-1") && error.contains("trezor@1-4.2"), "{error}");
        assert_eq!(choose_at(Some("1-4.2")).unwrap(), candidate("1-4.2"));
        assert!(matches!(choose_at(Some("9-9")), Err(DeviceError::NotFound(_))));
    }
}
