//! What is wrong with a part that the grammar refused.
//!
//! In: the bytes of a broken declaration or statement. Out: one diagnostic at the exact place, which
//! says what was expected and what was found. Mistakes that many make have words of their own in
//! `mistakes`.

use super::words::{Expected, expected};
use super::{Builder, Grammar, Rule, mistakes, scan};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;

/// The words that start the declarations of a file.
const DECLARATIONS: &[&str] = &scan::DECLARATION_WORDS;

/// The words that start the parts of a rule.
const RULE_PARTS: &[&str] = &[
    "severity", "category", "controls", "replaces", "for", "where", "let", "require", "forbid", "message",
    "help", "at", "fix",
];

/// What belongs to the clause before it.
const ATTACHMENTS: &[&str] = &["message", "help", "at", "fix"];

/// The words that start the parts of an automation.
const AUTOMATION_PARTS: &[&str] = &[
    "target", "exclude", "from", "goal", "when", "promote", "bounds", "change", "cooldown", "rollback",
    "budget", "active", "awake", "agent", "mode", "require",
];

/// Words that continue an expression and never start a statement.
const OPERATOR_WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "is",
    "as",
    "like",
    "startsWith",
    "endsWith",
    "contains",
    "matches",
    "selects",
    "refersTo",
    "deploys",
    "of",
];

/// The rule of the grammar for one part of a body, and the words with which such parts start.
fn parts_of(form: &str) -> (Rule, &'static [&'static str]) {
    match form {
        "pack" => (Rule::pack_part_alone, &["use"]),
        "rule" => (Rule::rule_part_alone, RULE_PARTS),
        "budget" => (
            Rule::budget_part_alone,
            &[
                "severity", "category", "controls", "for", "cost", "carbon", "energy", "warn", "assume",
            ],
        ),
        "waive" => (Rule::waive_part_alone, &["for", "because", "owner", "until"]),
        "test" => (Rule::test_part_alone, &["accepts", "rejects"]),
        _ => (Rule::automation_part_alone, AUTOMATION_PARTS),
    }
}

/// Where and why the grammar refused a text.
pub(super) struct Failure {
    /// The token at which it stopped; empty at the end of the part.
    pub found: Span,
    /// The token before, if there is one.
    pub previous: Option<Span>,
    /// What it would have taken, in the order of the words.
    pub expected: Vec<Expected>,
    /// The rules behind them.
    pub rules: Vec<Rule>,
}

impl Failure {
    /// Whether one of these would have been taken.
    pub fn expects(&self, wanted: Expected) -> bool {
        self.expected.contains(&wanted)
    }

    /// Whether a value would have been taken.
    pub fn expects_value(&self) -> bool {
        self.expects(Expected::Phrase("a value"))
    }
}

impl<'t> Builder<'t> {
    /// The bytes of a span of this text.
    pub(super) fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Whether broken text goes on with the part before it, rather than being one of its own.
    pub(super) fn continues(&self, before: Span, broken: Span) -> bool {
        let between = self
            .text
            .get(before.end as usize..broken.start as usize)
            .unwrap_or("");
        let text = self.slice(broken);
        let word = scan::word_at(text, 0);
        if text.starts_with([';', '#', '}']) || text.starts_with("///") {
            return false;
        }
        !between.contains(['\n', '\r']) || OPERATOR_WORDS.contains(&word) || word.is_empty()
    }

    /// Reports what is wrong with text between declarations. `continued` is the declaration before,
    /// if the text goes on with it.
    pub(super) fn explain_item(&mut self, continued: Option<Span>, span: Span) {
        if self.is_faulty(span.range()) {
            return;
        }
        let whole = continued.unwrap_or(span);
        let failure = self.failure(Rule::item_alone, whole.to(span));
        let start = self.behind_documentation(span);
        let word = self.word_span(start);
        let text = self.slice(word).to_string();
        if continued.is_none() && !text.is_empty() && !DECLARATIONS.contains(&text.as_str()) {
            let diagnostic =
                if RULE_PARTS.contains(&text.as_str()) || AUTOMATION_PARTS.contains(&text.as_str()) {
                    Diagnostic::new(
                        Code::E0105,
                        word,
                        format!("`{text}` stands outside of any declaration"),
                    )
                    .help("put it into a `rule name { … }`; perhaps a `}` before it is one too many")
                } else {
                    mistakes::unknown_word(word, &text, "declaration", DECLARATIONS)
                };
            return self.report(diagnostic);
        }
        let first = self.slice(start);
        if first.is_empty() {
            return self.report(
                Diagnostic::new(Code::E0101, span, "this documentation belongs to no declaration")
                    .help("put it before a declaration, or start its lines with `//`"),
            );
        }
        if continued.is_none() && first.starts_with('}') {
            let brace = Span {
                end: start.start + 1,
                ..start
            };
            return self.report(
                Diagnostic::new(Code::E0101, brace, "this `}` closes nothing")
                    .help("remove it, or the `}` before it that came too early"),
            );
        }
        self.report_failure(failure, continued.unwrap_or(start).to(start));
    }

    /// Reports what is wrong with text in a body. `continued` is the statement before, if the text
    /// goes on with it; `after_mistake` says whether what precedes was a mistake already.
    pub(super) fn explain_statement(
        &mut self,
        form: &str,
        continued: Option<Span>,
        span: Span,
        after_mistake: bool,
    ) {
        if self.is_faulty(span.range()) {
            return;
        }
        let (rule, words) = parts_of(form);
        let word = self.word_span(span);
        let text = self.slice(word).to_string();
        if continued.is_none() && !text.is_empty() && !words.contains(&text.as_str()) {
            if !after_mistake || !ATTACHMENTS.contains(&text.as_str()) {
                self.report(mistakes::unknown_word(word, &text, form, words));
            }
            return;
        }
        let failure = self.failure(rule, continued.unwrap_or(span).to(span));
        if failure.is_none() && ATTACHMENTS.contains(&text.as_str()) {
            // What follows a broken clause belongs to it; the clause was reported.
            if !after_mistake {
                let message = format!("`{text}` stands behind no `require` or `forbid`");
                let help = "put it behind the clause that it belongs to";
                self.report(Diagnostic::new(Code::E0101, word, message).help(help));
            }
            return;
        }
        self.report_failure(failure, continued.unwrap_or(span).to(span));
    }

    /// Reports what is wrong between the word of a declaration at `start` and its `{`.
    pub(super) fn explain_header(&mut self, start: usize, header: &Pair<'t, Rule>) {
        let end = header.as_span().end() + "{".len();
        let span = Span::new(self.file, start, end);
        if !self.is_faulty(span.range()) {
            self.report_failure(self.failure(Rule::header_alone, span), span);
        }
    }

    /// Reports the failure of a part that starts at `start`.
    /// Reports the failure of a part; `span` is all of it.
    fn report_failure(&mut self, failure: Option<Failure>, span: Span) {
        // Within an expression, the form of the whole says nothing.
        let is_expression = failure
            .as_ref()
            .is_some_and(|failure| failure.expects(Expected::Continuation));
        let mut diagnostic = match failure {
            Some(failure) => self.describe(&failure),
            None => Diagnostic::new(Code::E0101, span, "this is not in the language"),
        };
        if diagnostic.help.is_none() && !is_expression {
            let form = mistakes::form_of(scan::word_at(self.text, span.start as usize));
            diagnostic.help = form.map(|form| format!("the form is `{form}`"));
        }
        self.report(diagnostic);
    }

    /// The rest of a span behind its lines of documentation.
    fn behind_documentation(&self, span: Span) -> Span {
        let mut rest = span;
        while self.slice(rest).starts_with("//") {
            let text = self.slice(rest);
            let line = text.find(['\n', '\r']).unwrap_or(text.len());
            let blank = text[line..].len() - text[line..].trim_start().len();
            rest.start += (line + blank) as u32;
        }
        rest
    }

    /// The word with which a span starts; empty if it starts with none.
    fn word_span(&self, span: Span) -> Span {
        let length = scan::word_at(self.slice(span), 0).len();
        Span {
            end: span.start + length as u32,
            ..span
        }
    }

    /// Parses a part alone, and says where it fails.
    fn failure(&self, rule: Rule, span: Span) -> Option<Failure> {
        let error = Grammar::parse(rule, self.slice(span)).err()?;
        let (InputLocation::Pos(offset) | InputLocation::Span((offset, _))) = error.location;
        let position = span.start as usize + offset;
        let rules = match error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        let mut words: Vec<Expected> = rules.iter().map(|rule| expected(*rule)).collect();
        words.sort();
        words.dedup();
        let before = self.trimmed(span.start as usize, position);
        Some(Failure {
            found: self.token(position, span.end as usize),
            previous: self.last_token(before),
            expected: words,
            rules,
        })
    }

    /// The token that starts at an offset, before `end`.
    fn token(&self, start: usize, end: usize) -> Span {
        let text = self.text.get(start..end).unwrap_or("");
        Span::new(self.file, start, start + token_length(text))
    }

    /// The last token within a span.
    fn last_token(&self, span: Span) -> Option<Span> {
        let text = self.slice(span);
        let last = text.chars().next_back()?;
        let kind = |character: char| match character {
            '"' | '(' | ')' | '[' | ']' | '{' | '}' | ',' => 0,
            _ if character.is_alphanumeric() || matches!(character, '_' | '%') => 1,
            _ if character.is_whitespace() => 2,
            _ => 3,
        };
        let length = match kind(last) {
            0 if last == '"' => {
                let inner = text.get(..text.len() - 1).unwrap_or("");
                text.len() - inner.rfind(['"', '\n']).unwrap_or(text.len() - 1)
            }
            0 => last.len_utf8(),
            wanted => text
                .chars()
                .rev()
                .take_while(|c| kind(*c) == wanted)
                .map(char::len_utf8)
                .sum(),
        };
        Some(Span::new(
            self.file,
            span.end as usize - length,
            span.end as usize,
        ))
    }

    /// The diagnostic of a failure.
    fn describe(&self, failure: &Failure) -> Diagnostic {
        if let Some(diagnostic) = self.known_mistake(failure) {
            return diagnostic;
        }
        let expected = expected_words(&failure.expected);
        let found = self.slice(failure.found);
        // Where a line ends too early, the place is behind its last token, not on the next line.
        if let Some(previous) = failure.previous
            && let Some(between) = self.text.get(previous.end as usize..failure.found.start as usize)
            && (found.is_empty() || between.contains(['\n', '\r']))
        {
            let token = self.slice(previous);
            return Diagnostic::new(
                Code::E0101,
                previous,
                format!("expected {expected} behind `{token}`"),
            );
        }
        let message = match found {
            "" => format!("expected {expected}"),
            _ => format!("expected {expected}, found `{found}`"),
        };
        let diagnostic = Diagnostic::new(Code::E0101, failure.found, message);
        let tokens: Vec<&str> = failure
            .expected
            .iter()
            .filter_map(|expected| expected.token())
            .collect();
        match mistakes::meant(found, &tokens) {
            Some(meant) if found.len() > 2 => diagnostic.help(format!("write `{meant}`")).fix(
                format!("replace `{found}` with `{meant}`"),
                false,
                failure.found,
                meant,
            ),
            _ => diagnostic,
        }
    }
}

/// How many bytes the first token of a text has.
fn token_length(text: &str) -> usize {
    const PAIRS: [&str; 14] = [
        "==", "!=", "<=", ">=", "??", "&&", "||", "..", ":=", "=>", "->", "<>", "?.", "//",
    ];
    let Some(first) = text.chars().next() else {
        return 0;
    };
    if first.is_ascii_digit() {
        let is_part = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '%' | '/' | '.' | '-');
        return text.chars().take_while(is_part).map(char::len_utf8).sum();
    }
    let word = scan::word_at(text, 0).len();
    if word > 0 {
        return word;
    }
    if first == '"' || first == '\'' || first == '`' {
        let line = text.split(['\n', '\r']).next().unwrap_or("");
        return line[1..].find(first).map_or(1, |length| length + 2);
    }
    match PAIRS.iter().find(|pair| text.starts_with(**pair)) {
        Some(pair) => pair.len(),
        None => first.len_utf8(),
    }
}

/// Ways in which a value goes on that go without saying where something else is expected.
const POSTFIXES: [Expected; 10] = [
    Expected::Token("("),
    Expected::Start("("),
    Expected::Token("."),
    Expected::Token("["),
    Expected::Token("/"),
    Expected::Token("?"),
    Expected::Token("as"),
    Expected::Token("is"),
    Expected::Token("of"),
    Expected::Token("|"),
];

/// "a, b or c".
fn expected_words(expected: &[Expected]) -> String {
    let may_continue = expected.contains(&Expected::Continuation);
    let mut words: Vec<String> = Vec::new();
    if expected.contains(&Expected::Silent) {
        words.push("the next statement".to_string());
    } else {
        let is_plain =
            |expected: &&Expected| !POSTFIXES.contains(expected) && **expected != Expected::Continuation;
        words.extend(expected.iter().filter(is_plain).map(|expected| expected.words()));
    }
    if may_continue {
        words.push(Expected::Continuation.words());
    }
    if words.is_empty() {
        words.extend(expected.iter().map(|expected| expected.words()));
    }
    words.dedup();
    match words.split_last() {
        None => "something else".to_string(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}
