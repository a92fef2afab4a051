//! The only user of ciphers and private keys: makes and opens what [`protocol`] checks.
//!
//! Invariant: a secret leaves this crate only sealed, or through a function whose name says so (`to_secret`,
//! `words`), and then in memory that is wiped when dropped. Secrets are newtypes without `Clone`, and their `Debug`
//! shows none of them. Randomness comes in as an argument; there is no clock, no I/O and no global here, so the same
//! inputs give the same bytes on every machine.
//!
//! Reading order: [`DeviceKeys`] and [`Phrase`] are who somebody is; [`EpochKey`] and [`KeyRing`] are what a space is
//! written with; [`membership`](genesis) hands those keys out in [`open_keyboxes`]; [`seal_entry`] writes;
//! [`StoreKey`], [`PassphraseWrap`], [`PasskeyWrap`] and [`RecoveryWrap`] keep a device's own disk; [`seal_notice`] writes
//! what a relay pushes and cannot read.

mod cipher;
mod derive;
mod device;
mod entry;
mod epoch;
mod kem;
mod keybox;
mod membership;
mod notice;
mod pack;
pub mod packing;
mod passkey;
mod passphrase;
mod phrase;
mod push;
mod recovery;
mod secret;
mod store;

pub use device::DeviceKeys;
pub use entry::{EntryDraft, MAX_PLAINTEXT, OpenError, SealError, open_entry, seal_entry};
pub use epoch::{EpochKey, KeyRing};
pub use keybox::{OpenBoxError, open_keyboxes};
pub use membership::{MembershipError, add_device, close, genesis, resolve, revoke, set_recovery};
pub use notice::{NoticeKey, NoticeText, NoticeTextError, SealNoticeError, seal_notice};
pub use pack::{ManifestDraft, acknowledge, open_manifest, open_pack, seal_manifest, seal_pack};
pub use passkey::{PasskeySecrets, PasskeyWrap, PasskeyWrapError};
pub use passphrase::{KdfParams, KdfParamsError, PassphraseWrap, UnwrapError, WrapFormatError};
pub use phrase::{Phrase, PhraseError};
pub use push::{BadTarget, MAX_CONTENT, PushTarget};
pub use recovery::{RecoveryWrap, RecoveryWrapError};
pub use secret::SecretError;
pub use store::{StoreKey, StoreOpenError};
