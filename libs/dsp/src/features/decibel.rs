//! Powers as decibels, with a floor below the loudest.

/// Powers below it count as this one.
const LEAST_POWER: f64 = 1e-10;
/// What is further below the loudest counts as this far below it (dB).
const RANGE_DB: f64 = 80.0;

/// Turns powers into decibels relative to `reference_power`, none more than 80 dB below the loudest of them.
pub fn from_power(powers: &mut [f64], reference_power: f64) {
    let reference_db = 10.0 * reference_power.max(LEAST_POWER).log10();
    for power in powers.iter_mut() {
        *power = 10.0 * power.max(LEAST_POWER).log10() - reference_db;
    }
    let floor_db = loudest(powers) - RANGE_DB;
    for level in powers.iter_mut() {
        *level = level.max(floor_db);
    }
}

/// The highest value; negative infinity of none.
pub fn loudest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_relative_and_have_a_floor() {
        let mut levels = [1.0, 100.0, 0.0, 1e-5];
        from_power(&mut levels, 10.0);
        assert_eq!(levels, [-10.0, 10.0, -70.0, -60.0]);
        let mut silence = [0.0; 3];
        from_power(&mut silence, 0.0);
        assert_eq!(silence, [0.0; 3]);
    }
}
