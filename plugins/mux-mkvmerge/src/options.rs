//! The command line of mkvmerge, as the list that its options file holds.
//!
//! Tracks with a file of their own are one input each and get every property as an option, in the reference program's order.
//! Tracks that are read in their source share one input, so that its bytes are read once, and get options only for what
//! differs from the source: languages, names, flags and tags stay as they are.

use crate::{
    delay::{Origin, sync_ms},
    item::{Bytes, Item},
};
use std::path::{Path, PathBuf};
use vsg_plugin_api::prelude::*;

/// What the job as a whole asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) chapters: Option<PathBuf>,
    pub(crate) attachments: Vec<PathBuf>,
    pub(crate) disable_track_statistics_tags: bool,
    pub(crate) disable_header_compression: bool,
    pub(crate) remove_dialog_normalization_gain: bool,
}

/// Options for items in their final order. `kept` are the attachments that stay in sources that are read directly.
pub(crate) fn tokens(
    items: &[Item],
    delays: &Delays,
    kept: &[LayoutAttachment],
    settings: &Settings,
) -> Result<Vec<String>> {
    let mut tokens = Vec::new();
    if let Some(chapters) = &settings.chapters {
        push(&mut tokens, "--chapters", text(chapters)?);
    }
    if settings.disable_track_statistics_tags {
        tokens.push("--disable-track-statistics-tags".into());
    }
    let origin = Origin::of(items, "Source 1");
    let defaults = Defaults::of(items);
    let mut order = Vec::new();
    let mut inputs: Vec<&Path> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = item.bytes.path();
        match &item.bytes {
            Bytes::Own(_) => {
                order.push(format!("{}:0", inputs.len()));
                inputs.push(path);
                own_file(&mut tokens, item, sync_ms(item, delays, &origin), defaults.flags(index), settings)?;
            }
            Bytes::Source { .. } => {
                let input = inputs.iter().position(|known| *known == path).unwrap_or(inputs.len());
                order.push(format!("{input}:{}", item.id));
                if input == inputs.len() {
                    inputs.push(path);
                    let tracks: Vec<(usize, &Item)> =
                        items.iter().enumerate().filter(|(_, other)| other.bytes.path() == path).collect();
                    for (index, track) in &tracks {
                        let flags = defaults.flags(*index);
                        in_source(&mut tokens, track, sync_ms(track, delays, &origin), flags, settings);
                    }
                    let is_reference = item.source == "Source 1";
                    select(&mut tokens, &tracks, kept, is_reference, is_reference && settings.chapters.is_none());
                    if is_reference && delays.global_shift_ms != 0 && settings.chapters.is_none() {
                        push(&mut tokens, "--chapter-sync", delays.global_shift_ms.to_string());
                    }
                    tokens.extend(["(".into(), text(path)?, ")".into()]);
                }
            }
        }
    }
    for attachment in &settings.attachments {
        push(&mut tokens, "--attach-file", text(attachment)?);
    }
    if !order.is_empty() {
        push(&mut tokens, "--track-order", order.join(","));
    }
    Ok(tokens)
}

/// All options of a track in a file of its own.
fn own_file(tokens: &mut Vec<String>, item: &Item, sync_ms: i64, flags: TrackFlags, settings: &Settings) -> Result<()> {
    let plain_language = if item.language.is_empty() { "und" } else { &item.language };
    push(tokens, "--language", format!("0:{}", item.custom_language.as_deref().unwrap_or(plain_language)));
    match &item.custom_name {
        Some(name) => push(tokens, "--track-name", format!("0:{name}")),
        None if item.keeps_name && !item.name.trim().is_empty() => {
            push(tokens, "--track-name", format!("0:{}", item.name));
        }
        None => {}
    }
    push(tokens, "--sync", format!("0:{sync_ms:+}"));
    push(tokens, "--default-track-flag", format!("0:{}", yes_no(flags.default)));
    if flags.forced {
        push(tokens, "--forced-display-flag", "0:yes".into());
    }
    coding(tokens, item, 0, settings);
    if let (TrackType::Video, Some(ratio)) = (item.kind, &item.aspect_ratio) {
        push(tokens, "--aspect-ratio", format!("0:{ratio}"));
    }
    tokens.extend(["(".into(), text(item.bytes.path())?, ")".into()]);
    Ok(())
}

/// Options of a track that is read in its source, for what differs from the source.
fn in_source(tokens: &mut Vec<String>, item: &Item, sync_ms: i64, flags: TrackFlags, settings: &Settings) {
    let id = item.id;
    if let Some(language) = &item.custom_language {
        push(tokens, "--language", format!("{id}:{language}"));
    }
    if let Some(name) = &item.custom_name {
        push(tokens, "--track-name", format!("{id}:{name}"));
    }
    push(tokens, "--sync", format!("{id}:{sync_ms:+}"));
    if flags.default != item.source_flags.default {
        push(tokens, "--default-track-flag", format!("{id}:{}", yes_no(flags.default)));
    }
    if flags.forced != item.source_flags.forced {
        push(tokens, "--forced-display-flag", format!("{id}:{}", yes_no(flags.forced)));
    }
    coding(tokens, item, id, settings);
}

fn coding(tokens: &mut Vec<String>, item: &Item, id: u64, settings: &Settings) {
    if settings.disable_header_compression {
        push(tokens, "--compression", format!("{id}:none"));
    }
    let is_dolby = item.kind == TrackType::Audio && item.codec_id.to_uppercase().contains("AC3");
    if settings.remove_dialog_normalization_gain && is_dolby {
        push(tokens, "--remove-dialog-normalization-gain", id.to_string());
    }
}

/// Which tracks and other parts of a source are read. Chapters and global tags come from the reference alone.
fn select(
    tokens: &mut Vec<String>,
    tracks: &[(usize, &Item)],
    kept: &[LayoutAttachment],
    keeps_tags: bool,
    keeps_chapters: bool,
) {
    let kinds = [
        (TrackType::Video, "--video-tracks", "--no-video"),
        (TrackType::Audio, "--audio-tracks", "--no-audio"),
        (TrackType::Subtitles, "--subtitle-tracks", "--no-subtitles"),
    ];
    for (kind, some, none) in kinds {
        let ids = tracks.iter().filter(|(_, item)| item.kind == kind).map(|(_, item)| item.id.to_string());
        push_selection(tokens, ids.collect(), some, none);
    }
    tokens.push("--no-buttons".into());
    let source = tracks.first().map(|(_, item)| item.source.as_str());
    let ids = kept.iter().filter(|kept| Some(kept.source.as_str()) == source).map(|kept| kept.id.to_string());
    push_selection(tokens, ids.collect(), "--attachments", "--no-attachments");
    if !keeps_chapters {
        tokens.push("--no-chapters".into());
    }
    if !keeps_tags {
        tokens.push("--no-global-tags".into());
    }
}

fn push_selection(tokens: &mut Vec<String>, ids: Vec<String>, some: &str, none: &str) {
    if ids.is_empty() {
        tokens.push(none.into());
    } else {
        push(tokens, some, ids.join(","));
    }
}

/// Which items get the default and the forced flag.
struct Defaults {
    flags: Vec<TrackFlags>,
}

impl Defaults {
    /// For tracks in files of their own: the first video, the first audio and the first subtitles that ask for it are default,
    /// and the first subtitles that ask for it are forced. For tracks read in their source: as they are there, but a
    /// default that the layout adds takes it away from all others of the type.
    fn of(items: &[Item]) -> Self {
        let flags = items.iter().enumerate().map(|(index, item)| {
            let of_kind = || items.iter().enumerate().filter(|(_, other)| other.kind == item.kind);
            let is_first = |wanted: &dyn Fn(&Item) -> bool| {
                of_kind().find(|(_, other)| wanted(other)).is_some_and(|(first, _)| first == index)
            };
            match item.bytes {
                Bytes::Own(_) => TrackFlags {
                    default: match item.kind {
                        TrackType::Video => is_first(&|_| true),
                        _ => is_first(&|other| other.default),
                    },
                    forced: item.kind == TrackType::Subtitles && is_first(&|other| other.forced),
                },
                Bytes::Source { .. } => {
                    let is_added = |other: &Item| other.default && !other.source_flags.default;
                    let added = of_kind().any(|(_, other)| is_added(other));
                    let default = if added { is_first(&is_added) } else { item.default };
                    TrackFlags { default, forced: item.forced }
                }
            }
        });
        Self { flags: flags.collect() }
    }

    fn flags(&self, index: usize) -> TrackFlags {
        self.flags.get(index).copied().unwrap_or_default()
    }
}

fn push(tokens: &mut Vec<String>, option: &str, value: String) {
    tokens.extend([option.to_owned(), value]);
}

fn yes_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

pub(crate) fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("the name of `{}` is not valid UTF-8; mkvmerge can not be told of it", path.display()))
            .help("rename the file or folder")
    })
}

/// The text of an options file: one line, not escaped beyond what JSON needs.
pub(crate) fn options_file(tokens: &[String]) -> Result<String> {
    let quoted = tokens.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", quoted.join(", ")))
}
