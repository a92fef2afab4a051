//! What a person, a network or a machine does to a world, one thing after another.
//!
//! Invariant: a storm takes nothing away for good but what only one disk had: of all members one alone is frail, so a
//! change that was saved is still somewhere when the storm is over.

use super::clock::YEAR;
use super::member::{Member, Saved};
use super::world::{Storm, World};
use engine::{Command, DocKey, Edit, EditOp, Event, Expect, Origin, Path, RecordId, Value};
use protocol::DeviceId;
use std::time::Duration;
use sync_server::memory::MemoryStore;

/// Rounds of an evening, half a second each.
const EVENING: usize = 60;

impl World {
    /// All of it.
    pub(super) fn storm(&mut self, storm: Storm) {
        self.may_branch = storm.branches && storm.copies && storm.members && self.pick(3) == 0;
        // In some worlds somebody is away for a year, and comes back before the end.
        let away =
            (self.pick(4) == 0).then(|| (self.pick(storm.events.max(1)), self.pick(self.members.len())));
        let back =
            away.map(|(from, who)| (from + 1 + self.pick(storm.events.saturating_sub(from).max(1)), who));
        for event in 0..storm.events {
            // Between two events the world goes on for a while.
            for _ in 0..self.pick(40 * self.present().len().clamp(2, 4)) {
                self.move_something();
            }
            if away.is_some_and(|(from, _)| from == event) && self.present().len() > 1 {
                away.into_iter().for_each(|(_, who)| self.go_away(who));
            }
            if back.is_some_and(|(at, _)| at == event) {
                back.into_iter().for_each(|(_, who)| self.come_back(who));
            }
            self.event(storm);
        }
        back.into_iter().for_each(|(_, who)| self.come_back(who));
    }

    fn event(&mut self, storm: Storm) {
        let who = self.anyone();
        match self.pick(200) {
            0..=89 => self.edit(who),
            90..=114 => {
                let online = !self.members[who].online;
                self.note(format!("{who} online {online}"));
                self.set_online(who, online);
            }
            115..=132 => self.crash(who),
            133..=152 => self.meddle(who),
            153..=159 => {
                self.note("relay restarts".into());
                self.disconnect_all();
                self.relay.restart();
            }
            160..=161 if storm.purges => self.month(),
            160..=163 => self.now += 20_000,
            164..=167 => self.relay_tidies(storm.drops),
            168..=169 => self.fill_relay(true),
            170..=173 => self.fill_relay(false),
            174..=175 => self.set_clock(who),
            176..=177 => self.members[who].device.disk.set_full(true),
            178..=180 => self.members.iter().for_each(|m| m.device.disk.set_full(false)),
            181 => self.open_again(who),
            182 if storm.copies && storm.members => self.relay_forgets_whom_it_is_to_cut_off(),
            183 if self.may_branch && !self.branched => self.relay_forgets_a_link(),
            182..=190 if storm.copies => self.copies(),
            191.. if storm.members => self.membership(),
            _ => self.edit(who),
        }
    }

    /// The relay drops what it need not keep, without waiting; after an `evening` on which everybody was there, as what was
    /// packed has to have been looked at by all.
    fn relay_tidies(&mut self, evening: bool) {
        if evening {
            self.evening();
        }
        self.remember_log();
        if !self.relay_is_full {
            let dropped = self.relay.keep(self.now, Duration::ZERO).dropped;
            self.dropped += dropped.entries;
            self.note(format!("relay drops {} entries, {} packs", dropped.entries, dropped.packs));
        }
    }

    /// Everybody who can be is online for a while.
    fn evening(&mut self) {
        let were: Vec<bool> = self.members.iter().map(|m| m.online).collect();
        self.members.iter_mut().for_each(|m| m.online = true);
        for round in 0..EVENING {
            for who in self.present() {
                self.drain(who);
            }
            self.now += 500;
            if round % 2 == 0 {
                self.members.iter_mut().for_each(|m| m.device.send(Event::Tick));
            }
        }
        for (who, online) in were.into_iter().enumerate() {
            self.set_online(who, online);
        }
    }

    fn fill_relay(&mut self, full: bool) {
        self.relay.store.set_failing(full);
        self.relay_is_full = full;
    }

    fn copies(&mut self) {
        match self.pick(10) {
            0..=1 if self.members[self.frail].is_present() => {
                self.note(format!("backup of {}", self.frail));
                let frail = &mut self.members[self.frail];
                frail.copy = Some(frail.device.disk.clone());
                frail.since_copy.clear();
            }
            2 if self.pick(3) == 0 && !self.twin && self.members[self.frail].is_present() => {
                self.note(format!("{} copied to a second machine", self.frail));
                let frail = &self.members[self.frail];
                let (twin, clock) = (frail.device.copy("twin"), frail.clock);
                self.members.push(Member::new(twin, clock));
                self.twin = true;
            }
            2 => self.restore_device(self.frail),
            // One alarm at a time: what two branches come to is judged when there are no more.
            3.. if self.branched => {}
            3..=5 => {
                self.note("relay backup".into());
                self.backup = Some((*self.relay.store).clone());
            }
            6..=8 => self.restore_relay(),
            _ => {
                self.note("relay wiped".into());
                self.disconnect_all();
                self.put_back(&MemoryStore::new());
            }
        }
    }

    /// A relay forgets what a device wrote, and somebody who never saw it revokes that device; whoever had been given it,
    /// and had built on it, comes back later.
    fn relay_forgets_whom_it_is_to_cut_off(&mut self) {
        let mut actors: Vec<usize> =
            self.present().into_iter().filter(|who| !self.members[*who].device.revoked).collect();
        while actors.len() > 3 {
            let at = self.pick(actors.len());
            actors.swap_remove(at);
        }
        let &[author, witness, other] = actors.as_slice() else { return };
        self.note(format!("the relay is to forget {author}, seen by {witness} and not by {other}"));
        for who in [author, witness, other] {
            self.members[who].device.disk.set_full(false);
            self.set_online(who, true);
        }
        self.go_on(250);
        self.set_online(other, false);
        self.backup = Some((*self.relay.store).clone());
        for _ in 0..3 {
            self.edit(author);
            self.go_on(80);
            self.edit(witness);
        }
        self.go_on(80);
        self.restore_relay();
        self.set_online(author, false);
        self.set_online(witness, false);
        self.set_online(other, true);
        self.go_on(250);
        if let Some(device) = self.members[author].device.id() {
            self.wish_revoked(other, device);
        }
        self.go_on(100);
        self.set_online(witness, true);
    }

    /// A relay forgets a link, and takes another one from somebody who does not know it.
    fn relay_forgets_a_link(&mut self) {
        let mut actors: Vec<usize> =
            self.present().into_iter().filter(|who| !self.members[*who].device.revoked).collect();
        while actors.len() > 2 {
            let at = self.pick(actors.len());
            actors.swap_remove(at);
        }
        let &[one, other] = actors.as_slice() else { return };
        for who in [one, other] {
            self.members[who].device.disk.set_full(false);
            self.set_online(who, true);
        }
        self.fill_relay(false);
        self.go_on(300);
        if !self.relay_knows_all() {
            return;
        }
        self.note(format!("the relay is to forget a link of {one}, and to take one of {other}"));
        self.set_online(other, false);
        self.backup = Some((*self.relay.store).clone());
        self.change_members(one);
        self.edit(one);
        self.go_on(200);
        self.branched = true;
        (0..self.members.len()).for_each(|who| self.set_online(who, false));
        self.restore_relay();
        self.set_online(other, true);
        self.go_on(200);
        self.change_members(other);
        self.edit(other);
        self.go_on(200);
    }

    fn set_online(&mut self, who: usize, online: bool) {
        self.members[who].online = online;
        if !online {
            self.members[who].disconnect();
        }
    }

    fn go_on(&mut self, moves: usize) {
        (0..moves).for_each(|_| self.move_something());
    }

    /// The relay becomes what it was, if its chain from then is a part of the one that is known now: two branches of
    /// membership are no matter of this world.
    fn restore_relay(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        let Some(top) = self.top() else { return };
        let before = (*self.relay.store).clone();
        self.disconnect_all();
        self.put_back(&backup);
        let chain = self.relay.chain(self.account);
        if chain.is_none_or(|chain| top.contains(&chain.head())) {
            self.note("relay restored".into());
        } else {
            // The backup had never been thought of.
            self.put_back(&before);
        }
    }

    fn put_back(&mut self, store: &MemoryStore) {
        self.remember_log();
        self.relay.store.restore(store);
        self.relay.store.set_failing(self.relay_is_full);
        self.relay.restart();
    }

    fn edit(&mut self, who: usize) {
        let member = &mut self.members[who];
        member.device.open(&mut self.rng);
        let Some(device) = self.author(who) else { return };
        self.tokens += 1;
        let value = format!("{who}-{}", self.tokens);
        let edit = self.some_edit(&value);
        let (key, traced) = (edit.key.clone(), edit.ops != [EditOp::Trash]);
        let member = &mut self.members[who];
        let request = member.device.command(Command::Edit(vec![edit]));
        if traced {
            member.asked.insert(request, Saved { device, key, value });
        }
    }

    /// Who writes on a machine. It is known once the store was opened, and never changes.
    fn author(&mut self, who: usize) -> Option<DeviceId> {
        if self.members[who].id.is_none() {
            self.members[who].id = self.members[who].device.id();
        }
        self.members[who].id
    }

    pub(super) fn some_edit(&mut self, value: &str) -> Edit {
        let id = RecordId::new([u8::try_from(self.pick(6)).unwrap(); 16]);
        let text = Value::Text(value.to_owned());
        let (key, op) = match self.pick(10) {
            0..=4 => {
                let path = Path::Field(format!("f{}", self.pick(3)));
                (DocKey::thing("thing", id), EditOp::Put(path, text))
            }
            5..=6 => {
                let path = Path::Key("tags".into(), format!("t{}", self.pick(3)));
                (DocKey::thing("thing", id), EditOp::Put(path, text))
            }
            7 => (DocKey::thing("thing", id), EditOp::Trash),
            _ => {
                let path = Path::Key("rows".into(), format!("2026-01-{:02}", self.pick(28) + 1));
                (DocKey::stream("log", id, "2026", 0), EditOp::Put(path, text))
            }
        };
        Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand }
    }

    fn crash(&mut self, who: usize) {
        let durable = self.pick(2);
        self.note(format!("{who} crashes, {durable}"));
        self.stop(who, durable);
        self.members[who].device.open(&mut self.rng);
    }

    fn restore_device(&mut self, who: usize) {
        let member = &self.members[who];
        if !member.is_present() {
            return;
        }
        let Some(copy) = member.copy.clone() else { return };
        self.note(format!("{who} restored from its backup"));
        self.stop(who, 0);
        for process in self.members.iter_mut().filter(|m| m.process_of == Some(who)) {
            process.device.crash(0);
            process.disconnect();
            process.gone = true;
        }
        self.members[who].device.disk = copy;
        let member = &mut self.members[who];
        member.device.open(&mut self.rng);
        // What was saved after the copy was taken lived on that disk alone, or is at the relay, or is gone.
        let gone: Vec<String> = member.since_copy.drain(..).map(|s| s.value).collect();
        member.promised.clear();
        self.saved.retain(|s| !gone.contains(&s.value));
    }

    /// Another process opens the store of this one, which goes on and does not know.
    fn open_again(&mut self, who: usize) {
        let member = &self.members[who];
        if member.device.id().is_none() || self.members.iter().any(|m| m.process_of.is_some() && !m.gone) {
            return;
        }
        let fresh = member.device.beside(member.device.name);
        let clock = member.clock;
        self.note(format!("{who} opened by a second process"));
        let member = &mut self.members[who];
        let old = std::mem::replace(&mut member.device, fresh);
        member.device.open(&mut self.rng);
        let mut process = Member::new(old, clock);
        process.process_of = Some(who);
        process.online = member.online;
        process.connection = member.connection.take();
        process.asked = std::mem::take(&mut member.asked);
        process.changing = std::mem::take(&mut member.changing);
        self.members.push(process);
    }

    /// Somebody's clock is set wrong, or right.
    fn set_clock(&mut self, who: usize) {
        let years = i64::try_from(self.pick(7)).unwrap() - 3;
        let odd = i64::try_from(self.pick(100_000)).unwrap();
        self.note(format!("{who} sets its clock {years} years ahead"));
        self.members[who].clock.set(years * YEAR + odd);
        self.members[who].device.send(Event::Tick);
    }

    fn go_away(&mut self, who: usize) {
        self.note(format!("{who} goes away for a year"));
        self.members[who].left_with = self.members[who].links();
        self.stop(who, 1);
        self.members[who].away = true;
    }

    fn come_back(&mut self, who: usize) {
        if !std::mem::take(&mut self.members[who].away) {
            return;
        }
        self.note(format!("{who} comes back"));
        self.now += YEAR;
        let member = &mut self.members[who];
        member.online = true;
        member.device.open(&mut self.rng);
    }
}
