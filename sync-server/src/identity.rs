//! Who is there: proofs of devices, and the secrets that are used once.
//!
//! Invariant: a proof counts for one origin, account, challenge and purpose, and only from a member of the vault as the
//! relay knows it. Of tickets, challenges, ceremonies, sessions and invitations the store sees hashes alone.

use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::{AccountId, Chain, DeviceId, DevicePublic, ErrorCode, Role, Signature};

/// Hash of a random secret that the relay handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Of the secret's bytes.
    pub fn of(secret: &[u8]) -> Self {
        Self(blake3::derive_key("life-os v1 relay one-time secret", secret))
    }
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Which devices may prove themselves for `purpose`: a recovery phrase may open a socket, to read and to add a device;
/// what a passkey or a session rests on is a device, which can be revoked.
fn may(role: Role, purpose: AuthPurpose) -> bool {
    match (role, purpose) {
        (Role::Device | Role::Paper, AuthPurpose::Ticket | AuthPurpose::Socket | AuthPurpose::Deletion)
        | (Role::Paper, AuthPurpose::Lookup)
        | (Role::Device, AuthPurpose::Passkey | AuthPurpose::Session) => true,
        (Role::Device, AuthPurpose::Lookup)
        | (Role::Paper, AuthPurpose::Passkey | AuthPurpose::Session)
        | (Role::Guest, _) => false,
    }
}

/// A proof that a device sent, with what it is a proof of.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// This relay's origin.
    pub origin: &'a str,
    /// The account.
    pub account: AccountId,
    /// The challenge that was answered.
    pub challenge: [u8; 32],
    /// For what.
    pub purpose: AuthPurpose,
    /// Who signs.
    pub device: DeviceId,
}

/// Checks that a member of the account's vault made the claim. One that was revoked may open a socket still: it is told
/// there by which link, and is served nothing else.
pub fn verify_member(claim: Claim<'_>, vault: &Chain, signature: &Signature) -> Result<(), ErrorCode> {
    let member = match claim.purpose {
        AuthPurpose::Ticket | AuthPurpose::Socket => vault.member(&claim.device),
        AuthPurpose::Lookup | AuthPurpose::Passkey | AuthPurpose::Session | AuthPurpose::Deletion => {
            vault.active(&claim.device)
        }
    };
    let member = member.ok_or(ErrorCode::UnknownDevice)?;
    if vault.account() != claim.account || !may(member.role, claim.purpose) {
        return Err(ErrorCode::UnknownDevice);
    }
    let statement = AuthClaim {
        origin: claim.origin.to_owned(),
        account: Some(claim.account),
        challenge: claim.challenge,
        purpose: claim.purpose,
        device: claim.device,
    };
    statement.verify(&member.public, signature).map_err(|_| ErrorCode::Unauthorized)
}

/// Checks that whoever holds `public` asks which account it belongs to.
pub fn verify_lookup(
    origin: &str,
    challenge: [u8; 32],
    public: &DevicePublic,
    signature: &Signature,
) -> Result<(), ErrorCode> {
    let statement = AuthClaim {
        origin: origin.to_owned(),
        account: None,
        challenge,
        purpose: AuthPurpose::Lookup,
        device: public.id(),
    };
    statement.verify(public, signature).map_err(|_| ErrorCode::Unauthorized)
}
