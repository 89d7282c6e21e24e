//! Runs of the targets without libFuzzer: over their corpus, and over changes of it that are the same each time.

use std::fs;
use std::path::Path;

/// Number of changed inputs for each target.
const CHANGES: usize = 2_000;

/// Runs each target over its corpus and changes of that.
pub(crate) fn run<F: Fn(&[u8]) + Sync>(targets: &[(&str, F)]) {
    std::thread::scope(|scope| {
        for (name, target) in targets {
            scope.spawn(|| {
                let corpus = corpus(name);
                corpus.iter().for_each(|input| target(input));
                // For each target its own, because threads would throw in any order.
                let mut dice = FuzzDice(0x9E37_79B9_7F4A_7C15);
                for _ in 0..CHANGES {
                    target(&changed(&corpus, &mut dice));
                }
            });
        }
    });
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    // Crates are at different depths of the workspace.
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folder = above.find_map(|directory| Some(directory.join("fuzz/corpus")).filter(|corpus| corpus.is_dir()));
    let folder = folder.unwrap().join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    // The file system lists them in any order, and the changes depend on it.
    files.sort();
    assert!(!files.is_empty(), "{target} has no corpus");
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Returns one input of the corpus, changed in one to eight places.
fn changed(corpus: &[Vec<u8>], dice: &mut FuzzDice) -> Vec<u8> {
    let mut input = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(8) {
        let at = dice.below(input.len());
        match dice.below(6) {
            0 if !input.is_empty() => input[at] ^= 1 << dice.below(8),
            1 if !input.is_empty() => input[at] = [0x00, 0x7F, 0x80, 0xFF][dice.below(4)],
            2 => input.truncate(at),
            3 => drop(input.drain(at..dice.between(at, input.len()))),
            4 => {
                let again = input[at..dice.between(at, input.len())].to_vec();
                input.splice(at..at, again);
            }
            _ => {
                let other = &corpus[dice.below(corpus.len())];
                let from = dice.below(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
        // Repeating a piece may double the input, so its size is limited.
        input.truncate(1 << 15);
    }
    input
}

/// Xorshift generator, so that every run makes the same changes.
struct FuzzDice(u64);

impl FuzzDice {
    /// Returns a number less than `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % end.max(1)
    }

    fn between(&mut self, start: usize, end: usize) -> usize {
        start + self.below(end - start + 1)
    }
}
