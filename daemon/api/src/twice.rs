//! Members that are said twice.
//!
//! Parsers keep the last one (RFC 8259, 4, leaves it open), so that two programs can read two different requests in the
//! same octets, a national number included. Found before anything is read out of them, on both fronts: `a{sv}` can repeat
//! a key as well as JSON can.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// First member that is said twice, at whatever depth; `None` if there is none.
pub struct SaidTwice(pub Option<String>);

impl<'de> Deserialize<'de> for SaidTwice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TwiceSearch).map(Self)
    }
}

struct TwiceSearch;

/// Methods of a visitor for values that contain nothing.
macro_rules! leaves {
    ($($method:ident($kind:ty))*) => {
        $(fn $method<E>(self, _: $kind) -> Result<Self::Value, E> {
            Ok(None)
        })*
    };
}

impl<'de> Visitor<'de> for TwiceSearch {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    leaves! {
        visit_bool(bool) visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_i16(i16) visit_i32(i32)
        visit_i64(i64) visit_f64(f64) visit_str(&str)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    /// A list; on the bus also a variant, whose first item is the signature of its second.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(SaidTwice(within)) = items.next_element()? {
            found = found.or(within);
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut names) = (None, HashSet::new());
        while let Some(MemberName(name)) = members.next_key()? {
            let SaidTwice(within) = members.next_value()?;
            found = found.or(within);
            if let Some(name) = name
                && let Some(again) = names.replace(name)
            {
                found = found.or(Some(again));
            }
        }
        Ok(found)
    }
}

/// Key of a member; `None` for one that is no text, which no request has.
struct MemberName(Option<String>);

impl<'de> Deserialize<'de> for MemberName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text).map(Self)
    }
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    leaves! {
        visit_bool(bool) visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_i16(i16) visit_i32(i32)
        visit_i64(i64) visit_f64(f64)
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Some(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_said_twice_is_found_at_any_depth() {
        for (json, twice) in [
            (r#"{}"#, None),
            (
                r#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}],"d":null,"e":1.5,"f":-1,"g":true}"#,
                None,
            ),
            (r#"{"a":1,"a":1}"#, Some("a")),
            (r#"{"a":1,"\u0061":2}"#, Some("a")),
            (r#"{"a":{"b":{"c":1,"d":2,"c":3}}}"#, Some("c")),
            (r#"{"a":[1,[{"x":1,"x":2}]]}"#, Some("x")),
            (r#"[{"a":1,"a":1}]"#, Some("a")),
        ] {
            let SaidTwice(found) = serde_json::from_str(json).unwrap();
            assert_eq!(found.as_deref(), twice, "{json}");
        }
        for malformed in ["", "{", r#"{"a":1,"a":}"#, "{\"a\":1}x"] {
            assert!(serde_json::from_str::<SaidTwice>(malformed).is_err(), "{malformed}");
        }
    }
}
