//! The faults of a text, of which no more are told than anyone reads.

use crate::codes::Code;
use crate::diagnostic::Diagnostic;

/// How many faults of one text are told, one by one.
const MAXIMUM: usize = 1000;

/// Faults in the order in which they were found. What comes behind the first thousand is told by one more, so that a
/// file of faults takes neither memory nor time without end.
#[derive(Debug, Default)]
pub struct Faults {
    told: Vec<Diagnostic>,
    /// The first that is not told, as severe as the most severe of them.
    beyond: Option<Diagnostic>,
}

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: Diagnostic) {
        match &mut self.beyond {
            Some(first) => first.severity = first.severity.max(fault.severity),
            None if self.told.len() < MAXIMUM => self.told.push(fault),
            None => self.beyond = Some(fault),
        }
    }
}

impl Extend<Diagnostic> for Faults {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, faults: T) {
        faults.into_iter().for_each(|fault| self.push(fault));
    }
}

impl From<Faults> for Vec<Diagnostic> {
    fn from(faults: Faults) -> Vec<Diagnostic> {
        let mut all = faults.told;
        all.extend(faults.beyond.map(|first| {
            let message = format!("the file has more faults than the {MAXIMUM} that are shown, from here on");
            let mut more = Diagnostic::new(Code::M0107, first.primary.span, message)
                .help("mend those that are shown, and check again");
            more.severity = first.severity;
            more
        }));
        all
    }
}
