//! Locations inside a package (GB/T 33190 `ST_Loc)`: absolute from its root, or relative to the file that names them.

/// The entry name that `location`, written in the entry `base`, means; `None` where it leaves the package.
pub(crate) fn resolve(base: &str, location: &str) -> Option<String> {
    let location = location.trim();
    if location.is_empty() || location.contains('\\') || location.contains(char::is_control) {
        return None;
    }
    let (mut parts, relative): (Vec<&str>, &str) = match location.strip_prefix('/') {
        Some(absolute) => (Vec::new(), absolute),
        None => (base.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect()), location),
    };
    for part in relative.split('/') {
        match part {
            "" => return None,
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_absolute_or_relative_to_their_file_and_never_leave_the_package() {
        let base = "Doc_0/Signs/Sign_0/Signature.xml";
        let cases = [
            ("/OFD.xml", Some("OFD.xml")),
            (" SignedValue.dat ", Some("Doc_0/Signs/Sign_0/SignedValue.dat")),
            ("./Seal.esl", Some("Doc_0/Signs/Sign_0/Seal.esl")),
            ("../../Res/a.png", Some("Doc_0/Res/a.png")),
            ("../../../../OFD.xml", None),
            ("/../OFD.xml", None),
            ("a\\b", None),
            ("//a", None),
            ("", None),
        ];
        for (location, expected) in cases {
            assert_eq!(resolve(base, location).as_deref(), expected, "{location:?}");
        }
        assert_eq!(resolve("OFD.xml", "Doc_0/Document.xml").as_deref(), Some("Doc_0/Document.xml"));
    }
}
