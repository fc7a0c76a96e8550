//! Where a target lies against a reference: the whole films first, then pieces of them, at several speeds.
//!
//! If both run at one speed and the target is not cut, one correlation of the whole films settles it, and pieces near that lag confirm
//! it. If they do not, pieces are looked for in all of the target, at the speeds that releases really have. The path that they
//! follow gives the exact speed; at that speed, every part of the reference is given the lag of those found that suits it best.

use super::contest::{Sounds, undecided};
use super::correlate::{CLOSE, Found, whole};
use super::path::{Placed, Stretch, path};
use super::pieces::{piece_len, pieces};
use super::sketch::Sketch;
use super::speeds::{self, Likely, PIECE_S};
use super::steady::{SIGNIFICANT_PIECE, is_steady};
use super::track::{Track, track};
use super::wave::Wave;
use crate::error::DspError;

/// Values by which a place may be off: so much beyond the limit it may still be that of a delay at the limit.
const UNSURE: f64 = 2.0;
/// Significance that chance does not reach for whole films.
const SIGNIFICANT: f64 = 7.5;
/// Significance of pieces whose lags are tried on every part of the film.
const WORTH_TRYING: f64 = 5.5;
/// Length of pieces (s) for sounds with little in common.
const LONG_PIECE_S: f64 = 60.0;
/// Most pieces that are looked for.
const PIECES: usize = 150;
/// Pieces that must agree.
const LEAST_PIECES: usize = 3;
/// Share of the shorter film that has to be found at another speed with a name for speed 1 not to be tried as well.
const ENOUGH: f64 = 0.4;
/// Share of the shorter film below which nothing was found.
const LEAST_SHARE: f64 = 0.08;
/// Lags that are tried on every part of the film at most.
const MOST_LAGS: usize = 32;

/// How far is looked, and at what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Longest delay in either direction (s).
    pub max_offset_s: f64,
    /// Whether other speeds than 1 are tried.
    pub speeds: bool,
}

/// A stretch of the reference with one delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Start (s of the reference).
    pub start_s: f64,
    /// End (s of the reference).
    pub end_s: f64,
    /// Delay that it would have at the start of the reference (s): time in the reference less that in the target.
    pub delay_s: f64,
}

/// Where a target lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// How fast the target runs against the reference.
    pub speed: f64,
    /// Name of the speed; none for 1 and for a speed that has none.
    pub speed_name: Option<&'static str>,
    /// Stretches in order of time; empty if nothing was found.
    pub pieces: Vec<Piece>,
    /// How far the place stands out, in standard deviations of chance.
    pub significance: f64,
    /// The second best delay for the whole film at speed 1.
    pub runner_up: Option<RunnerUp>,
}

/// A delay that a film does not have, as far as that can be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunnerUp {
    /// Delay at the start of the reference (s).
    pub delay_s: f64,
    /// How far it stands out, in standard deviations of chance.
    pub significance: f64,
    /// Whether nothing in the sound speaks against it, as where music repeats itself to the sample.
    pub is_as_good: bool,
}

/// Finds where the target lies. `sounds` are those that were sketched. The sketches are given away, since those of films of hours are large.
///
/// # Errors
/// A sound without values, rates that differ, samples that cannot be read.
pub fn search<S: Sounds>(
    reference: Sketch,
    target: Sketch,
    limits: &Limits,
    sounds: &S,
) -> Result<Placement, S::Error> {
    if reference.rate_hz != target.rate_hz {
        return Err(DspError::RatesDiffer { reference_hz: reference.rate_hz, target_hz: target.rate_hz }.into());
    }
    let (reference, target) = Wave::pair(reference, target)?;
    let rate_hz = reference.rate_hz;
    let longest = (limits.max_offset_s.max(0.0) * rate_hz + UNSURE).min(1e15) as usize;
    let best = whole(&reference, &target, longest)?;
    let (first, second) = judged(&best, (&reference, &target), sounds)?;
    let placement = |pieces: Vec<Piece>| Placement {
        speed: 1.0,
        speed_name: None,
        pieces,
        significance: first.map_or(0.0, |found| found.significance),
        runner_up: second,
    };
    let whole_lag = first.filter(|found| found.significance >= SIGNIFICANT);
    if let Some(found) = whole_lag
        && is_steady(&reference, &target, found.lag, found.significance)?
    {
        let delay_s = found.lag / rate_hz;
        return Ok(placement(vec![Piece { start_s: 0.0, end_s: reference.duration_s(), delay_s }]));
    }

    let whole_lag = whole_lag.map(|found| found.lag);
    let at_one = Likely { speed: 1.0, is_drift: false };
    let likely = if limits.speeds { speeds::likely(&reference, &target, longest)? } else { None }.unwrap_or(at_one);
    let mut followed = follow(&reference, &target, likely, whole_lag.filter(|_| likely == at_one), longest)?;
    // A guess at a drift is close to speed 1, where other lags may do as well.
    let is_doubtful = |followed: &Followed| followed.share < ENOUGH || likely.is_drift;
    if likely != at_one && followed.as_ref().is_none_or(is_doubtful) {
        let evidence = followed.as_ref().map_or(0.0, |followed| followed.evidence);
        let other = follow(&reference, &target, at_one, whole_lag, longest)?;
        followed = other.filter(|other| other.evidence > evidence).or(followed);
    }
    let found = followed.filter(|followed| followed.share >= LEAST_SHARE);
    Ok(found
        .map_or_else(|| placement(Vec::new()), |found| found.placement(reference.duration_s(), &placement(Vec::new()))))
}

/// The lag that whole films lie at, out of the best ones, and the next best one. Between those that stand out about as far as the first, the
/// sounds decide.
fn judged<S: Sounds>(
    best: &[Found],
    (reference, target): (&Wave, &Wave),
    sounds: &S,
) -> Result<(Option<Found>, Option<RunnerUp>), S::Error> {
    let Some(&strongest) = best.first() else { return Ok((None, None)) };
    let seconds = |found: &Found| found.lag / reference.rate_hz;
    let is_rival = |found: &&Found| found.significance >= SIGNIFICANT.max(CLOSE * strongest.significance);
    let rivals: Vec<Found> = best.iter().filter(is_rival).copied().collect();
    let lengths_s = (reference.duration_s(), target.duration_s());
    let delays_s: Vec<f64> = rivals.iter().map(seconds).collect();
    let undecided = if rivals.len() < 2 { Vec::new() } else { undecided(sounds, lengths_s, &delays_s)? };

    let first = undecided.first().map_or(strongest, |index| rivals[*index]);
    let as_good = undecided.get(1).map(|index| rivals[*index]);
    let next = as_good.or_else(|| best.iter().find(|found| found.lag != first.lag).copied());
    let runner_up = next.map(|found| RunnerUp {
        delay_s: seconds(&found),
        significance: found.significance,
        is_as_good: as_good.is_some(),
    });
    Ok((Some(first), runner_up))
}

/// Stretches that were followed through a target at one speed.
struct Followed {
    speed: f64,
    speed_name: Option<&'static str>,
    rate_hz: f64,
    stretches: Vec<Stretch>,
    /// How much they agree: see [`Track`].
    evidence: f64,
    /// Share of the shorter film that they cover.
    share: f64,
    significance: f64,
}

/// Follows the reference through a target at about the speed that was tried. `None` if too few pieces are found.
fn follow(
    reference: &Wave,
    target: &Wave,
    tried: Likely,
    whole_lag: Option<f64>,
    longest: usize,
) -> Result<Option<Followed>, DspError> {
    let stretched = target.stretched(tried.speed);
    let len = piece_len(reference, &stretched, tried.piece_s());
    let looked_at = |speed| speeds::longest_at(longest, speed);
    let (mut candidates, _) = pieces(reference, &stretched, len, looked_at(tried.speed), PIECES, WORTH_TRYING)?;
    let sure: Vec<Placed> =
        candidates.iter().filter(|piece| piece.found.significance >= SIGNIFICANT_PIECE).copied().collect();
    let rough = path(&sure);
    let members = rough.members();
    if members < LEAST_PIECES && whole_lag.is_none() {
        return Ok(None);
    }
    let slope = if members < LEAST_PIECES { 0.0 } else { rough.slope };
    let (speed, speed_name) = speeds::exact(tried.speed / (1.0 - slope));
    let is_new = speed != tried.speed || tried.is_drift;
    let stretched = if is_new { target.stretched(speed) } else { stretched };
    if is_new {
        let len = piece_len(reference, &stretched, PIECE_S);
        candidates = pieces(reference, &stretched, len, looked_at(speed), PIECES, WORTH_TRYING)?.0;
    }
    let long = piece_len(reference, &stretched, LONG_PIECE_S);
    candidates.extend(pieces(reference, &stretched, long, looked_at(speed), PIECES, WORTH_TRYING)?.0);

    let Track { mut stretches, evidence } = track(reference, &stretched, &distinct_lags(&candidates, whole_lag));
    for stretch in &mut stretches {
        stretch.lag = between_values(&candidates, stretch);
    }
    if stretches.is_empty() {
        return Ok(None);
    }
    let covered: f64 = stretches.iter().map(|stretch| stretch.last - stretch.first).sum();
    let mean = sure.iter().map(|piece| piece.found.significance).sum::<f64>() / sure.len().max(1) as f64;
    Ok(Some(Followed {
        speed,
        speed_name,
        rate_hz: reference.rate_hz,
        share: covered / reference.len().min(stretched.len()) as f64,
        stretches,
        evidence,
        significance: mean * (members as f64).sqrt(),
    }))
}

impl Followed {
    /// The stretches as delays between the films.
    fn placement(&self, reference_s: f64, whole: &Placement) -> Placement {
        let stretches = &self.stretches;
        let cut_after = |index: usize| (stretches[index].last + stretches[index + 1].first) / 2.0 / self.rate_hz;
        let pieces = stretches.iter().enumerate().map(|(index, stretch)| Piece {
            start_s: if index == 0 { 0.0 } else { cut_after(index - 1) },
            end_s: if index + 1 == stretches.len() { reference_s } else { cut_after(index) },
            // An event at t lies at t - lag in the stretched target, so at (t - lag) / speed in the target itself.
            delay_s: stretch.lag / self.rate_hz / self.speed,
        });
        Placement {
            speed: self.speed,
            speed_name: self.speed_name,
            pieces: pieces.collect(),
            significance: self.significance.max(whole.significance),
            // Of one lag for the whole film, which this is not.
            runner_up: whole.runner_up.map(|runner_up| RunnerUp { is_as_good: false, ..runner_up }),
        }
    }
}

/// The lags of pieces, each once (whole values): those that stand out furthest.
fn distinct_lags(pieces: &[Placed], whole_lag: Option<f64>) -> Vec<i64> {
    let mut sorted: Vec<(i64, f64)> =
        pieces.iter().map(|piece| (piece.found.lag.round() as i64, piece.found.significance)).collect();
    sorted.extend(whole_lag.map(|lag| (lag.round() as i64, f64::MAX)));
    sorted.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut lags: Vec<i64> = Vec::new();
    for (lag, _) in sorted {
        if lags.len() < MOST_LAGS && lags.iter().all(|known| known.abs_diff(lag) > 2) {
            lags.push(lag);
        }
    }
    lags
}

/// The lag of a stretch between values: the median of the pieces in it that were found near it.
fn between_values(pieces: &[Placed], stretch: &Stretch) -> f64 {
    let inside = |piece: &&Placed| (stretch.first..=stretch.last).contains(&piece.at);
    let near = |piece: &&Placed| (piece.found.lag - stretch.lag).abs() <= 1.5;
    let mut lags: Vec<f64> = pieces.iter().filter(inside).filter(near).map(|piece| piece.found.lag).collect();
    crate::stats::median(&mut lags).unwrap_or(stretch.lag)
}

#[cfg(test)]
mod tests {
    use super::super::contest::tests::InMemory;
    use super::*;
    use crate::made_up::noise;

    const RATE_HZ: f64 = 375.0;
    const MINUTE: usize = 60 * 375;
    const LIMITS: Limits = Limits { max_offset_s: 3600.0, speeds: true };

    fn sketch(values: Vec<f32>) -> Sketch {
        Sketch { rate_hz: RATE_HZ, samples: 128, values }
    }

    /// The sketches stand for the sounds as well.
    fn found(reference: Vec<f32>, target: Vec<f32>) -> Placement {
        let sketches = (sketch(reference.clone()), sketch(target.clone()));
        let sounds = InMemory { rate_hz: RATE_HZ, reference, target };
        search(sketches.0, sketches.1, &LIMITS, &sounds).unwrap()
    }

    fn delays_s(reference: Vec<f32>, target: Vec<f32>) -> Vec<f64> {
        let found = found(reference, target);
        assert_eq!(found.speed, 1.0);
        found.pieces.iter().map(|piece| (10.0 * piece.delay_s).round() / 10.0).collect()
    }

    #[test]
    fn parts_of_a_target_that_is_silent_for_the_most_part_are_found() {
        let film = noise(12 * MINUTE, 1);
        let silence = vec![0.0; 15 * MINUTE];
        let target = [&film[..4 * MINUTE], &silence, &film[4 * MINUTE..]].concat();
        assert_eq!(delays_s(film, target), [0.0, -900.0]);
    }

    #[test]
    fn a_target_that_lacks_and_repeats_something_lies_in_parts() {
        let film = noise(12 * MINUTE, 2);
        let target = [&film[..3 * MINUTE], &film[5 * MINUTE..9 * MINUTE], &film[8 * MINUTE..]].concat();
        assert_eq!(delays_s(film, target), [0.0, 120.0, 60.0]);
    }

    #[test]
    fn the_limit_is_one_of_delays_at_any_speed() {
        let film: Vec<f32> = noise(8 * MINUTE + 3, 9).windows(4).map(|four| four.iter().sum()).collect();
        for (speed, lag_s) in [(25.0 * 1001.0 / 24_000.0, 2.0), (24_000.0 / 25.0 / 1001.0, 2.0)] {
            let at = |index: usize| {
                let place = lag_s * RATE_HZ + index as f64 * speed;
                let (before, part) = (place as usize, place.fract() as f32);
                film[before] + part * (film[before + 1] - film[before])
            };
            let target: Vec<f32> = (0..(7.5 * MINUTE as f64 / speed) as usize).map(at).collect();
            let delay_s = lag_s / speed;
            let up_to = |max_offset_s| {
                let sounds = InMemory { rate_hz: RATE_HZ, reference: film.clone(), target: target.clone() };
                let limits = Limits { max_offset_s, ..LIMITS };
                let found = search(sketch(film.clone()), sketch(target.clone()), &limits, &sounds).unwrap();
                found.pieces.first().map(|piece| piece.delay_s)
            };
            assert!(up_to(delay_s + 0.02).is_some_and(|found_s| (found_s - delay_s).abs() < 0.01), "{speed}");
            assert_eq!(up_to(delay_s - 0.02), None, "{speed}");
        }
    }

    #[test]
    fn a_repetition_that_is_as_good_is_told() {
        let music: Vec<f32> = noise(7 * 375, 5).into_iter().cycle().take(4 * MINUTE).collect();
        let voiced =
            |seed: u64| music.iter().zip(noise(4 * MINUTE, seed)).map(|(music, voice)| music + voice).collect();
        let runner_up = found(voiced(6), voiced(7)).runner_up.unwrap();
        assert!(runner_up.is_as_good && (runner_up.delay_s.abs() - 7.0).abs() < 0.01, "{runner_up:?}");
        let film = noise(4 * MINUTE, 8);
        assert!(!found(film.clone(), film).runner_up.unwrap().is_as_good);
    }

    #[test]
    fn films_with_nothing_in_common_have_no_place() {
        assert_eq!(delays_s(noise(6 * MINUTE, 3), noise(8 * MINUTE, 4)), [0.0; 0]);
        assert_eq!(delays_s(noise(6 * MINUTE, 3), vec![0.0; 6 * MINUTE]), [0.0; 0]);
    }
}
