//! EIP-2333's own vectors: master and child keys, as decimal numbers.

use stockade::bls::SecretKey;

use super::read_json;

#[test]
fn master_and_child_keys_are_those_of_eip_2333() {
    let vectors = read_json("eip2333.json");
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let text = |field: &str| vector[field].as_str().unwrap();
        let master = SecretKey::derive_master(&hex::decode(text("seed")).unwrap()).unwrap();
        assert_eq!(*master.to_bytes().expose(), from_decimal(text("master_sk")));

        let index = u32::try_from(vector["child_index"].as_u64().unwrap()).unwrap();
        let child = master.derive_child(index);
        assert_eq!(*child.to_bytes().expose(), from_decimal(text("child_sk")));
    }
}

/// A decimal number as 32 bytes, big-endian.
fn from_decimal(text: &str) -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    for digit in text.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        assert_eq!(carry, 0, "more than 32 bytes");
    }
    bytes
}
