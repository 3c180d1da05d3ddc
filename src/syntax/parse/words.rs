//! The words in which a message says what the grammar expects.
//!
//! In: rules of the grammar. Out: keywords, marks and phrases that people read.

use super::Rule;

/// What a rule of the grammar stands for in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Expected {
    /// A value, a name, a text: what has no fixed spelling.
    Phrase(&'static str),
    /// A keyword or a mark such as `{`; such parts say nothing that the tree keeps.
    Token(&'static str),
    /// A construct that starts with this keyword or mark.
    Start(&'static str),
    /// What an expression may go on with. Said only where nothing else is expected.
    Continuation,
    /// The text's end, or a part that a message never names.
    Silent,
}

impl Expected {
    /// The keyword or mark, if it is one.
    pub fn token(self) -> Option<&'static str> {
        match self {
            Expected::Token(token) | Expected::Start(token) => Some(token),
            _ => None,
        }
    }

    /// The words as they stand in a message.
    pub fn words(self) -> String {
        match self {
            Expected::Phrase(words) => words.to_string(),
            Expected::Token(token) | Expected::Start(token) => format!("`{token}`"),
            Expected::Continuation => "an operator".to_string(),
            Expected::Silent => "the end".to_string(),
        }
    }
}

/// Whether a rule is a keyword or a mark, which the tree builder passes over.
pub(super) fn is_token(rule: Rule) -> bool {
    matches!(expected(rule), Expected::Token(_))
}

/// What a rule stands for. The match is exhaustive, so that no rule can be added without its words.
pub(super) fn expected(rule: Rule) -> Expected {
    use Expected::{Continuation, Phrase, Silent, Start, Token};
    match rule {
        Rule::EOI => Silent,
        Rule::file | Rule::item | Rule::declaration | Rule::declaration_word | Rule::item_start => {
            Phrase("a declaration")
        }
        Rule::byte_order_mark
        | Rule::WHITESPACE
        | Rule::COMMENT
        | Rule::comment_text
        | Rule::rest_of_line => Silent,
        Rule::line_end | Rule::broken_item | Rule::broken_statement | Rule::misplaced_declaration => Silent,
        Rule::skipped_text
        | Rule::block
        | Rule::inner_block
        | Rule::inmost_block
        | Rule::block_text
        | Rule::misspelt_word
        | Rule::misnamed_rule
        | Rule::misnamed_word
        | Rule::misnamed_head
        | Rule::broken_text
        | Rule::broken_header
        | Rule::missing_name
        | Rule::header
        | Rule::header_alone
        | Rule::declaration_ahead
        | Rule::name_ahead
        | Rule::blank
        | Rule::operator_word
        | Rule::resumption
        | Rule::body_word
        | Rule::declaration_head => Silent,
        Rule::string_text | Rule::interpolated_text | Rule::reserved_word | Rule::reserved => Silent,
        Rule::count_head | Rule::sum_head | Rule::name_character | Rule::word_character | Rule::digits => {
            Silent
        }
        Rule::missing_open_brace | Rule::missing_close_brace | Rule::interpolation => Silent,
        Rule::string_plain | Rule::string_escape | Rule::item_alone | Rule::pack_part_alone => Silent,
        Rule::rule_part_alone | Rule::budget_part_alone | Rule::waive_part_alone => Silent,
        Rule::test_part_alone | Rule::automation_part_alone => Silent,
        Rule::documentation_line => Phrase("documentation"),
        Rule::use_declaration => Start("use"),
        Rule::peer => Start("replaces"),
        Rule::exclusion => Start("except"),
        Rule::pack_declaration => Start("pack"),
        Rule::let_declaration => Start("let"),
        Rule::param_declaration => Start("param"),
        Rule::fn_declaration => Start("fn"),
        Rule::metric_declaration => Start("metric"),
        Rule::rule_declaration => Start("rule"),
        Rule::budget_declaration => Start("budget"),
        Rule::optimize_declaration => Start("optimize"),
        Rule::heal_declaration => Start("heal"),
        Rule::promote_declaration => Start("promote"),
        Rule::waive_declaration => Start("waive"),
        Rule::test_declaration => Start("test"),
        Rule::automation_rest | Rule::declaration_name => Phrase("a name such as `memory-limit`"),
        Rule::path_name | Rule::path_part => Phrase("a name such as `std.security`"),
        Rule::parameters => Start("("),
        Rule::parameter | Rule::name | Rule::binders | Rule::binding | Rule::setting => Phrase("a name"),
        Rule::allowed_values | Rule::metric_unit | Rule::namespace => Start("in"),
        Rule::metric_source => Start("="),
        Rule::unit_name => Phrase("a unit such as `ms`"),
        Rule::r#type | Rule::named_type | Rule::type_name | Rule::list_type | Rule::map_type => {
            Phrase("a type")
        }
        Rule::divisor_type => Phrase("a type"),
        Rule::body_open => Start("{"),
        Rule::body_close => Start("}"),
        Rule::metadata | Rule::statement | Rule::attachment | Rule::budget_part => Phrase("a statement"),
        Rule::waive_part | Rule::automation_part => Phrase("a statement"),
        Rule::severity => Start("severity"),
        Rule::category => Start("category"),
        Rule::controls => Start("controls"),
        Rule::replaces => Start("replaces"),
        Rule::settings => Start("with"),
        Rule::origins => Start("from"),
        Rule::origin | Rule::entry => Phrase("a key in quotes"),
        Rule::for_statement | Rule::waive_for | Rule::goal_window | Rule::budget_scope => Start("for"),
        Rule::where_statement | Rule::condition => Start("where"),
        Rule::clause => Phrase("`require` or `forbid`"),
        Rule::message => Start("message"),
        Rule::help => Start("help"),
        Rule::at | Rule::test_at => Start("at"),
        Rule::fix => Start("fix"),
        Rule::fix_set => Start("set"),
        Rule::fix_remove => Start("remove"),
        Rule::fix_add => Start("add"),
        Rule::path => Phrase("a path such as `c.image`"),
        Rule::budget_limit | Rule::budget_measure => Phrase("`cost`, `carbon` or `energy`"),
        Rule::growth => Start("growing"),
        Rule::warn_at => Start("warn"),
        Rule::assume => Start("assume"),
        Rule::assumption => Phrase("`cpu` or `memory`"),
        Rule::because => Start("because"),
        Rule::owner => Start("owner"),
        Rule::until => Start("until"),
        Rule::date => Phrase("a date such as `2027-03-31`"),
        Rule::object_name => Phrase("a kind and a name such as `Deployment \"api\"`"),
        Rule::test_case => Phrase("`accepts` or `rejects`"),
        Rule::fixture_file => Start("file"),
        Rule::target => Start("target"),
        Rule::exclude => Start("exclude"),
        Rule::source => Start("from"),
        Rule::goal => Start("goal"),
        Rule::no_drift | Rule::no_findings => Start("no"),
        Rule::goal_condition => Phrase("a metric"),
        Rule::goal_near => Start("near"),
        Rule::goal_within | Rule::rollback_window => Start("within"),
        Rule::goal_comparison | Rule::goal_operator => Phrase("`>=` or `<=`"),
        Rule::per_replica => Start("per"),
        Rule::when => Start("when"),
        Rule::goal_states | Rule::goal_state => Phrase("the name of a goal"),
        Rule::action => Phrase("an action such as `scale replicas up`"),
        Rule::step => Phrase("`scale` or `resize`"),
        Rule::step_size => Start("by"),
        Rule::cap => Start("cap"),
        Rule::delay => Start("delay"),
        Rule::promote_steps => Start("promote"),
        Rule::bounds => Start("bounds"),
        Rule::change => Start("change"),
        Rule::cooldown => Start("cooldown"),
        Rule::cooldown_up => Start("up"),
        Rule::cooldown_down => Start("down"),
        Rule::rollback => Start("rollback"),
        Rule::budget_reference => Start("budget"),
        Rule::active => Start("active"),
        Rule::awake => Start("awake"),
        Rule::schedule => Phrase("a day such as `weekdays`"),
        Rule::time => Phrase("a time such as `08:00`"),
        Rule::agent => Start("agent"),
        Rule::mode => Start("mode"),
        Rule::approval => Start("approval"),
        Rule::require_digest => Start("require"),
        Rule::expression | Rule::operand | Rule::primary | Rule::prefix | Rule::minus => Phrase("a value"),
        Rule::parenthesised | Rule::list | Rule::map | Rule::boolean | Rule::quantifier => Phrase("a value"),
        Rule::sum | Rule::count | Rule::call => Phrase("a value"),
        Rule::operator | Rule::kind_test | Rule::postfix | Rule::method | Rule::field | Rule::index => {
            Continuation
        }
        Rule::cast | Rule::arguments => Continuation,
        Rule::kinds | Rule::kind_name | Rule::kind => Phrase("a kind such as `Deployment`"),
        Rule::group => Phrase("an API group such as `apps`"),
        Rule::number | Rule::attached_unit | Rule::spaced_unit => Phrase("a number"),
        Rule::string | Rule::block_string | Rule::raw_string | Rule::quoted_string => {
            Phrase("a text in quotes")
        }
        Rule::word => Phrase("a word"),
        Rule::open_brace => Token("{"),
        Rule::close_brace => Token("}"),
        Rule::open_bracket => Token("["),
        Rule::close_bracket => Token("]"),
        Rule::open_parenthesis => Token("("),
        Rule::close_parenthesis => Token(")"),
        Rule::comma => Token(","),
        Rule::colon => Token(":"),
        Rule::equals => Token("="),
        Rule::optional_mark => Token("?"),
        Rule::range_mark => Token(".."),
        Rule::dot => Token("."),
        Rule::slash => Token("/"),
        Rule::bar => Token("|"),
        Rule::kw_above => Token("above"),
        Rule::kw_accepts => Token("accepts"),
        Rule::kw_active => Token("active"),
        Rule::kw_add => Token("add"),
        Rule::kw_agent => Token("agent"),
        Rule::kw_and => Token("and"),
        Rule::kw_any => Token("any"),
        Rule::kw_approval => Token("approval"),
        Rule::kw_as => Token("as"),
        Rule::kw_assume => Token("assume"),
        Rule::kw_at => Token("at"),
        Rule::kw_awake => Token("awake"),
        Rule::kw_because => Token("because"),
        Rule::kw_bounds => Token("bounds"),
        Rule::kw_budget => Token("budget"),
        Rule::kw_by => Token("by"),
        Rule::kw_cap => Token("cap"),
        Rule::kw_category => Token("category"),
        Rule::kw_change => Token("change"),
        Rule::kw_controls => Token("controls"),
        Rule::kw_cooldown => Token("cooldown"),
        Rule::kw_count => Token("count"),
        Rule::kw_delay => Token("delay"),
        Rule::kw_digest => Token("digest"),
        Rule::kw_down => Token("down"),
        Rule::kw_drift => Token("drift"),
        Rule::kw_except => Token("except"),
        Rule::kw_exclude => Token("exclude"),
        Rule::kw_file => Token("file"),
        Rule::kw_findings => Token("findings"),
        Rule::kw_fix => Token("fix"),
        Rule::kw_fn => Token("fn"),
        Rule::kw_for => Token("for"),
        Rule::kw_forbid => Token("forbid"),
        Rule::kw_from => Token("from"),
        Rule::kw_goal => Token("goal"),
        Rule::kw_growing => Token("growing"),
        Rule::kw_heal => Token("heal"),
        Rule::kw_help => Token("help"),
        Rule::kw_in => Token("in"),
        Rule::kw_is => Token("is"),
        Rule::kw_let => Token("let"),
        Rule::kw_message => Token("message"),
        Rule::kw_met => Token("met"),
        Rule::kw_metric => Token("metric"),
        Rule::kw_missed => Token("missed"),
        Rule::kw_missing => Token("missing"),
        Rule::kw_mode => Token("mode"),
        Rule::kw_most => Token("most"),
        Rule::kw_near => Token("near"),
        Rule::kw_no => Token("no"),
        Rule::kw_not => Token("not"),
        Rule::kw_of => Token("of"),
        Rule::kw_optimize => Token("optimize"),
        Rule::kw_owner => Token("owner"),
        Rule::kw_pack => Token("pack"),
        Rule::kw_param => Token("param"),
        Rule::kw_per => Token("per"),
        Rule::kw_prometheus => Token("prometheus"),
        Rule::kw_promote => Token("promote"),
        Rule::kw_rejects => Token("rejects"),
        Rule::kw_remove => Token("remove"),
        Rule::kw_replaces => Token("replaces"),
        Rule::kw_replica => Token("replica"),
        Rule::kw_require => Token("require"),
        Rule::kw_resize => Token("resize"),
        Rule::kw_restore => Token("restore"),
        Rule::kw_revert => Token("revert"),
        Rule::kw_rollback => Token("rollback"),
        Rule::kw_rule => Token("rule"),
        Rule::kw_scale => Token("scale"),
        Rule::kw_set => Token("set"),
        Rule::kw_severity => Token("severity"),
        Rule::kw_start => Token("start"),
        Rule::kw_String => Token("String"),
        Rule::kw_sum => Token("sum"),
        Rule::kw_target => Token("target"),
        Rule::kw_test => Token("test"),
        Rule::kw_then => Token("then"),
        Rule::kw_to => Token("to"),
        Rule::kw_unsafe => Token("unsafe"),
        Rule::kw_until => Token("until"),
        Rule::kw_up => Token("up"),
        Rule::kw_use => Token("use"),
        Rule::kw_using => Token("using"),
        Rule::kw_waive => Token("waive"),
        Rule::kw_warn => Token("warn"),
        Rule::kw_when => Token("when"),
        Rule::kw_where => Token("where"),
        Rule::kw_with => Token("with"),
        Rule::kw_within => Token("within"),
    }
}
