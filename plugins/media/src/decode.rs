//! `media/decode`: one audio track as mono samples at 48 kHz, streamed into a file of the store.

use crate::{first_sample::presented_ms, sketching};
use std::{path::Path, time::Duration};
use vsg_dsp::alignment::Sketch;
use vsg_matroska_info as info;
use vsg_plugin_api::{ToolError, prelude::*, report::Entry};

/// Samples per second of all decoded audio.
const RATE_HZ: u32 = 48_000;

/// Containers whose clock does not jump. In others a jump is not a gap.
const CONTINUOUS: [&str; 2] = ["Matroska", "QuickTime/MP4"];

/// Shortest gap that is filled (s): shorter than any packet, and longer than timestamps are off by their rounding or, of Vorbis
/// by mkvmerge, by as much as 5 ms.
const LEAST_GAP_S: f64 = 0.015;

/// What ffmpeg says when a file ends before its container says so.
const CUT_SHORT: [&str; 4] = ["ended prematurely", "partial file", "truncat", "moov atom not found"];

params! {
    /// Which audio track is decoded, and how.
    pub struct Decode {
        /// Language of the track of the reference (ISO 639 or BCP 47); empty takes the first audio track.
        reference_language: String = String::new(),
        /// Language of the track of each target; empty takes the first audio track.
        target_language: String = String::new(),
        /// Whether the SoX resampler is used where the sample rate differs.
        soxr: bool = false,
        /// Whether gaps in the timestamps of Matroska and MP4 files, as damage and cuts leave them, are filled with silence.
        /// Otherwise all sound after a gap moves up and is measured with a delay that it does not have.
        fill_gaps: bool = true,
        /// Whether a file that is cut short or badly damaged is used all the same.
        allow_damaged: bool = false,
        /// How long ffmpeg may stay silent before it counts as hung (s).
        #[schemars(range(min = 1, max = 86400))]
        patience_s: u64 = 120,
    }
}

impl Stage for Decode {
    const ID: &'static str = "decode";

    fn signature() -> Signature {
        Signature::new("Decodes one audio track to mono, 48 kHz.")
            .phase("Analysis")
            .runs(Tool::Ffmpeg)
            .input::<Media>("media", "the file")
            .output::<Audio>("audio", "the samples")
            .output::<AudioSketch>("sketch", "their lowest wave, from which alignment tells where whole files lie")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let media: Media = inputs.one("media")?;
        let (audio, sketch) = self.decode(&media, ctx)?;
        Outputs::new().with("audio", audio)?.with("sketch", sketch)
    }
}

impl Decode {
    fn decode(&self, media: &Media, ctx: &Ctx<'_>) -> Result<(Audio, AudioSketch)> {
        let track = self.choose(media, ctx)?;
        let first_frame = ctx.scratch_dir()?.join("first-frame");
        let writer = ctx.blob_writer()?;
        let length_s = track.duration_s.or(media.duration_s).unwrap_or(0.0);
        let mut command = ctx
            .command(Tool::Ffmpeg)?
            .doing(format!("decoding `{}`", media.path.display()))
            .timeout_idle(Duration::from_secs(self.patience_s))
            .ffmpeg_progress(Duration::from_secs_f64(length_s.clamp(0.0, 1e7)))
            .output_file(writer.file().try_clone()?)
            .args(["-nostdin", "-y", "-v", "error", "-copyts", "-i"])
            .arg(&media.path);
        let is_continuous = CONTINUOUS.contains(&media.container.as_str());
        let fills_gaps = self.fill_gaps && length_s > 0.0 && is_continuous;
        command = command.args(["-filter_complex", &self.filters(track, fills_gaps), "-map", "[samples]"]);
        if fills_gaps {
            // A timestamp that damage has made absurd must not fill the disk with silence.
            command = command.args(["-t", &format!("{:.3}", 2.0 * length_s + 60.0)]);
        }
        // Writing out every packet by itself would cost a third of the decode. The second output tells when the first
        // sample is presented, which raw samples do not.
        command = command.args(["-flush_packets", "0", "-f", "f32le"]).arg(writer.path());
        command = command.args(["-map", "[first]", "-f", "framecrc"]).arg(&first_frame);
        let written = sketching::while_written(writer.path(), Sketch::new(f64::from(RATE_HZ)), || command.run());
        let (finished, sketch) = written?;
        let finished = finished.map_err(|error| match error {
            full @ ToolError::StorageFull { .. } => {
                Error::from(full).help("decoded audio takes 12 MB a minute; choose a folder with more room by --store")
            }
            other => other.into(),
        })?;

        let bytes = whole_samples(writer.file(), &media.path, ctx)?;
        let decoded_s = (bytes / 4) as f64 / f64::from(RATE_HZ);
        if bytes == 0 {
            return Err(Error::new(format!("ffmpeg decode failed for {}: it gave no samples", name(&media.path)))
                .help("the audio track is empty or damaged; choose another track by its language"));
        }
        let first_frame = std::fs::read_to_string(&first_frame).map_err(|error| {
            Error::new(format!("ffmpeg did not tell when the audio of {} begins: {error}", name(&media.path)))
        })?;
        let start_ms = presented_ms(&first_frame).unwrap_or(0.0);
        // What a file claims as a length is the time of the end; where the clock jumps, it is no length at all.
        let claimed_s =
            |end_s: Option<f64>| end_s.filter(|_| is_continuous).map(|end_s| end_s - start_ms.max(0.0) / 1000.0);
        let expected_s = claimed_s(track.duration_s);
        self.judge_damage(media, &finished.stderr, decoded_s, expected_s, ctx)?;
        if let Some(film_s) = claimed_s(media.duration_s).filter(|film_s| decoded_s < 0.9 * film_s - 2.0) {
            let issue = format!(
                "{}: {film_s:.0} s long, but only {decoded_s:.0} s of its sound could be decoded; it may be cut short",
                media.source
            );
            ctx.warn(&issue);
            ctx.report(&Entry::Issue(issue))?;
        }
        ctx.report(&Entry::facts(
            &["audio", &media.source],
            &serde_json::json!({ "track_id": track.id, "language": track.language, "codec": track.codec_id,
                "decoded_s": decoded_s, "start_ms": start_ms }),
        )?)?;
        let header = AudioHeader {
            source: media.source.clone(),
            track_id: track.id,
            sample_rate_hz: RATE_HZ,
            samples: bytes / 4,
            start_ms,
            stem: None,
            filters: Vec::new(),
        };
        let sketch = AudioSketch::of(&header.source, RATE_HZ, &sketch)?;
        Ok((Audio::new(header, writer.finish()?)?, sketch))
    }

    /// Filters that lead from a track to its samples and to the first one of them.
    fn filters(&self, track: &MediaTrack, fills_gaps: bool) -> String {
        let mut resampling = Vec::new();
        if fills_gaps {
            resampling.push(format!("async=1:min_hard_comp={LEAST_GAP_S}"));
        }
        if self.soxr {
            resampling.push("resampler=soxr".into());
        }
        let resampling =
            if resampling.is_empty() { String::new() } else { format!("aresample={},", resampling.join(":")) };
        let mono = format!("aformat=sample_fmts=flt:channel_layouts=mono:sample_rates={RATE_HZ}");
        // Large frames cost less than those of a codec, and hold the same samples.
        let large = "asetnsamples=n=32768:p=0";
        let first = "[start]atrim=end_sample=1[first]";
        let input = format!("[0:a:{}]", track.type_index);
        // Few large frames are mixed down and split at less cost than many small ones, but times behind a change of rate are rounded.
        if track.sample_rate_hz == Some(f64::from(RATE_HZ)) && !self.soxr {
            format!("{input}{resampling}{large},{mono},asplit[samples][start];{first}")
        } else {
            format!("{input}asplit[all][start];{first};[all]{resampling}{mono},{large}[samples]")
        }
    }

    fn choose<'m>(&self, media: &'m Media, ctx: &Ctx<'_>) -> Result<&'m MediaTrack> {
        let wanted = if media.source == REFERENCE { &self.reference_language } else { &self.target_language };
        let audio: Vec<&MediaTrack> = media.tracks.iter().filter(|track| track.kind == TrackType::Audio).collect();
        let languages: Vec<info::Track> = audio
            .iter()
            .map(|track| info::Track {
                id: track.id,
                kind: info::TrackKind::Audio,
                language: Some(track.language.clone()),
                language_ietf: track.language_ietf.clone(),
                ..info::Track::default()
            })
            .collect();
        let choice = info::choose_audio(&languages, Some(wanted)).ok_or_else(|| {
            Error::new(format!(
                "Could not locate required audio streams for correlation: `{}` has no audio",
                media.path.display()
            ))
            .help("give a file with sound")
        })?;
        if let Some(note) = choice.note() {
            ctx.warn(format!("{}: {note}", media.source));
        }
        let track = audio[choice.position];
        let shown = info::normalise_language(Some(wanted)).unwrap_or_else(|| "first".into());
        ctx.log(format!(
            "Selected streams: {} (lang='{shown}', index={}, track_id={})",
            media.source.to_uppercase(),
            choice.position,
            track.id
        ));
        Ok(track)
    }

    /// A file that is cut short would give a right delay for a wrong file, and lost packets move all that follows.
    fn judge_damage(
        &self,
        media: &Media,
        stderr: &str,
        decoded_s: f64,
        expected_s: Option<f64>,
        ctx: &Ctx<'_>,
    ) -> Result<()> {
        let complaints: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        let is_short = expected_s.is_some_and(|expected_s| decoded_s < 0.95 * expected_s - 2.0);
        let is_cut = complaints.iter().any(|line| CUT_SHORT.iter().any(|sign| line.contains(sign)));
        if (is_short || is_cut) && !self.allow_damaged {
            let expected = expected_s.map_or(String::new(), |expected_s| format!(" of {expected_s:.1} s"));
            return Err(Error::new(format!(
                "`{}` is cut short: {decoded_s:.1} s{expected} could be decoded{}",
                media.path.display(),
                complaints.first().map_or(String::new(), |line| format!(" (ffmpeg: {line})"))
            ))
            .help("get a complete copy, or set allow_damaged = true on media/decode to use what there is"));
        }
        if let Some(first) = complaints.first() {
            ctx.warn(format!(
                "{}: ffmpeg complained {} time(s) while decoding; delays after damaged places may be off. First: {first}",
                media.source,
                complaints.len()
            ));
            let issue = format!("{}: {} complaint(s) of ffmpeg while decoding", media.source, complaints.len());
            ctx.report(&Entry::Issue(issue))?;
        }
        Ok(())
    }
}

/// Cuts off what does not fill a sample; the length that remains (bytes).
fn whole_samples(file: &std::fs::File, path: &Path, ctx: &Ctx<'_>) -> Result<u64> {
    let bytes = file.metadata()?.len();
    let rest = bytes % 4;
    if rest != 0 {
        file.set_len(bytes - rest)?;
        ctx.log(format!("[BUFFER ALIGNMENT] Trimmed {rest} bytes from {} (likely Opus/other codec)", name(path)));
    }
    Ok(bytes - rest)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
