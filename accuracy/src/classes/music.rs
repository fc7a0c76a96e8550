//! Recorded music from a folder, shifted, in another codec: material that no generator of ours made.

use super::draw::Draw;
use crate::{Case, Error, Result, Sound, Truth};
use std::{fs, path::Path};

/// Length of the pieces (s).
const LENGTH_S: f64 = 90.0;

/// Even numbers: the same recording, lossless, shifted by whole samples and filtered. Odd numbers: two recordings.
pub(super) fn music(draw: &mut Draw, folder: &Path) -> Result<Case> {
    let entries = fs::read_dir(folder).map_err(|source| Error::io(folder, source))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| is_recording(path)).collect();
    files.sort();
    if files.len() < 2 {
        return Err(Error::NoSuchCase(format!("{}: there are no two recordings in {}", draw.name, folder.display())));
    }
    let (one, other) = (draw.rng.below(files.len()), draw.rng.below(files.len() - 1));
    let shift = draw.rng.below(240_000);
    let gain_db = draw.rng.range(-12.0, 0.0).round();
    let first = piece(&files[one], "anull", "flac");
    if draw.name.number.is_multiple_of(2) {
        let filters = format!("aresample=48000,atrim=start_sample={shift},asetpts=PTS-STARTPTS,volume={gain_db}dB");
        let truth = Truth::Delay { delay_ms: shift as f64 / 48.0 };
        return Ok(draw.case(
            "same recording",
            format!("{gain_db} dB"),
            first,
            piece(&files[one], &filters, "flac"),
            truth,
        ));
    }
    let other = if other >= one { other + 1 } else { other };
    let second = piece(&files[other], "anull", "flac");
    Ok(draw.case("other recording", "two recordings".into(), first, second, Truth::Unrelated))
}

fn is_recording(path: &Path) -> bool {
    let known = ["ogg", "flac", "mp3", "opus", "m4a", "wav"];
    path.extension().is_some_and(|extension| known.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn piece(file: &Path, filters: &str, codec: &str) -> Sound {
    let input = ["-i".to_owned(), file.display().to_string()].to_vec();
    let encoder = ["-map", "0:a:0", "-af", filters, "-ac", "2", "-ar", "48000", "-c:a", codec, "-sample_fmt", "s16"];
    let encoder = encoder.iter().map(|&word| word.to_owned()).collect();
    Sound::Ffmpeg { input, duration_s: LENGTH_S, encoder }
}
