//! From the number of a row in memory back to the file and line it came from.

use super::problem::Place;

/// What a row is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowUnit {
    /// Lines of a text file.
    Line,
    /// Rows of a Parquet file.
    Row,
    /// Positions in a list.
    Index,
}

/// Remembers where each file's rows begin, and where its lines do not follow its rows.
#[derive(Debug, Default)]
pub(crate) struct Locator {
    files: Vec<FileRows>,
}

#[derive(Debug)]
struct FileRows {
    name: String,
    unit: RowUnit,
    first_row: usize,
    /// `(row, line)` wherever the line is not one more than that of the row before.
    jumps: Vec<(usize, u64)>,
    next_line: u64,
}

/// Beyond this many irregular lines in one file, places are given without a line.
const MOST_JUMPS: usize = 1 << 20;

impl Locator {
    /// From row `first_row` on, rows come from the file `name`.
    pub(crate) fn begin_file(&mut self, name: &str, unit: RowUnit, first_row: usize) {
        self.files.push(FileRows { name: name.to_owned(), unit, first_row, jumps: Vec::new(), next_line: 2 });
    }

    /// Row `row` of the current file stands on `line`.
    pub(crate) fn mark_line(&mut self, row: usize, line: u64) {
        let Some(file) = self.files.last_mut() else { return };
        if line != file.next_line && file.jumps.len() < MOST_JUMPS {
            file.jumps.push((row, line));
        }
        file.next_line = line + 1;
    }

    /// Where row `row` stands.
    pub(crate) fn place(&self, row: usize) -> Place {
        let position = self.files.partition_point(|file| file.first_row <= row);
        let Some(file) = position.checked_sub(1).map(|last| &self.files[last]) else {
            return Place::default();
        };
        let mut place = Place::file(&file.name);
        let offset = (row - file.first_row) as u64;
        match file.unit {
            RowUnit::Line => place.line = file.line(row),
            RowUnit::Row => place.row = Some(offset + 1),
            RowUnit::Index => place.index = Some(offset),
        }
        place
    }
}

impl FileRows {
    fn line(&self, row: usize) -> Option<u64> {
        let position = self.jumps.partition_point(|(jump, _)| *jump <= row);
        if position == self.jumps.len() && position == MOST_JUMPS {
            return None;
        }
        let (from, line) = position.checked_sub(1).map_or((self.first_row, 2), |last| self.jumps[last]);
        Some(line + (row - from) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_follow_rows_except_where_they_jump() {
        let mut locator = Locator::default();
        locator.begin_file("a.csv", RowUnit::Line, 0);
        for (row, line) in [(0, 2), (1, 3), (2, 6), (3, 7)] {
            locator.mark_line(row, line);
        }
        locator.begin_file("b.parquet", RowUnit::Row, 4);
        locator.begin_file("history", RowUnit::Index, 6);
        assert_eq!(locator.place(1).row_text(), "a.csv line 3");
        assert_eq!(locator.place(3).row_text(), "a.csv line 7");
        assert_eq!(locator.place(5).row_text(), "b.parquet row 2");
        assert_eq!(locator.place(8).row_text(), "history[2]");
    }
}
