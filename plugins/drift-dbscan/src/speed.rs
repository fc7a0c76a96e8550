//! The speeds that films are played at, and whether frame rates allow for them.

use vsg_dsp::alignment::SPEEDS;

/// How far a rate may be from that of a named speed (ms/s), beside its error.
const TOLERANCE_MS_PER_S: f64 = 0.3;

/// Frame rates that differ by less are one (Hz).
const SAME_RATE_HZ: f64 = 0.1;

/// A speed of a target against its reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Speed {
    pub(crate) name: &'static str,
    pub(crate) factor: f64,
    /// Whether film becomes PAL, or PAL film.
    pub(crate) is_pal: bool,
}

/// At least this much more or less than 1 is a conversion from or to PAL.
const PAL: f64 = 0.01;

/// All speeds that have a name, but for 1.
fn speeds() -> impl Iterator<Item = Speed> {
    let is_other = |(_, factor): &(&str, f64)| *factor != 1.0;
    let speed = |(name, factor): (&'static str, f64)| Speed { name, factor, is_pal: (factor - 1.0).abs() > PAL };
    SPEEDS.into_iter().filter(is_other).map(speed)
}

impl Speed {
    /// How much the delay grows (ms for each second of the reference).
    pub(crate) fn rate_ms_per_s(&self) -> f64 {
        1000.0 * (1.0 - 1.0 / self.factor)
    }

    /// Whether frame rates of reference and target (Hz) speak against it: of two files at different PAL speeds exactly the quicker one has
    /// 25 frames a second, or 50.
    pub(crate) fn is_contradicted(&self, reference_hz: Option<f64>, target_hz: Option<f64>) -> bool {
        let is_pal = |hz: f64| [25.0, 50.0].iter().any(|pal| (hz - pal).abs() < SAME_RATE_HZ);
        let (quick, slow) = if self.factor > 1.0 { (target_hz, reference_hz) } else { (reference_hz, target_hz) };
        quick.is_some_and(|hz| !is_pal(hz)) || slow.is_some_and(is_pal)
    }
}

/// The speed that makes the delay grow like this, if there is one. Small rates have to be known well and to fit, because real clocks drift
/// by as much.
pub(crate) fn named(rate_ms_per_s: f64, error_ms_per_s: f64) -> Option<Speed> {
    let off = |speed: &Speed| (speed.rate_ms_per_s() - rate_ms_per_s).abs();
    let tolerance = |speed: &Speed| {
        let (least, most) = if speed.is_pal { (TOLERANCE_MS_PER_S, 2.0) } else { (0.003, 0.05) };
        (least + error_ms_per_s).min(most)
    };
    let nearest = speeds().min_by(|one, other| off(one).total_cmp(&off(other)))?;
    (off(&nearest) <= tolerance(&nearest)).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_the_names_of_their_speeds() {
        let cases = [
            (40.96, Some("25/23.976")),
            (-42.71, Some("23.976/25")),
            (40.0, Some("25/24")),
            (-41.67, Some("24/25")),
            (0.999, Some("24/23.976")),
            (-1.001, Some("23.976/24")),
            (0.99, None),
            (38.0, None),
            (0.0, None),
        ];
        for (rate, name) in cases {
            assert_eq!(named(rate, 1e-4).map(|speed| speed.name), name, "{rate}");
        }
        assert_eq!(named(1.3, 0.4), None, "a rate that is hardly known has no name");
    }

    /// The reference program looks at the frame rate of its Source 1, and knows only one direction.
    #[test]
    fn frame_rates_have_to_be_those_of_the_measured_direction() {
        let (quicker, slower) = (named(40.96, 0.0).unwrap(), named(-42.71, 0.0).unwrap());
        let (film, pal, interlaced, unknown) = (Some(23.976), Some(25.0), Some(50.0), None);
        for target in [pal, interlaced, unknown] {
            assert!(!quicker.is_contradicted(film, target) && slower.is_contradicted(film, pal), "{target:?}");
        }
        assert!(quicker.is_contradicted(film, film) && quicker.is_contradicted(pal, pal));
        assert!(quicker.is_contradicted(pal, unknown) && quicker.is_contradicted(pal, film));
        assert!(!slower.is_contradicted(pal, film) && !slower.is_contradicted(unknown, unknown));
        assert!(!slower.is_contradicted(pal, Some(29.97)));
    }
}
