//! Turns a corrector into a stage: the loop over the audio tracks of a target, their files, flags, log and report.

use crate::{
    Ctx, Error, Inputs, Outputs, Params, Result, Signature, Stage, Tool,
    kinds::{Correlation, Delay, Track, TrackData, TrackType, Tracks},
    report::Entry,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// One audio track that may need a correction.
pub struct AudioTrack<'a> {
    /// The track.
    pub track: &'a Track,
    source: &'a str,
    path: &'a Path,
}

/// What was measured of the target.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The delay in each window.
    pub correlation: Correlation,
    /// The delay that was selected, which is added to the track, corrected or not: a correction has to leave the track where
    /// that delay is right.
    pub delay: Delay,
}

/// What a corrector did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// There is nothing to correct, and why. The track goes on untouched.
    Nothing(String),
    /// The corrected track.
    File {
        /// A file that starts at its first sample, best one of [`AudioTrack::new_file`].
        path: PathBuf,
        /// Codec of the file in Matroska, such as `A_FLAC`.
        codec_id: String,
        /// What was done.
        done: String,
    },
}

/// Corrects the audio of a target that one delay can not put in sync: drift, steps, another speed. The implementing type is its
/// parameters: see [`params!`](crate::params).
pub trait Corrector: Params {
    /// Name within the plugin.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;

    /// Corrects one track, or says why it needs no correction. What is not sure is an error, not a correction.
    fn correct(&self, track: &AudioTrack<'_>, measured: &Measured, ctx: &Ctx<'_>) -> Result<Correction>;
}

impl AudioTrack<'_> {
    /// A file that holds this track and nothing else. A track that is still in its source is copied out of it, bit by bit and
    /// with its timestamps; that costs a read of the source, so first see if there is anything to correct.
    pub fn file(&self, ctx: &Ctx<'_>) -> Result<PathBuf> {
        if let TrackData::File(path) = &self.track.data {
            return Ok(path.clone());
        }
        let (id, file) = (self.track.id.to_string(), self.new_file("mka", ctx)?);
        ctx.command(Tool::Mkvmerge)?
            .doing(format!("taking track {id} out of `{}`", self.path.display()))
            .arg("--output")
            .arg(&file)
            .args(["--no-video", "--no-subtitles", "--no-buttons", "--no-attachments", "--no-chapters"])
            .args(["--no-global-tags", "--no-track-tags", "--audio-tracks", &id])
            .arg(self.path)
            .run()?;
        Ok(file)
    }

    /// A name for a new file of this track with this extension, in a folder that lives until the run ends.
    pub fn new_file(&self, extension: &str, ctx: &Ctx<'_>) -> Result<PathBuf> {
        let source = self.source.replace(' ', "_");
        Ok(ctx.scratch_dir()?.join(format!("{source}_track_{}.{extension}", self.track.id)))
    }
}

/// The stage that a corrector becomes.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent, bound(deserialize = "C: Params"))]
#[schemars(transparent, bound = "C: Params")]
pub struct Corrected<C>(C);

impl<C: Corrector> Stage for Corrected<C> {
    const ID: &'static str = C::ID;

    fn signature() -> Signature {
        Signature::new(C::SUMMARY)
            .phase("Correction")
            .input::<Tracks>("tracks", "the tracks of a target")
            .input::<Correlation>("correlation", "the delay in each window")
            .input::<Delay>("delay", "the selected delay")
            .output::<Tracks>("tracks", "the same tracks, those that needed it corrected")
            .runs(Tool::Mkvmerge)
            // Corrected tracks are files of the run.
            .with_effects()
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let mut tracks: Tracks = inputs.one("tracks")?;
        let measured = Measured { correlation: inputs.one("correlation")?, delay: inputs.one("delay")? };
        require_one_target(&tracks, &measured)?;
        let (source, path) = (tracks.source.clone(), tracks.path.clone());
        let count = tracks.tracks.len().max(1) as f64;
        let mut done = Vec::new();
        for (index, track) in tracks.tracks.iter_mut().enumerate() {
            ctx.progress(index as f64 / count)?;
            if track.kind != TrackType::Audio {
                continue;
            }
            let id = track.id;
            let seen = AudioTrack { track, source: &source, path: &path };
            let correction = self.0.correct(&seen, &measured, ctx).map_err(|error| {
                if error.is_cancelled() { error } else { error.context(format!("{source}, track {id}")) }
            })?;
            let said = match correction {
                Correction::Nothing(why) => format!("nothing to correct: {why}"),
                Correction::File { path, codec_id, done } => {
                    require_content(&path, id)?;
                    (track.data, track.codec_id) = (TrackData::File(path), codec_id);
                    done
                }
            };
            ctx.log(format!("[{}] {source}, track {id}: {said}", C::ID));
            done.push(serde_json::json!({ "track_id": id, "corrector": C::ID, "result": said }));
        }
        ctx.report(&Entry::facts(&["targets", &source, "corrections"], &done)?)?;
        Outputs::new().with("tracks", tracks)
    }
}

fn require_one_target(tracks: &Tracks, measured: &Measured) -> Result<()> {
    for source in [&measured.correlation.source, &measured.delay.source] {
        if *source != tracks.source {
            return Err(Error::new(format!(
                "the tracks are of {}, and what was measured is of {source}",
                tracks.source
            ))
            .help("repeat the stage by `each = \"targets\"`, and connect stages that are repeated likewise"));
        }
    }
    Ok(())
}

fn require_content(path: &Path, id: u64) -> Result<()> {
    let problem = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() > 0 => return Ok(()),
        Ok(_) => "empty, or no file".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Error::new(format!("the corrected track {id} is not usable: `{}`: {problem}", path.display()))
        .help("this is a defect of the plugin; report it to its author"))
}
