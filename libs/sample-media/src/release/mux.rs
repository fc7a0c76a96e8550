//! Puts the encoded streams into one file, with mkvmerge or ffmpeg.

use std::path::{Path, PathBuf};

use super::{Container, Release, SubtitleFormat, chapters, subtitles};
use crate::tools::{Tools, args};
use crate::{Error, Result};

/// A stream by itself and what the file is to say about it.
struct Part<'a> {
    file: PathBuf,
    /// ffmpeg's letter for the type: `v`, `a`, `s`.
    kind: char,
    /// Number among the tracks of its type.
    number: usize,
    language: &'a str,
    name: Option<&'a str>,
    default: bool,
    forced: bool,
    start_ms: i32,
}

/// Writes the file into `folder` and gives its path there.
pub(super) fn mux(
    release: &Release,
    picture: Option<PathBuf>,
    audio: Vec<PathBuf>,
    folder: &Path,
    tools: &Tools,
) -> Result<PathBuf> {
    let parts = parts(release, picture, audio, folder)?;
    match release.container {
        Container::Matroska => by_mkvmerge(release, &parts, folder, tools),
        Container::MatroskaByFfmpeg => by_ffmpeg(release, &parts, folder, "mkv", tools),
        Container::Mp4 => by_ffmpeg(release, &parts, folder, "mp4", tools),
    }
}

fn parts<'a>(
    release: &'a Release,
    picture: Option<PathBuf>,
    audio: Vec<PathBuf>,
    folder: &Path,
) -> Result<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    if let (Some(file), Some(picture)) = (picture, release.picture) {
        let start_ms = picture.start_ms;
        parts.push(Part {
            file,
            kind: 'v',
            number: 0,
            language: "und",
            name: None,
            default: true,
            forced: false,
            start_ms,
        });
    }
    for (number, (file, track)) in audio.into_iter().zip(&release.audio).enumerate() {
        parts.push(Part {
            file,
            kind: 'a',
            number,
            language: &track.language,
            name: track.name.as_deref(),
            default: track.default,
            forced: false,
            start_ms: track.start_ms,
        });
    }
    for (number, track) in release.subtitles.iter().enumerate() {
        let extension = if track.format == SubtitleFormat::Ass { "ass" } else { "srt" };
        parts.push(Part {
            file: write(folder, &format!("subtitle{number}.{extension}"), &subtitles::subtitle_file(release, track))?,
            kind: 's',
            number,
            language: track.language.tag(),
            name: track.name.as_deref(),
            default: track.default,
            forced: track.forced,
            start_ms: track.start_ms,
        });
    }
    Ok(parts)
}

fn by_mkvmerge(release: &Release, parts: &[Part<'_>], folder: &Path, tools: &Tools) -> Result<PathBuf> {
    let out = folder.join("out.mkv");
    let yes_no = |flag: bool| if flag { "0:yes" } else { "0:no" };
    // The same release gives the same unique numbers, and no date.
    let mut args = args!["--deterministic", release.programme.seed.to_string(), "--output", &out].to_vec();
    if let Some(title) = &release.title {
        args.extend(args!["--title", title]);
    }
    for part in parts {
        args.extend(args!["--language", format!("0:{}", part.language)]);
        args.extend(args!["--default-track", yes_no(part.default), "--forced-track", yes_no(part.forced)]);
        if let Some(name) = part.name {
            args.extend(args!["--track-name", format!("0:{name}")]);
        }
        if part.start_ms != 0 {
            args.extend(args!["--sync", format!("0:{}", part.start_ms)]);
        }
        args.extend(args!["--no-global-tags", &part.file]);
    }
    if !release.chapters.is_empty() {
        let file = write(folder, "chapters.txt", &chapters::chapter_file(release))?;
        args.extend(args!["--chapter-language", "eng", "--chapters", file]);
    }
    for (number, attachment) in release.attachments.iter().enumerate() {
        let file = write(folder, &format!("attachment{number}"), &attachment.content)?;
        args.extend(args!["--attachment-name", &attachment.name, "--attachment-mime-type", &attachment.mime]);
        args.extend(args!["--attach-file", file]);
    }
    tools.mkvmerge("putting the streams into a Matroska file".into(), folder).output(&args)?;
    Ok(out)
}

fn by_ffmpeg(release: &Release, parts: &[Part<'_>], folder: &Path, extension: &str, tools: &Tools) -> Result<PathBuf> {
    let out = folder.join(format!("out.{extension}"));
    let mut args = args!["-hide_banner", "-loglevel", "error", "-nostdin"].to_vec();
    for part in parts {
        if part.start_ms != 0 {
            args.extend(args!["-itsoffset", format!("{}ms", part.start_ms)]);
        }
        args.extend(args!["-i", &part.file]);
    }
    if !release.chapters.is_empty() {
        let file = write(folder, "chapters.txt", &chapters::chapter_metadata(release))?;
        args.extend(args!["-f", "ffmetadata", "-i", file, "-map_chapters", parts.len().to_string()]);
    }
    args.extend(args!["-map_metadata", "-1", "-fflags", "+bitexact", "-c", "copy"]);
    if extension == "mp4" {
        args.extend(args!["-c:s", "mov_text", "-strict", "-2"]);
    }
    if let Some(title) = &release.title {
        args.extend(args!["-metadata", format!("title={title}")]);
    }
    for (input, Part { kind, number, language, name, default, forced, .. }) in parts.iter().enumerate() {
        let flags = [(*default, "default"), (*forced, "forced")];
        let flags: Vec<&str> = flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect();
        let flags = if flags.is_empty() { "0".to_owned() } else { flags.join("+") };
        args.extend(args!["-map", input.to_string(), format!("-disposition:{kind}:{number}"), flags]);
        args.extend(args![format!("-metadata:s:{kind}:{number}"), format!("language={language}")]);
        if let Some(name) = name {
            let key = if extension == "mp4" { "handler_name" } else { "title" };
            args.extend(args![format!("-metadata:s:{kind}:{number}"), format!("{key}={name}")]);
        }
    }
    for (number, attachment) in release.attachments.iter().enumerate() {
        let file = write(folder, &format!("attachment{number}"), &attachment.content)?;
        args.extend(args!["-attach", file, format!("-metadata:s:t:{number}"), format!("mimetype={}", attachment.mime)]);
        args.extend(args![format!("-metadata:s:t:{number}"), format!("filename={}", attachment.name)]);
    }
    args.extend(args!["-y", &out]);
    tools.ffmpeg(format!("putting the streams into an {extension} file"), folder).output(&args)?;
    Ok(out)
}

fn write(folder: &Path, name: &str, content: &str) -> Result<PathBuf> {
    let file = folder.join(name);
    std::fs::write(&file, content).map_err(|source| Error::io("writing a part of the file", &file, source))?;
    Ok(file)
}
