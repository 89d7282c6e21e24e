//! Writer of the simplified TLV of the identity and address files.

/// Minimum size of EF(ID#Address), in bytes.
const ADDRESS_LEN: usize = 121;

/// Encodes the identity file EF(ID#RN): tag and value of each field, in the order given (cards have them ascending).
/// Not padded. Any value is accepted, empty ones included; tag 00 is a field only where it comes first.
///
/// ```
/// use beid_simulator::encode_identity;
/// assert_eq!(encode_identity(&[(0x07, b"Proefman"), (0x0E, b"")]), b"\x07\x08Proefman\x0E\x00");
/// ```
///
/// Source: card content 5.4, 6.1.
#[must_use]
pub fn encode_identity(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut file = Vec::new();
    for (tag, value) in fields {
        file.push(*tag);
        file.extend(length(value.len()));
        file.extend_from_slice(value);
    }
    file
}

/// Encodes the address file EF(ID#Address), filled up with zeros to 121 bytes.
///
/// Source: card content 5.4, 6.3.
#[must_use]
pub fn encode_address(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut file = encode_identity(fields);
    file.resize(ADDRESS_LEN.max(file.len()), 0);
    file
}

/// Encodes a length: each FF adds 255 and goes on.
fn length(len: usize) -> impl Iterator<Item = u8> {
    let rest = u8::try_from(len % 0xFF).unwrap_or_default();
    std::iter::repeat_n(0xFF, len / 0xFF).chain([rest])
}

/// Splits a file into fields: tag, and the whole field with tag and length, up to the padding.
pub(crate) fn fields(file: &[u8]) -> Vec<(u8, &[u8])> {
    let mut fields: Vec<(u8, &[u8])> = Vec::new();
    let mut rest = file;
    while let [tag, tail @ ..] = rest {
        // At the beginning tag 00 is the version of the file's structure, behind a field it is padding (card content
        // 5.4, 6.1).
        if *tag == 0 && !fields.is_empty() {
            break;
        }
        let more = tail.iter().take_while(|byte| **byte == 0xFF).count();
        let Some(last) = tail.get(more) else { break };
        let head = more.saturating_add(2);
        let len = more.saturating_mul(0xFF).saturating_add(usize::from(*last));
        let Some((field, after)) = rest.split_at_checked(head.saturating_add(len)) else {
            break;
        };
        fields.push((*tag, field));
        rest = after;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_from_255_go_on_after_ff_and_are_read_back() {
        for (len, coded) in [
            (0, &[0][..]),
            (254, &[254]),
            (255, &[0xFF, 0]),
            (300, &[0xFF, 45]),
            (600, &[0xFF, 0xFF, 90]),
        ] {
            let value = vec![0x41; len];
            let file = encode_identity(&[(0x07, &value), (0x08, b"x")]);
            let whole = [&[0x07], coded, &value].concat();
            assert_eq!(fields(&file), [(0x07, whole.as_slice()), (0x08, b"\x08\x01x")], "{len}");
            let read = beid_card::Identity::parse(&file).unwrap();
            let names = (read.family_name, read.given_names);
            assert_eq!(names, (Some("A".repeat(len)), Some("x".to_owned())), "{len}");
        }
    }

    #[test]
    fn address_is_padded_and_the_padding_is_no_field() {
        let file = encode_address(&[(0x01, b"Testlaan 1"), (0x02, b"1000"), (0x03, b"")]);
        assert_eq!((file.len(), fields(&file).len()), (121, 3));
    }
}
