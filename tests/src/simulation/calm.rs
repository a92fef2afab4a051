//! After the storm: no more faults, and everybody is online until nothing is left to do.

use super::network::is_sign_of_life;
use super::world::{Failure, World};
use engine::{Event, Notice, Query, Reply};
use protocol::Role;

/// More rounds than any world needs.
const ROUNDS: usize = 4_000;

impl World {
    pub(super) fn calm(&mut self) -> Result<(), Failure> {
        self.note("calm".into());
        self.relay.store.set_failing(false);
        for who in 0..self.members.len() {
            self.members[who].device.disk.set_full(false);
            self.members[who].online = true;
            if self.members[who].process_of.is_some() {
                self.stop(who, 0);
                self.members[who].gone = true;
            }
        }
        if self.withheld {
            // What was kept back is noticed at the next message or connection, and there may be no other message.
            self.disconnect_all();
        }
        let mut quiet = 0;
        for round in 0..ROUNDS {
            let mut busy = false;
            for who in self.present() {
                busy |= self.drain(who);
            }
            if self.branched && round % 8 == 7 {
                self.let_strangers_go(round > ROUNDS / 8);
                self.somebody_resolves();
            }
            self.now += 500;
            if round % 2 == 0 {
                self.members.iter_mut().for_each(|m| m.device.send(Event::Tick));
            }
            let done = !busy && self.present().into_iter().all(|who| self.is_at_rest(who));
            quiet = if done { quiet + 1 } else { 0 };
            // A clock tick among them, and a round for what it brings about.
            if quiet > 2 {
                return Ok(());
            }
        }
        let states: Vec<String> = self.present().into_iter().map(|who| self.describe(who)).collect();
        if self.branched && self.nobody_can_resolve() {
            return Ok(());
        }
        let relay = self.relay.chain(self.account).map(|chain| chain.height());
        Err(format!("not quiet after {ROUNDS} rounds; the relay has links {relay:?}{}", states.concat()))
    }

    /// Whether there are two branches, and none of those who see it is a member of both.
    fn nobody_can_resolve(&mut self) -> bool {
        let mut forked = 0;
        for who in self.present() {
            let Ok(Reply::Status(status)) = self.ask(who, Query::Status) else { continue };
            let Some(fork) = status.fork else { continue };
            forked += 1;
            let on_relay = self.relay.chain(self.account).is_some_and(|c| c.active(&status.device).is_some());
            if on_relay && !fork.here.revoked.contains(&status.device) {
                return false;
            }
        }
        self.unresolved = forked > 0;
        self.unresolved
    }

    /// Everything in flight for one member moves on. Whether anything did.
    pub(super) fn drain(&mut self, who: usize) -> bool {
        self.tend(who);
        let mut moved = false;
        while self.members[who].device.is_busy() {
            moved |= self.members[who].device.has_news();
            self.members[who].device.sync_disk();
            self.step(who);
        }
        self.take_replies(who);
        if self.members[who].flush() {
            let connection = self.members[who].connection.as_ref();
            moved |= connection.is_some_and(|c| c.up.iter().any(|frame| !is_sign_of_life(frame)));
            self.serve(who);
        }
        let member = &mut self.members[who];
        if let Some(connection) = &mut member.connection {
            while let Some(frame) = connection.down.pop_front() {
                moved |= !is_sign_of_life(&frame);
                member.device.send(Event::SocketFrame(frame));
            }
        }
        moved
    }

    fn is_at_rest(&mut self, who: usize) -> bool {
        let status = self.ask(who, Query::Status);
        if self.members[who].device.revoked || self.is_cut_off_elsewhere(who) {
            return !self.wants_relay(who);
        }
        match status {
            Ok(Reply::Status(status)) => {
                // What a revoked device alone still has may be what an entry rests on: that waits for ever. Whether it is
                // so with all that waits, the oracle looks up in the log.
                let waits =
                    status.waiting > 0 && !status.members.iter().any(|m| m.role == Role::Device && !m.active);
                status.live && status.pending == 0 && !waits
            }
            _ => false,
        }
    }

    fn describe(&mut self, who: usize) -> String {
        let status = match self.ask(who, Query::Status) {
            Ok(Reply::Status(s)) => format!("live {}, {} pending, {} waiting", s.live, s.pending, s.waiting),
            other => format!("{other:?}"),
        };
        let height = self.members[who].head().map(|(height, _)| height);
        let device = &self.members[who].device;
        let closings = &device.closings[device.closings.len().saturating_sub(3)..];
        let notices = device.notices.iter().rev().filter(|n| !matches!(n, Notice::Changed(_)));
        let notices: Vec<_> = notices.take(4).collect();
        let ended = self.members[who].connection.as_ref().map(|c| c.ended);
        let (id, revoked) = (device.id(), device.revoked);
        format!(
            "\n    {who} {id:?} revoked {revoked}, {status}, links {height:?}, connection {ended:?}\n      \
             closed {closings:?}, told {notices:?}"
        )
    }
}
