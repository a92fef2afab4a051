//! A vault whose laptop has a browser that a relay pushes to.

use super::client::{Http, Socket};
use super::device::{Device, Vault};
use super::push_service::{Delivery, PushService, body_of, text_of};
use protocol::frame::{ClientFrame, ServerFrame};
use protocol::notice::{FailReason, Notice, NoticeState, RefusedNotice};
use protocol::{DeviceId, ErrorCode, NoticeId, SubscriptionId};
use std::time::{Duration, Instant};
use sync_server::clock::Millis;
use sync_server::config::Config;

pub const LAPTOP: u8 = 1;
pub const PHONE: u8 = 2;

/// The name of a subscription.
pub fn subscription(n: u8) -> SubscriptionId {
    SubscriptionId::new([n; 16])
}

/// Milliseconds since 1970.
pub fn from_now(milliseconds: i64) -> u64 {
    u64::try_from(Millis::now().0 + milliseconds).unwrap()
}

/// A notice for the laptop's browser, so many milliseconds from now.
pub fn notice(n: u8, milliseconds: i64, text: &str) -> Notice {
    Notice {
        notice: NoticeId::new([n; 32]),
        subscription: subscription(LAPTOP),
        send_at: from_now(milliseconds),
        expires_at: from_now(milliseconds + 600_000),
        body: body_of(text).into(),
    }
}

/// Has a relay push to that service.
pub fn pushes_to(service: &PushService) -> impl FnOnce(&mut Config) {
    let named = service.named();
    move |config| {
        config.push.services = named;
        config.push.subject = "mailto:me@relay.example".into();
    }
}

/// A laptop and a phone of one vault at a relay; the laptop's socket.
pub struct World {
    pub http: Http,
    pub vault: Vault,
    pub laptop: Device,
    pub phone: Device,
    pub socket: Socket,
    requests: u64,
}

impl World {
    pub async fn at(url: &str) -> Self {
        let (laptop, phone) = (Device::named("laptop"), Device::named("phone"));
        let mut vault = Vault::begin(&laptop, &Device::named("paper"));
        vault.take(vault.adding(&laptop, &phone));
        let http = Http::new(url);
        assert!(http.register(&vault, None).await.status < 300);
        let socket = http.connect(&laptop, vault.account()).await;
        Self { http, vault, laptop, phone, socket, requests: 0 }
    }

    /// With a subscription of the laptop at `service`.
    pub async fn subscribed(url: &str, service: &PushService) -> Self {
        let mut world = Self::at(url).await;
        world.subscribe(LAPTOP, &format!("{}/laptop", service.url)).await;
        world
    }

    pub async fn ask(&mut self, frame: impl FnOnce(u64) -> ClientFrame) -> ServerFrame {
        self.requests += 1;
        self.socket.ask(&frame(self.requests)).await
    }

    pub async fn try_subscribe(&mut self, n: u8, endpoint: &str) -> (Option<ErrorCode>, String) {
        let (subscription, endpoint) = (subscription(n), endpoint.to_owned());
        let put = |request| ClientFrame::PutSubscription { request, subscription, endpoint };
        let answer = self.ask(put).await;
        let ServerFrame::SubscriptionStored { refusal, message, .. } = answer else { panic!("{answer:?}") };
        (refusal, message.unwrap_or_default())
    }

    pub async fn subscribe(&mut self, n: u8, endpoint: &str) {
        assert_eq!(self.try_subscribe(n, endpoint).await, (None, String::new()));
    }

    /// The phone's subscription, put by itself.
    pub async fn subscribe_phone(&mut self, service: &PushService) {
        let mut socket = self.http.connect(&self.phone, self.vault.account()).await;
        let (subscription, endpoint) = (subscription(PHONE), format!("{}/phone", service.url));
        let answer = socket.ask(&ClientFrame::PutSubscription { request: 1, subscription, endpoint }).await;
        assert_eq!(answer, ServerFrame::SubscriptionStored { request: 1, refusal: None, message: None });
    }

    pub async fn push(&mut self) -> (Vec<u8>, Vec<(DeviceId, SubscriptionId)>) {
        let answer = self.ask(|request| ClientFrame::GetPush { request }).await;
        let ServerFrame::Push { key, subscriptions, .. } = answer else { panic!("{answer:?}") };
        let subscriptions = subscriptions.into_iter().map(|s| (s.device, s.subscription)).collect();
        (key.expect("a relay that pushes").to_vec(), subscriptions)
    }

    pub async fn put(&mut self, notices: &[Notice]) -> Vec<RefusedNotice> {
        let notices = notices.to_vec();
        let answer = self.ask(|request| ClientFrame::PutNotices { request, notices }).await;
        let ServerFrame::NoticesStored { refused, .. } = answer else { panic!("{answer:?}") };
        refused
    }

    pub async fn cancel(&mut self, names: &[u8]) -> u32 {
        let notices = names.iter().map(|n| NoticeId::new([*n; 32])).collect();
        let answer = self.ask(|request| ClientFrame::CancelNotices { request, notices }).await;
        let ServerFrame::NoticesCancelled { cancelled, .. } = answer else { panic!("{answer:?}") };
        cancelled
    }

    pub async fn states(&mut self) -> Vec<(u8, NoticeState, Option<FailReason>)> {
        let answer = self.ask(|request| ClientFrame::GetNotices { request, after: None }).await;
        let ServerFrame::NoticeStates { notices, more: false, .. } = answer else { panic!("{answer:?}") };
        notices.iter().map(|s| (s.notice.as_bytes()[0], s.state, s.reason)).collect()
    }

    /// The states, once the notice is not pending any more: it was pushed before that is written down.
    pub async fn settled(&mut self, n: u8) -> Vec<(u8, NoticeState, Option<FailReason>)> {
        let began = Instant::now();
        loop {
            let states = self.states().await;
            let state = states.iter().find(|(name, ..)| *name == n).map(|(_, state, _)| *state);
            if state != Some(NoticeState::Pending) {
                return states;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{states:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// What they say.
pub fn texts(came: &[Delivery]) -> Vec<String> {
    came.iter().map(|d| text_of(&d.body)).collect()
}
