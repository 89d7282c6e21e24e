//! BER-TLV data objects (ISO 8825-1), as far as the card's directory files use them.
//!
//! Written here because the files end in zero padding, which ASN.1 libraries refuse, and because it takes thirty lines
//! over slices. Certificates and keys, where DER must be strict, are read by such a library.

/// One data object: tag and value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BerObject<'a> {
    /// One byte, class and form included.
    pub(crate) tag: u8,
    /// Content of the data object.
    pub(crate) value: &'a [u8],
}

/// Data objects side by side.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct BerObjects<'a>(Vec<BerObject<'a>>);

impl<'a> BerObjects<'a> {
    /// Splits `bytes` into data objects, up to the zero padding if there is any; `None` if one is cut off, or has a tag
    /// or length of a form that no card uses. Does not look into them, so that hostile nesting costs nothing.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut elements = Vec::new();
        let mut rest = bytes;
        while rest.first().is_some_and(|tag| *tag != 0) {
            let (element, tail) = split(rest)?;
            elements.push(element);
            rest = tail;
        }
        Some(Self(elements))
    }

    /// Returns the `n`-th value of that tag, counted from 0.
    pub(crate) fn nth(&self, tag: u8, n: usize) -> Option<&'a [u8]> {
        let mut found = self.0.iter().filter(|element| element.tag == tag);
        found.nth(n).map(|element| element.value)
    }

    /// Returns the first value of that tag.
    pub(crate) fn first(&self, tag: u8) -> Option<&'a [u8]> {
        self.nth(tag, 0)
    }

    /// Parses the content of the first data object of that tag.
    pub(crate) fn inside(&self, tag: u8) -> Option<BerObjects<'a>> {
        BerObjects::parse(self.first(tag)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = BerObject<'a>> {
        self.0.iter().copied()
    }
}

fn split(bytes: &[u8]) -> Option<(BerObject<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    // Low bits 1F: the tag continues in the next byte.
    if tag & 0x1F == 0x1F {
        return None;
    }
    let (len, rest) = match rest {
        [len @ 0..=0x7F, rest @ ..] => (usize::from(*len), rest),
        [0x81, len, rest @ ..] => (usize::from(*len), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(len)?;
    Some((BerObject { tag, value }, rest))
}

/// Reads the content of an INTEGER that is not negative and fits.
pub(crate) fn unsigned(content: &[u8]) -> Option<u32> {
    match content {
        [] | [0x80..=0xFF, ..] => None,
        _ if content.len() > 5 => None,
        _ => content
            .iter()
            .try_fold(0_u32, |sum, byte| sum.checked_mul(256)?.checked_add(u32::from(*byte))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(bytes: &[u8]) -> Option<Vec<(u8, usize)>> {
        BerObjects::parse(bytes).map(|all| all.iter().map(|element| (element.tag, element.value.len())).collect())
    }

    #[test]
    fn siblings_end_at_the_end_or_at_zero_padding() {
        assert_eq!(tags(&[4, 1, 9, 0x30, 0]), Some(vec![(4, 1), (0x30, 0)]));
        assert_eq!(tags(&[4, 1, 9, 0, 0, 0]), Some(vec![(4, 1)]));
        assert_eq!(tags(&[]), Some(vec![]));
    }

    #[test]
    fn lengths_have_up_to_two_bytes() {
        let long = [&[4, 0x82, 1, 44][..], &[7; 300]].concat();
        assert_eq!(tags(&long), Some(vec![(4, 300)]));
        assert_eq!(tags(&[&[4, 0x81, 200][..], &[7; 200]].concat()), Some(vec![(4, 200)]));
        assert_eq!(tags(&[4, 0x80, 0, 0]), None);
        assert_eq!(tags(&[4, 0x83, 0, 0, 1, 7]), None);
    }

    #[test]
    fn values_are_found_by_tag_and_number_and_inside_of_others() {
        let all = BerObjects::parse(&[4, 1, 9, 0x30, 5, 2, 1, 7, 4, 0, 4, 2, 8, 8]).unwrap();
        for (n, value) in [(0, Some(&[9][..])), (1, Some(&[8, 8])), (2, None)] {
            assert_eq!(all.nth(4, n), value);
        }
        assert_eq!((all.first(4), all.first(2)), (Some(&[9][..]), None));
        let inside = all.inside(0x30).unwrap();
        assert_eq!((inside.first(2), inside.nth(4, 0)), (Some(&[7][..]), Some(&[][..])));
        assert_eq!(
            (all.inside(0x31), all.inside(4)),
            (None, None),
            "no such object, and none inside"
        );
    }

    #[test]
    fn what_is_cut_off_or_has_a_long_tag_is_refused() {
        for bytes in [
            &[4][..],
            &[4, 2, 9],
            &[4, 0x82, 1],
            &[0x9F, 0x1E, 0],
            &[0x9F, 1, 0],
            &[0x1F, 0],
        ] {
            assert_eq!(tags(bytes), None, "{bytes:02X?}");
        }
    }

    #[test]
    fn integers_are_not_negative_and_have_32_bits() {
        for (content, value) in [
            (&[0x01, 0x80][..], Some(384)),
            (&[0x00, 0x82], Some(0x82)),
            (&[0x82], None),
            (&[], None),
            (&[0, 0xFF, 0xFF, 0xFF, 0xFF], Some(u32::MAX)),
            (&[1, 0, 0, 0, 0], None),
            (&[0, 0, 0, 0, 0, 1], None),
        ] {
            assert_eq!(unsigned(content), value, "{content:02X?}");
        }
    }
}
