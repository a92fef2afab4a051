//! Pages of the search index: sorted keys, each with a number or a mark that it is gone. A key is written as what it does
//! not share with the one before it.
//!
//! Layout: a version byte; for each entry how many bytes it shares, how many follow, those, and 0 for gone or the number
//! plus one. Numbers are LEB128.

use core::ops::ControlFlow;

/// A key, and what it stands for; none if it is gone.
pub(crate) type Entry = (Vec<u8>, Option<u32>);

const VERSION: u8 = 1;

/// Makes a page.
pub(crate) struct Packer {
    bytes: Vec<u8>,
    last: Vec<u8>,
}

impl Packer {
    pub fn new() -> Self {
        Self { bytes: vec![VERSION], last: Vec::new() }
    }
    pub fn is_empty(&self) -> bool {
        self.bytes.len() <= 1
    }
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
    /// Adds an entry; keys come in order.
    pub fn push(&mut self, key: &[u8], value: Option<u32>) {
        let shared = self.last.iter().zip(key).take_while(|(a, b)| a == b).count();
        let rest = key.get(shared..).unwrap_or_default();
        self.number(shared as u64);
        self.number(rest.len() as u64);
        self.bytes.extend_from_slice(rest);
        self.number(value.map_or(0, |v| u64::from(v) + 1));
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
    }
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
            number >>= 7;
        }
        self.bytes.push(u8::try_from(number).unwrap_or(0));
    }
}

/// All of `entries` in one page.
pub(crate) fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut packer = Packer::new();
    entries.iter().for_each(|(key, value)| packer.push(key, *value));
    packer.finish()
}

/// Gives the entries of a page in order, until told to stop. False if it is no page.
pub(crate) fn each(page: &[u8], mut see: impl FnMut(&[u8], Option<u32>) -> ControlFlow<()>) -> bool {
    let Some((&VERSION, mut rest)) = page.split_first() else { return false };
    let mut key: Vec<u8> = Vec::new();
    while !rest.is_empty() {
        let (Some(shared), Some(more)) = (number(&mut rest), number(&mut rest)) else { return false };
        let (Ok(shared), Ok(more)) = (usize::try_from(shared), usize::try_from(more)) else { return false };
        let Some((added, after)) = rest.split_at_checked(more) else { return false };
        if shared > key.len() {
            return false;
        }
        rest = after;
        key.truncate(shared);
        key.extend_from_slice(added);
        let Some(value) = number(&mut rest) else { return false };
        let Ok(value) = value.checked_sub(1).map(u32::try_from).transpose() else { return false };
        if see(&key, value).is_break() {
            return true;
        }
    }
    true
}

/// The entries of a page; none if it is no page.
pub(crate) fn unpack(page: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let whole = each(page, |key, value| {
        entries.push((key.to_vec(), value));
        ControlFlow::Continue(())
    });
    whole.then_some(entries)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_back_what_was_put_into_it() {
        let entries: Vec<Entry> = vec![
            (b"".to_vec(), Some(0)),
            (b"call".to_vec(), None),
            (b"calm".to_vec(), Some(u32::MAX)),
            (vec![b'x'; 300], Some(127)),
        ];
        assert_eq!(unpack(&pack(&entries)), Some(entries));
    }

    #[test]
    fn what_is_cut_off_or_of_another_version_is_no_page() {
        let page = pack(&[(b"call".to_vec(), Some(200)), (b"calm".to_vec(), Some(1))]);
        for length in 0..page.len() {
            let cut = unpack(&page[..length]);
            // Where an entry ends a shorter page begins; anywhere else nothing is read.
            assert!(cut.is_none() || pack(&cut.unwrap()) == page[..length]);
        }
        assert_eq!(unpack(&[2]), None);
        assert_eq!(unpack(&[VERSION, 5, 0, 0]), None);
        assert_eq!(unpack(&[VERSION, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
