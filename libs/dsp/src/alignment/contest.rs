//! Decides between lags at which whole films agree about equally well, as they do where music repeats itself to the sample.
//!
//! The lowest wave is music for the most part. What does not repeat, such as effects, a voice, a hall, lies higher: windows are compared
//! at both lags by the phase transform over nearly all frequencies, which weighs all of them alike.

use crate::damage::unless_damaged;
use crate::error::DspError;
use crate::gcc::Gcc;
use crate::options::GccOptions;
use crate::peak::PeakFit;
use crate::plans::Plans;

/// Shortest and longest window (s).
const WINDOW_S: (f64, f64) = (0.5, 5.0);
/// Most windows in which two delays are compared; windows are shorter if there would be fewer than `LEAST_WINDOWS`.
const WINDOWS: usize = 24;
const LEAST_WINDOWS: usize = 12;
/// Windows by which those of many delays are chosen that are compared with each other, and how many that are.
const GLANCE: usize = 6;
const FINALISTS: usize = 5;
/// How far around a lag the windows may agree (s): what a lag of a sketch may be off.
const REACH_S: f64 = 0.02;
/// Frequencies that count (Hz): the highest one is lower if the rate is.
const BAND_HZ: (f64, f64) = (50.0, 12_000.0);
/// How many standard deviations of chance the sum of ranks has to lie off: chance does that in one of four hundred cases.
const DECIDED: f64 = 3.0;
/// A window without agreement, such as one of silence, counts as this little.
const LEAST: f64 = 1e-4;

/// Correlations by the length of a window (samples), which is the same for most delays of long films.
type Known = Plans<usize, Gcc<f32>>;

/// The sounds that are aligned. Samples are read where a sketch does not tell enough.
pub trait Sounds {
    /// What reading may fail with.
    type Error: From<DspError>;

    /// Samples in a second.
    fn rate_hz(&self) -> f64;

    /// `len` samples of the reference from its sample `start` on.
    ///
    /// # Errors
    /// Whatever reading fails with.
    fn reference(&self, start: usize, len: usize) -> Result<Vec<f32>, Self::Error>;

    /// The samples of the target that belong to those of the reference if its delay is `delay_s`.
    ///
    /// # Errors
    /// Whatever reading fails with.
    fn target(&self, start: usize, len: usize, delay_s: f64) -> Result<Vec<f32>, Self::Error>;
}

/// Which of two delays the sounds agree at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Winner {
    One,
    Other,
    /// Both are as good, or there is too little to tell.
    Neither,
}

/// The numbers of those of these delays (s) that none of the others is better than, in their order. The sounds are so long (s).
///
/// # Errors
/// What reading fails with, an impossible rate.
pub(super) fn undecided<S: Sounds>(
    sounds: &S,
    lengths_s: (f64, f64),
    delays_s: &[f64],
) -> Result<Vec<usize>, S::Error> {
    let known = Plans::default();
    // All of them with a few windows each, then the best of those with each other.
    let mut promising = Vec::with_capacity(delays_s.len());
    for (index, delay_s) in delays_s.iter().enumerate() {
        let agreement = agreement(sounds, &known, lengths_s, [*delay_s], GLANCE)?;
        let sum: f64 = agreement.iter().map(|[agreement]| agreement).sum();
        promising.push((index, if agreement.is_empty() { LEAST.ln() } else { sum / agreement.len() as f64 }));
    }
    promising.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut last: Vec<usize> = promising.iter().map(|(index, _)| *index).take(FINALISTS).collect();
    if !last.contains(&0) {
        last.push(0);
    }
    let Some((&favourite, others)) = last.split_first() else { return Ok(Vec::new()) };
    let (mut best, mut as_good) = (favourite, Vec::new());
    for &index in others {
        match contest(sounds, &known, lengths_s, (delays_s[best], delays_s[index]))? {
            Winner::One => {}
            Winner::Neither => as_good.push(index),
            Winner::Other => {
                best = index;
                let mut still = Vec::new();
                for other in as_good {
                    if contest(sounds, &known, lengths_s, (delays_s[best], delays_s[other]))? != Winner::One {
                        still.push(other);
                    }
                }
                as_good = still;
            }
        }
    }
    as_good.push(best);
    as_good.sort_unstable();
    Ok(as_good)
}

/// Compares both delays (s).
fn contest<S: Sounds>(
    sounds: &S,
    known: &Known,
    lengths_s: (f64, f64),
    (one_s, other_s): (f64, f64),
) -> Result<Winner, S::Error> {
    let agreement = agreement(sounds, known, lengths_s, [one_s, other_s], WINDOWS)?;
    let differences: Vec<f64> = agreement.iter().map(|[one, other]| one - other).collect();
    Ok(decided(&differences))
}

/// Logarithms of how well the sounds agree at some delays (s) in windows that they share at all of them: up to `most` windows from
/// everywhere. Empty if they share too little.
fn agreement<S: Sounds, const N: usize>(
    sounds: &S,
    known: &Known,
    (reference_s, target_s): (f64, f64),
    delays_s: [f64; N],
    most: usize,
) -> Result<Vec<[f64; N]>, S::Error> {
    let rate_hz = sounds.rate_hz();
    let (earliest_s, latest_s) = delays_s.iter().fold((f64::MAX, 0.0f64), |(low, high), s| (low.min(*s), high.max(*s)));
    let from_s = latest_s + REACH_S;
    let to_s = reference_s.min(target_s + earliest_s) - REACH_S;
    let window_s = ((to_s - from_s) / LEAST_WINDOWS as f64).clamp(WINDOW_S.0, WINDOW_S.1);
    let room_s = to_s - from_s - window_s;
    let high_hz = BAND_HZ.1.min(0.4 * rate_hz);
    if room_s < LEAST_WINDOWS as f64 / 2.0 * window_s || high_hz <= BAND_HZ.0 {
        return Ok(Vec::new());
    }
    let count = ((room_s / window_s) as usize + 1).min(most);
    let len = (window_s * rate_hz) as usize;
    let options = GccOptions {
        max_lag: Some((REACH_S * rate_hz) as usize),
        peak: PeakFit::Sample,
        ..GccOptions::robust(rate_hz, BAND_HZ.0, high_hz)
    };
    known.get(len, || Gcc::new(len, len, options))?.with(|gcc, scratch| {
        let window = |index: usize| {
            let start = ((from_s + room_s * index as f64 / (count - 1) as f64) * rate_hz) as usize;
            let reference = sounds.reference(start, len)?;
            let mut window = [0.0; N];
            for (agreement, delay_s) in window.iter_mut().zip(delays_s) {
                let target = sounds.target(start, len, delay_s)?;
                let peak = unless_damaged(gcc.correlate(&reference, &target, scratch))?;
                *agreement = peak.map_or(LEAST, |peak| peak.value.abs().max(LEAST)).ln();
            }
            Ok(window)
        };
        (0..count).map(window).collect()
    })
}

/// Who wins by these differences between agreement at one delay and at the other: the test of Wilcoxon (1945), which a few windows with
/// differences of any size do not upset, such as those past the end of the music.
fn decided(differences: &[f64]) -> Winner {
    let mut sorted = differences.to_vec();
    sorted.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
    let n = differences.len() as f64;
    // No difference speaks for neither.
    let share = |difference: f64| if difference == 0.0 { 0.5 } else { f64::from(u8::from(difference > 0.0)) };
    let for_one: f64 = (1..).map(f64::from).zip(&sorted).map(|(rank, difference)| rank * share(*difference)).sum();
    let (by_chance, spread) = (n * (n + 1.0) / 4.0, (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt());
    if n < LEAST_WINDOWS as f64 / 2.0 {
        Winner::Neither
    } else if for_one - by_chance >= DECIDED * spread {
        Winner::One
    } else if by_chance - for_one >= DECIDED * spread {
        Winner::Other
    } else {
        Winner::Neither
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::made_up::noise;

    const RATE_HZ: usize = 8000;

    /// Two sounds in memory.
    pub(in super::super) struct InMemory {
        pub(in super::super) rate_hz: f64,
        pub(in super::super) reference: Vec<f32>,
        pub(in super::super) target: Vec<f32>,
    }

    impl Sounds for InMemory {
        type Error = DspError;

        fn rate_hz(&self) -> f64 {
            self.rate_hz
        }

        fn reference(&self, start: usize, len: usize) -> Result<Vec<f32>, DspError> {
            Ok(self.reference[start..start + len].to_vec())
        }

        fn target(&self, start: usize, len: usize, delay_s: f64) -> Result<Vec<f32>, DspError> {
            let first = (start as f64 - delay_s * self.rate_hz).round() as usize;
            Ok(self.target[first..first + len].to_vec())
        }
    }

    fn mixed(parts: &[&[f32]]) -> Vec<f32> {
        (0..parts[0].len()).map(|index| parts.iter().map(|part| part[index]).sum()).collect()
    }

    /// Two minutes of a loop of seven seconds, each with a voice of its own; the target is heard a loop early.
    fn pair(effects: f32) -> InMemory {
        let len = 120 * RATE_HZ;
        let music: Vec<f32> = noise(7 * RATE_HZ, 1).into_iter().cycle().take(len).collect();
        let effects: Vec<f32> = noise(len, 2).iter().map(|value| effects * value).collect();
        let film = mixed(&[&music, &effects]);
        let early = [&film[7 * RATE_HZ..], &music[..7 * RATE_HZ]].concat();
        let (one, other) = (noise(len, 3), noise(len, 4));
        InMemory { rate_hz: RATE_HZ as f64, reference: mixed(&[&film, &one]), target: mixed(&[&early, &other]) }
    }

    #[test]
    fn what_does_not_repeat_decides_between_repetitions() {
        let sounds = pair(0.5);
        let decide =
            |one_s: f64, other_s: f64| contest(&sounds, &Known::default(), (120.0, 120.0), (one_s, other_s)).unwrap();
        assert_eq!(
            (decide(7.0, 0.0), decide(0.0, 7.0), decide(14.0, 7.0)),
            (Winner::One, Winner::Other, Winner::Other)
        );
        assert_eq!(decide(0.0, 14.0), Winner::Neither);
    }

    #[test]
    fn the_best_of_many_is_found() {
        let delays_s: Vec<f64> = [-35.0, 28.0, 0.0, 21.0, -14.0, 7.0, 35.0, -7.0, 14.0, -21.0].to_vec();
        assert_eq!(undecided(&pair(0.5), (120.0, 120.0), &delays_s).unwrap(), [5]);
        let all_alike = undecided(&pair(0.0), (120.0, 120.0), &delays_s).unwrap();
        assert!(all_alike.len() > 1 && all_alike[0] == 0, "{all_alike:?}");
        assert_eq!(undecided(&pair(0.5), (120.0, 120.0), &[7.0]).unwrap(), [0]);
    }

    #[test]
    fn repetitions_that_nothing_tells_apart_are_as_good_as_each_other() {
        assert_eq!(contest(&pair(0.0), &Known::default(), (120.0, 120.0), (7.0, 0.0)).unwrap(), Winner::Neither);
        let silence = vec![0.0; 120 * RATE_HZ];
        let silent = InMemory { rate_hz: RATE_HZ as f64, reference: silence.clone(), target: silence };
        assert_eq!(contest(&silent, &Known::default(), (120.0, 120.0), (7.0, 0.0)).unwrap(), Winner::Neither);
    }

    #[test]
    fn delays_that_share_too_little_are_not_compared() {
        for delays_s in [(110.0, -3.0), (60.0, -59.0), (0.0, 500.0), (-1e9, 1e9)] {
            assert_eq!(contest(&pair(1.0), &Known::default(), (120.0, 120.0), delays_s).unwrap(), Winner::Neither);
        }
    }

    #[test]
    fn few_windows_that_differ_much_do_not_decide() {
        let mut differences = [0.01; 24];
        assert_eq!(decided(&differences), Winner::One);
        differences[..3].fill(-5.0);
        assert_eq!(decided(&differences), Winner::Neither);
        assert_eq!(decided(&differences.map(|difference| -difference)), Winner::Neither);
        assert_eq!((decided(&[0.0; 24]), decided(&[-0.01; 12])), (Winner::Neither, Winner::Other));
    }

    #[test]
    fn damaged_windows_agree_with_nothing() {
        let mut sounds = pair(0.5);
        sounds.target.iter_mut().step_by(3 * RATE_HZ).for_each(|sample| *sample = f32::NAN);
        assert_eq!(contest(&sounds, &Known::default(), (120.0, 120.0), (7.0, 0.0)).unwrap(), Winner::Neither);
    }
}
