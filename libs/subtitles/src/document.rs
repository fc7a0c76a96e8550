//! A subtitle file in memory.

use crate::{
    Error, Event, EventKind, Format, ass, blocks,
    charset::Charset,
    event::{Place, Text},
    line::{Line, joined, lines},
    stamp::Stamp,
};
use std::{borrow::Cow, path::Path};

/// A subtitle file. Events are numbered in the order of the file, comments among them.
#[derive(Debug, Clone)]
pub struct Subtitles {
    format: Format,
    charset: Charset,
    lines: Vec<Line>,
    places: Vec<Place>,
    warnings: Vec<String>,
    /// The file as it was read, until something is edited.
    original: Option<Vec<u8>>,
    clamped: usize,
    refused_delay_ms: Option<f64>,
}

/// Added to a delay before it is rounded down (ms), so that 1001 ms that arithmetic made 1000.999999999 ms stay 1001.
const NOISE_MS: f64 = 1e-6;
/// From here on ASS needs a second digit for hours (ms).
const TEN_HOURS_MS: i64 = 36_000_000;
/// No delay is longer (ms); so many hours still have digits that are read back.
const LONGEST_MS: f64 = 1e12;

impl Subtitles {
    /// Reads the content of a file. Lines that can not be understood are kept and told in [`warnings`](Self::warnings).
    ///
    /// # Errors
    /// [`Error::DamagedUtf16`].
    pub fn parse(bytes: &[u8], format: Format) -> Result<Self, Error> {
        let (charset, work) = Charset::open(bytes)?;
        let lines = lines(&work);
        let (places, mut warnings) = match format {
            Format::Ass | Format::Ssa => ass::events(&lines),
            Format::Srt => blocks::srt_events(&lines),
            Format::Vtt => blocks::vtt_events(&lines),
        };
        if charset.damages(&work) > 0 {
            warnings.push(format!("some bytes are no characters of {}", charset.name()));
        }
        Ok(Self {
            format,
            charset,
            lines,
            places,
            warnings,
            original: Some(bytes.to_owned()),
            clamped: 0,
            refused_delay_ms: None,
        })
    }

    /// Reads a file; the end of its name says the format.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`], [`Error::Unreadable`], and as [`parse`](Self::parse).
    pub fn read(path: &Path) -> Result<Self, Error> {
        let format = Format::of_path(path).ok_or_else(|| Error::UnknownFormat { path: path.to_owned() })?;
        let bytes = std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&bytes, format)
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Name of the encoding that the file has, such as `UTF-8` or `windows-1252`.
    #[must_use]
    pub fn encoding(&self) -> &'static str {
        self.charset.name()
    }

    /// What could not be understood, a line each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How many timestamps were to lie before 0 so far, and are 0 instead.
    #[must_use]
    pub fn clamped(&self) -> usize {
        self.clamped
    }

    /// How many events of ASS or SSA end after ten hours, which old players can not read.
    #[must_use]
    pub fn past_ten_hours(&self) -> usize {
        let is_ass = matches!(self.format, Format::Ass | Format::Ssa);
        self.places.iter().filter(|place| is_ass && place.end_ms() >= TEN_HOURS_MS).count()
    }

    /// The last delay that was asked for and is none: NaN, infinite, or absurdly long.
    #[must_use]
    pub fn refused_delay_ms(&self) -> Option<f64> {
        self.refused_delay_ms
    }

    /// All events, in the order of the file.
    pub fn events(&self) -> impl ExactSizeIterator<Item = Event<'_>> {
        self.places.iter().map(|place| self.event(place))
    }

    fn event(&self, place: &Place) -> Event<'_> {
        let line = &self.lines[place.line].bytes;
        let text = match &place.text {
            Text::InLine(start) => self.charset.text(&line[*start..]),
            Text::Lines(range) => {
                let texts = self.lines[range.clone()].iter().map(|line| self.charset.text(&line.bytes));
                Cow::Owned(texts.collect::<Vec<_>>().join("\n"))
            }
        };
        let style = self.charset.text(line[place.style.clone()].trim_ascii());
        Event { kind: place.kind, start_ms: place.start_ms(), end_ms: place.end_ms(), style, text }
    }

    /// Adds a delay (ms) to every timestamp, those of comments and within texts, too. The delay is rounded down to whole
    /// milliseconds first (`offset = floor(delay)`, but for noise of arithmetic); that is what is returned. Times do not fall below
    /// 0. One that is no number, or longer than thirty years, changes nothing and is told by [`refused_delay_ms`](Self::refused_delay_ms).
    pub fn shift_ms(&mut self, delay_ms: f64) -> i64 {
        if !delay_ms.is_finite() || delay_ms.abs() > LONGEST_MS {
            self.refused_delay_ms = Some(delay_ms);
            return 0;
        }
        let offset_ms = (delay_ms + NOISE_MS).floor() as i64;
        let old: Vec<(i64, i64)> = self.places.iter().map(|place| (place.start_ms(), place.end_ms())).collect();
        for (index, (start_ms, end_ms)) in old.into_iter().enumerate() {
            self.set_times(index, start_ms.saturating_add(offset_ms), end_ms.saturating_add(offset_ms));
        }
        offset_ms
    }

    /// Gives every event the times that `retime` makes of its kind, start and end (ms).
    pub fn retime(&mut self, mut retime: impl FnMut(EventKind, i64, i64) -> (i64, i64)) {
        for index in 0..self.places.len() {
            let place = &self.places[index];
            let (start_ms, end_ms) = retime(place.kind, place.start_ms(), place.end_ms());
            self.set_times(index, start_ms, end_ms);
        }
    }

    /// Gives an event other times (ms); those before 0 become 0. A timestamp whose time stays the same keeps its bytes. Timestamps
    /// within the text move with the start. An index that there is not changes nothing.
    pub fn set_times(&mut self, index: usize, start_ms: i64, end_ms: i64) {
        let Some(place) = self.places.get(index) else { return };
        let line = place.line;
        let moved_ms = start_ms.saturating_sub(place.start_ms());
        let inner: Vec<(usize, i64)> =
            place.inner.iter().map(|(line, stamp)| (*line, stamp.ms.saturating_add(moved_ms))).collect();
        // From right to left, so that places stay right while lengths change.
        let is_start_first = match (&place.start, &place.end) {
            (Some(start), Some(end)) => start.place.start < end.place.start,
            _ => true,
        };
        for is_start in [!is_start_first, is_start_first] {
            self.set_stamp(index, line, if is_start { start_ms } else { end_ms }, |place| {
                if is_start { place.start.as_mut() } else { place.end.as_mut() }
            });
        }
        for (nth, (line, ms)) in inner.into_iter().enumerate().rev() {
            self.set_stamp(index, line, ms, |place| place.inner.get_mut(nth).map(|(_, stamp)| stamp));
        }
    }

    /// Writes a time into one timestamp of an event.
    fn set_stamp(&mut self, event: usize, line: usize, ms: i64, pick: impl Fn(&mut Place) -> Option<&mut Stamp>) {
        let Some(stamp) = pick(&mut self.places[event]) else { return };
        self.clamped += usize::from(ms < 0 && stamp.ms >= 0);
        let ms = if stamp.ms < 0 && ms == stamp.ms { ms } else { ms.max(0) };
        if ms == stamp.ms {
            return;
        }
        let (old, new) = (stamp.place.clone(), stamp.written(ms));
        stamp.ms = ms;
        self.original = None;
        let (length, grown) = (new.len(), new.len() as isize - old.len() as isize);
        self.lines[line].bytes.splice(old.clone(), new);
        self.places[event].move_places(line, old.start, old.start + length, old.end, grown);
    }

    /// The file, in the encoding that it had.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.original {
            Some(original) => original.clone(),
            None => self.charset.close(&joined(&self.lines)),
        }
    }

    /// The file as UTF-8, which is what mkvmerge takes without being told more.
    #[must_use]
    pub fn to_utf8(&self) -> Vec<u8> {
        self.charset.close_as_utf8(&joined(&self.lines))
    }
}

impl Place {
    /// Follows a change within a line: what stood at `start..old_end` ends at `new_end` now, and all behind it is `grown` further.
    fn move_places(&mut self, line: usize, start: usize, new_end: usize, old_end: usize, grown: isize) {
        let moved = |place: usize| place.saturating_add_signed(grown);
        let stamp = |stamp: &mut Stamp| {
            if stamp.place.start == start {
                stamp.place.end = new_end;
            } else if stamp.place.start >= old_end {
                stamp.place = moved(stamp.place.start)..moved(stamp.place.end);
            }
        };
        self.inner.iter_mut().filter(|(inner, _)| *inner == line).for_each(|(_, inner)| stamp(inner));
        if line != self.line {
            return;
        }
        self.start.iter_mut().chain(self.end.iter_mut()).for_each(stamp);
        if self.style.start >= old_end {
            self.style = moved(self.style.start)..moved(self.style.end);
        }
        if let Text::InLine(text) = &mut self.text
            && *text >= old_end
        {
            *text = moved(*text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASS: &str = "[Events]\r\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n\
                       Comment: 0,0:00:01.00,0:00:02.50,Alt,,0,0,0,,a, b \r\nDialogue: 0,9:59:59.99,10:00:00.5,Default,,0,0,0,,x\r\n";

    #[test]
    fn only_timestamps_change_and_places_follow() {
        let mut subtitles = Subtitles::parse(ASS.as_bytes(), Format::Ass).unwrap();
        assert_eq!(subtitles.shift_ms(60.0), 60);
        let text = String::from_utf8(subtitles.to_bytes()).unwrap();
        let wanted = ASS
            .replace("0:00:01.00,0:00:02.50", "0:00:01.06,0:00:02.56")
            .replace("9:59:59.99,10:00:00.5", "10:00:00.05,10:00:00.56");
        assert_eq!(text, wanted);
        let events: Vec<Event<'_>> = subtitles.events().collect();
        assert_eq!(
            (events[0].kind, events[0].style.as_ref(), events[0].text.as_ref()),
            (EventKind::Comment, "Alt", "a, b ")
        );
        assert_eq!((events[1].start_ms, events[1].text.as_ref()), (36_000_050, "x"));
        subtitles.set_times(1, 5, 1_000);
        let text = String::from_utf8(subtitles.to_bytes()).unwrap();
        assert!(text.ends_with("Dialogue: 0,0:00:00.01,0:00:01.00,Default,,0,0,0,,x\r\n"), "{text}");
    }

    #[test]
    fn times_before_the_start_are_0_and_counted() {
        let mut subtitles = Subtitles::parse(ASS.as_bytes(), Format::Ass).unwrap();
        subtitles.shift_ms(-1500.0);
        assert_eq!(subtitles.clamped(), 1);
        assert_eq!(subtitles.events().next().map(|event| (event.start_ms, event.end_ms)), Some((0, 1000)));
    }

    #[test]
    fn a_delay_is_rounded_down_and_one_that_is_no_number_changes_nothing() {
        let mut subtitles = Subtitles::parse(ASS.as_bytes(), Format::Ass).unwrap();
        assert_eq!(subtitles.refused_delay_ms(), None);
        for nonsense in [f64::NAN, f64::NEG_INFINITY, 1e300] {
            assert_eq!(subtitles.shift_ms(nonsense), 0);
            assert_eq!(subtitles.to_bytes(), ASS.as_bytes());
            assert_eq!(subtitles.refused_delay_ms().map(f64::to_bits), Some(nonsense.to_bits()));
        }
        assert_eq!(subtitles.shift_ms(-0.2), -1);
        assert_eq!(subtitles.shift_ms(1.9), 1);
        assert_eq!(subtitles.shift_ms(0.1 + 0.7 + 0.2 - 1e-12), 1, "noise of arithmetic");
    }

    #[test]
    fn an_empty_file_has_no_events() {
        for format in [Format::Ass, Format::Srt, Format::Vtt] {
            let subtitles = Subtitles::parse(b"", format).unwrap();
            assert!(subtitles.is_empty() && subtitles.to_bytes().is_empty());
        }
    }
}
