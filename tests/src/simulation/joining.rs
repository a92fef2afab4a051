//! Joining a vault by phrase, over a simulated connection.

use super::device::{Device, ORIGIN};
use super::network::{Connection, SimRelay};
use engine::Config;
use engine::join::{Join, JoinStep};
use protocol::Chain;
use protocol::frame::ClientFrame;
use rand_chacha::ChaCha20Rng;
use seal::DeviceKeys;

/// A new device of the vault that `paper` belongs to.
pub fn join(
    name: &'static str,
    relay: &mut SimRelay,
    paper: DeviceKeys,
    vault: &Chain,
    config: Config,
    rng: &mut ChaCha20Rng,
) -> Device {
    let connection = Connection::new(relay, vault.account(), [7; 32]);
    let join = Join::new(paper, DeviceKeys::generate(rng), vault.space(), ORIGIN.into());
    attempt(name, connection, join, config, rng, false).unwrap()
}

/// As [`join`], where it may come to nothing: the relay refuses, or `interrupted` after it has taken the link, so that a
/// member is left behind that no machine is.
pub fn attempt(
    name: &'static str,
    mut connection: Connection,
    mut join: Join,
    config: Config,
    rng: &mut ChaCha20Rng,
    interrupted: bool,
) -> Result<Device, String> {
    for _ in 0..100 {
        while let Some(frame) = connection.down.pop_front() {
            match join.on_frame(rng, &frame).map_err(|e| e.to_string())? {
                JoinStep::Send(frames) => connection.up.extend(frames),
                JoinStep::Done(joined) => {
                    return Ok(Device::install(
                        name,
                        config,
                        &joined.device,
                        &joined.chain,
                        &joined.ring,
                        rng,
                    ));
                }
            }
        }
        let appends =
            |bytes: &Vec<u8>| matches!(ClientFrame::from_bytes(bytes), Ok(ClientFrame::AppendLinks { .. }));
        let last = interrupted && connection.up.front().is_some_and(appends);
        // Nothing is resumed here, so the relay asks for no time.
        connection.serve(0);
        if last {
            return Err("interrupted".into());
        }
    }
    Err(format!("joining did not come to an end: {:?}", connection.ended))
}
