//! What the correlation of one pair of windows costs against the three Fourier transforms that it cannot do without.

use crate::median;
use realfft::RealFftPlanner;
use std::{error::Error, hint::black_box, time::Instant};
use vsg_dsp::{Band, FftLength, Gcc, GccOptions};
use vsg_sample_media::Rng;

/// Windows of a classic scan.
const RATE_HZ: f64 = 48_000.0;
const WINDOW: usize = 15 * 48_000;
/// How much earlier one of them is (samples).
const DELAY: usize = 4800;
/// The band of the filter for dialogue (Hz).
const BAND_HZ: (f64, f64) = (300.0, 3400.0);
/// How often each figure is measured; the median counts.
const RUNS: usize = 151;
/// Limit that the ratio is shown against.
const LIMIT: f64 = 1.2;

/// Prints both forms of the correlation beside realfft's transforms of the length that these windows need.
pub(crate) fn kernel() -> Result<(), Box<dyn Error>> {
    let length = FftLength::Smooth.samples(WINDOW, WINDOW);
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let (mut time, mut spectrum) = (forward.make_input_vec(), forward.make_output_vec());
    let (mut there, mut back) = (forward.make_scratch_vec(), inverse.make_scratch_vec());
    // As of a dub: the same music and another voice, as loud as each other.
    let (music, voices) = (noise(1), [noise(2), noise(3)]);
    let windows = [mixed(&music[DELAY..], &voices[0]), mixed(&music[..WINDOW], &voices[1])];
    let mut transforms = || -> Result<(), Box<dyn Error>> {
        for window in &windows {
            time[..WINDOW].copy_from_slice(window);
            time[WINDOW..].fill(0.0);
            forward.process_with_scratch(&mut time, &mut spectrum, &mut there)?;
        }
        inverse.process_with_scratch(&mut spectrum, &mut time, &mut back)?;
        black_box(&time);
        Ok(())
    };
    let banded = GccOptions::robust(RATE_HZ, BAND_HZ.0, BAND_HZ.1);
    let whole = GccOptions { band: Band::Whole, decimate: false, ..banded };
    let kernels = [("all frequencies", whole), ("300 to 3400 Hz", banded)];
    let planned = kernels.map(|(name, options)| (name, Gcc::<f32>::new(WINDOW, WINDOW, options)));
    println!("\nGCC-PHAT of two windows of 15 s, median of {RUNS} in turn");
    for (name, gcc) in planned {
        let gcc = gcc?;
        let mut scratch = gcc.scratch();
        let (mut ours, mut alone, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let start = Instant::now();
            black_box(gcc.correlate(&windows[0], &windows[1], &mut scratch)?);
            let ours_ms = 1000.0 * start.elapsed().as_secs_f64();
            let start = Instant::now();
            transforms()?;
            let alone_ms = 1000.0 * start.elapsed().as_secs_f64();
            ours.push(ours_ms);
            alone.push(alone_ms);
            ratios.push(ours_ms / alone_ms);
        }
        let (ours, alone, ratio) = (median(&mut ours), median(&mut alone), median(&mut ratios));
        println!(
            "  {name:<16} {ours:6.1} ms, three transforms by realfft alone {alone:6.1} ms: {ratio:.2} (limit {LIMIT})"
        );
    }
    Ok(())
}

fn mixed(one: &[f32], other: &[f32]) -> Vec<f32> {
    one.iter().zip(other).map(|(one, other)| one + other).collect()
}

fn noise(number: i64) -> Vec<f32> {
    let mut rng = Rng::new(1, "kernel", number);
    (0..WINDOW + DELAY).map(|_| 0.3 * rng.noise()).collect()
}
