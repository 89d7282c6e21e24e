//! Inputs that consist of several pieces.

/// Cuts `data` behind each whole `30 82 hh ll` element; the rest is the last piece.
pub(crate) fn der(data: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = data;
    while let [0x30, 0x82, high, low, ..] = *rest {
        let len = usize::from(u16::from_be_bytes([high, low])) + 4;
        let Some((piece, tail)) = rest.split_at_checked(len) else {
            break;
        };
        pieces.push(piece);
        rest = tail;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}
