//! Arbitrary well-formed trees: whatever a text of the language can say.

use crate::source::{FileId, Span};
use crate::syntax::ast::*;
use crate::syntax::is_reserved;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// The place of everything: these trees come from no text.
fn nowhere() -> Span {
    Span::new(FileId(0), 0, 0)
}

fn name_of(text: impl Into<String>) -> Name {
    Name {
        text: text.into(),
        span: nowhere(),
    }
}

fn expression_of(kind: ExpressionKind) -> Expression {
    Expression {
        kind,
        span: nowhere(),
    }
}

fn boxed(expression: Expression) -> Box<Expression> {
    Box::new(expression)
}

/// A name of a value: any word that is not reserved, words of other places included.
fn name() -> impl Strategy<Value = Name> {
    let contextual = select(vec![
        "rule", "metric", "test", "set", "to", "of", "cost", "with", "from", "count", "_",
    ]);
    prop_oneof![
        3 => "[a-z_][a-zA-Z0-9_]{0,6}".prop_filter("reserved", |word| !is_reserved(word)),
        1 => contextual.prop_map(str::to_string),
    ]
    .prop_map(name_of)
}

/// A field, a resource, a day: any word at all.
fn word() -> impl Strategy<Value = Name> {
    prop_oneof![
        "[a-zA-Z_][a-zA-Z0-9_]{0,6}",
        Just("for".to_string()),
        Just("at".to_string())
    ]
    .prop_map(name_of)
}

/// The name of a declaration.
fn title() -> impl Strategy<Value = Name> {
    "[a-zA-Z_][a-z0-9_]{0,4}(-[a-z0-9]{1,4}){0,2}".prop_map(name_of)
}

/// The name of a metric or goal, which the words of its statement follow.
fn goal_name() -> impl Strategy<Value = Name> {
    "g_[a-z0-9_]{0,4}".prop_map(name_of)
}

fn path_name() -> impl Strategy<Value = Vec<Name>> {
    vec("[a-z0-9_]{1,4}(-[a-z0-9]{1,3}){0,2}".prop_map(name_of), 1..4)
}

fn quoted() -> impl Strategy<Value = Text> {
    prop_oneof!["[a-z {}\"\\\\/]{0,12}", any::<String>()].prop_map(|value| Text {
        value,
        style: TextStyle::Quoted,
        span: nowhere(),
    })
}

fn raw() -> impl Strategy<Value = Text> {
    "[a-z{}\\\\ /]{0,10}".prop_map(|value| Text {
        value,
        style: TextStyle::Raw,
        span: nowhere(),
    })
}

/// A block's lines, the least indented at the margin.
fn block() -> impl Strategy<Value = Text> {
    let line = prop_oneof!["", "[a-z{#/:'][a-z {}\"/#:]{0,8}[a-z}\"]"];
    vec((line, 0..3_usize), 0..5).prop_map(|lines| {
        let mut lines: Vec<String> = lines
            .into_iter()
            .map(|(line, depth)| {
                if line.is_empty() {
                    line
                } else {
                    " ".repeat(depth * 2) + &line
                }
            })
            .collect();
        if let Some(first) = lines.iter_mut().find(|line| !line.is_empty()) {
            *first = first.trim_start().to_string();
        }
        Text {
            value: lines.join("\n").replace("\"\"", "''"),
            style: TextStyle::Block,
            span: nowhere(),
        }
    })
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![3 => quoted(), 1 => raw(), 1 => block()]
}

fn number() -> impl Strategy<Value = String> {
    select(vec![
        "0",
        "20",
        "4_000",
        "1.5",
        "60%",
        "500m",
        "512Mi",
        "200ms",
        "3/h",
        "4_000 USD/month",
        "30 kgCO2e/month",
        "450 gCO2e/kWh",
        "10kWh",
    ])
    .prop_map(str::to_string)
}

fn kind_name() -> impl Strategy<Value = KindName> {
    let group = select(vec!["apps", "gateway.networking.k8s.io", "a-b.c"]);
    ("[A-Z][A-Za-z0-9]{0,6}", of(group)).prop_map(|(kind, group)| KindName {
        kind,
        group: group.map(str::to_string),
        span: nowhere(),
    })
}

fn kinds() -> impl Strategy<Value = Vec<KindName>> {
    vec(kind_name(), 1..3)
}

fn ty() -> impl Strategy<Value = TypeExpression> {
    let of_kind = |kind| TypeExpression {
        kind,
        span: nowhere(),
    };
    let leaf = prop_oneof![
        "[A-Za-z][A-Za-z0-9]{0,5}".prop_map(TypeExpressionKind::Name),
        ("[A-Z][a-z]{0,4}", "[A-Z][a-z]{0,4}").prop_map(|(a, b)| TypeExpressionKind::Per(a, b)),
    ];
    leaf.prop_map(of_kind).prop_recursive(3, 6, 1, move |inner| {
        let is_plain = |ty: &TypeExpression| !matches!(ty.kind, TypeExpressionKind::Optional(_));
        prop_oneof![
            inner
                .clone()
                .prop_map(|ty| TypeExpressionKind::List(Box::new(ty))),
            inner.clone().prop_map(|ty| TypeExpressionKind::Map(Box::new(ty))),
            inner
                .prop_filter("optional", is_plain)
                .prop_map(|ty| TypeExpressionKind::Optional(Box::new(ty))),
        ]
        .prop_map(of_kind)
    })
}

fn binding(expression: BoxedStrategy<Expression>) -> impl Strategy<Value = Binding> {
    (vec(name(), 1..3), expression.clone(), of(expression)).prop_map(|(names, subject, condition)| Binding {
        names,
        subject: boxed(subject),
        condition: condition.map(boxed),
    })
}

/// Expressions over these texts.
fn expression_over(text: BoxedStrategy<Text>) -> BoxedStrategy<Expression> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(ExpressionKind::Bool),
        number().prop_map(ExpressionKind::Number),
        text.clone().prop_map(ExpressionKind::Text),
        name().prop_map(|name| ExpressionKind::Name(name.text)),
        kinds().prop_map(ExpressionKind::Kinds),
    ];
    let leaf = leaf.prop_map(expression_of);
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let inner = inner.boxed();
        let one = || inner.clone().prop_map(boxed);
        let row = || vec(inner.clone(), 0..4);
        let quantifier = select(vec![Quantifier::Any, Quantifier::No]);
        let method = (one(), word(), row()).prop_map(|(receiver, function, arguments)| Call {
            receiver: Some(receiver),
            function,
            arguments,
        });
        let call = (name(), row()).prop_filter("sum", |(name, _)| name.text != "sum");
        let call = call.prop_map(|(function, arguments)| Call {
            receiver: None,
            function,
            arguments,
        });
        prop_oneof![
            row().prop_map(ExpressionKind::List),
            vec((text.clone(), inner.clone()), 0..3).prop_map(ExpressionKind::Map),
            (one(), word()).prop_map(|(base, field)| ExpressionKind::Field(base, field)),
            (one(), one()).prop_map(|(base, key)| ExpressionKind::Index(base, key)),
            prop_oneof![method, call].prop_map(ExpressionKind::Call),
            (one(), ty()).prop_map(|(value, ty)| ExpressionKind::Cast(value, ty)),
            one().prop_map(ExpressionKind::Negate),
            one().prop_map(ExpressionKind::Not),
            one().prop_map(ExpressionKind::IsSet),
            one().prop_map(ExpressionKind::IsMissing),
            (one(), kinds()).prop_map(|(value, kinds)| ExpressionKind::IsKind(value, kinds)),
            (one(), one()).prop_map(|(low, high)| ExpressionKind::Range(low, high)),
            (one(), select(BinaryOperator::ALL.to_vec()), one())
                .prop_map(|(left, operator, right)| ExpressionKind::Binary(left, operator, right)),
            (quantifier, binding(inner.clone()), one()).prop_map(|(quantifier, binding, body)| {
                ExpressionKind::Quantifier(quantifier, binding, body)
            }),
            binding(inner.clone()).prop_map(ExpressionKind::Count),
            (binding(inner.clone()), one()).prop_map(|(binding, body)| ExpressionKind::Sum(binding, body)),
        ]
        .prop_map(expression_of)
    })
    .boxed()
}

/// A string with values inserted; these hold no text of several lines.
fn interpolation() -> impl Strategy<Value = Expression> {
    let inserted = expression_over(prop_oneof![quoted(), raw()].boxed());
    let part = (of("[a-z{}\"\\\\\n]{1,5}"), inserted);
    (vec(part, 1..3), of("[a-z`]{1,4}")).prop_map(|(parts, last)| {
        let mut all = Vec::new();
        for (text, value) in parts {
            all.extend(text.map(StringPart::Text));
            all.push(StringPart::Expression(value));
        }
        all.extend(last.map(StringPart::Text));
        expression_of(ExpressionKind::Interpolation(all))
    })
}

fn expression() -> BoxedStrategy<Expression> {
    prop_oneof![4 => expression_over(text().boxed()), 1 => interpolation()].boxed()
}

/// Something measured, in a statement whose words follow it.
fn amount() -> impl Strategy<Value = Expression> {
    prop_oneof![
        3 => number().prop_map(ExpressionKind::Number).prop_map(expression_of),
        1 => "v_[a-z]{0,4}".prop_map(ExpressionKind::Name).prop_map(expression_of),
        1 => expression().prop_filter("a word of the statement", |e| !matches!(e.kind, ExpressionKind::Name(_))),
    ]
}

fn path() -> impl Strategy<Value = Expression> {
    let step = prop_oneof![
        word().prop_map(Ok),
        expression_over(quoted().boxed()).prop_map(Err)
    ];
    (name(), vec(step, 0..3)).prop_map(|(name, steps)| {
        steps
            .into_iter()
            .fold(expression_of(ExpressionKind::Name(name.text)), |base, step| {
                expression_of(match step {
                    Ok(field) => ExpressionKind::Field(boxed(base), field),
                    Err(key) => ExpressionKind::Index(boxed(base), boxed(key)),
                })
            })
    })
}

fn adoption() -> impl Strategy<Value = Use> {
    let target = prop_oneof![
        path_name().prop_map(UseTarget::Path),
        text().prop_map(UseTarget::File),
        text().prop_map(UseTarget::Peer)
    ];
    let exclusion = (vec(path_name(), 1..3), text()).prop_map(|(paths, because)| Exclusion {
        paths,
        because,
        span: nowhere(),
    });
    (target, vec(exclusion, 0..2)).prop_map(|(target, except)| Use {
        target,
        except,
        span: nowhere(),
    })
}

fn let_binding() -> impl Strategy<Value = Let> {
    (name(), expression()).prop_map(|(name, value)| Let { name, value })
}

fn settings() -> impl Strategy<Value = Vec<(Name, Expression)>> {
    vec((name(), expression()), 0..3)
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let replaces =
        (text(), settings(), vec((text(), name()), 0..3)).prop_map(|(check, with, from)| Replaces {
            check,
            with,
            from,
            span: nowhere(),
        });
    prop_oneof![labels(), replaces.prop_map(Metadata::Replaces)]
}

/// Metadata that budgets have as well.
fn labels() -> impl Strategy<Value = Metadata> {
    prop_oneof![
        word().prop_map(Metadata::Severity),
        word().prop_map(Metadata::Category),
        vec(text(), 1..4).prop_map(Metadata::Controls),
    ]
}

fn fix() -> impl Strategy<Value = Fix> {
    let edit = prop_oneof![
        (path(), expression()).prop_map(|(path, value)| FixEdit::Set(path, value)),
        path().prop_map(FixEdit::Remove),
        (expression(), path()).prop_map(|(value, path)| FixEdit::Add(value, path)),
    ];
    (any::<bool>(), edit).prop_map(|(is_unsafe, edit)| Fix {
        is_unsafe,
        edit,
        span: nowhere(),
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let form = select(vec![ClauseForm::Require, ClauseForm::Forbid]);
    let attached = (
        of(expression()),
        of(expression()),
        of(expression()),
        vec(fix(), 0..2),
    );
    let clause =
        (form, expression(), attached).prop_map(|(form, condition, (message, help, at, fixes))| Clause {
            form,
            condition,
            message,
            help,
            at,
            fixes,
            span: nowhere(),
        });
    prop_oneof![
        binding(expression()).prop_map(StatementKind::For),
        expression().prop_map(StatementKind::Where),
        let_binding().prop_map(StatementKind::Let),
        clause.prop_map(|clause| StatementKind::Clause(Box::new(clause))),
    ]
    .prop_map(|kind| Statement {
        kind,
        span: nowhere(),
    })
}

fn budget() -> impl Strategy<Value = Budget> {
    let measure = select(vec!["cost", "carbon", "energy"]).prop_map(name_of);
    let limit =
        (measure, amount(), of(amount())).prop_map(|(measure, at_most, growing_at_most)| BudgetLimit {
            measure,
            at_most,
            growing_at_most,
            span: nowhere(),
        });
    let assume = vec((goal_name(), amount()), 0..3);
    (
        title(),
        vec(labels(), 0..2),
        of(binding(expression())),
        vec(limit, 0..3),
        of(amount()),
        assume,
    )
        .prop_map(|(name, metadata, scope, limits, warn_at, assume)| Budget {
            name,
            metadata,
            scope,
            limits,
            warn_at,
            assume,
        })
}

fn object() -> impl Strategy<Value = ObjectName> {
    (kind_name(), text(), of(text())).prop_map(|(kind, name, namespace)| ObjectName {
        kind,
        name,
        namespace,
    })
}

fn goal_states() -> impl Strategy<Value = Vec<GoalState>> {
    let state = (goal_name(), any::<bool>(), of(amount()));
    vec(
        state.prop_map(|(goal, met, window)| GoalState {
            goal,
            met,
            window,
            span: nowhere(),
        }),
        1..3,
    )
}

fn action() -> impl Strategy<Value = Action> {
    let verb = select(vec![StepVerb::Scale, StepVerb::Resize]);
    prop_oneof![
        (verb, word(), any::<bool>(), of(amount()))
            .prop_map(|(verb, resource, up, step)| ActionKind::Step(verb, resource, up, step)),
        (word(), amount()).prop_map(|(resource, most)| ActionKind::Cap(resource, most)),
        amount().prop_map(ActionKind::Delay),
        Just(ActionKind::Restore),
        Just(ActionKind::Revert),
        Just(ActionKind::Fix),
    ]
    .prop_map(|kind| Action {
        kind,
        span: nowhere(),
    })
}

fn goal() -> impl Strategy<Value = Goal> {
    let operator = select(vec![
        BinaryOperator::GreaterOrEqual,
        BinaryOperator::LessOrEqual,
        BinaryOperator::Greater,
        BinaryOperator::Less,
    ]);
    prop_oneof![
        (goal_name(), operator, amount())
            .prop_map(|(metric, operator, value)| Goal::Compare(metric, operator, value)),
        (goal_name(), amount(), any::<bool>())
            .prop_map(|(metric, value, each)| Goal::Near(metric, value, each)),
        (goal_name(), amount(), amount()).prop_map(|(metric, by, window)| Goal::Within(metric, by, window)),
        vec(path(), 0..3).prop_map(Goal::NoDrift),
        vec(title(), 1..3).prop_map(Goal::NoFindings),
    ]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let time = || "[0-2][0-9]:[0-5][0-9]".prop_map(name_of);
    (vec(word(), 1..3), time(), time(), text()).prop_map(|(days, start, end, time_zone)| Schedule {
        days,
        start,
        end,
        time_zone,
    })
}

fn automation_statement() -> impl Strategy<Value = AutomationStatement> {
    use AutomationStatementKind as Kind;
    let cooldown =
        (of(amount()), of(amount())).prop_filter("empty", |(up, down)| up.is_some() || down.is_some());
    let scopes = prop_oneof![
        object().prop_map(Kind::Target),
        object().prop_map(Kind::Exclude),
        text().prop_map(Kind::From),
        (goal_name(), goal()).prop_map(|(name, goal)| Kind::Goal(name, goal)),
        (goal_states(), vec(action(), 1..3)).prop_map(|(states, actions)| Kind::When(states, actions)),
        (vec(amount(), 1..3), goal_states()).prop_map(|(steps, states)| Kind::Promote(steps, states)),
    ];
    let guards = prop_oneof![
        (word(), amount(), amount()).prop_map(|(resource, low, high)| Kind::Bounds(resource, low, high)),
        (amount(), amount()).prop_map(|(amount, period)| Kind::Change(amount, period)),
        cooldown.prop_map(|(up, down)| Kind::Cooldown(up, down)),
        (goal_states(), of(amount())).prop_map(|(states, window)| Kind::Rollback(states, window)),
        title().prop_map(Kind::Budget),
        schedule().prop_map(Kind::Active),
        schedule().prop_map(Kind::Awake),
        (title(), text(), of(text())).prop_map(|(name, model, account)| Kind::Agent(name, model, account)),
        (title(), of(amount())).prop_map(|(mode, approval)| Kind::Mode(mode, approval)),
        Just(Kind::RequireDigest),
    ];
    prop_oneof![scopes, guards].prop_map(|kind| AutomationStatement {
        kind,
        span: nowhere(),
    })
}

fn test_case() -> impl Strategy<Value = TestCase> {
    let fixture = prop_oneof![text().prop_map(Fixture::Inline), text().prop_map(Fixture::File)];
    (any::<bool>(), fixture, settings(), of(path())).prop_map(|(accepts, fixture, with, at)| TestCase {
        accepts,
        fixture,
        with,
        at,
        span: nowhere(),
    })
}

fn declaration() -> impl Strategy<Value = Declaration> {
    let unit = select(vec!["ms", "%", "USD/month", "gCO2e/kWh"]).prop_map(name_of);
    let param = (name(), ty(), of(expression()), expression());
    let function = (name(), vec((name(), ty()), 0..3), ty(), expression());
    let metric = (name(), ty(), of(unit), of(text()));
    let rule = (title(), vec(metadata(), 0..3), vec(statement(), 0..4));
    let form = select(vec![
        AutomationForm::Optimize,
        AutomationForm::Heal,
        AutomationForm::Promote,
    ]);
    let automation = (form, title(), of(text()), vec(automation_statement(), 0..5));
    let waive = (
        title(),
        vec(object(), 0..3),
        of(text()),
        of(text()),
        of("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    );
    let small = prop_oneof![
        adoption().prop_map(Declaration::Use),
        (path_name(), vec(adoption(), 0..3)).prop_map(|(path, uses)| Declaration::Pack(Pack { path, uses })),
        let_binding().prop_map(Declaration::Let),
        param.prop_map(|(name, ty, allowed, default)| {
            Declaration::Param(Param {
                name,
                ty,
                allowed,
                default,
            })
        }),
        function.prop_map(|(name, parameters, result, body)| {
            Declaration::Function(Function {
                name,
                parameters,
                result,
                body,
            })
        }),
        metric.prop_map(|(name, ty, unit, prometheus)| {
            Declaration::Metric(Metric {
                name,
                ty,
                unit,
                prometheus,
            })
        }),
    ];
    let large = prop_oneof![
        rule.prop_map(|(name, metadata, body)| Declaration::Rule(Rule { name, metadata, body })),
        budget().prop_map(Declaration::Budget),
        automation.prop_map(|(form, name, namespace, body)| {
            Declaration::Automation(Automation {
                form,
                name,
                namespace,
                body,
            })
        }),
        waive.prop_map(|(rule, objects, because, owner, until)| {
            Declaration::Waive(Waive {
                rule,
                objects,
                because,
                owner,
                until: until.map(name_of),
            })
        }),
        (title(), vec(test_case(), 0..3)).prop_map(|(rule, cases)| Declaration::Test(Test { rule, cases })),
    ];
    prop_oneof![small, large]
}

/// A file of any declarations.
pub(super) fn file() -> impl Strategy<Value = File> {
    let line = prop_oneof!["", "[a-zA-Z /.]{0,8}[a-z/.]"];
    let item = (vec(line, 0..3), declaration()).prop_map(|(documentation, declaration)| Item {
        documentation,
        declaration,
        span: nowhere(),
        broken: false,
    });
    vec(item, 0..4).prop_map(|items| File {
        items,
        comments: Vec::new(),
    })
}
