//! Readers: connections, transactions, cards that come and go, logs, timing, and a virtual reader over TCP.

use super::*;

/// One APDU in a transaction of its own.
fn transmit(connection: &mut dyn Transport, command: &str) -> Result<Vec<u8>, TransportError> {
    let mut answer = Err(TransportError::Mute);
    connection.exclusive(&mut |card: &mut dyn Exchange| answer = card.transmit(&from_hex(command)))?;
    answer
}

#[test]
fn connection_ends_with_its_card() {
    let slot = VirtualSlot::new();
    assert!(slot.connect().is_none());
    slot.insert(card("anna"));
    let mut old = slot.connect().unwrap();
    assert_eq!(transmit(&mut old, "80E400001C").unwrap().len(), 30);
    slot.insert(card("jan"));
    assert_eq!(transmit(&mut old, "80E400001C"), Err(TransportError::Removed));
    assert_eq!(old.reconnect(Reconnect::Leave), Err(TransportError::Removed));
    let mut new = slot.connect().unwrap();
    assert_eq!(transmit(&mut new, "80E400001C").unwrap()[21], 0x18);
    let jan = slot.remove().unwrap();
    slot.insert(jan);
    assert_eq!(transmit(&mut new, "80E400001C"), Err(TransportError::Removed));
    assert_eq!(slot.changes(), 4);
}

#[test]
fn card_vanishes_at_the_apdu_asked_for() {
    let slot = VirtualSlot::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    slot.observe(move |header| log.lock().unwrap().push(header));
    slot.insert(card("anna"));
    let mut connection = slot.connect().unwrap();
    slot.remove_after(2);
    assert!(transmit(&mut connection, IDENTITY).is_ok());
    assert_eq!(transmit(&mut connection, READ), Err(TransportError::Removed));
    assert!(slot.connect().is_none());
    assert_eq!(slot.apdus(), 2);
    assert_eq!(
        *seen.lock().unwrap(),
        [[0x00, 0xA4, 0x08, 0x0C], [0x00, 0xB0, 0x00, 0x00]]
    );
}

#[test]
fn reset_is_told_once_to_everybody_else() {
    let slot = VirtualSlot::new();
    slot.insert(card("anna"));
    let (mut one, mut other) = (slot.connect().unwrap(), slot.connect().unwrap());
    transmit(&mut one, IDENTITY).unwrap();
    one.reconnect(Reconnect::Reset).unwrap();
    assert_eq!(transmit(&mut other, READ), Err(TransportError::Reset));
    other.reconnect(Reconnect::Leave).unwrap();
    assert_eq!(transmit(&mut other, READ).unwrap(), [0x69, 0x86]);
    assert_eq!(transmit(&mut one, READ).unwrap(), [0x69, 0x86]);
    slot.reset();
    assert_eq!(transmit(&mut one, READ), Err(TransportError::Reset));
}

#[test]
fn exclusive_use_excludes_others_until_it_ends() {
    let slot = VirtualSlot::new();
    slot.insert(card("jan"));
    let (mut one, mut other) = (slot.connect().unwrap(), slot.connect().unwrap());
    let order = Mutex::new(Vec::new());
    let (begun, wait) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let order = &order;
        scope.spawn(move || {
            wait.recv().unwrap();
            transmit(&mut other, READ).unwrap();
            order.lock().unwrap().push("other");
        });
        one.exclusive(&mut |_| {
            begun.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(50));
            order.lock().unwrap().push("one");
        })
        .unwrap();
    });
    assert_eq!(*order.lock().unwrap(), ["one", "other"]);
}

#[test]
fn waiting_for_a_change_ends_with_it_or_in_time() {
    let slot = VirtualSlot::new();
    assert_eq!(slot.wait_change(0, Duration::from_millis(10)), 0);
    let other = slot.clone();
    let waiter = std::thread::spawn(move || other.wait_change(0, Duration::from_secs(30)));
    slot.insert(card("jan"));
    assert_eq!(waiter.join().unwrap(), 1);
}

#[test]
fn twenty_thousand_swaps_take_no_time_and_leak_nothing() {
    let slot = VirtualSlot::new();
    for id in ["anna", "jan"].iter().cycle().take(20_000) {
        slot.insert(card(id));
        let mut connection = slot.connect().unwrap();
        let expected = if *id == "anna" { 0x17 } else { 0x18 };
        assert_eq!(transmit(&mut connection, "80E400001C").unwrap()[21], expected);
    }
}

#[test]
fn log_has_each_exchange_and_its_bytes_but_nothing_of_what_was_said() {
    let slot = VirtualSlot::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = heard.clone();
    slot.listen(move |exchanged| listener.lock().unwrap().push(*exchanged));
    slot.insert(card("jan"));
    let mut connection = slot.connect().unwrap();
    transmit(&mut connection, "80E400001C").unwrap();
    slot.clear_log();
    for command in [IDENTITY, "00B0000000", VERIFY] {
        transmit(&mut connection, command).unwrap();
    }
    let lines: Vec<String> = slot.log().iter().map(ToString::to_string).collect();
    let size = slot.log()[1].sw & 0xFF;
    assert_eq!(
        lines,
        [
            "00A4080C lc=6 le=- data=0 sw=9000 wire=14".to_owned(),
            format!("00B00000 lc=0 le=256 data=0 sw=6C{size:02X} wire=7"),
            "00200001 lc=8 le=- data=0 sw=9000 wire=16".to_owned(),
        ]
    );
    assert_eq!((slot.apdus(), slot.wire_bytes()), (4, 36 + 14 + 7 + 16));
    assert_eq!(heard.lock().unwrap()[1..], slot.log());
}

#[test]
fn real_timing_takes_its_time_and_a_pulled_card_does_not() {
    use std::time::Instant;
    let slot = VirtualSlot::new();
    slot.set_timing(beid_simulator::Timing::Real);
    slot.insert(card("jan"));
    let mut connection = slot.connect().unwrap();
    let begin = Instant::now();
    transmit(&mut connection, IDENTITY).unwrap();
    // Answer to reset and speed, 14 bytes and a command.
    assert!(begin.elapsed() >= Duration::from_micros(28 * 1116 + 4000 + 14 * 48));
    for command in [MSE_SIGN_18, VERIFY] {
        transmit(&mut connection, command).unwrap();
    }
    let other = slot.clone();
    let begin = Instant::now();
    let hand = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        other.remove()
    });
    assert_eq!(transmit(&mut connection, &pso(48)), Err(TransportError::Removed));
    // In the middle of the signature.
    assert!(begin.elapsed() < Duration::from_millis(350));
    hand.join().unwrap().unwrap();
}

/// Sends a message of `vpcd`: length, then a control code or an APDU.
fn say(stream: &mut std::net::TcpStream, message: &[u8]) {
    use std::io::Write;
    let len = u16::try_from(message.len()).unwrap().to_be_bytes();
    stream.write_all(&[&len, message].concat()).unwrap();
}

/// Receives an answer of the card; `None` if it has hung up.
fn hear(stream: &mut std::net::TcpStream) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut len = [0; 2];
    stream.read_exact(&mut len).ok()?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
    stream.read_exact(&mut message).unwrap();
    Some(message)
}

#[test]
fn a_card_without_power_tells_its_answer_to_reset_and_nothing_else() {
    use beid_simulator::vpcd::{Served, Vpcd};
    const CARD_DATA: &[u8] = &[0x80, 0xE4, 0x00, 0x00, 0x1C];
    let (off, on, reset, atr) = (&[0_u8][..], &[1][..], &[2][..], &[4][..]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let slot = VirtualSlot::new();
    slot.insert(card("jan"));
    for (power, answers) in [
        (&[][..], false),
        (&[on][..], true),
        (&[reset], true),
        (&[on, off], false),
        (&[on, off, reset], true),
    ] {
        let mut connection = slot.connect().unwrap();
        let sitting = Vpcd::connect(&address, Duration::from_secs(5)).unwrap();
        let served = std::thread::spawn(move || sitting.serve(&mut connection).unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        say(&mut stream, atr);
        assert_eq!(hear(&mut stream).unwrap(), card("jan").atr());
        power.iter().for_each(|code| say(&mut stream, code));
        say(&mut stream, CARD_DATA);
        assert_eq!(
            hear(&mut stream).map(|answer| answer.len()),
            answers.then_some(30),
            "{power:?}"
        );
        drop(stream);
        let expected = if answers { Served::Ended } else { Served::Unpowered };
        assert_eq!(served.join().unwrap(), expected, "{power:?}");
    }
}
