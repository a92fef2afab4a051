//! Devices come and go: they join by phrase, revoke one another, and phrases are replaced.
//!
//! Invariant: but for worlds in which two branches may come about, once, nobody begins a change of membership while the
//! relay knows less of it than somebody else does. Where there are two, nobody comes or goes until somebody resolves it.

use super::clock::{Clock, YEAR};
use super::device::ORIGIN;
use super::joining::attempt;
use super::member::{Member, Promise};
use super::network::Connection;
use super::world::World;
use engine::api::{MemberChange, NewPhrase};
use engine::join::Join;
use engine::{Command, Query, Reply};
use protocol::{DeviceId, LinkBody, LinkHash, Role};
use seal::{DeviceKeys, Phrase};

/// Machines of a world, second processes and copies not counted.
const MACHINES: usize = 6;

impl World {
    pub(super) fn membership(&mut self) {
        if self.branched {
            return;
        }
        if !self.relay_knows_all() {
            if !self.may_branch || self.relay.chain(self.account).is_none() {
                return;
            }
            self.note("two branches of membership may come about".into());
            self.branched = true;
        }
        match self.pick(12) {
            0..=2 => self.somebody_joins(),
            3..=7 => self.somebody_revokes(),
            8 => self.two_revoke_each_other(),
            9..=10 => self.somebody_replaces_the_phrase(),
            _ => self.an_old_phrase_is_tried(),
        }
    }

    /// The longest chain that anybody knows; none if somebody cannot be asked now.
    pub(super) fn top(&self) -> Option<Vec<LinkHash>> {
        let relay = self.relay.chain(self.account);
        let mut top: Vec<LinkHash> =
            relay.map(|chain| chain.links().iter().map(|l| l.hash).collect()).unwrap_or_default();
        for member in self.members.iter().filter(|m| !m.gone) {
            let known = if member.away { member.left_with.clone() } else { member.links() };
            if known.is_empty() {
                return None;
            }
            if known.len() > top.len() {
                top = known;
            }
        }
        Some(top)
    }

    pub(super) fn relay_knows_all(&self) -> bool {
        let (Some(top), Some(chain)) = (self.top(), self.relay.chain(self.account)) else { return false };
        top.last() == Some(&chain.head())
    }

    fn active_devices(&self) -> Vec<DeviceId> {
        let Some(chain) = self.relay.chain(self.account) else { return Vec::new() };
        let active = chain.members().filter(|(id, m)| m.role == Role::Device && chain.active(id).is_some());
        active.map(|(id, _)| *id).collect()
    }

    fn somebody_joins(&mut self) {
        let machines =
            self.members.iter().filter(|m| m.process_of.is_none()).count() - usize::from(self.twin);
        if machines >= MACHINES {
            return;
        }
        let interrupted = self.pick(5) == 0;
        match self.join(interrupted) {
            Ok(()) => {
                let ahead = i64::try_from(self.pick(5)).unwrap() - 2;
                if let Some(member) = self.members.last_mut() {
                    member.clock.set(ahead * YEAR);
                    member.online = true;
                }
            }
            Err(why) if interrupted || self.relay_is_full => self.note(format!("nobody joins: {why}")),
            Err(why) => self.faults.push(format!("the phrase in force is refused: {why}")),
        }
    }

    /// A new machine joins by the phrase in force. When `interrupted`, only its link remains.
    pub(super) fn join(&mut self, interrupted: bool) -> Result<(), String> {
        let chain = self.relay.chain(self.account).ok_or("the relay knows nobody")?;
        let paper = chain.recovery().map(|(id, _)| *id).ok_or("there is no phrase")?;
        let paper = self.phrases.iter().map(Phrase::device_keys).find(|p| p.id() == paper);
        let device = self.join_with(paper.ok_or("nobody has the phrase")?, interrupted);
        self.tell_all();
        let device = device?;
        self.note(format!("{} joins", self.members.len()));
        let mut member = Member::new(device, Clock::default());
        member.device.open(&mut self.rng);
        self.members.push(member);
        Ok(())
    }

    fn join_with(&mut self, paper: DeviceKeys, interrupted: bool) -> Result<super::device::Device, String> {
        let (challenge, config, name) = (self.challenge(), self.config(), self.next_name());
        let connection = Connection::new(&self.relay, self.account, challenge);
        let join = Join::new(paper, DeviceKeys::generate(&mut self.rng), self.space, ORIGIN.into());
        attempt(name, connection, join, config, &mut self.rng, interrupted)
    }

    fn an_old_phrase_is_tried(&mut self) {
        let Some(chain) = self.relay.chain(self.account) else { return };
        let papers = self.phrases.iter().map(Phrase::device_keys);
        let Some(old) = papers.into_iter().find(|p| chain.active(&p.id()).is_none()) else { return };
        if self.join_with(old, false).is_ok() {
            self.faults.push("a phrase that is not in force opened the vault".into());
        }
    }

    /// Somebody who is connected and was not told to be none of the vault.
    fn somebody_connected(&mut self) -> Option<usize> {
        let can = |m: &Member| m.is_present() && m.connection.is_some() && !m.device.revoked;
        let able: Vec<usize> = (0..self.members.len()).filter(|who| can(&self.members[*who])).collect();
        if able.is_empty() { None } else { Some(able[self.pick(able.len())]) }
    }

    fn somebody_revokes(&mut self) {
        let Some(who) = self.somebody_connected() else { return };
        let own = self.members[who].device.id();
        let others: Vec<DeviceId> = self.active_devices().into_iter().filter(|d| Some(*d) != own).collect();
        // A vault with one device left is a dull one.
        if others.is_empty() || others.len() == 1 && self.pick(3) > 0 {
            return;
        }
        let first = self.pick(others.len());
        let mut targets = vec![others[first]];
        if others.len() > 2 && self.pick(4) == 0 {
            targets.push(others[(first + 1) % others.len()]);
        }
        self.revoke(who, targets);
    }

    fn revoke(&mut self, who: usize, targets: Vec<DeviceId>) {
        self.note(format!(
            "{who} revokes {}",
            targets.iter().map(|d| self.called(d)).collect::<Vec<_>>().join(", ")
        ));
        let change = Command::ChangeMembers(MemberChange::Revoke(targets.clone()));
        let member = &mut self.members[who];
        let request = member.device.command(change);
        member.changing.insert(request, Promise::Revoked(targets));
    }

    /// Somebody changes who is a member, in one way or another.
    pub(super) fn change_members(&mut self, who: usize) {
        let own = self.members[who].device.id();
        let mut others = self.active_devices();
        others.retain(|device| Some(*device) != own);
        match self.pick(4) {
            0 => self.replace_the_phrase(who),
            1 => self.somebody_joins(),
            _ if others.is_empty() => self.replace_the_phrase(who),
            _ => {
                let at = self.pick(others.len());
                self.revoke(who, vec![others[at]]);
            }
        }
    }

    /// Revokes, if the relay knows all there is to know.
    pub(super) fn wish_revoked(&mut self, who: usize, device: DeviceId) {
        if !self.branched && self.relay_knows_all() && self.active_devices().contains(&device) {
            self.revoke(who, vec![device]);
        }
    }

    /// A person at a device that shows two branches resolves them. Whether that device may is its own to say.
    pub(super) fn somebody_resolves(&mut self) {
        for who in self.present() {
            let member = &self.members[who];
            if member.device.revoked || !member.changing.is_empty() {
                continue;
            }
            if let Ok(Reply::Status(status)) = self.ask(who, Query::Status)
                && status.fork.is_some()
            {
                self.note(format!("{who} resolves two branches"));
                let change = MemberChange::Resolve { revoke: Vec::new() };
                let member = &mut self.members[who];
                let request = member.device.command(Command::ChangeMembers(change));
                member.changing.insert(request, Promise::Resolved);
                return;
            }
        }
    }

    /// Whom only the dropped branch had added is no member, and no longer of this world: once the branches are one, or
    /// when it is `settled` that nobody makes them one.
    pub(super) fn let_strangers_go(&mut self, settled: bool) {
        let Some(chain) = self.relay.chain(self.account) else { return };
        if settled || chain.links().iter().any(|l| matches!(l.link.body, LinkBody::Resolve { .. })) {
            for member in self.members.iter_mut().filter(|m| m.is_present()) {
                if member.device.id().is_some_and(|id| chain.member(&id).is_none()) {
                    member.disconnect();
                    member.gone = true;
                }
            }
        }
    }

    fn called(&self, device: &DeviceId) -> String {
        let who = self.members.iter().position(|m| m.device.id() == Some(*device));
        who.map_or("a member without a machine".into(), |who| who.to_string())
    }

    fn two_revoke_each_other(&mut self) {
        let (Some(one), Some(other)) = (self.somebody_connected(), self.somebody_connected()) else { return };
        let (first, second) = (self.members[one].device.id(), self.members[other].device.id());
        if let (Some(first), Some(second)) = (first, second)
            && first != second
        {
            self.revoke(one, vec![second]);
            self.revoke(other, vec![first]);
        }
    }

    fn somebody_replaces_the_phrase(&mut self) {
        if let Some(who) = self.somebody_connected() {
            self.replace_the_phrase(who);
        }
    }

    fn replace_the_phrase(&mut self, who: usize) {
        self.note(format!("{who} replaces the phrase"));
        let phrase = Phrase::generate(&mut self.rng);
        let change = MemberChange::SetRecovery(NewPhrase::new(phrase.words()));
        let member = &mut self.members[who];
        let request = member.device.command(Command::ChangeMembers(change));
        member.changing.insert(request, Promise::Phrase(phrase.device_keys().id()));
        self.phrases.push(phrase);
    }
}
