//! A CBOR reader of its own, so that what the vectors hold is seen without the code that made it. Byte strings become
//! `h'..'`, maps become objects with their integer keys as text.

use crate::hex;
use serde_json::{Map, Value};

/// The one value in `bytes`.
pub fn read(bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let value = item(&mut rest);
    assert!(rest.is_empty(), "something follows");
    value
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}

fn item(rest: &mut &[u8]) -> Value {
    let start = take(rest, 1)[0];
    let (major, short) = (start >> 5, start & 31);
    if major == 7 {
        return match short {
            20 => Value::Bool(false),
            21 => Value::Bool(true),
            22 => Value::Null,
            other => panic!("simple value {other} is not used"),
        };
    }
    let number = match short {
        0..=23 => u64::from(short),
        24..=27 => {
            let bytes = take(rest, 1 << (short - 24));
            let number = bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b));
            let shortest = [24, 1 << 8, 1 << 16, 1 << 32][usize::from(short) - 24];
            assert!(number >= shortest, "a number longer than needed");
            number
        }
        _ => panic!("indefinite lengths are not used"),
    };
    // Only where it is one: other numbers may be longer than a length in WASM.
    let count = || usize::try_from(number).unwrap();
    match major {
        0 => number.into(),
        2 => format!("h'{}'", hex(take(rest, count()))).into(),
        3 => String::from_utf8(take(rest, count()).to_vec()).unwrap().into(),
        4 => (0..count()).map(|_| item(rest)).collect::<Vec<_>>().into(),
        5 => {
            let mut map = Map::new();
            let mut last = None;
            for _ in 0..count() {
                let Value::Number(key) = item(rest) else { panic!("keys are numbers") };
                assert!(key.as_u64() > last, "keys ascend");
                last = key.as_u64();
                map.insert(key.to_string(), item(rest));
            }
            map.into()
        }
        _ => panic!("major type {major} is not used"),
    }
}

/// The bytes of `h'..'`.
pub fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap().strip_prefix("h'").unwrap().strip_suffix('\'').unwrap();
    crate::unhex(&text.into())
}
