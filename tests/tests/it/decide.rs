//! Deciding: one wins, and everybody else is told who.

use model::{CaseState, Code, DecisionOption, DecisionState, LineState, entity::exception_case};
use tests::{
    World,
    asks::{acknowledge, conflict, decide, done, refused},
    floor::state,
    on_both,
    people::{ANN, ARI, OLGA, PAT, PIA, ROBOT, crowd},
    plant::line,
    together,
};

/// Open cases on so many extra lines.
async fn cases(world: &World, count: usize) -> (World, Vec<exception_case::Model>) {
    let codes: Vec<_> = (0..count).map(|number| format!("X{number}")).collect();
    let world = world.redefine(|plant| plant.lines.extend(codes.iter().map(|code| line(code)))).await;
    let floor = world.floor().await;
    let lines: Vec<_> = codes.iter().map(|code| world.line(code)).collect();
    let down = |line| [state(line, LineState::Execute, world.ago(3600)), state(line, LineState::Held, world.ago(1800))];
    floor.send(lines.iter().flat_map(|line| down(*line))).await;
    assert_eq!(world.fire_due().await, count);
    let cases = world.view().open_cases_of(&lines).await.unwrap();
    (world, cases)
}

on_both! {
    async fn of_eight_who_decide_at_once_one_wins_and_the_others_are_told_who(world: World) {
        let people = crowd(&world.store, world.nord.plant, 8).await;
        let (world, cases) = cases(&world, 6).await;
        let replica = world.replica().await;
        for case in cases {
            let outcomes = together(people.iter().enumerate().map(|(number, person)| {
                let world = if number % 2 == 0 { world.clone() } else { replica.clone() };
                let (case, person) = (case.clone(), person.clone());
                async move { world.ask(&person, decide(&case, DecisionOption::Restart)).await }
            }))
            .await;
            let decided = world.case(case.id).await;
            let winner = decided.decided_by.clone().unwrap();
            assert_eq!(decided.state, CaseState::Executing);
            for (person, outcome) in people.iter().zip(&outcomes) {
                if *person == winner {
                    done(outcome);
                } else {
                    let told = conflict(outcome).expect("the winner is known");
                    assert_eq!((&told.name, told.did.as_str()), (&winner, "RESTART"));
                    assert_eq!(Some(told.at), decided.decided_at);
                }
            }
            assert_eq!(world.view().decisions_of(&[case.id]).await.unwrap().len(), 1, "the losers left no trace");
        }
    }

    async fn of_two_with_different_options_one_wins(world: World) {
        let (world, cases) = cases(&world, 8).await;
        for case in cases {
            let options = [(ANN, DecisionOption::Restart), (OLGA, DecisionOption::CallMaintenance)];
            let outcomes = together(options.map(|(person, option)| {
                let (world, case) = (world.clone(), case.clone());
                async move { world.ask(person, decide(&case, option)).await }
            }))
            .await;
            let effective = world.view().decisions_of(&[case.id]).await.unwrap();
            assert!(effective.iter().all(|decision| decision.state == DecisionState::Effective));
            assert_eq!(effective.len(), 1, "{outcomes:?}");
            let loser = if effective[0].option == DecisionOption::Restart { &outcomes[1] } else { &outcomes[0] };
            let winner = conflict(loser).expect("the winner is known");
            assert_eq!(winner.did, effective[0].option.as_str());
        }
    }

    async fn of_two_who_take_a_case_at_once_one_gets_it(world: World) {
        let (world, cases) = cases(&world, 8).await;
        for case in cases {
            let outcomes = together([ANN, PIA].map(|person| {
                let (world, case) = (world.clone(), case.clone());
                async move { world.ask(person, acknowledge(&case)).await }
            }))
            .await;
            let owner = world.case(case.id).await.owner_name.unwrap();
            let loser = if owner == "Ann" { &outcomes[1] } else { &outcomes[0] };
            let winner = conflict(loser).expect("the winner is known");
            assert_eq!((winner.name.as_str(), winner.did.as_str()), (owner.as_str(), "ACKNOWLEDGED"));
        }
    }

    async fn who_lacks_the_right_is_told_which_and_who_has_it(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        for person in [OLGA, PAT, ARI] {
            let outcome = world.ask(person, decide(&case, DecisionOption::Restart)).await;
            let refusal = refused(&outcome);
            assert_eq!((refusal.code, refusal.missing_right.as_deref()), (Code::MissingRight, Some("DECIDE_RESTART")));
            assert_eq!(refusal.who_can, ["Ann", "Pia"]);
        }
        let robot = world.ask(ROBOT, decide(&case, DecisionOption::Restart)).await;
        assert_eq!(refused(&robot).code, Code::ServiceAccount);
        assert_eq!(world.case(case.id).await, case);
    }

    /// The token is older than the rights: what counts is what the database says now.
    async fn a_role_that_was_not_in_the_verified_token_gives_no_right(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        let mut principal = world.principal(ANN).await;
        principal.grants.clear();
        let outcome =
            world.service.execute(&principal, "narrow", decide(&case, DecisionOption::Restart)).await.unwrap();
        assert_eq!(refused(&outcome).code, Code::NotFound);
        let mut forged = world.principal(OLGA).await;
        forged.grants.push((world.nord.plant, model::Role::PlantManager));
        let outcome = world.service.execute(&forged, "forged", decide(&case, DecisionOption::Restart)).await.unwrap();
        assert_eq!(refused(&outcome).code, Code::MissingRight);
    }

    async fn a_decision_needs_a_reason_and_a_case_that_waits_for_one(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        for reason in [String::new(), "  \n".to_owned(), "x".repeat(4_001)] {
            let bare = workflow::service::Decide { reason, ..decide(&case, DecisionOption::Restart) };
            assert_eq!(refused(&world.ask(ANN, bare).await).code, Code::InvalidInput);
        }
        let decided = world.decided(ANN, &case, DecisionOption::Restart).await;
        let late = world.ask(PIA, decide(&decided, DecisionOption::Restart)).await;
        assert_eq!(refused(&late).code, Code::InvalidState);
        let stale = world.ask(PIA, decide(&case, DecisionOption::Restart)).await;
        assert_eq!(conflict(&stale).unwrap().name, "Ann");
    }

    async fn the_choices_shown_are_those_that_may_be_taken(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        let (ann, olga) = (world.principal(ANN).await, world.principal(OLGA).await);
        let allowed = |principal, case| {
            let choices = world.service.choices(principal, case);
            choices.into_iter().filter(|choice| choice.allowed).map(|choice| choice.option).collect::<Vec<_>>()
        };
        assert_eq!(allowed(&ann, &case), DecisionOption::of(case.class));
        assert_eq!(allowed(&olga, &case), [DecisionOption::CallMaintenance]);
        let decided = world.decided(ANN, &case, DecisionOption::Restart).await;
        assert_eq!(allowed(&ann, &decided), []);
    }
}
