//! Manifests of the repository with something changed are read without a panic, and no document is lost.
//!
//! `ORDAIN_MUTATIONS` says how many are made, `ORDAIN_SEEDS` which folder the manifests are taken from.

#[path = "../../fuzz/invariants.rs"]
mod invariants;

use std::path::Path;

/// Pieces that are put in.
const PIECES: &[&str] = &[
    "---\n",
    "...\n",
    "--- ",
    "- ",
    "? ",
    ": ",
    ":",
    ",",
    "\n",
    "\r",
    "\t",
    " ",
    "  ",
    "\"",
    "'",
    "\\",
    "|\n",
    ">-\n",
    "&x ",
    "*x",
    "<<: *x\n",
    "!!int ",
    "! ",
    "{",
    "}",
    "[",
    "]",
    "#",
    "{{ .a }}",
    "yes",
    "~",
    "0777",
    ".inf",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\0",
    "%YAML 1.1\n",
    "{\"a\": 1}",
    "kind: List\nitems:\n",
    "items: []\n",
    "$patch: delete\n",
    "é",
    "\u{1f600}",
    "/*",
    "//",
];

/// A source of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// One change of a text.
fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.roll(bytes.len() + 1);
    let end = (at + dice.roll(40)).min(bytes.len());
    match dice.roll(8) {
        0 => drop(bytes.drain(at..end)),
        1 => bytes.truncate(at),
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.roll(8);
            }
        }
        3 => {
            let copy = bytes[at..end].to_vec();
            let place = dice.roll(bytes.len() + 1);
            bytes.splice(place..place, copy);
        }
        4 => {
            let other = &others[dice.roll(others.len())];
            let start = dice.roll(other.len() + 1);
            let stop = (start + dice.roll(200)).min(other.len());
            bytes.splice(at..at, other[start..stop].iter().copied());
        }
        _ => {
            let piece = PIECES[dice.roll(PIECES.len())];
            let end = if dice.roll(2) == 0 { at } else { end };
            bytes.splice(at..end, piece.bytes());
        }
    }
}

fn seeds(folder: &Path, seeds: &mut Vec<Vec<u8>>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let is_manifest = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "json");
        if path.is_dir() && !path.is_symlink() {
            self::seeds(&path, seeds);
        } else if is_manifest && let Ok(bytes) = std::fs::read(&path) {
            seeds.extend((bytes.len() < 8192).then_some(bytes));
        }
    }
}

#[test]
fn mutated_manifests_are_read_and_no_document_is_lost() {
    let variable = |name: &str| std::env::var(name).ok();
    let count: usize = variable("ORDAIN_MUTATIONS")
        .and_then(|count| count.parse().ok())
        .unwrap_or(2000);
    let mut originals = Vec::new();
    match variable("ORDAIN_SEEDS") {
        Some(folder) => seeds(Path::new(&folder), &mut originals),
        None => ["examples", "stdlib", "tests"].iter().for_each(|folder| {
            seeds(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
                &mut originals,
            )
        }),
    }
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for index in 0..count {
        let mut bytes = originals[dice.roll(originals.len())].clone();
        for _ in 0..=dice.roll(4) {
            mutate(&mut bytes, &originals, &mut dice);
        }
        let name = if index % 4 == 0 { "a.json" } else { "a.yaml" };
        let held = std::panic::catch_unwind(|| invariants::hold(name, &bytes));
        assert!(
            held.is_ok(),
            "number {index}, as {name}: {:?}",
            String::from_utf8_lossy(&bytes)
        );
    }
}
