//! Log of the exchanges with a card, without their data.

use crate::transport::{Exchange, Reconnect, Transport, TransportError};

/// Target of the lines about exchanges, which whoever filters the log lets pass at its finest level alone.
///
/// They are of the level `debug`, because programs can leave out every event of `trace`: those of libraries print the data
/// that they handle.
pub const EXCHANGES: &str = "beid_card::exchanges";

/// Transport that logs a line for each exchange, under the target [`EXCHANGES`]: command header, lengths and status word.
/// Data is left out, because it holds names, numbers and, in VERIFY, a PIN.
pub struct Traced<T> {
    inner: T,
    reader: String,
}

impl<T> Traced<T> {
    /// Wraps `inner`; `reader` names it in the lines.
    pub fn new(inner: T, reader: &str) -> Self {
        Self {
            inner,
            reader: reader.to_owned(),
        }
    }
}

impl<T: Transport> Transport for Traced<T> {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        let reader = &self.reader;
        let held = self
            .inner
            .exclusive(&mut |inner| work(&mut TracedExchange { inner, reader }));
        if let Err(error) = &held {
            tracing::debug!(reader, %error, "no transaction");
        }
        held
    }

    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        let outcome = self.inner.reconnect(how);
        tracing::debug!(reader = self.reader, ?how, ok = outcome.is_ok(), "reconnected");
        outcome
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}

struct TracedExchange<'e> {
    inner: &'e mut dyn Exchange,
    reader: &'e str,
}

impl Exchange for TracedExchange<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transmit(command);
        tracing::debug!(target: EXCHANGES, reader = self.reader, "{}", line(command, &answer));
        answer
    }

    fn control(&mut self, code: u32, input: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.control(code, input);
        // Only lengths: the input says what the reader shows. A PIN typed on its keys never passes here.
        let outcome = answer.as_ref().map(Vec::len);
        tracing::debug!(
            target: EXCHANGES,
            reader = self.reader,
            "control {code:08X} +{} -> {outcome:?}",
            input.len()
        );
        answer
    }

    fn firmware(&mut self) -> Option<u16> {
        self.inner.firmware()
    }

    fn present(&mut self) -> Result<(), TransportError> {
        self.inner.present()
    }
}

fn line(command: &[u8], answer: &Result<Vec<u8>, TransportError>) -> String {
    let header: String = command.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
    let sent = command.len().saturating_sub(5);
    match answer {
        Ok(bytes) => {
            let (data, sw) = bytes.split_at(bytes.len().saturating_sub(2));
            let sw: String = sw.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("{header} +{sent} -> {sw} +{}", data.len())
        }
        Err(error) => format!("{header} +{sent} -> {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_shows_header_lengths_and_status_and_no_data() {
        let verify = [
            0x00, 0x20, 0x00, 0x01, 0x08, 0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        ];
        assert_eq!(line(&verify, &Ok(vec![0x63, 0xC2])), "00200001 +8 -> 63C2 +0");
        assert_eq!(
            line(&[0, 0xB0, 0, 0, 0], &Ok(vec![1, 2, 3, 0x90, 0])),
            "00B00000 +0 -> 9000 +3"
        );
        assert_eq!(
            line(&[0, 0xB0, 0, 0, 0], &Err(TransportError::Removed)),
            "00B00000 +0 -> card removed"
        );
    }
}
