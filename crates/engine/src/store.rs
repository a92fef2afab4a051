//! The first content of a store, and what is read when it is opened.

use crate::api::{EngineError, Write};
use crate::core::{Parts, describe};
use crate::layout;
use crate::position::Position;
use crate::record::DocKey;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use protocol::Chain;
use protocol::frame::LinkItem;
use rand_core::CryptoRng;
use seal::{DeviceKeys, KeyRing, StoreKey};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::{Zeroize, Zeroizing};

/// Device keys and the version of the layout around them.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Identity {
    #[n(0)]
    layout: u8,
    #[n(1)]
    device: ByteVec,
}

/// The content of a new store for a device that is a member of the vault `chain` and holds its keys. The host
/// commits it in one transaction into an empty store, and then opens that.
pub fn found(
    rng: &mut dyn CryptoRng,
    store: &StoreKey,
    device: &DeviceKeys,
    chain: &Chain,
    ring: &KeyRing,
) -> Vec<Write> {
    let identity = Identity { layout: layout::LAYOUT_VERSION, device: device.to_secret().to_vec().into() };
    let mut items: Vec<(Vec<u8>, Zeroizing<Vec<u8>>)> = vec![
        (layout::identity(), Zeroizing::new(protocol::codec::encode(&identity))),
        (layout::key_ring(), ring.to_secret()),
        (layout::position(), Zeroizing::new(protocol::codec::encode(&Position::start(&chain.space())))),
    ];
    Vec::from(identity.device).zeroize();
    for link in chain.links() {
        let item = LinkItem { link: link.signed.clone(), keyboxes: link.keyboxes.clone() };
        items.push((layout::link(link.link.height), Zeroizing::new(protocol::codec::encode(&item))));
    }
    let seal = |(key, value): (Vec<u8>, Zeroizing<Vec<u8>>)| {
        let sealed = store.seal(rng, &key, &value);
        Write::Put(key, sealed)
    };
    items.into_iter().map(seal).collect()
}

/// Reads the state of a store from everything under [`layout::STATE`].
pub(crate) fn read_state(store: StoreKey, pairs: &[(Vec<u8>, Vec<u8>)]) -> Result<Parts, EngineError> {
    let damaged =
        |what: &str, error: &dyn core::fmt::Display| EngineError::Damaged(format!("{what}: {error}"));
    let mut opened: BTreeMap<Vec<u8>, Zeroizing<Vec<u8>>> = BTreeMap::new();
    for (key, sealed) in pairs {
        let plain = store.open(key, sealed).map_err(|e| damaged(describe(key), &e))?;
        opened.insert(key.clone(), Zeroizing::new(plain));
    }
    let take = |key: Vec<u8>, what: &str| opened.get(&key).ok_or_else(|| damaged(what, &"missing"));
    let identity: Identity = protocol::codec::decode(take(layout::identity(), "the device's keys")?)
        .map_err(|e| damaged("the device's keys", &e))?;
    if identity.layout != layout::LAYOUT_VERSION {
        let text = format!(
            "version {} is newer than this program, which reads {}",
            identity.layout,
            layout::LAYOUT_VERSION
        );
        return Err(damaged("the store", &text));
    }
    let secret = Zeroizing::new(Vec::from(identity.device));
    let device = DeviceKeys::from_secret(&secret).map_err(|e| damaged("the device's keys", &e))?;
    let ring = KeyRing::from_secret(take(layout::key_ring(), "the epoch keys")?);
    let ring = ring.map_err(|e| damaged("the epoch keys", &e))?;
    let links = opened.iter().filter(|(key, _)| key.starts_with(&layout::links()));
    let links: Vec<LinkItem> = links
        .map(|(_, plain)| protocol::codec::decode(plain))
        .collect::<Result<_, _>>()
        .map_err(|e| damaged("the membership chain", &e))?;
    let chain = Chain::verify(links.into_iter().map(|l| (l.link, l.keyboxes)))
        .map_err(|e| damaged("the membership chain", &e))?;
    let position: Position = protocol::codec::decode(take(layout::position(), "the vault's position")?)
        .map_err(|e| damaged("the vault's position", &e))?;
    let prefix = layout::waiting_all();
    let mut waiting = BTreeMap::new();
    for (key, plain) in opened.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        let address =
            layout::entry_of_mark(&prefix, key).ok_or_else(|| damaged("a waiting entry", &"its key"))?;
        let document: Option<DocKey> =
            protocol::codec::decode(plain).map_err(|e| damaged("a waiting entry", &e))?;
        waiting.insert(address, document);
    }
    let prefix = layout::baseless_all();
    let mut baseless = BTreeSet::new();
    for (key, _) in opened.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        let address = layout::entry_of_mark(&prefix, key);
        baseless.insert(address.ok_or_else(|| damaged("an entry that rests on void ones", &"its key"))?);
    }
    let alarms = match opened.get(&layout::alarms()) {
        Some(plain) => protocol::codec::decode(plain).map_err(|e| damaged("the alarms", &e))?,
        None => Vec::new(),
    };
    let buries = opened.keys().any(|key| key.starts_with(&layout::burials()));
    Ok(Parts { device, chain, ring, store, position, waiting, baseless, alarms, buries })
}
