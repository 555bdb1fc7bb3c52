//! Update masks (AIP-134, AIP-161): which members a change is about.

/// The members that a change is about, whether it sends them or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask(Vec<String>);

impl Mask {
    /// The names in a list such as `title,body`; `None` for an empty one, which is the same as none.
    pub fn parse(text: &str) -> Option<Self> {
        let paths = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let paths: Vec<String> = paths.map(str::to_owned).collect();
        (!paths.is_empty()).then_some(Self(paths))
    }

    /// Whether it is `*`: all of the record is replaced.
    pub fn is_whole(&self) -> bool {
        matches!(self.0.as_slice(), [only] if only == "*")
    }

    /// Whether it names a member.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|it| it == name)
    }

    /// What it names.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
