//! Push subscriptions and notices, put, taken back and asked for. They are of the account, not of a space.

use super::Session;
use super::fault::{Fault, deleted, revoked};
use crate::clock::Millis;
use crate::push::PushDesk;
use crate::rules::EndpointError;
use crate::store::{NoticePut, StoreError, Subscribed, Subscription};
use protocol::frame::{RequestId, ServerFrame};
use protocol::limits::{
    NOTICE_NAMES_PER_FRAME, NOTICES_PER_ACCOUNT, NOTICES_PER_FRAME, SUBSCRIPTIONS_PER_ACCOUNT,
};
use protocol::notice::{Notice, RefusedNotice, SubscriptionInfo};
use protocol::{ErrorCode, NoticeId, Role, SubscriptionId};

type Frames = Result<Vec<ServerFrame>, Fault>;

fn failed(request: RequestId) -> impl Fn(StoreError) -> Fault {
    move |error| Fault::store(Some(request), &error)
}

fn stored(request: RequestId, refusal: Option<(ErrorCode, String)>) -> Vec<ServerFrame> {
    let (refusal, message) = refusal.unzip();
    vec![ServerFrame::SubscriptionStored { request, refusal, message }]
}

fn refusal_of(error: EndpointError) -> (ErrorCode, String) {
    let code = match error {
        EndpointError::TooLong => ErrorCode::TooLarge,
        EndpointError::Malformed => ErrorCode::Malformed,
        EndpointError::NotHttps | EndpointError::UnknownService | EndpointError::PrivateAddress => {
            ErrorCode::EndpointRefused
        }
        EndpointError::NotFound => ErrorCode::Unavailable,
    };
    (code, error.to_string())
}

impl Session {
    /// Refuses whoever is no active device of an account that stays: a phrase has nothing pushed.
    async fn own_device(&self, request: RequestId) -> Result<(), Fault> {
        let failed = failed(request);
        let store = self.relay.store();
        let vault = store.vault(&self.account).await.map_err(&failed)?;
        let unknown = || Fault::ending(ErrorCode::UnknownAccount, "this relay knows no such account");
        let state = store.space(&vault.ok_or_else(unknown)?).await.map_err(&failed)?.ok_or_else(unknown)?;
        if state.deletes.is_some() {
            return Err(deleted());
        }
        if self.is_revoked(&state).await.map_err(&failed)? {
            return Err(revoked());
        }
        let chain = self.relay.chain_at(&state).await.map_err(&failed)?;
        match chain.active(&self.device) {
            Some(member) if member.role == Role::Device => Ok(()),
            _ => Err(Fault::of(request, ErrorCode::NotAllowed, "only a device has notices pushed")),
        }
    }

    fn desk(&self, request: RequestId) -> Result<&PushDesk, Fault> {
        let none = || Fault::of(request, ErrorCode::NotSupported, "this relay pushes no notices");
        self.relay.push().ok_or_else(none)
    }

    pub(super) async fn get_push(&self, request: RequestId) -> Frames {
        self.own_device(request).await?;
        let all = self.relay.store().subscriptions(&self.account).await.map_err(failed(request))?;
        let info = |s: &Subscription| SubscriptionInfo { device: s.device, subscription: s.id };
        let key = self.relay.push().map(|desk| desk.key().to_vec().into());
        let subscriptions = all.iter().map(info).collect();
        Ok(vec![ServerFrame::Push { request, key, subscriptions }])
    }

    pub(super) async fn put_subscription(
        &self,
        request: RequestId,
        id: SubscriptionId,
        endpoint: String,
        now: Millis,
    ) -> Frames {
        self.own_device(request).await?;
        if let Err(error) = self.desk(request)?.check(&endpoint).await {
            return Ok(stored(request, Some(refusal_of(error))));
        }
        let (account, device) = (self.account, self.device);
        let subscription = Subscription { id, account, device, endpoint, created: now };
        let put = self.relay.store().put_subscription(subscription, SUBSCRIPTIONS_PER_ACCOUNT).await;
        let refusal = match put.map_err(failed(request))? {
            Subscribed::Yes => None,
            Subscribed::Taken => {
                let message = "another subscription has that name; choose another at random";
                Some((ErrorCode::AddressTaken, message.to_owned()))
            }
            Subscribed::TooMany => {
                let message = "the account has as many subscriptions as it may; remove one";
                Some((ErrorCode::QuotaExceeded, message.to_owned()))
            }
        };
        Ok(stored(request, refusal))
    }

    pub(super) async fn drop_subscription(&self, request: RequestId) -> Frames {
        self.own_device(request).await?;
        let dropped = self.relay.store().drop_subscription(&self.account, &self.device).await;
        dropped.map_err(failed(request))?;
        Ok(stored(request, None))
    }

    pub(super) async fn put_notices(&self, request: RequestId, notices: Vec<Notice>, now: Millis) -> Frames {
        if notices.len() > NOTICES_PER_FRAME {
            return Err(Fault::of(request, ErrorCode::TooLarge, "too many notices in one frame"));
        }
        self.own_device(request).await?;
        let desk = self.desk(request)?;
        let time = u64::try_from(now.0).unwrap_or_default();
        let mut refused = Vec::new();
        let mut right = Vec::with_capacity(notices.len());
        for notice in notices {
            match notice.check(time) {
                Ok(()) => right.push(notice),
                Err(code) => refused.push(RefusedNotice { notice: notice.notice, code }),
            }
        }
        let store = self.relay.store();
        let put = store.put_notices(&self.account, &self.device, &right, NOTICES_PER_ACCOUNT).await;
        for (notice, put) in right.iter().zip(put.map_err(failed(request))?) {
            let code = match put {
                NoticePut::Stored | NoticePut::Kept => continue,
                NoticePut::NoSubscription => ErrorCode::NotFound,
                NoticePut::TooMany => ErrorCode::QuotaExceeded,
            };
            refused.push(RefusedNotice { notice: notice.notice, code });
        }
        desk.wake();
        Ok(vec![ServerFrame::NoticesStored { request, refused }])
    }

    pub(super) async fn cancel_notices(&self, request: RequestId, notices: Vec<NoticeId>) -> Frames {
        if notices.len() > NOTICE_NAMES_PER_FRAME {
            return Err(Fault::of(request, ErrorCode::TooLarge, "too many notices in one frame"));
        }
        self.own_device(request).await?;
        let cancelled = self.relay.store().cancel_notices(&self.account, &notices).await;
        let cancelled = u32::try_from(cancelled.map_err(failed(request))?).unwrap_or(u32::MAX);
        Ok(vec![ServerFrame::NoticesCancelled { request, cancelled }])
    }

    pub(super) async fn get_notices(&self, request: RequestId, after: Option<NoticeId>) -> Frames {
        self.own_device(request).await?;
        let store = self.relay.store();
        // One more than fit, to see whether there is one.
        let found = store.notices(&self.account, after.as_ref(), NOTICE_NAMES_PER_FRAME + 1).await;
        let mut notices = found.map_err(failed(request))?;
        let more = notices.len() > NOTICE_NAMES_PER_FRAME;
        notices.truncate(NOTICE_NAMES_PER_FRAME);
        Ok(vec![ServerFrame::NoticeStates { request, notices, more }])
    }
}
