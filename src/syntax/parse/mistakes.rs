//! Mistakes that many make, with words and a mend of their own.
//!
//! In: where and why the grammar refused a text. Out: a diagnostic, if the mistake is a known one.

use super::explain::Failure;
use super::words::Expected;
use super::{Builder, Rule, is_reserved, scan};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Words of other languages for what has another name here.
const OTHER_WORDS: [(&str, &str); 30] = [
    ("assert", "require"),
    ("check", "require"),
    ("const", "let"),
    ("def", "fn"),
    ("deny", "forbid"),
    ("disallow", "forbid"),
    ("ensure", "require"),
    ("error", "message"),
    ("expect", "require"),
    ("fail", "accepts"),
    ("filter", "where"),
    ("foreach", "for"),
    ("forall", "for"),
    ("func", "fn"),
    ("function", "fn"),
    ("hint", "help"),
    ("if", "where"),
    ("import", "use"),
    ("include", "use"),
    ("labels", "controls"),
    ("level", "severity"),
    ("msg", "message"),
    ("must", "require"),
    ("parameter", "param"),
    ("policy", "rule"),
    ("reject", "rejects"),
    ("accept", "accepts"),
    ("unless", "where"),
    ("val", "let"),
    ("var", "let"),
];

/// A word that starts no declaration, or no statement of such a body. `form` is the keyword of the
/// body, or "declaration".
pub(super) fn unknown_word(span: Span, word: &str, form: &str, words: &[&str]) -> Diagnostic {
    let message = match form {
        "declaration" => format!("`{word}` starts no declaration"),
        _ => format!("`{word}` starts no statement of a `{form}`"),
    };
    let diagnostic = Diagnostic::new(Code::E0105, span, message);
    if let Some(meant) = meant(word, words) {
        let title = format!("replace `{word}` with `{meant}`");
        return diagnostic
            .help(format!("write `{meant}`"))
            .fix(title, false, span, meant);
    }
    if matches!(word, "description" | "title" | "summary" | "doc") {
        return diagnostic.help("write `/// …` on the lines before the declaration");
    }
    let list: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    diagnostic.help(format!("start it with one of {}", list.join(", ")))
}

/// The word of these that was probably meant.
pub(super) fn meant<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let other = OTHER_WORDS
        .iter()
        .find(|(from, _)| *from == word)
        .map(|(_, to)| *to);
    if let Some(known) = words.iter().find(|known| Some(**known) == other) {
        return Some(known);
    }
    let most = (word.len() / 3).clamp(1, 3);
    let distance = |known: &&'w str| strsim::damerau_levenshtein(word, known);
    let near = words.iter().copied().filter(|known| distance(known) <= most);
    near.min_by_key(distance)
}

/// Marks of other languages where an expression might go on, and what they are here.
const MARKS: [(&str, &str); 7] = [
    ("=", "=="),
    ("&&", "and"),
    ("||", "or"),
    ("<>", "!="),
    ("=>", ">="),
    (":=", "=="),
    ("?.", "."),
];

impl<'t> Builder<'t> {
    /// The diagnostic of a mistake that has words of its own.
    pub(super) fn known_mistake(&self, failure: &Failure) -> Option<Diagnostic> {
        let found = failure.found;
        let previous = failure.previous.unwrap_or(found.at_start());
        let between = self.text.get(previous.end as usize..found.start as usize);
        // What a line lacks at its end is not to be explained by how the next one starts.
        let is_adjacent = between.is_some_and(|between| !between.contains(['\n', '\r']));
        match self.slice(found) {
            ";" => return Some(replacement(found, "no `;` is needed".into(), "")),
            "#" => return Some(replacement(found, "`#` starts no comment".into(), "//")),
            _ => {}
        }
        if !is_adjacent {
            return None;
        }
        self.wrong_operator(failure, previous)
            .or_else(|| self.wrong_punctuation(failure, previous))
            .or_else(|| self.wrong_number(found, previous))
            .or_else(|| self.wrong_name(failure, previous))
            .or_else(|| self.wrong_text(failure))
    }

    /// Operators and tests of other languages.
    fn wrong_operator(&self, failure: &Failure, previous: Span) -> Option<Diagnostic> {
        let found = failure.found;
        let text = self.slice(found);
        let before = self.slice(previous);
        let error = |message: &str, help: &str| Some(Diagnostic::new(Code::E0101, found, message).help(help));
        if failure.expects_value() {
            match text {
                "!" => return Some(replacement(found, "`!` is not an operator".into(), "not ")),
                "null" => return Some(self.null(found, previous)),
                _ => {}
            }
        }
        if text == "not" && before == "is" {
            let message = "`is not` is not an operator";
            let behind = self.text.get(found.end as usize..).unwrap_or("");
            let next = behind.trim_start_matches([' ', '\t']);
            let opposite = match scan::word_at(next, 0) {
                "set" => ("set", "missing"),
                "missing" => ("missing", "set"),
                _ => return error(message, "write `not x is Kind` for `x is not Kind`"),
            };
            let end = found.end as usize + behind.len() - next.len() + opposite.0.len();
            return Some(replacement(
                found.to(Span::new(self.file, end, end)),
                message.into(),
                opposite.1,
            ));
        }
        if !failure.expects(Expected::Continuation) {
            return None;
        }
        if let Some((word, help)) = self.quantifier_of(previous) {
            let message = format!("`{word}` is not a quantifier");
            return Some(Diagnostic::new(Code::E0101, previous, message).help(help));
        }
        if let Some((_, meant)) = MARKS.iter().find(|(mark, _)| *mark == text) {
            return Some(replacement(found, format!("`{text}` is not an operator"), meant));
        }
        match text {
            "?" => error(
                "there is no `? :` operator",
                "split the rule, or join conditions with `and` and `or`",
            ),
            "!" => error("`!` is not an operator", "write `not` before the value"),
            "not" => error(
                "`not` cannot stand between two values",
                "write it before the comparison: `not x in xs`",
            ),
            "if" | "then" | "else" => error(
                "an expression has no `if`",
                "filter with `where`, or join conditions with `and` and `or`",
            ),
            _ => None,
        }
    }

    /// Marks that another one is meant for, or that are not needed.
    fn wrong_punctuation(&self, failure: &Failure, previous: Span) -> Option<Diagnostic> {
        let found = failure.found;
        let text = self.slice(found);
        let before = self.slice(previous);
        let expects = |token: &'static str| failure.expects(Expected::Token(token));
        let error =
            |message: String, help: &str| Some(Diagnostic::new(Code::E0101, found, message).help(help));
        match text {
            ":=" if expects("=") => Some(replacement(found, "expected `=`, found `:=`".into(), "=")),
            "of" if expects("in") => Some(replacement(found, "expected `in`, found `of`".into(), "in")),
            "=" if expects(":") && self.is_parameter(found) => error(
                "expected `:` and a type, found `=`".into(),
                "state the type: `param limit: Int = 3`",
            ),
            "=" if expects(":") => Some(replacement(found, "expected `:`, found `=`".into(), ":")),
            "{" if expects(":") => error(
                "expected `:`, found `{`".into(),
                "a quantifier has its condition behind `:`, without braces: `any x in xs: x == 1`",
            ),
            "{" if failure.expects(Expected::Silent) && failure.expects(Expected::Continuation) => error(
                "expected the next statement, found `{`".into(),
                "statements have no braces of their own: a `for` holds for those that follow it",
            ),
            "}" if before == "{" && failure.expects_value() => Some(
                Diagnostic::new(Code::E0101, previous.to(found), "expected a value within `{}`")
                    .help("a brace of the text itself is written `\\{`"),
            ),
            "." | ")" if expects("in") => error(
                format!("expected `in`, found `{text}`"),
                "name each element: `sum(x in xs: x.size)`",
            ),
            ":" if self.starts_statement(previous) => {
                Some(replacement(found, format!("no `:` stands behind `{before}`"), ""))
            }
            _ => None,
        }
    }

    /// Units apart from their numbers.
    fn wrong_number(&self, found: Span, previous: Span) -> Option<Diagnostic> {
        let text = self.slice(found);
        let number = self.slice(previous);
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let gap = previous.at_end().to(found.at_start());
        let error = |span: Span, message: String, help: String| {
            Diagnostic::new(Code::E0103, span, message).help(help)
        };
        if matches!(text, "$" | "€" | "£") {
            let help = "write the code of the currency: `400 USD/month`";
            return Some(error(found, format!("`{text}` is not a unit"), help.into()));
        }
        if is_spaced_unit(text) {
            let message = format!("more than one space stands before `{text}`");
            let diagnostic = error(gap, message, format!("write `{number} {text}`"));
            return Some(diagnostic.fix("leave one space", true, gap, " "));
        }
        if UNITS.contains(&text) {
            let message = format!("the unit `{text}` stands apart from its number");
            let diagnostic = error(previous.to(found), message, format!("write `{number}{text}`"));
            return Some(diagnostic.fix("remove the space", true, gap, ""));
        }
        None
    }

    /// What cannot be a name, or a field.
    fn wrong_name(&self, failure: &Failure, previous: Span) -> Option<Diagnostic> {
        let found = failure.found;
        let text = self.slice(found);
        let error =
            |message: String, help: String| Some(Diagnostic::new(Code::E0101, found, message).help(help));
        let follows_name = failure
            .rules
            .iter()
            .any(|rule| matches!(rule, Rule::equals | Rule::colon | Rule::kw_in));
        if text == "-" && follows_name && !failure.expects(Expected::Continuation) {
            let behind = self.text.get(found.end as usize..).unwrap_or("");
            let length = behind
                .find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '_' | '-'))
                .unwrap_or(behind.len());
            let rest = behind[..length].replace('-', "_");
            let meant = format!("{}_{rest}", self.slice(previous));
            return error(
                "a hyphen cannot stand in this name".into(),
                format!("hyphens stand only in the names of rules and the like; write `{meant}`"),
            );
        }
        if failure.expects(Expected::Phrase("a name")) {
            if is_reserved(text) {
                let message = format!("`{text}` is a word of the language and names nothing");
                return Some(Diagnostic::new(Code::E0106, found, message).help("choose another name"));
            }
            if text.starts_with(|c: char| c.is_ascii_uppercase()) {
                let lower = text[..1].to_ascii_lowercase() + &text[1..];
                let message = format!("expected a name, found the kind `{text}`");
                return error(message, format!("names start in lower case: `{lower}`"));
            }
        }
        if failure.expects(Expected::Phrase("a word")) {
            if text.starts_with('"') {
                let word = text.trim_matches('"');
                return Some(replacement(found, format!("expected a word, found {text}"), word));
            }
            if text.starts_with(|c: char| c.is_ascii_digit()) && self.slice(previous) == "." {
                let help = "an element of a list is written `xs[0]`".to_string();
                return error(format!("expected a field, found `{text}`"), help);
            }
        }
        None
    }

    /// Texts in the wrong quotes, or in none.
    fn wrong_text(&self, failure: &Failure) -> Option<Diagnostic> {
        let found = failure.found;
        let text = self.slice(found);
        if text.starts_with(['\'', '`']) {
            let diagnostic = Diagnostic::new(Code::E0101, found, "texts stand in double quotes");
            let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
            if inner.is_empty() || inner.contains(['"', '\\', '{']) {
                return Some(diagnostic.help("write `\"…\"`"));
            }
            let quoted = format!("\"{inner}\"");
            let help = format!("write `{quoted}`");
            return Some(
                diagnostic
                    .help(help)
                    .fix("use double quotes", true, found, quoted),
            );
        }
        let is_word = !text.is_empty() && scan::word_at(text, 0).len() == text.len();
        if is_word && failure.expects(Expected::Phrase("a text in quotes")) && !failure.expects_value() {
            let message = format!("expected a text in quotes, found `{text}`");
            return Some(
                Diagnostic::new(Code::E0101, found, message).help("put the whole text into `\"…\"`"),
            );
        }
        None
    }

    fn null(&self, found: Span, previous: Span) -> Diagnostic {
        let test = match self.slice(previous) {
            "==" => Some("is missing"),
            "!=" => Some("is set"),
            _ => None,
        };
        let diagnostic = Diagnostic::new(Code::E0101, found, "there is no `null`: what is null is absent");
        match test {
            Some(test) => diagnostic.help(format!("write `{test}`")).fix(
                format!("write `{test}`"),
                true,
                previous.to(found),
                test,
            ),
            None => diagnostic.help("ask with `is missing`, or say what holds on absence with `??`"),
        }
    }

    /// The quantifier of another language at a place, and what to write for it.
    fn quantifier_of(&self, span: Span) -> Option<(&'t str, &'static str)> {
        let word = self.slice(span);
        match word {
            "all" | "every" | "each" | "forall" => Some((
                word,
                "say that none fails: `no x in xs: not (…)`, or `no x in xs: x != 1`",
            )),
            "some" | "exists" | "none" => Some((word, "write `any x in xs: …` or `no x in xs: …`")),
            _ => None,
        }
    }

    /// Whether a token is a word at the beginning of its line.
    fn starts_statement(&self, token: Span) -> bool {
        let before = self.text.get(..token.start as usize).unwrap_or("");
        let word = self.slice(token);
        let is_first = before
            .trim_end_matches([' ', '\t'])
            .chars()
            .next_back()
            .is_none_or(|c| c == '\n' || c == '\r');
        is_first && !word.is_empty() && scan::word_at(word, 0) == word
    }

    /// Whether a place is in the line of a `param`.
    fn is_parameter(&self, place: Span) -> bool {
        let before = self.text.get(..place.start as usize).unwrap_or("");
        let line = before.rsplit(['\n', '\r']).next().unwrap_or("");
        line.trim_start().starts_with("param ")
    }
}

/// A mistake that other text at the same place mends.
fn replacement(found: Span, message: String, with: &str) -> Diagnostic {
    let title = match with.trim_end() {
        "" => "remove it".to_string(),
        with => format!("write `{with}`"),
    };
    Diagnostic::new(Code::E0101, found, message)
        .help(title.clone())
        .fix(title, false, found, with)
}

/// What is likely to be meant as a unit behind a number and a space.
const UNITS: [&str; 30] = [
    "m", "k", "Ki", "Mi", "Gi", "Ti", "K", "M", "G", "T", "s", "ms", "us", "sec", "seconds", "min",
    "minutes", "h", "hours", "d", "days", "w", "weeks", "month", "W", "kW", "%", "cpu", "core", "cores",
];

/// Whether a token looks like a unit before which one space may stand.
fn is_spaced_unit(text: &str) -> bool {
    let is_currency = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    is_currency || text.ends_with("CO2e") || text.ends_with("Wh")
}

/// The forms of statements and declarations that are not mere expressions, by their first words.
const FORMS: [(&str, &str); 42] = [
    ("accepts", "accepts \"\"\"…\"\"\" with { limit: 3 }"),
    ("active", "active weekdays 08:00..20:00 \"Europe/Berlin\""),
    ("agent", "agent name using \"model\""),
    ("assume", "assume cpu 100m, memory 128Mi"),
    ("awake", "awake weekdays 08:00..20:00 \"Europe/Berlin\""),
    ("because", "because \"reads host metrics\""),
    ("bounds", "bounds replicas 2..20"),
    ("budget", "budget name { … }"),
    ("carbon", "carbon at most 30 kgCO2e/month"),
    ("category", "category security"),
    ("change", "change at most 50% per 1h"),
    ("controls", "controls \"CIS Kubernetes 5.5.1\""),
    ("cooldown", "cooldown 10min"),
    ("cost", "cost at most 400 USD/month growing at most 10%"),
    ("energy", "energy at most 20 kWh/month"),
    ("exclude", "exclude Deployment \"api\""),
    ("fix", "fix set path = value"),
    ("fn", "fn name(x: String): Bool = x like \"*\""),
    ("for", "for x in containers"),
    ("from", "from \"s3://models/name\""),
    ("goal", "goal fast: latency_p99 <= 200ms"),
    ("heal", "heal name in \"namespace\" { … }"),
    ("let", "let name = value"),
    ("metric", "metric name: Duration in ms = prometheus r\"…\""),
    ("mode", "mode apply approval above 10 USD/day"),
    ("optimize", "optimize name in \"namespace\" { … }"),
    ("owner", "owner \"platform@acme.io\""),
    ("pack", "pack name { use … }"),
    ("param", "param name: Int in 1..200 = 20"),
    ("promote", "promote 10% then 100% when quality met for 1h"),
    ("rejects", "rejects file \"bad.yaml\" at spec.replicas"),
    ("replaces", "replaces \"peer/check\" with { limit: 3 }"),
    ("rollback", "rollback when fast missed for 5min within 30min"),
    ("rule", "rule name { … }"),
    ("severity", "severity high"),
    ("target", "target Deployment \"api\""),
    ("test", "test name { … }"),
    ("until", "until 2027-03-31"),
    ("use", "use std.security"),
    ("waive", "waive name { … }"),
    ("warn", "warn at 80%"),
    ("when", "when fast missed for 2min: scale replicas up by 25%"),
];

/// A correct statement or declaration that starts with a word.
pub(super) fn form_of(word: &str) -> Option<&'static str> {
    FORMS
        .iter()
        .find(|(first, _)| *first == word)
        .map(|(_, form)| *form)
}
