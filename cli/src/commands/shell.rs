//! What a shell and a manual want to know of these commands; both follow from their declarations.

use crate::args::{self, Cli};
use crate::error::{Error, Result};
use crate::output::Answer;
use clap::CommandFactory as _;
use serde_json::json;

const NAME: &str = "lifeos";

/// The script that makes a shell complete the commands.
pub fn completions(args: &args::Completions) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Answer::new(json!({ "shell": args.shell.to_string(), "script": script }), script.trim_end())
}

/// The manual: its first page, or all pages into a folder.
pub fn man(args: &args::Man) -> Result<Answer> {
    let Some(folder) = &args.output else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command())
            .render(&mut page)
            .map_err(|error| Error::failed("internal", error.to_string()))?;
        let page = String::from_utf8_lossy(&page).into_owned();
        return Ok(Answer::new(json!({ "page": page }), page.trim_end()));
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .map_err(|error| Error::io("write", folder, &error))?;
    Ok(Answer::new(json!({ "folder": folder }), format!("The pages are in {}.", folder.display())))
}
