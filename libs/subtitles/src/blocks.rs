//! SRT and WebVTT: lines of timestamps, and the text below each.

use crate::{
    event::{EventKind, Place, Text},
    line::Line,
    stamp::{Scan, Stamp},
};

/// The two timestamps of a line and where the second one ends.
type Pair = fn(&[u8]) -> Option<(Stamp, Stamp)>;

/// The cues of an SRT file, in its order, and what is odd about it.
pub(crate) fn srt_events(lines: &[Line]) -> (Vec<Place>, Vec<String>) {
    cues(lines, srt_pair)
}

/// The cues of a WebVTT file, in its order, with the timestamps in their text, and what is odd about it.
pub(crate) fn vtt_events(lines: &[Line]) -> (Vec<Place>, Vec<String>) {
    let (mut events, warnings) = cues(lines, vtt_pair);
    for event in &mut events {
        let body = event.line + 1..lines.len();
        let until_blank =
            lines[body.clone()].iter().take_while(|line| !line.is_blank() && vtt_pair(&line.bytes).is_none());
        event.inner = body
            .zip(until_blank)
            .flat_map(|(index, line)| inner(&line.bytes).map(move |stamp| (index, stamp)))
            .collect();
    }
    (events, warnings)
}

fn cues(lines: &[Line], pair: Pair) -> (Vec<Place>, Vec<String>) {
    let (mut events, mut warnings): (Vec<Place>, Vec<String>) = Default::default();
    for (index, line) in lines.iter().enumerate() {
        match pair(&line.bytes) {
            Some((start, end)) => events.push(Place {
                kind: EventKind::Dialogue,
                line: index,
                start: Some(start),
                end: Some(end),
                inner: Vec::new(),
                style: 0..0,
                text: Text::Lines(index + 1..lines.len()),
            }),
            None if line.bytes.windows(3).any(|three| three == b"-->") => {
                warnings.push(format!("line {}: an arrow without two timestamps that can be read", index + 1));
            }
            None => {}
        }
    }
    for index in 0..events.len() {
        let next = events.get(index + 1).map(|next| next.line);
        let first = events[index].line + 1;
        events[index].text = Text::Lines(first..body_end(lines, first, next));
    }
    (events, warnings)
}

/// The line behind the text of a cue that begins at `first`; `next` is the line of the timestamps of the next cue.
fn body_end(lines: &[Line], first: usize, next: Option<usize>) -> usize {
    let mut end = next.unwrap_or(lines.len());
    // What stands above timestamps is the number or the name of their cue: digits, or anything below a blank line.
    if next.is_some() && end > first {
        let above = &lines[end - 1];
        let is_number = !above.is_blank() && above.trimmed().iter().all(u8::is_ascii_digit);
        let is_apart = end - 1 == first || lines[end - 2].is_blank();
        if is_number || (is_apart && end - 1 > first) {
            end -= 1;
        }
    }
    while end > first && lines[end - 1].is_blank() {
        end -= 1;
    }
    end
}

fn srt_pair(line: &[u8]) -> Option<(Stamp, Stamp)> {
    let mut scan = Scan::new(line, 0);
    scan.skip_blanks();
    let start = scan.srt()?;
    scan.skip_blanks();
    scan.take(b"-->")?;
    scan.skip_blanks();
    Some((start, scan.srt()?))
}

fn vtt_pair(line: &[u8]) -> Option<(Stamp, Stamp)> {
    let mut scan = Scan::new(line, 0);
    scan.skip_blanks();
    let start = scan.vtt()?;
    let before = scan.skip_blanks();
    scan.take(b"-->")?;
    let after = scan.skip_blanks();
    let end = scan.vtt()?;
    (before > 0 && after > 0).then_some((start, end))
}

/// Timestamps in angle brackets.
fn inner(line: &[u8]) -> impl Iterator<Item = Stamp> {
    let open = line.iter().enumerate().filter(|(_, byte)| **byte == b'<').map(|(place, _)| place);
    open.filter_map(|place| {
        let mut scan = Scan::new(line, place + 1);
        let stamp = scan.vtt()?;
        scan.take(b">")?;
        Some(stamp)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::lines;

    fn texts(text: &str) -> Vec<String> {
        let lines = lines(text.as_bytes());
        let body = |event: &Place| match &event.text {
            Text::Lines(range) => lines[range.clone()]
                .iter()
                .map(|line| String::from_utf8_lossy(&line.bytes).into_owned())
                .collect::<Vec<_>>()
                .join("|"),
            Text::InLine(_) => unreachable!(),
        };
        srt_events(&lines).0.iter().map(body).collect()
    }

    #[test]
    fn numbers_and_blank_lines_between_cues_belong_to_none() {
        let stamp = "00:00:01,000 --> 00:00:02,000";
        let text = format!("1\n{stamp}\na\n\n\nb\n\nbad number\n{stamp}\nc\n7\n{stamp}\n\n9\n{stamp}\n2001\n");
        assert_eq!(texts(&text), ["a|||b", "c", "", "2001"]);
    }

    #[test]
    fn timestamps_in_the_text_of_webvtt_are_found() {
        let lines = lines(b"WEBVTT\n\n00:01.000 --> 00:05.000 align:left\n<00:02.000>one <v Bob> <00:03.500>two\n\nNOTE <00:02.000>\n");
        let (events, warnings) = vtt_events(&lines);
        assert_eq!(events[0].inner.iter().map(|(_, stamp)| stamp.ms).collect::<Vec<_>>(), [2000, 3500]);
        assert!(warnings.is_empty());
    }

    #[test]
    fn an_arrow_without_timestamps_is_told() {
        assert_eq!(srt_events(&lines(b"00:00:19,000 --> 00:00:2x,000\n")).1.len(), 1);
        assert_eq!(srt_events(&lines(b"00:00:01,0005 --> 00:00:02,000\n")).0.len(), 0);
    }
}
