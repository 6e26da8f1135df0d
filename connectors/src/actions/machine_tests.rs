//! Every failure at every step, and every crash: at most one effect, and never VERIFIED without it.

use proptest::prelude::*;

use super::*;

const SETTLE: Duration = Duration::from_secs(2);

fn shape(steps: Vec<Resend>, probe: bool, undo: usize) -> Shape {
    let (deadline, every) = (Duration::from_secs(5), Duration::from_secs(1));
    Shape { steps, probe, undo, settle: SETTLE, deadline, every }
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Fine,
    NotSent,
    Busy,
    Auth,
    LostBefore,
    LostAfter,
    /// The answer is lost, and the effect comes this many seconds later.
    LostLate(u64),
    FailsBefore,
    FailsAfter,
    Refused,
    Wizard,
    Conflict,
    Gibberish,
    Crash,
    /// The sender dies after the system did it.
    CrashAfter,
    Stopped,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Fine),
        1 => Just(Fate::NotSent),
        1 => Just(Fate::Busy),
        1 => Just(Fate::Auth),
        2 => Just(Fate::LostBefore),
        2 => Just(Fate::LostAfter),
        2 => (1_u64..90).prop_map(Fate::LostLate),
        1 => Just(Fate::FailsBefore),
        2 => Just(Fate::FailsAfter),
        1 => Just(Fate::Refused),
        1 => Just(Fate::Wizard),
        1 => Just(Fate::Conflict),
        1 => Just(Fate::Gibberish),
        1 => Just(Fate::Crash),
        1 => Just(Fate::CrashAfter),
        1 => Just(Fate::Stopped),
    ]
}

/// A system with one flag per step, and a ledger of what was done to it.
struct System {
    now: Duration,
    kinds: Vec<Resend>,
    ledger: Vec<u32>,
    /// Effects on their way: when, which step.
    late: Vec<(Duration, usize)>,
}

impl System {
    fn new(kinds: Vec<Resend>) -> Self {
        Self { now: Duration::ZERO, ledger: vec![0; kinds.len()], kinds, late: Vec::new() }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        let (due, late) = self.late.iter().partition(|(at, _)| *at <= self.now);
        self.late = late;
        let due: Vec<(Duration, usize)> = due;
        due.into_iter().for_each(|(_, step)| self.effect(step));
    }

    fn effect(&mut self, step: usize) {
        // A key, or setting what is set already, makes no second effect.
        if self.kinds[step] == Resend::Never || self.ledger[step] == 0 {
            self.ledger[step] += 1;
        }
    }

    fn done(&self) -> Vec<bool> {
        self.ledger.iter().map(|count| *count > 0).collect()
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Ended(End),
    Crashed,
}

fn read<T>(fate: Fate, answer: T) -> Result<Result<T, Trouble>, Ended> {
    Ok(match fate {
        Fate::Crash | Fate::CrashAfter => return Err(Ended::Crashed),
        Fate::NotSent | Fate::Busy | Fate::Auth => Err(Trouble::NotDone { problem: "down".into(), again_after: None }),
        Fate::LostBefore | Fate::FailsBefore | Fate::Gibberish => Err(Trouble::Lost("silence".into())),
        _ => Ok(answer),
    })
}

fn act(system: &mut System, step: usize, fate: Fate) -> Result<Event, Ended> {
    let text = || "it says so".to_owned();
    let verdict = match fate {
        Fate::Fine => {
            system.effect(step);
            Verdict::Success
        }
        Fate::NotSent => Verdict::NotDone { problem: text(), again_after: None },
        Fate::Busy => Verdict::NotDone { problem: text(), again_after: Some(Duration::from_secs(7)) },
        Fate::Auth => Verdict::Auth(text()),
        Fate::LostBefore | Fate::FailsBefore => Verdict::Transient(text()),
        Fate::LostAfter | Fate::FailsAfter => {
            system.effect(step);
            Verdict::Transient(text())
        }
        Fate::LostLate(seconds) => {
            system.late.push((system.now + Duration::from_secs(seconds), step));
            Verdict::Transient(text())
        }
        Fate::Gibberish => Verdict::Unknown(text()),
        Fate::Refused => Verdict::Refused(text()),
        Fate::Wizard => Verdict::ActionRequired(text()),
        Fate::Conflict => Verdict::Conflict(text()),
        Fate::Crash => return Err(Ended::Crashed),
        Fate::CrashAfter => {
            system.effect(step);
            return Err(Ended::Crashed);
        }
        Fate::Stopped => return Ok(Event::Stopped(text())),
    };
    Ok(Event::Answered(verdict))
}

/// One lease: until it ends or the sender dies.
fn lease(shape: &Shape, system: &mut System, attempts: i64, fates: &mut impl Iterator<Item = Fate>) -> Ended {
    let mut machine = Machine::new(shape.clone());
    let began = system.now;
    let mut event = Event::Leased { attempts };
    for _ in 0..500 {
        let next = machine.next(event, system.now - began);
        let fate = fates.next().unwrap_or(Fate::Fine);
        let happened = match next {
            Do::End(end) => return Ended::Ended(end),
            Do::Probe => read(fate, system.done()).map(Event::Probed),
            Do::Precheck { .. } => read(fate, None).map(Event::Checked),
            Do::TellSent | Do::TellAcked => match fate {
                Fate::Crash => Err(Ended::Crashed),
                _ => Ok(Event::Told),
            },
            Do::Step(step) => act(system, step, fate),
            Do::Undo(_) => match fate {
                Fate::Crash => Err(Ended::Crashed),
                Fate::LostBefore => Ok(Event::Answered(Verdict::Transient("silence".into()))),
                _ => {
                    system.ledger.fill(0);
                    Ok(Event::Answered(Verdict::Success))
                }
            },
            Do::Read => {
                let missing = if system.done().contains(&false) { vec!["not there".to_owned()] } else { Vec::new() };
                read(fate, missing).map(Event::Shown)
            }
            Do::Pause(time) => {
                system.pass(time);
                Ok(Event::Waited)
            }
        };
        event = match happened {
            Ok(event) => event,
            Err(ended) => return ended,
        };
    }
    panic!("a lease does not end");
}

/// Leases until the command has a last word, as the outbox would.
fn whole(shape: &Shape, system: &mut System, fates: Vec<Fate>) -> Option<End> {
    let mut fates = fates.into_iter();
    let mut attempts = 0;
    for _ in 0..200 {
        attempts += 1;
        match lease(shape, system, attempts, &mut fates) {
            Ended::Ended(End::Unsent(_)) => attempts -= 1,
            Ended::Ended(End::Later(_)) | Ended::Crashed => {}
            Ended::Ended(end) => {
                system.pass(Duration::from_secs(600));
                return Some(end);
            }
        }
        system.pass(Duration::from_secs(60));
    }
    None
}

fn kind() -> impl Strategy<Value = Resend> {
    prop_oneof![Just(Resend::Never), Just(Resend::Repeatable), Just(Resend::Keyed)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fails_there_is_at_most_one_effect_and_the_last_word_is_true(
        kinds in prop::collection::vec(kind(), 1..4),
        probe in any::<bool>(),
        undo in 0_usize..2,
        fates in prop::collection::vec(fate(), 0..40),
    ) {
        let mut system = System::new(kinds.clone());
        // A request that is at work longer than the manifest believes may take effect after it was undone.
        let settles = !fates.iter().any(|fate| matches!(fate, Fate::LostLate(time) if *time > SETTLE.as_secs()));
        let end = whole(&shape(kinds, probe, undo), &mut system, fates);
        prop_assert!(system.ledger.iter().all(|count| *count <= 1), "{:?} {end:?}", system.ledger);
        match end {
            Some(End::Verified(_)) => prop_assert!(system.ledger.iter().all(|count| *count == 1)),
            Some(End::Rejected(text)) => {
                let left = system.ledger.iter().any(|count| *count > 0);
                prop_assert!(!left || !settles || text.contains("stay done"), "refused, and yet {:?}", system.ledger);
            }
            Some(End::Mismatch(_) | End::Unknown(_)) => {}
            other => prop_assert!(false, "no last word: {other:?}"),
        }
    }

    #[test]
    fn without_a_late_effect_a_keyed_action_always_gets_there(
        fates in prop::collection::vec(prop_oneof![
            Just(Fate::Fine), Just(Fate::NotSent), Just(Fate::LostBefore), Just(Fate::LostAfter), Just(Fate::FailsAfter),
            Just(Fate::CrashAfter), Just(Fate::Crash),
        ], 0..6),
    ) {
        let mut system = System::new(vec![Resend::Keyed]);
        let end = whole(&shape(vec![Resend::Keyed], true, 0), &mut system, fates);
        prop_assert!(matches!(end, Some(End::Verified(_))), "{end:?}");
        prop_assert_eq!(system.ledger, vec![1]);
    }
}

#[test]
fn a_lost_answer_of_a_step_that_must_not_be_repeated_is_unknown_unless_the_probe_shows_it() {
    for (fate, verified) in [(Fate::LostAfter, true), (Fate::LostBefore, false)] {
        let kinds = vec![Resend::Never];
        let mut system = System::new(kinds.clone());
        let end = whole(&shape(kinds, true, 0), &mut system, vec![Fate::Fine, Fate::Fine, Fate::Fine, fate]);
        assert_eq!(matches!(end, Some(End::Verified(_))), verified, "{end:?}");
        assert_eq!(matches!(end, Some(End::Unknown(_))), !verified, "{end:?}");
    }
}

#[test]
fn what_was_surely_not_sent_goes_back_to_wait() {
    let mut system = System::new(vec![Resend::Never]);
    let mut down = std::iter::repeat(Fate::NotSent);
    let ended = lease(&shape(vec![Resend::Never], true, 0), &mut system, 1, &mut down);
    assert!(matches!(ended, Ended::Ended(End::Unsent(_))), "{ended:?}");
    assert!(system.now <= RUN_MAX);
}

#[test]
fn a_wizard_is_a_refusal_with_the_systems_text() {
    let mut system = System::new(vec![Resend::Never]);
    let fates = vec![Fate::Fine, Fate::Fine, Fate::Fine, Fate::Wizard];
    let Some(End::Rejected(text)) = whole(&shape(vec![Resend::Never], true, 0), &mut system, fates) else {
        panic!("it was not refused")
    };
    assert!(text.contains("it says so"), "{text}");
}

#[test]
fn an_effect_that_does_not_show_is_a_mismatch_and_one_that_can_not_be_read_is_unknown() {
    let shape = shape(vec![Resend::Keyed], true, 0);
    let mut machine = Machine::new(shape);
    assert_eq!(machine.next(Event::Leased { attempts: 2 }, Duration::ZERO), Do::Probe);
    assert_eq!(machine.next(Event::Probed(Ok(vec![true])), Duration::ZERO), Do::TellAcked);
    assert_eq!(machine.next(Event::Told, Duration::ZERO), Do::Read);
    let missing = || Ok(vec!["stock in QUAR".to_owned()]);
    assert!(matches!(machine.next(Event::Shown(missing()), Duration::from_secs(1)), Do::Pause(_)));
    assert_eq!(machine.next(Event::Waited, Duration::from_secs(2)), Do::Read);
    let late = Duration::from_secs(6);
    assert!(
        matches!(machine.next(Event::Shown(missing()), late), Do::End(End::Mismatch(text)) if text.contains("QUAR"))
    );
    let silence = Err(Trouble::Lost("silence".to_owned()));
    assert!(matches!(machine.next(Event::Shown(silence), late), Do::End(End::Unknown(_))));
}
