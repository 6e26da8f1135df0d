//! The job of an order, and the line that runs it.

use model::{
    JobOrderId, JobState, LineId, Quantity,
    entity::{job_order, line, production_order},
    journal::ChangeKind,
    store::Tx,
};

use crate::error::Error;

/// The job of an order: its line as the order's source plans it, its state as the order's state tells unless a line runs it.
pub(super) async fn job(tx: &mut Tx, order: &production_order::Model, line_code: Option<&str>) -> Result<(), Error> {
    let lines = tx.job_lines(order.plant_id).await?;
    let planned = lines.iter().find(|line| Some(line.code.as_str()) == line_code).map(|line| line.id);
    let running = lines.iter().find(|line| line.active_order_number.as_deref() == Some(order.number.as_str()));
    let told = JobState::of_request(order.state);
    let over = matches!(told, JobState::Ended | JobState::Aborted);
    let state = if running.is_some() && !over { JobState::Running } else { told };
    let line_id = running.map(|line| line.id).or(planned);
    let job = match tx.job_job_order_of(order.id).await? {
        None => {
            let zero = Quantity::default();
            let row = job_order::Model {
                id: JobOrderId::new(),
                plant_id: order.plant_id,
                order_id: order.id,
                line_id,
                state,
                good_quantity: zero,
                scrap_quantity: zero,
                sub_state: None,
                readiness: None,
                readiness_detail: None,
                readiness_at: None,
                revision: 0,
            };
            tx.create::<job_order::Entity>(row, ChangeKind::Created).await?
        }
        Some(before) => {
            let after = job_order::Model { line_id, state, ..before.clone() };
            if after == before {
                before
            } else {
                tx.update::<job_order::Entity>(&before, after, ChangeKind::Updated).await?
            }
        }
    };
    match running {
        Some(line) if line.active_job_order_id != Some(job.id) => link(tx, line.id, job.id).await,
        _ => Ok(()),
    }
}

/// A line named this order before the order was known.
async fn link(tx: &mut Tx, line: LineId, job: JobOrderId) -> Result<(), Error> {
    if let Some(row) = tx.job_lock::<line::Entity>(line.0).await? {
        let after = line::Model { active_job_order_id: Some(job), ..row.clone() };
        tx.update::<line::Entity>(&row, after, ChangeKind::ActiveOrderChanged).await?;
    }
    Ok(())
}
