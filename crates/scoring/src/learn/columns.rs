//! The columns of a logistic regression over cells: one for each answer and for what is missing,
//! and for ordered bins one step for each cut, so that neighbours share what they know and a
//! promised direction is the sign of every step.

use super::Direction;
use super::encoding::{Cells, Encoding, MISSING};
use super::table::Grid;

/// A column of zeros and ones.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub factor: usize,
    pub covers: Covers,
    pub sign: Direction,
    /// The rows in which it is one.
    pub rows: Vec<usize>,
}

/// Of which cells a column is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Covers {
    One(usize),
    /// This one and those above.
    From(usize),
}

impl Covers {
    pub fn holds(self, cell: usize) -> bool {
        match self {
            Self::One(one) => cell == one,
            Self::From(first) => cell >= first,
        }
    }
}

/// Every column that at least one row of the grid has.
pub(crate) fn columns(encodings: &[Encoding], grid: &Grid) -> Vec<Column> {
    let of_factor = |(factor, encoding): (usize, &Encoding)| {
        let cells = &grid.cells[factor];
        covers(encoding).into_iter().map(move |(covers, sign)| {
            let is_one =
                |(_, cell): &(usize, &Option<usize>)| cell.is_some_and(|it| covers.holds(it));
            let rows = cells.iter().enumerate().filter(is_one);
            Column {
                factor,
                covers,
                sign,
                rows: rows.map(|(row, _)| row).collect(),
            }
        })
    };
    let all = encodings.iter().enumerate().flat_map(of_factor);
    all.filter(|column| !column.rows.is_empty()).collect()
}

fn covers(encoding: &Encoding) -> Vec<(Covers, Direction)> {
    let missing = (Covers::One(MISSING), Direction::Any);
    let others = 1..encoding.len();
    let others: Vec<_> = match encoding.cells {
        // The lowest bin is what the steps start from.
        Cells::Ordered { .. } => others
            .skip(1)
            .map(|cell| (Covers::From(cell), encoding.direction))
            .collect(),
        Cells::Answers { .. } => others
            .map(|cell| (Covers::One(cell), Direction::Any))
            .collect(),
    };
    std::iter::once(missing).chain(others).collect()
}
