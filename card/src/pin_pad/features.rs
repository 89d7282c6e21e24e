//! Features of a reader with a keypad, and the ways to invoke them (PC/SC part 10).

use crate::apdu::{ResponseApdu, StatusWord};
use crate::transport::{Exchange, TransportError};

/// `CM_IOCTL_GET_FEATURE_REQUEST`: control code that every reader with features knows. Each platform numbers its
/// control codes in its own way.
pub(crate) const GET_FEATURE_REQUEST: u32 = if cfg!(windows) {
    (0x31 << 16) | (3400 << 2)
} else {
    0x4200_0000 + 3400
};

/// CLA INS P1 of every pseudo-command (PPDU); P2 is the feature, and 00 lists the features.
const PPDU: [u8; 3] = [0xFF, 0xC2, 0x01];

/// One feature of a reader, by its tag. Unknown tags are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Feature(u8);

impl Feature {
    pub(super) const VERIFY_PIN_START: Self = Self(0x01);
    pub(super) const VERIFY_PIN_FINISH: Self = Self(0x02);
    pub(super) const MODIFY_PIN_START: Self = Self(0x03);
    pub(super) const MODIFY_PIN_FINISH: Self = Self(0x04);
    pub(super) const GET_KEY_PRESSED: Self = Self(0x05);
    pub(super) const VERIFY_PIN_DIRECT: Self = Self(0x06);
    pub(super) const MODIFY_PIN_DIRECT: Self = Self(0x07);
    pub(super) const ABORT: Self = Self(0x0B);
}

/// Features of one reader, by the way to invoke them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Features {
    /// Invoked by SCardControl, each feature under a code of the driver's choice.
    Control(Vec<(Feature, u32)>),
    /// Invoked by pseudo-commands, sent like commands to the card.
    Ppdu(Vec<Feature>),
}

impl Features {
    /// Asks the reader for its features: by control code, and only if that lists none and `ppdu` allows it, by
    /// pseudo-command.
    pub(super) fn query(exchange: &mut dyn Exchange, ppdu: bool) -> Result<Self, TransportError> {
        let answer = match exchange.control(GET_FEATURE_REQUEST, &[]) {
            Ok(answer) => answer,
            // Drivers without control codes answer either of these errors.
            Err(TransportError::Unsupported | TransportError::Comm(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        let listed = control_codes(&answer);
        // Control codes first: on a reader without PPDU a pseudo-command would reach the card.
        if !listed.is_empty() || !ppdu {
            return Ok(Self::Control(listed));
        }
        let answer = exchange.transmit(&pseudo_command(Feature(0x00), &[]))?;
        Ok(Self::Ppdu(match ResponseApdu::parse(answer) {
            Some(ResponseApdu {
                data,
                sw: StatusWord::OK,
            }) => data.into_iter().map(Feature).collect(),
            _ => Vec::new(),
        }))
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        match self {
            Self::Control(listed) => listed.iter().any(|(listed, _)| *listed == feature),
            Self::Ppdu(listed) => listed.contains(&feature),
        }
    }

    /// Invokes `feature`; returns the reader's answer unchanged.
    ///
    /// # Errors
    /// [`TransportError::Unsupported`] if the reader has no such feature; otherwise as [`Exchange::control`].
    pub(super) fn tell(
        &self,
        exchange: &mut dyn Exchange,
        feature: Feature,
        input: &[u8],
    ) -> Result<Vec<u8>, TransportError> {
        match self {
            Self::Control(listed) => {
                let code = listed.iter().find(|(listed, _)| *listed == feature);
                let (_, code) = code.ok_or(TransportError::Unsupported)?;
                exchange.control(*code, input)
            }
            Self::Ppdu(listed) if listed.contains(&feature) => exchange.transmit(&pseudo_command(feature, input)),
            Self::Ppdu(_) => Err(TransportError::Unsupported),
        }
    }
}

/// Parses the list of features: tag, length 4 and big-endian code for each. An answer of any other form lists none.
fn control_codes(answer: &[u8]) -> Vec<(Feature, u32)> {
    let (entries, rest) = answer.as_chunks::<6>();
    let listed = entries.iter().map(|entry| match *entry {
        [tag, 4, code @ ..] => Some((Feature(tag), u32::from_be_bytes(code))),
        _ => None,
    });
    let listed: Option<Vec<_>> = listed.collect();
    listed.filter(|_| rest.is_empty()).unwrap_or_default()
}

fn pseudo_command(feature: Feature, input: &[u8]) -> Vec<u8> {
    let len = u8::try_from(input.len()).unwrap_or(u8::MAX);
    [&PPDU[..], &[feature.0, len], input].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_request_has_its_known_number() {
        let expected = if cfg!(windows) { 0x0031_3520 } else { 0x4200_0D48 };
        assert_eq!(GET_FEATURE_REQUEST, expected);
    }

    #[test]
    fn features_are_tag_length_four_and_a_big_endian_code() {
        let answer = [0x06, 4, 0x42, 0x33, 0x00, 0x06, 0x12, 4, 0x42, 0x33, 0x00, 0x12];
        let expected = vec![(Feature::VERIFY_PIN_DIRECT, 0x4233_0006), (Feature(0x12), 0x4233_0012)];
        assert_eq!(control_codes(&answer), expected);
    }

    #[test]
    fn garbage_is_no_features() {
        for garbage in [
            &[][..],
            &[0x06],
            &[0x06, 4, 0x42, 0x33, 0x00],
            &[0x06, 4, 0x42, 0x33, 0x00, 0x06, 0x07],
            &[0x06, 3, 0x42, 0x33, 0x00, 0x06],
            &[0x06, 4, 0x42, 0x33, 0x00, 0x06, 0x07, 5, 0x42, 0x33, 0x00, 0x07],
            &[0x90, 0x00],
            &[0xFF; 256],
        ] {
            assert_eq!(control_codes(garbage), vec![], "{garbage:02X?}");
        }
    }
}
