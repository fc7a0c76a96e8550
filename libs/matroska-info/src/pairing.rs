//! Which of ffprobe's streams is which of mkvmerge's tracks: the n-th of a kind is the n-th of that kind.

use crate::{Media, Probe, Stream, Track, TrackKind};

/// The stream that belongs to `track`.
///
/// Covers are left out of the count: ffprobe shows them as video, mkvmerge as attachments.
#[must_use]
pub fn stream_of<'a>(track: &Track, media: &Media, probe: &'a Probe) -> Option<&'a Stream> {
    if matches!(track.kind, TrackKind::Buttons | TrackKind::Other) {
        return None;
    }
    let place = media.of_kind(track.kind).position(|other| other.id == track.id)?;
    probe.streams.iter().filter(|stream| stream.kind == track.kind && !stream.disposition.attached_picture).nth(place)
}

/// The place of `track` among all audio tracks of the file, from 0: the N of ffmpeg's `0:a:N`.
#[must_use]
pub fn audio_position(track: &Track, media: &Media) -> Option<usize> {
    media.of_kind(TrackKind::Audio).position(|other| other.id == track.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_pair_by_kind_and_covers_do_not_count() {
        let media = Media::from_json(
            br#"{"tracks": [{"id": 7, "type": "audio"}, {"id": 3, "type": "video"}, {"id": 9, "type": "audio"},
                            {"id": 1, "type": "buttons"}]}"#,
        )
        .unwrap();
        let probe = Probe::from_json(
            br#"{"streams": [{"index": 0, "codec_type": "video", "disposition": {"attached_pic": 1}},
                             {"index": 1, "codec_type": "audio"}, {"index": 2, "codec_type": "video"},
                             {"index": 3, "codec_type": "data"}, {"index": 4, "codec_type": "audio"}]}"#,
        )
        .unwrap();
        let pairs: Vec<_> =
            media.tracks.iter().map(|track| stream_of(track, &media, &probe).map(|stream| stream.index)).collect();
        assert_eq!(pairs, [Some(1), Some(2), Some(4), None]);
        assert_eq!(
            media.tracks.iter().map(|track| audio_position(track, &media)).collect::<Vec<_>>(),
            [Some(0), None, Some(1), None]
        );
    }
}
