//! The pairing messages, which have their own wire ids
//! ([messages-thp.proto](https://github.com/trezor/trezor-firmware/blob/main/common/protob/messages-thp.proto)).

use trezor_client::protos::{
    ThpCodeEntryChallenge, ThpCodeEntryCommitment, ThpCodeEntryCpaceHostTag,
    ThpCodeEntryCpaceTrezor, ThpCodeEntrySecret, ThpCredentialRequest, ThpCredentialResponse,
    ThpEndRequest, ThpEndResponse, ThpPairingRequest, ThpPairingRequestApproved, ThpSelectMethod,
};

/// A pairing message.
pub(super) trait PairingMessage: protobuf::Message {
    /// Its wire id.
    const KIND: u16;
}

macro_rules! pairing_messages {
    ($($message:ident = $kind:literal,)+) => {$(
        impl PairingMessage for $message {
            const KIND: u16 = $kind;
        }
    )+};
}

pairing_messages! {
    ThpPairingRequest = 1008,
    ThpPairingRequestApproved = 1009,
    ThpSelectMethod = 1010,
    ThpCredentialRequest = 1016,
    ThpCredentialResponse = 1017,
    ThpEndRequest = 1018,
    ThpEndResponse = 1019,
    ThpCodeEntryCommitment = 1024,
    ThpCodeEntryChallenge = 1025,
    ThpCodeEntryCpaceTrezor = 1026,
    ThpCodeEntryCpaceHostTag = 1027,
    ThpCodeEntrySecret = 1028,
}
