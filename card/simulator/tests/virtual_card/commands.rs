//! Commands, their status words, and files and records read with them.

use super::*;

#[test]
fn script_of_a_real_session_runs_on_17() {
    let mut card = card("anna");
    assert_eq!(send(&mut card, "80E400001C").0.len(), 28);
    check(&mut card, &[(IDENTITY, 0x9000)]);
    let (_, sw) = send(&mut card, "00B00000FC");
    let size = sw & 0xFF;
    assert_eq!(sw & 0xFF00, 0x6C00);
    assert_eq!(
        send(&mut card, &format!("00B00000{size:02X}")).0.len(),
        usize::from(size)
    );
    check(
        &mut card,
        &[
            (&format!("00B0{size:04X}FC"), 0x6B00),
            ("00A4020C02 5038", 0x6A82),
            ("00A4020C02 3F00", 0x9000),
            ("00A4020C02 DF00", 0x9000),
            ("00A4020C02 5038", 0x9000),
            (MSE_AUTH_17, 0x9000),
            (&pso(0x33), 0x6982),
            (VERIFY, 0x9000),
            (&pso(0x33), 0x6100),
        ],
    );
    assert_eq!(send(&mut card, "00C0000000").0.len(), 256);
}

#[test]
fn card_data_names_applet_and_chip() {
    let mut old = card("anna");
    check(
        &mut old,
        &[
            ("80E400001F", 0x6C1C),
            ("80E400011F", 0x6B00),
            ("80E4000000", 0x6C1C),
            ("80E4000010", 0x610C),
        ],
    );
    assert_eq!(send(&mut old, "00C000000C").0.len(), 12);
    let mut new = card("jan");
    check(
        &mut new,
        &[(WRONG, 0x63C2), ("80E400011C", 0x6103), ("80E4000120", 0x6C1F)],
    );
    let data = send(&mut new, "80E400011F").0;
    assert_eq!((data[21], &data[28..]), (0x18, &[0x02, 0xFF, 0xFF][..]));
    let token_info = read(&mut new, "3F00DF005032");
    let identity = read(&mut new, "3F00DF014031");
    assert!(data.starts_with(CHIP_SERIAL_PREFIX.as_bytes()));
    assert_eq!(token_info[7..23], data[..16]);
    assert_eq!(field(&identity, 0x02).unwrap(), data[..16]);
}

#[test]
fn read_binary_never_gives_less_than_asked() {
    let mut card = card("anna");
    check(
        &mut card,
        &[
            (READ, 0x6986),
            ("00A4080C06 3F00DF015038", 0x6A82),
            ("00A4080C04 DF005031", 0x9000),
            ("00B0000000", 0x6C24),
            ("00B0000025", 0x6C24),
            ("00B0000024", 0x9000),
            ("00B0002301", 0x9000),
            ("00B0002302", 0x6C01),
            ("00B0002401", 0x6B00),
            ("00B0800001", 0x6B00),
            (DF_BELPIC, 0x9000),
            (READ, 0x6986),
        ],
    );
}

#[test]
fn wrong_commands_get_their_status_words() {
    let mut card = card("anna");
    check(
        &mut card,
        &[
            ("00A4", 0x6700),
            ("00FF0000", 0x6D00),
            ("C0A40000", 0x6E00),
            ("01A4040C0F A000000030290570 00AD13100101FF", 0x6999),
            ("01B0000001", 0x6881),
            ("00A4000C02 3F00", 0x6A86),
            ("00A4020C01 3F", 0x6A87),
            ("00C0000000", 0x6985),
            ("002A9E9A01 00", 0x6985),
            ("002241B604 04800184", 0x6700),
            ("002241B605 0480408482", 0x6A80),
            ("002241B605 0480018481", 0x6A88),
            ("002200B605 0480018482", 0x6B00),
            ("0020000208 241234FFFFFFFFFF", 0x6A88),
            ("0020010108 241234FFFFFFFFFF", 0x6A86),
            ("0020000107 241234FFFFFFFF", 0x6700),
            ("80B20C0C00", 0x6D00),
            ("0088028132 9430", 0x6700),
            ("0084000008", 0x9000),
        ],
    );
}

#[test]
fn applet_and_directories_are_found_by_aid() {
    let mut card = card("jan");
    check(
        &mut card,
        &[
            ("00A4040C0C A000000177504B43532D3135", 0x9000),
            ("00A4020C02 5031", 0x9000),
            ("00A404000C A000000177496446696C6573", 0x9000),
            ("00A4020C02 4031", 0x9000),
            ("00A4040C05 A000000099", 0x6A82),
            (READ, 0x9000),
            ("00A40400", 0x9000),
            (READ, 0x6D00),
            ("00A404000F A00000003029057000AD13100101FF", 0x9000),
            (IDENTITY, 0x9000),
            (READ, 0x9000),
        ],
    );
}

#[test]
fn records_can_be_read_by_tag_on_18() {
    let mut card = card("jan");
    check(&mut card, &[("80B2070700", 0x6986), (IDENTITY, 0x9000)]);
    let (record, sw) = send(&mut card, "80B2070800");
    assert_eq!(
        (record.as_slice(), sw),
        (&b"\x07\x08Proefman\x08\x07Jan Nep"[..], 0x9000)
    );
    check(
        &mut card,
        &[("80B2070714", 0x6C0A), ("80B2080700", 0x6A83), ("80B2121200", 0x6A83)],
    );
}

#[test]
fn records_longer_than_256_bytes_go_on_in_get_response() {
    let mut card = card("maria");
    let identity = read(&mut card, "3F00DF014031");
    let (mut records, sw) = send(&mut card, "80B2011F00");
    assert_eq!((records.len(), usize::from(sw)), (256, 0x6100 + identity.len() - 256));
    records.extend(send(&mut card, &format!("00C00000{:02X}", sw & 0xFF)).0);
    assert_eq!(records, identity);
}

#[test]
fn nothing_sent_makes_the_card_panic() {
    let mut card = card("jan");
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..20_000 {
        let command: Vec<u8> = (0..seed % 12)
            .map(|_| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                [
                    0x00, 0x80, 0xA4, 0xB0, 0xB2, 0xC0, 0x22, 0x20, 0x24, 0x2A, 0x88, 0x01, 0x02, 0x9E, 0x9A, 0xFF,
                ][usize::from(seed.to_be_bytes()[0] & 0x0F)]
            })
            .collect();
        seed = seed.wrapping_add(1).rotate_left(7);
        assert!(card.apdu(&command).len() >= 2);
    }
}
