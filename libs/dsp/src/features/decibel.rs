//! Powers as decibels, with a floor below the loudest.

/// Powers below it count as this one.
const LEAST_POWER: f64 = 1e-10;
/// What is further below the loudest counts as this far below it (dB).
const RANGE_DB: f64 = 80.0;

/// Turns powers into decibels.
pub fn from_power(powers: &mut [f64]) {
    for power in powers.iter_mut() {
        *power = 10.0 * power.max(LEAST_POWER).log10();
    }
}

/// Takes off `reference_db`, and raises what is more than 80 dB below the loudest to that.
pub fn relative_to(levels: &mut [f64], reference_db: f64) {
    let floor_db = loudest(levels) - reference_db - RANGE_DB;
    for level in levels.iter_mut() {
        *level = (*level - reference_db).max(floor_db);
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
        from_power(&mut levels);
        assert_eq!(levels, [0.0, 20.0, -100.0, -50.0]);
        relative_to(&mut levels, 10.0);
        assert_eq!(levels, [-10.0, 10.0, -70.0, -60.0]);
        let mut silence = [0.0; 3];
        from_power(&mut silence);
        let loudest = loudest(&silence);
        relative_to(&mut silence, loudest);
        assert_eq!(silence, [0.0; 3]);
    }
}
