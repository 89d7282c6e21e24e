//! The PKCS#15 files, byte for byte (card content 2.8, 4.01 and 5.4, chapters 4 and 5).

use crate::citizens::HolderCertificates;

/// EF(DIR) 2F00.
pub(crate) const DIR: &str = "61234F0CA000000177504B43532D3135500642454C50494351043F00DF0073050603603802";

/// EF(ODF) 5031.
pub(crate) const ODF: &str = "A00A300804063F00DF005035A40A300804063F00DF005037A80A300804063F00DF005034";

/// EF(AODF) 5034: "Basic PIN". Says BCD, although the block is ISO 9564 format 2.
pub(crate) const AODF: &str = concat!(
    "3033300F0C0942617369632050494E030206C03003040101A11B30190302020C",
    "0A01000201040201088001010401FF300404023F00"
);

/// Entries of EF(PrKDF) 5035, authentication and signature, without first byte and key size.
const PRKDF: [&str; 2] = [
    "3A30170C0E41757468656E7469636174696F6E030206C0040101300F04010203020520030203B802020082A10E300C300604043F00DF00",
    "3930150C095369676E6174757265030206C004010102010130100401030303060040030203B802020083A10E300C300604043F00DF00",
];

/// Entries of EF(CDF) 5037: authentication, signature, CA, root.
const CDF_17: [&str; 4] = [
    "302C30170C0E41757468656E7469636174696F6E030206C00401013003040102A10C300A300804063F00DF005038",
    "302730120C095369676E6174757265030206C00401013003040103A10C300A300804063F00DF005039",
    "3023300B0C024341030206C004010130060401040101FFA10C300A300804063F00DF00503A",
    "3025300D0C04526F6F74030206C004010130060401060101FFA10C300A300804063F00DF00503B",
];

/// Entries of EF(CDF) of applet 1.8. (Its description gives the first length as 32; its own table of offsets shows 2F.)
const CDF_18: [&str; 4] = [
    "302F30170C0E41757468656E7469636174696F6E030206400401013006040102830100A10C300A300804063F00DF005038",
    "302A30120C095369676E6174757265030206400401013006040103830100A10C300A300804063F00DF005039",
    "3026300B0C0243410302064004010130090401040101FF830100A10C300A300804063F00DF00503A",
    "3028300D0C04526F6F740302064004010130090401060101FF830100A10C300A300804063F00DF00503B",
];

/// Parts of the PKCS#15 files that differ between generations.
pub(crate) struct Pkcs15 {
    /// Outer tag of the two entries of EF(PrKDF): the key type, which 1.8 encodes as `[0]`, private EC key.
    key_tag: &'static str,
    /// Key size in bits, as two bytes.
    key_bits: &'static str,
    cdf: &'static [&'static str; 4],
    /// Graphical, electrical and interface version, and a reserved byte.
    versions: &'static str,
}

impl Pkcs15 {
    pub(crate) const V11: Self = Self {
        key_tag: "30",
        key_bits: "0400",
        cdf: &CDF_17,
        versions: "00000000",
    };
    pub(crate) const V17: Self = Self {
        key_tag: "30",
        key_bits: "0800",
        cdf: &CDF_17,
        versions: "03000000",
    };
    pub(crate) const V18: Self = Self {
        key_tag: "A0",
        key_bits: "0180",
        cdf: &CDF_18,
        versions: "04040040",
    };

    /// EF(PrKDF) 5035.
    pub(crate) fn prkdf(&self) -> Vec<u8> {
        let Self { key_tag, key_bits, .. } = self;
        let entries = PRKDF.map(|entry| format!("{key_tag}{entry}0202{key_bits}"));
        hex(&entries.concat())
    }

    /// EF(CDF) 5037: entries of the certificates that are on the card, and zeros for those that are not (card content
    /// 5.4, 5.3.6).
    pub(crate) fn cdf(&self, certificates: HolderCertificates) -> Vec<u8> {
        let [authentication, signature, ca, root] = *self.cdf;
        let present = match certificates {
            HolderCertificates::Both => vec![authentication, signature, ca, root],
            HolderCertificates::Authentication => vec![authentication, ca, root],
            HolderCertificates::None => vec![ca, root],
        };
        let mut file = hex(&present.concat());
        file.resize(self.cdf.concat().len() / 2, 0);
        file
    }

    /// EF(TokenInfo) 5032: label `BELPIC`, the chip serial number, perso and interface versions.
    pub(crate) fn token_info(&self, chip_serial: &[u8; 16]) -> Vec<u8> {
        [
            hex("30270201000410"),
            chip_serial.to_vec(),
            hex("800642454C504943030204309E04"),
            hex(self.versions),
        ]
        .concat()
    }
}

/// Decodes a hexadecimal text, skipping blanks. Only for the constants here, which a test decodes.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let nibbles: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .filter_map(|d| u8::try_from(d).ok())
        .collect();
    nibbles
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::{Decode, SliceReader, asn1::AnyRef};

    /// Reads all TLVs of a file; panics if one does not end where its length says.
    fn entries(file: &[u8]) -> usize {
        let mut reader = SliceReader::new(file).unwrap();
        let mut count = 0;
        while !der::Reader::is_finished(&reader) {
            AnyRef::decode(&mut reader).unwrap();
            count += 1;
        }
        count
    }

    #[test]
    fn files_are_whole_tlvs_of_the_lengths_seen_on_cards() {
        for (file, len, tlvs) in [
            (hex(DIR), 37, 1),
            (hex(ODF), 36, 3),
            (hex(AODF), 53, 1),
            (Pkcs15::V11.prkdf(), 119, 2),
            (Pkcs15::V17.prkdf(), 119, 2),
            (Pkcs15::V18.prkdf(), 119, 2),
            (Pkcs15::V17.cdf(HolderCertificates::Both), 163, 4),
            (Pkcs15::V18.cdf(HolderCertificates::Both), 175, 4),
            (Pkcs15::V18.token_info(b"SLTESTBEIDD00001"), 41, 1),
        ] {
            assert_eq!((file.len(), entries(&file)), (len, tlvs));
        }
    }

    #[test]
    fn cdf_lists_what_is_there_and_ends_in_zeros() {
        let [authentication, signature, ca, _] = CDF_18.map(hex);
        let child = Pkcs15::V18.cdf(HolderCertificates::None);
        assert_eq!(child.len(), 175);
        assert!(child.starts_with(&ca) && child.ends_with(&vec![0; authentication.len() + signature.len()]));
        let minor = Pkcs15::V18.cdf(HolderCertificates::Authentication);
        assert_eq!(minor.len(), 175);
        assert!(minor.starts_with(&[authentication, ca].concat()) && minor.ends_with(&vec![0; signature.len()]));
    }
}
