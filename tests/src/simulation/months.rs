//! Quiet months: little is written, days pass, and what lies in the trash is purged.

use super::world::{SHORT_DAY, World};
use engine::{Command, DocKey, Edit, EditOp, Event, Expect, Origin, Path, RecordId, Value};

/// Days of a month and of what it takes all to have seen a delete.
const DAYS: usize = 45;

impl World {
    /// A month passes for whoever is online. One record is put in the trash at its beginning, and may be written to or taken out
    /// again by somebody who is away.
    pub(super) fn month(&mut self) {
        self.note("a month passes".into());
        let id = RecordId::new([u8::try_from(self.pick(6)).unwrap(); 16]);
        let who = self.anyone();
        self.do_to(who, DocKey::thing("thing", id), EditOp::Trash);
        if self.pick(2) == 0 {
            self.members.iter_mut().for_each(|member| member.online = true);
        }
        let (away, late) = (self.anyone(), self.pick(DAYS));
        for day in 0..DAYS {
            self.now += SHORT_DAY;
            for who in self.present() {
                self.members[who].device.send(Event::Tick);
                if self.members[who].online && self.pick(4) > 0 {
                    self.drain(who);
                }
                if day % 8 == who % 8 && who != away {
                    // It tells the others what has been seen here.
                    let row = Path::Key("rows".into(), format!("2026-02-{:02}", self.pick(28) + 1));
                    let log = DocKey::stream("log", RecordId::new([9; 16]), "2026", 0);
                    self.do_to(who, log, EditOp::Put(row, Value::Null));
                }
            }
            for _ in 0..self.pick(20) {
                self.move_something();
            }
            if day == late && self.members[away].is_present() && self.pick(2) == 0 {
                self.members[away].online = false;
                self.members[away].disconnect();
                let op = if self.pick(3) == 0 { EditOp::Untrash } else { EditOp::Trash };
                self.do_to(away, DocKey::thing("thing", id), op);
            }
        }
    }

    fn do_to(&mut self, who: usize, key: DocKey, op: EditOp) {
        let member = &mut self.members[who];
        member.device.open(&mut self.rng);
        let edit = Edit { key, expect: Expect::Any, ops: vec![op], time: None, origin: Origin::Hand };
        member.device.command(Command::Edit(vec![edit]));
    }
}
