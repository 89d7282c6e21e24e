//! Puts a card into `vpcd`'s reader that is no Belgian eID: an answer to reset nobody knows, and "unknown class" to every
//! command, each of which it writes to a file in hexadecimal. Arguments: where vpcd listens, and the file.
//!
//! The protocol of `vpcd` is in `beid_simulator::vpcd`.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// T=0, slowest speed, historical bytes `FOREIGN`.
const ATR: &[u8] = b"\x3B\x67\x00\x00FOREIGN";
const UNKNOWN_CLASS: [u8; 2] = [0x6E, 0x00];
/// Control code by which `vpcd` asks for the answer to reset.
const ASK_ATR: [u8; 1] = [4];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [vpcd, file] = arguments.as_slice() else {
        return Err("usage: foreign-card HOST:PORT FILE".into());
    };
    let mut log = File::create(file)?;
    let mut reader = TcpStream::connect(vpcd)?;
    while let Some(message) = receive(&mut reader)? {
        if message == ASK_ATR {
            send(&mut reader, ATR)?;
        } else if message.len() > 1 {
            let hex: String = message.iter().map(|byte| format!("{byte:02X}")).collect();
            writeln!(log, "{hex}")?;
            send(&mut reader, &UNKNOWN_CLASS)?;
        }
    }
    Ok(())
}

fn receive(reader: &mut TcpStream) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
    let mut length = [0; 2];
    match reader.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    reader.read_exact(&mut message)?;
    Ok(Some(message))
}

fn send(reader: &mut TcpStream, message: &[u8]) -> Result<(), Box<dyn Error>> {
    let length = u16::try_from(message.len())?;
    reader.write_all(&[&length.to_be_bytes(), message].concat())?;
    Ok(())
}
