//! Literals, exact arithmetic and printing, with the values that they must give.

use super::*;
use proptest::prelude::*;

fn literal(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

#[test]
fn literals_are_printed_as_people_write_them() {
    for (written, printed) in [
        ("500m", "500m"),
        ("2000m", "2cpu"),
        ("512Mi", "512Mi"),
        ("1536Mi", "1.5Gi"),
        ("1_000M", "1G"),
        ("1500B", "1.5k"),
        ("0.5B", "0.5B"),
        ("0Gi", "0B"),
        ("60%", "60%"),
        ("0.5%", "0.5%"),
        ("200ms", "200ms"),
        ("600s", "10min"),
        ("24h", "1d"),
        ("1w", "7d"),
        ("90min", "90min"),
        ("0s", "0s"),
        ("3/h", "3/h"),
        ("400 USD/month", "400 USD/month"),
        ("4_000 USD/month", "4000 USD/month"),
        ("12.34EUR/month", "12.34 EUR/month"),
        ("10 USD/day", "10 USD/day"),
        ("0.05 USD/h", "36.5 USD/month"),
        ("0.0316 USD/cpu/h", "0.0316 USD/cpu/h"),
        ("30 kgCO2e/month", "30 kgCO2e/month"),
        ("450 gCO2e/kWh", "450 gCO2e/kWh"),
        ("0.5 kWh", "500 Wh"),
        ("120 W", "120 W"),
        ("87.6 kWh/month", "120 W"),
    ] {
        assert_eq!(literal(written).to_string(), printed, "{written}");
    }
}

#[test]
fn literals_are_exact() {
    assert_eq!(literal("1.5Gi"), Quantity::whole(3 << 29, Dimension::MEMORY));
    assert_eq!(literal("60%").nano, 600_000_000);
    assert_eq!(literal("1month"), literal("730h"));
    assert_eq!(literal("1year"), literal("12month"));
    assert_eq!(literal("60/h"), literal("1/min"));
    assert_eq!(literal("1 USD/month"), literal("12 USD/year"));
    assert_eq!(literal("7 USD/w"), literal("1 USD/d"));
    assert_eq!(literal("1 kWh/h"), literal("1 kW"));
    let counted = |text| Quantity::parse_as(text, Dimension::COUNT).unwrap();
    assert_eq!(counted("10k"), Quantity::whole(10_000, Dimension::COUNT));
    assert_eq!(counted("500m").nano, 500_000_000);
    assert_eq!(counted("3"), Quantity::whole(3, Dimension::COUNT));
    assert_eq!(counted("3Gi").dimension, Dimension::MEMORY);
}

#[test]
fn mistaken_literals_are_explained() {
    let mistakes: Vec<String> = [
        "5xx",
        "1 Gi",
        "1MB",
        "10mins",
        "5 usd",
        "1..2s",
        "3",
        "1K",
        "2 USD/EUR",
        "1kgCO2x",
        "1_m",
    ]
    .iter()
    .map(|text| {
        let error = Quantity::parse(text).unwrap_err();
        format!("{}: {}", error.message, error.help.unwrap_or_default())
    })
    .collect();
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    `5xx` is not a quantity: a class of status codes is text: write "5xx"
    a space stands before the unit `Gi`: write `1Gi`
    unknown unit `MB` in `1MB`: did you mean `M`?
    unknown unit `mins` in `10mins`: did you mean `min`?
    unknown unit `usd` in `5 usd`: did you mean `USD`?
    `1..2s` does not begin with a number: write digits on both sides of a point, as in `1.5Gi`, and `_` only between digits
    `3` has no unit: 
    unknown unit `K` in `1K`: did you mean `k`?
    `2 USD/EUR` mixes two currencies: 
    unknown unit `kgCO2x` in `1kgCO2x`: did you mean `kgCO2e`?
    `1_m` does not begin with a number: write digits on both sides of a point, as in `1.5Gi`, and `_` only between digits
    "#);
}

#[test]
fn dimensions_multiply_and_divide() {
    let per = |left: Dimension, right| left.per(right).unwrap();
    let usd = Dimension::money("USD").unwrap();
    let eur = Dimension::money("EUR").unwrap();
    assert_eq!(per(Dimension::ENERGY, Dimension::DURATION), Dimension::POWER);
    assert_eq!(per(usd, usd), Dimension::RATIO);
    assert_eq!(
        per(usd, Dimension::DURATION).times(Dimension::DURATION),
        Some(usd)
    );
    assert_eq!(usd.times(eur), None);
    assert_eq!(Dimension::money("XYZ"), None);
    for (name, display) in [
        ("Memory", "memory"),
        ("Count/Duration", "count per duration"),
        ("EUR / Duration", "EUR per duration"),
        ("Power", "power"),
        ("Ratio", "ratio"),
    ] {
        assert_eq!(Dimension::of_name(name).unwrap().to_string(), display);
    }
    assert_eq!(Dimension::of_name("Length"), None);
}

#[test]
fn resource_keys_say_what_they_measure() {
    for (key, dimension) in [
        ("cpu", Dimension::CPU),
        ("requests.cpu", Dimension::CPU),
        ("limits.memory", Dimension::MEMORY),
        ("ephemeral-storage", Dimension::MEMORY),
        ("hugepages-2Mi", Dimension::MEMORY),
        (
            "gold.storageclass.storage.k8s.io/requests.storage",
            Dimension::MEMORY,
        ),
        (
            "gold.storageclass.storage.k8s.io/persistentvolumeclaims",
            Dimension::COUNT,
        ),
        ("nvidia.com/gpu", Dimension::COUNT),
        ("count/secrets", Dimension::COUNT),
    ] {
        assert_eq!(Dimension::of_resource_key(key), dimension, "{key}");
    }
}

#[test]
fn arithmetic_is_exact_and_saturates() {
    let product = |left: &str, right: &str| literal(left).times(literal(right)).unwrap().to_string();
    assert_eq!(product("400 USD/month", "1year"), "4800 USD");
    assert_eq!(product("3/h", "20min"), "1");
    assert_eq!(product("450 gCO2e/kWh", "2 kWh"), "900 gCO2e");
    assert_eq!(product("120 W", "1d"), "2.88 kWh");
    assert_eq!(product("512Mi", "150%"), "768Mi");
    assert_eq!(product("0.0316 USD/cpu/h", "500m"), "11.534 USD/month");
    assert_eq!(product("0.0042 USD/Gi/h", "2Gi"), "6.132 USD/month");

    let quotient = |left: &str, right: &str| literal(left).divided_by(literal(right)).unwrap();
    assert_eq!(quotient("1Gi", "2Gi"), literal("50%"));
    assert_eq!(quotient("4800 USD", "1year"), literal("400 USD/month"));
    assert_eq!(quotient("900 gCO2e", "450 gCO2e/kWh"), literal("2 kWh"));
    assert_eq!(literal("1s").divided_by(literal("0s")), None);
    assert_eq!(literal("10s").divided_by_integer(-4), Some(literal("-2.5s")));
    assert_eq!(literal("1s").divided_by_integer(0), None);

    assert_eq!(literal("1Gi").plus(literal("1s")), None);
    assert_eq!(literal("1 USD").partial_cmp(&literal("1 EUR")), None);
    assert!(literal("1Gi") > literal("1G"));
    let most = Quantity::new(i128::MAX, Dimension::MEMORY);
    assert_eq!(most.plus(most), Some(most));
    assert_eq!(
        most.times_integer(-2),
        Quantity::new(i128::MIN, Dimension::MEMORY)
    );
    assert_eq!(most.times(literal("200%")), Some(most));
    assert_eq!(
        literal("250ms").decimal_in(literal("1s")).as_deref(),
        Some("0.25")
    );
    assert_eq!(literal("60%").decimal_in(literal("1%")).as_deref(), Some("60"));
}

#[test]
fn manifests_are_written_as_kubernetes_does() {
    for (written, spelled) in [
        ("250m", Some("250m")),
        ("2cpu", Some("2")),
        ("1.5cpu", Some("1500m")),
        ("512Mi", Some("512Mi")),
        ("0.5B", Some("500m")),
        ("7B", Some("7")),
        ("7s", None),
    ] {
        assert_eq!(literal(written).to_manifest().as_deref(), spelled, "{written}");
    }
}

#[test]
fn durations_and_shares_of_manifests_are_read_as_kubernetes_does() {
    let seconds = |text| Quantity::of_go_duration(text).map(|read| read.nano as f64 / 1e9);
    assert_eq!(seconds("5m"), Some(300.0));
    assert_eq!(seconds("1h30m"), Some(5400.0));
    assert_eq!(seconds("1.5s20ms"), Some(1.52));
    assert_eq!(seconds("0"), Some(0.0));
    for wrong in ["", "5", "5d", "-5m", "5 m", "m", "1..5s", "9999999999h"] {
        assert_eq!(seconds(wrong), None, "{wrong}");
    }
    let share = |text| Quantity::of_percent(text).map(|read| read.nano);
    assert_eq!(share("25%"), Some(250_000_000));
    for wrong in ["25", "%", "2.5%", "-5%", "25 %", "1234567890123456789%"] {
        assert_eq!(share(wrong), None, "{wrong}");
    }
}

#[test]
fn manifest_quantities_follow_the_grammar_of_kubernetes() {
    let nano = |text| {
        Quantity::of_manifest(text, Dimension::COUNT)
            .map(|quantity| quantity.nano)
            .ok()
    };
    const ONE: i128 = 1_000_000_000;
    let cap = i128::from(i64::MAX) * ONE;
    for (text, expected) in [
        ("0", Some(0)),
        ("1.5Gi", Some((3 << 29) * ONE)),
        ("+1.", Some(ONE)),
        (".5", Some(ONE / 2)),
        ("-100m", Some(-ONE / 10)),
        ("1e3", Some(1000 * ONE)),
        ("1E3", Some(1000 * ONE)),
        ("1E", Some(10_i128.pow(18) * ONE)),
        ("1e-3", Some(ONE / 1000)),
        ("1e+3", Some(1000 * ONE)),
        ("0.1n", Some(1)),
        ("-0.1n", Some(-1)),
        ("1.0000000001", Some(ONE + 1)),
        ("0.00000000000000000000000001Ki", Some(1)),
        ("8Ei", Some(cap)),
        ("-9.5Ei", Some(-cap)),
        ("9.3E", Some(93 * 10_i128.pow(17) * ONE)),
        ("1e99", Some(i128::MAX)),
        ("1e4294967296", Some(ONE)),
        (" 1Gi ", Some((1 << 30) * ONE)),
        ("-", Some(0)),
        ("Ti", Some(0)),
        ("Pi", None),
        (".e-10", None),
        ("", None),
        ("1K", None),
        ("1KI", None),
        ("1 Gi", None),
        ("1i", None),
        ("1e", None),
        ("1e1.5", None),
        ("1.1.M", None),
        ("1Gi5", None),
        ("1_000", None),
        ("0x10", None),
        ("１", None),
        ("NaN", None),
    ] {
        assert_eq!(nano(text), expected, "{text}");
    }
    let number = |text| {
        Quantity::of_manifest_number(text, Dimension::CPU)
            .map(|quantity| quantity.nano)
            .ok()
    };
    assert_eq!(number("0.1"), Some(ONE / 10));
    assert_eq!(number("1e-7"), Some(100));
    assert_eq!(number(".inf"), None);
    let help = |text| {
        Quantity::of_manifest(text, Dimension::MEMORY)
            .unwrap_err()
            .help
            .unwrap_or_default()
    };
    assert_eq!(help("1K"), "Kubernetes writes 1000 as `k` and 1024 as `Ki`");
    assert_eq!(
        help("1 Gi"),
        "no space may stand between the number and its suffix"
    );
}

/// `digits` with a point before the last `decimals` of them.
fn with_point(digits: u64, decimals: usize) -> String {
    let padded = format!("{digits:0width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    if decimals == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{fraction}")
    }
}

proptest! {
    #[test]
    fn printing_then_parsing_is_the_identity(
        digits in 0u64..10_000_000_000, decimals in 0usize..6, negative: bool,
        unit in prop::sample::select(vec![
            "m", "cpu", "B", "Ki", "Mi", "Gi", "k", "M", "G", "%", "ns", "ms", "s", "min", "h", "d", "month",
            "/s", "/h", "/month", "%/h", "Mi/s", "m/h", "USD", "USD/h", "EUR/month", "CHF/year", "USD/cpu/h",
            "USD/Gi/month", "JPY/kWh", "gCO2e", "kgCO2e/month", "tCO2e/year", "gCO2e/kWh", "Wh", "kWh/d", "W", "kW",
        ]),
    ) {
        let text = format!("{}{}{unit}", if negative { "-" } else { "" }, with_point(digits, decimals));
        let quantity = literal(&text);
        prop_assert_eq!(literal(&quantity.to_string()), quantity, "{} printed {}", text, quantity);
        if let Some(manifest) = quantity.to_manifest() {
            // (also above 2⁶³, where Kubernetes caps binary suffixes)
            prop_assert_eq!(Quantity::of_manifest(&manifest, quantity.dimension), Ok(quantity));
        }
    }

    /// Any number of nano-units can be said, not only those that come from short literals.
    #[test]
    fn every_amount_has_a_literal(nano in -(1i128 << 100)..(1i128 << 100), dimension in prop::sample::select(vec![
        "CPU", "Memory", "Ratio", "Duration", "USD", "Carbon", "Energy", "Power", "USD/Duration", "Carbon/Duration",
    ])) {
        let quantity = Quantity::new(nano, Dimension::of_name(dimension).unwrap());
        let printed = quantity.to_string();
        if let Ok(read) = Quantity::parse(&printed) {
            prop_assert_eq!(read, quantity, "{}", printed);
        } else {
            // Past the digits that a literal may have.
            prop_assert!(printed.bytes().filter(u8::is_ascii_digit).count() > 30, "{}", printed);
        }
    }

    #[test]
    fn manifest_quantities_agree_with_a_rational_model(
        digits: u64, decimals in 0usize..25, negative: bool,
        (suffix, two, ten) in prop::sample::select(vec![
            ("", 0, 0), ("n", 0, -9), ("u", 0, -6), ("m", 0, -3), ("k", 0, 3), ("M", 0, 6), ("G", 0, 9),
            ("T", 0, 12), ("P", 0, 15), ("E", 0, 18), ("Ki", 10, 0), ("Mi", 20, 0), ("Gi", 30, 0), ("Ti", 40, 0),
            ("Pi", 50, 0), ("Ei", 60, 0), ("e2", 0, 2), ("E-2", 0, -2), ("e+05", 0, 5),
        ]),
    ) {
        let text = format!("{}{}{suffix}", if negative { "-" } else { "" }, with_point(digits, decimals));
        let read = Quantity::of_manifest(&text, Dimension::COUNT).unwrap();
        // digits · 2^two · 10^shift, as numerator and denominator.
        let shift = ten + 9 - i32::try_from(decimals).unwrap();
        let numerator = u128::from(digits).checked_mul(1 << two);
        let expected = match (numerator, 10_u128.checked_pow(shift.unsigned_abs())) {
            (Some(numerator), Some(power)) if shift < 0 => Some(numerator.div_ceil(power)),
            (Some(numerator), Some(power)) => numerator.checked_mul(power),
            _ => None,
        };
        let limit = if two > 0 { i64::MAX as u128 * 1_000_000_000 } else { i128::MAX as u128 };
        let expected = expected.map_or(limit, |nano| nano.min(limit));
        prop_assert_eq!(read.nano.unsigned_abs(), expected, "{}", text);
        prop_assert_eq!(read.nano < 0, negative && expected > 0);
    }

    #[test]
    fn products_agree_with_a_model(left in -(1i128 << 62)..(1i128 << 62), right in -(1i128 << 62)..(1i128 << 62)) {
        let product = Quantity::new(left, Dimension::MEMORY).times(Quantity::new(right, Dimension::RATIO)).unwrap();
        let exact = left * right;
        let half = exact.signum() * 500_000_000;
        prop_assert_eq!(product.nano, (exact + half) / 1_000_000_000);
    }

    #[test]
    fn wide_products_agree_with_narrow_ones(value in 0i128..i128::MAX, factor in 1u128..u128::MAX / 2) {
        // value · factor / factor, whatever its size, is value.
        prop_assert_eq!(wide::multiply_divide(value, factor, factor), value);
        prop_assert_eq!(wide::multiply_divide(-value, factor, factor), -value);
    }

    #[test]
    fn no_text_panics(text in "[-+0-9._ a-zA-Z%/]{0,20}|\\PC{0,12}") {
        let _ = Quantity::parse(&text).map(|quantity| quantity.to_string());
        let _ = Quantity::parse_as(&text, Dimension::COUNT);
        let _ = Quantity::of_manifest(&text, Dimension::CPU).map(|quantity| quantity.to_string());
        let _ = Quantity::of_manifest_number(&text, Dimension::CPU);
    }
}
