//! The fields of known files: what has others could hold a secret.

use serde_json::Value;

use super::Kind;

/// The fields of the kinds whose parsers skip fields that they do not know; of all levels,
/// with blanks between them.
pub fn fields_of(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Keystore => {
            "crypto kdf checksum cipher function params message dklen n r p c prf salt iv \
             description pubkey path uuid version name"
        }
        Kind::Custodian => {
            "format version id kind scheme recipient check_address uses_passphrase test \
             signature name identity"
        }
        Kind::Manifest => {
            "format version set_id created network test threshold custodians keystores \
             files id kind scheme recipient check_address uses_passphrase signature name \
             identity file sha256 pubkey path source batch share validator x shares \
             cluster tool size"
        }
        Kind::Origin => "statement address signature",
        Kind::History => {
            "metadata interchange_format_version genesis_validators_root data pubkey \
             signed_blocks signed_attestations slot signing_root source_epoch \
             target_epoch"
        }
        Kind::DepositData => {
            "pubkey withdrawal_credentials amount signature deposit_message_root \
             deposit_data_root fork_version network_name eth2_network_name \
             deposit_cli_version version account name"
        }
        Kind::CredentialChange => {
            "message signature metadata validator_index from_bls_pubkey \
             to_execution_address network_name genesis_validators_root \
             deposit_cli_version data"
        }
        Kind::SignedExit => "message signature epoch validator_index data metadata",
        Kind::Record => {
            "format version time order state location kind address token name through \
             keys closes copies nonce mac shares threshold to from set manifest by"
        }
        Kind::ClusterLock => {
            "cluster_definition name creator address config_signature operators enr \
             enr_signature fork_version config_hash uuid version timestamp num_validators \
             threshold validators fee_recipient_address withdrawal_address dkg_algorithm \
             deposit_amounts consensus_protocol target_gas_limit compounding \
             definition_hash distributed_validators distributed_public_key public_shares \
             partial_deposit_data deposit_data pubkey withdrawal_credentials amount \
             signature builder_registration message fee_recipient gas_limit \
             signature_aggregate lock_hash node_signatures"
        }
        Kind::KeyShares => {
            "version createdAt shares data ownerNonce ownerAddress publicKey operators id \
             operatorKey payload operatorIds sharesData"
        }
        _ => return None,
    })
}

/// Whether all fields, at every level, are named in `fields`.
pub fn within(value: &Value, fields: &str) -> bool {
    match value {
        Value::Object(object) => object.iter().all(|(name, inner)| {
            fields.split(' ').any(|field| field == name) && within(inner, fields)
        }),
        Value::Array(list) => list.iter().all(|inner| within(inner, fields)),
        _ => true,
    }
}
