//! How a device proves itself to a relay: a signature over the relay's origin, the account, a fresh challenge and
//! the purpose. A proof made for one relay, purpose or moment is worthless for any other.

use crate::id::{AccountId, DeviceId, domain_hash};
use crate::key::{BadSignature, DevicePublic, Signature};
use crate::{codec, limits};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What a proof may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum AuthPurpose {
    /// To be given a socket ticket.
    #[n(1)]
    Ticket,
    /// To open the socket that was asked for.
    #[n(2)]
    Socket,
    /// To learn which account a recovery phrase belongs to.
    #[n(3)]
    Lookup,
    /// To bind a passkey to the account.
    #[n(4)]
    Passkey,
    /// To sign in to the pages of the account.
    #[n(5)]
    Session,
    /// To delete the account, or to take that back.
    #[n(6)]
    Deletion,
}

/// The statement that a device signs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthClaim {
    /// Scheme, host and port of the relay as the device dialled it, as in `https://relay.example`.
    #[n(0)]
    pub origin: String,
    /// The account; none for [`AuthPurpose::Lookup`], whose answer it is.
    #[n(1)]
    pub account: Option<AccountId>,
    /// The relay's challenge.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub challenge: [u8; 32],
    /// What the proof is for.
    #[n(3)]
    pub purpose: AuthPurpose,
    /// Who signs.
    #[n(4)]
    pub device: DeviceId,
}

impl AuthClaim {
    /// The hash to sign.
    pub fn signing_hash(&self) -> [u8; 32] {
        domain_hash("life-os v1 auth claim", &[&codec::encode(self)])
    }

    /// Checks that `device` made this claim.
    pub fn verify(&self, device: &DevicePublic, signature: &Signature) -> Result<(), BadSignature> {
        if self.origin.len() > limits::ORIGIN_BYTES || device.id() != self.device {
            return Err(BadSignature);
        }
        device.sign.verify(&self.signing_hash(), signature)
    }
}
