//! Chapters: at cuts of the picture, in the formats of mkvmerge and ffmpeg.

use std::fmt::Write;

use serde::Serialize;

use super::Release;
use super::subtitles::clock;
use crate::Programme;

/// A chapter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chapter {
    /// Start (s of programme time).
    pub programme_s: f64,
    /// Name.
    pub name: String,
}

/// Chapters from `from_s` to `to_s` of programme time, about every `every_s`, each at a cut of the picture.
pub fn chapters_at_cuts(programme: &Programme, from_s: f64, to_s: f64, every_s: f64) -> Vec<Chapter> {
    let mut chapters = vec![Chapter { programme_s: from_s, name: "Chapter 1".into() }];
    let mut next_s = from_s + every_s;
    for (_, cut_s) in programme.cuts(from_s, to_s - 2.0) {
        if cut_s >= next_s {
            chapters.push(Chapter { programme_s: cut_s, name: format!("Chapter {}", chapters.len() + 1) });
            next_s += every_s;
        }
    }
    chapters
}

/// Chapters in the simple format that mkvmerge reads, times as in this release.
pub(super) fn chapter_file(release: &Release) -> String {
    let mut file = String::new();
    for (number, (start_s, name)) in chapters_in_file(release).iter().enumerate() {
        let number = number + 1;
        let _ = write!(file, "CHAPTER{number:02}={}\nCHAPTER{number:02}NAME={name}\n", clock(*start_s, '.'));
    }
    file
}

/// Chapters in ffmpeg's metadata format, times as in this release.
pub(super) fn chapter_metadata(release: &Release) -> String {
    let chapters = chapters_in_file(release);
    let mut file = String::from(";FFMETADATA1\n");
    for (number, (start_s, name)) in chapters.iter().enumerate() {
        let end_s = chapters.get(number + 1).map_or(release.duration_s, |(next_s, _)| *next_s);
        let ms = |time_s: f64| (time_s * 1000.0).round() as i64;
        let _ = write!(file, "[CHAPTER]\nTIMEBASE=1/1000\nSTART={}\nEND={}\ntitle={name}\n", ms(*start_s), ms(end_s));
    }
    file
}

/// A chapter that began before the file starts with it.
fn chapters_in_file(release: &Release) -> Vec<(f64, &str)> {
    let times: Vec<f64> = release.chapters.iter().map(|chapter| release.time_in_file_s(chapter.programme_s)).collect();
    release
        .chapters
        .iter()
        .zip(&times)
        .enumerate()
        .filter(|(number, (_, time_s))| {
            let ended = times.get(number + 1).is_some_and(|next_s| *next_s <= 0.0);
            **time_s < release.duration_s && !ended
        })
        .map(|(_, (chapter, time_s))| (time_s.max(0.0), chapter.name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_that_began_before_the_file_starts_with_it() {
        let chapters = [0.0, 5.0, 40.0].map(|programme_s| Chapter { programme_s, name: format!("from {programme_s}") });
        let release =
            Release { delay_ms: 10_000.0, chapters: chapters.to_vec(), ..Release::new(Programme::new(1), 20.0) };
        assert_eq!(chapters_in_file(&release), [(0.0, "from 5")]);
    }
}
