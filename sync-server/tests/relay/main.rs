//! The relay's tests: stores, sessions, HTTP, sockets and the program itself.

mod support;

mod conformance;
mod databases;
mod group_commit;
mod http;
mod program;
mod rules;
mod session;
mod sockets;
