//! Running ffmpeg, mkvmerge and the like: logging, progress, cancellation, errors.
