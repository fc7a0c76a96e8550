//! Which tracks go into the output, in which order: pure functions over what the sources hold.

use vsg_matroska_info::is_same_language;
use vsg_plugin_api::prelude::*;

params! {
    /// Chooses tracks: all that match every field that is given, in the order of sources and files.
    pub struct Rule {
        /// Source: `Source 1`, `Source 2`, …, `reference` or `targets`.
        source: Option<String> = None,
        /// Type of the track.
        #[serde(rename = "type")]
        kind: Option<TrackType> = None,
        /// Id in mkvmerge.
        id: Option<u64> = None,
        /// Language (ISO 639 or BCP 47).
        language: Option<String> = None,
        /// Part of the track's name, in any case.
        name: Option<String> = None,
        /// Sets whether players choose the track by themselves.
        default: Option<bool> = None,
        /// Sets whether the track is shown even if subtitles are off.
        forced: Option<bool> = None,
        /// Sets the name.
        set_name: Option<String> = None,
        /// Sets the language.
        set_language: Option<String> = None,
    }
}

/// The layout without rules: everything of the reference, then audio, then subtitles of each target, none of which is default.
pub(crate) fn default_tracks(sources: &[Media]) -> Vec<LayoutTrack> {
    let mut tracks: Vec<LayoutTrack> = Vec::new();
    for kind in [TrackType::Video, TrackType::Audio, TrackType::Subtitles] {
        for (index, media) in sources.iter().enumerate().filter(|(index, _)| *index == 0 || kind != TrackType::Video) {
            let of_kind = media.tracks.iter().filter(|track| track.kind == kind);
            tracks.extend(of_kind.map(|track| {
                let plain = layout_track(media, track);
                if index == 0 { plain } else { LayoutTrack { default: false, ..plain } }
            }));
        }
    }
    tracks
}

/// The layout that rules ask for, and what is to be said about it. Of each type the first track that a rule makes default is
/// the only default; without one, those of the reference stay.
pub(crate) fn chosen_tracks(sources: &[Media], rules: &[Rule]) -> (Vec<LayoutTrack>, Vec<String>) {
    let mut tracks: Vec<LayoutTrack> = Vec::new();
    let mut defaults: Vec<(TrackType, usize)> = Vec::new();
    let mut warnings = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let mut matched = false;
        for (index, media) in sources.iter().enumerate() {
            for track in media.tracks.iter().filter(|track| rule.matches(index, media, track)) {
                matched = true;
                if index > 0 && track.kind == TrackType::Video {
                    warnings.push(format!(
                        "Skipping video track from {} (ID {}). Video is only allowed from Source 1.",
                        media.source, track.id
                    ));
                } else if !tracks.iter().any(|known| known.source == media.source && known.id == track.id) {
                    if rule.default == Some(true) && !defaults.iter().any(|(kind, _)| *kind == track.kind) {
                        defaults.push((track.kind, tracks.len()));
                    }
                    let plain = layout_track(media, track);
                    tracks.push(rule.apply(LayoutTrack { default: plain.default && index == 0, ..plain }));
                }
            }
        }
        if !matched {
            warnings.push(format!("Rule {} of the layout matches no track.", number + 1));
        }
    }
    for (kind, default) in defaults {
        let of_kind = tracks.iter_mut().enumerate().filter(|(_, track)| track.kind == kind);
        of_kind.for_each(|(index, track)| track.default = index == default);
    }
    (tracks, warnings)
}

impl Rule {
    fn matches(&self, index: usize, media: &Media, track: &MediaTrack) -> bool {
        let source = self.source.as_deref().is_none_or(|source| match source {
            "reference" => index == 0,
            "targets" => index > 0,
            name => name.eq_ignore_ascii_case(&media.source),
        });
        let language = self.language.as_deref().is_none_or(|wanted| {
            let mut codes = [Some(track.language.as_str()), track.language_ietf.as_deref()].into_iter().flatten();
            match wanted {
                // More than a language: `pt-BR`, `zh-Hant`.
                tag if tag.contains('-') => codes.any(|code| code.eq_ignore_ascii_case(tag)),
                "und" => codes.all(|code| code == "und"),
                language => codes.any(|code| is_same_language(code, language)),
            }
        });
        let name = self.name.as_deref().is_none_or(|part| track.name.to_lowercase().contains(&part.to_lowercase()));
        let kind = self.kind.map_or(track.kind != TrackType::Other, |kind| kind == track.kind);
        source && language && name && kind && self.id.is_none_or(|id| id == track.id)
    }

    fn apply(&self, track: LayoutTrack) -> LayoutTrack {
        LayoutTrack {
            default: self.default.unwrap_or(track.default),
            forced: self.forced.unwrap_or(track.forced),
            custom_name: self.set_name.clone(),
            custom_language: self.set_language.clone(),
            ..track
        }
    }
}

fn layout_track(media: &Media, track: &MediaTrack) -> LayoutTrack {
    LayoutTrack {
        source: media.source.clone(),
        id: track.id,
        kind: track.kind,
        codec_id: track.codec_id.clone(),
        language: track.language.clone(),
        custom_language: None,
        name: track.name.clone(),
        custom_name: None,
        default: track.flags.default,
        forced: track.flags.forced,
    }
}

/// All attachments of the reference, and the fonts of those targets whose styled subtitles are kept, without twins.
pub(crate) fn attachments(sources: &[Media], tracks: &[LayoutTrack]) -> Vec<LayoutAttachment> {
    let mut kept: Vec<(LayoutAttachment, u64)> = Vec::new();
    for (index, media) in sources.iter().enumerate() {
        let needs_fonts = tracks.iter().any(|track| track.source == media.source && is_styled(&track.codec_id));
        for attachment in &media.attachments {
            let wanted = index == 0 || (needs_fonts && is_font(attachment));
            let is_twin = |(known, size): &(LayoutAttachment, u64)| {
                known.source != media.source && known.file_name == attachment.file_name && *size == attachment.size
            };
            if wanted && !kept.iter().any(is_twin) {
                let (source, id) = (media.source.clone(), attachment.id);
                kept.push((LayoutAttachment { source, id, file_name: attachment.file_name.clone() }, attachment.size));
            }
        }
    }
    kept.into_iter().map(|(attachment, _)| attachment).collect()
}

fn is_styled(codec_id: &str) -> bool {
    codec_id.contains("S_TEXT/ASS") || codec_id.contains("S_TEXT/SSA")
}

/// Whether an attachment is a font, by its type or the end of its name.
fn is_font(attachment: &AttachmentInfo) -> bool {
    const TYPES: [&str; 5] = ["font", "truetype", "opentype", "application/postscript", "application/x-font-type1"];
    const ENDS: [&str; 10] = [".ttf", ".otf", ".ttc", ".woff", ".woff2", ".eot", ".fon", ".fnt", ".pfb", ".pfa"];
    let (kind, name) = (attachment.content_type.to_lowercase(), attachment.file_name.to_lowercase());
    TYPES.iter().any(|part| kind.contains(part)) || ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(source: &str, tracks: &[(TrackType, &str, &str)]) -> Media {
        let tracks = tracks.iter().enumerate().map(|(id, (kind, codec_id, language))| MediaTrack {
            id: id as u64,
            kind: *kind,
            codec_id: (*codec_id).into(),
            language: (*language).into(),
            name: format!("{language} {kind}"),
            flags: TrackFlags { default: true, forced: false },
            ..MediaTrack::default()
        });
        let attachment = |id, name: &str, size| AttachmentInfo {
            id,
            file_name: name.into(),
            content_type: "application/octet-stream".into(),
            size,
        };
        Media {
            source: source.into(),
            tracks: tracks.collect(),
            attachments: vec![attachment(1, "Font.TTF", 10), attachment(2, "cover.jpg", 20)],
            ..Media::default()
        }
    }

    fn pair() -> Vec<Media> {
        use TrackType::{Audio, Subtitles, Video};
        vec![
            media("Source 1", &[(Video, "V", "und"), (Audio, "A", "jpn"), (Subtitles, "S_TEXT/UTF8", "eng")]),
            media("Source 2", &[(Video, "V", "und"), (Audio, "A", "ger"), (Subtitles, "S_TEXT/ASS", "ger")]),
        ]
    }

    fn places(tracks: &[LayoutTrack]) -> Vec<(&str, u64, bool)> {
        tracks.iter().map(|track| (track.source.as_str(), track.id, track.default)).collect()
    }

    #[test]
    fn without_rules_the_reference_is_whole_and_targets_add_sound_and_text() {
        assert_eq!(
            places(&default_tracks(&pair())),
            [
                ("Source 1", 0, true),
                ("Source 1", 1, true),
                ("Source 2", 1, false),
                ("Source 1", 2, true),
                ("Source 2", 2, false)
            ]
        );
    }

    #[test]
    fn rules_choose_order_and_set_flags() {
        let rules = [
            Rule {
                source: Some("targets".into()),
                language: Some("de".into()),
                default: Some(true),
                ..Rule::default()
            },
            Rule { source: Some("reference".into()), kind: Some(TrackType::Video), ..Rule::default() },
            Rule { name: Some("nothing".into()), ..Rule::default() },
        ];
        let (tracks, warnings) = chosen_tracks(&pair(), &rules);
        assert_eq!(places(&tracks), [("Source 2", 1, true), ("Source 2", 2, true), ("Source 1", 0, true)]);
        assert_eq!(warnings, ["Rule 3 of the layout matches no track."]);
    }

    #[test]
    fn a_default_that_a_rule_asks_for_is_the_only_one_of_its_type() {
        let all = |source: &str| Rule { source: Some(source.into()), ..Rule::default() };
        let defaults = |rules: &[Rule]| {
            let (tracks, _) = chosen_tracks(&pair(), rules);
            let defaults = tracks.iter().filter(|track| track.default);
            defaults.map(|track| (track.source.clone(), track.id)).collect::<Vec<_>>()
        };
        let of = |list: &[(&str, u64)]| list.iter().map(|(s, id)| ((*s).to_owned(), *id)).collect::<Vec<_>>();
        let kept = of(&[("Source 1", 0), ("Source 1", 1), ("Source 1", 2)]);
        assert_eq!(defaults(&[all("reference"), all("targets")]), kept, "targets add no defaults");
        let dub = Rule { kind: Some(TrackType::Audio), default: Some(true), ..all("targets") };
        let dubbed = of(&[("Source 1", 0), ("Source 1", 2), ("Source 2", 1)]);
        assert_eq!(defaults(&[all("reference"), dub, all("targets")]), dubbed);
    }

    #[test]
    fn rules_know_regions_and_tracks_without_a_language() {
        let mut sources = pair();
        sources[1].tracks[1].language_ietf = Some("pt-BR".into());
        let chosen = |language: &str| {
            let rule = Rule { language: Some(language.into()), kind: Some(TrackType::Audio), ..Rule::default() };
            chosen_tracks(&sources, &[rule]).0.len()
        };
        assert_eq!([chosen("pt-br"), chosen("pt-PT"), chosen("pt"), chosen("und")], [1, 0, 1, 0]);
        let rule = Rule { language: Some("und".into()), ..Rule::default() };
        assert_eq!(places(&chosen_tracks(&sources, &[rule]).0), [("Source 1", 0, true)]);
    }

    #[test]
    fn video_of_a_target_is_never_taken() {
        let rules = [Rule { kind: Some(TrackType::Video), ..Rule::default() }];
        let (tracks, warnings) = chosen_tracks(&pair(), &rules);
        assert_eq!(places(&tracks), [("Source 1", 0, true)]);
        assert!(warnings[0].contains("Video is only allowed from Source 1"));
    }

    #[test]
    fn fonts_of_a_target_come_with_its_styled_subtitles_unless_they_are_there() {
        let sources = pair();
        let kept = attachments(&sources, &default_tracks(&sources));
        assert_eq!(kept.len(), 2, "the twin of the reference's font is left out: {kept:?}");
        let mut doubled = pair();
        let font = doubled[0].attachments[0].clone();
        doubled[0].attachments.push(AttachmentInfo { id: 3, ..font });
        assert_eq!(attachments(&doubled, &[]).len(), 3, "everything of the reference is kept");
        let mut other = pair();
        other[1].attachments[0].size = 11;
        let kept = attachments(&other, &default_tracks(&other));
        assert_eq!(kept.last().map(|a| (a.source.as_str(), a.id)), Some(("Source 2", 1)));
    }
}
