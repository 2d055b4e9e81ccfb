//! From bytes to text: what spreadsheets save as text is UTF-8, with a mark before it or without, or GB18030.
//!
//! UTF-8 is tried first, since GB18030 takes almost any bytes for signs, while text in GB18030 is hardly ever valid UTF-8.

use encoding_rs::{DecoderResult, GB18030};

const UTF_8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const UTF_16_MARKS: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoText {
    #[error("is in UTF-16: save it as \"CSV UTF-8\"")]
    Utf16,
    #[error("is in neither UTF-8 nor GB18030 (GBK): byte {byte} fits neither; save it as \"CSV UTF-8\"")]
    Neither { byte: usize },
}

pub(super) fn decode(bytes: &[u8]) -> Result<String, NoText> {
    if UTF_16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(NoText::Utf16);
    }
    let unmarked = bytes.strip_prefix(UTF_8_MARK);
    match std::str::from_utf8(unmarked.unwrap_or(bytes)) {
        Ok(text) => Ok(text.to_owned()),
        // The mark says that it is UTF-8, so nothing else is tried.
        Err(error) if unmarked.is_some() => {
            Err(NoText::Neither { byte: UTF_8_MARK.len() + error.valid_up_to() })
        }
        Err(_) => gb18030(bytes),
    }
}

fn gb18030(bytes: &[u8]) -> Result<String, NoText> {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len() * 4);
    let mut text = String::with_capacity(capacity);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (DecoderResult::Malformed(bad, good_behind), read) => {
            let behind = usize::from(bad) + usize::from(good_behind);
            Err(NoText::Neither { byte: read.saturating_sub(behind) })
        }
        // The text has room for the longest that the bytes can become.
        (DecoderResult::OutputFull, read) => Err(NoText::Neither { byte: read }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_save_is_read() {
        let (gb, _, _) = GB18030.encode("深圳,㐀𠀀");
        for bytes in ["深圳,㐀𠀀".as_bytes(), "\u{feff}深圳,㐀𠀀".as_bytes(), &gb] {
            assert_eq!(decode(bytes).as_deref(), Ok("深圳,㐀𠀀"));
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_no_text_is_told_by_its_byte() {
        assert_eq!(decode(&[0xff, 0xfe, b'a', 0]), Err(NoText::Utf16));
        assert_eq!(decode(b"ab,\xff\xff"), Err(NoText::Neither { byte: 3 }));
        assert_eq!(decode(b"\xef\xbb\xbfab\xc9\xee"), Err(NoText::Neither { byte: 5 }));
        assert_eq!(decode(b"ab\xc9"), Err(NoText::Neither { byte: 2 }), "cut in the middle of a sign");
    }
}
