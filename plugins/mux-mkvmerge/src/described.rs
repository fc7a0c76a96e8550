//! What a source says of a track whose bytes come from elsewhere now; mkvmerge has to be told, because it can not read it there.

use crate::item::{Bytes, Item};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};
use vsg_plugin_api::prelude::*;

/// Properties in the answer of `mkvmerge -J`, what they are unless told, and the options that set them.
const FLAGS: [(&str, bool, &str); 6] = [
    ("enabled_track", true, "--track-enabled-flag"),
    ("flag_hearing_impaired", false, "--hearing-impaired-flag"),
    ("flag_visual_impaired", false, "--visual-impaired-flag"),
    ("flag_text_descriptions", false, "--text-descriptions-flag"),
    ("flag_original", false, "--original-flag"),
    ("flag_commentary", false, "--commentary-flag"),
];

/// Gives tracks in files of their own what their source says of them, in a job that reads the other tracks in their sources.
/// `identify` is asked once for each source.
pub(crate) fn describe(
    items: &mut [Item],
    sources: &[Tracks],
    identify: impl Fn(&Path) -> Result<Vec<u8>>,
) -> Result<()> {
    if !items.iter().any(|item| matches!(item.bytes, Bytes::Source { .. })) {
        return Ok(());
    }
    let mut answers: BTreeMap<&str, Value> = BTreeMap::new();
    for item in items.iter_mut().filter(|item| matches!(item.bytes, Bytes::Own(_))) {
        let Some(source) = sources.iter().find(|source| source.source == item.source) else { continue };
        if !answers.contains_key(source.source.as_str()) {
            let answer = serde_json::from_slice(&identify(&source.path)?).map_err(|error| {
                Error::new(format!("mkvmerge does not describe `{}`: {error}", source.path.display()))
                    .help("run vsg-host doctor; the installed mkvmerge may not be a working one")
            })?;
            answers.insert(&source.source, answer);
        }
        let tracks = answers.get(source.source.as_str()).and_then(|answer| answer["tracks"].as_array());
        let track = tracks.into_iter().flatten().find(|track| track["id"].as_u64() == Some(item.id));
        if let Some(track) = track {
            take_over(item, &track["properties"]);
        }
    }
    Ok(())
}

fn take_over(item: &mut Item, properties: &Value) {
    if let Some(language) = properties["language_ietf"].as_str().filter(|language| !language.is_empty()) {
        language.clone_into(&mut item.language);
    }
    item.other_flags = FLAGS
        .iter()
        .filter_map(|(name, usual, option)| {
            let set = properties[*name].as_bool().filter(|set| set != usual)?;
            Some((*option, set))
        })
        .collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passthrough_tests::{kept, own};

    const ANSWER: &str = r#"{"tracks": [{"id": 0, "properties": {}}, {"id": 3, "properties": {"language": "por", "language_ietf": "pt-BR",
        "enabled_track": false, "flag_original": false, "flag_commentary": true}}]}"#;

    fn described(mut items: Vec<Item>) -> Vec<Item> {
        let source = Tracks { source: "Source 2".into(), path: "2.mkv".into(), tracks: Vec::new() };
        describe(&mut items, &[source], |path| {
            assert_eq!(path, Path::new("2.mkv"));
            Ok(ANSWER.into())
        })
        .unwrap();
        items
    }

    #[test]
    fn a_track_in_a_file_of_its_own_keeps_what_its_source_says_of_it() {
        let items = described(vec![kept(1, 0, TrackType::Video), own(2, 3, TrackType::Subtitles)]);
        assert_eq!((items[0].language.as_str(), items[0].other_flags.len()), ("jpn", 0));
        assert_eq!(items[1].language, "pt-BR");
        assert_eq!(items[1].other_flags, [("--track-enabled-flag", false), ("--commentary-flag", true)]);
    }

    #[test]
    fn where_all_tracks_are_in_files_nothing_is_added() {
        let items = vec![own(1, 0, TrackType::Video), own(2, 3, TrackType::Subtitles)];
        assert_eq!(described(items.clone()), items);
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        let mut items = vec![kept(1, 0, TrackType::Video), own(2, 3, TrackType::Subtitles)];
        let source = Tracks { source: "Source 2".into(), path: "2.mkv".into(), tracks: Vec::new() };
        assert!(describe(&mut items, &[source], |_| Ok(b"mkvmerge".to_vec())).is_err());
    }
}
