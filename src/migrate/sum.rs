//! `migrations/svcgen.sum`: what every migration's files say, in one chain.
//!
//! ```text
//! head 5f0c…
//! 0001_initial 9a4e…
//! 0002_add_phone_to_authors 5f0c…
//! ```
//!
//! A digest covers the one before it and every file of the migration's folder: names in
//! order, texts with `\n` for every line end and without space at the ends of lines. The
//! head repeats the last digest, so that two branches that both add a migration change the
//! same line, and no merge of texts makes one list of both by itself.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::script;
use crate::tables::hex;

/// One migration in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The migration.
    pub id: String,
    /// The digest of its files and of the link before.
    pub digest: String,
}

/// A migration's link, given the one before it and its files, by name.
pub fn link(before: Option<&Link>, id: &str, files: &[(&str, &str)]) -> Link {
    let mut files = files.to_vec();
    files.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(before.map_or("", |link| link.digest.as_str()));
    hash.update(b"\n");
    for (name, text) in files {
        hash.update(name);
        hash.update(b"\n");
        let lines = text.trim_end().lines();
        // What a reviewer accepts changes nothing of what is run.
        for line in lines.filter(|it| script::acceptance(it).is_none()) {
            hash.update(line.trim_end());
            hash.update(b"\n");
        }
    }
    Link {
        id: id.to_owned(),
        digest: hex(&hash.finalize()),
    }
}

/// The text of the sum.
pub fn write(links: &[Link]) -> String {
    let head = links.last().map_or("", |link| link.digest.as_str());
    let mut text = format!("head {head}\n");
    for Link { id, digest } in links {
        text.push_str(id);
        text.push(' ');
        text.push_str(digest);
        text.push('\n');
    }
    text
}

/// The links of a sum; `None` when it is none, such as one with the marks of a conflict.
pub fn read(text: &str) -> Option<Vec<Link>> {
    let (head, rest) = text.split_once('\n')?;
    let head = head.strip_prefix("head")?.trim();
    let links: Vec<Link> = rest
        .lines()
        .map(|line| {
            let (id, digest) = line.trim_end().split_once(' ')?;
            let is_digest = digest.len() == 64 && digest.bytes().all(|it| it.is_ascii_hexdigit());
            is_digest.then(|| Link {
                id: id.to_owned(),
                digest: digest.to_owned(),
            })
        })
        .collect::<Option<_>>()?;
    (head == links.last().map_or("", |link| link.digest.as_str())).then_some(links)
}

/// The chains of the two branches, ours and theirs, of a sum with git's marks of a conflict.
pub fn sides(text: &str) -> Option<(Vec<Link>, Vec<Link>)> {
    #[derive(Clone, Copy)]
    enum At {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut at, mut marks) = (At::Both, 0);
    for line in text.lines() {
        at = match line.get(..7) {
            Some("<<<<<<<") => At::Ours,
            Some("|||||||") => At::Base,
            Some("=======") => At::Theirs,
            Some(">>>>>>>") => At::Both,
            _ => {
                if let Some((id, digest)) = line.trim_end().split_once(' ')
                    && id != "head"
                {
                    let link = Link {
                        id: id.to_owned(),
                        digest: digest.to_owned(),
                    };
                    match at {
                        At::Both => {
                            ours.push(link.clone());
                            theirs.push(link);
                        }
                        At::Ours => ours.push(link),
                        At::Theirs => theirs.push(link),
                        At::Base => {}
                    }
                }
                continue;
            }
        };
        marks += 1;
    }
    (marks > 0).then_some((ours, theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_read_as_it_was_written() {
        let first = link(
            None,
            "0001_initial",
            &[("sqlite.sql", "a;\n"), ("plan.json", "{}")],
        );
        let second = link(Some(&first), "0002_more", &[("sqlite.sql", "b;\n")]);
        let links = vec![first, second];
        assert_eq!(read(&write(&links)), Some(links));
        assert_eq!(read(&write(&[])), Some(Vec::new()));
    }

    #[test]
    fn line_ends_do_not_count_and_everything_else_does() {
        let plain = link(None, "1", &[("a", "x\ny\n"), ("b", "z")]);
        assert_eq!(plain, link(None, "1", &[("b", "z\r\n"), ("a", "x\r\ny")]));
        assert_ne!(plain, link(None, "1", &[("a", "x\nz\n"), ("b", "z")]));
        assert_ne!(
            plain,
            link(Some(&plain), "1", &[("a", "x\ny\n"), ("b", "z")])
        );
    }

    #[test]
    fn a_conflict_is_no_sum() {
        let link = link(None, "1", &[]);
        let text = write(std::slice::from_ref(&link));
        assert_eq!(read(&format!("<<<<<<< ours\n{text}")), None);
        assert_eq!(read(&text.replace("head ", "head 0")), None);
    }
}
