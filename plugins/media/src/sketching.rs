//! Sketches sound while a tool writes it: its samples are still in memory then, and need not be read from the disk once more.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use vsg_dsp::alignment::Sketch;

/// Bytes that are read at once.
const PART: usize = 1 << 16;
/// How long to wait for more. A tool writes some megabytes in that time.
const PAUSE: Duration = Duration::from_millis(3);

/// Runs `write`, which appends little-endian 32-bit samples to a file that is there already, and sketches them as they come.
pub(crate) fn while_written<T>(file: &Path, mut sketch: Sketch, write: impl FnOnce() -> T) -> io::Result<(T, Sketch)> {
    let file = File::open(file)?;
    let is_written = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| follow(&file, &is_written, &mut sketch));
        let written = {
            let _end = SetAtEnd(&is_written);
            write()
        };
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(written)
    })
    .map(|written| (written, sketch))
}

/// Tells the reader that nothing comes any more, even if the writer panics.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Reads on until the file is written and nothing is left.
fn follow(mut file: &File, is_written: &AtomicBool, sketch: &mut Sketch) -> io::Result<()> {
    let of_value = 4 * sketch.samples_per_value();
    let mut samples = vec![0.0f32; PART.next_multiple_of(of_value) / 4];
    let mut kept = 0;
    loop {
        // Asked first: what was written before is then in the file.
        let is_last = is_written.load(Ordering::Acquire);
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut samples);
        let read = match file.read(&mut bytes[kept..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 && is_last {
            return Ok(());
        }
        if read == 0 {
            thread::sleep(PAUSE);
            continue;
        }
        let filled = kept + read;
        let whole = filled / of_value * of_value;
        let (ready, rest) = (whole / 4, whole..filled);
        if cfg!(target_endian = "big") {
            samples[..ready].iter_mut().for_each(|sample| *sample = f32::from_bits(sample.to_bits().swap_bytes()));
        }
        sketch.add(&samples[..ready]);
        bytemuck::cast_slice_mut::<f32, u8>(&mut samples).copy_within(rest, 0);
        kept = filled - whole;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_is_sketched_as_it_grows() {
        let samples: Vec<f32> = (0..300_077u32).map(|index| (index % 1013) as f32).collect();
        let mut whole = Sketch::new(48_000.0);
        whole.add(&samples);
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let (count, grown) = while_written(file.path(), Sketch::new(48_000.0), || {
            for (part, size) in bytes.chunks(97_531).zip(1..) {
                file.as_file().write_all(part).unwrap();
                thread::sleep(Duration::from_millis(size % 3 * 8));
            }
            bytes.len()
        })
        .unwrap();
        assert_eq!((count, grown), (bytes.len(), whole));
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error() {
        assert!(while_written(Path::new("/nowhere/at/all"), Sketch::new(48_000.0), || ()).is_err());
    }
}
