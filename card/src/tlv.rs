//! The simplified TLV of the identity and address files.

/// One field: tag and raw value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Field<'a> {
    /// One byte.
    pub(crate) tag: u8,
    /// Bytes of the value, unchanged.
    pub(crate) value: &'a [u8],
}

/// Iterates over the fields of a file. Ends at the end or at padding, or with an `Err` where a field is cut off.
///
/// Tag 00 is the file structure version where it comes first; anywhere else it starts the zero padding. (Card content
/// 5.4, 6.1)
pub(crate) fn fields(file: &[u8]) -> impl Iterator<Item = Result<Field<'_>, Truncated>> {
    let mut rest = file;
    let mut first = true;
    std::iter::from_fn(move || {
        let (&tag, tail) = rest.split_first()?;
        if tag == 0 && !std::mem::take(&mut first) {
            rest = &[];
            return None;
        }
        first = false;
        let Some((value, tail)) = length(tail).and_then(|(len, tail)| tail.split_at_checked(len)) else {
            rest = &[];
            return Some(Err(Truncated { tag }));
        };
        rest = tail;
        Some(Ok(Field { tag, value }))
    })
}

/// Error for a field that is longer than what is left of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Truncated {
    /// The field's tag.
    pub(crate) tag: u8,
}

/// Splits the next length off. Each FF adds 255 and continues the length in the next byte (card content 5.4, 6.1):
/// neither BER, nor the 7-bit chunks of old `.eid` files.
fn length(mut rest: &[u8]) -> Option<(usize, &[u8])> {
    let mut len = 0_usize;
    loop {
        let (&byte, tail) = rest.split_first()?;
        (len, rest) = (len.checked_add(usize::from(byte))?, tail);
        if byte != 0xFF {
            return Some((len, rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<usize>) {
        assert_eq!(length(bytes).map(|(len, _)| len), expected);
    }

    fn tags(file: &[u8]) -> Result<Vec<(u8, usize)>, Truncated> {
        fields(file)
            .map(|field| field.map(|field| (field.tag, field.value.len())))
            .collect()
    }

    #[test]
    fn length_of_254_is_one_byte() {
        check(&[0xFE], Some(254));
    }

    #[test]
    fn length_of_300_is_ff_then_45() {
        check(&[0xFF, 45], Some(300));
    }

    #[test]
    fn length_of_600_is_two_ff_then_90() {
        check(&[0xFF, 0xFF, 90], Some(600));
    }

    #[test]
    fn length_cut_after_ff_is_refused() {
        check(&[0xFF], None);
    }

    #[test]
    fn leading_tag_00_is_the_version_and_a_later_one_is_padding() {
        assert_eq!(tags(&[0, 1, 2, 1, 1, 65, 0, 0, 0]), Ok(vec![(0, 1), (1, 1)]));
        assert_eq!(tags(&[1, 1, 65, 0]), Ok(vec![(1, 1)]));
    }

    #[test]
    fn empty_last_fields_are_fields() {
        assert_eq!(tags(&[0x18, 0, 0x19, 0]), Ok(vec![(0x18, 0), (0x19, 0)]));
    }

    #[test]
    fn field_longer_than_the_file_is_refused() {
        assert_eq!(tags(&[1, 5, 65]), Err(Truncated { tag: 1 }));
        assert_eq!(tags(&[1]), Err(Truncated { tag: 1 }));
    }
}
