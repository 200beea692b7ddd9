//! Every field of every message that a simulated Trezor reads, by the vendor's own descriptors: it
//! changes what the device answers, or the device refuses it, or it is on the list of those that
//! change no answer of real firmware either. A field that is passed over would give an answer that
//! no device gives.

use std::collections::BTreeMap;

use protobuf::{
    MessageDyn, MessageFull,
    reflect::{FieldDescriptor, ReflectValueBox, RuntimeFieldType, RuntimeType},
};
use stockade_mocks::{
    Decision, User,
    trezor::{Config, Model, Trezor},
};
use trezor_client::{TrezorMessage, protos as p};

const H: u32 = 1 << 31;
const PATH: [u32; 5] = [44 | H, 60 | H, H, 0, 0];
const SESSION: [u8; 32] = [1; 32];
const WORDS: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";

/// What changes no answer: how a screen looks, other coins than Ethereum, what firmware does not heed
/// any more, and what the mock says that it does not check.
const IGNORED: &[&str] = &[
    "EthereumGetAddress.chunkify",
    "EthereumGetAddress.encoded_network",
    "EthereumSignMessage.chunkify",
    "EthereumSignMessage.encoded_network",
    "EthereumSignTx.chunkify",
    "EthereumSignTx.definitions",
    "EthereumSignTx.supports_definition_request",
    "EthereumSignTxEIP1559.chunkify",
    "EthereumSignTxEIP1559.definitions",
    "EthereumSignTxEIP1559.supports_definition_request",
    "EthereumSignTypedData.definitions",
    "EthereumSignTypedHash.encoded_network",
    "EthereumVerifyMessage.chunkify",
    "Initialize._skip_passphrase",
    "Initialize.derive_cardano",
    "LoadDevice.language",
    "LoadDevice.skip_checksum",
    "LoadDevice.u2f_counter",
    "PassphraseAck._state",
];

type Bytes = (u16, Vec<u8>);

/// A message that has everything, and whether only one kind of firmware knows it.
struct Sent {
    kind: u16,
    message: Box<dyn MessageDyn>,
}

fn sent<M: TrezorMessage + MessageFull>(message: M) -> Sent {
    Sent { kind: u16::try_from(M::MESSAGE_TYPE as i32).unwrap(), message: Box::new(message) }
}

impl Sent {
    fn bytes(&self) -> Bytes {
        (self.kind, self.message.write_to_bytes_dyn().unwrap())
    }
}

/// A request, and what the host sends when it is asked.
struct Case {
    messages: Vec<Sent>,
    is_wiped: bool,
    asks_passphrase: bool,
    pin: bool,
}

fn case(messages: Vec<Sent>) -> Case {
    Case { messages, is_wiped: false, asks_passphrase: false, pin: false }
}

fn cases(model: Model) -> Vec<Case> {
    let is_one = model == Model::One;
    let path = PATH.to_vec();
    let mut initialize = p::Initialize::new();
    initialize.session_id = Some(SESSION.to_vec());
    let mut ping = p::Ping::new();
    ping.message = Some("hello".into());
    let mut load = p::LoadDevice::new();
    load.mnemonics = vec![WORDS.into()];
    load.label = Some("spare".into());
    let mut settings = p::ApplySettings::new();
    settings.label = Some("spare".into());
    settings.use_passphrase = Some(false);
    let mut flags = p::ApplyFlags::new();
    flags.set_flags(1);
    let mut entropy = p::GetEntropy::new();
    entropy.set_size(16);
    let mut cipher = p::CipherKeyValue::new();
    cipher.address_n = path.clone();
    cipher.set_key("key".into());
    cipher.set_value(vec![7; 32]);
    cipher.set_encrypt(true);
    cipher.iv = Some(vec![3; 16]);
    let mut identity = p::IdentityType::new();
    identity.proto = Some("https".into());
    identity.user = Some("satoshi".into());
    identity.host = Some("bitcoin.org".into());
    identity.port = Some("443".into());
    identity.path = Some("/login".into());
    identity.index = Some(2);
    let mut sign_identity = p::SignIdentity::new();
    sign_identity.identity = Some(identity.clone()).into();
    sign_identity.challenge_hidden = Some(vec![1; 32]);
    sign_identity.challenge_visual = Some("now".into());
    let mut ecdh = p::GetECDHSessionKey::new();
    ecdh.identity = Some(identity).into();
    ecdh.set_peer_public_key(
        hex::decode("0407f2c6e5becf3213c1d07df0cfbe8e39f70a8c643df7575e5c56859ec52c45ca950499c019719dae0fda04248d851e52cf9d66eeb211d89a77be40de22b6c89d").unwrap(),
    );
    let mut address = p::EthereumGetAddress::new();
    address.address_n = path.clone();
    let mut ethereum_key = p::EthereumGetPublicKey::new();
    ethereum_key.address_n = path.clone();
    let mut message = p::EthereumSignMessage::new();
    message.address_n = path.clone();
    message.set_message(b"hello".to_vec());
    let mut verify = p::EthereumVerifyMessage::new();
    verify.set_signature(hex::decode("22f6b9cd7ff4f321e11181c4fe64adeea9469908fb514fbb6001fe022002dfda1f4ec9ea436bad14a7823806487d3aeb39b22e2556590922d6a8308971a17e991c").unwrap());
    verify.set_message(b"hello".to_vec());
    verify.set_address("0x9858EfFD232B4033E47d90003D41EC34EcaEda94".into());

    let mut all = vec![
        case(vec![sent(ping)]),
        Case { is_wiped: true, ..case(vec![sent(load)]) },
        case(vec![sent(settings)]),
        case(vec![sent(flags)]),
        case(vec![sent(entropy)]),
        case(vec![sent(cipher)]),
        case(vec![sent(sign_identity)]),
        case(vec![sent(ecdh)]),
        case(vec![sent(ethereum_key)]),
        case(vec![sent(message)]),
        case(vec![sent(verify)]),
        case(vec![sent(p::Initialize::new())]),
        case(vec![sent(initialize)]),
        case(vec![sent(p::GetFeatures::new())]),
        case(vec![sent(p::Cancel::new())]),
        case(vec![sent(p::LockDevice::new())]),
        case(vec![sent(p::WipeDevice::new())]),
        case(vec![sent(p::EndSession::new())]),
    ];
    let mut passphrase = p::PassphraseAck::new();
    passphrase.passphrase = Some("secret".into());
    all.push(Case { asks_passphrase: true, ..case(vec![sent(address.clone()), sent(passphrase)]) });
    all.push(case(vec![sent(address.clone())]));
    let mut chunk = p::EthereumTxAck::new();
    chunk.set_data_chunk(vec![9; 6]);
    all.push(case(vec![sent(legacy()), sent(chunk.clone())]));
    all.push(case(vec![sent(eip1559()), sent(chunk)]));
    if is_one {
        let mut pin = p::PinMatrixAck::new();
        pin.set_pin("1234".into());
        all.push(Case { pin: true, ..case(vec![sent(address), sent(pin)]) });
        let mut hash = p::EthereumSignTypedHash::new();
        hash.address_n = path;
        hash.set_domain_separator_hash(vec![1; 32]);
        hash.message_hash = Some(vec![2; 32]);
        all.push(case(vec![sent(hash)]));
    } else {
        all.push(case(vec![sent(p::GetNonce::new())]));
        all.push(typed_data());
    }
    all
}

fn legacy() -> p::EthereumSignTx {
    let mut legacy = p::EthereumSignTx::new();
    legacy.address_n = PATH.to_vec();
    legacy.nonce = Some(vec![5]);
    legacy.set_gas_price(vec![4, 5]);
    legacy.set_gas_limit(vec![6, 7]);
    legacy.to = Some("5252525252525252525252525252525252525252".into());
    legacy.value = Some(vec![8]);
    legacy.data_initial_chunk = Some(vec![1; 6]);
    legacy.data_length = Some(12);
    legacy.set_chain_id(560_048);
    legacy
}

fn eip1559() -> p::EthereumSignTxEIP1559 {
    let mut typed = p::EthereumSignTxEIP1559::new();
    typed.address_n = PATH.to_vec();
    typed.set_nonce(vec![5]);
    typed.set_max_gas_fee(vec![4, 5]);
    typed.set_max_priority_fee(vec![4]);
    typed.set_gas_limit(vec![6, 7]);
    typed.to = Some("5252525252525252525252525252525252525252".into());
    typed.set_value(vec![8]);
    typed.data_initial_chunk = Some(vec![1; 6]);
    typed.set_data_length(12);
    typed.set_chain_id(560_048);
    let mut access = p::ethereum_sign_tx_eip1559::EthereumAccessList::new();
    access.set_address("1111111111111111111111111111111111111111".into());
    access.storage_keys = vec![vec![0x22; 32]];
    typed.access_list = vec![access];
    typed
}

/// A message with an array of structs, and the answers to what firmware asks about it.
fn typed_data() -> Case {
    use p::ethereum_typed_data_struct_ack::{
        EthereumDataType as Type, EthereumFieldType, EthereumStructMember,
    };
    let field = |kind: Type, size: Option<u32>| {
        let mut field = EthereumFieldType::new();
        field.set_data_type(kind);
        field.size = size;
        field
    };
    let members = |fields: Vec<(&str, EthereumFieldType)>| {
        let mut ack = p::EthereumTypedDataStructAck::new();
        ack.members = fields
            .into_iter()
            .map(|(name, field)| {
                let mut member = EthereumStructMember::new();
                member.set_name(name.into());
                member.type_ = Some(field).into();
                member
            })
            .collect();
        sent(ack)
    };
    let value = |bytes: &[u8]| {
        let mut ack = p::EthereumTypedDataValueAck::new();
        ack.set_value(bytes.to_vec());
        sent(ack)
    };
    let mut item = field(Type::STRUCT, Some(1));
    item.struct_name = Some("Item".into());
    let mut items = field(Type::ARRAY, None);
    items.entry_type = Some(item).into();
    let mut request = p::EthereumSignTypedData::new();
    request.address_n = PATH.to_vec();
    request.set_primary_type("Order".into());
    case(vec![
        sent(request),
        members(vec![("name", field(Type::STRING, None))]),
        members(vec![("items", items), ("total", field(Type::UINT, Some(32)))]),
        members(vec![("id", field(Type::UINT, Some(8)))]),
        value(b"Stockade"),
        value(&[0, 2]),
        value(&[1; 8]),
        value(&[2; 8]),
        value(&[3; 32]),
    ])
}

/// The whole conversation, and what the device says of itself and what its address is afterwards.
fn talk(model: Model, case: &Case, messages: &[Bytes]) -> Vec<Bytes> {
    let mut config = Config::new(model, User::always(Decision::Approve));
    config.device_id = Some("A".repeat(24));
    config.passphrase_protection = case.asks_passphrase;
    config.pin = case.pin.then(|| "1234".to_owned());
    if case.is_wiped {
        config.mnemonic = None;
    }
    let mut trezor = Trezor::new(config);
    let session = p::Features::parse(&trezor.message(0, &[]).remove(0).1).take_session_id();
    let mut answers = Vec::new();
    let mut due = messages.iter();
    let mut next = due.next().cloned();
    while let Some((kind, payload)) = next.take() {
        let payload = known_to(&trezor, &session, kind, payload);
        for answer in trezor.message(kind, &payload) {
            next = match answer.0 {
                26 => Some((27, Vec::new())),
                18 | 41 | 465 | 467 => due.next().cloned(),
                59 if !p::EthereumTxRequest::parse(&answer.1).has_signature_v() => {
                    due.next().cloned()
                }
                _ => None,
            };
            answers.push(settled(answer, &session));
        }
        assert!(answers.len() < 100, "no end: {answers:?}");
    }
    let mut address = p::EthereumGetAddress::new();
    address.address_n = PATH.to_vec();
    for (kind, payload) in [(0, Vec::new()), sent(address).bytes()] {
        let after = trezor.message(kind, &payload);
        answers.extend(after.into_iter().map(|answer| settled(answer, &session)));
    }
    answers
}

/// What a host learns from the device only: the session of the first Initialize in the place of
/// `SESSION`, and the places of the digits of a PIN.
fn known_to(trezor: &Trezor, session: &[u8], kind: u16, payload: Vec<u8>) -> Vec<u8> {
    match kind {
        0 => {
            let mut initialize = p::Initialize::parse(&payload);
            if initialize.session_id() == SESSION {
                initialize.set_session_id(session.to_vec());
            }
            sent(initialize).bytes().1
        }
        19 => {
            let mut ack = p::PinMatrixAck::parse(&payload);
            ack.set_pin(trezor.pin_matrix().places(ack.pin()).unwrap());
            sent(ack).bytes().1
        }
        _ => payload,
    }
}

trait Parse: Sized {
    fn parse(bytes: &[u8]) -> Self;
}

impl<M: protobuf::Message> Parse for M {
    fn parse(bytes: &[u8]) -> Self {
        M::parse_from_bytes(bytes).unwrap()
    }
}

/// Without what is random.
fn settled((kind, payload): Bytes, session: &[u8]) -> Bytes {
    match kind {
        17 => {
            let mut features = p::Features::parse(&payload);
            let is_known = features.session_id.as_deref() == Some(session);
            features.session_id = is_known.then(|| SESSION.to_vec());
            (kind, protobuf::Message::write_to_bytes(&features).unwrap())
        }
        // Entropy, Nonce.
        10 | 33 => (kind, vec![0; payload.len()]),
        _ => (kind, payload),
    }
}

/// Other values of a field of this type than `now`.
fn others(kind: &RuntimeType, now: Option<ReflectValueBox>) -> Vec<ReflectValueBox> {
    match (kind, now) {
        (RuntimeType::U32, now) => {
            let now = match now {
                Some(ReflectValueBox::U32(now)) => now,
                _ => 0,
            };
            [now ^ 1, 1, 77_777].map(ReflectValueBox::U32).to_vec()
        }
        (RuntimeType::U64, now) => {
            let now = match now {
                Some(ReflectValueBox::U64(now)) => now,
                _ => 0,
            };
            [now ^ 1, 1].map(ReflectValueBox::U64).to_vec()
        }
        (RuntimeType::Bool, _) => [true, false].map(ReflectValueBox::Bool).to_vec(),
        (RuntimeType::String, Some(ReflectValueBox::String(now))) => {
            let mut other = now;
            let last = other.pop();
            other.push(if last == Some('1') { '2' } else { '1' });
            vec![ReflectValueBox::String(other)]
        }
        (RuntimeType::String, _) => vec![ReflectValueBox::String("ed25519".into())],
        (RuntimeType::VecU8, Some(ReflectValueBox::Bytes(now))) => {
            let mut other = now;
            match other.last_mut() {
                Some(last) => *last ^= 1,
                None => other.push(1),
            }
            vec![ReflectValueBox::Bytes(other)]
        }
        (RuntimeType::VecU8, _) => vec![ReflectValueBox::Bytes(vec![1; 20])],
        (RuntimeType::Enum(all), _) => {
            all.values().map(|value| ReflectValueBox::Enum(all.clone(), value.value())).collect()
        }
        (RuntimeType::Message(descriptor), None) => {
            let mut inner = descriptor.new_instance();
            for field in descriptor.fields().filter(FieldDescriptor::is_required) {
                if let RuntimeFieldType::Singular(kind) = field.runtime_field_type() {
                    set(&field, &mut *inner, others(&kind, None).remove(0));
                }
            }
            vec![ReflectValueBox::Message(inner)]
        }
        (kind, _) => panic!("{kind:?} is in no message"),
    }
}

/// The message with other values in one field: the field's name, and the messages.
fn variations(message: &dyn MessageDyn) -> Vec<(String, Vec<Box<dyn MessageDyn>>)> {
    let descriptor = message.descriptor_dyn();
    let mut all = Vec::new();
    for field in descriptor.fields() {
        let name = format!("{}.{}", descriptor.name(), field.name());
        let (values, deeper) = match field.runtime_field_type() {
            RuntimeFieldType::Singular(kind) => {
                let now = field.get_singular(message).map(|value| value.to_box());
                match now {
                    Some(ReflectValueBox::Message(inner)) => (Vec::new(), Some(inner)),
                    now => (others(&kind, now), None),
                }
            }
            RuntimeFieldType::Repeated(kind) => {
                let repeated = field.get_repeated(message);
                let now = (!repeated.is_empty()).then(|| repeated.get(0).to_box());
                match now {
                    Some(ReflectValueBox::Message(inner)) => (Vec::new(), Some(inner)),
                    now => (others(&kind, now), None),
                }
            }
            RuntimeFieldType::Map(..) => panic!("{name} is a map"),
        };
        let with = |value: ReflectValueBox| {
            let mut changed = message.clone_box();
            set(&field, &mut *changed, value);
            changed
        };
        if let Some(inner) = deeper {
            if field.is_singular() && !field.is_required() {
                let mut without = message.clone_box();
                field.clear_field(&mut *without);
                all.push((name, vec![without]));
            }
            for (name, inner) in variations(&*inner) {
                let messages = inner.into_iter().map(|m| with(ReflectValueBox::Message(m)));
                all.push((name, messages.collect()));
            }
        } else {
            all.push((name, values.into_iter().map(with).collect()));
        }
    }
    all
}

fn set(field: &FieldDescriptor, message: &mut dyn MessageDyn, value: ReflectValueBox) {
    if field.is_singular() {
        field.set_singular_field(message, value);
        return;
    }
    let mut repeated = field.mut_repeated(message);
    if repeated.is_empty() {
        repeated.push(value);
    } else {
        repeated.set(0, value);
    }
}

#[test]
fn every_field_is_heeded_or_refused() {
    let mut wrong = Vec::new();
    for model in [Model::One, Model::Safe5] {
        let mut heeded: BTreeMap<String, bool> = BTreeMap::new();
        for case in cases(model) {
            let messages: Vec<Bytes> = case.messages.iter().map(Sent::bytes).collect();
            let base = talk(model, &case, &messages);
            for (index, sent) in case.messages.iter().enumerate() {
                for (name, others) in variations(&*sent.message) {
                    *heeded.entry(name).or_default() |= others.iter().any(|other| {
                        let mut changed = messages.clone();
                        changed[index].1 = other.write_to_bytes_dyn().unwrap();
                        talk(model, &case, &changed) != base
                    });
                }
            }
        }
        let contrary = |(name, heeded): &(String, bool)| *heeded == IGNORED.contains(&&**name);
        wrong.extend(heeded.into_iter().filter(contrary).map(|found| (model, found)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// So that a message that the mock learns is walked too.
#[test]
fn every_message_that_is_known_is_among_them() {
    use protobuf::Enum as _;
    /// Answers to what a device asks, which begin nothing; and messages of Bitcoin (of which the mock
    /// takes few values) and of Evolu (which it always refuses), whose descriptors are not here.
    const OTHERS: [u16; 6] = [19, 42, 27, 11, 29, 2100];
    for model in [Model::One, Model::Safe5] {
        let walked: Vec<u16> =
            cases(model).iter().flat_map(|case| &case.messages).map(|sent| sent.kind).collect();
        for kind in p::MessageType::VALUES.iter().map(|kind| u16::try_from(kind.value()).unwrap()) {
            let mut trezor = Trezor::new(Config::new(model, User::always(Decision::Approve)));
            let answer = trezor.message(kind, &[]).remove(0);
            let unknown = answer.0 == 3 && p::Failure::parse(&answer.1).code().value() == 1;
            assert!(
                unknown || walked.contains(&kind) || OTHERS.contains(&kind),
                "{model:?}: {kind} is not walked"
            );
        }
    }
}
