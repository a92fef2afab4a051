//! Reserved.
fn main() {}
