//! Folders by their own names, for a certificate: it is given away, and the way to a folder may name somebody.
//! Whoever erases is told the whole way at once, and where backups may still lie it stays on the list of folders.

use std::{ffi::OsStr, path::Path};

use super::Remains;

/// The ways to folders, each with what is said instead.
#[derive(Debug, Default)]
pub(super) struct OwnNames(Vec<(String, String)>);

impl OwnNames {
    /// Those of these folders; a name in which one of the words stands is left out.
    pub(super) fn of<'p>(folders: impl IntoIterator<Item = &'p Path>, words: &[String]) -> Self {
        let is_in = |name: &str| {
            let name = name.to_lowercase();
            words.iter().any(|word| name.contains(&word.to_lowercase()))
        };
        let own_name = |name: &OsStr| match name.to_string_lossy() {
            name if is_in(&name) => "a folder whose name is left out".to_owned(),
            name => format!("“{name}”"),
        };
        // There is no way to the root of a disk.
        let named = folders
            .into_iter()
            .filter_map(|folder| Some((folder, folder.file_name()?)));
        let mut names: Vec<_> = named
            .map(|(folder, name)| (folder.display().to_string(), own_name(name)))
            .collect();
        // One may lie in another.
        names.sort_by_key(|(way, _)| std::cmp::Reverse(way.len()));
        Self(names)
    }

    pub(super) fn in_all(&self, remains: &[Remains]) -> Vec<Remains> {
        let in_text = |text: &str| {
            let all = self.0.iter();
            all.fold(text.to_owned(), |text, (way, name)| text.replace(way, name))
        };
        remains
            .iter()
            .map(|remains| Remains {
                what: in_text(&remains.what),
                why: in_text(&remains.why),
                ..*remains
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(folders: &[&str], words: &[&str], text: &str) -> String {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let names = OwnNames::of(folders.iter().map(Path::new), &words);
        names.in_all(&[Remains::new(text, "")]).remove(0).what
    }

    #[test]
    fn a_folder_has_its_own_name_and_not_the_way_to_it() {
        let folders = ["/home/anna/usb", "/home/anna/usb/copies"];
        assert_eq!(
            told(
                &folders,
                &[],
                "one in /home/anna/usb/copies, one in /home/anna/usb"
            ),
            "one in “copies”, one in “usb”"
        );
    }

    #[test]
    fn a_folder_that_is_called_like_the_person_has_no_name() {
        let said = told(
            &["/mnt/Anna Weiss"],
            &["anna weiss"],
            "backups in /mnt/Anna Weiss",
        );
        assert_eq!(said, "backups in a folder whose name is left out");
    }
}
