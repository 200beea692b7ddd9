//! Ledger models and their identifiers.

/// Ledger's USB vendor id.
pub const VENDOR_ID: u16 = 0x2c97;

/// The HID usage page of the interface that accepts APDUs.
pub const USAGE_PAGE: u16 = 0xffa0;

/// The meaning of a USB product id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Product {
    /// "Nano S Plus"; "device" if the model is unknown.
    pub model: &'static str,
    /// Whether it is in its bootloader, where it runs no apps.
    pub bootloader: bool,
}

/// A model and its identifiers.
struct Model {
    name: &'static str,
    /// The high byte of its USB product id, whichever app is open.
    product: u8,
    /// The product id of its bootloader.
    bootloader: u16,
    /// The upper half of the target id that its dashboard reports.
    target: u16,
}

const MODELS: [Model; 6] = [
    Model { name: "Nano S", product: 0x10, bootloader: 0x0001, target: 0x3110 },
    Model { name: "Nano X", product: 0x40, bootloader: 0x0004, target: 0x3300 },
    Model { name: "Nano S Plus", product: 0x50, bootloader: 0x0005, target: 0x3310 },
    Model { name: "Stax", product: 0x60, bootloader: 0x0006, target: 0x3320 },
    Model { name: "Flex", product: 0x70, bootloader: 0x0007, target: 0x3330 },
    Model { name: "Nano Gen5", product: 0x80, bootloader: 0x0008, target: 0x3340 },
];

/// Decodes a USB product id. The high byte is the model, the low byte the interfaces; the high byte of
/// a bootloader is zero.
pub fn product(product_id: u16) -> Product {
    let [high, _] = product_id.to_be_bytes();
    let bootloader = high == 0;
    let found = MODELS.iter().find(|model| {
        if bootloader { model.bootloader == product_id } else { model.product == high }
    });
    Product { model: found.map_or("device", |model| model.name), bootloader }
}

/// The model with this target id, which the dashboard reports.
pub fn of_target_id(target_id: u32) -> Option<&'static str> {
    let upper = (target_id >> 16) as u16;
    MODELS.iter().find(|model| model.target == upper).map(|model| model.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_byte_of_the_product_id_is_the_model() {
        assert_eq!(product(0x5011), Product { model: "Nano S Plus", bootloader: false });
        assert_eq!(product(0x5001), product(0x5015));
        assert_eq!(product(0x0004), Product { model: "Nano X", bootloader: true });
        assert_eq!(product(0x8015), Product { model: "Nano Gen5", bootloader: false });
        assert_eq!(product(0x9015), Product { model: "device", bootloader: false });
        assert_eq!(product(0x0009), Product { model: "device", bootloader: true });
    }

    #[test]
    fn the_upper_half_of_the_target_id_is_the_model() {
        assert_eq!(of_target_id(0x3310_0004), Some("Nano S Plus"));
        assert_eq!(of_target_id(0x3330_0004), Some("Flex"));
        assert_eq!(of_target_id(0x3100_0004), None);
    }
}
