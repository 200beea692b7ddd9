//! Speculos's automation rules, which press buttons: if a text or a regular expression matches, under
//! conditions. Only the actions `button` (of a Nano) and `setbool` are implemented.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::Value;

use super::screen::Button;

/// More rules than any real document has.
const MOST_RULES: usize = 1000;

/// The action of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Press(Button),
}

#[derive(Default)]
pub(super) struct Automation {
    rules: Vec<Rule>,
    variables: BTreeMap<String, bool>,
}

struct Rule {
    text: Option<String>,
    regexp: Option<Regex>,
    conditions: Vec<(String, bool)>,
    actions: Vec<Step>,
}

enum Step {
    /// Press or release a button: 1 left, 2 right.
    Button(u64, bool),
    SetBool(String, bool),
}

impl Automation {
    /// Reads a document of rules.
    pub(super) fn parse(document: &Value) -> Result<Self, &'static str> {
        if document.get("version").and_then(Value::as_u64) != Some(1) {
            return Err("version: only 1 is supported");
        }
        let rules = document.get("rules").and_then(Value::as_array).ok_or("rules: a list")?;
        if rules.len() > MOST_RULES {
            return Err("rules: too many");
        }
        let rules = rules.iter().map(Rule::parse).collect::<Result<_, _>>()?;
        Ok(Self { rules, variables: BTreeMap::new() })
    }

    /// The actions of the first rule that matches a screen with `text`.
    pub(super) fn actions(&mut self, text: &str) -> Vec<Action> {
        let variables = &self.variables;
        let Some(rule) = self.rules.iter().find(|rule| rule.fits(text, variables)) else {
            return Vec::new();
        };
        let (mut down, mut pressed) = ([false; 2], [false; 2]);
        let mut actions = Vec::new();
        for step in &rule.actions {
            match step {
                Step::SetBool(name, value) => {
                    self.variables.insert(name.clone(), *value);
                }
                Step::Button(number, is_down) => {
                    let index = usize::from(*number == 2);
                    for (n, (down, pressed)) in down.iter_mut().zip(&mut pressed).enumerate() {
                        if n == index {
                            *down = *is_down;
                            *pressed |= *is_down;
                        }
                    }
                    // A press counts once both buttons are released.
                    let button = match (down, pressed) {
                        ([false, false], [true, true]) => Button::Both,
                        ([false, false], [true, false]) => Button::Left,
                        ([false, false], [false, true]) => Button::Right,
                        _ => continue,
                    };
                    pressed = [false; 2];
                    actions.push(Action::Press(button));
                }
            }
        }
        actions
    }
}

impl Rule {
    fn parse(rule: &Value) -> Result<Self, &'static str> {
        let text = |name| rule.get(name).and_then(Value::as_str);
        let list = |name| rule.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let regexp = text("regexp").map(Regex::new).transpose();
        let condition = |condition: &Value| {
            let name = condition.get(0)?.as_str()?.to_owned();
            Some((name, condition.get(1)?.as_bool()?))
        };
        let conditions: Option<Vec<_>> = list("conditions").iter().map(condition).collect();
        Ok(Self {
            text: text("text").map(str::to_owned),
            regexp: regexp.map_err(|_| "regexp: not a regular expression")?,
            conditions: conditions.ok_or("conditions: pairs of a name and true or false")?,
            actions: list("actions").iter().map(step).collect::<Result<_, _>>()?,
        })
    }

    fn fits(&self, text: &str, variables: &BTreeMap<String, bool>) -> bool {
        let has = |(name, value): &(String, bool)| {
            variables.get(name).copied().unwrap_or_default() == *value
        };
        self.text.as_ref().is_none_or(|own| own == text)
            // Matches at the beginning, like Python's `match`.
            && self.regexp.as_ref().is_none_or(|own| own.find(text).is_some_and(|m| m.start() == 0))
            && self.conditions.iter().all(has)
    }
}

fn step(action: &Value) -> Result<Step, &'static str> {
    let flag = |index: usize| action.get(index).and_then(Value::as_bool);
    match (action.get(0).and_then(Value::as_str), action.get(1)) {
        (Some("button"), Some(number)) => match (number.as_u64(), flag(2)) {
            (Some(number @ 1..=2), Some(down)) => Ok(Step::Button(number, down)),
            _ => Err("button: 1 or 2, and true or false"),
        },
        (Some("setbool"), Some(Value::String(name))) => {
            Ok(Step::SetBool(name.clone(), flag(2).ok_or("setbool: true or false")?))
        }
        _ => Err("actions: only button and setbool are supported"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_press_buttons_turn_pages_and_set_variables() {
        let press = |buttons: &[u8]| -> Vec<Value> {
            let all = |down: bool| buttons.iter().map(move |b| json!(["button", b, down]));
            all(true).chain(all(false)).collect()
        };
        let mut automation = Automation::parse(&json!({"version": 1, "rules": [
            {"regexp": "^(Approve|Sign message)$", "actions": press(&[1, 2])},
            {"text": "Once", "conditions": [["seen", false]], "actions": [["setbool", "seen", true]]},
            {"regexp": "Review", "actions": press(&[2])},
            {"text": "Back", "actions": press(&[1])},
        ]}))
        .unwrap();
        let mut pressed = |text| automation.actions(text);
        assert_eq!(pressed("Sign message"), [Action::Press(Button::Both)]);
        assert_eq!(pressed("Sign message now"), []);
        assert_eq!(pressed("Review message"), [Action::Press(Button::Right)]);
        assert_eq!(pressed("To Review"), []);
        assert_eq!(pressed("Back"), [Action::Press(Button::Left)]);
        assert_eq!(pressed("Once"), []);
        assert_eq!(automation.variables.get("seen"), Some(&true));
    }

    #[test]
    fn unsupported_rules_are_rejected() {
        for bad in [
            json!({}),
            json!({"version": 2, "rules": []}),
            json!({"version": 1, "rules": [{"regexp": "("}]}),
            json!({"version": 1, "rules": [{"actions": [["finger", 1, 2, true]]}]}),
            json!({"version": 1, "rules": [{"actions": [["button", 3, true]]}]}),
            json!({"version": 1, "rules": [{"conditions": [["a"]]}]}),
        ] {
            assert!(Automation::parse(&bad).is_err(), "{bad}");
        }
    }
}
