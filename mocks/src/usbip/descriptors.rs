//! How a USB device describes itself (USB 2.0, chapter 9; HID 1.11). All numbers are little-endian.

/// The text of a serial number, and of other strings, by their index.
type Strings = Vec<(u8, Vec<u8>)>;

pub(super) const DEVICE: u8 = 1;
pub(super) const CONFIGURATION: u8 = 2;
pub(super) const STRING: u8 = 3;
const INTERFACE: u8 = 4;
const ENDPOINT: u8 = 5;
pub(super) const CAPABILITIES: u8 = 15;
const CAPABILITY: u8 = 16;
pub(super) const HID: u8 = 0x21;
pub(super) const REPORT: u8 = 0x22;

pub(super) const HID_CLASS: u8 = 3;
pub(super) const VENDOR_CLASS: u8 = 0xff;

const US_ENGLISH: [u8; 2] = [0x09, 0x04];
const INTERRUPT: u8 = 3;
const PACKET: u8 = 64;

/// Everything that a device says of itself.
#[derive(Debug, Clone)]
pub struct Descriptors {
    /// The vendor's id.
    pub vendor: u16,
    /// The product's id.
    pub product: u16,
    /// The device's version, as a binary-coded decimal.
    pub version: u16,
    /// Manufacturer, product and serial number first.
    pub(super) strings: Strings,
    /// The index of the configuration's string.
    pub(super) configuration_string: u8,
    /// Bit 6: it has a power source of its own.
    pub(super) attributes: u8,
    pub(super) interfaces: Vec<Interface>,
    /// The capabilities in its BOS descriptor.
    pub(super) capabilities: Vec<Vec<u8>>,
    pub(super) vendor_answers: Vec<VendorAnswer>,
}

/// An interface with one IN and one OUT interrupt endpoint.
#[derive(Debug, Clone)]
pub(super) struct Interface {
    pub(super) class: u8,
    pub(super) subclass: u8,
    pub(super) protocol: u8,
    /// The index of its string.
    pub(super) string: u8,
    /// Where it is a HID: its country code and its report descriptor.
    pub(super) hid: Option<(u8, &'static [u8])>,
    /// The address of its IN endpoint.
    pub(super) input: u8,
    /// The address of its OUT endpoint.
    pub(super) output: u8,
}

/// What is answered to a vendor's own request.
#[derive(Debug, Clone)]
pub(super) struct VendorAnswer {
    pub(super) request: u8,
    pub(super) index: u16,
    pub(super) bytes: Vec<u8>,
}

impl Descriptors {
    pub(super) fn device(&self) -> Vec<u8> {
        let [usb_low, usb_high] =
            if self.capabilities.is_empty() { [0x00, 0x02] } else { [0x10, 0x02] };
        let mut bytes = vec![18, DEVICE, usb_low, usb_high, 0, 0, 0, PACKET];
        for number in [self.vendor, self.product, self.version] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([1, 2, 3, 1]);
        bytes
    }

    pub(super) fn configuration(&self) -> Vec<u8> {
        let mut interfaces = Vec::new();
        for (number, interface) in self.interfaces.iter().enumerate() {
            interfaces.extend(interface.descriptor(number as u8));
        }
        let total = (9 + interfaces.len() as u16).to_le_bytes();
        let mut bytes = vec![9, CONFIGURATION];
        bytes.extend(total);
        bytes.extend([
            self.interfaces.len() as u8,
            1,
            self.configuration_string,
            self.attributes,
            50,
        ]);
        bytes.extend(interfaces);
        bytes
    }

    pub(super) fn string(&self, index: u8) -> Option<Vec<u8>> {
        let text = match index {
            0 => US_ENGLISH.to_vec(),
            index => self.strings.iter().find(|(at, _)| *at == index)?.1.clone(),
        };
        Some([&[text.len() as u8 + 2, STRING], &*text].concat())
    }

    /// The BOS descriptor, where it has capabilities.
    pub(super) fn binary_object_store(&self) -> Option<Vec<u8>> {
        let capabilities = self.capabilities.concat();
        let total = (5 + capabilities.len() as u16).to_le_bytes();
        let count = self.capabilities.len() as u8;
        (count > 0).then(|| [&[5, CAPABILITIES], &total[..], &[count], &*capabilities].concat())
    }

    pub(super) fn interface(&self, number: u16) -> Option<&Interface> {
        self.interfaces.get(usize::from(number))
    }

    pub(super) fn has_output(&self, endpoint: u8) -> bool {
        self.interfaces.iter().any(|interface| interface.output == endpoint)
    }

    pub(super) fn has_input(&self, endpoint: u8) -> bool {
        self.interfaces.iter().any(|interface| interface.input == endpoint)
    }
}

impl Interface {
    fn descriptor(&self, number: u8) -> Vec<u8> {
        let Self { class, subclass, protocol, string, input, output, .. } = *self;
        let mut bytes = vec![9, INTERFACE, number, 0, 2, class, subclass, protocol, string];
        bytes.extend(self.hid_descriptor().unwrap_or_default());
        for endpoint in [input, output] {
            bytes.extend([7, ENDPOINT, endpoint, INTERRUPT, PACKET, 0, 1]);
        }
        bytes
    }

    pub(super) fn hid_descriptor(&self) -> Option<Vec<u8>> {
        let (country, report) = self.hid?;
        let [low, high] = (report.len() as u16).to_le_bytes();
        Some(vec![9, HID, 0x11, 0x01, country, 1, REPORT, low, high])
    }
}

/// The bytes of a string descriptor that says `text`.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A platform's capability: its UUID, as it is written, and what that platform reads.
pub(super) fn capability(uuid: [u8; 16], data: &[u8]) -> Vec<u8> {
    const PLATFORM: u8 = 5;
    let [a, b, c, d, e, f, g, h, rest @ ..] = uuid;
    let mut bytes = vec![20 + data.len() as u8, CAPABILITY, PLATFORM, 0, d, c, b, a, f, e, h, g];
    bytes.extend(rest);
    bytes.extend(data);
    bytes
}

/// WebUSB 1.0's capability: the vendor's request for web addresses, and the index of the landing page, 0
/// for none.
pub(super) fn webusb(request: u8, landing_page: u8) -> Vec<u8> {
    const WEBUSB: [u8; 16] = [
        0x34, 0x08, 0xb6, 0x38, 0x09, 0xa9, 0x47, 0xa0, 0x8b, 0xfd, 0xa0, 0x76, 0x88, 0x15, 0xb6,
        0x65,
    ];
    capability(WEBUSB, &[0x00, 0x01, request, landing_page])
}
