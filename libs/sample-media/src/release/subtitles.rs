//! Subtitle tracks: the lines of the plot as text, in the release's own time.

use std::fmt::Write;

use serde::Serialize;

use super::Release;
use crate::Language;

/// One subtitle track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubtitleTrack {
    /// How it is written.
    pub format: SubtitleFormat,
    /// Language of the text and of the track's tag.
    pub language: Language,
    /// Name of the track.
    pub name: Option<String>,
    /// What it contains.
    pub lines: SubtitleLines,
    /// The default flag.
    pub default: bool,
    /// The forced flag.
    pub forced: bool,
    /// Shift of the track in the container (ms).
    pub start_ms: i32,
}

impl SubtitleTrack {
    /// All dialogue in one language; neither default nor forced.
    pub fn new(format: SubtitleFormat, language: &str) -> Self {
        Self {
            format,
            language: Language::new(language),
            name: None,
            lines: SubtitleLines::Dialogue,
            default: false,
            forced: false,
            start_ms: 0,
        }
    }
}

/// Formats of subtitle tracks (in MP4 both become `mov_text`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubtitleFormat {
    /// SubRip.
    Srt,
    /// Advanced SubStation Alpha, with a style for dialogue and one for signs.
    Ass,
}

/// What a subtitle track contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubtitleLines {
    /// Every line of dialogue, and signs.
    Dialogue,
    /// Only signs in the picture, as forced tracks have them.
    Signs,
}

struct Event {
    start_s: f64,
    end_s: f64,
    text: &'static str,
    sign: bool,
}

/// The subtitle file of one track, times as in this release.
pub(super) fn subtitle_file(release: &Release, track: &SubtitleTrack) -> String {
    let events = events(release, track);
    match track.format {
        SubtitleFormat::Srt => srt(&events),
        SubtitleFormat::Ass => ass(&events),
    }
}

fn events(release: &Release, track: &SubtitleTrack) -> Vec<Event> {
    let shift_s = release.delay_ms / 1000.0;
    let (from_s, to_s) = (shift_s, shift_s + release.duration_s);
    let (dialogue, signs) = sentences(&track.language);
    let pick =
        |sentences: &'static [&'static str], index: i64| sentences[index.rem_euclid(sentences.len() as i64) as usize];
    let mut events = Vec::new();
    if track.lines == SubtitleLines::Dialogue {
        let lines = release.programme.lines(from_s, to_s);
        events.extend(lines.into_iter().map(|line| Event {
            start_s: line.start_s,
            end_s: line.end_s + 0.3,
            text: pick(dialogue, line.index),
            sign: false,
        }));
    }
    let signs =
        release.programme.cuts(from_s, to_s).into_iter().filter(|(scene, _)| scene.rem_euclid(7) == 3).map(
            |(scene, cut_s)| Event { start_s: cut_s, end_s: cut_s + 1.1, text: pick(signs, scene / 7), sign: true },
        );
    events.extend(signs);
    for event in &mut events {
        event.start_s = release.time_in_file_s(event.start_s);
        event.end_s = release.time_in_file_s(event.end_s).min(release.duration_s);
    }
    events.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    events
}

fn srt(events: &[Event]) -> String {
    let mut file = String::new();
    for (number, Event { start_s, end_s, text, sign }) in events.iter().enumerate() {
        let (start, end) = (clock(*start_s, ','), clock(*end_s, ','));
        let text = if *sign { format!("<i>{text}</i>") } else { (*text).to_owned() };
        // Writing to a string cannot fail.
        let _ = write!(file, "{}\n{start} --> {end}\n{text}\n\n", number + 1);
    }
    file
}

fn ass(events: &[Event]) -> String {
    let mut file = String::from(
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 1280\nPlayResY: 720\nWrapStyle: 0\nScaledBorderAndShadow: yes\n\n\
         [V4+ Styles]\n\
         Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
         Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
         MarginR, MarginV, Encoding\n\
         Style: Default,Open Sans,48,&H00FFFFFF,&H000000FF,&H00101010,&H80000000,0,0,0,0,100,100,0,0,1,2.4,1,2,60,60,40,1\n\
         Style: Sign,Open Sans,40,&H0080E0FF,&H000000FF,&H00402010,&H80000000,-1,0,0,0,100,100,2,0,1,2,0,8,60,60,60,1\n\n\
         [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
    );
    for Event { start_s, end_s, text, sign } in events {
        // ASS has hundredths, and one digit for the hour.
        let time = |time_s: f64| clock((time_s * 100.0).round() / 100.0, '.')[1..11].to_owned();
        let (style, tag) = if *sign { ("Sign", "{\\fad(150,150)}") } else { ("Default", "") };
        let _ = writeln!(file, "Dialogue: 0,{},{},{style},,0,0,0,,{tag}{text}", time(*start_s), time(*end_s));
    }
    file
}

/// `HH:MM:SS` and milliseconds; never negative.
pub(super) fn clock(time_s: f64, separator: char) -> String {
    let ms = (time_s * 1000.0).round().max(0.0) as u64;
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}{separator}{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

/// Dialogue and signs; unknown languages are shown in English.
fn sentences(language: &Language) -> (&'static [&'static str], &'static [&'static str]) {
    if language.tag() == "ger" { (&GERMAN, &SCHILDER) } else { (&ENGLISH, &SIGNS) }
}

const ENGLISH: [&str; 12] = [
    "The harbour has been empty since morning.",
    "Did you hear that? It came from below.",
    "Nobody told me there would be two of them.",
    "We leave at dawn, with or without you.",
    "Check the clock again. It must be wrong.",
    "I counted every step on the way down.",
    "They moved the whole reel by a second.",
    "Keep your voice low and follow the light.",
    "Somebody has cut the scene with the bridge.",
    "It sounds the same, and yet it is not.",
    "Wait for the bell, then start the engine.",
    "So this is where it all lines up.",
];

const GERMAN: [&str; 12] = [
    "Der Hafen ist seit dem Morgen leer.",
    "Hast du das gehört? Es kam von unten.",
    "Niemand hat mir gesagt, dass es zwei sind.",
    "Wir gehen bei Tagesanbruch, mit dir oder ohne dich.",
    "Sieh noch einmal auf die Uhr. Sie muss falsch gehen.",
    "Ich habe auf dem Weg nach unten jede Stufe gezählt.",
    "Sie haben die ganze Rolle um eine Sekunde verschoben.",
    "Sprich leise und folge dem Licht.",
    "Jemand hat die Szene mit der Brücke herausgeschnitten.",
    "Es klingt gleich und ist es doch nicht.",
    "Warte auf die Glocke, dann starte den Motor.",
    "Hier also passt alles zusammen.",
];

const SIGNS: [&str; 4] = ["HARBOUR OFFICE", "NO ENTRY", "TWO DAYS LATER", "PLATFORM 9"];
const SCHILDER: [&str; 4] = ["HAFENAMT", "KEIN ZUTRITT", "ZWEI TAGE SPÄTER", "GLEIS 9"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Programme;

    #[test]
    fn a_shifted_release_has_the_same_lines_earlier() {
        let track = SubtitleTrack::new(SubtitleFormat::Srt, "eng");
        let reference = Release::new(Programme::new(4), 60.0);
        let target = Release { delay_ms: 2000.0, ..reference.clone() };
        let starts = |release| -> Vec<(i64, &str)> {
            events(release, &track).iter().map(|event| ((event.start_s * 1e6).round() as i64, event.text)).collect()
        };
        let moved: Vec<_> = starts(&reference).into_iter().map(|(us, text)| (us - 2_000_000, text)).collect();
        assert!(starts(&target).iter().filter(|event| moved.contains(event)).count() > 8);
    }

    #[test]
    fn formats_write_their_own_clock() {
        let events = [Event { start_s: 3661.2345, end_s: 3662.0, text: "Hello", sign: false }];
        assert_eq!(srt(&events), "1\n01:01:01,235 --> 01:01:02,000\nHello\n\n");
        assert!(ass(&events).ends_with("Dialogue: 0,1:01:01.23,1:01:02.00,Default,,0,0,0,,Hello\n"));
    }
}
