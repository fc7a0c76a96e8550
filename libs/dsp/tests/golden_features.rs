//! Features and their alignment are those of librosa, as the reference program calls it.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

mod golden;

use golden_reader::{count, json, list, number, numbers, text};
use serde_json::Value;
use vsg_dsp::Side;
use vsg_dsp::features::{
    COARSE_BANDS, COEFFICIENTS, Cepstrum, FINE_BANDS, Frames, Framing, MelBank, MelSpectrum, WarpingPath,
    WarpingScratch, cepstra, decibel, levels, loudness, onsets,
};

const RATE_HZ: f64 = 48_000.0;
/// Relative to the largest of the values: in 64 bit, in 32 bit.
const TOLERANCES: [(&str, f64); 2] = [("f64", 1e-6), ("f32", 1e-4)];

fn power(bands: usize) -> Frames {
    let samples = golden::audio("ref.flac", RATE_HZ);
    let mel = MelSpectrum::new(Framing::at(RATE_HZ).unwrap(), bands);
    mel.run(&samples[48_000..144_000], Side::Reference, &mut mel.scratch()).unwrap()
}

fn row(frames: &Frames, index: usize) -> Vec<f64> {
    frames.view().rows().nth(index).unwrap().to_vec()
}

fn assert_alike(got: &[f64], expected: &Value, tolerance: f64, what: &str) {
    let expected = numbers(expected);
    assert_eq!(got.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0f64, |max, v| max.max(v.abs()));
    for (index, (got, expected)) in got.iter().zip(&expected).enumerate() {
        assert!((got - expected).abs() <= tolerance * scale, "{what}, {index}: {got}, expected {expected}");
    }
}

#[test]
fn mel_banks_equal_the_reference() {
    let set = json("analysis/features.json");
    let framing = Framing::at(RATE_HZ).unwrap();
    for bands in [COARSE_BANDS, FINE_BANDS] {
        let bank = MelBank::<f64>::new(&framing, bands);
        let expected = &set[format!("melbank_{bands}")];
        let of_each = |f: fn(&[f64]) -> f64| -> Vec<f64> { bank.bands().iter().map(|band| f(&band.weights)).collect() };
        assert_alike(&of_each(|w| w.iter().sum()), &expected["row_sums"], 1e-6, "sums");
        assert_alike(&of_each(|w| w.iter().copied().fold(0.0, f64::max)), &expected["row_max"], 1e-7, "maxima");
        let first: Vec<f64> = bank.bands().iter().map(|band| band.first as f64).collect();
        let last: Vec<f64> = bank.bands().iter().map(|band| (band.first + band.weights.len() - 1) as f64).collect();
        assert_eq!(first, numbers(&expected["first_nonzero_bin"]));
        assert_eq!(last, numbers(&expected["last_nonzero_bin"]));
        assert_eq!(bank.bands()[20].weights, numbers(&expected["row20_nonzero"]));
    }
}

#[test]
fn features_of_speech_equal_the_reference() {
    let set = json("analysis/features.json");
    let (fine, coarse) = (power(FINE_BANDS), power(COARSE_BANDS));
    let of_fine = levels(fine.clone());
    let cepstra = cepstra(of_fine.view(), &Cepstrum::new(FINE_BANDS, COEFFICIENTS));
    let floor_db = decibel::floor(of_fine.view().values());
    let mut levels_db = of_fine.clone();
    levels_db.values_mut().iter_mut().for_each(|level| *level = level.max(floor_db));
    let last = fine.view().count() - 1;
    for (precision, tolerance) in TOLERANCES {
        let expected = &set[precision];
        let alike = |got: &[f64], name: &str| assert_alike(got, &expected[name], tolerance, name);
        assert_eq!(fine.view().count(), count(&expected["frames"]));
        for (index, of_mel, of_cepstra) in
            [(0, "mel128_col0", "mfcc_col0"), (50, "mel128_col50", "mfcc_col50"), (last, "mel128_last", "mfcc_last")]
        {
            alike(&row(&fine, index), of_mel);
            alike(&row(&cepstra, index), of_cepstra);
        }
        let sum: f64 = fine.view().values().iter().sum();
        assert!((sum / number(&expected["mel128_sum"]) - 1.0).abs() <= tolerance);
        alike(&row(&coarse, 50), "mel64_col50");
        alike(&row(&levels_db, 50), "db128_col50");
        alike(&loudness(levels(coarse.clone()).view()), "db64_refmax_mean_over_bands");
        alike(&onsets(of_fine.view()), "onset_envelope");
    }
}

#[test]
fn alignments_equal_the_reference() {
    for case in list(&json("analysis/features.json")["dtw"]) {
        let note = case.get("note").map_or("random", |note| text(note));
        let columns = |value: &Value| -> (usize, Vec<Vec<f64>>) {
            let rows: Vec<Vec<f64>> = list(value).iter().map(numbers).collect();
            (rows.len(), (0..rows[0].len()).map(|i| rows.iter().map(|row| row[i]).collect()).collect())
        };
        let ((width, reference), (_, target)) = (columns(&case["X"]), columns(&case["Y"]));
        let mut scratch = WarpingScratch::default();
        let mut align = |rows: usize, columns: usize| {
            let frames = |columns: &[Vec<f64>]| Frames::new(width, columns.concat());
            WarpingPath::of(frames(&reference[..rows]).view(), frames(&target[..columns]).view(), &mut scratch)
        };
        for (i, totals) in list(&case["D"]).iter().enumerate() {
            for (j, total) in numbers(totals).into_iter().enumerate() {
                let cost = align(i + 1, j + 1).cost;
                assert!((cost - total).abs() < 1e-12 * total.max(1.0), "{note}, {i}, {j}: {cost}, expected {total}");
            }
        }
        let path: Vec<(usize, usize)> =
            list(&case["wp"]).iter().map(|pair| (count(&pair[0]), count(&pair[1]))).collect();
        assert_eq!(align(reference.len(), target.len()).path, path, "{note}");
    }
}
