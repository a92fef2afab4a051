//! A relay in the test's own process, on a free port.

use std::num::NonZeroU32;
use std::sync::Arc;
use sync_server::config::{Config, Rates};
use sync_server::memory::MemoryStore;
use sync_server::serve::serve;
use sync_server::store::{Admission, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A relay that runs.
pub struct Server {
    pub url: String,
    pub store: Arc<MemoryStore>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    /// A relay in memory, open to all, without rates that get in the way.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// As [`Server::start`], set up otherwise.
    pub async fn start_with(set_up: impl FnOnce(&mut Config)) -> Self {
        let store = Arc::new(MemoryStore::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("a port"));
        let mut config = Config::new(url.parse().expect("an origin"));
        config.admission = Admission::Open;
        config.rates = Rates::default().times(NonZeroU32::new(1_000).expect("not zero"));
        set_up(&mut config);
        let (stop, stopped) = oneshot::channel();
        let shared: Arc<dyn Store> = store.clone();
        let ended = tokio::spawn(serve(listener, shared, config, async {
            let _dropped = stopped.await;
        }));
        Self { url, store, stop, ended }
    }

    /// Stops it and waits for its end.
    pub async fn stop(self) -> anyhow::Result<()> {
        let _gone = self.stop.send(());
        self.ended.await.expect("the server's task")
    }
}
