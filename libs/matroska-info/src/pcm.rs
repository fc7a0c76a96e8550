//! ffmpeg's names for uncompressed audio.

/// The codec into which audio of `bits` per sample is decoded; 16 bits if unknown.
#[must_use]
pub fn pcm_codec(bits: Option<u32>) -> &'static str {
    match bits.unwrap_or(16) {
        64.. => "pcm_f64le",
        32.. => "pcm_s32le",
        24.. => "pcm_s24le",
        _ => "pcm_s16le",
    }
}

/// The words for a codec such as `pcm_s16le`; none for other names.
#[must_use]
pub fn pcm_detail(codec_name: &str) -> Option<String> {
    let rest = codec_name.strip_prefix("pcm_")?;
    let (kind, rest) = match rest.as_bytes().first()? {
        b's' => ("Signed", &rest[1..]),
        b'u' => ("Unsigned", &rest[1..]),
        b'f' => ("Floating Point", &rest[1..]),
        _ => return None,
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    Some(match &rest[digits..] {
        order if order.starts_with("le") => format!("{kind} Little Endian"),
        order if order.starts_with("be") => format!("{kind} Big Endian"),
        _ => kind.to_owned(),
    })
}
