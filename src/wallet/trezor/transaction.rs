//! EthereumSignTx and EthereumSignTxEIP1559
//! ([messages-ethereum.proto](https://github.com/trezor/trezor-firmware/blob/main/common/protob/messages-ethereum.proto)):
//! the request contains the first kilobyte of the data, and the device asks for the rest.

use trezor_client::{TrezorMessage, protos};

use super::{screens::data_note, wallet::Wallet};
use crate::{
    device::{DeviceError, Show, Transactions, Wallet as _},
    interact::{Attention, Interact},
};
use stockade_base::{
    eth::{Fee, Signature, Transaction},
    path::DerivationPath,
};

/// The most data in the request, and in each message after it.
const CHUNK: usize = 1024;

impl Transactions for Wallet {
    fn sign_transaction(
        &mut self,
        path: &DerivationPath,
        transaction: &Transaction,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        let signer = self.address(path, Show::Silently, user)?;
        let (first, rest) =
            transaction.data.split_at_checked(CHUNK).unwrap_or((&transaction.data, &[]));
        let answer = match transaction.fee {
            Fee::Legacy { gas_price } => {
                let request = self.legacy(path, transaction, gas_price, first)?;
                self.converse_over_data(&request, transaction, rest, user)?
            }
            Fee::Eip1559 { max_fee_per_gas, max_priority_fee_per_gas } => {
                let fees = (max_fee_per_gas, max_priority_fee_per_gas);
                let request = self.eip1559(path, transaction, fees, first)?;
                self.converse_over_data(&request, transaction, rest, user)?
            }
        };
        let signature = signature(&answer, transaction)
            .ok_or_else(|| self.protocol("not a signature for this type of transaction"))?;
        match transaction.recover(&signature) {
            Ok(recovered) if recovered == signer => Ok(signature),
            _ => Err(self.protocol("the signature does not match the address at this path")),
        }
    }
}

impl Wallet {
    /// Sends `request`, then the rest of the data as the device asks for it.
    fn converse_over_data<Q: TrezorMessage>(
        &mut self,
        request: &Q,
        transaction: &Transaction,
        mut rest: &[u8],
        user: &mut dyn Interact,
    ) -> Result<protos::EthereumTxRequest, DeviceError> {
        if let Some(note) = data_note(&self.session.name, transaction.data.len()) {
            user.note(&note);
        }
        let attention = Some(Attention::Transaction(transaction));
        let mut answer: protos::EthereumTxRequest = self.session.call(request, attention, user)?;
        while answer.data_length.is_some_and(|length| length > 0) {
            let length = usize::try_from(answer.data_length()).unwrap_or(usize::MAX);
            let asked = rest.split_at_checked(length).filter(|_| length <= CHUNK);
            let Some((chunk, left)) = asked else {
                self.session.cancel();
                return Err(self.protocol("it asks for more data than the transaction has"));
            };
            rest = left;
            let mut ack = protos::EthereumTxAck::new();
            ack.set_data_chunk(chunk.to_vec());
            answer = self.session.continue_call(&ack, attention, user)?;
        }
        if rest.is_empty() {
            Ok(answer)
        } else {
            Err(self.protocol("it did not ask for all of the data before it signed"))
        }
    }

    fn legacy(
        &self,
        path: &DerivationPath,
        transaction: &Transaction,
        gas_price: u128,
        first: &[u8],
    ) -> Result<protos::EthereumSignTx, DeviceError> {
        let mut request = protos::EthereumSignTx::new();
        request.address_n = path.levels().to_vec();
        request.set_nonce(number(transaction.nonce.into()));
        request.set_gas_price(number(gas_price));
        request.set_gas_limit(number(transaction.gas_limit.into()));
        request.set_to(transaction.to.to_string());
        request.set_value(number(transaction.value));
        if !first.is_empty() {
            request.set_data_initial_chunk(first.to_vec());
        }
        request.set_data_length(self.length(transaction)?);
        request.set_chain_id(transaction.chain_id);
        Ok(request)
    }

    fn eip1559(
        &self,
        path: &DerivationPath,
        transaction: &Transaction,
        (max_fee, max_priority_fee): (u128, u128),
        first: &[u8],
    ) -> Result<protos::EthereumSignTxEIP1559, DeviceError> {
        let mut request = protos::EthereumSignTxEIP1559::new();
        request.address_n = path.levels().to_vec();
        request.set_nonce(number(transaction.nonce.into()));
        request.set_max_gas_fee(number(max_fee));
        request.set_max_priority_fee(number(max_priority_fee));
        request.set_gas_limit(number(transaction.gas_limit.into()));
        request.set_to(transaction.to.to_string());
        request.set_value(number(transaction.value));
        request.set_data_initial_chunk(first.to_vec());
        request.set_data_length(self.length(transaction)?);
        request.set_chain_id(transaction.chain_id);
        Ok(request)
    }

    fn length(&self, transaction: &Transaction) -> Result<u32, DeviceError> {
        u32::try_from(transaction.data.len())
            .map_err(|_| DeviceError::unsupported(&self.session.name, "sign this much data"))
    }
}

/// Encodes a number as big-endian bytes without leading zeros; zero is empty. A device signs the bytes
/// as it gets them, so a leading zero would change the transaction.
fn number(number: u128) -> Vec<u8> {
    number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// The signature in `answer`. In legacy transactions its v includes the chain id (EIP-155), if that
/// fits; otherwise v is the parity.
fn signature(answer: &protos::EthereumTxRequest, transaction: &Transaction) -> Option<Signature> {
    let v = u64::from(answer.signature_v?);
    let with_chain = transaction.chain_id.checked_mul(2).and_then(|twice| twice.checked_add(35));
    let parity = match (transaction.fee, with_chain.and_then(|least| v.checked_sub(least))) {
        (Fee::Legacy { .. }, Some(parity)) => parity,
        _ => v,
    };
    let v = match parity {
        0 => 27,
        1 => 28,
        _ => return None,
    };
    let (r, s) = (answer.signature_r(), answer.signature_s());
    Signature::from_parts(r.try_into().ok()?, s.try_into().ok()?, v).ok()
}
