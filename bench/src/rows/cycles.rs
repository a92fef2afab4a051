//! Devices that come and go: whether the relay keeps anything of them.

use super::Setting;
use super::many::settle;
use crate::process::pss_kib;
use crate::raw;
use crate::relay::Running;
use crate::report::{Cell, Line, Target, Unit};
use anyhow::Result;
use std::time::{Duration, Instant};
use tests::wire::Member;

/// Cycles before the first look: what a start needs, and what an allocator keeps for the next, is no growth.
const WARM_UP: u32 = 4_000;
/// As many as are asked for.
const WANTED: u32 = 200_000;
/// No further cycle is begun after this.
const WITHIN: Duration = Duration::from_secs(90);

/// Row: connecting, proving who one is, resuming and hanging up, again and again.
pub async fn cycles(_: &Setting) -> Result<Vec<Line>> {
    let relay = Running::start()?;
    let member = Member::found(1);
    member.register(&relay.url()).await;
    for _ in 0..WARM_UP {
        drop(raw::prove(relay.port(), &member, true).await?);
    }
    settle().await;
    let (before, began, mut done) = (pss_kib(relay.id())?, Instant::now(), 0);
    while done < WANTED && began.elapsed() < WITHIN {
        drop(raw::prove(relay.port(), &member, true).await?);
        done += 1;
    }
    let took = began.elapsed().as_secs_f64();
    settle().await;
    let after = pss_kib(relay.id())?;
    let mut cell = Cell::new("life-os", "");
    cell.rounds.push((after - before) / f64::from(done) * 1_000.0);
    let mut line = Line::new("growth of the relay's memory in 1,000 connections (PSS)", Unit::Kib, cell);
    line.targets = vec![Target::Fixed(1.0, "as asked for, over 200,000")];
    line.notes = vec![format!(
        "{done} connections of the {WANTED} asked for, in {took:.0} s, after {WARM_UP} that are not counted; \
         each with a challenge, a ticket, a socket, a proof and a resume; {before:.0} KiB before, {after:.0} KiB after"
    )];
    Ok(vec![line])
}
