//! What `mkvmerge -J` and ffprobe say about a media file, typed.
