//! The program `lifeos`. See the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    lifeos::run(std::env::args_os().collect())
}
