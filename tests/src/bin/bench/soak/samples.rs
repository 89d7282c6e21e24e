//! Memory, descriptors and threads of the daemon, every ten seconds.

use super::SoakAnswers;
use crate::SetupFailure;
use crate::process::{descriptors, resident_kib, threads};
use crate::table::{LimitTable, Table};
use std::thread::sleep;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(10);

/// Figure of a process, and the amount by which its median may grow from the second quarter to the last: a part of it, and
/// something on top.
struct SoakFigure {
    name: &'static str,
    unit: &'static str,
    read: fn(u32) -> Result<f64, SetupFailure>,
    part: f64,
    more: f64,
}

/// Pages of memory that are used once and kept come late, one by one; a leak of one connection or thread in each of
/// hundreds of calls would be far above.
const FIGURES: [SoakFigure; 3] = [
    SoakFigure {
        name: "resident memory",
        unit: "KiB",
        read: resident_kib,
        part: 0.05,
        more: 512.0,
    },
    SoakFigure {
        name: "descriptors",
        unit: "",
        read: descriptors,
        part: 0.0,
        more: 3.0,
    },
    SoakFigure {
        name: "threads",
        unit: "",
        read: threads,
        part: 0.0,
        more: 3.0,
    },
];

/// Samples of each figure.
#[derive(Default)]
pub(super) struct Samples([Vec<f64>; FIGURES.len()]);

impl Samples {
    /// Takes samples of a process until all is over.
    pub(super) fn take(&mut self, pid: u32, answers: &SoakAnswers) -> Result<(), SetupFailure> {
        let mut next = Instant::now();
        while !answers.is_over() {
            if Instant::now() < next {
                sleep(Duration::from_millis(100));
                continue;
            }
            next += EVERY;
            for (figure, samples) in FIGURES.iter().zip(&mut self.0) {
                samples.push((figure.read)(pid)?);
            }
        }
        Ok(())
    }

    /// Adds a row for each figure: the median of the last quarter, and what it may be.
    pub(super) fn compare(&self, table: &mut LimitTable) -> Result<(), SetupFailure> {
        for (figure, samples) in FIGURES.iter().zip(&self.0) {
            let [_, second, _, last] = quarters(samples).map(|quarter| median(quarter.to_vec()));
            let (before, now) = second
                .zip(last)
                .ok_or("too short to compare anything: SOAK_MINUTES=2 or more")?;
            let limit = before * (1.0 + figure.part) + figure.more;
            table.at_most(
                &format!("{}, median of the last quarter", figure.name),
                now,
                limit.floor(),
                figure.unit,
            );
        }
        Ok(())
    }

    /// Medians of the quarters, and the most.
    pub(super) fn table(&self) -> Table {
        let head = ["figure", "first quarter, median", "second", "third", "last", "most"];
        let mut table = Table::new("Every ten seconds", head);
        for (figure, samples) in FIGURES.iter().zip(&self.0) {
            let medians = quarters(samples).map(|quarter| median(quarter.to_vec()).unwrap_or_default());
            let most = samples.iter().copied().fold(0.0, f64::max);
            let cells = medians
                .into_iter()
                .chain([most])
                .map(|cell| format!("{cell} {}", figure.unit));
            table.row(
                [figure.name.to_owned()]
                    .into_iter()
                    .chain(cells.map(|cell| cell.trim_end().to_owned())),
            );
        }
        table
    }
}

fn quarters(samples: &[f64]) -> [&[f64]; 4] {
    let (first, second) = samples.split_at(samples.len() / 2);
    let (one, two) = first.split_at(first.len() / 2);
    let (three, four) = second.split_at(second.len() / 2);
    [one, two, three, four]
}

fn median(mut samples: Vec<f64>) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied()
}
