//! The command line of mkvmerge, as the list that its options file holds.
//!
//! Tracks with a file of their own are one input each and get every property as an option, in the reference program's order.
//! Tracks that are read in their source share one input, so that its bytes are read once, and keep what is not told: languages,
//! names and tags stay as they are. Flags are always told, because mkvmerge has defaults of its own where a container has none.

use crate::{
    defaults,
    delay::{Timeline, sync_ms},
    item::{Bytes, Item},
    options_file::text,
};
use std::path::PathBuf;
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

/// A source file, for what is read from it beside tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Attachments that are kept (ids in mkvmerge).
    pub(crate) attachments: Vec<u64>,
    /// Whether it has chapters that a global shift has to move; mkvmerge warns if it is told to move what is not there.
    pub(crate) has_chapters: bool,
}

/// Options for items in their final order.
pub(crate) fn tokens(items: &[Item], sources: &[Source], delays: &Delays, settings: &Settings) -> Result<Vec<String>> {
    let mut tokens = Vec::new();
    if let Some(chapters) = &settings.chapters {
        push(&mut tokens, "--chapters", text(chapters)?);
    }
    if settings.disable_track_statistics_tags {
        tokens.push("--disable-track-statistics-tags".into());
    }
    let timeline = Timeline::of(items, REFERENCE);
    let tracks: Vec<Muxed<'_>> = items
        .iter()
        .zip(defaults::flags(items))
        .map(|(item, flags)| Muxed { item, flags, sync_ms: sync_ms(item, delays, &timeline) })
        .collect();
    let mut order = Vec::new();
    // The sources of the inputs so far; a file of its own has none.
    let mut inputs: Vec<Option<&str>> = Vec::new();
    for track in &tracks {
        let name = track.item.source.as_str();
        match &track.item.bytes {
            Bytes::Own(_) => {
                order.push(format!("{}:0", inputs.len()));
                inputs.push(None);
                own_file(&mut tokens, track, settings)?;
            }
            Bytes::Source { path, .. } => {
                let input = inputs.iter().position(|known| *known == Some(name)).unwrap_or(inputs.len());
                order.push(format!("{input}:{}", track.item.id));
                if input == inputs.len() {
                    inputs.push(Some(name));
                    let is_in = |other: &&Muxed<'_>| {
                        matches!(other.item.bytes, Bytes::Source { .. }) && other.item.source == name
                    };
                    let tracks: Vec<&Muxed<'_>> = tracks.iter().filter(is_in).collect();
                    let known = sources.iter().find(|source| source.name == name).cloned();
                    let source = known.unwrap_or_else(|| Source {
                        name: name.into(),
                        path: path.clone(),
                        attachments: Vec::new(),
                        has_chapters: false,
                    });
                    in_source(&mut tokens, &source, &tracks, delays, settings)?;
                }
            }
        }
    }
    // Chapters and attachments of sources of which no track is read directly.
    for source in sources.iter().filter(|source| !inputs.contains(&Some(source.name.as_str()))) {
        if source.name == REFERENCE || !source.attachments.is_empty() {
            in_source(&mut tokens, source, &[], delays, settings)?;
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

/// An item with what all items together decide.
struct Muxed<'a> {
    item: &'a Item,
    flags: TrackFlags,
    sync_ms: i64,
}

/// One source as an input: options of its tracks, what else is read from it, its path.
fn in_source(
    tokens: &mut Vec<String>,
    source: &Source,
    tracks: &[&Muxed<'_>],
    delays: &Delays,
    settings: &Settings,
) -> Result<()> {
    for track in tracks {
        kept_track(tokens, track, settings);
    }
    let is_reference = source.name == REFERENCE;
    let keeps_chapters = is_reference && settings.chapters.is_none();
    select(tokens, tracks, &source.attachments);
    if !keeps_chapters {
        tokens.push("--no-chapters".into());
    } else if delays.global_shift_ms() != 0 && source.has_chapters {
        push(tokens, "--chapter-sync", delays.global_shift_ms().to_string());
    }
    if !is_reference {
        tokens.push("--no-global-tags".into());
    }
    tokens.extend(["(".into(), text(&source.path)?, ")".into()]);
    Ok(())
}

/// All options of a track in a file of its own.
fn own_file(tokens: &mut Vec<String>, track: &Muxed<'_>, settings: &Settings) -> Result<()> {
    let Muxed { item, flags, sync_ms } = track;
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
    for (option, set) in &item.other_flags {
        push(tokens, option, format!("0:{}", yes_no(*set)));
    }
    coding(tokens, item, 0, settings);
    if let (TrackType::Video, Some(ratio)) = (item.kind, &item.aspect_ratio) {
        push(tokens, "--aspect-ratio", format!("0:{ratio}"));
    }
    tokens.extend(["(".into(), text(item.bytes.path())?, ")".into()]);
    Ok(())
}

/// Options of a track that is read in its source.
fn kept_track(tokens: &mut Vec<String>, track: &Muxed<'_>, settings: &Settings) {
    let Muxed { item, flags, sync_ms } = track;
    let id = item.id;
    if let Some(language) = &item.custom_language {
        push(tokens, "--language", format!("{id}:{language}"));
    }
    if let Some(name) = &item.custom_name {
        push(tokens, "--track-name", format!("{id}:{name}"));
    }
    push(tokens, "--sync", format!("{id}:{sync_ms:+}"));
    push(tokens, "--default-track-flag", format!("{id}:{}", yes_no(flags.default)));
    push(tokens, "--forced-display-flag", format!("{id}:{}", yes_no(flags.forced)));
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

/// Which tracks and attachments of a source are read.
fn select(tokens: &mut Vec<String>, tracks: &[&Muxed<'_>], attachments: &[u64]) {
    let kinds = [
        (TrackType::Video, "--video-tracks", "--no-video"),
        (TrackType::Audio, "--audio-tracks", "--no-audio"),
        (TrackType::Subtitles, "--subtitle-tracks", "--no-subtitles"),
    ];
    for (kind, some, none) in kinds {
        let ids = tracks.iter().filter(|track| track.item.kind == kind).map(|track| track.item.id.to_string());
        push_selection(tokens, ids.collect(), some, none);
    }
    tokens.push("--no-buttons".into());
    push_selection(tokens, attachments.iter().map(u64::to_string).collect(), "--attachments", "--no-attachments");
}

fn push_selection(tokens: &mut Vec<String>, ids: Vec<String>, some: &str, none: &str) {
    if ids.is_empty() {
        tokens.push(none.into());
    } else {
        push(tokens, some, ids.join(","));
    }
}

fn push(tokens: &mut Vec<String>, option: &str, value: String) {
    tokens.extend([option.to_owned(), value]);
}

fn yes_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}
