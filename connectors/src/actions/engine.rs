//! One command from its lease to its last word: does what the machine says, over the transport of the system.

use std::future::Future;

use model::entity::command::CommandState;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::{
    action::{Action, Claim, Read, Rule, Step},
    gate::Gate,
    machine::{Do, End, Event, Machine, Shape, Trouble},
    transport::{Answer, Intent, Transport},
    verdict::Verdict,
};
use crate::{
    Error,
    manifest::{Expression, Scope},
};

/// The longest text of a system that goes into an outcome: what people can read at a glance.
const TEXT_CHARS_MAX: usize = 400;

/// Who keeps the state of the command, and may stop it.
pub(super) trait Desk: Send {
    /// Why nothing may be sent to this system now.
    fn stopped(&mut self) -> impl Future<Output = Result<Option<String>, Error>> + Send;
    /// Records where the command is.
    fn moved(&mut self, state: CommandState) -> impl Future<Output = Result<(), Error>> + Send;
}

/// What drives one command.
pub(super) struct Engine<'a, T, D> {
    pub(super) action: &'a Action,
    /// The rules of the system, after those of the action.
    pub(super) rules: &'a [Rule],
    pub(super) transport: &'a mut T,
    pub(super) gate: &'a mut Gate,
    pub(super) desk: &'a mut D,
    /// `command` and `option`.
    pub(super) scope: Scope,
    /// What was kept of the answers.
    pub(super) kept: Map<String, Value>,
}

impl<T: Transport, D: Desk> Engine<'_, T, D> {
    /// Runs one lease of a command.
    ///
    /// # Errors
    /// Those of the desk. What goes wrong at the system becomes the end.
    pub(super) async fn run(&mut self, attempts: i64) -> Result<End, Error> {
        let began = Instant::now();
        let mut machine = Machine::new(self.action.shape());
        let mut event = Event::Leased { attempts };
        loop {
            let next = machine.next(event, began.elapsed());
            tracing::debug!(?next, "a command moves on");
            event = match next {
                Do::End(end) => return Ok(end),
                Do::Probe => Event::Probed(self.probe().await),
                Do::Precheck { require } => Event::Checked(self.precheck(require).await),
                Do::TellSent => match self.stopped().await? {
                    Some(reason) => Event::Stopped(reason),
                    None => self.tell(CommandState::Sent).await?,
                },
                Do::TellAcked => {
                    self.tell(CommandState::Acked).await?;
                    self.tell(CommandState::Verifying).await?
                }
                Do::Step(step) => match self.stopped().await? {
                    Some(reason) => Event::Stopped(reason),
                    None => Event::Answered(self.act(&self.action.steps[step]).await),
                },
                Do::Undo(step) => Event::Answered(self.act(&self.action.compensate.steps[step]).await),
                Do::Read => Event::Shown(self.shown().await),
                Do::Pause(time) => {
                    sleep(time).await;
                    Event::Waited
                }
            };
        }
    }

    async fn stopped(&mut self) -> Result<Option<String>, Error> {
        match self.gate.closed() {
            Some(reason) => Ok(Some(reason)),
            None => self.desk.stopped().await,
        }
    }

    async fn tell(&mut self, state: CommandState) -> Result<Event, Error> {
        self.desk.moved(state).await?;
        Ok(Event::Told)
    }

    async fn probe(&mut self) -> Result<Vec<bool>, Trouble> {
        let action = self.action;
        if let Some(probe) = &action.probe {
            self.reads(&probe.reads).await?;
        }
        let scope = self.seen();
        let done = |step: &Step| match &step.done {
            Some(done) => done.holds(&scope).map_err(Trouble::Refused),
            None => Ok(false),
        };
        action.steps.iter().map(done).collect()
    }

    async fn precheck(&mut self, require: bool) -> Result<Option<String>, Trouble> {
        let action = self.action;
        self.reads(&action.precheck.reads).await?;
        if !require {
            return Ok(None);
        }
        let scope = self.seen();
        Ok(unmet(&action.precheck.require, &scope).map_err(Trouble::Refused)?.into_iter().next())
    }

    async fn shown(&mut self) -> Result<Vec<String>, Trouble> {
        let action = self.action;
        self.reads(&action.closure.reads).await?;
        // What can not be judged is not contrary: perhaps the next look can.
        unmet(&action.closure.all, &self.seen()).map_err(Trouble::Lost)
    }

    async fn reads(&mut self, reads: &[Read]) -> Result<(), Trouble> {
        for read in reads {
            let scope = self.seen();
            let wanted = read.when.as_ref().map_or(Ok(true), |when| when.holds(&scope)).map_err(Trouble::Refused)?;
            if !wanted {
                continue;
            }
            let request = read.request.render(&scope).map_err(Trouble::Refused)?;
            let answer = self.read(&request, read.accept.as_ref()).await?;
            self.keep(&read.keep, &answer).map_err(Trouble::Refused)?;
        }
        Ok(())
    }

    async fn read(&mut self, request: &Value, accept: Option<&Expression>) -> Result<Answer, Trouble> {
        self.gate.pass().await;
        let answer = self.transport.send(request, Intent::Read).await;
        let verdict = match &answer {
            Ok(answer) => match accept.map(|accept| accept.holds(&self.answered(answer))) {
                Some(Ok(true)) => Verdict::Success,
                Some(Err(problem)) => Verdict::Refused(problem),
                Some(Ok(false)) | None => self.judge(&[], answer),
            },
            Err(failure) => Verdict::of(failure.clone()),
        };
        self.gate.heard(verdict.is_trouble());
        match (verdict, answer) {
            (Verdict::Success, Ok(answer)) => Ok(answer),
            (Verdict::NotDone { problem, again_after }, _) => Err(Trouble::NotDone { problem, again_after }),
            (Verdict::Refused(text) | Verdict::ActionRequired(text), _) => Err(Trouble::Refused(text)),
            // To read changes nothing: it may simply be done again.
            (verdict, _) => Err(Trouble::NotDone {
                problem: verdict.text().unwrap_or("there is no answer").to_owned(),
                again_after: None,
            }),
        }
    }

    async fn act(&mut self, step: &Step) -> Verdict {
        let request = match step.request.render(&self.seen()) {
            Ok(request) => request,
            Err(problem) => return Verdict::Refused(format!("{}: the request can not be made: {problem}", step.name)),
        };
        self.gate.pass().await;
        let verdict = match self.transport.send(&request, Intent::Act).await {
            Ok(answer) => match self.judge(&step.classify, &answer) {
                Verdict::Success => match self.keep(&step.keep, &answer) {
                    Ok(()) => Verdict::Success,
                    Err(problem) => Verdict::Unknown(format!("{}: {problem}", step.name)),
                },
                other => other,
            },
            Err(failure) => Verdict::of(failure),
        };
        tracing::debug!(step = step.name, ?verdict, "a step was answered");
        self.gate.heard(verdict.is_trouble());
        verdict
    }

    /// The first rule that holds; the rules of the step, of the action, of the system, and of its kind.
    fn judge(&self, rules: &[Rule], answer: &Answer) -> Verdict {
        let scope = self.answered(answer);
        for rule in rules.iter().chain(&self.action.classify).chain(self.rules) {
            // A rule that can not be judged, because the answer has not the field it asks for, does not hold.
            if rule.when.holds(&scope).unwrap_or(false) {
                let text = rule.text.as_ref().and_then(|text| text.value(&scope).ok());
                let text = text.map_or_else(|| summary(answer), |text| plain(&text));
                return rule.meaning.with(text);
            }
        }
        self.transport.judge(answer)
    }

    fn keep(&mut self, keep: &indexmap::IndexMap<String, Expression>, answer: &Answer) -> Result<(), String> {
        for (name, expression) in keep {
            let value = expression.value(&self.answered(answer)).map_err(|problem| format!("{name}: {problem}"))?;
            self.kept.insert(name.clone(), value);
        }
        Ok(())
    }

    fn seen(&self) -> Scope {
        self.scope.clone().with("read", Value::Object(self.kept.clone()))
    }

    fn answered(&self, answer: &Answer) -> Scope {
        self.seen().with("http", answer.http()).with("body", answer.body.clone())
    }
}

impl Action {
    fn shape(&self) -> Shape {
        Shape {
            steps: self.steps.iter().map(|step| step.resend).collect(),
            probe: self.probe.is_some(),
            undo: self.compensate.steps.len(),
            settle: self.settle,
            deadline: self.closure.deadline,
            every: self.closure.every,
        }
    }
}

/// What does not hold, in words.
fn unmet(claims: &[Claim], scope: &Scope) -> Result<Vec<String>, String> {
    let mut unmet = Vec::new();
    for claim in claims {
        if !claim.that.holds(scope)? {
            let text =
                claim.otherwise.render(scope).map_or_else(|_| claim.that.source().to_owned(), |text| plain(&text));
            unmet.push(text);
        }
    }
    Ok(unmet)
}

/// The beginning of an answer, for people.
pub(super) fn summary(answer: &Answer) -> String {
    let body = match &answer.body {
        Value::Null => String::new(),
        body => format!(": {}", plain(body)),
    };
    format!("{}{body}", answer.status)
}

/// A text of a system: cut, and without what could forge a line.
pub(super) fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_CHARS_MAX).collect()
}
