//! `quick`: a line that is understood, said and written.

use super::tick;
use super::write::{self, Plan, Planned};
use crate::args;
use crate::error::{Error, Result};
use crate::output::Answer;
use crate::vault::Vault;
use engine::RecordId;
use life::quick::{Understood, understand};
use life::{LogAction, RecordType};
use serde_json::json;

/// Plans what the line means.
pub async fn quick(vault: &mut Vault, args: &args::Quick) -> Result<Planned> {
    let moment = write::moment(vault).await?;
    let habits = super::day::all(vault, "habit").await?;
    let shown: Vec<_> = habits.into_iter().filter(|row| !row.deleted).collect();
    let understood = understand(&args.words.join(" "), &shown, moment.today)
        .map_err(|error| Error::usage("not_understood", error.to_string()))?;
    let said = understood.to_string();
    if args.dry_run {
        return Ok(Planned::Nothing(Answer::new(
            json!({ "understood": said }),
            format!("Understood: {said}"),
        )));
    }
    let planned = match &understood {
        Understood::Task(task) => {
            let id = RecordId::random(vault.driver.rng());
            write::create(vault, RecordType::find("task")?, id, task.assignments(), "added").await?
        }
        Understood::Log { habit, date, state, .. } => {
            let habit = vault.row(&habit.id.to_string()).await?;
            tick::habit(vault, &habit, (*date, LogAction::Set(*state)), None).await?
        }
    };
    Ok(with_words(planned, said))
}

/// The same, its answer beginning with what was understood.
fn with_words(planned: Planned, said: String) -> Planned {
    let add = move |mut answer: Answer| {
        if let Some(object) = answer.json.as_object_mut() {
            object.insert("understood".to_owned(), json!(said));
        }
        answer.text = format!("Understood: {said}\n{}", answer.text);
        answer
    };
    match planned {
        Planned::Change(Plan { edits, touches, finish }) => {
            Planned::Change(Plan { edits, touches, finish: Box::new(move |rows| add(finish(rows))) })
        }
        Planned::Nothing(answer) => Planned::Nothing(add(answer)),
        Planned::Elsewhere => Planned::Elsewhere,
    }
}
