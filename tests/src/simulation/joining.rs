//! Joining a vault by phrase, over a simulated connection.

use super::device::{Device, ORIGIN};
use super::network::{Connection, SimRelay};
use engine::Config;
use engine::join::{Join, JoinStep};
use protocol::Chain;
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
    let keys = DeviceKeys::generate(rng);
    let mut connection = Connection::new(relay, vault.account(), [7; 32]);
    let mut join = Join::new(paper, keys, vault.space(), ORIGIN.into());
    for _ in 0..100 {
        while let Some(frame) = connection.down.pop_front() {
            match join.on_frame(rng, &frame).unwrap() {
                JoinStep::Send(frames) => connection.up.extend(frames),
                JoinStep::Done(joined) => {
                    return Device::install(name, config, &joined.device, &joined.chain, &joined.ring, rng);
                }
            }
        }
        connection.serve();
    }
    panic!("joining did not come to an end: {:?}", connection.ended);
}
