//! Membership links from the relay. The chain decides what holds; this only takes in what extends it.

use super::{Outcome, Signal, Step};
use crate::api::{Effect, EngineError, Notice};
use crate::core::Core;
use crate::layout;
use protocol::ChainError;
use protocol::frame::LinkItem;

/// Links to take in.
pub(crate) struct ReceiveLinks {
    pub links: Vec<LinkItem>,
}

impl ReceiveLinks {
    pub fn run(&mut self, core: &mut Core) -> Result<Step, EngineError> {
        let (mut forked, was_revoked) = (false, core.is_revoked());
        for item in std::mem::take(&mut self.links) {
            let Ok((link, hash)) = item.link.read() else {
                forked = true;
                break;
            };
            if core.chain.height_of(&hash).is_some() {
                continue;
            }
            match core.chain.extend(item.link.clone(), item.keyboxes.clone()) {
                Ok(_) => {}
                Err(ChainError::HeadMoved { .. }) if link.height > core.chain.height() + 1 => break,
                Err(_) => {
                    forked = true;
                    break;
                }
            }
            let space = core.chain.space();
            let ring_before = core.ring.len();
            if item.keyboxes.of(&core.me()).is_some()
                && seal::open_keyboxes(&space, &link, &item.keyboxes, &core.device, &mut core.ring).is_ok()
                && core.ring.len() != ring_before
            {
                let secret = core.ring.to_secret();
                core.put_bytes(layout::key_ring(), &secret);
            }
            core.put(layout::link(link.height), &item);
        }
        let mut outcome = Outcome::signal(Signal::LinksReceived { forked });
        if core.is_revoked() && !was_revoked {
            outcome.effects.push(Effect::Notice(Notice::Revoked));
        }
        Ok(Step::Done(outcome))
    }
}
