//! The one table of Ordain's own codes. Each has a page in `codes/`; a missing page fails to compile.
//!
//! `C01xx` configuration · `E01xx` syntax · `E02xx` names · `E03xx` types and units · `E04xx`
//! declarations · `E05xx` compilation · `W0xxx` analysis of policies · `M0xxx` reading of manifests · `R01xx` Rego
//! of teams · `S01xx` manifests held against the Kubernetes API.

use crate::diagnostic::Severity;

macro_rules! codes {
    ($($code:ident $severity:ident $title:literal)*) => {
        /// A stable code for a fault of policy code or of reading a manifest.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$code),*];

            /// The identifier that reports print.
            pub fn id(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)* }
            }

            /// A few words that name the fault.
            pub fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)* }
            }

            /// How bad every instance is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$code => Severity::$severity,)* }
            }

            /// The page for `ordain explain`: what, why, an example, the mend.
            pub fn page(self) -> &'static str {
                match self { $(Code::$code => include_str!(concat!("codes/", stringify!($code), ".md")),)* }
            }
        }
    };
}

codes! {
    C0101 High "the configuration is not valid TOML"
    C0102 High "unknown setting"
    C0103 High "a setting has a wrong value"
    C0104 High "a setting names what does not exist"
    C0105 High "a policy uses a file outside of the policy root"

    E0101 High "syntax error"
    E0102 High "unclosed string"
    E0103 High "malformed literal"
    E0104 High "nesting too deep"
    E0105 High "unknown declaration or statement"
    E0106 High "reserved word as a name"
    E0201 High "unknown name"
    E0202 High "name declared twice"
    E0203 High "unknown kind"
    E0204 High "unknown pack, rule or policy file"
    E0205 High "declaration that reads itself"
    E0206 High "unknown function"
    E0207 High "unknown type"
    E0208 High "unknown parameter"
    E0301 High "type mismatch"
    E0302 High "unknown field"
    E0303 High "unresolved optional"
    E0304 High "dimensions that differ"
    E0305 High "invalid number or unit"
    E0306 High "value that a field never has"
    E0307 High "absence of a list or map"
    E0308 High "presence of a struct that admission fills in"
    E0309 High "value of unknown type"
    E0310 High "impossible cast"
    E0311 High "regular expression that engines read differently"
    E0312 High "division that is not exact"
    E0313 High "subject that has no elements"
    E0314 High "field of some kinds only"
    E0315 High "wrong arguments"
    E0316 High "wrong operand of a join"
    E0317 High "value that cannot be printed"
    E0318 High "empty or mixed range"
    E0401 High "unknown word in metadata"
    E0402 High "metadata that contradict themselves"
    E0403 High "parameter with a value that it does not allow"
    E0404 High "incomplete waiver"
    E0405 High "no such day"
    E0406 High "fix of something that cannot be edited"
    E0407 High "no path into a fixture"
    E0408 High "rule that checks nothing"
    E0409 High "value that is not constant"
    E0410 High "functions that grow too large"
    E0411 High "place that is not in a manifest"
    E0430 High "statement of another form"
    E0431 High "part missing"
    E0432 High "said twice"
    E0433 High "unknown goal"
    E0434 High "unknown metric"
    E0435 High "unknown budget or rule"
    E0436 High "amount of another sort"
    E0437 High "bounds in the wrong order"
    E0438 High "amount out of range"
    E0439 High "promotion steps that do not rise to 100%"
    E0440 High "no Kubernetes name"
    E0441 High "malformed schedule"
    E0442 High "target that can't be scaled"
    E0443 High "nothing triggers it"
    E0444 High "unknown word"
    E0445 High "strict comparison in a goal"
    E0446 High "step that nobody decides"
    E0447 High "action without anything to do"
    E0448 High "scope that is no workloads"
    E0501 Medium "not expressible in the target"

    R0101 High "Rego that can't be read"
    R0102 High "function whose answer changes"
    R0103 High "rule of Rego that reads itself"
    R0104 High "function of Rego that is not known"
    R0105 High "Rego that engines read differently"
    R0106 High "result that is no finding"

    S0101 High "no such kind"
    S0102 High "removed API version"
    S0103 Low "API version that will be removed"
    S0104 High "unknown field"
    S0105 High "missing field"
    S0106 High "value of another type"
    S0107 High "malformed quantity"
    S0108 High "value that the API does not take"
    S0109 Medium "list elements that can't be told apart"
    S0110 High "malformed name"
    S0111 High "malformed label or annotation"
    S0112 High "secret that is not base64"
    S0113 High "value that the schema refuses"
    S0114 High "value that a rule of its definition refuses"
    S0115 Low "rule of a definition that is not evaluated"
    S0116 High "value that is still to be filled in"

    W0001 Low "name that is never used"
    W0002 Low "condition that ignores its quantifier"
    W0003 Low "empty list that means everything"
    W0004 Low "condition that never changes"
    W0005 Low "default that is never taken"
    W0006 Low "rule in the place of another"
    W0007 Low "regular expression behind `like`"
    W0008 Low "exclusion of what is not adopted"
    W0101 Medium "goals that fight"
    W0102 Low "changes without approval"
    W0103 Low "model that is not pinned"
    W0104 Low "changes without limit"
    W0105 Low "changes that are not taken back"
    W0106 Low "no time to settle"
    W0107 Low "one way only"
    W0108 Medium "step that undoes itself"
    W0109 Low "model source that is not pinned"
    W0110 Medium "goals that can't both be met"
    W0111 Low "goal that nothing answers"
    W0601 Medium "expired waiver"
    W0602 Low "unused waiver"

    M0101 High "file that can't be read"
    M0102 High "file that is too large"
    M0103 High "bytes that are not UTF-8"
    M0104 High "binary file with the name of a manifest"
    M0105 High "control character"
    M0106 Medium "link that leads out"
    M0107 High "more faults than are shown"
    M0201 High "YAML that can't be read"
    M0202 High "JSON that is not strict"
    M0203 High "nesting without end"
    M0204 High "aliases that expand without end"
    M0205 High "alias without an anchor"
    M0206 High "duplicate key"
    M0207 Medium "boolean of old YAML"
    M0208 High "merge key that tools read differently"
    M0209 High "document that not every tool reads"
    M0210 High "YAML directive"
    M0211 High "line break that nobody sees"
    M0212 High "value that JSON lacks"
    M0213 High "key that looks like another"
    M0214 Low "quoted line without indentation"
    M0301 High "object without a proper `apiVersion` or `kind`"
    M0302 High "list that is none"
    M0303 Medium "object without a name"
    M0304 High "metadata of the wrong type"
    M0401 Medium "manifests that were not evaluated"
    M0402 Medium "overlay or chart that was not rendered"
}

impl Code {
    /// The code of that identifier, in any case of letters.
    pub fn of_id(id: &str) -> Option<Code> {
        Code::ALL
            .iter()
            .copied()
            .find(|code| code.id().eq_ignore_ascii_case(id))
    }

    /// Whether it is said of manifests, whatever the policies are.
    pub fn is_of_manifests(self) -> bool {
        self.id().starts_with(['M', 'S'])
    }

    /// Whether it is said of manifests that are held against the Kubernetes API.
    pub fn is_of_schemas(self) -> bool {
        self.id().starts_with('S')
    }

    /// The checks of other tools, each as the tool and the check, that codes of manifests stand for together:
    /// what can't be read, and what the API would refuse.
    pub fn replaces(self) -> &'static [(&'static str, &'static str)] {
        // Advice, and what the API server takes.
        const BESIDE: [Code; 4] = [Code::S0103, Code::S0115, Code::M0106, Code::M0214];
        match self.is_of_manifests() && !BESIDE.contains(&self) {
            true => &[("kubeconform", "schema-valid"), ("kube-linter", "kubeconform")],
            false => &[],
        }
    }
}
