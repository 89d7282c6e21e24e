//! Bytes as tests write them.

/// Decodes a hexadecimal text, skipping white space.
///
/// # Panics
/// If it has another character, or an odd number of digits.
#[must_use]
#[track_caller]
pub fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| {
            c.to_digit(16)
                .unwrap_or_else(|| panic!("{c:?} is no hexadecimal digit"))
        })
        .collect();
    assert!(digits.len().is_multiple_of(2), "an odd number of digits: {text}");
    let octets = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit));
    octets
        .map(|octet| u8::try_from(octet).expect("two digits are an octet"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_skipped_and_both_cases_are_read() {
        assert_eq!(from_hex("00 a4\n0C fF"), [0x00, 0xA4, 0x0C, 0xFF]);
    }

    #[test]
    #[should_panic(expected = "no hexadecimal digit")]
    fn other_characters_are_refused() {
        drop(from_hex("0G"));
    }

    #[test]
    #[should_panic(expected = "odd number")]
    fn half_an_octet_is_refused() {
        drop(from_hex("012"));
    }
}
