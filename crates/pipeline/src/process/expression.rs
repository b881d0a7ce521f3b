//! Criteria that are written: expressions of the Common Expression Language over the recorded
//! facts. What facts there are says `docs/process.md`.

mod reads;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedExpr};
use cel::{Context, ExecutionError, Program, Value};
use serde_json::Value as Json;

use self::reads::Paths;

/// Longer ones are no criterion that people could read.
pub const MAX_LENGTH: usize = 2000;

/// Bytes; taken only as far as it is used.
const PARSER_STACK: usize = 256 << 20;
/// Brackets within brackets.
const MOST_NESTED: usize = 16;
/// Loops (`all`, `exists`, `map` …) within loops: what one costs, the next one multiplies.
const MOST_LOOPS: usize = 1;
/// Signs between operands.
const MOST_STEPS: usize = 200;

/// An expression that was understood; cheap to clone.
#[derive(Clone)]
pub struct Expression {
    text: String,
    program: Arc<Program>,
    /// What it reads, as paths, e.g. `purchase_criteria.leaning`.
    paths: Vec<String>,
    /// What it looks up by name, e.g. `("work", "chart")` of `work['chart']` and `'chart' in work`.
    keys: BTreeSet<(String, String)>,
}

/// What an expression says of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// It cannot be said: something that it reads is unknown.
    Unknown(String),
}

impl Expression {
    /// Reads an expression. `sample` has every fact that there can be.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str, sample: &Json) -> Result<Self, String> {
        if text.trim().is_empty() || text.chars().count() > MAX_LENGTH {
            return Err(format!("must be 1 to {MAX_LENGTH} characters"));
        }
        if let Some(why) = too_deep(text) {
            return Err(why);
        }
        let program = compile(text)?;
        if loops_within(program.expression()) > MOST_LOOPS {
            return Err("must have no loop within a loop".to_owned());
        }
        let Paths { paths, keys, .. } = Paths::of(program.expression());
        for path in &paths {
            if at(sample, path).is_none() {
                return Err(format!("reads `{path}`, which is no fact"));
            }
        }
        let expression = Self {
            text: text.to_owned(),
            program: Arc::new(program),
            paths: paths.into_iter().collect(),
            keys,
        };
        match expression.run(&expression.foreseen(sample)) {
            Ok(Value::Bool(_)) => Ok(expression),
            Ok(_) => Err("must be true or false, is something else".to_owned()),
            Err(error) => Err(format!("cannot be computed: {error}")),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it reads anything of this top-level fact.
    pub fn reads(&self, fact: &str) -> bool {
        let first = |path: &String| path.split('.').next() == Some(fact);
        self.paths.iter().any(first)
    }

    /// The fields of a top-level fact that it reads or looks up.
    pub fn fields_of<'e>(&'e self, fact: &'e str) -> impl Iterator<Item = &'e str> {
        let field = move |path: &'e String| path.strip_prefix(fact)?.strip_prefix('.');
        let keys = self.keys.iter().filter(move |(of, _)| of == fact);
        let fields = self.paths.iter().filter_map(field);
        fields.chain(keys.map(|(_, key)| key.as_str()))
    }

    /// The sample with what this expression reads of facts that have fields of any name.
    fn foreseen(&self, sample: &Json) -> Json {
        let mut sample = sample.clone();
        let facts = sample.as_object_mut().into_iter().flatten();
        for (fact, value) in facts {
            let Some(fields) = value.as_object_mut() else {
                continue;
            };
            if let Some(any) = fields.get(ANY).cloned() {
                let read = self.fields_of(fact).map(|it| (it.to_owned(), any.clone()));
                fields.extend(read);
            }
        }
        sample
    }

    /// Holds it against facts.
    pub fn ask(&self, facts: &Json) -> Answer {
        match self.run(facts) {
            Ok(Value::Bool(true)) => Answer::Yes,
            Ok(Value::Bool(false)) => Answer::No,
            Ok(_) => Answer::Unknown("it is neither true nor false".to_owned()),
            Err(error) => Answer::Unknown(error.to_string()),
        }
    }

    /// What it reads and finds, e.g. `purchase_criteria.leaning is "THEIRS"`; of facts that are not
    /// told only that it reads them.
    pub fn observed(&self, facts: &Json, untold: &[&str]) -> String {
        let is_untold = |path: &str| {
            path.split('.')
                .next()
                .is_some_and(|it| untold.contains(&it))
        };
        let read = |path: &String| match at(facts, path) {
            _ if is_untold(path) => format!("{path} is not told here"),
            None | Some(Json::Null) => format!("{path} is unknown"),
            Some(Json::Array(items)) => format!("{path} has {}", items.len()),
            Some(Json::Object(fields)) => format!("{path} has {}", fields.len()),
            Some(value) => format!("{path} is {value}"),
        };
        self.paths.iter().map(read).collect::<Vec<_>>().join(", ")
    }

    fn run(&self, facts: &Json) -> Result<Value, ExecutionError> {
        let mut context = Context::default();
        let fields = facts.as_object().into_iter().flatten();
        for (name, value) in fields.filter(|(name, _)| self.reads(name)) {
            context
                .add_variable(name.as_str(), value)
                .map_err(|error| ExecutionError::function_error("facts", error))?;
        }
        self.program.execute(&context)
    }
}

/// Compiles on a stack of its own: the parser takes more than a hundred kilobytes per bracket.
fn compile(text: &str) -> Result<Program, String> {
    let compile =
        || Program::compile(text).map_err(|errors| format!("is not understood: {errors}"));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(PARSER_STACK);
        let parsing = thread
            .spawn_scoped(scope, compile)
            .map_err(|error| error.to_string())?;
        parsing
            .join()
            .unwrap_or_else(|_| Err("is not understood".to_owned()))
    })
}

/// What the parser and whoever evaluates would follow so deep that the stack ends.
fn too_deep(text: &str) -> Option<String> {
    let (mut depth, mut deepest, mut steps) = (0_usize, 0, 0);
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => {
                depth += 1;
                steps += 1;
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '!' | '-' | '+' | '*' | '/' | '%' | '?' | '.' | '&' | '|' | '<' | '>' | '=') => {
                steps += 1;
            }
            (None, _) => {}
        }
        deepest = deepest.max(depth);
    }
    (deepest > MOST_NESTED || steps > MOST_STEPS).then(|| {
        format!("must be nested at most {MOST_NESTED} deep and have at most {MOST_STEPS} signs")
    })
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

/// The value at a path; what is below an unknown is unknown.
fn at<'f>(facts: &'f Json, path: &str) -> Option<&'f Json> {
    path.split('.').try_fold(facts, |value, name| match value {
        Json::Null => Some(value),
        // Maps by names that nobody foresees: any name may be there.
        Json::Object(fields) if fields.contains_key(ANY) => {
            fields.get(name).or_else(|| fields.get(ANY))
        }
        _ => value.get(name),
    })
}

/// In a sample: the fact has fields of any name.
pub const ANY: &str = "*";

/// How many loops are within one another.
fn loops_within(expression: &IdedExpr) -> usize {
    let deepest = |parts: &mut dyn Iterator<Item = &IdedExpr>| -> usize {
        parts.map(loops_within).max().unwrap_or_default()
    };
    let entry = |entry: &EntryExpr| match entry {
        EntryExpr::StructField(field) => loops_within(&field.value),
        EntryExpr::MapEntry(entry) => loops_within(&entry.key).max(loops_within(&entry.value)),
    };
    match &expression.expr {
        Expr::Call(call) => {
            let target = call.target.iter().map(|target| loops_within(target)).max();
            deepest(&mut call.args.iter()).max(target.unwrap_or_default())
        }
        Expr::Comprehension(loops) => {
            let within = [
                &loops.iter_range,
                &loops.accu_init,
                &loops.loop_cond,
                &loops.loop_step,
                &loops.result,
            ];
            1 + within
                .map(loops_within)
                .into_iter()
                .max()
                .unwrap_or_default()
        }
        Expr::List(list) => deepest(&mut list.elements.iter()),
        Expr::Map(map) => map
            .entries
            .iter()
            .map(|it| entry(&it.expr))
            .max()
            .unwrap_or_default(),
        Expr::Struct(fields) => {
            let entries = fields.entries.iter().map(|it| entry(&it.expr));
            entries.max().unwrap_or_default()
        }
        Expr::Select(select) => loops_within(&select.operand),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Json {
        json!({
            "deal": {"amount": 1.5, "non_standard": true},
            "evidence": {ANY: "2026-01-01"},
            "promises": [{"due": "2026-01-01", "kept": true}],
        })
    }

    fn parse(text: &str) -> Result<Expression, String> {
        Expression::parse(text, &sample())
    }

    #[test]
    fn what_is_no_fact_is_refused_by_its_path() {
        let refused = |text: &str| parse(text).unwrap_err();
        assert!(refused("deal.ammount > 1.0").contains("`deal.ammount`"));
        assert!(refused("nothing").contains("`nothing`"));
        assert!(refused("deal.amount").contains("true or false"));
        assert!(refused("deal.amount >").contains("not understood"));
        assert!(refused("deal.amount > 'a'").contains("cannot be computed"));
        assert!(refused(" ").contains("1 to 2000"));
    }

    #[test]
    fn what_would_exhaust_the_stack_is_refused_before_it_is_parsed() {
        let deep = |open: &str, close: &str, times: usize| {
            parse(&format!(
                "{}true{}",
                open.repeat(times),
                close.repeat(times)
            ))
        };
        for (open, close) in [("(", ")"), ("!(", ")"), ("[", "]"), ("!", ""), ("{1:", "}")] {
            let refused = deep(open, close, 600).unwrap_err();
            assert!(
                refused.contains("nested") || refused.contains("2000"),
                "{open}: {refused}"
            );
        }
        assert!(deep("(", ")", MOST_NESTED).is_ok());
        assert!(deep("!", "", MOST_STEPS).is_ok());
        let long = format!("true{}", " && true".repeat(MOST_STEPS / 2));
        assert!(parse(&long).is_ok());
        let indexed = format!("promises{}", "[0]".repeat(600));
        assert!(parse(&indexed).is_err());
    }

    #[test]
    fn an_unknown_fact_leaves_the_answer_open_and_is_named() {
        let expression = parse("deal.amount > 1.0 && deal.non_standard").unwrap();
        let ask = |amount: Json| {
            expression.ask(&json!({"deal": {"amount": amount, "non_standard": true}}))
        };
        assert_eq!(ask(json!(2.0)), Answer::Yes);
        assert_eq!(ask(json!(1.0)), Answer::No);
        assert!(matches!(ask(Json::Null), Answer::Unknown(_)));
        let observed = expression.observed(
            &json!({"deal": {"amount": null, "non_standard": true}}),
            &[],
        );
        assert_eq!(
            observed,
            "deal.amount is unknown, deal.non_standard is true"
        );
    }

    #[test]
    fn lists_and_maps_are_asked_by_macros() {
        let all = parse("promises.all(p, p.kept)").unwrap();
        assert_eq!(all.ask(&json!({"promises": []})), Answer::Yes);
        assert_eq!(all.ask(&json!({"promises": [{"kept": false}]})), Answer::No);
        let has = parse("has(evidence.bid_submitted) || 'bid_submitted' in evidence").unwrap();
        assert_eq!(has.ask(&json!({"evidence": {}})), Answer::No);
        assert_eq!(
            has.ask(&json!({"evidence": {"bid_submitted": "2026-01-01"}})),
            Answer::Yes
        );
        assert!(has.reads("evidence") && !has.reads("deal"));
    }

    #[test]
    fn what_is_looked_up_by_name_is_a_field_like_what_is_selected() {
        let text = "has(evidence.a) && 'b' in evidence && evidence['c'] < '2027' && 'd' in ['d']";
        let expression = parse(text).unwrap();
        let fields: Vec<&str> = expression.fields_of("evidence").collect();
        assert_eq!(fields, ["a", "b", "c"]);
    }

    #[test]
    fn what_would_cost_more_than_it_looks_is_refused() {
        let sample = serde_json::json!({"work": {"x": "2026-01-31"}});
        let once = "[1, 2, 3].all(n, n > 0) && [4].exists(n, n > 3)";
        assert!(Expression::parse(once, &sample).is_ok());
        for nested in [
            "[1, 2].all(a, [1, 2].all(b, a + b > 0))",
            "[1].map(a, [2].filter(b, b > a)).size() > 0",
            "[[1].exists(a, a > 0)].all(x, [1].all(b, b > 0))",
        ] {
            assert!(Expression::parse(nested, &sample).is_err(), "{nested}");
        }
    }
}
