//! One key, one effect.

use model::{Code, DecisionOption};
use tests::{
    asks::{acknowledge, conflict, decide, done, evidence, refused, resequence, waits},
    erp::order,
    floor::active_order,
    on_both,
    people::{ANN, ANN_TABLET, OLGA, PAT, PIA},
    together,
};

on_both! {
    async fn the_same_request_again_gets_the_first_result_and_has_no_effect(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        let first = world.ask_with("k", ANN, acknowledge(&case)).await;
        done(&first);
        let head = world.head().await;
        for _ in 0..3 {
            assert_eq!(world.ask_with("k", ANN, acknowledge(&case)).await, first);
        }
        assert_eq!(world.ask_with("k", ANN_TABLET, acknowledge(&case)).await, first, "the key is the person's");
        world.decided(PIA, &world.case(case.id).await, DecisionOption::Restart).await;
        assert_eq!(world.ask_with("k", ANN, acknowledge(&case)).await, first, "whatever happened since");
        assert!(world.head().await > head);
    }

    async fn a_key_is_not_used_for_another_request(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        let task = world.open_tasks(&case).await.remove(0);
        done(&world.ask_with("k", ANN, evidence(&task)).await);
        let head = world.head().await;
        assert_eq!(refused(&world.ask_with("k", ANN, acknowledge(&case)).await).code, Code::KeyReused);
        let other_words = workflow::service::AddEvidence { text: "something else".into(), ..evidence(&task) };
        assert_eq!(refused(&world.ask_with("k", ANN, other_words).await).code, Code::KeyReused);
        assert_eq!(world.head().await, head);
        done(&world.ask_with("k", OLGA, evidence(&task)).await);
    }

    async fn eight_times_at_once_under_one_key_is_once(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        let task = world.open_tasks(&case).await.remove(0);
        let replica = world.replica().await;
        for key in ["a", "b", "c"] {
            let outcomes = together((0..8).map(|number| {
                let world = if number % 2 == 0 { world.clone() } else { replica.clone() };
                let task = task.clone();
                async move { world.ask_with(key, ANN, evidence(&task)).await }
            }))
            .await;
            done(&outcomes[0]);
            assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
        }
        assert_eq!(world.view().evidence_of(&[case.id]).await.unwrap().len(), 3);
    }

    /// The same key on two cases at once: they meet at the key, not at a lock.
    async fn one_key_on_two_subjects_at_once_has_one_effect(world: World) {
        let floor = world.floor().await;
        let cases =
            [world.downtime_case(&floor, world.line("L1")).await, world.downtime_case(&floor, world.line("L2")).await];
        let outcomes = together(cases.clone().map(|case| {
            let world = world.clone();
            async move { world.ask_with("k", ANN, acknowledge(&case)).await }
        }))
        .await;
        let refusals = outcomes.iter().filter(|outcome| matches!(outcome, workflow::service::Outcome::Refused(_)));
        assert_eq!(
            refusals.map(|outcome| refused(outcome).code).collect::<Vec<_>>(),
            [Code::KeyReused],
            "{outcomes:?}"
        );
    }

    async fn a_refusal_is_not_kept(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        assert_eq!(refused(&world.ask_with("k", OLGA, acknowledge(&case)).await).code, Code::MissingRight);
        done(&world.ask_with("l", PIA, decide(&case, DecisionOption::CallMaintenance)).await);
        conflict(&world.ask_with("k", ANN, acknowledge(&case)).await);
        done(&world.ask_with("k", ANN, acknowledge(&world.case(case.id).await)).await);
    }

    async fn a_proposal_again_is_still_one_proposal_even_after_it_was_approved(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        world.erp().await.apply([order("1", "O-1").at(world.ago(7200))]).await;
        floor.send([active_order(line, "O-1", world.ago(3700))]).await;
        let case = world.downtime_case(&floor, line).await;
        let first = world.ask_with("k", ANN, resequence(&case, world.line("L2"))).await;
        assert_eq!(waits(&first), 1);
        assert_eq!(world.ask_with("k", ANN, resequence(&case, world.line("L2"))).await, first);
        done(&world.ask_with("k", PAT, resequence(&case, world.line("L2"))).await);
        assert_eq!(world.ask_with("k", ANN, resequence(&case, world.line("L2"))).await, first);
    }

    async fn a_key_has_a_length(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        for key in [String::new(), "k".repeat(129)] {
            assert_eq!(refused(&world.ask_with(&key, ANN, acknowledge(&case)).await).code, Code::InvalidInput);
        }
        done(&world.ask_with(&"k".repeat(128), ANN, acknowledge(&case)).await);
    }
}
