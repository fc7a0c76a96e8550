//! Euclidean distances of a frame from all frames of a window.

use crate::features::frames::Frames;

/// The frames of a window in an order that lets a compiler take many at once: all numbers of the first column, then of the
/// second one, …
#[derive(Debug, Default)]
pub(crate) struct Columns {
    values: Vec<f64>,
    count: usize,
}

impl Columns {
    /// Puts these frames in the place of those before.
    pub(crate) fn load(&mut self, frames: &Frames) {
        self.count = frames.count();
        self.values.clear();
        self.values.extend((0..frames.width()).flat_map(|k| frames.rows().map(move |row| row[k])));
    }

    /// Fills `distances` with one for each frame.
    pub(crate) fn distances(&self, row: &[f64], distances: &mut Vec<f64>) {
        distances.clear();
        distances.resize(self.count, 0.0);
        for (&value, others) in row.iter().zip(self.values.chunks_exact(self.count.max(1))) {
            for (distance, other) in distances.iter_mut().zip(others) {
                *distance += (value - other) * (value - other);
            }
        }
        distances.iter_mut().for_each(|distance| *distance = distance.sqrt());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_rows() {
        let mut columns = Columns::default();
        let mut distances = Vec::new();
        columns.load(&Frames::new(2, vec![0.0, 0.0, 3.0, 4.0, -6.0, 8.0]));
        columns.distances(&[0.0, 0.0], &mut distances);
        assert_eq!(distances, [0.0, 5.0, 10.0]);
        columns.load(&Frames::default());
        columns.distances(&[], &mut distances);
        assert_eq!(distances, [0.0; 0]);
    }
}
