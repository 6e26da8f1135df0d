//! What people do about a case, through the graph.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    graph::Caller,
    until::{PATIENCE, until},
};

const CASE: &str = "query ($id: ID!) { case(id: $id) { id revision state title decision owner { role name }
    tasks { id revision title state evidenceRequired } choices { option allowed } } }";

impl Caller {
    /// A case as it is now.
    pub async fn case(&self, id: &str) -> Value {
        self.ask(CASE, json!({ "id": id })).await["case"].take()
    }

    /// Waits until a case is in a state; the case.
    pub async fn case_in(&self, id: &str, state: &str) -> Value {
        until(&format!("the case is {state}"), PATIENCE, async || {
            let case = self.case(id).await;
            if case["state"] == state { Ok(case) } else { Err(case) }
        })
        .await
    }

    /// Carries a mutation with an input out; its payload.
    pub async fn mutate(&self, mutation: &str, mut input: Value) -> Value {
        input["idempotencyKey"] = json!(Uuid::new_v4().to_string());
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ outcome {{ __typename \
             ... on Refused {{ code message }} ... on Conflict {{ revision winner {{ name did }} }} }} }} }}"
        );
        self.ask(&query, json!({ "input": input })).await[mutation].take()
    }

    /// Carries a mutation out.
    ///
    /// # Panics
    /// When it is not done.
    pub async fn does(&self, mutation: &str, input: Value) {
        let payload = self.mutate(mutation, input.clone()).await;
        assert_eq!(payload["outcome"]["__typename"], "Done", "{mutation} {input}: {payload}");
    }

    /// Takes a case.
    pub async fn acknowledges(&self, case: &str) {
        let revision = self.case(case).await["revision"].take();
        self.does("acknowledgeCase", json!({ "case": case, "expectedRevision": revision })).await;
    }

    /// Decides an option on a case.
    pub async fn decides(&self, case: &str, option: &str) {
        let revision = self.case(case).await["revision"].take();
        let reason = "the jam is cleared";
        let input = json!({ "case": case, "expectedRevision": revision, "option": option, "reason": reason });
        self.does("decide", input).await;
    }

    /// Does the open tasks of a case, with evidence where it is asked for; how many.
    pub async fn does_tasks(&self, case: &str) -> usize {
        let open = |case: Value| -> Vec<Value> {
            case["tasks"].as_array().unwrap().iter().filter(|task| task["state"] == "OPEN").cloned().collect()
        };
        let tasks = open(self.case(case).await);
        for task in &tasks {
            if let Some(kind) = task["evidenceRequired"].as_str() {
                let input =
                    json!({ "case": case, "task": task["id"], "kind": kind, "text": "a bolt was loose; tightened" });
                self.does("addEvidence", input).await;
            }
            let input = json!({ "task": task["id"], "expectedRevision": task["revision"] });
            self.does("completeTask", input).await;
        }
        tasks.len()
    }
}
