//! `bindgen INPUT.wasm OUT_DIR`: makes the JavaScript and TypeScript that load the core in a worker.
//!
//! Invariant: the version of wasm-bindgen that makes the bindings is the one that the core was compiled with; both
//! stand in one Cargo.lock.

use anyhow::{Context as _, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, out] = arguments.as_slice() else { bail!("usage: bindgen INPUT.wasm OUT_DIR") };
    Bindgen::new()
        .input_path(input)
        .out_name("core_wasm")
        .web(true)
        .context("the target is a page")?
        .typescript(true)
        // Names of functions are half a megabyte that no browser needs; `target_features` stays.
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out)
        .with_context(|| format!("bindings of {input}"))
}
