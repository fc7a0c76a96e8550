//! How the bytes of a file become text and back: marks, UTF-8, UTF-16, and what people used before.

use crate::Error;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Charset {
    encoding: &'static Encoding,
    has_mark: bool,
}

/// The byte order mark as UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl Charset {
    /// Finds out the encoding, and gives the bytes to work on: without the mark, and UTF-8 instead of UTF-16. All other encodings
    /// are left as they are: their line ends, digits, colons and commas are those of ASCII.
    pub(crate) fn open(bytes: &[u8]) -> Result<(Self, Cow<'_, [u8]>), Error> {
        if let Some((encoding, length)) = Encoding::for_bom(bytes) {
            let charset = Self { encoding, has_mark: true };
            let rest = &bytes[length..];
            if encoding == UTF_8 {
                return Ok((charset, rest.into()));
            }
            if !rest.len().is_multiple_of(2) {
                return Err(Error::DamagedUtf16 { reason: "half a character is missing at the end" });
            }
            let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
            let text = text.ok_or(Error::DamagedUtf16 { reason: "half of a surrogate pair is missing" })?;
            return Ok((charset, text.into_owned().into_bytes().into()));
        }
        let encoding = if is_mostly_utf8(bytes) {
            UTF_8
        } else {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(bytes, true);
            detector.guess(None, Utf8Detection::Deny)
        };
        Ok((Self { encoding, has_mark: false }, bytes.into()))
    }

    /// Number of runs of bytes that are no characters.
    pub(crate) fn damages(self, work: &[u8]) -> usize {
        match self.working() == UTF_8 {
            true => work.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count(),
            false => usize::from(self.working().decode_without_bom_handling(work).1),
        }
    }

    /// Name of the encoding.
    pub(crate) fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// Bytes of a part as text; what is no character is replaced.
    pub(crate) fn text(self, part: &[u8]) -> Cow<'_, str> {
        self.working().decode_without_bom_handling(part).0
    }

    /// The file as it was encoded, out of the bytes that were worked on.
    pub(crate) fn close(self, work: &[u8]) -> Vec<u8> {
        let mark: &[u8] = if self.has_mark { MARK } else { b"" };
        if self.encoding != UTF_16LE && self.encoding != UTF_16BE {
            return [mark, work].concat();
        }
        let bytes = |unit: u16| if self.encoding == UTF_16LE { unit.to_le_bytes() } else { unit.to_be_bytes() };
        let text = String::from_utf8_lossy(work);
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    /// The file as UTF-8; the mark stays, and what is no character is replaced.
    pub(crate) fn close_as_utf8(self, work: &[u8]) -> Vec<u8> {
        let mark: &[u8] = if self.has_mark { MARK } else { b"" };
        [mark, self.text(work).as_bytes()].concat()
    }

    /// The encoding of the bytes that are worked on.
    fn working(self) -> &'static Encoding {
        if self.encoding == UTF_16LE || self.encoding == UTF_16BE { UTF_8 } else { self.encoding }
    }
}

/// Whether bytes are UTF-8 but for a few damages: of ten characters that need several bytes at most one is broken. In an older
/// encoding hardly any of them is whole.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    broken * 10 <= whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_comes_back_as_it_was() {
        let utf16: Vec<u8> = "\u{feff}Grüße 日本 😀".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16be: Vec<u8> = "\u{feff}Grüße".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in
            [&b"plain"[..], b"\xef\xbb\xbfmarked \xc3\xa4", b"caf\xe9 cr\xe8me", b"\x82\xb1\x82\xf1", &utf16, &utf16be]
        {
            let (charset, work) = Charset::open(bytes).unwrap();
            assert_eq!(charset.close(&work), bytes, "{}", charset.name());
            assert!(std::str::from_utf8(&charset.close_as_utf8(&work)).is_ok());
        }
        let (charset, work) = Charset::open(&utf16).unwrap();
        assert_eq!(charset.close_as_utf8(&work), "\u{feff}Grüße 日本 😀".as_bytes());
    }

    #[test]
    fn one_broken_character_makes_no_other_encoding() {
        let mut bytes = "Grüße, schöne Grüße aus Köln über Düsseldorf, äußerst fröhlich".as_bytes().to_vec();
        bytes.push(0xe9);
        let (charset, work) = Charset::open(&bytes).unwrap();
        assert_eq!((charset.name(), charset.damages(&work)), ("UTF-8", 1));
        assert_eq!(charset.close(&work), bytes);
        assert_eq!(Charset::open(b"caf\xe9 cr\xe8me").unwrap().0.name(), "windows-1252");
    }

    #[test]
    fn damaged_utf_16_is_refused() {
        for bytes in [&b"\xff\xfea"[..], b"\xff\xfe\x00\xd8a\x00"] {
            assert!(matches!(Charset::open(bytes), Err(Error::DamagedUtf16 { .. })));
        }
    }
}
