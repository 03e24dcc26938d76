//! What can be searched: which words a resource knows and which columns hold them.
//!
//! A [`Resource`] is data; the translation of comparisons and orders to SQL is the same for all.

use rusqlite::types::Value;

use super::SyntaxError;
use super::grammar::{
    Comparison, Direction, Entity, Op, Operand, Order, parse_filter, parse_order, parse_order_field,
};
use crate::embedded::fault::{Fault, Outcome};
use crate::types::LoggedModelOrder;

/// Something that can be searched.
#[derive(Debug)]
pub(in crate::embedded) struct Resource {
    /// What it is called in messages, in the plural.
    pub(super) name: &'static str,
    /// Its own fields.
    pub(super) attributes: &'static [Attribute],
    /// Its metrics, if it has any.
    pub(super) metrics: Option<Related>,
    /// Its params, if it has any.
    pub(super) params: Option<Related>,
    /// Its tags.
    pub(super) tags: Option<Related>,
    /// The order after every order asked for; ends with a unique column.
    pub(super) natural_order: &'static [&'static str],
    /// What a filter may say, for the message about one that cannot be read.
    pub(super) grammar: &'static str,
}

/// A field of a resource.
#[derive(Debug)]
pub(super) struct Attribute {
    /// The names that it goes by.
    pub(super) names: &'static [&'static str],
    /// The column that holds it.
    pub(super) column: &'static str,
    /// What it holds.
    pub(super) kind: Kind,
}

/// What an attribute holds, and so which operators it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text: `=`, `!=`, `LIKE`, `ILIKE`.
    Text,
    /// Text that also takes `IN` and `NOT IN`.
    Key,
    /// An identifier of digits written as text: `=`, `!=`, `IN`, `NOT IN`.
    Id,
    /// A whole number: `=`, `!=`, `<`, `<=`, `>`, `>=`.
    Integer,
    /// May be sorted by but not searched.
    SortOnly,
}

/// A table of keys and values that belong to a resource.
#[derive(Debug)]
pub(super) struct Related {
    /// The table.
    pub(super) table: &'static str,
    /// The condition that joins its alias `related` to the resource.
    pub(super) join: &'static str,
    /// The column with the key.
    pub(super) key: &'static str,
    /// The column with the value.
    pub(super) value: &'static str,
    /// The column that is 1 where the value stands for "not a number".
    pub(super) is_nan: Option<&'static str>,
    /// Which of several rows under one key counts when sorting; empty where keys are unique.
    pub(super) latest: &'static str,
}

/// A piece of SQL with the values bound in it.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::embedded) struct Condition {
    /// The SQL text, with a `?` for each value.
    pub(in crate::embedded) sql: String,
    /// The values in the order of their `?`.
    pub(in crate::embedded) values: Vec<Value>,
}

impl Condition {
    /// Appends SQL and its values.
    pub(in crate::embedded) fn push(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(sql);
        self.values.extend(values);
    }
}

impl Resource {
    /// Appends ` AND …` for each comparison of `filter`.
    ///
    /// # Errors
    /// A filter outside the grammar; the message says what the grammar is.
    pub(in crate::embedded) fn filter(&self, filter: Option<&str>, to: &mut Condition) -> Outcome<()> {
        let Some(filter) = filter else { return Ok(()) };
        let refused = |error: SyntaxError| {
            Fault::Invalid(format!(
                "filter {filter:?}: {error}; {} can be searched by {}",
                self.name, self.grammar
            ))
        };
        for comparison in parse_filter(filter).map_err(refused)? {
            to.sql.push_str(" AND ");
            self.comparison(&comparison, to).map_err(refused)?;
        }
        Ok(())
    }

    /// Appends ` ORDER BY …`: the clauses asked for, then the natural order.
    ///
    /// # Errors
    /// A clause outside the grammar, or two about the same key.
    pub(in crate::embedded) fn order_by(&self, clauses: &[String], to: &mut Condition) -> Outcome<()> {
        let orders = clauses.iter().map(|clause| parse_order(clause)).collect();
        self.order_by_all(orders, to)
    }

    /// As [`Self::order_by`], for an order that names field and direction apart.
    ///
    /// # Errors
    /// As [`Self::order_by`].
    pub(in crate::embedded) fn order_by_fields(
        &self,
        fields: &[LoggedModelOrder],
        to: &mut Condition,
    ) -> Outcome<()> {
        let orders = fields.iter().map(parse_order_field).collect();
        self.order_by_all(orders, to)
    }

    fn order_by_all(&self, orders: Result<Vec<Order>, SyntaxError>, to: &mut Condition) -> Outcome<()> {
        let refused = |error: SyntaxError| {
            Fault::Invalid(format!(
                "order_by: {error}; {} can be sorted by a key followed by ASC or DESC, the keys being those of filters: {}",
                self.name, self.grammar
            ))
        };
        let orders = orders.map_err(refused)?;
        to.sql.push_str(" ORDER BY ");
        for (at, order) in orders.iter().enumerate() {
            if orders[..at].iter().any(|earlier| earlier.entity == order.entity && earlier.key == order.key) {
                return Err(refused(SyntaxError::new(format!("{:?} is there twice", order.key))));
            }
            self.order(order, to).map_err(refused)?;
        }
        to.sql.push_str(&self.natural_order.join(", "));
        Ok(())
    }

    fn comparison(&self, comparison: &Comparison, to: &mut Condition) -> Result<(), SyntaxError> {
        let key = &comparison.key;
        if comparison.entity == Entity::Attribute {
            let attribute = self.attribute(key)?;
            return compare_attribute(attribute, comparison, to);
        }
        let related = self.related(comparison.entity)?;
        let absent = comparison.op == Op::IsNull;
        if absent {
            to.sql.push_str("NOT ");
        }
        to.push(
            &format!(
                "EXISTS (SELECT 1 FROM {} AS related WHERE {} AND related.{} = ?",
                related.table, related.join, related.key
            ),
            [Value::Text(key.clone())],
        );
        if comparison.entity == Entity::Metric {
            compare_metric(related, comparison, to)?;
        } else if !matches!(comparison.op, Op::IsNull | Op::IsNotNull) {
            let Operand::Text(text) = &comparison.operand else {
                return Err(SyntaxError::new(format!("{key:?} must be compared with a quoted text")));
            };
            to.sql.push_str(" AND ");
            compare_text(&format!("related.{}", related.value), comparison.op, text, to)?;
        }
        to.sql.push(')');
        Ok(())
    }

    fn order(&self, order: &Order, to: &mut Condition) -> Result<(), SyntaxError> {
        let direction = match order.direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        if order.entity == Entity::Attribute {
            let column = self.attribute(&order.key)?.column;
            to.push(&format!("{column} IS NULL, {column} {direction}, "), []);
            return Ok(());
        }
        let related = self.related(order.entity)?;
        let pick = |what: &str| {
            format!(
                "(SELECT {what} FROM {} AS related WHERE {} AND related.{} = ? {} LIMIT 1)",
                related.table, related.join, related.key, related.latest
            )
        };
        // Whatever the direction, things without a number come after those with one.
        let rank = pick(&related.is_nan.map_or_else(|| "0".to_owned(), |is_nan| format!("related.{is_nan}")));
        let value = pick(&format!("related.{}", related.value));
        let key = Value::Text(order.key.clone());
        to.push(&format!("coalesce({rank}, 2), {value} {direction}, "), [key.clone(), key]);
        Ok(())
    }

    fn attribute(&self, name: &str) -> Result<&Attribute, SyntaxError> {
        self.attributes
            .iter()
            .find(|attribute| attribute.names.contains(&name))
            .ok_or_else(|| SyntaxError::new(format!("{name:?} is no attribute of {}", self.name)))
    }

    fn related(&self, entity: Entity) -> Result<&Related, SyntaxError> {
        let (related, what) = match entity {
            Entity::Metric => (&self.metrics, "metrics"),
            Entity::Param => (&self.params, "params"),
            Entity::Tag | Entity::Attribute => (&self.tags, "tags"),
        };
        related.as_ref().ok_or_else(|| SyntaxError::new(format!("{} have no {what}", self.name)))
    }
}

fn compare_attribute(
    attribute: &Attribute,
    comparison: &Comparison,
    to: &mut Condition,
) -> Result<(), SyntaxError> {
    let (column, key, op) = (attribute.column, &comparison.key, comparison.op);
    match (attribute.kind, op, &comparison.operand) {
        (Kind::Text | Kind::Key, _, Operand::Text(text)) => compare_text(column, op, text, to),
        (Kind::Key, Op::In | Op::NotIn, Operand::List(texts)) => {
            push_list(column, op, texts.iter().cloned().map(Value::Text), to);
            Ok(())
        }
        (Kind::Id, _, Operand::Text(text)) if op.is_equality() => {
            compare_symbol(column, op, Value::Integer(digits(key, text)?), to)
        }
        (Kind::Id, Op::In | Op::NotIn, Operand::List(texts)) => {
            let ids = texts
                .iter()
                .map(|text| digits(key, text).map(Value::Integer))
                .collect::<Result<Vec<_>, _>>()?;
            push_list(column, op, ids.into_iter(), to);
            Ok(())
        }
        (Kind::Integer, Op::Order(_), Operand::Number(literal) | Operand::Text(literal)) => {
            compare_symbol(column, op, Value::Integer(digits(key, literal)?), to)
        }
        (Kind::SortOnly, ..) => Err(SyntaxError::new(format!("{key:?} can be sorted by, not searched by"))),
        _ => Err(SyntaxError::new(format!("{key:?} cannot be compared like that"))),
    }
}

fn compare_text(column: &str, op: Op, text: &str, to: &mut Condition) -> Result<(), SyntaxError> {
    let value = [Value::Text(text.to_owned())];
    match op {
        Op::Like => to.push(&format!("{column} LIKE ?"), value),
        Op::ILike => to.push(&format!("lower({column}) LIKE lower(?)"), value),
        Op::Order(_) if op.is_equality() => {
            return compare_symbol(column, op, Value::Text(text.to_owned()), to);
        }
        _ => {
            return Err(SyntaxError::new(format!(
                "texts are compared by =, !=, LIKE and ILIKE ({text:?} is not)"
            )));
        }
    }
    Ok(())
}

fn compare_symbol(column: &str, op: Op, value: Value, to: &mut Condition) -> Result<(), SyntaxError> {
    let Op::Order(symbol) = op else {
        return Err(SyntaxError::new("numbers are compared by =, !=, <, <=, > and >="));
    };
    to.push(&format!("{column} {symbol} ?"), [value]);
    Ok(())
}

fn compare_metric(related: &Related, comparison: &Comparison, to: &mut Condition) -> Result<(), SyntaxError> {
    let (Op::Order(symbol), Operand::Number(literal)) = (comparison.op, &comparison.operand) else {
        return Err(SyntaxError::new(format!(
            "metric {:?} must be compared with a number by =, !=, <, <=, > or >=",
            comparison.key
        )));
    };
    let number: f64 =
        literal.parse().map_err(|_| SyntaxError::new(format!("{literal:?} is not a number")))?;
    // "Not a number" is stored as 0 with a mark: it equals nothing and differs from everything.
    let nan = match related.is_nan {
        None => String::new(),
        Some(is_nan) if symbol == "!=" => format!(" OR related.{is_nan} = 1"),
        Some(is_nan) => format!(" AND related.{is_nan} = 0"),
    };
    to.push(&format!(" AND (related.{} {symbol} ?{nan})", related.value), [Value::Real(number)]);
    Ok(())
}

fn push_list(column: &str, op: Op, values: impl ExactSizeIterator<Item = Value>, to: &mut Condition) {
    let not = if op == Op::NotIn { " NOT" } else { "" };
    let marks = vec!["?"; values.len()].join(", ");
    to.push(&format!("{column}{not} IN ({marks})"), values);
}

fn digits(key: &str, literal: &str) -> Result<i64, SyntaxError> {
    literal.parse().map_err(|_| {
        SyntaxError::new(format!("{key:?} must be compared with a whole number, not {literal:?}"))
    })
}
