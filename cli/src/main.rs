//! The program `lifeos`. See the library of the same name.

use std::process::ExitCode;

/// Documents are made of many small pieces that come and go; glibc's allocator takes a third of the engine's time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lifeos::run(std::env::args_os().collect())
}
