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

/// What `product_id` tells: the model is in its high byte, the low one only counts interfaces. A
/// bootloader has no high byte.
pub fn product(product_id: u16) -> Product {
    let [high, low] = product_id.to_be_bytes();
    let (model, bootloader) = match (high, low) {
        (0x10, _) => ("Nano S", false),
        (0x40, _) => ("Nano X", false),
        (0x50, _) => ("Nano S Plus", false),
        (0x60, _) => ("Stax", false),
        (0x70, _) => ("Flex", false),
        (0x80, _) => ("Nano Gen5", false),
        (0x00, 0x01) => ("Nano S", true),
        (0x00, 0x04) => ("Nano X", true),
        (0x00, 0x05) => ("Nano S Plus", true),
        (0x00, 0x06) => ("Stax", true),
        (0x00, 0x07) => ("Flex", true),
        (0x00, 0x08) => ("Nano Gen5", true),
        (0x00, _) => ("device", true),
        _ => ("device", false),
    };
    Product { model, bootloader }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_byte_tells_the_model() {
        assert_eq!(product(0x5011), Product { model: "Nano S Plus", bootloader: false });
        assert_eq!(product(0x5001), product(0x5015));
        assert_eq!(product(0x0004), Product { model: "Nano X", bootloader: true });
    }
}
