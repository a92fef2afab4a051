//! One connection's protocol, without a socket, a clock or a runtime.
//!
//! Invariant: a session reads and writes only spaces of its own account. It sends entries of a space without a gap from
//! its own cursor, read from the store each time: hints from elsewhere only say when to look. Links go before
//! the entries that name them.

mod appends;
mod fault;
mod notices;
mod packs;

use crate::clock::Millis;
use crate::limits::SEEN_SECONDS;
use crate::relay::{News, Relay};
use crate::store::{Page, SpaceState, StoreError, link_size};
pub use appends::AppendFrame;
use fault::{Fault, compacted, deleted, revoked};
use protocol::frame::{ClientFrame, LinkItem, RequestId, ResumeOutcome, ResumeSpace, ServerFrame};
use protocol::{AccountId, Chain, DeviceId, ErrorCode, ManifestHash, SpaceId, limits};
use std::collections::BTreeMap;

/// What is sent of a log at once.
const ENTRIES: Page = Page { count: limits::ENTRIES_PER_FRAME, bytes: limits::ENTRY_BYTES_PER_FRAME };
/// What is sent of a chain at once. One link with its keyboxes always fits a frame.
const LINKS: Page = Page { count: limits::LINKS_PER_FRAME, bytes: limits::ENTRY_BYTES_PER_FRAME };

/// How far a space was sent to this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    seq: u64,
    height: u32,
    /// The manifest that it knows to be in force.
    manifest: Option<ManifestHash>,
}

/// One connection of a device that has proved itself.
pub struct Session {
    relay: Relay,
    account: AccountId,
    device: DeviceId,
    spaces: BTreeMap<SpaceId, Sent>,
    /// When it was last written down that the device is there.
    noted: Option<Millis>,
}

/// What a device is to the vault of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A member.
    Member,
    /// A member that was cut off.
    Revoked,
}

/// Whether a connection ends after this frame.
pub fn ends_connection(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Error { request: None, .. })
}

impl Session {
    /// A session of `device`, which has proved itself to be of `account`.
    pub fn new(relay: Relay, account: AccountId, device: DeviceId) -> Self {
        Self { relay, account, device, spaces: BTreeMap::new(), noted: None }
    }

    /// Its account.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Its device.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The spaces it is subscribed to.
    pub fn spaces(&self) -> impl Iterator<Item = SpaceId> + '_ {
        self.spaces.keys().copied()
    }

    /// What the device is to the vault now. An account that is served no more has none: the frame says why.
    pub async fn standing(&self) -> Result<Result<Standing, ServerFrame>, StoreError> {
        let vault = self.relay.store().vault(&self.account).await?;
        let state = match vault {
            Some(vault) => self.relay.store().space(&vault).await?,
            None => None,
        };
        if state.as_ref().is_some_and(|s| s.deletes.is_some()) {
            return Ok(Err(deleted().into_frame()));
        }
        let Some(state) = state else {
            let gone = Fault::ending(ErrorCode::UnknownAccount, "this relay knows no such account");
            return Ok(Err(gone.into_frame()));
        };
        Ok(Ok(if self.is_revoked(&state).await? { Standing::Revoked } else { Standing::Member }))
    }

    /// Serves one frame that came `now`. What is new in subscribed spaces is not in the answer: see [`Session::pump`].
    pub async fn on_frame(&mut self, frame: ClientFrame, now: Millis) -> Vec<ServerFrame> {
        self.note_again(now).await;
        let served = match frame {
            ClientFrame::Hello { .. } => {
                Err(Fault::ending(ErrorCode::Malformed, "the device has proved itself already"))
            }
            ClientFrame::Resume { spaces } => self.resume(spaces, now).await,
            ClientFrame::Append { request, space, entries } => {
                Ok(self.append_run(&[AppendFrame { request, space, entries }]).await)
            }
            ClientFrame::AppendLinks { request, space, links, restores } => {
                self.append_links(request, space, links, restores == Some(true)).await
            }
            ClientFrame::GetLinks { request, space, from } => self.get_links(request, space, from).await,
            ClientFrame::GetHeads { request, space } => self.get_heads(request, space).await,
            ClientFrame::GetEntries { request, space, device, from } => {
                self.get_entries(request, space, device, from).await
            }
            ClientFrame::Ping { nonce } => Ok(vec![ServerFrame::Pong { nonce }]),
            ClientFrame::GetManifest { request, space } => self.get_manifest(request, space).await,
            ClientFrame::GetPack { request, space, pack } => self.get_pack(request, space, pack).await,
            ClientFrame::PutPack { request, space, bytes } => {
                self.put_pack(request, space, bytes.into(), now).await
            }
            ClientFrame::PutManifest { request, space, manifest } => {
                self.put_manifest(request, space, manifest, now).await
            }
            ClientFrame::PutAck { request, space, ack } => self.put_ack(request, space, ack).await,
            ClientFrame::GetPush { request } => self.get_push(request).await,
            ClientFrame::PutSubscription { request, subscription, endpoint } => {
                self.put_subscription(request, subscription, endpoint, now).await
            }
            ClientFrame::DropSubscription { request } => self.drop_subscription(request).await,
            ClientFrame::PutNotices { request, notices } => self.put_notices(request, notices, now).await,
            ClientFrame::CancelNotices { request, notices } => self.cancel_notices(request, notices).await,
            ClientFrame::GetNotices { request, after } => self.get_notices(request, after).await,
        };
        let answers = served.unwrap_or_else(|fault| vec![fault.into_frame()]);
        self.with_proof(answers).await
    }

    /// What a frame is answered with, and before the word that the device was revoked the links that say so: an answer
    /// overtakes what is new, and after it nothing is sent.
    async fn with_proof(&mut self, answers: Vec<ServerFrame>) -> Vec<ServerFrame> {
        if !matches!(answers.last(), Some(ServerFrame::Error { request: None, code: ErrorCode::Revoked, .. }))
        {
            return answers;
        }
        let mut frames = Vec::with_capacity(answers.len() + 1);
        for (space, sent) in std::mem::take(&mut self.spaces) {
            match self.links_above(&space, sent.height).await {
                Ok(links) => frames.extend(links),
                // It is told when it comes again.
                Err(error) => tracing::error!(%error, "a revoked device was not told by which link"),
            }
        }
        frames.extend(answers);
        frames
    }

    /// The links of a space above a height.
    async fn links_above(&self, space: &SpaceId, height: u32) -> Result<Vec<ServerFrame>, StoreError> {
        let Some(state) = self.own(space).await? else { return Ok(Vec::new()) };
        self.links_from(&state, space, height + 1).await
    }

    /// Writes down that the device is there, now and then, however long it stays connected: nothing is dropped that a
    /// device which is there has not acknowledged.
    async fn note_again(&mut self, now: Millis) {
        if self.noted.is_some_and(|noted| noted.plus_seconds(SEEN_SECONDS) <= now) {
            for space in self.spaces() {
                self.note(&space, now).await;
            }
            self.noted = Some(now);
        }
    }

    async fn note(&self, space: &SpaceId, now: Millis) {
        // A device that cannot be noted today is noted at its next frame of another day.
        if let Err(error) = self.relay.store().saw(space, &self.device, now).await {
            tracing::error!(%error, "a device that is there was not written down");
        }
    }

    /// Whether this device was a member of the space and is none any more.
    async fn is_revoked(&self, state: &SpaceState) -> Result<bool, StoreError> {
        let chain = self.relay.chain_at(state).await?;
        Ok(chain.member(&self.device).is_some() && chain.active(&self.device).is_none())
    }

    /// What a revoked device is told of a space: the links above the head that it knows, the one that revoked it among
    /// them. It need not believe the relay: the links are signed.
    async fn farewell(
        &self,
        place: &ResumeSpace,
        state: &SpaceState,
    ) -> Result<Vec<ServerFrame>, StoreError> {
        let chain = self.relay.chain_at(state).await?;
        let next = chain.height_of(&place.membership).map_or(0, |height| height + 1);
        let mut frames = self.links_from(state, &place.space, next).await?;
        frames.push(revoked().into_frame());
        Ok(frames)
    }

    async fn links_from(
        &self,
        state: &SpaceState,
        space: &SpaceId,
        mut next: u32,
    ) -> Result<Vec<ServerFrame>, StoreError> {
        let mut frames = Vec::new();
        while next <= state.height {
            let links = self.relay.store().links(space, next, LINKS).await?;
            next += match u32::try_from(links.len()) {
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            frames.push(links_frame(0, state, links, None));
        }
        Ok(frames)
    }

    /// The next frames of a subscribed space: links that are new, then at most one frame of entries. Empty when the
    /// connection has everything. Call it after a Resume, and whenever something may have been stored.
    pub async fn pump(&mut self, space: &SpaceId) -> Result<Vec<ServerFrame>, StoreError> {
        let Some(mut sent) = self.spaces.get(space).copied() else { return Ok(Vec::new()) };
        let Some(news) = self.relay.news(space, sent.seq, ENTRIES).await? else { return Ok(Vec::new()) };
        let News { state, entries } = &*news;
        if state.deletes.is_some() {
            self.spaces.clear();
            return Ok(vec![deleted().into_frame()]);
        }
        if state.seq <= sent.seq && state.height <= sent.height && state.manifest == sent.manifest {
            return Ok(Vec::new());
        }
        // Entries after that place were dropped, perhaps before they could be read.
        if sent.seq < state.floor.seq {
            self.spaces.clear();
            return Ok(vec![compacted().into_frame()]);
        }
        let mut frames = Vec::new();
        while sent.height < state.height {
            let links = self.relay.store().links(space, sent.height + 1, LINKS).await?;
            let wanted = usize::try_from(state.height - sent.height).unwrap_or(usize::MAX);
            let links: Vec<LinkItem> = links.into_iter().take(wanted).collect();
            if links.is_empty() {
                return Err(StoreError::Damaged("membership chain: ends before its head".into()));
            }
            sent.height += u32::try_from(links.len()).unwrap_or(u32::MAX);
            frames.push(links_frame(0, state, links, None));
        }
        // A link among those may have revoked this device: it is told so, and hears nothing that came after.
        if !frames.is_empty() && self.is_revoked(state).await? {
            self.spaces.clear();
            frames.push(revoked().into_frame());
            return Ok(frames);
        }
        if !entries.is_empty() {
            let first = sent.seq + 1;
            sent.seq += entries.len() as u64;
            frames.push(ServerFrame::Entries { space: *space, first, entries: entries.clone() });
        }
        if sent.manifest != state.manifest {
            sent.manifest = state.manifest;
            let moved = |manifest| ServerFrame::ManifestMoved { space: *space, manifest };
            frames.extend(state.manifest.map(moved));
        }
        self.spaces.insert(*space, sent);
        Ok(frames)
    }

    /// [`Session::pump`] of every subscribed space until there is nothing more. Only for simulations and tests: it is
    /// bounded by what the store holds, not by a frame.
    pub async fn pump_all(&mut self) -> Result<Vec<ServerFrame>, StoreError> {
        let mut all = Vec::new();
        for space in self.spaces().collect::<Vec<_>>() {
            loop {
                let frames = self.pump(&space).await?;
                if frames.is_empty() {
                    break;
                }
                all.extend(frames);
            }
        }
        Ok(all)
    }

    /// Where a space of this account stands.
    async fn own(&self, space: &SpaceId) -> Result<Option<SpaceState>, StoreError> {
        let state = self.relay.store().space(space).await?;
        Ok(state.filter(|s| s.account == self.account))
    }

    async fn own_or_fault(&self, request: RequestId, space: &SpaceId) -> Result<SpaceState, Fault> {
        let failed = |e: StoreError| Fault::store(Some(request), &e);
        let state = self.own(space).await.map_err(failed)?.ok_or_else(|| Fault::unknown_space(request))?;
        if state.deletes.is_some() {
            return Err(deleted());
        }
        if self.is_revoked(&state).await.map_err(failed)? { Err(revoked()) } else { Ok(state) }
    }

    async fn resume(&mut self, wanted: Vec<ResumeSpace>, now: Millis) -> Result<Vec<ServerFrame>, Fault> {
        if wanted.len() > limits::SPACES_PER_RESUME {
            return Err(Fault::ending(ErrorCode::TooLarge, "too many spaces in one resume"));
        }
        let mut frames = Vec::with_capacity(wanted.len());
        for place in wanted {
            // A connection is told about no more spaces than it may resume at once.
            if !self.spaces.contains_key(&place.space) && self.spaces.len() >= limits::SPACES_PER_RESUME {
                return Err(Fault::ending(ErrorCode::TooLarge, "too many spaces on one connection"));
            }
            let failed = |e: StoreError| Fault::store(None, &e);
            let state = self.own(&place.space).await.map_err(failed)?;
            if state.as_ref().is_some_and(|s| s.deletes.is_some()) {
                self.spaces.clear();
                return Err(deleted());
            }
            if let Some(state) = state {
                if self.is_revoked(&state).await.map_err(failed)? {
                    self.spaces.clear();
                    return self.farewell(&place, &state).await.map_err(failed);
                }
                self.note(&place.space, now).await;
                self.noted = Some(now);
            }
            frames.push(self.resume_one(&place).await.map_err(failed)?);
        }
        Ok(frames)
    }

    async fn resume_one(&mut self, place: &ResumeSpace) -> Result<ServerFrame, StoreError> {
        let space = place.space;
        self.spaces.remove(&space);
        let Some((state, outcome)) = self.compare(place).await? else {
            let outcome = ResumeOutcome::Unknown;
            return Ok(ServerFrame::Resumed {
                space,
                outcome,
                seq: 0,
                height: 0,
                membership: None,
                manifest: None,
            });
        };
        let (manifest, membership) = (state.manifest, Some(state.head));
        if outcome == ResumeOutcome::Continues {
            let height = self.links_known(place, &state).await?;
            self.spaces.insert(space, Sent { seq: place.cursor, height, manifest });
        }
        let (seq, height) = (state.seq, state.height);
        Ok(ServerFrame::Resumed { space, outcome, seq, height, membership, manifest })
    }

    /// Where the space stands, and whether its log up to the client's cursor is what the client was sent.
    async fn compare(&self, place: &ResumeSpace) -> Result<Option<(SpaceState, ResumeOutcome)>, StoreError> {
        loop {
            let Some(state) = self.own(&place.space).await? else { return Ok(None) };
            let cursor = place.cursor;
            let running = if cursor < state.floor.seq {
                return Ok(Some((state, ResumeOutcome::Compacted)));
            } else if cursor == state.floor.seq {
                Some(state.floor.running)
            } else if cursor == state.seq {
                Some(state.running)
            } else if cursor > state.seq {
                None
            } else {
                let running = self.relay.store().running_at(&place.space, cursor).await?;
                // It was there a moment ago: the log may have been compacted beyond it since.
                if running.is_none() && self.own(&place.space).await?.is_some_and(|s| s.floor != state.floor)
                {
                    continue;
                }
                running
            };
            let agrees = running == Some(place.running);
            let outcome = if agrees { ResumeOutcome::Continues } else { ResumeOutcome::Diverged };
            return Ok(Some((state, outcome)));
        }
    }

    /// Up to which height the client needs no links. On another branch, or ahead of the relay, it is sent only what
    /// is new from now on: the `Resumed` frame tells it where the relay stands.
    async fn links_known(&self, place: &ResumeSpace, state: &SpaceState) -> Result<u32, StoreError> {
        if place.membership == state.head || place.height >= state.height {
            return Ok(state.height);
        }
        let chain = self.relay.chain_at(state).await?;
        Ok(chain.height_of(&place.membership).unwrap_or(state.height))
    }

    async fn append_links(
        &self,
        request: RequestId,
        space: SpaceId,
        links: Vec<LinkItem>,
        restores: bool,
    ) -> Result<Vec<ServerFrame>, Fault> {
        if links.len() > limits::LINKS_PER_FRAME {
            return Err(Fault::of(request, ErrorCode::TooLarge, "too many links in one frame"));
        }
        self.own_or_fault(request, &space).await?;
        let extended = self.relay.extend(&space, &links, restores).await;
        let extended = extended.map_err(|e| Fault::store(Some(request), &e))?;
        let answer = |links, height, head, refusal| {
            Ok(vec![ServerFrame::Links { request, space, links, height, head, refusal }])
        };
        match extended {
            None => Err(Fault::unknown_space(request)),
            Some(Ok(extended)) => answer(Vec::new(), extended.height, extended.head, None),
            Some(Err(refused)) => {
                let lacking = missed(&refused.chain, &links);
                let code = refused.refusal.code();
                answer(lacking, refused.chain.height(), refused.chain.head(), Some(code))
            }
        }
    }

    async fn get_links(
        &self,
        request: RequestId,
        space: SpaceId,
        from: u32,
    ) -> Result<Vec<ServerFrame>, Fault> {
        let state = self.own_or_fault(request, &space).await?;
        let links = self.relay.store().links(&space, from, LINKS).await;
        let mut links = links.map_err(|e| Fault::store(Some(request), &e))?;
        // The chain may have grown since `state` was read; the frame speaks of one moment.
        links.truncate(usize::try_from((state.height + 1).saturating_sub(from)).unwrap_or(usize::MAX));
        Ok(vec![links_frame(request, &state, links, None)])
    }

    async fn get_heads(&self, request: RequestId, space: SpaceId) -> Result<Vec<ServerFrame>, Fault> {
        self.own_or_fault(request, &space).await?;
        let heads = self.relay.store().heads(&space).await.map_err(|e| Fault::store(Some(request), &e))?;
        let heads = heads.ok_or_else(|| Fault::unknown_space(request))?;
        let (seq, running) = (heads.seq, heads.running);
        Ok(vec![ServerFrame::Heads { request, space, heads: heads.heads, seq, running }])
    }

    async fn get_entries(
        &self,
        request: RequestId,
        space: SpaceId,
        device: DeviceId,
        from: u64,
    ) -> Result<Vec<ServerFrame>, Fault> {
        self.own_or_fault(request, &space).await?;
        let entries = self.relay.store().device_entries(&space, &device, from, ENTRIES).await;
        let entries = entries.map_err(|e| Fault::store(Some(request), &e))?;
        Ok(vec![ServerFrame::DeviceEntries { request, space, entries }])
    }
}

/// The links that whoever offered `links` does not have, so that it can sign anew without asking: those of the chain from
/// the height of the first one that is not on it.
fn missed(chain: &Chain, links: &[LinkItem]) -> Vec<LinkItem> {
    let mut read = links.iter().filter_map(|item| item.link.read().ok());
    let Some((first, _)) = read.find(|(_, hash)| chain.height_of(hash).is_none()) else { return Vec::new() };
    let lacking = chain.links().iter().filter(|l| l.link.height >= first.height);
    let count = LINKS.fit(lacking.clone().map(link_size));
    lacking.take(count).map(|l| LinkItem { link: l.signed.clone(), keyboxes: l.keyboxes.clone() }).collect()
}

fn links_frame(
    request: RequestId,
    state: &SpaceState,
    links: Vec<LinkItem>,
    refusal: Option<ErrorCode>,
) -> ServerFrame {
    ServerFrame::Links { request, space: state.space, links, height: state.height, head: state.head, refusal }
}
