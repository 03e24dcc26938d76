//! Reads filters (`a > 1 AND b = 'x'`) and `order_by` clauses (`metrics.wape ASC`) into data.
//!
//! What the words mean (which attributes a run has, which column holds them) is not known here:
//! see [`super::resource`].

use super::SyntaxError;
use super::lexer::{Token, tokens};
use crate::types::LoggedModelOrder;

/// What a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entity {
    /// A field of the thing itself.
    Attribute,
    /// A metric.
    Metric,
    /// A parameter.
    Param,
    /// A tag.
    Tag,
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// `=`, `!=`, `<`, `<=`, `>` or `>=`, as written.
    Order(&'static str),
    /// `LIKE`, case-sensitive.
    Like,
    /// `ILIKE`, blind to the case of ASCII letters.
    ILike,
    /// `IN (…)`.
    In,
    /// `NOT IN (…)`.
    NotIn,
    /// `IS NULL`: there is no such tag or parameter.
    IsNull,
    /// `IS NOT NULL`.
    IsNotNull,
}

impl Op {
    /// True for `=` and `!=`.
    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Order("=" | "!="))
    }
}

/// The right-hand side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// A quoted text.
    Text(String),
    /// A number as written.
    Number(String),
    /// A list of quoted texts.
    List(Vec<String>),
    /// Nothing: `IS NULL` and `IS NOT NULL`.
    Nothing,
}

/// One comparison of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    pub(super) entity: Entity,
    pub(super) key: String,
    pub(super) op: Op,
    pub(super) operand: Operand,
}

/// Which way a column sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

/// One clause of an `order_by`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    pub(super) entity: Entity,
    pub(super) key: String,
    pub(super) direction: Direction,
}

/// Reads a filter; an empty one has no comparisons.
///
/// # Errors
/// Anything but comparisons joined by `AND`.
pub(super) fn parse_filter(filter: &str) -> Result<Vec<Comparison>, SyntaxError> {
    let tokens = tokens(filter)?;
    let mut rest = tokens.as_slice();
    let mut comparisons = Vec::new();
    while !rest.is_empty() {
        if !comparisons.is_empty() {
            rest = match rest {
                [joint, after @ ..] if joint.is_keyword("AND") => after,
                _ => {
                    return Err(SyntaxError::new(
                        "join comparisons with AND; there is no OR and no grouping",
                    ));
                }
            };
        }
        let (comparison, after) = parse_comparison(rest)?;
        comparisons.push(comparison);
        rest = after;
    }
    Ok(comparisons)
}

/// Reads one `order_by` clause: a key, then optionally `ASC` or `DESC`.
///
/// # Errors
/// Anything else.
pub(super) fn parse_order(clause: &str) -> Result<Order, SyntaxError> {
    let tokens = tokens(clause)?;
    let (path, direction) = match tokens.as_slice() {
        [path] => (path, Direction::Ascending),
        [path, way] if way.is_keyword("ASC") => (path, Direction::Ascending),
        [path, way] if way.is_keyword("DESC") => (path, Direction::Descending),
        _ => return Err(SyntaxError::new(format!("{clause:?} is not a key followed by ASC or DESC"))),
    };
    let (entity, key) = parse_path(path)?;
    Ok(Order { entity, key, direction })
}

/// Reads an order that names its field as `key` or `entity.key`, without quotes around the key.
///
/// # Errors
/// An entity that there is not.
pub(super) fn parse_order_field(order: &LoggedModelOrder) -> Result<Order, SyntaxError> {
    let token = match order.field_name.split_once('.') {
        Some((entity, key)) => Token::Path { entity: Some(entity.to_owned()), key: key.to_owned() },
        None => Token::Path { entity: None, key: order.field_name.clone() },
    };
    let (entity, key) = parse_path(&token)?;
    let direction = if order.ascending { Direction::Ascending } else { Direction::Descending };
    Ok(Order { entity, key, direction })
}

fn parse_comparison(tokens: &[Token]) -> Result<(Comparison, &[Token]), SyntaxError> {
    let [path, rest @ ..] = tokens else {
        return Err(SyntaxError::new("a comparison is missing after AND"));
    };
    let (entity, key) = parse_path(path)?;
    let (op, rest) = parse_op(rest).ok_or_else(|| {
        SyntaxError::new(format!(
            "{key:?} must be followed by =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT IN, IS NULL or IS NOT NULL"
        ))
    })?;
    let (operand, rest) = match op {
        Op::IsNull | Op::IsNotNull => (Operand::Nothing, rest),
        Op::In | Op::NotIn => parse_list(rest)?,
        _ => match rest {
            [Token::Text(text), after @ ..] => (Operand::Text(text.clone()), after),
            [Token::Number(literal), after @ ..] => (Operand::Number(literal.clone()), after),
            _ => {
                return Err(SyntaxError::new(format!(
                    "{key:?} must be compared with a number or a quoted text"
                )));
            }
        },
    };
    Ok((Comparison { entity, key, op, operand }, rest))
}

fn parse_path(token: &Token) -> Result<(Entity, String), SyntaxError> {
    let Token::Path { entity, key } = token else {
        return Err(SyntaxError::new(
            "a comparison starts with a key, such as metrics.wape, params.seed, tags.team or name",
        ));
    };
    let entity = match entity.as_deref() {
        None | Some("attribute" | "attributes" | "attr" | "run") => Entity::Attribute,
        Some("metric" | "metrics") => Entity::Metric,
        Some("param" | "params" | "parameter" | "parameters") => Entity::Param,
        Some("tag" | "tags") => Entity::Tag,
        Some(other) => {
            return Err(SyntaxError::new(format!(
                "{other:?} is none of metrics, params, tags and attributes"
            )));
        }
    };
    Ok((entity, key.clone()))
}

fn parse_op(tokens: &[Token]) -> Option<(Op, &[Token])> {
    match tokens {
        [Token::Symbol(symbol), rest @ ..] => Some((Op::Order(symbol), rest)),
        [a, b, c, rest @ ..] if a.is_keyword("IS") && b.is_keyword("NOT") && c.is_keyword("NULL") => {
            Some((Op::IsNotNull, rest))
        }
        [a, b, rest @ ..] if a.is_keyword("IS") && b.is_keyword("NULL") => Some((Op::IsNull, rest)),
        [a, b, rest @ ..] if a.is_keyword("NOT") && b.is_keyword("IN") => Some((Op::NotIn, rest)),
        [a, rest @ ..] if a.is_keyword("IN") => Some((Op::In, rest)),
        [a, rest @ ..] if a.is_keyword("LIKE") => Some((Op::Like, rest)),
        [a, rest @ ..] if a.is_keyword("ILIKE") => Some((Op::ILike, rest)),
        _ => None,
    }
}

fn parse_list(tokens: &[Token]) -> Result<(Operand, &[Token]), SyntaxError> {
    let malformed = || SyntaxError::new("IN takes a list of quoted texts, such as ('a', 'b')");
    let [Token::Open, rest @ ..] = tokens else {
        return Err(malformed());
    };
    let mut texts = Vec::new();
    let mut rest = rest;
    loop {
        match rest {
            [Token::Text(text), Token::Close, after @ ..] => {
                texts.push(text.clone());
                return Ok((Operand::List(texts), after));
            }
            [Token::Text(text), Token::Comma, after @ ..] => {
                texts.push(text.clone());
                rest = after;
            }
            _ => return Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_comparisons_joined_by_and() {
        let read = parse_filter(
            "metrics.x > 1 AND tags.`a b` LIKE '%v' and name NOT IN ('p','q') AND params.z IS NOT NULL",
        )
        .unwrap();
        assert_eq!(read.len(), 4);
        assert_eq!(
            read[0],
            Comparison {
                entity: Entity::Metric,
                key: "x".into(),
                op: Op::Order(">"),
                operand: Operand::Number("1".into())
            }
        );
        assert_eq!(read[1].op, Op::Like);
        assert_eq!(read[2].operand, Operand::List(vec!["p".into(), "q".into()]));
        assert_eq!(read[3].op, Op::IsNotNull);
        assert!(parse_filter("  ").unwrap().is_empty());
    }

    #[test]
    fn refuses_or_grouping_and_loose_ends() {
        for bad in [
            "a = 'x' OR b = 'y'",
            "(a = 'x')",
            "a = 'x' AND",
            "metrics.x > 1-2",
            "a =",
            "a",
            "'a' = b",
            "a IN ()",
            "a IN ('x',)",
            "widgets.a = 'x'",
        ] {
            assert!(parse_filter(bad).is_err(), "{bad} was read");
        }
    }

    #[test]
    fn reads_orders() {
        let order = parse_order("metrics.`a b` desc").unwrap();
        assert_eq!(
            order,
            Order { entity: Entity::Metric, key: "a b".into(), direction: Direction::Descending }
        );
        assert_eq!(parse_order("attributes.start_time").unwrap().direction, Direction::Ascending);
        assert!(parse_order("metrics.x sideways").is_err());
        assert!(parse_order("").is_err());
    }
}
