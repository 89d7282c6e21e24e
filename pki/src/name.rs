//! Comparison of distinguished names.

use x509_parser::prelude::{AttributeTypeAndValue, FromDer, X509Name};

/// Returns true if two DER `Name`s are the same name.
///
/// Authorities encode one name in several ways: `PrintableString` in one certificate and `UTF8String` in the next, with
/// capitals or without, with two blanks for one. Values of the string types of `DirectoryString` are therefore compared
/// by their characters, without regard to case and to how many blanks stand between words; anything else byte for byte.
/// The order of the relative distinguished names counts, the order inside one of them does not. Characters are compared
/// as they are: Unicode normalisation (RFC 4518, 2.3) is left out, so a name that differs in it is another name.
///
/// Source: RFC 5280, 7.1.
#[must_use]
pub fn same_name(one: &[u8], other: &[u8]) -> bool {
    one == other || compare(one, other).unwrap_or(false)
}

fn compare(one: &[u8], other: &[u8]) -> Option<bool> {
    let (one, other) = (parse(one)?, parse(other)?);
    let (mut ours, mut theirs) = (one.iter_rdn(), other.iter_rdn());
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return Some(true),
            (Some(ours), Some(theirs)) => {
                let (ours, mut theirs): (Vec<_>, Vec<_>) = (ours.iter().collect(), theirs.iter().collect());
                for attribute in ours {
                    let Some(at) = theirs.iter().position(|other| same_attribute(attribute, other)) else {
                        return Some(false);
                    };
                    // Taken out, so that two equal attributes need two on the other side.
                    theirs.swap_remove(at);
                }
                if !theirs.is_empty() {
                    return Some(false);
                }
            }
            (Some(_), None) | (None, Some(_)) => return Some(false),
        }
    }
}

fn parse(name: &[u8]) -> Option<X509Name<'_>> {
    X509Name::from_der(name)
        .ok()
        .filter(|(rest, _)| rest.is_empty())
        .map(|(_, name)| name)
}

fn same_attribute(one: &AttributeTypeAndValue<'_>, other: &AttributeTypeAndValue<'_>) -> bool {
    if one.attr_type() != other.attr_type() {
        return false;
    }
    let (ours, theirs) = (one.attr_value(), other.attr_value());
    if ours.tag() == theirs.tag() && ours.data == theirs.data {
        return true;
    }
    matches!((folded(one), folded(other)), (Some(ours), Some(theirs)) if ours == theirs)
}

/// The characters of a text in lower case, with one blank between words and none around them.
fn folded(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let text = attribute.as_str().ok()?.to_lowercase();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;
    use x509_cert::name::Name;

    const UTF8: u8 = 0x0C;
    const PRINTABLE: u8 = 0x13;
    const IA5: u8 = 0x16;
    const BITS: u8 = 0x03;
    const OCTETS: u8 = 0x04;

    /// `Name` of one relative distinguished name a list; each attribute is the last arc of 2.5.4, a tag and a text.
    fn name(rdns: &[&[(u8, u8, &str)]]) -> Vec<u8> {
        let wrap = |tag: u8, content: Vec<u8>| [vec![tag, u8::try_from(content.len()).unwrap()], content].concat();
        let rdns = rdns.iter().flat_map(|rdn| {
            let attributes = rdn.iter().flat_map(|(arc, tag, text)| {
                let value = wrap(*tag, text.as_bytes().to_vec());
                wrap(0x30, [vec![6, 3, 0x55, 4, *arc], value].concat())
            });
            wrap(0x31, attributes.collect())
        });
        wrap(0x30, rdns.collect())
    }

    #[track_caller]
    fn check(one: &[&[(u8, u8, &str)]], other: &[&[(u8, u8, &str)]], same: bool) {
        assert_eq!(same_name(&name(one), &name(other)), same);
        assert_eq!(same_name(&name(other), &name(one)), same);
    }

    #[test]
    fn encoding_case_and_blanks_do_not_make_another_name() {
        check(&[&[(3, UTF8, "Proef CA")]], &[&[(3, PRINTABLE, "Proef CA")]], true);
        check(&[&[(3, UTF8, "Proef CA")]], &[&[(3, UTF8, "PROEF ca")]], true);
        check(&[&[(3, UTF8, "Proef CA")]], &[&[(3, PRINTABLE, " Proef   CA ")]], true);
        check(&[&[(3, UTF8, "ÉTÉ")]], &[&[(3, UTF8, "été")]], true);
        check(
            &[&[(6, PRINTABLE, "BE"), (3, UTF8, "Proef")]],
            &[&[(3, IA5, "proef"), (6, PRINTABLE, "be")]],
            true,
        );
    }

    #[test]
    fn other_words_attributes_or_orders_do() {
        check(&[&[(3, UTF8, "Proef CA")]], &[&[(3, UTF8, "ProefCA")]], false);
        check(&[&[(3, UTF8, "Proef CA")]], &[&[(10, UTF8, "Proef CA")]], false);
        check(&[&[(3, UTF8, "Proef CA")]], &[&[(3, UTF8, "Proef CA 2")]], false);
        check(
            &[&[(6, PRINTABLE, "BE")], &[(3, UTF8, "Proef")]],
            &[&[(3, UTF8, "Proef")], &[(6, PRINTABLE, "BE")]],
            false,
        );
        check(
            &[&[(3, UTF8, "Proef")]],
            &[&[(3, UTF8, "Proef")], &[(3, UTF8, "Proef")]],
            false,
        );
        check(
            &[&[(3, UTF8, "Proef"), (3, UTF8, "Proef")]],
            &[&[(3, UTF8, "Proef"), (3, UTF8, "Ander")]],
            false,
        );
    }

    #[test]
    fn what_is_no_text_is_compared_byte_for_byte() {
        // uniqueIdentifier (2.5.4.45) is a BIT STRING; the rest of the name is written in two ways.
        let with = |tag, value: &'static str, common_name: &'static str| [(45, tag, value), (3, UTF8, common_name)];
        let lower = with(BITS, "\0ab", "proef");
        for (other, same) in [
            (with(BITS, "\0ab", "PROEF"), true),
            (with(BITS, "\0aB", "PROEF"), false),
            (with(OCTETS, "\0ab", "PROEF"), false),
        ] {
            check(&[&lower], &[&other], same);
        }
    }

    #[test]
    fn what_is_no_name_is_only_itself() {
        let whole = name(&[&[(3, UTF8, "Proef")]]);
        assert!(same_name(b"x", b"x") && !same_name(b"x", b"y"));
        assert!(!same_name(&whole, &[whole.as_slice(), &[0]].concat()));
        assert!(same_name(&Name::default().to_der().unwrap(), &[0x30, 0]));
    }
}
