//! Timestamps: reading them out of bytes, and writing them in the form that each format has.

use crate::Format;
use std::ops::Range;

/// A timestamp within a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Where it is in its line.
    pub(crate) place: Range<usize>,
    /// The time that it tells (ms).
    pub(crate) ms: i64,
    /// How it is written.
    form: Form,
}

/// What has to stay the same when another time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Ass,
    /// With this sign before the fraction.
    Srt(u8),
    /// With this many digits for hours; 0 if it has none.
    Vtt(usize),
}

/// Longest run of digits that is a number and not nonsense.
const MOST_DIGITS: usize = 9;

/// Reads bytes from the left.
#[derive(Clone)]
pub(crate) struct Scan<'b> {
    bytes: &'b [u8],
    pub(crate) at: usize,
}

impl<'b> Scan<'b> {
    pub(crate) fn new(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) fn skip_blanks(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.at - start
    }

    pub(crate) fn take(&mut self, wanted: &[u8]) -> Option<()> {
        let found = self.bytes.get(self.at..)?.starts_with(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found.then_some(())
    }

    fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let byte = self.peek().filter(|byte| wanted.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    /// A run of digits and its value.
    fn number(&mut self) -> Option<(&'b [u8], i64)> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.bytes[start..self.at];
        if digits.is_empty() || digits.len() > MOST_DIGITS {
            return None;
        }
        Some((digits, digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))))
    }

    /// `H:M:S`, in milliseconds.
    fn clock(&mut self) -> Option<i64> {
        let hours = self.number()?.1;
        self.take(b":")?;
        let minutes = self.number()?.1;
        self.take(b":")?;
        Some(((hours * 60 + minutes) * 60 + self.number()?.1) * 1000)
    }

    /// A timestamp of SRT: any number of digits, a comma or a point, one to three decimals.
    pub(crate) fn srt(&mut self) -> Option<Stamp> {
        let start = self.at;
        let clock_ms = self.clock()?;
        let separator = self.one_of(b".,")?;
        let decimals = self.number()?.0;
        let ms = clock_ms + fraction_ms(decimals);
        (decimals.len() <= 3).then_some(Stamp { place: start..self.at, ms, form: Form::Srt(separator) })
    }

    /// A timestamp of WebVTT: hours or none, two digits, two digits, three decimals.
    pub(crate) fn vtt(&mut self) -> Option<Stamp> {
        let start = self.at;
        let first = self.number()?;
        self.take(b":")?;
        let second = self.number()?;
        let (hours, minutes, seconds) = match self.take(b":") {
            Some(()) => (first, second, self.number()?),
            None => ((&b""[..], 0), first, second),
        };
        self.take(b".")?;
        let decimals = self.number()?.0;
        if [minutes.0.len(), seconds.0.len(), decimals.len()] != [2, 2, 3] {
            return None;
        }
        let ms = ((hours.1 * 60 + minutes.1) * 60 + seconds.1) * 1000 + fraction_ms(decimals);
        Some(Stamp { place: start..self.at, ms, form: Form::Vtt(hours.0.len()) })
    }
}

/// A field of an ASS event that holds a timestamp and nothing else but blanks.
pub(crate) fn ass(line: &[u8], field: Range<usize>) -> Option<Stamp> {
    let mut scan = Scan::new(&line[..field.end], field.start);
    scan.skip_blanks();
    let start = scan.at;
    let is_negative = scan.take(b"-").is_some();
    let mut ms = scan.clock()?;
    if scan.one_of(b".,").is_some() {
        ms += fraction_ms(scan.number()?.0);
    }
    let place = start..scan.at;
    scan.skip_blanks();
    let stamp = Stamp { place, ms: if is_negative { -ms } else { ms }, form: Form::Ass };
    (scan.at == field.end).then_some(stamp)
}

/// Decimals of a second in milliseconds; further ones do not count.
fn fraction_ms(decimals: &[u8]) -> i64 {
    let digit = |index: usize| decimals.get(index).map_or(0, |digit| i64::from(digit - b'0'));
    digit(0) * 100 + digit(1) * 10 + digit(2)
}

impl Stamp {
    /// The bytes that tell another time in the same form. Times before 0 are written as 0.
    pub(crate) fn written(&self, ms: i64) -> Vec<u8> {
        let ms = ms.max(0);
        let clock = |ms: i64| (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        let text = match self.form {
            Form::Ass => {
                let ms = Format::Ass.written_ms(ms);
                let (hours, minutes, seconds) = clock(ms);
                format!("{hours}:{minutes:02}:{seconds:02}.{:02}", ms / 10 % 100)
            }
            Form::Srt(separator) => {
                let (hours, minutes, seconds) = clock(ms);
                format!("{hours:02}:{minutes:02}:{seconds:02}{}{:03}", char::from(separator), ms % 1000)
            }
            Form::Vtt(digits) => {
                let (hours, minutes, seconds) = clock(ms);
                let width = digits.max(2);
                let front = if digits > 0 || hours > 0 { format!("{hours:0width$}:") } else { String::new() };
                format!("{front}{minutes:02}:{seconds:02}.{:03}", ms % 1000)
            }
        };
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ass_ms(text: &str) -> Option<i64> {
        ass(text.as_bytes(), 0..text.len()).map(|stamp| stamp.ms)
    }

    #[test]
    fn stamps_of_ass_are_read_in_all_their_forms() {
        assert_eq!(ass_ms("0:00:01.5"), Some(1500));
        assert_eq!(ass_ms(" 1:2:3,45 "), Some(3_723_450));
        assert_eq!(ass_ms("0:00:01.0055"), Some(1005));
        assert_eq!(ass_ms("-0:00:01"), Some(-1000));
        for nonsense in
            ["", "0:00", "0:00:01.5x", "x0:00:01.5", "0:00:01:50", "99999999999999999999:00:00.00", "0:00:01."]
        {
            assert_eq!(ass_ms(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn stamps_keep_their_form() {
        let srt = |text: &str| Scan::new(text.as_bytes(), 0).srt();
        let vtt = |text: &str| Scan::new(text.as_bytes(), 0).vtt();
        let written = |stamp: Option<Stamp>, ms| String::from_utf8(stamp.unwrap().written(ms)).unwrap();
        assert_eq!(written(srt("0:0:1.5"), 61_002), "00:01:01.002");
        assert_eq!(written(srt("100:00:00,000"), 1), "00:00:00,001");
        assert_eq!(written(vtt("00:01.000"), 3_600_000), "01:00:00.000");
        assert_eq!(written(vtt("00:01.000"), 1), "00:00.001");
        assert_eq!(written(vtt("0001:00:01.000"), 1), "0000:00:00.001");
        assert_eq!(written(ass(b"0:00:01,5", 0..9), 36_000_000 + 4), "10:00:00.00");
        assert_eq!(srt("00:00:01"), None);
        assert_eq!(vtt("00:01.05"), None);
    }
}
