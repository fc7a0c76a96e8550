//! Draws what pairs have in common: programmes, mixes, encodings, delays.

use crate::{Case, Name, Sound, Truth};
use vsg_sample_media::{AudioTrack, Codec, Container, Layout, Mix, Programme, Release, Rng, Style, Treatment};

/// Languages of originals and dubs. Each seed gives them its own voices.
pub(super) const ORIGINAL: &str = "eng";
pub(super) const DUBS: [&str; 4] = ["ger", "fre", "jpn", "spa"];

/// The random generator of a case.
#[derive(Debug)]
pub(super) struct Draw {
    seed: u64,
    pub(super) name: Name,
    pub(super) rng: Rng,
}

impl Draw {
    pub(super) fn new(seed: u64, name: Name) -> Self {
        Self { seed, name, rng: Rng::new(seed, name.class.name(), name.number as i64) }
    }

    /// The generator that `size` cases in a row share, for the film and the file that they have in common.
    pub(super) fn shared(&self, size: usize) -> Rng {
        Rng::new(self.seed, &format!("{} in common", self.name.class.name()), (self.name.number / size) as i64)
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        pick(&mut self.rng, of)
    }

    /// A film of any style: four of ten are plain ones.
    pub(super) fn programme(&mut self) -> Programme {
        programme(&mut self.rng)
    }

    /// Any encoding.
    pub(super) fn encoding(&mut self) -> Encoding {
        encoding(&mut self.rng)
    }

    /// A delay within `reach_ms` on either side, to a tenth of a microsecond; one of ten is a whole number.
    pub(super) fn delay_ms(&mut self, reach_ms: f64) -> f64 {
        let delay_ms = self.rng.range(-reach_ms, reach_ms);
        if self.rng.chance(0.1) { delay_ms.round() } else { (delay_ms * 1e4).round() / 1e4 }
    }

    /// A case with the plain truth of the two releases' descriptions.
    pub(super) fn pair(&self, group: &'static str, what: String, reference: Release, target: Release) -> Case {
        let truth = Truth::Delay { delay_ms: target.delay_ms - reference.delay_ms };
        self.case(group, what, Sound::Film(Box::new(reference)), Sound::Film(Box::new(target)), truth)
    }

    pub(super) fn case(
        &self,
        group: &'static str,
        what: String,
        reference: Sound,
        target: Sound,
        truth: Truth,
    ) -> Case {
        let what = format!("{what}, {} and {}", reference.encoding(), target.encoding());
        Case { name: self.name, group, counts: true, what, reference, target, truth }
    }
}

pub(super) fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.below(of.len())]
}

pub(super) fn programme(rng: &mut Rng) -> Programme {
    use Style::{Chamber, Driving, Drone, Film, Sparse};
    let style = pick(rng, &[Film, Film, Film, Film, Sparse, Chamber, Chamber, Driving, Driving, Drone]);
    Programme::of_style(rng.next() >> 16, style)
}

/// How a sound is encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoding {
    pub(super) codec: Codec,
    pub(super) rate_hz: u32,
    pub(super) layout: Layout,
    pub(super) container: Container,
    pub(super) kbps_per_channel: u32,
}

impl Encoding {
    pub(super) const FLAC: Self = Self {
        codec: Codec::Flac,
        rate_hz: 48_000,
        layout: Layout::Stereo,
        container: Container::MatroskaByFfmpeg,
        kbps_per_channel: 64,
    };

    /// A release with one track in this encoding.
    pub(super) fn release(self, programme: Programme, duration_s: f64, delay_ms: f64, mix: Mix) -> Release {
        let lossless = self.codec == Codec::Flac;
        let track = AudioTrack {
            layout: self.layout,
            rate_hz: self.rate_hz,
            bitrate_kbps: (!lossless).then_some(self.kbps_per_channel * self.layout.channels() as u32),
            treatment: Treatment::default(),
            ..AudioTrack::new(mix, self.codec)
        };
        Release { delay_ms, container: self.container, audio: vec![track], ..Release::new(programme, duration_s) }
    }
}

pub(super) fn encoding(rng: &mut Rng) -> Encoding {
    use Codec::{Aac, Ac3, Eac3, Flac, Mp3, Opus, Vorbis};
    let codec = pick(rng, &[Aac, Aac, Ac3, Eac3, Flac, Opus, Mp3, Vorbis]);
    let layout = match (codec, rng.below(6)) {
        (_, 0) => Layout::Mono,
        (Aac | Ac3 | Eac3 | Flac, 1) => Layout::Surround51,
        _ => Layout::Stereo,
    };
    let rate_hz = if codec == Opus { 48_000 } else { pick(rng, &[48_000, 48_000, 44_100, 32_000]) };
    let container = match (codec, rng.below(5)) {
        // mkvmerge gives Vorbis new timestamps, which moves packets.
        (Vorbis, _) | (_, 0) => Container::MatroskaByFfmpeg,
        (Aac | Ac3, 1) => Container::Mp4,
        _ => Container::Matroska,
    };
    Encoding { codec, rate_hz, layout, container, kbps_per_channel: pick(rng, &[64, 64, 80, 96]) }
}

/// An encoding that costs little, for long files.
pub(super) fn quick_encoding(rng: &mut Rng) -> Encoding {
    let codec = pick(rng, &[Codec::Ac3, Codec::Eac3, Codec::Flac, Codec::Ac3, Codec::Aac]);
    let layout = if codec == Codec::Aac { Layout::Mono } else { pick(rng, &[Layout::Mono, Layout::Stereo]) };
    let container = pick(rng, &[Container::Matroska, Container::MatroskaByFfmpeg]);
    let rate_hz = pick(rng, &[48_000, 48_000, 44_100]);
    Encoding { codec, rate_hz, layout, container, kbps_per_channel: 80 }
}

/// Another mix of the same film, and what it is called: the original, a remaster, or a dub up to `deepest_db` under the speech.
pub(super) fn other_mix(rng: &mut Rng, deepest_db: f64) -> (Mix, String) {
    match rng.below(4) {
        0 => (Mix::original(ORIGINAL), "same mix".into()),
        1 => (Mix::remaster(ORIGINAL), "remaster".into()),
        _ => {
            let music_db = (rng.range(deepest_db, -4.0) * 10.0).round() / 10.0;
            (Mix::dub(pick(rng, &DUBS), music_db as f32), format!("dub at {music_db} dB"))
        }
    }
}
