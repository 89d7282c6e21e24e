//! Tables, as Markdown has them, so that they can be put into a document as they are.

use std::fmt;
use std::time::Duration;

/// Rows of cells under a head.
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<S: ToString>(title: &str, head: impl IntoIterator<Item = S>) -> Self {
        let mut table = Self {
            title: title.to_owned(),
            rows: Vec::new(),
        };
        table.row(head);
        table
    }

    pub(crate) fn row<S: ToString>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|cell| cell.to_string()).collect());
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell: &String| cell.chars().count()).max().unwrap_or(0)
        };
        (0..columns).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        writeln!(f, "### {}\n", self.title)?;
        for (number, row) in self.rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if number == 0 {
                let rule = widths.iter().map(|width| "-".repeat(width + 2));
                writeln!(f, "|{}|", rule.collect::<Vec<_>>().join("|"))?;
            }
        }
        Ok(())
    }
}

/// Table of figures that each have a limit.
pub(crate) struct LimitTable {
    table: Table,
    kept: bool,
}

impl LimitTable {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            table: Table::new(title, ["what", "measured", "limit"]),
            kept: true,
        }
    }

    /// Adds a figure of which there may be at most `limit`.
    pub(crate) fn at_most(&mut self, what: &str, measured: f64, limit: f64, unit: &str) {
        let over = measured > limit;
        self.kept &= !over;
        let mark = if over { " (over)" } else { "" };
        let figure = |figure: f64| {
            // Whole numbers as they are: counts have no fractions.
            let text = if figure.fract() == 0.0 {
                format!("{figure}")
            } else {
                format!("{figure:.1}")
            };
            format!("{text} {unit}").trim_end().to_owned()
        };
        self.table
            .row([what.to_owned(), figure(measured), figure(limit) + mark]);
    }

    /// Prints the table; returns true if every limit was kept.
    pub(crate) fn print(self) -> bool {
        println!("{}", self.table);
        self.kept
    }
}

/// Milliseconds with one decimal.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// Microseconds.
pub(crate) fn us(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64() * 1_000_000.0)
}

/// Times of several runs.
pub(crate) struct Runs(Vec<Duration>);

impl Runs {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    pub(crate) fn min(&self) -> Duration {
        self.0.first().copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    pub(crate) fn max(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }
}
