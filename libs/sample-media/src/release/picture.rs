//! The picture: flat, moving shapes that change completely at every cut, with the programme's time written in them.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Release;
use crate::progress::Meter;
use crate::rng::Rng;
use crate::tools::{Tools, args};
use crate::{Programme, Result};

/// Frames per second as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FrameRate {
    /// Numerator.
    pub frames: u32,
    /// Denominator.
    pub seconds: u32,
}

impl FrameRate {
    /// 24000/1001 frames per second.
    pub const FILM_NTSC: Self = Self { frames: 24_000, seconds: 1001 };
    /// 25 frames per second.
    pub const PAL: Self = Self { frames: 25, seconds: 1 };

    /// Frames per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }
}

/// The video track: H.264, or MPEG-4 part 2 where ffmpeg has no libx264.
///
/// Releases show the same frames of the film, so the picture of a shifted release is shifted by whole frames: by the
/// delay, rounded to the nearest frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// Width (pixels), even.
    pub width: u32,
    /// Height (pixels), even.
    pub height: u32,
    /// Frames per second.
    pub rate: FrameRate,
    /// Shift of the track in the container (ms).
    pub start_ms: i32,
}

impl Picture {
    /// 320 x 180 at 23.976 frames per second.
    pub const SMALL: Self = Self { width: 320, height: 180, rate: FrameRate::FILM_NTSC, start_ms: 0 };
    /// 128 x 72 at 23.976 frames per second, for long files.
    pub const TINY: Self = Self { width: 128, height: 72, ..Self::SMALL };
}

/// Encodes the picture into `folder`; gives the file, or nothing for a release without one.
pub(super) fn encode(release: &Release, folder: &Path, tools: &Tools, meter: &Meter<'_>) -> Result<Option<PathBuf>> {
    let Some(picture) = release.picture else {
        return Ok(None);
    };
    let FrameRate { frames, seconds } = picture.rate;
    let file = folder.join("picture.mp4");
    let mut args = args!["-hide_banner", "-loglevel", "error", "-nostdin", "-f", "rawvideo"].to_vec();
    args.extend(args!["-pix_fmt", "yuv420p", "-video_size", format!("{}x{}", picture.width, picture.height)]);
    args.extend(args!["-framerate", format!("{frames}/{seconds}"), "-i", "pipe:0", "-map_metadata", "-1"]);
    args.extend(args!["-fflags", "+bitexact", "-flags:v", "+bitexact"]);
    let (encoders, _) = tools.ffmpeg("asking ffmpeg for its encoders".into(), folder).output(&args![
        "-hide_banner",
        "-loglevel",
        "error",
        "-encoders"
    ])?;
    if encoders.contains(" libx264 ") {
        args.extend(args!["-c:v", "libx264", "-preset", "superfast", "-crf", "30", "-bf", "2"]);
    } else {
        args.extend(args!["-c:v", "mpeg4", "-q:v", "8"]);
    }
    args.extend(args!["-y", &file]);

    let call = tools.ffmpeg("encoding the picture".into(), folder);
    call.feed(&args, |stdin| {
        let per_second = picture.rate.per_second();
        let shift = (release.delay_ms / 1000.0 * per_second).round() as i64;
        let mut planes = vec![0_u8; (picture.width * picture.height * 3 / 2) as usize];
        for frame in 0..(release.duration_s * per_second).round() as i64 {
            draw(&release.programme, &picture, frame + shift, &mut planes);
            stdin.write_all(&planes).map_err(|source| call.pipe_error(source))?;
            meter.add(1.0 / per_second)?;
        }
        Ok(())
    })?;
    Ok(Some(file))
}

/// Draws frame `frame` of the film as planar YUV 4:2:0.
fn draw(programme: &Programme, picture: &Picture, frame: i64, planes: &mut [u8]) {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let time_s = frame as f64 / picture.rate.per_second();
    let scene = programme.scene_at(time_s);
    let since_cut_s = time_s - programme.cut_s(scene);
    let mut rng = Rng::new(programme.seed, "look", scene);
    let (luma, chroma) = planes.split_at_mut(width * height);

    let base = rng.range(40.0, 150.0);
    let (slope_x, slope_y) = (rng.range(-50.0, 70.0) / width as f64, rng.range(-30.0, 40.0) / height as f64);
    for (y, row) in luma.chunks_exact_mut(width).enumerate() {
        let start = ((base + slope_y * y as f64) * 256.0) as i32;
        let step = (slope_x * 256.0) as i32;
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = ((start + step * x as i32) >> 8).clamp(16, 235) as u8;
        }
    }
    let (blue, red) = chroma.split_at_mut(width * height / 4);
    blue.fill(rng.range(70.0, 186.0) as u8);
    red.fill(rng.range(70.0, 186.0) as u8);

    for _ in 0..3 {
        let size = rng.range(0.12, 0.35) * height as f64;
        let bounce = |start: f64, speed: f64, room: f64| {
            let position = (start + speed * since_cut_s).rem_euclid(2.0);
            (room * (1.0 - (position - 1.0).abs())) as usize
        };
        let x = bounce(rng.range(0.0, 2.0), rng.range(-0.5, 0.5), width as f64 - 2.0 * size);
        let y = bounce(rng.range(0.0, 2.0), rng.range(-0.5, 0.5), height as f64 - size);
        let shade = rng.range(30.0, 225.0) as u8;
        block(luma, width, [x, y, 2 * size as usize, size as usize], shade);
    }
    write_time(luma, width, time_s, picture.rate);
}

/// Fills the rectangle x, y, width, height.
fn block(luma: &mut [u8], width: usize, [x, y, wide, high]: [usize; 4], shade: u8) {
    for row in luma.chunks_exact_mut(width).skip(y).take(high) {
        row[x.min(width)..(x + wide).min(width)].fill(shade);
    }
}

/// Writes minutes, seconds and frames of the programme into the upper left corner.
fn write_time(luma: &mut [u8], width: usize, time_s: f64, rate: FrameRate) {
    /// Digits and a colon, three pixels by five, a row per octal digit.
    const GLYPHS: [u16; 11] =
        [0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71244, 0o75757, 0o75717, 0o02020];
    let whole_s = time_s.floor();
    let frame = ((time_s - whole_s) * rate.per_second() + 1e-6) as usize;
    let second = whole_s.abs() as usize;
    let (minute, second) = (second / 60 % 100, second % 60);
    let text = [minute / 10, minute % 10, 10, second / 10, second % 10, 10, frame / 10 % 10, frame % 10];
    let dot = (width / 100).max(1);
    block(luma, width, [dot, dot, (text.len() * 4 + 1) * dot, 7 * dot], 16);
    for (position, glyph) in text.into_iter().enumerate() {
        for row in 0..5 {
            for column in 0..3 {
                if GLYPHS[glyph] >> (3 * (4 - row) + (2 - column)) & 1 == 1 {
                    block(luma, width, [(2 + 4 * position + column) * dot, (2 + row) * dot, dot, dot], 235);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_differ_most_where_the_picture_cuts() {
        let (film, picture) = (Programme::new(2), Picture::TINY);
        let frame = |number| {
            let mut planes = vec![0; 128 * 72 * 3 / 2];
            draw(&film, &picture, number, &mut planes);
            planes
        };
        let change = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        let cut = (film.cut_s(3) * picture.rate.per_second()).ceil() as i64;
        let at_cut = change(&frame(cut - 1), &frame(cut));
        assert!(at_cut > 5 * change(&frame(cut), &frame(cut + 1)));
        assert!(at_cut > 5 * change(&frame(cut - 2), &frame(cut - 1)));
    }
}
