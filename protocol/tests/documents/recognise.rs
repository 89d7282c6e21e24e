//! Documents of the platform among files that are to be signed, in every encoding that other parsers read.

use beid_protocol::recognise::{Recognised, recognise};

use crate::python;

#[test]
fn what_another_parser_reads_as_a_document_of_the_platform_is_no_mere_file() {
    let directory = std::env::temp_dir().join(format!("beid-recognise-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let told = python::script("recognise.py", [directory.clone()]);
    let (mut documents, mut letters) = (Vec::new(), 0);
    for line in told.lines() {
        let [name, judged, form] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let found = recognise(&std::fs::read(directory.join(name)).unwrap());
        match (judged, form) {
            ("platform", _) => {
                assert_ne!(found, Recognised::Other, "{name}");
                documents.push(name);
            }
            ("letter", "plain") => {
                assert_eq!(found, Recognised::Other, "{name}");
                letters += 1;
            }
            _ => {}
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
    // Without these the other parsers were not asked, or not these ones.
    for encoding in [
        "cp037-",
        "cp500-",
        "utf_7-",
        "utf_16_le-",
        "shift_jis-",
        "iso2022_jp-",
        "utf_8-",
    ] {
        assert!(documents.iter().any(|name| name.starts_with(encoding)), "{encoding}");
    }
    assert!(documents.len() > 500 && letters >= 5, "{} {letters}", documents.len());
}
