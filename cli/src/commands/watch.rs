//! `watch`: stays connected and prints what changes. It reconnects by itself and ends on Ctrl-C or SIGTERM.

use crate::driver::Closed;
use crate::error::Result;
use crate::net::Relay;
use crate::output::{self, Note};
use crate::records;
use crate::sync::{self, Broken};
use crate::vault::Vault;
use engine::{Notice, Row};
use rand_core::Rng as _;
use std::time::Duration;

/// Wait before the first attempt to reconnect.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why the watching of one connection ended.
enum End {
    /// The person wants it.
    Stopped,
    /// The connection is gone.
    Closed(Closed),
}

/// Prints changed records, one JSON object a line, until it is stopped.
pub async fn watch(vault: &mut Vault) -> Result<()> {
    let relay = vault.relay()?;
    let stop = stopped();
    tokio::pin!(stop);
    let mut pause = FIRST_PAUSE;
    loop {
        let connected = tokio::select! {
            connected = sync::connect(vault, &relay) => connected,
            () = &mut stop => return Ok(()),
        };
        let broken = match connected {
            Ok(()) => {
                vault.form.note(&Note::new("connected", format!("connected to {}", relay.address())));
                pause = FIRST_PAUSE;
                match follow(vault, &mut stop).await? {
                    End::Stopped => return Ok(()),
                    End::Closed(closed) => sync::ended(&relay, &closed),
                }
            }
            Err(broken) => broken,
        };
        let wait = match &broken {
            Broken::Lost(error) => spread(vault, pause).max(error.wait()),
            // It is about to know this vault.
            Broken::Unknown | Broken::Final(_) => FIRST_PAUSE,
        };
        recover(vault, &relay, broken, wait).await?;
        tokio::select! {
            () = tokio::time::sleep(wait) => pause = LONGEST_PAUSE.min(pause * 2),
            () = &mut stop => return Ok(()),
        }
    }
}

/// Between half of `pause` and all of it, so that not all devices come back to a relay at the same moment.
fn spread(vault: &mut Vault, pause: Duration) -> Duration {
    let share = f64::from(vault.driver.rng().next_u32()) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + share / 2.0)
}

/// Says what happened, and does what lets the next attempt go further.
async fn recover(vault: &Vault, relay: &Relay, broken: Broken, pause: Duration) -> Result<()> {
    match broken {
        Broken::Final(error) => Err(error),
        Broken::Unknown => sync::introduce(vault, relay, None).await.map(|_| ()),
        Broken::Lost(error) => {
            let message =
                format!("{}; trying again in {:.1} s", error.report(relay.address()), pause.as_secs_f32());
            vault.form.note(&Note::new("disconnected", message));
            Ok(())
        }
    }
}

/// Prints what changes while the connection stands.
async fn follow(vault: &mut Vault, mut stop: impl Future<Output = ()> + Unpin) -> Result<End> {
    loop {
        while vault.driver.has_work() {
            vault.driver.work().await?;
        }
        let mut changed: Vec<Row> = Vec::new();
        vault.notices(|notice| {
            if let Notice::Changed(rows) = notice {
                changed.extend_from_slice(rows);
            }
        });
        for row in &changed {
            output::line(&records::view(row).to_string())?;
        }
        if let Some(closed) = vault.driver.take_closed() {
            return Ok(End::Closed(closed));
        }
        // Only the waiting is cut short, never work half done.
        tokio::select! {
            () = vault.driver.idle() => {}
            () = &mut stop => return Ok(End::Stopped),
        }
    }
}

/// Ends when the person or the system wants the process to end.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}
