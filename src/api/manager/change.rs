//! Changing the catalogue: one change at a time, tried again while another is under way, and there when it is answered.

use std::time::Duration;

use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::resident::Desk;
use crate::api::settled::{durably, with_lane};
use crate::domain::catalogue::InvalidDefinition;
use crate::domain::event::Event;
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::staff::NotChanged;

/// How long one waits between two tries.
const PAUSE: Duration = Duration::from_millis(1);
/// How long one tries in all.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    Yes,
    /// Something of this name is there already.
    CodeTaken,
}

/// Changes the catalogue. The change is durable and shown when this returns.
///
/// # Errors
/// Why nothing was changed.
pub(super) async fn change(desk: &Desk, by: ResidentNo, event: Event) -> Result<Changed, Problem> {
    let began = desk.clock.monotonic();
    loop {
        let queued = with_lane(|lane: &CommandLane| desk.engine.change_catalogue(lane, by, event.clone()));
        match queued {
            Ok(ticket) => {
                durably(ticket).await?;
                return Ok(Changed::Yes);
            }
            Err(NotChanged::Busy) if desk.clock.monotonic().saturating_sub(began) < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(NotChanged::Busy | NotChanged::Overloaded) => return Err(Problem::OVERLOADED),
            Err(NotChanged::Invalid(InvalidDefinition::CodeTaken(_))) => return Ok(Changed::CodeTaken),
            Err(NotChanged::Invalid(InvalidDefinition::Missing { .. })) => return Err(Problem::NotFound),
            Err(NotChanged::Invalid(invalid)) => return Err(fault_of(&invalid)),
        }
    }
}

/// A change of what has no name that could be taken.
///
/// # Errors
/// Why nothing was changed.
pub(super) async fn make(desk: &Desk, by: ResidentNo, event: Event) -> Result<(), Problem> {
    match change(desk, by, event).await? {
        Changed::Yes => Ok(()),
        Changed::CodeTaken => Err(taken()),
    }
}

/// The name that was chosen is another's.
pub(super) fn taken() -> Problem {
    FieldFault::new("id", Text::fixed("is taken", "已被使用")).into()
}

fn fault_of(invalid: &InvalidDefinition) -> Problem {
    FieldFault::new("", Text::new(invalid.to_string(), format!("不符合规则:{invalid}"))).into()
}
