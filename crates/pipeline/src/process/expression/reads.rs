//! What an expression reads, found in its tree.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

/// What an expression reads.
#[derive(Default)]
pub(super) struct Paths {
    pub(super) paths: BTreeSet<String>,
    /// Names looked up, each with the path of the map.
    pub(super) keys: BTreeSet<(String, String)>,
    /// Names that macros bind.
    bound: Vec<String>,
}

impl Paths {
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let mut found = Self::default();
        found.visit(expression);
        found
    }

    fn visit(&mut self, expression: &IdedExpr) {
        if let Some(path) = path(&expression.expr) {
            self.note(path);
            return;
        }
        match &expression.expr {
            Expr::Call(call) => {
                self.keys.extend(looked_up(call));
                call.target.iter().for_each(|target| self.visit(target));
                call.args.iter().for_each(|argument| self.visit(argument));
            }
            Expr::Comprehension(loops) => {
                self.visit(&loops.iter_range);
                self.bound.push(loops.iter_var.clone());
                for part in [
                    &loops.accu_init,
                    &loops.loop_cond,
                    &loops.loop_step,
                    &loops.result,
                ] {
                    self.visit(part);
                }
                self.bound.pop();
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.visit(element)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr)),
            Expr::Struct(fields) => fields
                .entries
                .iter()
                .for_each(|entry| self.entry(&entry.expr)),
            Expr::Select(select) => self.visit(&select.operand),
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        }
    }

    fn entry(&mut self, entry: &EntryExpr) {
        match entry {
            EntryExpr::StructField(field) => self.visit(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.visit(&entry.key);
                self.visit(&entry.value);
            }
        }
    }

    fn note(&mut self, path: String) {
        let root = path.split('.').next().unwrap_or_default();
        // Names of the macros' own begin so.
        if !root.starts_with('@') && !self.bound.iter().any(|name| name == root) {
            self.paths.insert(path);
        }
    }
}

/// `a.b.c` as it is written; none for anything else.
fn path(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => Some(format!("{}.{}", path(&select.operand.expr)?, select.field)),
        _ => None,
    }
}

/// The map and the name of `map['name']` and `'name' in map`.
fn looked_up(call: &CallExpr) -> Option<(String, String)> {
    let [first, second] = call.args.as_slice() else {
        return None;
    };
    let (map, name) = match call.func_name.as_str() {
        operators::INDEX => (first, second),
        operators::IN => (second, first),
        _ => return None,
    };
    match &name.expr {
        Expr::Literal(LiteralValue::String(name)) => Some((path(&map.expr)?, name.to_string())),
        _ => None,
    }
}
