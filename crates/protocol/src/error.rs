//! The one list of error codes that cross the wire, in frames and in HTTP answers. Codes are stable; text is not.

use minicbor::{Decode, Decoder, Encode, decode};
use serde::{Deserialize, Serialize};

/// Declares the codes with their number on the socket and their name in JSON.
macro_rules! codes {
    ($($(#[$doc:meta])* $number:literal $name:ident $text:literal),+ $(,)?) => {
        /// What went wrong, as a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cbor(index_only)]
        pub enum ErrorCode { $($(#[$doc])* #[n($number)] $name),+ }

        impl ErrorCode {
            /// All codes, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The name used in JSON, logs and documents.
            pub const fn name(self) -> &'static str { match self { $(Self::$name => $text),+ } }
        }
        impl<'b, C> Decode<'b, C> for ErrorCode {
            // A number that a newer relay has added is taken for `Internal`: an unknown reason must not make a
            // whole answer unreadable.
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Ok(match d.u32()? { $($number => Self::$name,)+ _ => Self::Internal })
            }
        }
        impl core::fmt::Display for ErrorCode {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { f.write_str(self.name()) }
        }
    };
}

codes! {
    /// The relay failed; nothing was stored; try again.
    0 Internal "internal",
    /// The bytes are not a frame or request of this protocol.
    1 Malformed "malformed",
    /// A frame, body or entry is over its limit.
    2 TooLarge "too_large",
    /// A version this relay does not speak.
    3 UnsupportedVersion "unsupported_version",
    /// Too many requests; try again later.
    4 RateLimited "rate_limited",
    /// The proof of the device does not hold.
    5 Unauthorized "unauthorized",
    /// The challenge or ticket was used before, or is older than 30 seconds.
    6 TicketExpired "ticket_expired",
    /// The relay knows no such account; it may have been wiped, or this is another relay.
    7 UnknownAccount "unknown_account",
    /// The device is not active in the space as the relay knows it.
    8 UnknownDevice "unknown_device",
    /// No such space here, or it belongs to another account.
    9 UnknownSpace "unknown_space",
    /// A signature does not hold.
    10 BadSignature "bad_signature",
    /// The membership head named is not on the chain, or older than the author's previous one.
    11 StaleMembershipHead "stale_membership_head",
    /// The author was not active at the membership head it names, or the entry lies beyond its revocation.
    12 NotAMember "not_a_member",
    /// The epoch is not the one in force at the membership head named.
    13 WrongEpoch "wrong_epoch",
    /// Another entry stands at this address.
    14 AddressTaken "address_taken",
    /// The entry does not follow the device's last one.
    15 Gap "gap",
    /// The link does not extend the head of the chain.
    16 HeadMoved "head_moved",
    /// The link breaks a rule of membership.
    17 BadLink "bad_link",
    /// Registration needs an invitation here.
    18 InviteRequired "invite_required",
    /// The invitation is unknown, used or expired.
    19 InviteInvalid "invite_invalid",
    /// The account's quota is used up.
    20 QuotaExceeded "quota_exceeded",
    /// Not offered by this version of the relay.
    21 NotSupported "not_supported",
    /// No such page, or no such thing in this account.
    22 NotFound "not_found",
    /// The relay is shutting down or its database is away; reconnect later.
    23 Unavailable "unavailable",
    /// The relay calls itself by another origin than the one that was signed.
    24 WrongOrigin "wrong_origin",
    /// Nobody is signed in, or the session has ended.
    25 SessionRequired "session_required",
    /// The passkey ceremony was used before, or is older than 5 minutes.
    26 CeremonyExpired "ceremony_expired",
    /// The passkey is unknown here, or what it answered does not hold.
    27 PasskeyRefused "passkey_refused",
    /// The account may not do that here.
    28 NotAllowed "not_allowed",
    /// The revocation does not name the last entry that the relay has of the device.
    29 CutMoved "cut_moved",
    /// The device was revoked: it is told by which link, and nothing else is served.
    30 Revoked "revoked",
    /// The account is to be deleted, and not served until that is taken back.
    31 AccountDeleted "account_deleted",
    /// The manifest does not replace the one that is in force.
    32 ManifestMoved "manifest_moved",
    /// A pack that the manifest names is not here.
    33 PackMissing "pack_missing",
    /// What the manifest says it holds is not what stands here at that address.
    34 CoverageConflicts "coverage_conflicts",
    /// The log was compacted beyond the place where the connection stands: resume again.
    35 Compacted "compacted",
    /// The address of the push subscription is none of a push service that this relay pushes to.
    36 EndpointRefused "endpoint_refused",
}
