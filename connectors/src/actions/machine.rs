//! The course of one command, pure: what happens next, given what happened. No clock, no socket, no database.
//!
//! The promise: whatever fails, and wherever the sender crashes, an action has at most one effect, and it ends VERIFIED only
//! when the effect was read back. The rules behind it:
//!
//! * Look before sending: the probe finds what an earlier sending left. Steps that it shows as done are not repeated.
//! * An answer that was lost says nothing. The probe is asked again after a while; only when it shows the step as not done,
//!   *and* the step may be repeated, is it sent again. Otherwise a person has to look.
//! * What was surely never sent goes back to wait; what was refused ends, after undoing the steps before it.

use std::time::Duration;

use super::verdict::Verdict;

/// Leases of one command before a person has to look. The first four end after [`RUN_MAX`] and the rest of a lease of a
/// minute each, so that a system may be silent for five minutes.
pub(super) const ATTEMPTS_MAX: i64 = 5;
/// How long one lease is spent on trying again. It stays below the lease of a minute, with room for one slow answer.
pub(super) const RUN_MAX: Duration = Duration::from_secs(25);
/// The first pause after trouble; it doubles.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause after trouble within one lease.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// How often somebody else may win the race for the record before we give up.
const CONFLICTS_MAX: u32 = 3;

/// Whether a step may be sent again when the probe shows that it was not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Resend {
    /// No: it may still be on its way. A person looks.
    #[default]
    Never,
    /// Yes: twice is the same as once, because it sets a state or is bound to the version of a record.
    Repeatable,
    /// Yes: the system itself takes the command's id as a key and has one effect for it.
    Keyed,
}

/// What the machine knows of an action.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Its steps in order.
    pub(super) steps: Vec<Resend>,
    /// Whether it has a probe.
    pub(super) probe: bool,
    /// How many steps undo a half-done action.
    pub(super) undo: usize,
    /// How long to wait before the probe is believed after a lost answer.
    pub(super) settle: Duration,
    /// How long the effect may take to show.
    pub(super) deadline: Duration,
    /// How often it is looked for.
    pub(super) every: Duration,
}

/// What the driver does next, and then tells the machine about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Do {
    /// Ask the probe. [`Event::Probed`]
    Probe,
    /// Read the record again; `require`: and check that the action is still right. [`Event::Checked`]
    Precheck { require: bool },
    /// Record that something is about to be sent. [`Event::Told`]
    TellSent,
    /// Record that the system accepted everything. [`Event::Told`]
    TellAcked,
    /// Send a step. [`Event::Answered`]
    Step(usize),
    /// Send a step that undoes. [`Event::Answered`]
    Undo(usize),
    /// Read the effect. [`Event::Shown`]
    Read,
    /// Wait. [`Event::Waited`]
    Pause(Duration),
    /// Done with this lease.
    End(End),
}

/// How a lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The effect was read back.
    Verified(String),
    /// It was accepted, and the read-back shows something else.
    Mismatch(String),
    /// It was refused, and nothing is left behind unless the text says so.
    Rejected(String),
    /// Nobody knows; a person has to look.
    Unknown(String),
    /// Nobody knows yet: the command stays as it is, and is taken up again when its lease ends.
    Later(String),
    /// Surely nothing was sent: the command goes back to wait.
    Unsent(String),
}

/// Trouble with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It surely had no effect: not connected, told to come back later.
    NotDone { problem: String, again_after: Option<Duration> },
    /// It may have had its effect.
    Lost(String),
    /// The system will go on saying no.
    Refused(String),
}

/// What happened.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The command was leased for the `attempts`th time.
    Leased { attempts: i64 },
    /// For each step, whether it is done; or trouble.
    Probed(Result<Vec<bool>, Trouble>),
    /// The record was read; `Some`: why the action is not right any more.
    Checked(Result<Option<String>, Trouble>),
    /// It was recorded.
    Told,
    /// A step was answered.
    Answered(Verdict),
    /// What still misses of the effect; nothing: it is there.
    Shown(Result<Vec<String>, Trouble>),
    /// The pause is over.
    Waited,
    /// Somebody stopped the commands of this system.
    Stopped(String),
}

/// Where a command is.
#[derive(Debug)]
pub(super) struct Machine {
    shape: Shape,
    attempts: i64,
    /// Steps that are known to be done.
    done: Vec<bool>,
    /// Steps that may have been sent, by this sender or an earlier one, without an answer that says what became of them.
    open: Vec<bool>,
    /// The step that was sent last.
    current: usize,
    told_sent: bool,
    conflicts: u32,
    troubles: u32,
    /// What to do after a pause.
    after_pause: Option<Do>,
    /// Why the action ends as refused, while it is being undone.
    refusal: Option<String>,
    /// A refusal that an earlier sending of ours may have caused, and of which step; the probe is asked once more before it
    /// is believed.
    doubt: Option<(String, usize)>,
    /// When reading the effect began.
    reading_since: Option<Duration>,
}

impl Machine {
    pub(super) fn new(shape: Shape) -> Self {
        let steps = shape.steps.len();
        Self {
            shape,
            attempts: 1,
            done: vec![false; steps],
            open: vec![false; steps],
            current: 0,
            told_sent: false,
            conflicts: 0,
            troubles: 0,
            after_pause: None,
            refusal: None,
            doubt: None,
            reading_since: None,
        }
    }

    /// What to do next. `elapsed` is the time since the command was leased.
    pub(super) fn next(&mut self, event: Event, elapsed: Duration) -> Do {
        match event {
            Event::Leased { attempts } => self.leased(attempts),
            Event::Probed(Ok(done)) => self.probed(done),
            Event::Probed(Err(Trouble::Refused(problem))) => self.blind(problem),
            Event::Probed(Err(trouble)) => self.unread(trouble, Do::Probe, elapsed),
            Event::Checked(Ok(None)) => self.send(),
            Event::Checked(Ok(Some(reason)) | Err(Trouble::Refused(reason))) => self.refused(reason),
            Event::Checked(Err(trouble)) => self.unread(trouble, Do::Precheck { require: !self.begun() }, elapsed),
            Event::Told if self.is_complete() => self.read(elapsed),
            Event::Told => Do::Step(self.current),
            Event::Answered(verdict) if self.refusal.is_some() => self.undone(verdict, elapsed),
            Event::Answered(verdict) => self.answered(verdict, elapsed),
            Event::Shown(shown) => self.shown(shown, elapsed),
            Event::Waited => self.after_pause.take().unwrap_or(Do::Probe),
            Event::Stopped(reason) => self.give_up(reason),
        }
    }

    fn leased(&mut self, attempts: i64) -> Do {
        self.attempts = attempts;
        if attempts > 1 {
            // An earlier sender may have got to any step before it went silent.
            self.open.fill(true);
        }
        match self.shape.probe {
            true => Do::Probe,
            false => self.without_probe(),
        }
    }

    fn without_probe(&mut self) -> Do {
        match self.first_unsafe() {
            Some(step) => unknown_step(step),
            None => Do::Precheck { require: !self.open.contains(&true) },
        }
    }

    fn probed(&mut self, done: Vec<bool>) -> Do {
        self.troubles = 0;
        // A later step is only done when those before it are.
        self.done = (0..done.len()).map(|step| done[step..].contains(&true)).collect();
        if self.is_complete() {
            return Do::TellAcked;
        }
        if let Some((reason, step)) = self.doubt.take()
            && !self.done[step]
        {
            return Do::End(End::Unknown(format!("{reason}; and an earlier sending may still take effect")));
        }
        // A step is only sent after all before it are done: behind the first that is not, nothing was sent.
        let first = self.first_open_end();
        self.open.iter_mut().skip(first + 1).for_each(|open| *open = false);
        match self.first_unsafe() {
            Some(step) => unknown_step(step),
            None => Do::Precheck { require: !self.begun() },
        }
    }

    /// The first step that may have been sent, is not shown as done, and may not be sent again.
    fn first_unsafe(&self) -> Option<usize> {
        (0..self.done.len())
            .find(|&step| self.open[step] && !self.done[step] && self.shape.steps[step] == Resend::Never)
    }

    fn first_open_end(&self) -> usize {
        self.done.iter().position(|done| !done).unwrap_or(self.done.len())
    }

    fn begun(&self) -> bool {
        self.done.contains(&true)
    }

    fn is_complete(&self) -> bool {
        !self.done.contains(&false)
    }

    fn send(&mut self) -> Do {
        self.troubles = 0;
        self.current = self.first_open_end();
        if self.is_complete() {
            return Do::TellAcked;
        }
        if self.told_sent {
            return Do::Step(self.current);
        }
        self.told_sent = true;
        Do::TellSent
    }

    fn answered(&mut self, verdict: Verdict, elapsed: Duration) -> Do {
        let step = self.current;
        match verdict {
            Verdict::Success => {
                (self.done[step], self.open[step], self.troubles) = (true, false, 0);
                self.send()
            }
            Verdict::ActionRequired(text) => self.refused(format!("the system asks for something else first: {text}")),
            Verdict::Refused(text) => self.refused(text),
            Verdict::Conflict(text) => {
                self.conflicts += 1;
                if self.conflicts >= CONFLICTS_MAX {
                    return self.refused(format!("somebody else changes the record: {text}"));
                }
                if self.shape.probe { Do::Probe } else { Do::Precheck { require: true } }
            }
            Verdict::Auth(text) => self.give_up(format!("we are not let in: {text}")),
            Verdict::NotDone { problem, again_after } => self.again(problem, again_after, Do::Step(step), elapsed),
            Verdict::Transient(problem) | Verdict::Unknown(problem) => {
                self.open[step] = true;
                if !self.shape.probe && self.shape.steps[step] == Resend::Never {
                    return Do::End(End::Unknown(format!("{problem}; and nothing tells whether it was done")));
                }
                let next = if self.shape.probe { Do::Probe } else { Do::Step(step) };
                self.again(problem, Some(self.shape.settle), next, elapsed)
            }
        }
    }

    /// Without the probe we are blind: what may have been sent stays unknown.
    fn blind(&self, problem: String) -> Do {
        let problem = format!("it can not be looked whether it was done: {problem}");
        Do::End(match self.begun() || self.open.contains(&true) {
            true => End::Unknown(problem),
            false => End::Rejected(problem),
        })
    }

    /// A refusal ends the action, once what was done before it is undone.
    fn refused(&mut self, reason: String) -> Do {
        if self.open.contains(&true) {
            return match self.shape.probe {
                true => {
                    self.doubt = Some((reason, self.first_open_end()));
                    Do::Probe
                }
                false => Do::End(End::Unknown(format!("{reason}; and an earlier sending may have taken effect"))),
            };
        }
        if self.begun() && self.shape.undo > 0 {
            self.refusal = Some(reason);
            self.current = 0;
            return Do::Undo(0);
        }
        let reason = if self.begun() { format!("{reason}; the steps before it stay done") } else { reason };
        Do::End(End::Rejected(reason))
    }

    fn undone(&mut self, verdict: Verdict, elapsed: Duration) -> Do {
        let reason = self.refusal.clone().unwrap_or_default();
        match verdict {
            Verdict::Success => {
                self.current += 1;
                match self.current < self.shape.undo {
                    true => Do::Undo(self.current),
                    false => Do::End(End::Rejected(reason)),
                }
            }
            Verdict::NotDone { problem, again_after } => {
                self.again(problem, again_after, Do::Undo(self.current), elapsed)
            }
            // The next lease finds by the probe what is left, is refused again, and undoes again.
            Verdict::Transient(problem) | Verdict::Unknown(problem) => self.give_up(problem),
            other => Do::End(End::Unknown(format!(
                "{reason}; and what was done before can not be undone: {}",
                other.text().unwrap_or_default()
            ))),
        }
    }

    fn read(&mut self, elapsed: Duration) -> Do {
        self.reading_since.get_or_insert(elapsed);
        Do::Read
    }

    fn shown(&mut self, shown: Result<Vec<String>, Trouble>, elapsed: Duration) -> Do {
        let since = self.reading_since.unwrap_or_default();
        if shown.as_ref().is_ok_and(Vec::is_empty) {
            return Do::End(End::Verified("the effect was read back".to_owned()));
        }
        if elapsed < since + self.shape.deadline {
            self.after_pause = Some(Do::Read);
            return Do::Pause(self.shape.every);
        }
        Do::End(match shown {
            Ok(missing) => End::Mismatch(format!("it was accepted, and the system shows: {}", missing.join("; "))),
            Err(trouble) => End::Unknown(format!("it was accepted, and can not be read back: {}", trouble.text())),
        })
    }

    /// A read that failed says nothing of the effect; it is tried again.
    fn unread(&mut self, trouble: Trouble, read: Do, elapsed: Duration) -> Do {
        let again_after = match &trouble {
            Trouble::NotDone { again_after, .. } => *again_after,
            Trouble::Lost(_) | Trouble::Refused(_) => None,
        };
        self.again(trouble.text().to_owned(), again_after, read, elapsed)
    }

    fn again(&mut self, problem: String, after: Option<Duration>, next: Do, elapsed: Duration) -> Do {
        let pause = PAUSE_MIN.saturating_mul(2_u32.saturating_pow(self.troubles)).min(PAUSE_MAX);
        let pause = pause.max(after.unwrap_or_default());
        self.troubles += 1;
        if elapsed + pause > RUN_MAX {
            return self.give_up(problem);
        }
        self.after_pause = Some(next);
        Do::Pause(pause)
    }

    /// The time of this lease is over, or we may not go on.
    fn give_up(&self, problem: String) -> Do {
        let maybe_sent = self.begun() || self.open.contains(&true);
        Do::End(match (maybe_sent, self.attempts < ATTEMPTS_MAX) {
            (false, _) => End::Unsent(problem),
            (true, true) => End::Later(problem),
            (true, false) => End::Unknown(format!("nobody knows whether it was done: {problem}")),
        })
    }
}

impl Trouble {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::NotDone { problem, .. } | Self::Lost(problem) | Self::Refused(problem) => problem,
        }
    }
}

fn unknown_step(step: usize) -> Do {
    let step = step + 1;
    Do::End(End::Unknown(format!(
        "step {step} may have been sent and does not show; it must not be sent twice without a look"
    )))
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
