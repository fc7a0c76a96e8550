//! `media/probe`: what is inside a source file.

use std::path::Path;
use vsg_matroska_info as info;
use vsg_plugin_api::{prelude::*, report::Entry};

params! {
    /// Settings of the probe.
    pub struct Probe {}
}

impl Stage for Probe {
    const ID: &'static str = "probe";

    fn signature() -> Signature {
        Signature::new("Looks into a source file: container, tracks, container delays, chapters, attachments.")
            .phase("Analysis")
            .runs(Tool::Mkvmerge)
            .runs(Tool::Ffprobe)
            .input::<SourceFile>("file", "the file")
            .output::<Media>("media", "what is inside")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let file: SourceFile = inputs.one("file")?;
        let about = |error: Error| {
            if error.is_cancelled() { error } else { error.context(format!("`{}`", file.path.display())) }
        };
        let (media, lost) = look(&file, ctx).map_err(about)?;
        for kind in lost {
            let issue = format!(
                "{}: mkvmerge does not know a {kind} track of {}; it can not be kept. `ffmpeg -i OLD -map 0 -c copy -c:s srt \
                 NEW.mkv` may save it",
                media.source,
                media.path.display()
            );
            ctx.warn(&issue);
            ctx.report(&Entry::Issue(issue))?;
        }
        ctx.log(format!(
            "[{}] {}: {} track(s), {}",
            media.source,
            media.path.display(),
            media.tracks.len(),
            media.container
        ));
        Outputs::new().with("media", media)
    }
}

/// What is in a file, and the type of each track that ffmpeg sees and mkvmerge does not.
fn look(file: &SourceFile, ctx: &Ctx<'_>) -> Result<(Media, Vec<TrackType>)> {
    check_file(&file.path)?;
    let identified = ctx.question(Tool::Mkvmerge)?.args(["-J".as_ref(), file.path.as_os_str()]).output();
    let container = match identified {
        Ok(output) => info::Media::from_json(&output.stdout).map_err(|error| match error {
            info::Error::NotRecognised { .. } => {
                Error::new("is not a media file that mkvmerge knows").help("check that it is complete; try to play it")
            }
            other => other.into(),
        })?,
        Err(vsg_plugin_api::ToolError::Failed { exit, .. }) => {
            return Err(Error::new(format!("mkvmerge can not read this file ({exit})"))
                .help("it is not a media file, or it is damaged; try to play it. If it plays, see vsg-host doctor"));
        }
        Err(error) => return Err(error.into()),
    };
    // Of Matroska mkvmerge tells everything that is needed.
    let probe = match container.container.kind.as_deref() {
        Some("Matroska") => info::Probe::default(),
        _ => {
            let streams = ctx
                .question(Tool::Ffprobe)?
                .args(["-v", "error", "-show_streams", "-show_format", "-of", "json"])
                .arg(&file.path)
                .output()?;
            info::Probe::from_json(&streams.stdout)?
        }
    };
    let media = describe(file, &container, &probe);
    let lost = lost(&media, &probe);
    Ok((media, lost))
}

/// The type of each stream beyond those that are tracks of `media`. Covers are no tracks.
fn lost(media: &Media, probe: &info::Probe) -> Vec<TrackType> {
    let streams = probe.streams.iter().filter(|stream| !stream.disposition.attached_picture);
    let mut kinds: Vec<TrackType> = streams.map(|stream| track_type(stream.kind)).collect();
    for track in &media.tracks {
        if let Some(place) = kinds.iter().position(|kind| *kind == track.kind) {
            kinds.remove(place);
        }
    }
    kinds.retain(|kind| *kind != TrackType::Other);
    kinds
}

fn check_file(path: &Path) -> Result<()> {
    let metadata = std::fs::metadata(path).map_err(|error| Error::new(format!("can not be opened: {error}")))?;
    if metadata.is_dir() {
        return Err(Error::new("is a folder, not a media file").help("give a file"));
    }
    if !metadata.is_file() {
        return Err(Error::new("is not a regular file, but a pipe or a device").help("give a file"));
    }
    if metadata.len() == 0 {
        return Err(Error::new("is empty (0 bytes)").help("copy or download the file again"));
    }
    std::fs::File::open(path).map(drop).map_err(|error| Error::new(format!("can not be read: {error}")))
}

fn describe(file: &SourceFile, container: &info::Media, probe: &info::Probe) -> Media {
    let mut type_counts = std::collections::BTreeMap::new();
    let tracks = container.tracks.iter().map(|track| {
        let kind = track_type(track.kind);
        let count = type_counts.entry(kind).or_insert(0);
        let type_index = std::mem::replace(count, *count + 1);
        describe_track(track, kind, type_index, info::stream_of(track, container, probe))
    });
    Media {
        source: file.source.clone(),
        path: file.path.clone(),
        container: container.container.kind.clone().unwrap_or_else(|| "unknown".into()),
        title: container.container.title.clone().unwrap_or_default(),
        duration_s: probe.format.duration_s.or(container.container.duration_ns.map(|ns| ns as f64 / 1e9)),
        tracks: tracks.collect(),
        attachments: container
            .attachments
            .iter()
            .map(|attachment| AttachmentInfo {
                id: attachment.id,
                file_name: attachment.file_name.clone(),
                content_type: attachment.content_type.clone(),
                size: attachment.size,
            })
            .collect(),
        chapters: container.chapters,
    }
}

fn describe_track(
    track: &info::Track,
    kind: TrackType,
    type_index: usize,
    stream: Option<&info::Stream>,
) -> MediaTrack {
    MediaTrack {
        id: track.id,
        kind,
        type_index,
        codec_id: track.codec_id.clone().unwrap_or_default(),
        codec: track.codec.clone().unwrap_or_default(),
        language: track.language_or_und().to_owned(),
        language_ietf: track.language_ietf.clone(),
        name: track.name.clone().unwrap_or_default(),
        flags: match stream {
            // mkvmerge tells the flags of Matroska only. Elsewhere the first of a type is what players choose.
            Some(stream) => TrackFlags {
                default: stream.disposition.default || (type_index == 0 && kind != TrackType::Subtitles),
                forced: stream.disposition.forced,
            },
            None => TrackFlags { default: track.flags.default, forced: track.flags.forced },
        },
        container_delay_ms: info::container_delay_ms(track),
        start_ms: match (stream.and_then(|stream| stream.start_time_s), track.minimum_timestamp_ns) {
            (Some(start_s), _) => start_s * 1000.0,
            (None, start_ns) => start_ns.unwrap_or_default() as f64 / 1e6,
        },
        duration_s: track
            .tag_duration_ns
            .map(|ns| ns as f64 / 1e9)
            .or_else(|| stream.and_then(|stream| stream.duration_s)),
        channels: track.channels.map(u64::from),
        sample_rate_hz: track.sample_rate_hz,
        aspect_ratio: stream.and_then(|stream| stream.display_aspect_ratio.clone()).or_else(|| aspect_ratio(track)),
        frame_rate_hz: stream
            .and_then(|stream| stream.avg_frame_rate)
            .map(info::Rational::value)
            .or_else(|| track.default_duration_ns.filter(|_| kind == TrackType::Video).map(|ns| 1e9 / ns as f64)),
    }
}

/// The ratio in which a video track is displayed, in lowest terms: `16:9`.
fn aspect_ratio(track: &info::Track) -> Option<String> {
    let info::Size { width, height } = track.display?;
    let divisor = |mut a, mut b| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let common = Some(divisor(width, height)).filter(|common| *common != 0)?;
    Some(format!("{}:{}", width / common, height / common))
}

fn track_type(kind: info::TrackKind) -> TrackType {
    match kind {
        info::TrackKind::Video => TrackType::Video,
        info::TrackKind::Audio => TrackType::Audio,
        info::TrackKind::Subtitles => TrackType::Subtitles,
        info::TrackKind::Buttons | info::TrackKind::Other => TrackType::Other,
    }
}
