//! A kind and the words of a policy → objects that the schema allows, and some that it does not.

use super::json::Json;
use super::literals::TEXTS;
use super::random::Random;
use ordain::schema::{DefinitionId, Field, FieldType, Kind, Schema};
use std::collections::BTreeSet;

/// Deeper objects are cut off.
const DEEPEST: usize = 12;

const NAMES: &[&str] = &["a", "web", "db", "web-1"];
const NAMESPACES: &[&str] = &["default", "shop", "kube-system", ""];

const IMAGES: &[&str] = &[
    "nginx",
    "nginx:1.25",
    "nginx:latest",
    "registry.acme.io/a/b:v1.2.3",
    "registry.acme.io:5000/a",
    "localhost/a:1",
    "a/b@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
    "ghcr.io/a/b:v1@sha256:00",
    "A:1",
    ":1",
    "a:",
    "a@",
    "",
    "//",
    "a b",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "80",
    "443",
    "8080",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "-0",
    "-0.0",
    "0.0",
    "1.0",
    "80.0",
    "0.1",
    "2.5",
    "-0.5",
    "1e3",
    "1E3",
    "1e+2",
    "10e-1",
    "1e-9",
    "1e-10",
    "1e20",
    "0.000000001",
    "9007199254740993.5",
    "123456789012345678901234567890",
];

const QUANTITIES: &[&str] = &[
    "0",
    "1",
    "2",
    "100m",
    "500m",
    "1500m",
    "0.5",
    "0.1",
    ".5",
    "5.",
    "1e3",
    "1E3",
    "1e-3",
    "12e6",
    "100n",
    "1u",
    "1k",
    "1M",
    "1G",
    "1T",
    "1P",
    "1E",
    "2E",
    "1Ki",
    "64Mi",
    "1.5Mi",
    "128Mi",
    "0.1Gi",
    "1Gi",
    "1Ti",
    "1Pi",
    "7Ei",
    "9Ei",
    "-1",
    "-1Gi",
    "+5",
    "-0",
    "05",
    "1.0000000001",
    "-0.0000000001",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "1e18",
    "1e19",
    "123456789012345678901234567",
    "1073741824.000000001",
    "0.0000000000000000001Ki",
    "-",
    "m",
    "Ki",
    "+",
    // Kubernetes takes none of these.
    "1K",
    "1ki",
    "",
    "1 Gi",
    " 1",
    "1Gi ",
    "Pi5",
    "1e",
    "1e+",
    "0x1",
    "1\n",
    "1,5",
    "1_000",
    "Infinity",
    "NaN",
    "1e3Ki",
    "1.5.2",
    "--1",
    "٣",
    "1MI",
    "1mi",
    "true",
];

/// The words that a policy reads and says.
#[derive(Debug, Default)]
pub struct Words {
    names: BTreeSet<String>,
    texts: Vec<String>,
    numbers: Vec<String>,
}

impl Words {
    pub fn of(policy: &str) -> Words {
        let mut words = Words::default();
        // Whether a piece is text does not matter much: every word may be a field, and every text a value.
        for word in policy.split(|letter: char| !letter.is_ascii_alphanumeric()) {
            match word.as_bytes() {
                [b'0'..=b'9', ..] if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                    words.numbers.push(word.trim_start_matches('0').to_owned());
                }
                [b'a'..=b'z', ..] => {
                    words.names.insert(word.to_owned());
                }
                _ => {}
            }
        }
        words.numbers.retain(|number| !number.is_empty());
        for (index, text) in policy.split('"').enumerate() {
            if index % 2 == 1 && text.len() < 60 {
                words.texts.push(text.replace(".*", "a").replace('*', "-x"));
            }
        }
        for known in TEXTS {
            if words
                .texts
                .iter()
                .any(|text| super::literals::quoted(known).contains(&**text))
            {
                words.texts.push((*known).to_owned());
            }
        }
        words
    }
}

/// Makes objects.
pub struct Maker<'a> {
    pub random: &'a mut Random,
    pub schema: &'a Schema,
    pub words: &'a Words,
    /// How many of a thousand values are not what the schema says.
    pub faults: usize,
}

impl Maker<'_> {
    /// An object of a kind.
    pub fn object(&mut self, kind: &Kind) -> Json {
        let Json::Object(mut members) = self.of_definition(kind.definition, 0) else {
            return Json::Null;
        };
        members.retain(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind"));
        if let Some((_, Json::Object(metadata))) = members.iter_mut().find(|(name, _)| name == "metadata") {
            metadata.retain(|(name, _)| !matches!(name.as_str(), "name" | "namespace"));
            if !self.random.chance(20) {
                metadata.push(("name".to_owned(), Json::text(self.random.pick(NAMES))));
            }
            if kind.namespaced && self.random.chance(500) {
                metadata.push(("namespace".to_owned(), Json::text(self.random.pick(NAMESPACES))));
            }
        }
        members.insert(0, ("kind".to_owned(), Json::text(&*kind.kind)));
        members.insert(0, ("apiVersion".to_owned(), Json::text(kind.api_version())));
        Json::Object(members)
    }

    fn of_definition(&mut self, id: DefinitionId, depth: usize) -> Json {
        let schema = self.schema;
        let definition = schema.definition(id);
        let mut members = Vec::new();
        for field in &definition.fields {
            let often = match &*field.name {
                "managedFields" | "status" => 5,
                _ if field.required || (depth == 0 && &*field.name == "metadata") => 985,
                name if self.words.names.contains(name) => 750,
                _ => 25,
            };
            if depth < DEEPEST && self.random.chance(often) && !self.is_faulty() {
                let value = self.of_field(field, depth + 1);
                members.push((field.name.to_string(), value));
            }
        }
        if self.random.chance(self.faults / 4) {
            members.push(("unknown".to_owned(), self.anything(0)));
        }
        Json::Object(members)
    }

    fn is_faulty(&mut self) -> bool {
        let faults = self.faults;
        self.random.chance(faults)
    }

    fn of_field(&mut self, field: &Field, depth: usize) -> Json {
        if self.is_faulty() {
            return self.fault();
        }
        match (&field.ty, &*field.name) {
            (FieldType::String, _) if !field.values.is_empty() && !self.random.chance(30) => {
                Json::text(&**self.random.one_of(&field.values).unwrap())
            }
            (FieldType::String, "image") => Json::text(self.random.pick(IMAGES)),
            (FieldType::String, "name") if self.random.chance(500) => Json::text(self.random.pick(NAMES)),
            (ty, _) => self.of_type(ty, depth),
        }
    }

    fn of_type(&mut self, ty: &FieldType, depth: usize) -> Json {
        if self.is_faulty() {
            return self.fault();
        }
        match ty {
            FieldType::String => self.text(),
            FieldType::Bool => Json::Bool(self.random.chance(500)),
            FieldType::Integer => match self.random.chance(150 + self.faults) {
                true => Json::number(self.random.pick(NUMBERS)),
                false => self.whole_number(),
            },
            FieldType::Number => Json::number(self.random.pick(NUMBERS)),
            FieldType::Quantity => self.quantity(),
            FieldType::IntOrString => match self.random.below(3) {
                0 => self.text(),
                1 => Json::number(self.random.pick(NUMBERS)),
                _ => self.whole_number(),
            },
            FieldType::Object(id) => self.of_definition(*id, depth),
            FieldType::List(element) => {
                let length = [0, 1, 1, 2, 2, 3][self.random.below(6)];
                let mut elements: Vec<Json> = (0..length).map(|_| self.of_type(element, depth + 1)).collect();
                if self.random.chance(self.faults) {
                    elements.push(Json::Null);
                }
                Json::List(elements)
            }
            FieldType::Map(value) => {
                let keys = [
                    "app",
                    "a.b/c",
                    "tier",
                    "cpu",
                    "memory",
                    "ephemeral-storage",
                    "storage",
                    "nvidia.com/gpu",
                    "hugepages-2Mi",
                    "",
                    "Größe",
                ];
                let length = [0, 1, 2, 3, 4][self.random.below(5)];
                let mut members: Vec<(String, Json)> = Vec::new();
                for _ in 0..length {
                    let known = match **value {
                        FieldType::Quantity => &keys[3..9],
                        _ => &keys[..],
                    };
                    let key = self.random.pick(known);
                    if members.iter().all(|(other, _)| other != key) {
                        let value = self.of_type(value, depth + 1);
                        members.push((key.to_owned(), value));
                    }
                }
                Json::Object(members)
            }
            FieldType::Any => self.anything(2),
        }
    }

    fn text(&mut self) -> Json {
        match self.random.below(10) {
            0..=4 if !self.words.texts.is_empty() => {
                let texts = &self.words.texts;
                Json::text(self.random.one_of(texts).unwrap())
            }
            5..=6 => Json::text(self.random.pick(NAMES)),
            7 => {
                let one = self.random.pick(TEXTS);
                Json::text(format!("{one}{}", self.random.pick(TEXTS)))
            }
            _ => Json::text(self.random.pick(TEXTS)),
        }
    }

    fn whole_number(&mut self) -> Json {
        let words = &self.words.numbers;
        match self
            .random
            .one_of(words)
            .and_then(|word| word.parse::<i64>().ok())
        {
            Some(number) if self.random.chance(700) => {
                let beside = number
                    .saturating_sub(1)
                    .saturating_add(self.random.below(3) as i64);
                Json::number(beside)
            }
            _ => Json::number(self.random.pick(&NUMBERS[..8])),
        }
    }

    fn quantity(&mut self) -> Json {
        let readable = QUANTITIES.len() - 21;
        match self.random.below(10) {
            0 => Json::number(self.random.pick(NUMBERS)),
            1 if self.random.chance(200 + self.faults) => Json::text(self.random.pick(QUANTITIES)),
            _ => Json::text(self.random.pick(&QUANTITIES[..readable])),
        }
    }

    /// A value of whatever type.
    fn anything(&mut self, depth: usize) -> Json {
        match self.random.below(9) {
            0 => Json::Null,
            1 => Json::Bool(self.random.chance(500)),
            2 | 3 => Json::number(self.random.pick(NUMBERS)),
            4 => Json::text(self.random.pick(QUANTITIES)),
            5 if depth > 0 => {
                let length = self.random.below(3);
                Json::List((0..length).map(|_| self.anything(depth - 1)).collect())
            }
            6 if depth > 0 => {
                let names = ["a", "name", "app", "cpu"];
                let length = self.random.below(4);
                let members = names.iter().take(length);
                Json::Object(
                    members
                        .map(|name| ((*name).to_owned(), self.anything(depth - 1)))
                        .collect(),
                )
            }
            _ => self.text(),
        }
    }

    /// What stands where the schema says otherwise.
    fn fault(&mut self) -> Json {
        match self.random.below(5) {
            0 | 1 => Json::Null,
            2 => Json::List(Vec::new()),
            3 => Json::Object(Vec::new()),
            _ => self.anything(2),
        }
    }
}
