//! An expression → what the API server will have spent on it, estimated before it is built into a policy.
//!
//! The API server counts a step for each name, operator and call, as often as loops repeat it, more for what
//! goes through texts, and ends an evaluation at a million: the policy then fails, and refuses every object
//! that is large enough. How long lists are isn't known when a policy is built, so that the estimate takes
//! [`ELEMENTS`] for each that isn't written out.
//!
//! Source of the limit: `PerCallLimit` in k8s.io/apiserver/pkg/apis/cel/config.go. Source of the costs of
//! calls: k8s.io/apiserver/pkg/cel/library/cost.go.

use super::{Reason, Result};
use crate::source::Span;

/// What the API server spends on one expression at most.
const LIMIT: u64 = 1_000_000;

/// How many elements a list is taken to have. Fewer would let pass what fails in practice; with more, loops over
/// lists that are short in all but a few objects would be refused.
const ELEMENTS: u64 = 10;

/// Refuses an expression that costs too much.
pub fn affordable(expression: &str, span: Span) -> Result<()> {
    let cost = estimate(expression);
    if cost <= LIMIT {
        return Ok(());
    }
    let millions = cost.div_ceil(LIMIT);
    Err(Reason::new(
        span,
        format!(
            "its CEL takes some {millions} million steps where each list has {ELEMENTS} elements, and the API server ends it after a million"
        ),
    )
    .help("nest fewer loops, or enforce it as `gatekeeper`, whose Rego has no such limit"))
}

/// The steps that an expression takes.
fn estimate(expression: &str) -> u64 {
    let mut scan = Scan {
        text: expression.as_bytes(),
        at: 0,
    };
    let mut cost: u64 = 0;
    // How often what stands in the open brackets is evaluated.
    let mut repeated: Vec<u64> = Vec::new();
    while let Some(token) = scan.next() {
        let times = repeated.last().copied().unwrap_or(1);
        match token {
            Token::Open => repeated.push(times),
            Token::Close => {
                repeated.pop();
            }
            Token::Loop { start } => {
                let before = scan.text.get(..start).unwrap_or_default();
                let elements = written_out(before).unwrap_or(ELEMENTS);
                repeated.push(times.saturating_mul(elements));
            }
            Token::Step { steps } => cost = cost.saturating_add(times.saturating_mul(steps)),
        }
    }
    cost
}

/// A part of an expression, as far as it matters for its cost.
enum Token {
    Open,
    Close,
    /// `exists` and its like with the bracket behind, at that place.
    Loop {
        start: usize,
    },
    Step {
        steps: u64,
    },
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token> {
        let first = self.peek()?;
        let start = self.at;
        self.at += 1;
        Some(match first {
            b'(' | b'[' | b'{' => Token::Open,
            b')' | b']' | b'}' => Token::Close,
            b'\'' => {
                self.skip_string();
                Token::Step { steps: 1 }
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while self
                    .peek()
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                {
                    self.at += 1;
                }
                let word = self.text.get(start..self.at).unwrap_or_default();
                let is_call = self.peek() == Some(b'(');
                match word {
                    b"all" | b"exists" | b"exists_one" | b"map" | b"filter" if is_call => {
                        self.at += 1;
                        Token::Loop { start }
                    }
                    // They go through a text, some of it more than once.
                    b"matches" | b"replace" | b"split" | b"join" | b"find" | b"quantity" | b"isQuantity" => {
                        Token::Step { steps: 20 }
                    }
                    b"contains" | b"startsWith" | b"endsWith" | b"lowerAscii" | b"substring" => {
                        Token::Step { steps: 5 }
                    }
                    _ => Token::Step { steps: 1 },
                }
            }
            b'<' | b'>' | b'=' | b'!' | b'&' | b'|' | b'?' | b'+' | b'-' | b'*' | b'/' | b'%' => {
                Token::Step { steps: 1 }
            }
            _ => Token::Step { steps: 0 },
        })
    }

    /// Behind the opening quote.
    fn skip_string(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\'' => return,
                _ => {}
            }
        }
    }
}

/// How many elements a list has whose literal stands before the `.` at the end of a text; nothing, if it is
/// no literal that stands there.
fn written_out(before: &[u8]) -> Option<u64> {
    let [list @ .., b'.'] = before else {
        return None;
    };
    let [inner @ .., b']'] = list else {
        return None;
    };
    // From the front, since quotes can't be told from the back.
    let mut open: Vec<(usize, u64)> = Vec::new();
    let mut scan = Scan { text: inner, at: 0 };
    loop {
        let at = scan.at;
        match scan.next() {
            None => break,
            Some(Token::Open | Token::Loop { .. }) => open.push((at, 1)),
            Some(Token::Close) => {
                open.pop();
            }
            Some(Token::Step { .. }) => {
                if inner.get(at) == Some(&b',')
                    && let Some((_, elements)) = open.last_mut()
                {
                    *elements += 1;
                }
            }
        }
    }
    let (at, elements) = open.pop()?;
    // What an index is taken of is a list of its own.
    let is_index = at
        .checked_sub(1)
        .and_then(|before| inner.get(before))
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b')' | b']'));
    (!is_index).then_some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, steps: u64) {
        assert_eq!(estimate(expression), steps, "{expression}");
    }

    #[test]
    fn what_is_repeated_counts_as_often() {
        check("a == 'b'", 4);
        check("a.all(b, c)", 1 + ELEMENTS * 2);
        check("a.all(b, b.exists(c, d))", 1 + ELEMENTS * (2 + ELEMENTS * 2));
        check("a.filter(b, c).map(b, d)", 1 + ELEMENTS * 2 + ELEMENTS * 2);
    }

    #[test]
    fn lists_that_are_written_out_have_their_own_number_of_elements() {
        check("[a].map(b, c)[0]", 1 + 2);
        check("['(', a, f(b, c)].all(d, e)", 5 + 3 * 2);
        check("a[0].all(b, c)", 1 + ELEMENTS * 2);
        check("f('[').all(b, c)", 2 + ELEMENTS * 2);
    }
}
