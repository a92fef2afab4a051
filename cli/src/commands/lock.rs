//! `passphrase`: another passphrase for the same store. The recovery phrase opens it where the old one is forgotten, so
//! that changes not yet sent are not lost with it.

use super::Context;
use crate::args;
use crate::error::{Error, Kind, Result};
use crate::home::Header;
use crate::output::Answer;
use crate::secret::{self, Passphrase};
use seal::{RecoveryWrap, RecoveryWrapError, StoreKey};
use serde_json::json;

/// Wraps the store's key anew. The records are not touched.
pub fn change(context: &Context, args: &args::Passphrase) -> Result<Answer> {
    let mut home = context.place.open()?;
    let header = home.header();
    let key = match &args.phrase_file {
        Some(file) => by_phrase(header, file)?,
        None => Passphrase::ask()?.unwrap(&bytes(&header.passphrase)?)?,
    };
    let wrapped = Passphrase::change()?.wrap(&mut secret::rng()?, &key)?;
    let header = Header { passphrase: protocol::api::to_text(&wrapped), ..header.clone() };
    home.rewrite(header)?;
    Ok(Answer::new(json!({ "changed": true }), "The passphrase of this device was changed."))
}

fn by_phrase(header: &Header, file: &std::path::Path) -> Result<StoreKey> {
    let paper = secret::phrase_of(file)?.device_keys();
    RecoveryWrap::open_with(&paper, &bytes(&header.recovery)?).map_err(|error| match error {
        RecoveryWrapError::OtherPhrase => {
            Error::new(Kind::Locked, "wrong_phrase", "this is not the recovery phrase of this vault")
        }
        other => Error::damaged(other),
    })
}

fn bytes(text: &str) -> Result<Vec<u8>> {
    protocol::api::from_text(text).map_err(Error::damaged)
}
