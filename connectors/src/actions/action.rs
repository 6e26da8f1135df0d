//! An action as a manifest declares it.

use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;

use super::{machine::Resend, verdict::Meaning};
use crate::{
    manifest::{Checked, Expression, Problem, Template, names},
    plant_file::duration,
};

/// How long an effect may take to show unless the manifest says otherwise.
const DEADLINE: Duration = Duration::from_secs(30);
/// The longest. A command that is being read back keeps the others of its system waiting.
const DEADLINE_MAX: Duration = Duration::from_secs(600);
/// How often an effect is looked for unless the manifest says otherwise.
const EVERY: Duration = Duration::from_secs(1);
/// The rarest and the most frequent look.
const EVERY_BOUNDS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(60)];
/// How long a lost request may still be at work in the system, unless the manifest says otherwise: longer than the longest
/// transaction that was seen in a business system.
const SETTLE: Duration = Duration::from_secs(5);
/// Steps of one action. A longer list is a program, and belongs into the system.
const STEPS_MAX: usize = 12;

/// One thing that a system can be asked to do, by a canonical word such as `BLOCK_LOT`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What it does there, for people.
    #[serde(default)]
    pub about: Option<String>,
    /// How to find what an earlier sending of the same command left behind. Asked before anything is sent.
    #[serde(default)]
    pub probe: Option<Look>,
    /// The record is read again, and the action must still be right.
    #[serde(default)]
    pub precheck: Precheck,
    /// What is sent, in order.
    pub steps: Vec<Step>,
    /// What an answer means: the first rule that holds. After the rules of the step, before those of the system.
    #[serde(default)]
    pub classify: Vec<Rule>,
    /// What has to be true before the action counts.
    pub closure: Closure,
    /// How it is taken back.
    #[serde(default)]
    pub compensate: Compensate,
    /// How long a request whose answer was lost may still be at work before the probe is believed.
    #[serde(default = "settle", deserialize_with = "duration::humane")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub settle: Duration,
}

/// Requests that only read, and what is kept of their answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// In order; each sees what those before it kept.
    #[serde(default)]
    pub reads: Vec<Read>,
}

/// A request that only reads.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The request, in the form of the system's kind.
    pub request: Template,
    /// When it is made; left out: always.
    #[serde(default)]
    pub when: Option<Expression>,
    /// Answers that are no trouble although the system calls them an error, such as 404 for "there is none". Left out: the
    /// answer has to be a success by the rules of the system.
    #[serde(default)]
    pub accept: Option<Expression>,
    /// What is kept, as `read.<name>`. `body` is the answer, `http` its status and headers.
    #[serde(default)]
    pub keep: IndexMap<String, Expression>,
}

/// What is read and asked before the first step.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Precheck {
    /// In order; also made when an earlier sending is carried on, for what the steps need of them.
    #[serde(default)]
    pub reads: Vec<Read>,
    /// What has to hold; asked only while nothing was done yet.
    #[serde(default)]
    pub require: Vec<Claim>,
}

/// Something that has to hold, and what to say when it does not.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// True or false.
    pub that: Expression,
    /// What people read when it is false.
    #[serde(rename = "else")]
    pub otherwise: Template,
}

/// One request that acts.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, for people and logs.
    pub name: String,
    /// Whether the probe shows it as done; then it is not sent. A step is also done when one after it is.
    #[serde(default)]
    pub done: Option<Expression>,
    /// Whether it may be sent again after an answer was lost and the probe shows that it was not done.
    #[serde(default)]
    pub resend: Resend,
    /// The request, in the form of the system's kind.
    pub request: Template,
    /// What is kept of the answer, as `read.<name>`.
    #[serde(default)]
    pub keep: IndexMap<String, Expression>,
    /// What an answer to this step means: the first rule that holds, before those of the action.
    #[serde(default)]
    pub classify: Vec<Rule>,
}

/// What an answer means.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// When the rule holds, over `http` and `body`.
    pub when: Expression,
    /// What it means.
    #[serde(rename = "is")]
    pub meaning: Meaning,
    /// The system's own text; left out: the beginning of the answer.
    #[serde(default)]
    pub text: Option<Expression>,
}

/// What has to be read back before an action counts.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// How long the effect may take to show.
    #[serde(default = "deadline", deserialize_with = "duration::humane")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub deadline: Duration,
    /// How often it is looked for.
    #[serde(default = "every", deserialize_with = "duration::humane")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub every: Duration,
    /// In order; each sees what those before it kept.
    pub reads: Vec<Read>,
    /// What has to hold, all of it, over `read` and `command`.
    pub all: Vec<Claim>,
}

/// How an action is taken back.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Compensate {
    /// The action that takes back one that was verified; people decide on it like on any other.
    #[serde(default)]
    pub by: Option<String>,
    /// What removes the traces of one that was refused half-way. Each must be harmless when it was done already.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// What the requests and conditions of an action see.
const NAMES: &[&str] = &["command", "option", "read"];
/// What expressions on an answer see besides.
const ANSWER_NAMES: &[&str] = &["command", "option", "read", "http", "body"];

impl Checked for Action {
    fn check(&self) -> Result<(), Problem> {
        if self.steps.is_empty() || self.steps.len() > STEPS_MAX {
            let problem = format!("{} steps are no action", self.steps.len());
            return Err(Problem::new("steps", problem, format!("write 1 to {STEPS_MAX} steps")));
        }
        if self.probe.is_some() && self.steps.last().is_none_or(|step| step.done.is_none()) {
            let remedy = "say with `done` how the probe shows it";
            return Err(Problem::new("steps", "nothing tells whether the last step was done", remedy));
        }
        if self.probe.is_none() && self.steps.iter().any(|step| step.done.is_some()) {
            return Err(Problem::new("probe", "`done` asks for what nobody reads", "add a probe with its reads"));
        }
        self.closure.check().map_err(|problem| problem.below("closure"))?;
        reads("probe.reads", self.probe.iter().flat_map(|look| &look.reads))?;
        reads("precheck.reads", &self.precheck.reads)?;
        claims("precheck.require", &self.precheck.require)?;
        rules("classify", &self.classify)?;
        for (key, list) in [("steps", &self.steps), ("compensate.steps", &self.compensate.steps)] {
            for step in list {
                step.check().map_err(|problem| problem.below(&step.name).below(key))?;
            }
        }
        Ok(())
    }
}

impl Checked for Closure {
    fn check(&self) -> Result<(), Problem> {
        if self.reads.is_empty() || self.all.is_empty() {
            let remedy = "say under `reads` and `all` what has to be read back";
            return Err(Problem::new("", "an action that nobody reads back never counts", remedy));
        }
        if self.deadline > DEADLINE_MAX {
            let remedy = format!("write at most {}s", DEADLINE_MAX.as_secs());
            return Err(Problem::new("deadline", "it keeps other commands waiting", remedy));
        }
        if self.every < EVERY_BOUNDS[0] || self.every > EVERY_BOUNDS[1] {
            return Err(Problem::new("every", "it is no rhythm", "write a time from 100ms to 60s"));
        }
        reads("reads", &self.reads)?;
        claims("all", &self.all)
    }
}

impl Checked for Step {
    fn check(&self) -> Result<(), Problem> {
        names("request", &self.request.roots(), NAMES)?;
        names("done", &self.done.as_ref().map(Expression::roots).unwrap_or_default(), NAMES)?;
        for (name, expression) in &self.keep {
            names(&format!("keep.{name}"), &expression.roots(), ANSWER_NAMES)?;
        }
        rules("classify", &self.classify)
    }
}

fn reads<'a>(key: &str, reads: impl IntoIterator<Item = &'a Read>) -> Result<(), Problem> {
    for (index, read) in reads.into_iter().enumerate() {
        let at = |part: &str| format!("{key}[{index}].{part}");
        names(&at("request"), &read.request.roots(), NAMES)?;
        names(&at("when"), &read.when.as_ref().map(Expression::roots).unwrap_or_default(), NAMES)?;
        names(&at("accept"), &read.accept.as_ref().map(Expression::roots).unwrap_or_default(), ANSWER_NAMES)?;
        for (name, expression) in &read.keep {
            names(&at(&format!("keep.{name}")), &expression.roots(), ANSWER_NAMES)?;
        }
    }
    Ok(())
}

fn claims(key: &str, claims: &[Claim]) -> Result<(), Problem> {
    for (index, claim) in claims.iter().enumerate() {
        names(&format!("{key}[{index}].that"), &claim.that.roots(), NAMES)?;
        names(&format!("{key}[{index}].else"), &claim.otherwise.roots(), NAMES)?;
    }
    Ok(())
}

/// Rules on answers, also those of a whole system.
pub(crate) fn rules(key: &str, rules: &[Rule]) -> Result<(), Problem> {
    for (index, rule) in rules.iter().enumerate() {
        names(&format!("{key}[{index}].when"), &rule.when.roots(), ANSWER_NAMES)?;
        let text = rule.text.as_ref().map(Expression::roots).unwrap_or_default();
        names(&format!("{key}[{index}].text"), &text, ANSWER_NAMES)?;
    }
    Ok(())
}

fn settle() -> Duration {
    SETTLE
}

fn deadline() -> Duration {
    DEADLINE
}

fn every() -> Duration {
    EVERY
}
