//! Holds carried into an ERP and a WMS over real sockets, whatever fails on the way: one effect, or a person who looks.
//!
//! The systems are simulated; what reads them and writes to them is what `serve` runs. Each keeps a ledger of every change that
//! a client made, so that an effect that nobody hears of is counted too.

use std::time::Duration;

use chrono::TimeDelta;
use model::{
    CaseClass, CaseState, Disposition, EvidenceKind,
    entity::{
        command::{self, Action, CommandState},
        exception_case, hold,
    },
};
use serde_json::Value;
use simulator::{BusinessSystem, Fault, FaultKind};
use tests::{
    World,
    asks::{done, place_hold, release_hold},
    business::{BOTH, IVY, Stage, code},
    on_both,
    people::{MIA, OLGA},
    until::{PATIENCE, until},
};
use workflow::{commands::Outbox, service::StopCommands};

/// A lot that every system knows.
const LOT: &str = "T-0000000";
/// What ERP and WMS call a lot that may be used, and one that may not.
const FREE: [&str; 2] = ["01", "AVAILABLE"];
const BLOCKED: [&str; 2] = ["08", "BLOCKED"];

/// Both systems, and a lot that both claim.
async fn stage(world: World) -> Stage {
    let stage = Stage::new(world, |_| {}).await;
    stage.business.add_lots(1);
    stage.read_both().await;
    assert_eq!(stage.world.lot(LOT).await.unwrap().disposition, Disposition::Unrestricted);
    assert_eq!(statuses(&stage), FREE);
    stage
}

async fn held(stage: &Stage) -> (hold::Model, exception_case::Model) {
    let world = &stage.world;
    let lot = world.lot(LOT).await.unwrap();
    let hold = world.hold(done(&world.ask(OLGA, place_hold(&lot)).await)).await;
    let mut cases = world.table::<exception_case::Entity>().await;
    cases.retain(|case| case.class == CaseClass::QualityHold);
    (hold, cases.remove(0))
}

fn statuses(stage: &Stage) -> [String; 2] {
    BOTH.map(|system| stage.status(system, LOT))
}

/// What the system's own API answers about the lot, to anybody who asks.
async fn answered(stage: &Stage, system: BusinessSystem) -> Value {
    let business = &stage.business;
    let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    let request = match system {
        BusinessSystem::Erp => {
            let key = format!("Material='FG-SAUCE-340',BatchIdentifyingPlant='',Batch='{LOT}'");
            let url = format!("{}/sap/opu/odata/sap/API_BATCH_SRV/Batch({key})?$format=json", business.erp_url);
            client.get(url).basic_auth("PLANTGRAPH", Some("erp-pass"))
        }
        _ => {
            let id = business.wms_lot_id(LOT).unwrap();
            client.get(format!("{}/api/lots/{id}", business.wms_url)).bearer_auth("wms-token")
        }
    };
    let body: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    match system {
        BusinessSystem::Erp => body["d"]["MatlBatchIsInRstrcdUseStock"].clone(),
        _ => body["status"].clone(),
    }
}

/// What the twin has of the words of a system about the lot.
async fn claimed(stage: &Stage, system: BusinessSystem) -> Option<String> {
    let (world, lot) = (&stage.world, stage.world.lot(LOT).await.unwrap());
    let records = world.view().references_of(&[lot.id.0]).await.unwrap();
    let record = records.into_iter().find(|record| record.source_id == world.nord.sources[code(system)]).unwrap();
    record.says().unwrap()["disposition"].canonical.clone()
}

on_both! {
    async fn a_hold_blocks_the_lot_in_both_systems_and_its_release_frees_it(world: World) {
        let stage = stage(world.clone()).await;
        let jobs = stage.run().await;
        let (hold, case) = held(&stage).await;
        let reaches = async |wanted: CaseState| {
            until("the case moves on", PATIENCE, async || {
                let case = world.case(case.id).await;
                if case.state == wanted { Ok(()) } else { Err((case.state, world.table::<command::Entity>().await)) }
            })
            .await;
        };
        reaches(CaseState::Contained).await;
        assert_eq!(answered(&stage, BusinessSystem::Erp).await, true);
        assert_eq!(answered(&stage, BusinessSystem::Wms).await, "BLOCKED");
        until("the twin reads it", PATIENCE, async || {
            let disposition = world.lot(LOT).await.unwrap().disposition;
            if disposition == Disposition::Restricted { Ok(()) } else { Err(disposition) }
        })
        .await;
        done(&world.ask(MIA, release_hold(&hold)).await);
        reaches(CaseState::Closed).await;
        assert_eq!(answered(&stage, BusinessSystem::Erp).await, false);
        assert_eq!(answered(&stage, BusinessSystem::Wms).await, "AVAILABLE");
        until("the twin reads it", PATIENCE, async || {
            let disposition = world.lot(LOT).await.unwrap().disposition;
            if disposition == Disposition::Unrestricted { Ok(()) } else { Err(disposition) }
        })
        .await;
        jobs.cancel();
        for system in BOTH {
            for action in [Action::BlockLot, Action::ReleaseLot] {
                use CommandState::{Acked, Leased, Pending, Sent, Verified, Verifying};
                let row = stage.command(system, action).await;
                let course = stage.course(row.id).await;
                assert_eq!(course, [Pending, Leased, Sent, Acked, Verifying, Verified], "{system:?} {action}");
            }
            assert_eq!(stage.effects(system, LOT).len(), 2, "{system:?}");
        }
    }

    async fn the_twin_believes_what_it_reads_and_not_what_was_commanded(world: World) {
        let stage = stage(world.clone()).await;
        let (_, case) = held(&stage).await;
        for system in BOTH {
            stage.carry_out(system).await;
            assert_eq!(stage.command(system, Action::BlockLot).await.state, CommandState::Verified);
        }
        assert_eq!((statuses(&stage), world.case(case.id).await.state), (BLOCKED.map(String::from), CaseState::Contained));
        for system in BOTH {
            assert_eq!(claimed(&stage, system).await.as_deref(), Some("UNRESTRICTED"), "nobody has read it yet");
        }
        // Somebody undoes it there before it is read: that is what counts.
        assert!(stage.business.set_lot(BusinessSystem::Wms, LOT, Some("AVAILABLE"), None));
        stage.read_both().await;
        assert_eq!(claimed(&stage, BusinessSystem::Erp).await.as_deref(), Some("RESTRICTED"));
        assert_eq!(claimed(&stage, BusinessSystem::Wms).await.as_deref(), Some("UNRESTRICTED"));
    }

    async fn the_kill_switch_keeps_commands_waiting_and_lets_them_go_afterwards(world: World) {
        let stage = stage(world.clone()).await;
        let switch = |system, stopped| StopCommands { source: world.nord.sources[code(system)], stopped };
        done(&world.ask(IVY, switch(BusinessSystem::Wms, true)).await);
        let (_, case) = held(&stage).await;
        let jobs = stage.run().await;
        until("the ERP blocks", PATIENCE, async || {
            let row = stage.command(BusinessSystem::Erp, Action::BlockLot).await;
            if row.state == CommandState::Verified { Ok(()) } else { Err(row) }
        })
        .await;
        until("the command says why it waits", PATIENCE, async || {
            let row = stage.command(BusinessSystem::Wms, Action::BlockLot).await;
            let says = row.outcome.as_deref().is_some_and(|outcome| outcome.contains("stopped"));
            if says { Ok(()) } else { Err(row) }
        })
        .await;
        let row = stage.command(BusinessSystem::Wms, Action::BlockLot).await;
        assert_eq!((row.state, row.attempts), (CommandState::Pending, 0));
        assert_eq!(statuses(&stage), [BLOCKED[0], FREE[1]]);
        assert_eq!(world.case(case.id).await.state, CaseState::Assigned, "the WMS may still ship it");
        done(&world.ask(IVY, switch(BusinessSystem::Wms, false)).await);
        until("it goes out", PATIENCE, async || {
            let case = world.case(case.id).await;
            if case.state == CaseState::Contained { Ok(()) } else { Err(case.state) }
        })
        .await;
        jobs.cancel();
        assert_eq!(statuses(&stage), BLOCKED);
        assert_eq!(stage.effects(BusinessSystem::Wms, LOT).len(), 1);
    }

    /// The answer never comes, and the process dies waiting for it: nobody knows, until the next one looks.
    async fn a_sender_that_dies_without_an_answer_is_followed_by_one_that_looks_first(world: World) {
        let stage = stage(world.clone()).await;
        held(&stage).await;
        for system in BOTH {
            stage.business.inject(system, Fault::new(FaultKind::TimeoutAfterEffect).on(ACTS[usize::from(system != BOTH[0])]));
            killed(&stage, system, CommandState::Sent).await;
            followed(&stage, system).await;
        }
        assert_eq!(statuses(&stage), BLOCKED);
    }

    /// The system accepted it, and shows what was before: the process dies reading back.
    async fn a_sender_that_dies_while_it_reads_back_is_followed_by_one_that_sends_nothing(world: World) {
        let stage = stage(world.clone()).await;
        held(&stage).await;
        for system in BOTH {
            stage.business.inject(system, Fault::new(FaultKind::StaleReadBack).on("write").ms(60_000));
            killed(&stage, system, CommandState::Verifying).await;
            followed(&stage, system).await;
        }
        assert_eq!(statuses(&stage), BLOCKED);
    }
}

/// How the systems call what blocks a lot.
const ACTS: [&str; 2] = ["patch-batch", "block-lot"];

/// A sender takes the command so far, and dies.
async fn killed(stage: &Stage, system: BusinessSystem, state: CommandState) {
    let name = code(system).to_lowercase();
    let short = Duration::from_secs(600);
    let lease = stage.world.store.take_lease(&name, "test", short).await.unwrap().unwrap();
    let outbox = Outbox::new(stage.world.store.clone(), stage.world.nord.sources[code(system)], lease);
    let (there, mine) = (stage.clone(), outbox.clone());
    let sender = stage.world.background().0.spawn(async move { there.carry_out_of(system, mine).await });
    until("it takes effect, and nobody knows", PATIENCE, async || {
        let row = stage.command(system, Action::BlockLot).await;
        let effects = stage.effects(system, LOT);
        if row.state == state && effects.len() == 1 { Ok(()) } else { Err((row, effects)) }
    })
    .await;
    sender.abort();
    assert!(sender.await.unwrap_err().is_cancelled());
    stage.business.heal(system);
    // The process is gone: its lease ends, and somebody else takes over.
    stage.world.store.take_lease(&name, "test", Duration::ZERO).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let lease = stage.world.store.take_lease(&name, "another process", short).await.unwrap().unwrap();
    let row = stage.command(system, Action::BlockLot).await;
    let late = outbox.moved(row.id, CommandState::Verified, None).await;
    assert!(late.is_err(), "who has lost the lease has no say any more");
    stage.lease_ends(row.id).await;
    let next = Outbox::new(stage.world.store.clone(), stage.world.nord.sources[code(system)], lease);
    stage.carry_out_of(system, next).await;
}

/// The next sender found what the first had done.
async fn followed(stage: &Stage, system: BusinessSystem) {
    let row = stage.command(system, Action::BlockLot).await;
    assert_eq!((row.state, row.attempts), (CommandState::Verified, 2), "{row:?}");
    let effects = stage.effects(system, LOT);
    assert_eq!(effects.len(), 1, "{effects:?}");
    assert_eq!(effects[0].key, row.id.to_string());
}

/// What becomes of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// It has its one effect, and that was read back.
    Verified,
    /// The system said yes, and did nothing: a person looks.
    Mismatch,
}

/// Blocks the lot and gives it free while both systems fail like this.
async fn under(world: World, faults: &[Fault], ends: Ends) {
    let stage = stage(world.clone()).await;
    let arm =
        || BOTH.iter().for_each(|system| faults.iter().for_each(|fault| stage.business.inject(*system, fault.clone())));
    arm();
    let (hold, case) = held(&stage).await;
    tokio::join!(stage.carry_out(BOTH[0]), stage.carry_out(BOTH[1]));
    judge(&stage, Action::BlockLot, BLOCKED, ends, &case).await;
    BOTH.iter().for_each(|system| stage.business.heal(*system));
    arm();
    done(&world.ask(MIA, release_hold(&hold)).await);
    tokio::join!(stage.carry_out(BOTH[0]), stage.carry_out(BOTH[1]));
    if ends == Ends::Verified {
        judge(&stage, Action::ReleaseLot, FREE, ends, &case).await;
        assert_eq!(world.case(case.id).await.state, CaseState::Closed);
    }
    for system in BOTH {
        let mut keys: Vec<_> = stage.effects(system, LOT).into_iter().map(|effect| effect.key).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all, "no command has two effects: {keys:?}");
        stage.business.heal(system);
    }
    stage.read_both().await;
    let expected =
        if ends == Ends::Verified { Disposition::Unrestricted } else { world.lot(LOT).await.unwrap().disposition };
    assert_eq!(world.lot(LOT).await.unwrap().disposition, expected);
}

async fn judge(stage: &Stage, action: Action, wanted: [&str; 2], ends: Ends, case: &exception_case::Model) {
    let case = stage.world.case(case.id).await;
    for (system, wanted) in BOTH.into_iter().zip(wanted) {
        let row = stage.command(system, action).await;
        let effects: Vec<_> =
            stage.effects(system, LOT).into_iter().filter(|effect| effect.key == row.id.to_string()).collect();
        match ends {
            Ends::Verified => {
                assert_eq!(row.state, CommandState::Verified, "{system:?}: {row:?}, {effects:?}");
                assert_eq!(effects.len(), 1, "{system:?}: {row:?}, {effects:?}");
                assert_eq!(stage.status(system, LOT), wanted, "{system:?}");
            }
            Ends::Mismatch => {
                assert_eq!(row.state, CommandState::Mismatch, "{system:?}: {row:?}, {effects:?}");
                assert!(effects.is_empty(), "{system:?}: {effects:?}");
                let tasks = stage.world.open_tasks(&case).await;
                let asks = tasks
                    .iter()
                    .any(|task| task.title.contains("MISMATCH") && task.evidence_required == Some(EvidenceKind::Text));
                assert!(asks, "somebody is asked to look: {tasks:?}");
                assert!(case.state.is_open() && case.state != CaseState::Contained);
            }
        }
    }
}

fn write(fault: FaultKind) -> Fault {
    Fault::new(fault).on("write")
}

fn read(fault: FaultKind) -> Fault {
    Fault::new(fault).on("read")
}

macro_rules! faults {
    ($($(#[$meta:meta])* $name:ident: [$($fault:expr),+] => $ends:ident;)+) => {
        on_both! {$(
            $(#[$meta])*
            async fn $name(world: World) {
                under(world, &[$($fault),+], Ends::$ends).await;
            }
        )+}
    };
}

faults! {
    nothing_fails: [write(FaultKind::Slow).ms(1)] => Verified;
    it_is_done_and_no_answer_comes: [write(FaultKind::TimeoutAfterEffect).ms(1_500)] => Verified;
    it_is_done_and_the_answer_is_500: [write(FaultKind::ErrorAfterEffect)] => Verified;
    it_is_done_and_the_answer_is_503: [Fault { status: Some(503), ..write(FaultKind::ErrorAfterEffect) }] => Verified;
    it_is_not_done_and_the_answer_is_500: [write(FaultKind::Error)] => Verified;
    it_is_not_done_twice_and_the_answers_are_500: [write(FaultKind::Error).times(2)] => Verified;
    it_is_not_done_and_then_done_unheard: [write(FaultKind::Error), write(FaultKind::ErrorAfterEffect)] => Verified;
    it_is_said_to_be_done_and_is_not: [write(FaultKind::LostUpdate)] => Mismatch;
    it_is_done_and_does_not_show_for_a_while: [write(FaultKind::StaleReadBack).ms(1_500)] => Verified;
    it_is_slow: [write(FaultKind::Slow).ms(2_000)] => Verified;
    the_connection_breaks_before_it_is_done: [write(FaultKind::Reset)] => Verified;
    the_connection_breaks_after_it_is_done: [write(FaultKind::ResetAfterEffect)] => Verified;
    the_answer_is_cut_in_half: [write(FaultKind::Truncated)] => Verified;
    too_much_is_asked: [write(FaultKind::RateLimited).ms(2_000)] => Verified;
    it_restarts_before_it_is_done: [write(FaultKind::Restart).ms(1_500)] => Verified;
    it_can_not_be_looked_whether_it_was_done: [
        write(FaultKind::ErrorAfterEffect), read(FaultKind::Error).times(3)
    ] => Verified;
    reading_back_breaks_in_every_way: [
        read(FaultKind::Slow).ms(1).times(3), read(FaultKind::Truncated), read(FaultKind::Reset),
        read(FaultKind::MalformedRecord), read(FaultKind::RateLimited), read(FaultKind::Half)
    ] => Verified;
}

on_both! {
    /// The system fails for longer than a command may take.
    async fn what_nobody_can_tell_in_the_end_goes_to_a_person(world: World) {
        let stage = stage(world.clone()).await;
        let (_, case) = held(&stage).await;
        for system in BOTH {
            // Four senders have tried, and nothing can be read any more.
            let row = stage.command(system, Action::BlockLot).await;
            let attempts = command::Model { attempts: 4, ..row.clone() };
            let mut tx = world.store.begin(model::store::Actor::system("test", "earlier senders")).await.unwrap();
            tx.update::<command::Entity>(&row, attempts, model::journal::ChangeKind::CommandMoved).await.unwrap();
            tx.commit().await.unwrap();
            stage.business.inject(system, read(FaultKind::Error).times(1_000));
        }
        let begun = world.now();
        tokio::join!(stage.carry_out(BOTH[0]), stage.carry_out(BOTH[1]));
        assert!(world.now() - begun < TimeDelta::seconds(90));
        for system in BOTH {
            let row = stage.command(system, Action::BlockLot).await;
            assert_eq!(row.state, CommandState::Unknown, "{row:?}");
            assert!(stage.effects(system, LOT).is_empty(), "what can not be looked at is not sent again");
        }
        let tasks = world.open_tasks(&world.case(case.id).await).await;
        assert_eq!(tasks.iter().filter(|task| task.title.contains("UNKNOWN")).count(), 2, "{tasks:?}");
    }
}
