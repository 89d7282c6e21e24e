//! A program that uses the card beside the daemon, as it is told on standard input: `hold` and `let-go` (a transaction),
//! `reset`, `send HEX`. Each is answered by `ok ..` or `error ..`. Arguments: the reader's name, and `shared` or
//! `exclusive`. At its end it leaves the card as it is.

use pcsc::{Card, Context, Disposition, Error as PcscError, Protocols, Scope, ShareMode, Transaction};
use std::env;
use std::error::Error;
use std::ffi::CString;
use std::io::{self, BufRead, Lines, StdinLock, Write};
use std::thread;
use std::time::Duration;

/// Between two attempts at what somebody else's transaction stands in the way of.
const AGAIN: Duration = Duration::from_millis(2);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [reader, how] = arguments.as_slice() else {
        return Err("usage: card-neighbour READER shared|exclusive".into());
    };
    let mode = match how.as_str() {
        "shared" => ShareMode::Shared,
        "exclusive" => ShareMode::Exclusive,
        _ => return Err("shared or exclusive".into()),
    };
    let context = Context::establish(Scope::User)?;
    let reader = CString::new(reader.as_str())?;
    let mut card = patiently(|| context.connect(&reader, mode, Protocols::ANY))?;
    say("connected")?;
    let mut orders = io::stdin().lock().lines();
    while let Some(order) = orders.next().transpose()? {
        let done = match order.split_once(' ').unwrap_or((&order, "")) {
            ("hold", "") => hold(&mut card, &mut orders),
            ("reset", "") => patiently(|| card.reconnect(mode, Protocols::ANY, Disposition::ResetCard))
                .map(|()| String::new())
                .map_err(Into::into),
            ("send", hex) => patiently_held(&mut card, mode).and_then(|held| send(&held, hex)),
            _ => Err("hold, reset or send HEX".into()),
        };
        answer(done)?;
    }
    card.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error)?;
    Ok(())
}

/// Keeps the card until told to let it go.
fn hold(card: &mut Card, orders: &mut Lines<StdinLock<'_>>) -> Result<String, Box<dyn Error>> {
    let held = patiently_held(card, ShareMode::Shared)?;
    answer(Ok(String::new()))?;
    while let Some(order) = orders.next().transpose()? {
        match order.split_once(' ').unwrap_or((&order, "")) {
            ("let-go", "") => break,
            ("send", hex) => answer(send(&held, hex))?,
            _ => answer(Err("send HEX or let-go".into()))?,
        }
    }
    held.end(Disposition::LeaveCard).map_err(|(_, error)| error)?;
    Ok(String::new())
}

/// A transaction; where somebody else has reset the card, after taking up the connection again.
fn patiently_held(card: &mut Card, mode: ShareMode) -> Result<Transaction<'_>, Box<dyn Error>> {
    if card.status2_owned().is_err_and(|error| error == PcscError::ResetCard) {
        card.reconnect(mode, Protocols::ANY, Disposition::LeaveCard)?;
    }
    Ok(card.transaction()?)
}

/// Again and again while another program's transaction stands in the way.
fn patiently<R>(mut act: impl FnMut() -> Result<R, PcscError>) -> Result<R, PcscError> {
    loop {
        match act() {
            Err(PcscError::SharingViolation) => thread::sleep(AGAIN),
            outcome => return outcome,
        }
    }
}

/// Sends a command and says the status word.
fn send(card: &Card, hex: &str) -> Result<String, Box<dyn Error>> {
    let digits: Vec<char> = hex.chars().collect();
    let bytes = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16));
    let command = bytes.collect::<Result<Vec<u8>, _>>()?;
    let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
    let answer = card.transmit(&command, &mut buffer)?;
    let [.., high, low] = answer else {
        return Err("no status word".into());
    };
    Ok(format!("{high:02X}{low:02X}"))
}

fn answer(done: Result<String, Box<dyn Error>>) -> io::Result<()> {
    match done {
        Ok(said) => say(&format!("ok {said}")),
        Err(error) => say(&format!("error {error}")),
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
