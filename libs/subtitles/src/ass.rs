//! ASS and SSA: sections, and the events in one of them.

use crate::{
    event::{EventKind, Place, Text},
    line::Line,
    stamp,
};
use std::ops::Range;

/// Fields of an event where no `Format:` line names them.
const FIELDS: [&str; 10] =
    ["Layer", "Start", "End", "Style", "Name", "MarginL", "MarginR", "MarginV", "Effect", "Text"];
/// Sections whose names are known without a small letter. Encoded fonts and pictures hold no small letters, so a line of theirs is
/// never taken for another heading.
const KNOWN: [&[u8]; 9] = [
    b"SCRIPT INFO",
    b"EVENTS",
    b"FONTS",
    b"GRAPHICS",
    b"V4+ STYLES",
    b"V4 STYLES",
    b"V4 STYLES+",
    b"AEGISUB PROJECT GARBAGE",
    b"AEGISUB EXTRADATA",
];

/// Positions of the fields that matter, and how many there are.
#[derive(Debug, Clone, Copy)]
struct Order {
    count: usize,
    start: Option<usize>,
    end: Option<usize>,
    style: Option<usize>,
}

impl Order {
    fn of<'n>(names: impl Iterator<Item = &'n [u8]> + Clone) -> Self {
        let position =
            |wanted: &str| names.clone().position(|name| name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()));
        let (start, end, style) = (position("Start"), position("End"), position("Style"));
        Self { count: names.count(), start, end, style }
    }
}

/// The events of a file, in its order, and what is odd about it.
pub(crate) fn events(lines: &[Line]) -> (Vec<Place>, Vec<String>) {
    let (mut events, mut warnings) = (Vec::new(), Vec::new());
    let usual = Order::of(FIELDS.iter().map(|name| name.as_bytes()));
    let (mut is_in_events, mut order) = (false, usual);
    for (index, line) in lines.iter().enumerate() {
        if let Some(name) = heading(line.trimmed()) {
            (is_in_events, order) = (name.eq_ignore_ascii_case(b"Events"), usual);
            continue;
        }
        let Some(colon) = line.bytes.iter().position(|&byte| byte == b':') else { continue };
        if !is_in_events {
            let is_event = matches!(line.bytes[..colon].trim_ascii(), b"Dialogue" | b"Comment");
            if is_event {
                warnings.push(format!("line {}: an event outside of the section of events", index + 1));
            }
            continue;
        }
        let kind = match line.bytes[..colon].trim_ascii() {
            b"Format" => {
                order = Order::of(line.bytes[colon + 1..].split(|&byte| byte == b','));
                continue;
            }
            b"Dialogue" => EventKind::Dialogue,
            b"Comment" => EventKind::Comment,
            b"Picture" | b"Sound" | b"Movie" | b"Command" => EventKind::Other,
            _ => continue,
        };
        let fields = fields(&line.bytes, colon + 1, order.count);
        let field = |position: Option<usize>| position.and_then(|position| fields.get(position).cloned());
        let stamp = |position| field(position).and_then(|field| stamp::ass(&line.bytes, field));
        let (start, end) = (stamp(order.start), stamp(order.end));
        if start.is_none() || end.is_none() {
            warnings.push(format!("line {}: an event without a start and an end that can be read", index + 1));
        }
        if start.is_some() || end.is_some() {
            let style = field(order.style).unwrap_or(0..0);
            // An event that has too few fields has no text.
            let text = field(order.count.checked_sub(1)).map_or(line.bytes.len(), |last| last.start);
            let text = Text::InLine(text);
            events.push(Place { kind, line: index, start, end, inner: Vec::new(), style, text });
        }
    }
    (events, warnings)
}

/// The name of a section, if a line without white space around it is a heading.
fn heading(line: &[u8]) -> Option<&[u8]> {
    let name = line.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let is_one = !name.contains(&b']') && (name.iter().any(u8::is_ascii_lowercase) || KNOWN.contains(&name));
    is_one.then_some(name)
}

/// Ranges of at most `count` fields; the last one holds all commas that are left.
fn fields(line: &[u8], start: usize, count: usize) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let mut place = start;
    while fields.len() + 1 < count {
        let Some(comma) = line[place..].iter().position(|&byte| byte == b',') else { break };
        fields.push(place..place + comma);
        place += comma + 1;
    }
    fields.push(place..line.len());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::lines;

    #[test]
    fn a_line_of_an_encoded_font_is_no_heading() {
        assert_eq!(heading(b"[Aegisub Extradata]"), Some(&b"Aegisub Extradata"[..]));
        assert_eq!(heading(b"[EVENTS]"), Some(&b"EVENTS"[..]));
        assert_eq!(heading(b"[M4]AB$%]"), None);
        assert_eq!(heading(b"[ABC]"), None);
        assert_eq!(heading(b"text"), None);
    }

    #[test]
    fn fields_come_in_the_order_that_the_section_gives_them() {
        let text = b"[Events]\nFormat: End, Text, Start\nDialogue: 0:00:02.00,a, b,0:00:01.00\n\
                     Dialogue: 0:00:02.00,a,0:00:01.00\n[Other]\nDialogue: 0:00:02.00,a,0:00:01.00\n";
        let (events, warnings) = events(&lines(text));
        // Only the last field may hold commas.
        assert_eq!(
            events.iter().map(|event| (event.start_ms(), event.end_ms())).collect::<Vec<_>>(),
            [(2000, 2000), (1000, 2000)]
        );
        assert_eq!(
            warnings,
            [
                "line 3: an event without a start and an end that can be read",
                "line 6: an event outside of the section of events"
            ]
        );
    }
}
