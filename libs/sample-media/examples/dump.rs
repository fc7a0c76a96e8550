use std::io::Write;
use vsg_sample_media::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let secs: usize = a[2].parse().unwrap();
    let off = -200.0f32;
    let m = Mix::original("eng");
    let mix = match a[1].as_str() {
        "music" => Mix {
            music_db: 0.,
            effects_db: off,
            dialogue_db: off,
            ..m
        },
        "fx" => Mix {
            music_db: off,
            effects_db: 0.,
            dialogue_db: off,
            ..m
        },
        "eng" => Mix {
            music_db: off,
            effects_db: off,
            ..m
        },
        "ger" => Mix {
            music_db: off,
            effects_db: off,
            ..Mix::original("ger")
        },
        "dub" => Mix::dub("ger", -12.),
        "remaster" => Mix::remaster("eng"),
        _ => m,
    };
    let seed = a.get(3).map_or(1, |s| s.parse().unwrap());
    let t = std::time::Instant::now();
    let mut p = Pcm::new(Programme::new(seed), &mix, Layout::Stereo, 48000, 0.0, 0);
    let mut b = vec![0f32; 96000];
    let mut o = std::io::BufWriter::new(std::io::stdout().lock());
    for _ in 0..secs {
        p.read(&mut b);
        for s in &b {
            o.write_all(&s.to_le_bytes()).unwrap();
        }
    }
    eprintln!(
        "{:?} {:.1} ns/sample",
        t.elapsed(),
        t.elapsed().as_secs_f64() * 1e9 / (secs as f64 * 48000.)
    );
}
