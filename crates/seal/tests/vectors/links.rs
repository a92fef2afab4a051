//! One link of every kind, in one chain, with its keyboxes.

use crate::cast::{self, Person};
use crate::tape::Tape;
use crate::{cbor, decrypt, domain_hash, frozen, hex, hkdf, hpke_open, signed, unhex};
use protocol::link::Cut;
use protocol::{Chain, EntryHash, Keyboxes, LinkHash, Purpose, Role, SignedLink, codec};
use seal::{EpochKey, KeyRing};
use serde_json::{Value, json};

/// The chain as it grows, and what is written down about it.
struct Story {
    tape: Tape,
    chain: Option<Chain>,
    ring: KeyRing,
    links: Vec<Value>,
}

impl Story {
    fn tell(&mut self, what: &str, author: &Person, made: (SignedLink, Keyboxes), key: Option<EpochKey>) {
        let (signed, keyboxes) = made;
        let id = key.map(|key| self.ring.insert(key));
        match &mut self.chain {
            None => self.chain = Some(Chain::begin(signed.clone(), keyboxes.clone()).unwrap()),
            Some(chain) => drop(chain.extend(signed.clone(), keyboxes.clone()).unwrap()),
        }
        let chain = self.chain.as_ref().unwrap();
        let key = self.ring.get(&chain.epoch()).unwrap();
        assert!(id.is_none_or(|id| id == key.id()));
        self.links.push(json!({
            "what": what,
            "author": author.name,
            "randomness": self.tape.used(),
            "link": hex(&signed.link),
            "link_cbor": cbor::read(&signed.link),
            "hash": chain.head().to_string(),
            "signature": signed.signature.to_string(),
            "counter_signature": signed.counter.map(|c| c.to_string()),
            "signed_link": hex(codec::encode(&signed)),
            "keyboxes": hex(codec::encode(&keyboxes)),
            "keyboxes_hash": keyboxes.hash().to_string(),
            "epoch_key": hex(cast::key_bytes(key, &self.ring)),
            "epoch_id": chain.epoch().to_string(),
        }));
    }
    fn chain(&self) -> &Chain {
        self.chain.as_ref().unwrap()
    }
}

fn build() -> Value {
    let [laptop, phone, tablet, paper, new_paper] =
        [cast::laptop(), cast::phone(), cast::tablet(), cast::paper(), cast::new_paper()];
    let mut s = Story { tape: Tape::new("links"), chain: None, ring: KeyRing::new(), links: Vec::new() };
    let (link, boxes, key) =
        seal::genesis(&mut s.tape, Purpose::Vault, &laptop.keys, Some(&paper.keys)).unwrap();
    s.tell("genesis", &laptop, (link, boxes), Some(key));
    let chain = s.chain().clone();
    let public = phone.keys.public();
    let made = seal::add_device(&mut s.tape, &chain, &paper.keys, public, Role::Device, None, &s.ring);
    s.tell("add", &paper, made.unwrap(), None);
    let chain = s.chain().clone();
    let cuts = vec![Cut { device: phone.keys.id(), index: 3, hash: EntryHash::new([0x3c; 32]) }];
    let (link, boxes, key) = seal::revoke(&mut s.tape, &chain, &laptop.keys, cuts, &s.ring).unwrap();
    s.tell("revoke", &laptop, (link, boxes), Some(key));
    let chain = s.chain().clone();
    let made = seal::set_recovery(&mut s.tape, &chain, &laptop.keys, &new_paper.keys, &s.ring);
    let (link, boxes, key) = made.unwrap();
    s.tell("set_recovery", &laptop, (link, boxes), Some(key));
    let chain = s.chain().clone();
    let dropped = LinkHash::new([0x4d; 32]);
    let made = seal::resolve(&mut s.tape, &chain, &new_paper.keys, dropped, vec![], &s.ring);
    let (link, boxes, key) = made.unwrap();
    s.tell("resolve", &new_paper, (link, boxes), Some(key));
    let chain = s.chain().clone();
    let public = tablet.keys.public();
    let made = seal::add_device(&mut s.tape, &chain, &laptop.keys, public, Role::Device, None, &s.ring);
    s.tell("add", &laptop, made.unwrap(), None);
    let chain = s.chain().clone();
    s.tell("close", &tablet, seal::close(&chain, &tablet.keys).unwrap(), None);
    let people = [&laptop, &phone, &tablet, &paper, &new_paper].map(cast::describe);
    json!({
        "people": people,
        "space": s.chain().space().to_string(),
        "account": s.chain().account().to_string(),
        "links": s.links,
    })
}

#[test]
fn links_are_frozen() {
    frozen("links.json", &build());
}

#[test]
fn links_follow_from_the_standards() {
    let v = build();
    let person = |name: &Value| {
        let people = v["people"].as_array().unwrap();
        people.iter().find(|p| &p["name"] == name || &p["id"] == name).unwrap()
    };
    let public = |name: &Value| {
        let seed = unhex(&person(name)["sign_seed"]).try_into().unwrap();
        ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes()
    };
    let space = unhex(&v["space"]);
    let mut keys_so_far: Vec<Vec<u8>> = Vec::new();
    let mut previous = None;
    for (height, case) in v["links"].as_array().unwrap().iter().enumerate() {
        let link = cbor::read(&unhex(&case["link"]));
        let hash = domain_hash("life-os v1 membership link", &[&unhex(&case["link"])]);
        assert_eq!(unhex(&case["hash"]), hash);
        signed(&public(&case["author"]), &hash, &unhex(&case["signature"]));
        assert_eq!((&link["0"], &link["2"]), (&json!(1), &json!(height)));
        assert_eq!(link.get("1").map(cbor::bytes), previous.is_some().then(|| space.clone()));
        assert_eq!(link.get("3").map(cbor::bytes), previous);
        assert_eq!(cbor::bytes(&link["4"]), unhex(&person(&case["author"])["id"]));
        previous = Some(hash.to_vec());
        // Who introduces a phrase has it counter-sign.
        let counter = match case["what"].as_str().unwrap() {
            "genesis" => Some("paper"),
            "set_recovery" => Some("new paper"),
            _ => None,
        };
        assert_eq!(case["counter_signature"].is_string(), counter.is_some());
        if let Some(paper) = counter {
            let statement = domain_hash("life-os v1 recovery counter-signature", &[&space, &hash]);
            signed(&public(&paper.into()), &statement, &unhex(&case["counter_signature"]));
        }
        // The epoch commits to its key.
        let (key, epoch) = (unhex(&case["epoch_key"]), cbor::bytes(&link["5"]));
        assert_eq!(hkdf("life-os v1 epoch key", &key, &[b"id"]).to_vec(), epoch);
        // The boxes: committed to, and each opens to the key with nothing but its recipient's seed.
        let boxes = unhex(&case["keyboxes"]);
        assert_eq!(domain_hash("life-os v1 keyboxes", &[&boxes]).to_vec(), cbor::bytes(&link["6"]));
        let boxes = cbor::read(&boxes);
        let genesis = link["7"][0] == 1;
        let (tag, bound) = if genesis { (0, cbor::bytes(&link["7"][1]["1"])) } else { (1, space.clone()) };
        for keybox in boxes["1"].as_array().unwrap() {
            let recipient = cbor::bytes(&keybox["0"]);
            let seed = unhex(&person(&hex(&recipient).into())["kem_seed"]);
            let info = [&b"life-os v1 keybox"[..], &[tag], &bound, &epoch, &recipient];
            let opened = hpke_open(&seed, &info, &cbor::bytes(&keybox["1"]), &cbor::bytes(&keybox["2"]));
            assert_eq!(opened, key);
        }
        // The history: all earlier keys, oldest first, under this one.
        let rotates = keys_so_far.last() != Some(&key);
        if rotates {
            keys_so_far.push(key.clone());
        }
        let earlier = &keys_so_far[..keys_so_far.len() - 1];
        let history = cbor::bytes(&boxes["0"]);
        if case["what"] == "close" || earlier.is_empty() {
            assert!(history.is_empty());
        } else {
            let subkey = hkdf("life-os v1 epoch key", &key, &[b"history", &space]);
            let aad = [&b"life-os v1 history"[..], &space, &epoch].concat();
            let opened = decrypt(subkey, &history[..24], &aad, &history[24..]);
            let pair = |k: &Vec<u8>| [&hkdf("life-os v1 epoch key", k, &[b"id"])[..], k].concat();
            assert_eq!(opened, earlier.iter().flat_map(pair).collect::<Vec<_>>());
        }
    }
    assert_eq!(unhex(&v["links"][0]["hash"]), space);
    assert_eq!(keys_so_far.len(), 4);
}
