//! Which Ledger a USB product id means.

/// Ledger's USB vendor id.
pub const VENDOR_ID: u16 = 0x2c97;

/// The HID usage page of the interface that takes APDUs.
pub const USAGE_PAGE: u16 = 0xffa0;

/// What a USB product id tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// "Nano S Plus".
    pub model: &'static str,
    /// It is in its bootloader, and runs no app.
    pub bootloader: bool,
}

/// A model, by every number that stands for it.
struct Model {
    name: &'static str,
    /// The high byte of its USB product id, whatever app is open.
    product: u8,
    /// The whole product id of its bootloader.
    bootloader: u16,
    /// The upper half of the target id that its dashboard tells.
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

/// What `product_id` tells: the model is in its high byte, the low one only counts interfaces. A
/// bootloader has no high byte.
pub fn product(product_id: u16) -> Product {
    let [high, _] = product_id.to_be_bytes();
    let bootloader = high == 0;
    let found = MODELS.iter().find(|model| match bootloader {
        true => model.bootloader == product_id,
        false => model.product == high,
    });
    Product { model: found.map_or("device", |model| model.name), bootloader }
}

/// The model of a target id, as the dashboard tells it.
pub fn of_target_id(target_id: u32) -> Option<&'static str> {
    let upper = (target_id >> 16) as u16;
    MODELS.iter().find(|model| model.target == upper).map(|model| model.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_byte_tells_the_model() {
        assert_eq!(product(0x5011), Product { model: "Nano S Plus", bootloader: false });
        assert_eq!(product(0x5001), product(0x5015));
        assert_eq!(product(0x0004), Product { model: "Nano X", bootloader: true });
        assert_eq!(product(0x8015), Product { model: "Nano Gen5", bootloader: false });
        assert_eq!(product(0x9015), Product { model: "device", bootloader: false });
        assert_eq!(product(0x0009), Product { model: "device", bootloader: true });
    }

    #[test]
    fn the_target_id_tells_the_model() {
        assert_eq!(of_target_id(0x3310_0004), Some("Nano S Plus"));
        assert_eq!(of_target_id(0x3330_0004), Some("Flex"));
        assert_eq!(of_target_id(0x3100_0004), None);
    }
}
