//! Pairs with one delay: same mixes, dubs, short and long files, music that repeats.

use super::draw::{DUBS, Draw, Encoding, ORIGINAL, encoding, other_mix, pick, programme, quick_encoding};
use crate::Case;
use vsg_sample_media::{Codec, Layout, Mix, Programme, Release, Style};

/// Length of most plain files (s).
const PLAIN_S: f64 = 150.0;
/// Largest delay of plain pairs (ms): with it a window of 15 s still shares two thirds.
const REACH_MS: f64 = 5000.0;

/// The same mix once more: six ways to change it, each with another codec and rate.
pub(super) fn same_mix(draw: &mut Draw) -> Case {
    // The six ways have their reference in common.
    let mut shared = draw.shared(6);
    let film = programme(&mut shared);
    let mix = Mix::original(ORIGINAL);
    let reference = encoding(&mut shared).release(film, PLAIN_S, 0.0, mix.clone());
    let delay_ms = draw.delay_ms(REACH_MS);
    let stereo = Encoding { layout: Layout::Stereo, ..draw.encoding() };
    let plain = stereo.release(film, PLAIN_S, delay_ms, mix.clone());
    let film_name = style(&film);
    match draw.name.number % 6 {
        0 => draw.pair("codec, rate", format!("{film_name}, other codec"), reference, plain),
        1 => {
            let gain_db = (draw.rng.range(-20.0, 6.0) * 10.0).round() / 10.0;
            let target = treated(plain, |release| release.audio[0].treatment.gain_db = gain_db as f32);
            draw.pair("gain", format!("{film_name}, {gain_db:+} dB"), reference, target)
        }
        2 => {
            let tilt_db = (draw.rng.range(-6.0, 6.0) * 10.0).round() / 10.0;
            let mix = Mix { tilt_db: tilt_db as f32, ..mix };
            let target = stereo.release(film, PLAIN_S, delay_ms, mix);
            let what = format!("{film_name}, treble {tilt_db:+} dB");
            draw.pair("equaliser, linear phase", what, reference, target)
        }
        3 => {
            let (bass_db, treble_db) = (draw.rng.range(-6.0, 6.0).round(), draw.rng.range(-6.0, 6.0).round());
            let filters = format!("bass=g={bass_db}:f=150,treble=g={treble_db}:f=4000");
            let target = treated(plain, |release| {
                // Room for what is raised.
                release.audio[0].treatment.gain_db = -6.0;
                release.audio[0].treatment.filters = Some(filters);
            });
            let what = format!("{film_name}, bass {bass_db:+} dB, treble {treble_db:+} dB");
            draw.pair("equaliser, IIR", what, reference, target)
        }
        4 => {
            let target = treated(plain, |release| release.audio[0].treatment.inverted = true);
            draw.pair("inverted polarity", format!("{film_name}, inverted"), reference, target)
        }
        _ => {
            let layout = draw.pick(&[Layout::Mono, Layout::Surround51]);
            let codec = if layout == Layout::Mono { stereo.codec } else { draw.pick(&[Codec::Aac, Codec::Eac3]) };
            let target = Encoding { layout, codec, ..stereo }.release(film, PLAIN_S, delay_ms, mix);
            draw.pair("mono, 5.1", format!("{film_name}, {layout:?}"), reference, target)
        }
    }
}

/// Other speech over the same music and effects, which lie 6, 12 or 18 dB below it.
pub(super) fn dub(draw: &mut Draw) -> Case {
    let mut shared = draw.shared(3);
    let film = programme(&mut shared);
    let reference = encoding(&mut shared).release(film, 180.0, 0.0, Mix::original(ORIGINAL));
    let (group, music_db, counts) =
        [("-6 dB", -6.0, true), ("-12 dB", -12.0, true), ("-18 dB", -18.0, false)][draw.name.number % 3];
    let language = draw.pick(&DUBS);
    let delay_ms = draw.delay_ms(REACH_MS);
    let target = draw.encoding().release(film, 180.0, delay_ms, Mix::dub(language, music_db));
    let what = format!("{}, dub at {music_db} dB", style(&film));
    Case { counts, ..draw.pair(group, what, reference, target) }
}

/// Even numbers: the same mix or a remaster. Odd numbers: a dub.
pub(super) fn related(draw: &mut Draw) -> Case {
    let film = draw.programme();
    let reference = draw.encoding().release(film, PLAIN_S, 0.0, Mix::original(ORIGINAL));
    let (group, mix, name) = if draw.name.number % 2 == 1 {
        let music_db = (draw.rng.range(-12.0, -4.0) * 10.0).round() / 10.0;
        ("dub", Mix::dub(draw.pick(&DUBS), music_db as f32), format!("dub at {music_db} dB"))
    } else if draw.rng.chance(0.5) {
        ("same mix", Mix::remaster(ORIGINAL), "remaster".into())
    } else {
        ("same mix", Mix::original(ORIGINAL), "same mix".into())
    };
    let delay_ms = draw.delay_ms(REACH_MS);
    let target = draw.encoding().release(film, PLAIN_S, delay_ms, mix);
    draw.pair(group, format!("{}, {name}", style(&film)), reference, target)
}

/// Everything mixed: mixes, dubs down to -15 dB, lengths, gains.
pub(super) fn bars(draw: &mut Draw) -> Case {
    let film = draw.programme();
    let duration_s = draw.rng.range(70.0, 210.0).round();
    let reference = draw.encoding().release(film, duration_s, 0.0, Mix::original(ORIGINAL));
    let (mix, name) = other_mix(&mut draw.rng, -15.0);
    let delay_ms = draw.delay_ms(REACH_MS);
    let gain_db = draw.rng.range(-12.0, 3.0) as f32;
    let target = draw.encoding().release(film, duration_s, delay_ms, mix);
    let target = treated(target, |release| release.audio[0].treatment.gain_db = gain_db);
    draw.pair("", format!("{}, {name}, {duration_s} s", style(&film)), reference, target)
}

/// Plain pairs of 5 to 10 minutes.
pub(super) fn uniform(draw: &mut Draw) -> Case {
    let film = draw.programme();
    let duration_s = draw.rng.range(300.0, 600.0).round();
    let reference = quick_encoding(&mut draw.rng).release(film, duration_s, 0.0, Mix::original(ORIGINAL));
    let (mix, name) = other_mix(&mut draw.rng, -9.0);
    let delay_ms = draw.delay_ms(REACH_MS);
    let target = quick_encoding(&mut draw.rng).release(film, duration_s, delay_ms, mix);
    draw.pair("", format!("{}, {name}, {duration_s} s", style(&film)), reference, target)
}

/// 40 s.
pub(super) fn short(draw: &mut Draw) -> Case {
    let film = draw.programme();
    let reference = draw.encoding().release(film, 40.0, 0.0, Mix::original(ORIGINAL));
    let (mix, name) = other_mix(&mut draw.rng, -6.0);
    let delay_ms = draw.delay_ms(2000.0);
    let target = draw.encoding().release(film, 40.0, delay_ms, mix);
    draw.pair("", format!("{}, {name}", style(&film)), reference, target)
}

/// Music that repeats exactly every four bars: with the same speech there is one answer, without speech or with another there may
/// be several.
pub(super) fn loops(draw: &mut Draw) -> Case {
    let film = Programme::of_style(draw.rng.next() >> 16, Style::Loop);
    let delay_ms = draw.delay_ms(REACH_MS);
    let (group, original, mix) = match draw.name.number % 3 {
        0 => ("same speech", Mix::original(ORIGINAL), Mix::remaster(ORIGINAL)),
        1 => ("other speech", Mix::original(ORIGINAL), Mix::dub(pick(&mut draw.rng, &DUBS), -6.0)),
        _ => {
            let music = Mix { effects_db: -120.0, ..Mix::music_and_effects() };
            ("music alone", music.clone(), music)
        }
    };
    let reference = draw.encoding().release(film, PLAIN_S, 0.0, original);
    let target = draw.encoding().release(film, PLAIN_S, delay_ms, mix);
    draw.pair(group, group.to_owned(), reference, target)
}

/// Two hours.
pub(super) fn long(draw: &mut Draw) -> Case {
    let film = Programme::new(draw.rng.next() >> 16);
    let reference = Encoding::FLAC.release(film, 7200.0, 0.0, Mix::original(ORIGINAL));
    let delay_ms = draw.delay_ms(REACH_MS);
    let target = quick_encoding(&mut draw.rng).release(film, 7200.0, delay_ms, Mix::dub(DUBS[0], -6.0));
    draw.pair("", "two hours, dub at -6 dB".into(), reference, target)
}

fn treated(mut release: Release, change: impl FnOnce(&mut Release)) -> Release {
    change(&mut release);
    release
}

/// Name of a film's kind of music.
pub(super) fn style(film: &Programme) -> &'static str {
    match film.style {
        Style::Film => "film music",
        Style::Sparse => "sparse music",
        Style::Chamber => "chamber music",
        Style::Driving => "driving music",
        Style::Drone => "drone",
        Style::Loop => "loop",
    }
}
