//! A relay in the test's own process, on a free port.

use std::num::NonZeroU32;
use std::sync::Arc;
use sync_server::config::{Config, Rates};
use sync_server::memory::MemoryStore;
use sync_server::passkeys::Passkeys;
use sync_server::serve::serve;
use sync_server::store::{Admission, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A relay that runs.
pub struct Server<S: ?Sized = MemoryStore> {
    /// Its public URL, or its address if that name leads nowhere.
    pub url: String,
    /// Its address.
    pub address: String,
    pub store: Arc<S>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

/// Called by a name, as browsers want it for passkeys, and under a path if there is one.
pub fn named(base: &'static str) -> impl FnOnce(&mut Config) {
    move |config| {
        let url = config.origin().as_str().replace("127.0.0.1", "localhost");
        config.public_url = format!("{url}{base}").parse().expect("a public URL");
        config.passkeys = Passkeys::new(&config.public_url, None).expect("passkeys");
    }
}

impl Server {
    /// A relay in memory, open to all, without rates that get in the way.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// As [`Server::start`], set up otherwise.
    pub async fn start_with(set_up: impl FnOnce(&mut Config)) -> Self {
        let store = Arc::new(MemoryStore::new());
        let Server { url, address, stop, ended, .. } = Server::start_over(store.clone(), set_up).await;
        Self { url, address, store, stop, ended }
    }
}

impl Server<dyn Store> {
    /// As [`Server::start_with`], with a store of any kind.
    pub async fn start_over(store: Arc<dyn Store>, set_up: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("a port"));
        let mut config = Config::new(address.parse().expect("a public URL"));
        config.admission = Admission::Open;
        config.rates = Rates::default().times(NonZeroU32::new(1_000).expect("not zero"));
        set_up(&mut config);
        let (origin, base) = (config.origin().as_str(), config.public_url.base());
        // A test that calls the relay by a name it does not have dials the address.
        let url = if origin.contains("localhost") { format!("{origin}{base}") } else { address.clone() };
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve(listener, store.clone(), config, async {
            let _dropped = stopped.await;
        }));
        Self { url, address, store, stop, ended }
    }
}

impl<S: ?Sized> Server<S> {
    /// Stops it and waits for its end.
    pub async fn stop(self) -> anyhow::Result<()> {
        let _gone = self.stop.send(());
        self.ended.await.expect("the server's task")
    }
}
