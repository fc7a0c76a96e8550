//! Does a sync mode move the times of subtitles, and nothing but the times?

use super::{
    Promises, Subject, Unmet, Verdict, defaults,
    subject::{Case, Ending, outputs_of},
    world,
};
use crate::{
    Data, Signature, Value,
    abi::RawOutput,
    kinds::{Delays, Media, MediaTrack, SourceDelay, Track, TrackData, TrackType, Tracks},
    subtitles::{Format, Subtitles},
};
use serde_json::{Map, Value as Json};
use std::path::{Path, PathBuf};

/// How far from the planted delay an event may land with default parameters (ms): some frames, but never the other direction.
const NEAR_MS: i64 = 400;

/// Promises of everything that gives subtitles their times.
pub(super) const PROMISES: Promises = &[
    ("subtitles land at a delay of +1234.5 ms, text and order are kept", |subject| lands(subject, 1234.5)),
    ("subtitles land at a delay of -850.25 ms, text and order are kept", |subject| lands(subject, -850.25)),
    ("subtitles before the start of the output", |subject| lands(subject, -20_000.0)),
    ("missing, empty and garbled subtitles", garbled),
];

/// Subtitles of each format: texts that look like times, markup, blank lines, events that overlap and one of no length.
pub(super) const FILES: [(&str, &str, &str); 3] = [
    (
        "S_TEXT/UTF8",
        "planted.srt",
        "1\n00:00:02,000 --> 00:00:03,500\n<i>One</i> at 1:02, – \"two\"\n\n2\n00:00:03,100 --> 00:00:04,000\nÄ, 字幕\nsecond \
         line\n\n3\n00:00:09,041 --> 00:00:09,041\nno length\n\n4\n00:59:59,999 --> 01:00:01,000\nacross the hour\n",
    ),
    (
        "S_TEXT/ASS",
        "planted.ass",
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 1920\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: \
         Default,Arial,50\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: \
         0,0:00:02.00,0:00:03.50,Default,,0,0,0,,{\\an8\\fad(100,200)}One, two\nComment: \
         0,0:00:03.10,0:00:04.00,Default,,0,0,0,,a remark\nDialogue: 0,0:59:59.99,1:00:01.00,Default,,0,0,0,,across {\\t(0,500,\\b1)}the \
         hour\\N字幕\n",
    ),
    (
        "S_TEXT/WEBVTT",
        "planted.vtt",
        "WEBVTT\n\nNOTE a remark\n\nfirst\n00:02.000 --> 00:03.500 align:start\n<v Bob>One\n\n00:00:03.100 --> 00:00:04.000\n字幕 \
         &amp; more\n\n00:59:59.999 --> 01:00:01.000\nacross the hour\n",
    ),
];

/// Whether a stage gives subtitles their times, judged by its ports.
pub(super) fn is_mode(signature: &Signature) -> bool {
    let has =
        |ports: &[crate::Port], name: &str, kind: &str| ports.iter().any(|port| port.name == name && port.kind == kind);
    has(&signature.inputs, "tracks", Tracks::KIND)
        && has(&signature.inputs, "delays", Delays::KIND)
        && has(&signature.outputs, "tracks", Tracks::KIND)
}

fn lands(subject: &Subject, delay_ms: f64) -> Verdict {
    for (codec_id, name, text) in FILES {
        let path = subject.world.path(name);
        std::fs::write(&path, text).map_err(|error| error.to_string())?;
        for (which, parameters) in variants(subject) {
            let case = case(subject, &format!("{name}, {which}"), parameters, codec_id, &path, delay_ms)?;
            let run = subject.run_once(&case)?;
            // Settings that differ from the defaults may need what was not made up.
            let is_default = case.parameters.is_empty();
            if matches!(run.ending, Ending::Refused(_)) && !is_default {
                continue;
            }
            let (outputs, _) = outputs_of(&case, run)?;
            judge(&case, &outputs, (codec_id, text), &path, is_default.then_some(delay_ms))?;
        }
        if std::fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            return Err(Unmet::Failed(format!("{name}: it writes into the file that it was given")));
        }
    }
    Ok(())
}

/// Fails unless a track is untouched, or a new file that differs from `text` in its times only.
fn judge(
    case: &Case,
    outputs: &[RawOutput],
    (codec_id, text): (&str, &str),
    path: &Path,
    delay_ms: Option<f64>,
) -> Verdict {
    let about = |problem: String| Err(Unmet::Failed(format!("{}: {problem}", case.label)));
    let track = track_of(case, outputs)?;
    let TrackData::File(new) = &track.data else {
        return about("the track was in a file of its own, and is not any more".into());
    };
    if new == path {
        let moved = track.frame_adjusted || track.stepping_adjusted;
        return if moved { about("it says that it moved the track, and did not".into()) } else { Ok(()) };
    }
    if !track.frame_adjusted && !track.stepping_adjusted {
        return about(
            "it made a new file and does not say so (`frame_adjusted`), so the delay would be added twice".into(),
        );
    }
    let format = Format::of_codec(codec_id).unwrap_or(Format::Srt);
    let written = std::fs::read(new).map_err(|error| Unmet::Failed(format!("{}: {error}", case.label)))?;
    let parsed = |bytes: &[u8]| Subtitles::parse(bytes, format).map_err(|error| format!("{}: {error}", case.label));
    let (before, after) = (parsed(text.as_bytes())?, parsed(&written)?);
    let (old, new) = (masked(text), masked(&String::from_utf8_lossy(&written)));
    if before.len() != after.len() || old != new {
        let lost = old.iter().zip(&new).find(|(old, new)| old != new);
        let (old, new) = lost.map_or((String::new(), String::new()), |(old, new)| (old.clone(), new.clone()));
        return about(format!(
            "it changes more than times: `{old}` is `{new}` now ({} of {} events)",
            after.len(),
            before.len()
        ));
    }
    let times: Vec<(i64, i64)> =
        before.events().zip(after.events()).map(|(old, new)| (old.start_ms, new.start_ms)).collect();
    for (event, (old, new)) in after.events().zip(&times) {
        if event.end_ms < event.start_ms {
            return about(format!("the event at {new} ms ends before it begins"));
        }
        if times.iter().any(|(other_old, other_new)| old < other_old && new > other_new) {
            return about(format!("the event from {old} ms is at {new} ms now, behind one that came after it"));
        }
        let wanted = delay_ms.map(|delay_ms| (*old + delay_ms.round() as i64).max(0));
        if let Some(wanted) = wanted.filter(|wanted| (wanted - new).abs() > NEAR_MS) {
            return about(format!("the event from {old} ms is at {new} ms, and belongs to {wanted} ms"));
        }
    }
    Ok(())
}

/// Files that are no subtitles: an error, or a track that is handed on.
fn garbled(subject: &Subject) -> Verdict {
    let noise: Vec<u8> = (0..4000usize).map(|index| (index * index % 251) as u8).collect();
    let (_, _, srt) = FILES[0];
    let huge =
        "1\n99999999999:59:59,999 --> 99999999999:99:99,999\nlate\n\n2\n00:00:05,000 --> 00:00:01,000\nbackwards\n";
    let contents: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("garbage", &noise),
        ("cut off", &srt.as_bytes()[..40]),
        ("absurd times", huge.as_bytes()),
        ("zeros", &[0; 100]),
    ];
    for (codec_id, name, _) in FILES {
        for (what, content) in contents {
            let path = subject.world.path(&format!("garbled-{name}"));
            std::fs::write(&path, content).map_err(|error| error.to_string())?;
            garbled_file(subject, &format!("{name}, {what}"), codec_id, &path)?;
        }
        garbled_file(subject, &format!("{name}, missing"), codec_id, &subject.world.path("nowhere.srt"))?;
    }
    super::hostile::only_if_it_works(subject)
}

fn garbled_file(subject: &Subject, what: &str, codec_id: &str, path: &Path) -> Verdict {
    for (which, parameters) in variants(subject) {
        let case = case(subject, &format!("{what}, {which}"), parameters, codec_id, path, 1234.5)?;
        if let Ending::Outputs(outputs) = subject.run_once(&case)?.ending
            && let TrackData::File(new) = track_of(&case, &outputs)?.data
            && new != path
            && !new.is_file()
        {
            return Err(Unmet::Failed(format!("{}: the new file of the track is not there", case.label)));
        }
    }
    Ok(())
}

fn variants(subject: &Subject) -> Vec<(String, Map<String, Json>)> {
    defaults::variants(&subject.signature, &Map::new())
}

/// One subtitle track in this file, and a delay.
fn case(
    subject: &Subject,
    label: &str,
    parameters: Map<String, Json>,
    codec_id: &str,
    path: &Path,
    delay_ms: f64,
) -> Result<Case, Unmet> {
    let world = &subject.world;
    let mut inputs = world
        .inputs(&subject.signature)
        .map_err(|kind| Unmet::Skipped(format!("the kit has no values of kind `{kind}`, so it can not plant times")))?;
    for input in &mut inputs {
        let Some(value) = input.values.first() else { continue };
        let value = match value.kind.as_str() {
            Tracks::KIND => tracks(world.tracks(2), codec_id, path.to_owned()).into_value(),
            Delays::KIND => delays(delay_ms).into_value(),
            Media::KIND => {
                Value::from_raw(value.clone()).and_then(|value| with_video(Media::from_value(&value)?).into_value())
            }
            _ => continue,
        };
        let value = value.map_err(|error| error.to_string())?;
        *input = world::raw_input(&input.port, vec![value]);
    }
    Ok(Case { label: label.to_owned(), parameters, inputs })
}

fn tracks(of_source: Tracks, codec_id: &str, path: PathBuf) -> Tracks {
    let subtitles = of_source.tracks.iter().take(1).map(|track| Track {
        kind: TrackType::Subtitles,
        codec_id: codec_id.to_owned(),
        data: TrackData::File(path.clone()),
        ..track.clone()
    });
    Tracks { tracks: subtitles.collect(), ..of_source.clone() }
}

fn delays(delay_ms: f64) -> Delays {
    let source = "Source 2".to_owned();
    Delays {
        sources: [(source.clone(), SourceDelay::of_raw(delay_ms))].into(),
        file_shift_ms: [(source, delay_ms)].into(),
        ..Delays::default()
    }
}

/// A picture of 24000/1001 frames a second, whose frames can not be read.
fn with_video(mut media: Media) -> Media {
    let video = MediaTrack {
        id: 1,
        kind: TrackType::Video,
        codec_id: "V_MPEG4/ISO/AVC".into(),
        frame_rate_hz: Some(24_000.0 / 1001.0),
        ..MediaTrack::default()
    };
    media.tracks.push(video);
    media
}

fn track_of(case: &Case, outputs: &[RawOutput]) -> Result<Track, Unmet> {
    let output = outputs.iter().find(|output| output.port.as_str() == "tracks");
    let value = output.and_then(|output| Value::from_raw(output.value.clone()).ok());
    let tracks =
        value.and_then(|value| Tracks::from_value(&value).ok()).map(|tracks| tracks.tracks).unwrap_or_default();
    match <[Track; 1]>::try_from(tracks) {
        Ok([track]) => Ok(track),
        Err(tracks) => Err(Unmet::Failed(format!("{}: one track became {}", case.label, tracks.len()))),
    }
}

/// The lines of subtitles without blank ones at the end, and with a star in the place of every time.
fn masked(text: &str) -> Vec<String> {
    let is_time = |word: &str| {
        word.contains(':') && word.contains(['.', ',']) && word.ends_with(|end: char| end.is_ascii_digit())
    };
    let mask = |line: &str| {
        let mut masked = String::new();
        let mut word = String::new();
        for letter in line.chars().chain(['\n']) {
            // In ASS a comma ends a time; in SubRip it is part of one.
            let goes_on =
                letter.is_ascii_digit() || letter == ':' || letter == '.' || (letter == ',' && !word.contains('.'));
            if goes_on {
                word.push(letter);
                continue;
            }
            let layer = word.find(',').filter(|_| word.contains('.')).map_or(0, |comma| comma + 1);
            let (before, time) = word.split_at(layer);
            let (time, after) = time.split_at(time.trim_end_matches([',', '.', ':']).len());
            masked.push_str(before);
            masked.push_str(if is_time(time) { "*" } else { time });
            masked.push_str(after);
            word.clear();
            masked.push(letter);
        }
        masked.trim_end().to_owned()
    };
    let lines: Vec<String> = text.trim_start_matches('\u{feff}').lines().map(mask).collect();
    let len = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[..len].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_masked_and_nothing_else() {
        let cases = [
            ("00:00:02,000 --> 00:00:03,500", "* --> *"),
            ("00:02.000 --> 01:00:03.500 align:start", "* --> * align:start"),
            (
                "Dialogue: 0,0:00:02.00,0:00:03.50,Default,,0,0,0,,{\\fad(100,200)}One, 2.5",
                "Dialogue: 0,*,*,Default,,0,0,0,,{\\fad(100,200)}One, 2.5",
            ),
            ("at 1:02, two", "at 1:02, two"),
        ];
        for (line, wanted) in cases {
            assert_eq!(masked(line), [wanted]);
        }
    }

    #[test]
    fn the_planted_subtitles_are_understood_without_warnings() {
        for (codec_id, name, text) in FILES {
            let subtitles = Subtitles::parse(text.as_bytes(), Format::of_codec(codec_id).unwrap()).unwrap();
            assert!(subtitles.len() >= 3 && subtitles.warnings().is_empty(), "{name}: {:?}", subtitles.warnings());
        }
    }
}
