//! Correlates two waves at every lag, and says how far each lag stands out from chance.

use std::ops::RangeInclusive;

use super::transform::Transform;
use super::wave::Wave;
use crate::error::DspError;
use crate::fft_length;
use crate::stats;

/// Least part of the shorter wave that both must share at a lag that is looked at.
const LEAST_OVERLAP: f64 = 0.1;
/// Lags on either side of a peak that belong to it (s).
const PEAK_S: f64 = 0.3;

/// Share of the best lag's significance from which another is close to it, and how many of those are wanted.
pub(super) const CLOSE: f64 = 0.6;
const MANY: usize = 32;

/// A lag and how far it stands out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// Lag (values, between values by a parabola): time of an event in the reference less that in the target.
    pub(super) lag: f64,
    /// Size of the correlation, of either sign, in standard deviations of what chance gives.
    pub(super) significance: f64,
}

/// The best lags of up to `longest` values between two waves, best first: up to two, or if those are close many.
///
/// # Errors
/// A wave without values.
pub(super) fn whole(reference: &Wave, target: &Wave, longest: usize) -> Result<Vec<Found>, DspError> {
    let (ref_len, tgt_len) = (reference.len(), target.len());
    if ref_len == 0 || tgt_len == 0 {
        return Err(DspError::EmptyWindow { reference: ref_len, target: tgt_len });
    }
    let least = (LEAST_OVERLAP * ref_len.min(tgt_len) as f64).ceil().max(1.0) as i64;
    let (ref_len, tgt_len, longest) = (ref_len as i64, tgt_len as i64, longest.min(1 << 60) as i64);
    let wanted = (least - tgt_len).max(-longest)..=(ref_len - least).min(longest);
    // What is highest at the end of the range may be the flank of a peak beyond it.
    let beyond = peak_width(reference.rate_hz) as i64;
    let first = (wanted.start() - beyond).max(1 - tgt_len);
    let last = (wanted.end() + beyond).min(ref_len - 1);
    // What wraps round falls on lags that are not looked at.
    let length = (last + tgt_len).max(ref_len - first).max(2) as usize;
    let transform = Transform::new(fft_length::smooth(length));
    let mut room = transform.room();
    let mut product = transform.spectrum(&reference.values, &mut room)?;
    let other = transform.spectrum(&target.values, &mut room)?;
    product.iter_mut().zip(other).for_each(|(r, t)| *r *= t.conj());
    transform.values(&mut product, &mut room)?;
    // Of films of hours each of these is large.
    let correlation = room.into_values();
    drop((transform, product));

    let overlap = |lag: i64| ref_len.min(tgt_len + lag) - lag.max(0);
    let height = |lag: i64| {
        let index = if lag < 0 { correlation.len() as i64 + lag } else { lag } as usize;
        correlation[index].abs() / (overlap(lag).max(1) as f32).sqrt()
    };
    let heights: Vec<f32> = (first..=last).map(height).collect();
    let wanted = *wanted.start() as f64..=*wanted.end() as f64;
    let best_of = |count| highest_within(&wanted, first, &heights, reference.rate_hz, count);
    let best = best_of(2);
    let is_close = best.get(1).is_some_and(|second| second.significance >= CLOSE * best[0].significance);
    Ok(if is_close { best_of(MANY) } else { best })
}

/// Values on either side of a peak that belong to it.
pub(super) fn peak_width(rate_hz: f64) -> usize {
    (PEAK_S * rate_hz).ceil() as usize
}

/// As [`highest`], of heights that reach a peak's width beyond the lags that are wanted at either end.
pub(super) fn highest_within(
    wanted: &RangeInclusive<f64>,
    first: i64,
    heights: &[f32],
    rate_hz: f64,
    count: usize,
) -> Vec<Found> {
    // On either side there is room for one peak that is not wanted.
    let mut found = highest(first, heights, rate_hz, count + 2);
    found.retain(|found| wanted.contains(&found.lag));
    found.truncate(count);
    found
}

/// The `count` highest of these heights whose lags lie apart, highest first. `first` is the lag of the first one.
fn highest(first: i64, heights: &[f32], rate_hz: f64, count: usize) -> Vec<Found> {
    let chance = f64::from(chance(heights));
    let near = peak_width(rate_hz);
    let mut taken: Vec<usize> = Vec::new();
    while taken.len() < count {
        // Between those that are taken already.
        taken.sort_unstable();
        let starts = std::iter::once(0).chain(taken.iter().map(|at| at + near + 1));
        let ends = taken.iter().map(|at| at.saturating_sub(near)).chain([heights.len()]);
        let free = starts.zip(ends).filter_map(|(start, end)| Some((start, heights.get(start..end)?)));
        let best = free.filter_map(|(start, heights)| Some(start + highest_of(heights)?));
        let Some(best) = best.max_by(|a, b| heights[*a].total_cmp(&heights[*b])) else { break };
        taken.push(best);
    }
    taken.sort_unstable_by(|a, b| heights[*b].total_cmp(&heights[*a]));
    let found = |index: usize| {
        let (offset, height) = top(heights, index);
        Found {
            lag: first as f64 + index as f64 + offset,
            significance: if chance > 0.0 { height / chance } else { 0.0 },
        }
    };
    taken.into_iter().map(found).collect()
}

/// Where the highest of these heights is.
fn highest_of(heights: &[f32]) -> Option<usize> {
    // The height first, which takes vector instructions, then its place.
    let highest = heights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    heights.iter().position(|height| *height == highest)
}

/// Heights that much smaller than the highest one are those of silence, but for rounding.
const SILENCE: f32 = 1e-5;

/// That many heights tell what chance does.
const ENOUGH: usize = 1 << 17;

/// Standard deviation of heights by chance, from their median: peaks do not count, nor does silence, which may be most of a film.
pub(super) fn chance(heights: &[f32]) -> f32 {
    let highest = heights.iter().copied().fold(0.0, f32::max);
    let some = heights.iter().copied().step_by((heights.len() / ENOUGH).max(1));
    let mut heard: Vec<f32> = some.filter(|height| *height > SILENCE * highest).collect();
    1.4826 * stats::median(&mut heard).unwrap_or(0.0) as f32
}

/// Where the top of a parabola through the height at `index` and its neighbours lies (-0.5 to 0.5), and how high. If the
/// middle one is not the highest, or has no neighbour, it is itself the top.
pub(super) fn top(heights: &[f32], index: usize) -> (f64, f64) {
    let at = |index: usize| f64::from(heights[index]);
    if index == 0 || index + 1 >= heights.len() {
        return (0.0, at(index));
    }
    let (left, middle, right) = (at(index - 1), at(index), at(index + 1));
    let curvature = left - 2.0 * middle + right;
    if curvature >= 0.0 || middle < left || middle < right {
        return (0.0, middle);
    }
    let offset = 0.5 * (left - right) / curvature;
    (offset, middle - 0.25 * (left - right) * offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::wave::made_up as wave;
    use crate::made_up::noise;

    #[test]
    fn a_shift_of_any_size_and_polarity_is_found_in_either_direction() {
        let film = noise(9000, 1);
        for start in [0, 1234, 6000] {
            let excerpt: Vec<f32> = film[start..].iter().map(|v| -v).collect();
            let best = whole(&wave(&film), &wave(&excerpt), usize::MAX).unwrap();
            assert!((best[0].lag - start as f64).abs() < 0.1 && best[0].significance > 30.0, "{best:?}");
            assert!(best[1].significance < 7.0, "{best:?}");
            let best = whole(&wave(&excerpt), &wave(&film), usize::MAX).unwrap();
            assert!((best[0].lag + start as f64).abs() < 0.1);
        }
    }

    #[test]
    fn chance_stays_below_seven() {
        let best = whole(&wave(&noise(50_000, 3)), &wave(&noise(40_000, 4)), usize::MAX).unwrap()[0];
        assert!((3.0..7.0).contains(&best.significance), "{best:?}");
    }

    #[test]
    fn lags_beyond_the_limit_are_not_looked_at() {
        let film = noise(5000, 5);
        let best = whole(&wave(&film), &wave(&film[1000..]), 900).unwrap();
        assert!(best.iter().all(|found| found.lag.abs() <= 900.0 && found.significance < 7.0), "{best:?}");
    }

    #[test]
    fn the_flank_of_a_peak_beyond_the_limit_is_no_peak() {
        let noise = noise(5001, 5);
        let film: Vec<f32> = noise.windows(2).map(|pair| pair[0] + pair[1]).collect();
        for (reference, target) in [(&film[..], &film[1000..]), (&film[1000..], &film[..])] {
            let up_to = |longest| whole(&wave(reference), &wave(target), longest).unwrap();
            assert!(up_to(1001)[0].significance > 15.0);
            let flank = up_to(999);
            assert!(flank.len() >= 2, "the peak beyond takes nobody's place");
            assert!(flank.iter().all(|found| found.significance < 7.0), "{flank:?}");
        }
    }

    #[test]
    fn silence_in_a_target_does_not_lower_what_chance_gives() {
        let heights: Vec<f32> = noise(40_000, 5).iter().map(|height| height.abs()).collect();
        let rounding = heights.iter().map(|height| 1e-7 * height);
        let mostly_silent: Vec<f32> = heights.iter().copied().chain(rounding.clone()).chain(rounding).collect();
        assert!((chance(&mostly_silent) / chance(&heights) - 1.0).abs() < 0.01);
        assert_eq!(chance(&[0.0; 9]), 0.0);
    }

    #[test]
    fn silence_is_insignificant_and_nothing_is_an_error() {
        let silence = wave(&[0.0; 1000]);
        assert!(whole(&silence, &silence, 1000).unwrap().iter().all(|found| found.significance == 0.0));
        assert!(whole(&silence, &wave(&[]), 1000).is_err());
    }

    #[test]
    fn the_top_of_a_parabola_lies_between_its_points() {
        let (offset, height) = top(&[3.0, 4.0, 4.0], 1);
        assert!((offset - 0.5).abs() < 1e-9 && (height - 4.125).abs() < 1e-9);
        assert_eq!(top(&[1.0, 2.0], 1), (0.0, 2.0));
        assert_eq!(top(&[2.0, 2.0, 2.0], 1), (0.0, 2.0));
    }
}
