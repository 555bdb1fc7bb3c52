//! `text_enum!`: a closed list of texts, one Rust enum for JSON and both databases.

/// Declares an enum whose variants are texts.
///
/// ```
/// svcgen_runtime::text_enum! {
///     /// Where an order stands.
///     pub enum OrderStatus {
///         /// Not sent yet.
///         Draft = "draft",
///         Paid = "paid",
///     }
/// }
/// assert_eq!(OrderStatus::Paid.as_str(), "paid");
/// assert_eq!("draft".parse(), Ok(OrderStatus::Draft));
/// ```
#[macro_export]
macro_rules! text_enum {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident {
            $( $(#[$variant_attribute:meta])* $variant:ident = $text:literal ),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $(#[$variant_attribute])*
                $variant
            ),+
        }

        #[allow(dead_code, reason = "an enum need not be used in every way that it can be")]
        impl $name {
            /// All of them, as they are declared.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The text, as it stands in JSON and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl $crate::db::TextEnum for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                Self::as_str(self)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, out: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                out.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownText;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::UnknownText> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownText::new(stringify!($name), &[$($text),+])),
                }
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as $crate::serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err($crate::serde::de::Error::custom)
            }
        }
    };
}

/// A text that is none of an enum's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the texts of {name}: {known:?}")]
pub struct UnknownText {
    name: &'static str,
    known: &'static [&'static str],
}

impl UnknownText {
    #[doc(hidden)]
    pub const fn new(name: &'static str, known: &'static [&'static str]) -> Self {
        Self { name, known }
    }
}

#[cfg(test)]
mod tests {
    crate::text_enum! {
        /// A colour.
        enum Colour {
            /// As blood.
            Red = "red",
            DeepBlue = "deep blue",
        }
    }

    #[test]
    fn it_goes_to_json_and_back() {
        let json = serde_json::to_string(Colour::ALL).unwrap();
        assert_eq!(json, r#"["red","deep blue"]"#);
        let back: Vec<Colour> = serde_json::from_str(&json).unwrap();
        assert_eq!(back, Colour::ALL);
        assert!(serde_json::from_str::<Colour>("\"Red\"").is_err());
        assert!(
            "blue"
                .parse::<Colour>()
                .unwrap_err()
                .to_string()
                .contains("deep blue")
        );
        assert_eq!(format!("{:>5}", Colour::Red), "  red");
    }
}
