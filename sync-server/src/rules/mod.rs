//! The judgement of what devices send. Pure: facts in, a verdict out; no clock, no database, no socket.
//!
//! Invariant: nothing is stored that these functions did not accept, whoever carried it here.

mod endpoints;
mod entries;
mod links;
mod manifests;
mod pushes;

pub use endpoints::{Endpoint, EndpointError, PushServices, is_global, push_service};
pub use entries::{Admitted, DeviceHead, Verdict, admit, judge_entry, place};
pub use links::{JudgedLinks, LinkRefusal, cut_fits, judge_chain, judge_links, offered};
pub use manifests::{JudgedManifest, is_void, judge_ack, judge_manifest, keeps_coverage};
pub use pushes::{Answer, judge_answer, retry_after};
