use std::time::Duration;

use super::{Change, Event, Job, LineId, NotDown, Plant, PlantOptions, State};

const OPTIONS: PlantOptions =
    PlantOptions { seed: 7, first_fault_after: Duration::from_secs(20), repair_time: Duration::from_secs(25) };

fn job(number: &str, quantity: u32) -> Job {
    Job { number: number.to_owned(), quantity, good: 0, scrap: 0 }
}

/// A plant whose lines have `orders` orders each.
fn plant(options: PlantOptions, orders: usize) -> Plant {
    let mut plant = Plant::new(&options);
    for line in LineId::ALL {
        for i in 0..orders {
            plant.enqueue(line, job(&format!("{}-{i}", line.code()), 120 + 30 * i as u32));
        }
    }
    plant
}

fn run(plant: &mut Plant, total: Duration, tick: Duration) -> Vec<Event> {
    let mut events = Vec::new();
    let end = plant.now() + total;
    while plant.now() < end {
        events.extend(plant.tick(tick.min(end - plant.now())));
    }
    events
}

fn states(events: &[Event], line: LineId) -> Vec<(Duration, State)> {
    events
        .iter()
        .filter(|event| event.line == line)
        .filter_map(|event| match event.change {
            Change::State(state) => Some((event.at, state)),
            _ => None,
        })
        .collect()
}

fn run_until(plant: &mut Plant, line: LineId, state: State) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..100_000 {
        events.extend(plant.tick(Duration::from_millis(20)));
        if states(&events, line).last().is_some_and(|(_, last)| *last == state) {
            return events;
        }
    }
    panic!("{line:?} never reached {state:?}");
}

#[test]
fn the_same_seed_tells_the_same_story_however_time_is_cut() {
    let hour = Duration::from_secs(3600);
    let fine = run(&mut plant(OPTIONS, 40), hour, Duration::from_millis(20));
    let coarse = run(&mut plant(OPTIONS, 40), hour, Duration::from_millis(7919));
    assert!(fine.len() > 10_000);
    assert_eq!(fine, coarse);

    let other = PlantOptions { seed: 8, ..OPTIONS };
    assert_ne!(fine, run(&mut plant(other, 40), hour, Duration::from_millis(20)));
}

#[test]
fn every_transition_is_legal_and_every_kind_of_stop_happens() {
    for seed in 0..8 {
        let options = PlantOptions { seed, ..OPTIONS };
        let events = run(&mut plant(options, 200), Duration::from_secs(4 * 3600), Duration::from_secs(1));
        for line in LineId::ALL {
            let mut last = State::Stopped;
            let mut seen = Vec::new();
            for (_, state) in states(&events, line) {
                assert!(last.may_enter(state), "seed {seed} {line:?}: {last:?} -> {state:?}");
                seen.push(state);
                last = state;
            }
            for state in [State::Aborted, State::Held, State::Stopped, State::Clearing, State::Complete] {
                assert!(seen.contains(&state), "seed {seed} {line:?} never {state:?}");
            }
        }
    }
}

#[test]
fn the_good_count_of_a_finished_order_is_exactly_its_quantity() {
    let events = run(&mut plant(OPTIONS, 30), Duration::from_secs(7200), Duration::from_millis(50));
    let mut finished = 0;
    for line in LineId::ALL {
        let (mut good, mut scrap) = (0, 0);
        for event in events.iter().filter(|event| event.line == line) {
            match &event.change {
                Change::Good(value) => {
                    assert!(*value == 0 || *value == good + 1, "{good} -> {value}");
                    good = *value;
                }
                Change::Scrap(value) => scrap = *value,
                Change::OrderFinished { number, good: made, scrap: lost } => {
                    let position: u32 = number[3..].parse().unwrap();
                    assert_eq!((*made, *lost), (120 + 30 * position, scrap));
                    assert_eq!(good, *made);
                    finished += 1;
                }
                _ => {}
            }
        }
    }
    assert!(finished > 20, "{finished}");
}

#[test]
fn the_first_fault_aborts_line_1_and_the_floor_repairs_it() {
    let events = run(&mut plant(OPTIONS, 5), Duration::from_secs(60), Duration::from_millis(20));
    let story = states(&events, LineId::One);
    let down = story.iter().position(|(_, state)| *state == State::Aborting).unwrap();
    assert_eq!(story[down].0, Duration::from_secs(20));
    let names: Vec<_> = story[down..].iter().map(|(_, state)| state.name()).take(8).collect();
    assert_eq!(names, ["Aborting", "Aborted", "Clearing", "Stopped", "Resetting", "Idle", "Starting", "Execute"]);
    assert_eq!(story[down + 2].0 - story[down + 1].0, OPTIONS.repair_time);
    for pair in story[down + 2..down + 8].windows(2) {
        let stay = pair[1].0 - pair[0].0;
        assert!((300..=1000).contains(&stay.as_millis()), "{:?} {stay:?}", pair[0].1);
    }
    let reasons: Vec<_> = events
        .iter()
        .filter_map(|event| match event.change {
            Change::StopReason(reason) => Some(reason.map_or(0, |reason| reason.number)),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [2101, 0]);
}

#[test]
fn faults_alternate_between_the_lines_every_one_to_two_minutes() {
    let events = run(&mut plant(OPTIONS, 200), Duration::from_secs(3600), Duration::from_secs(1));
    let faults: Vec<_> = events.iter().filter(|event| matches!(event.change, Change::StopReason(Some(_)))).collect();
    assert!(faults.len() > 25, "{}", faults.len());
    for pair in faults.windows(2) {
        assert_ne!(pair[0].line, pair[1].line);
        assert!(pair[1].at - pair[0].at >= Duration::from_secs(60));
    }
}

#[test]
fn a_restart_does_not_wait_for_the_floor_and_is_refused_to_a_running_line() {
    let mut plant = plant(OPTIONS, 5);
    run_until(&mut plant, LineId::One, State::Execute);
    assert_eq!(plant.restart(LineId::One), Err(NotDown));
    run_until(&mut plant, LineId::One, State::Aborted);
    let at = plant.now();
    plant.restart(LineId::One).unwrap();
    assert_eq!(plant.restart(LineId::One), Err(NotDown), "it is already on its way");
    run_until(&mut plant, LineId::One, State::Execute);
    assert!(plant.now() - at < Duration::from_secs(6));
}

#[test]
fn a_line_without_orders_waits_in_idle_and_starts_with_the_next_one() {
    let mut plant = plant(OPTIONS, 0);
    let events = run(&mut plant, Duration::from_secs(60), Duration::from_millis(100));
    assert_eq!(states(&events, LineId::Two).last().unwrap().1, State::Idle);
    plant.enqueue(LineId::Two, job("late", 10));
    let events = run(&mut plant, Duration::from_secs(20), Duration::from_millis(100));
    assert!(events.iter().any(|event| event.change == Change::OrderStarted("late".to_owned())));
    assert_eq!(states(&events, LineId::Two).last().unwrap().1, State::Idle);
}

#[test]
fn a_running_order_can_be_moved_to_the_other_line_and_is_finished_there() {
    for state in [State::Starting, State::Execute, State::Aborting, State::Aborted, State::Idle] {
        let mut plant = plant(OPTIONS, 3);
        run_until(&mut plant, LineId::One, State::Execute);
        if state != State::Execute {
            run_until(&mut plant, LineId::One, state);
        }
        assert!(!plant.move_order("L1-0", LineId::One), "it is there already");
        assert!(plant.move_order("L1-0", LineId::Two));
        assert!(!plant.move_order("L1-0", LineId::Two), "it has left");
        let events = run(&mut plant, Duration::from_secs(400), Duration::from_millis(100));
        let made = events.iter().find_map(|event| match &event.change {
            Change::OrderFinished { number, good, .. } if number == "L1-0" => Some((event.line, *good)),
            _ => None,
        });
        assert_eq!(made, Some((LineId::Two, 120)), "moved in {state:?}");
        let others = events
            .iter()
            .any(|event| event.line == LineId::One && event.change == Change::OrderStarted("L1-1".to_owned()));
        assert!(others, "line 1 goes on with its next order");
    }
}

#[test]
fn process_values_stay_near_their_set_point_with_rare_excursions() {
    let events = run(&mut plant(OPTIONS, 100), Duration::from_secs(3600), Duration::from_secs(1));
    for line in LineId::ALL {
        let band = line.profile().temperature;
        let values: Vec<f64> = events
            .iter()
            .filter(|event| event.line == line)
            .filter_map(|event| match event.change {
                Change::Temperature(value) => Some(value),
                _ => None,
            })
            .collect();
        let over = values.iter().filter(|value| **value > band.high).count();
        assert_eq!(values.len(), 3600);
        assert!(over > 20 && over < 720, "{line:?}: {over} of {} above the limit", values.len());
    }
}
