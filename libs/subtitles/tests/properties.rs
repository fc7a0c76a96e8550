//! Whatever a file holds: nothing panics, what is not edited stays, and a shift can be taken back.

use proptest::prelude::*;
use vsg_subtitles::{Format, Subtitles};

fn format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Ass), Just(Format::Ssa), Just(Format::Srt), Just(Format::Vtt)]
}

/// Pieces that subtitles are made of, so that texts of them often mean something.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"[Events]",
        b"[Fonts]",
        b"[EVENTS]",
        b"Format: ",
        b"Start, End, Text",
        b"Layer, Start, End, Style, Text",
        b"Dialogue: ",
        b"Comment:",
        b"Picture: ",
        b"0,",
        b"0:00:01.00",
        b"-0:00:01.50",
        b"9:59:59.995",
        b"00:00:01,000",
        b" --> ",
        b"-->",
        b"00:01.000",
        b"<00:02.000>",
        b"\n",
        b"\r\n",
        b"\r",
        b"\n\n",
        b",",
        b":",
        b"1",
        b"text",
        b"{\\i1}",
        b"WEBVTT",
        b"NOTE",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xe4",
        b"\x82\xa0",
        b"\xc3\xa4",
        b"\0",
        b" ",
    ];
    prop_oneof![
        9 => proptest::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat()),
        proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

fn times(subtitles: &Subtitles) -> Vec<(i64, i64)> {
    subtitles.events().map(|event| (event.start_ms, event.end_ms)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_not_edited_stays(bytes in file(), format in format()) {
        // Only damaged UTF-16 is refused.
        let Ok(subtitles) = Subtitles::parse(&bytes, format) else { return Ok(()) };
        prop_assert_eq!(subtitles.to_bytes(), bytes);
        prop_assert!(std::str::from_utf8(&subtitles.to_utf8()).is_ok());
        let _: Vec<String> = subtitles.events().map(|event| event.text.into_owned()).collect();
    }

    #[test]
    fn what_is_edited_reads_back_with_its_new_times(
        bytes in file(),
        format in format(),
        shift_ms in -100_000..100_000_i64,
        edits in proptest::collection::vec((0..8_usize, -1000..40_000_000_i64, 0..40_000_000_i64), 0..4),
    ) {
        let Ok(mut subtitles) = Subtitles::parse(&bytes, format) else { return Ok(()) };
        subtitles.shift_ms(shift_ms as f64);
        edits.into_iter().for_each(|(index, start_ms, end_ms)| subtitles.set_times(index, start_ms, end_ms));
        let again = Subtitles::parse(&subtitles.to_bytes(), format).unwrap();
        let written: Vec<(i64, i64)> =
            times(&subtitles).into_iter().map(|(start, end)| (format.written_ms(start), format.written_ms(end))).collect();
        let read: Vec<(i64, i64)> =
            times(&again).into_iter().map(|(start, end)| (format.written_ms(start), format.written_ms(end))).collect();
        prop_assert_eq!(read, written);
        prop_assert_eq!(again.to_bytes(), subtitles.to_bytes());
        let texts = |subtitles: &Subtitles| subtitles.events().map(|event| event.style.into_owned()).collect::<Vec<_>>();
        prop_assert_eq!(texts(&again), texts(&subtitles));
    }

    #[test]
    fn a_shift_can_be_taken_back(starts_ms in proptest::collection::vec(0..30_000_000_i64, 1..20), shift_ms in 0..3_000_000_i64, format in format()) {
        let step = format.resolution_ms();
        let shift_ms = shift_ms / step * step;
        let stamp = |ms: i64| match format {
            Format::Ass | Format::Ssa => format!("{}:{:02}:{:02}.{:02}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms / 10 % 100),
            Format::Srt => format!("{:02}:{:02}:{:02},{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000),
            Format::Vtt => format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000),
        };
        let event = |ms: &i64| match format {
            Format::Ass | Format::Ssa => format!("Dialogue: 0,{},{},D,,0,0,0,,a, b\r\n", stamp(*ms), stamp(ms + 1000)),
            Format::Srt | Format::Vtt => format!("{} --> {}\nb\n\n", stamp(*ms), stamp(ms + 1000)),
        };
        let text = format!("[Events]\n{}", starts_ms.iter().map(event).collect::<String>());
        let mut subtitles = Subtitles::parse(text.as_bytes(), format).unwrap();
        prop_assert_eq!(subtitles.len(), starts_ms.len());
        subtitles.shift_ms(shift_ms as f64);
        subtitles.shift_ms(-shift_ms as f64);
        prop_assert_eq!(String::from_utf8(subtitles.to_bytes()).unwrap(), text);
    }
}
