//! Two releases of one film in a folder, with a `truth.json` that says their delay and how it was found.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::DRAFT;
use crate::{Error, GENERATION, Progress, Release, Result, Tools, Truth, true_delay};

const GENERATOR: &str = "vsg-sample-media";
const REFERENCE: &str = "reference.mkv";
const TARGET: &str = "target.mkv";
const TRUTH: &str = "truth.json";
const HOW: &str = "delay_ms: milliseconds to add to the target's audio, both tracks decoded with ffmpeg and counted from \
                   their first sample. It is nominal_delay_ms, by which the sound was shifted before it was encoded, plus \
                   the reference's offset_ms, minus the target's: how late the decoded sound is against the sound that \
                   was encoded, measured by least squares in several windows. timeline_delay_ms also counts the \
                   timestamps that the containers give to the first decoded samples.";

/// What the two files of a pair are; both have to be Matroska.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Becomes `reference.mkv`.
    pub reference: Release,
    /// Becomes `target.mkv`.
    pub target: Release,
}

/// A pair on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenPair {
    /// `reference.mkv`.
    pub reference: PathBuf,
    /// `target.mkv`.
    pub target: PathBuf,
    /// `truth.json`.
    pub truth_file: PathBuf,
    /// The delay of the first audio tracks.
    pub truth: Truth,
    /// False when the same pair was there already and nothing was written.
    pub fresh: bool,
}

/// The content of `truth.json`.
#[derive(Serialize, Deserialize)]
struct Stamp {
    generator: String,
    generation: u32,
    #[serde(flatten)]
    truth: Truth,
    how: String,
    reference_bytes: u64,
    target_bytes: u64,
    /// The pair, as it was asked for.
    parameters: Value,
}

impl Pair {
    /// Writes `reference.mkv`, `target.mkv` and `truth.json` into `folder`, or finds them there from an earlier call.
    ///
    /// All three are complete before the first appears. The first audio tracks must last 2 s or more.
    ///
    /// # Errors
    /// [`Error::Occupied`] rather than replacing somebody else's file; everything that [`Release::write`] and
    /// [`true_delay`] report.
    pub fn write(&self, folder: &Path, tools: &Tools, progress: Progress<'_>) -> Result<WrittenPair> {
        let place = |name: &str| folder.join(name);
        let written = |truth, fresh| WrittenPair {
            reference: place(REFERENCE),
            target: place(TARGET),
            truth_file: place(TRUTH),
            truth,
            fresh,
        };
        let doing = "writing the sample pair";
        let parameters = serde_json::to_value(self).map_err(|source| Error::io(doing, folder, source.into()))?;
        let stamp = read_stamp(folder);
        if let Some(stamp) = &stamp
            && stamp.generation == GENERATION
            && stamp.parameters == parameters
            && bytes(&place(REFERENCE)) == Some(stamp.reference_bytes)
            && bytes(&place(TARGET)) == Some(stamp.target_bytes)
        {
            return Ok(written(stamp.truth, false));
        }
        let foreign = [REFERENCE, TARGET, TRUTH].into_iter().map(place).find(|path| stamp.is_none() && path.exists());
        if let Some(path) = foreign {
            return Err(Error::Occupied { path });
        }

        std::fs::create_dir_all(folder).map_err(|source| Error::io("creating the output folder", folder, source))?;
        let draft = tempfile::Builder::new()
            .prefix(DRAFT)
            .tempdir_in(folder)
            .map_err(|source| Error::io("creating a folder for temporary files", folder, source))?;
        let (reference, target) = (draft.path().join(REFERENCE), draft.path().join(TARGET));
        self.reference.write(&reference, tools, &|done| progress(0.48 * done))?;
        self.target.write(&target, tools, &|done| progress(0.48 + 0.48 * done))?;
        let truth = true_delay((&self.reference, &reference), (&self.target, &target), tools)?;

        let stamp = Stamp {
            generator: GENERATOR.into(),
            generation: GENERATION,
            truth,
            how: HOW.into(),
            reference_bytes: bytes(&reference).unwrap_or_default(),
            target_bytes: bytes(&target).unwrap_or_default(),
            parameters,
        };
        let file = draft.path().join(TRUTH);
        serde_json::to_string_pretty(&stamp)
            .map_err(std::io::Error::from)
            .and_then(|text| std::fs::write(&file, text + "\n"))
            .map_err(|source| Error::io(doing, &file, source))?;
        for name in [REFERENCE, TARGET, TRUTH] {
            let place = place(name);
            std::fs::rename(draft.path().join(name), &place)
                .map_err(|source| Error::io("moving a finished file into place", &place, source))?;
        }
        // Everything is done; there is nothing left to stop.
        let _ = progress(1.0);
        Ok(written(truth, true))
    }
}

/// The stamp of an earlier call; none when the file is missing, damaged or somebody else's.
fn read_stamp(folder: &Path) -> Option<Stamp> {
    let text = std::fs::read_to_string(folder.join(TRUTH)).ok()?;
    serde_json::from_str::<Stamp>(&text).ok().filter(|stamp| stamp.generator == GENERATOR)
}

fn bytes(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|metadata| metadata.len())
}
