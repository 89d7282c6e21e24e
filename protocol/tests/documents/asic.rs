//! Containers: made, opened by others, and refused where two readers could see two things.

use std::io::{Cursor, Write};
use std::process::Command;

use beid_pki::Trust;
use beid_protocol::ProtocolError;
use beid_protocol::asic::{Container, File};
use beid_protocol::cms::Attributes;
use beid_protocol::timestamp::Token;
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verdict, Verification, verify_with};
use jiff::Timestamp;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::citizens::{CitizenSigner, PATIENT, PHYSICIAN, PKI, consultation, now, plain, put};
use crate::openssl::pem;
use crate::python;
use crate::tsa::{Oddity, TSA, a_minute_ago, tsa_roots};
use beid_testkit::{Scratch, run};

const MEDIA_TYPE: &[u8] = b"application/vnd.etsi.asic-e+zip";

pub(crate) fn files() -> Vec<File> {
    let request = plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading");
    let file = |name: &str, media_type: &str, content: &[u8]| File {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        content: content.to_vec(),
    };
    vec![
        file("request.xml", "application/xml", request.xml().as_bytes()),
        file(
            "tekst & uitleg.json",
            "application/json",
            b"{\"text\": \"wat getoond werd\"}",
        ),
    ]
}

#[derive(Clone, Copy, Debug)]
enum ContainerForm {
    Cades,
    Xades,
}

fn container(form: ContainerForm, signer: &CitizenSigner) -> Container {
    let (chain, at) = ([PKI.authority.clone(), PKI.root.clone()], a_minute_ago());
    let pending = match form {
        ContainerForm::Cades => Container::cades(files(), &signer.certificate, &chain, at, Attributes::default()),
        ContainerForm::Xades => Container::xades(files(), &signer.certificate, &chain, at),
    };
    let pending = pending.unwrap();
    let signature = signer.sign(pending.digest());
    pending.finish(signature).unwrap()
}

pub(crate) fn judge_about(zip: &[u8], content: Option<&[u8]>) -> Verification {
    let (roots, tsa_roots) = (PKI.roots(), tsa_roots());
    let context = Context {
        tsa_roots: &tsa_roots,
        content,
        ..Context::new(&roots, Timestamp::now())
    };
    verify_with(zip, &context)
}

pub(crate) fn judge(zip: &[u8]) -> Verification {
    judge_about(zip, None)
}

#[track_caller]
fn check(zip: &[u8], name: CheckName, expected: Outcome) {
    let verification = judge(zip);
    assert_eq!(verification.outcome(name), Some(expected), "{verification:?}");
    assert_eq!(verification.trust(), Trust::None);
}

/// The entries of a container, by name.
pub(crate) fn opened(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let count = archive.len();
    let entry = |index| {
        let mut file = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut content).unwrap();
        (file.name().unwrap().into_owned(), content)
    };
    (0..count).map(entry).collect()
}

pub(crate) fn closed(entries: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, (name, content)) in entries.iter().enumerate() {
        let method = if number == 0 { CompressionMethod::Stored } else { method };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Takes a container apart, changes it, and puts it together again.
fn rearranged(form: ContainerForm, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
    let mut entries = opened(&container(form, &PKI.ec).to_zip().unwrap());
    change(&mut entries);
    closed(&entries, CompressionMethod::Stored)
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut changed = bytes.to_vec();
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            changed[at..at + to.len()].copy_from_slice(to);
        }
    }
    assert_ne!(changed, bytes);
    changed
}

#[test]
fn what_we_close_is_genuine() {
    for form in [ContainerForm::Cades, ContainerForm::Xades] {
        for signer in [&PKI.rsa, &PKI.ec] {
            let zip = container(form, signer).to_zip().unwrap();
            let verification = judge(&zip);
            assert_eq!(verification.trust(), Trust::Test, "{form:?} {verification:?}");
            let passed = Some(Outcome::Passed);
            assert_eq!(verification.outcome(CheckName::SubjectIsPatient), passed);
            assert_eq!(judge_about(&zip, Some(&files()[1].content)).trust(), Trust::Test);
            let elsewhere = judge_about(&zip, Some(b"another file"));
            let expected = Outcome::Failed(Reason::ContentNotInContainer);
            assert_eq!(elsewhere.outcome(CheckName::ContentDigest), Some(expected));
            let deflated = closed(&opened(&zip), CompressionMethod::Deflated);
            assert!(deflated.len() < zip.len());
            assert_eq!(judge(&deflated).trust(), Trust::Test);
        }
    }
}

#[test]
fn a_container_is_stamped_as_its_signature_is() {
    for form in [ContainerForm::Cades, ContainerForm::Xades] {
        let container = container(form, &PKI.ec);
        let stamped = container.stamped().unwrap();
        let token = TSA.token(&stamped, &Oddity::default());
        let token = Token::verify(&token, &stamped, &tsa_roots(), Timestamp::now()).unwrap();
        let zip = container.with_time_stamp(&token).unwrap().to_zip().unwrap();
        let verification = judge(&zip);
        assert_eq!(
            verification.stamped_at(),
            Some(token.time()),
            "{form:?} {verification:?}"
        );
        assert_eq!(verification.trust(), Trust::Test);
    }
}

#[test]
fn the_same_container_is_the_same_bytes() {
    let container = container(ContainerForm::Cades, &PKI.rsa);
    assert_eq!(container.to_zip().unwrap(), container.to_zip().unwrap());
}

#[test]
fn unzip_and_openssl_find_what_is_in_it() {
    for signer in [&PKI.rsa, &PKI.ec] {
        let folder = Scratch::new("protocol");
        let path = folder.write(
            "evidence.asice",
            &container(ContainerForm::Cades, signer).to_zip().unwrap(),
        );
        folder.write("root.pem", &pem(PKI.root.der()));
        let done = run(Command::new("unzip").arg("-Zv").arg(&path));
        let said = done.said();
        assert!(done.succeeded(), "{done}");
        let first = said.split("Central directory entry #2").next().unwrap();
        for line in [
            "  mimetype",
            "none (stored)",
            "length of extra field:                          0 bytes",
        ] {
            assert!(first.contains(line), "no {line:?} in\n{said}");
        }
        run(Command::new("unzip")
            .args(["-q", "-d"])
            .arg(folder.path().join("opened"))
            .arg(&path))
        .ok();
        assert_eq!(
            std::fs::read(folder.path().join("opened/mimetype")).unwrap(),
            MEDIA_TYPE
        );
        assert_eq!(
            std::fs::read(folder.path().join("opened/request.xml")).unwrap(),
            files()[0].content
        );
        run(Command::new("xmllint").current_dir(folder.path().join("opened")).args([
            "--noout",
            "META-INF/manifest.xml",
            "META-INF/ASiCManifest001.xml",
        ]))
        .ok();
        let verify = "cms -verify -cades -binary -inform DER -in META-INF/signature001.p7s -content \
            META-INF/ASiCManifest001.xml -CAfile ../root.pem -out ../out";
        let openssl = || {
            run(Command::new("openssl")
                .current_dir(folder.path().join("opened"))
                .args(verify.split_whitespace()))
        };
        let done = openssl();
        assert!(
            done.succeeded() && done.said().contains("CAdES Verification successful"),
            "{done}"
        );
        std::fs::write(folder.path().join("opened/META-INF/ASiCManifest001.xml"), b"<x/>").unwrap();
        assert!(!openssl().succeeded());
    }
}

#[test]
fn xmlsec1_accepts_the_signature_in_xml_where_it_lies() {
    for signer in [&PKI.rsa, &PKI.ec] {
        let folder = Scratch::new("protocol");
        let path = folder.write(
            "evidence.asice",
            &container(ContainerForm::Xades, signer).to_zip().unwrap(),
        );
        folder.write("root.pem", &pem(PKI.root.der()));
        run(Command::new("unzip")
            .args(["-q", "-d"])
            .arg(folder.path().join("opened"))
            .arg(&path))
        .ok();
        let verify = "--verify --trusted-pem ../root.pem --id-attr:Id \
            http://uri.etsi.org/01903/v1.3.2#:SignedProperties META-INF/signatures001.xml";
        let xmlsec1 = || {
            run(Command::new("xmlsec1")
                .current_dir(folder.path().join("opened"))
                .args(verify.split_whitespace()))
        };
        let done = xmlsec1();
        assert!(
            done.succeeded() && done.said().contains("SignedInfo References (ok/all): 3/3"),
            "{done}"
        );
        std::fs::write(folder.path().join("opened/request.xml"), b"<x/>").unwrap();
        assert!(!xmlsec1().succeeded());
    }
}

#[test]
fn changed_missing_and_added_files_are_told() {
    let digest = |reason| Outcome::Failed(reason);
    for form in [ContainerForm::Cades, ContainerForm::Xades] {
        let changed = rearranged(form, |entries| entries[1].1[100] ^= 1);
        check(&changed, CheckName::ContentDigest, digest(Reason::DigestDiffers));
        let added = rearranged(form, |entries| entries.push(("virus.exe".to_owned(), vec![1, 2, 3])));
        check(&added, CheckName::ContentDigest, digest(Reason::ContentNotSigned));
        let swapped = rearranged(form, |entries| {
            let content = entries[1].1.clone();
            entries[1].1 = std::mem::replace(&mut entries[2].1, content);
        });
        check(&swapped, CheckName::ContentDigest, digest(Reason::DigestDiffers));
        let removed = judge(&rearranged(form, |entries| drop(entries.remove(1))));
        assert_ne!(removed.outcome(CheckName::ContentDigest), Some(Outcome::Passed));
        assert_eq!(removed.trust(), Trust::None);
    }
}

#[test]
fn a_signature_has_one_manifest_of_its_own() {
    let structure = |zip: &[u8], reason| check(zip, CheckName::Structure, Outcome::Failed(reason));
    let named =
        |entries: &[(String, Vec<u8>)], end: &str| entries.iter().position(|(name, _)| name.ends_with(end)).unwrap();
    let twice = |form, end: &str, name: &str| {
        rearranged(form, |entries| {
            let copy = entries[named(entries, end)].1.clone();
            entries.push((name.to_owned(), copy));
        })
    };
    structure(
        &twice(ContainerForm::Cades, ".p7s", "META-INF/signature002.p7s"),
        Reason::ManifestOfAnotherSignature,
    );
    structure(
        &twice(
            ContainerForm::Cades,
            "ASiCManifest001.xml",
            "META-INF/ASiCManifest002.xml",
        ),
        Reason::SeveralManifests,
    );
    let without = |end: &str| {
        rearranged(ContainerForm::Cades, |entries| {
            drop(entries.remove(named(entries, end)))
        })
    };
    check(
        &without(".p7s"),
        CheckName::Structure,
        Outcome::Unknown(Reason::NoSignature),
    );
    structure(&without("ASiCManifest001.xml"), Reason::NoManifest);
    let other = rearranged(ContainerForm::Cades, |entries| {
        let at = named(entries, ".p7s");
        entries[at].0 = "META-INF/signature009.p7s".to_owned();
    });
    structure(&other, Reason::ManifestOfAnotherSignature);
    // An extended manifest is not the one that was signed.
    let extended = rearranged(ContainerForm::Cades, |entries| {
        let at = named(entries, "ASiCManifest001.xml");
        entries[at].1 = replaced(&entries[at].1, b"application/json", b"application/jpeg");
    });
    check(
        &extended,
        CheckName::ContentDigest,
        Outcome::Failed(Reason::DigestDiffers),
    );
}

#[test]
fn what_two_readers_see_differently_is_refused() {
    let structure = |zip: &[u8], reason| check(zip, CheckName::Structure, Outcome::Failed(reason));
    let whole = container(ContainerForm::Cades, &PKI.ec).to_zip().unwrap();
    let with = |name: &str| rearranged(ContainerForm::Cades, |entries| entries.push((name.to_owned(), vec![1])));

    structure(
        &replaced(&with("reauest.xml"), b"reauest.xml", b"request.xml"),
        Reason::DuplicateNames,
    );
    structure(&with("REQUEST.xml"), Reason::DuplicateNames);
    structure(
        &replaced(&with("ab/cdefgh.xml"), b"ab/cdefgh.xml", b"../cdefgh.xml"),
        Reason::NameNotAllowed,
    );
    structure(
        &replaced(&with("xetc/passwd"), b"xetc/passwd", b"/etc/passwd"),
        Reason::NameNotAllowed,
    );
    structure(
        &replaced(&with("a_windows"), b"a_windows", b"a\\windows"),
        Reason::NameNotAllowed,
    );

    let mut behind = whole.clone();
    behind.extend(b"more");
    structure(&behind, Reason::AmbiguousZip);
    let before = [b"PK\x03\x04more".as_slice(), &whole].concat();
    let verification = judge(&before);
    assert!(
        matches!(verification.outcome(CheckName::Structure), Some(Outcome::Failed(_))),
        "{verification:?}"
    );
    // In the local header only, or in the directory only.
    for from_end in [false, true] {
        let mut places = (0..whole.len()).filter(|at| whole[*at..].starts_with(b"request.xml"));
        let at = if from_end { places.next_back() } else { places.next() }.unwrap();
        let mut changed = whole.clone();
        changed[at] = b'q';
        structure(&changed, Reason::AmbiguousZip);
    }
    let late = rearranged(ContainerForm::Cades, |entries| entries.rotate_left(1));
    structure(&late, Reason::MimetypeNotFirst);
    let other = replaced(
        &whole,
        b"application/vnd.etsi.asic-e+zip",
        b"application/vnd.etsi.asic-s+zip",
    );
    assert_eq!(judge(&other).trust(), Trust::None);
    let bomb = {
        let mut entries = opened(&whole);
        entries.push(("bomb".to_owned(), vec![0; 4 << 20]));
        closed(&entries, CompressionMethod::Deflated)
    };
    check(&bomb, CheckName::Structure, Outcome::Unknown(Reason::TooLong));
    let many = rearranged(ContainerForm::Cades, |entries| {
        entries.extend((0..1024).map(|number| (format!("{number}.txt"), Vec::new())));
    });
    check(&many, CheckName::Structure, Outcome::Unknown(Reason::TooManyEntries));
}

#[test]
fn no_cut_is_trusted() {
    for form in [ContainerForm::Cades, ContainerForm::Xades] {
        let whole = container(form, &PKI.ec).to_zip().unwrap();
        for length in (4..whole.len()).step_by(64) {
            let verification = judge(&whole[..length]);
            let refused = matches!(verification.outcome(CheckName::Structure), Some(Outcome::Failed(_)));
            assert!(refused && verification.trust() == Trust::None, "{verification:?}");
        }
    }
}

#[test]
fn names_that_a_container_cannot_have_are_refused() {
    let named = |names: &[&str]| {
        let file = |name: &&str| File {
            name: (*name).to_owned(),
            media_type: "text/plain".to_owned(),
            content: Vec::new(),
        };
        let files = names.iter().map(file).collect();
        let begun = Container::cades(files, &PKI.ec.certificate, &[], now(), Attributes::default());
        begun.map(|pending| format!("{pending:?}"))
    };
    assert!(named(&["a.txt", "map/b.txt", "verslag 12:30.txt"]).is_ok());
    for names in [
        &[][..],
        &["mimetype"],
        &["META-INF/x"],
        &["meta-inf/x"],
        &["../a"],
        &["/a"],
        &["a", "A"],
        &["a", "a"],
        &["a\\b"],
        &["a\u{85}"],
    ] {
        assert!(
            matches!(named(names), Err(ProtocolError::InvalidRequest { .. })),
            "{names:?}"
        );
    }
    assert_eq!(named(&["Lena.txt"]).map(|shown| shown.contains("Lena")), Ok(false));
}

/// A container that other software wrote: Python's `zipfile`, in one of the ways it has.
fn written_by_python(form: ContainerForm, signer: &CitizenSigner, way: &str) -> Vec<u8> {
    let folder = Scratch::new("protocol");
    let entries = opened(&container(form, signer).to_zip().unwrap());
    let mut arguments = vec![folder.path().join("out.zip"), way.into()];
    for (number, (name, content)) in entries.iter().enumerate() {
        arguments.push(name.into());
        arguments.push(folder.write(&number.to_string(), content));
    }
    python::script("zip.py", arguments);
    std::fs::read(folder.path().join("out.zip")).unwrap()
}

/// Checks the outcome of the structure; a container that is good but for the ZIP is trusted if and only if the ZIP is
/// good.
#[track_caller]
fn check_zip(way: &str, zip: &[u8], expected: Outcome) {
    let verification = judge(zip);
    assert_eq!(
        verification.outcome(CheckName::Structure),
        Some(expected),
        "{way}: {verification:?}"
    );
    assert_eq!(
        verification.trust() == Trust::Test,
        expected == Outcome::Passed,
        "{way}: {verification:?}"
    );
}

#[test]
fn other_programs_habits_change_nothing() {
    for form in [ContainerForm::Cades, ContainerForm::Xades] {
        for way in [
            "stored",
            "deflated",
            "streamed",
            "streamed-stored",
            "utf-8",
            "extra",
            "zip64",
            "zip64-records",
            "folders",
            "comment",
            "no-mimetype",
            "other-mimetype",
            "name-like-a-signature",
        ] {
            check_zip(way, &written_by_python(form, &PKI.ec, way), Outcome::Passed);
        }
    }
}

#[test]
fn a_file_where_the_signatures_lie_is_named_as_not_judged() {
    for form in [ContainerForm::Cades, ContainerForm::Xades] {
        let named = |way| judge(&written_by_python(form, &PKI.ec, way)).not_judged().to_vec();
        assert_eq!(named("stray"), ["file-in-meta-inf"]);
        assert!(named("stored").is_empty());
    }
}

#[test]
fn two_contents_in_one_zip_are_refused() {
    for (way, reason) in [
        ("two-directories", Reason::AmbiguousZip),
        ("gap", Reason::AmbiguousZip),
        ("gap-before-directory", Reason::AmbiguousZip),
        ("front", Reason::AmbiguousZip),
        ("other-size", Reason::AmbiguousZip),
        ("other-method", Reason::AmbiguousZip),
        ("other-crc", Reason::DamagedZip),
        ("behind-deflated", Reason::AmbiguousZip),
        ("second-end-in-comment", Reason::AmbiguousZip),
        ("zip64-elsewhere", Reason::AmbiguousZip),
        ("unicode-path", Reason::AmbiguousZip),
        ("unicode-path-twice", Reason::AmbiguousZip),
        ("descriptor-differs", Reason::AmbiguousZip),
        ("overlap", Reason::AmbiguousZip),
        ("link", Reason::NameNotAllowed),
        ("not-utf-8", Reason::NameNotAllowed),
        ("mimetype-last", Reason::MimetypeNotFirst),
        ("mimetype-extra", Reason::MimetypeWithExtraField),
        ("mimetype-deflated", Reason::MimetypeCompressed),
    ] {
        check_zip(
            way,
            &written_by_python(ContainerForm::Xades, &PKI.ec, way),
            Outcome::Failed(reason),
        );
    }
    for (way, reason) in [
        ("encrypted", Reason::Encrypted),
        ("bzip2", Reason::CompressionNotSupported),
    ] {
        check_zip(
            way,
            &written_by_python(ContainerForm::Xades, &PKI.ec, way),
            Outcome::Unknown(reason),
        );
    }
}

#[test]
fn containers_that_zip_writes_are_good() {
    let folder = Scratch::new("protocol");
    let entries = opened(&container(ContainerForm::Xades, &PKI.rsa).to_zip().unwrap());
    for (name, content) in &entries {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let zip = |arguments: &[&str]| {
        run(Command::new("zip").arg("-q").args(arguments).current_dir(folder.path())).ok();
    };
    zip(&["-X", "-0", "out.zip", "mimetype"]);
    zip(&["-r", "out.zip", ".", "-x", "mimetype", "out.zip"]);
    check_zip(
        "zip",
        &std::fs::read(folder.path().join("out.zip")).unwrap(),
        Outcome::Passed,
    );
    // As it writes to a pipe: sizes behind the entries.
    zip(&["-X", "-0", "piped.zip", "mimetype"]);
    zip(&["-fd", "-X", "-r", "piped.zip", ".", "-x", "*.zip", "mimetype"]);
    check_zip(
        "zip -fd",
        &std::fs::read(folder.path().join("piped.zip")).unwrap(),
        Outcome::Passed,
    );
}

#[test]
fn several_signatures_are_judged_each() {
    let one = opened(&container(ContainerForm::Xades, &PKI.ec).to_zip().unwrap());
    let two = opened(&container(ContainerForm::Xades, &PKI.rsa).to_zip().unwrap());
    let three = opened(&container(ContainerForm::Cades, &PKI.rsa).to_zip().unwrap());
    let mut all = one.clone();
    all.push(("META-INF/signatures002.xml".to_owned(), two.last().unwrap().1.clone()));
    all.extend(three[three.len() - 2..].iter().cloned());
    let zip = closed(&all, CompressionMethod::Stored);
    let verification = judge(&zip);
    assert_eq!(verification.trust(), Trust::Test, "{verification:?}");
    assert_eq!(verification.signatures().len(), 3);
    // A change in one file is reported for that file only.
    let at = all.len() - 3;
    all[at].1 = replaced(
        &all[at].1,
        b"<xades:MimeType>application/json",
        b"<xades:MimeType>application/jpeg",
    );
    let verification = judge(&closed(&all, CompressionMethod::Stored));
    assert_eq!(verification.trust(), Trust::None);
    let passed = |one: &Verification| one.outcome(CheckName::ContentDigest) == Some(Outcome::Passed);
    let each: Vec<_> = verification.signatures().iter().map(passed).collect();
    assert_eq!(each, [true, false, true]);
    // A file that nobody signed is reported for all signatures.
    let mut more = one.clone();
    more.push(("META-INF/signatures002.xml".to_owned(), two.last().unwrap().1.clone()));
    more.push(("more.txt".to_owned(), vec![1]));
    let zip = closed(&more, CompressionMethod::Stored);
    check(
        &zip,
        CheckName::ContentDigest,
        Outcome::Failed(Reason::ContentNotSigned),
    );
}

#[test]
fn a_container_of_one_file_is_signed_as_a_whole() {
    let file = files().swap_remove(0);
    let whole = opened(&container(ContainerForm::Xades, &PKI.ec).to_zip().unwrap());
    let simple = |entries: &[(&str, &[u8])]| {
        let mut all = vec![("mimetype".to_owned(), b"application/vnd.etsi.asic-s+zip".to_vec())];
        all.extend(
            entries
                .iter()
                .map(|(name, content)| ((*name).to_owned(), content.to_vec())),
        );
        closed(&all, CompressionMethod::Stored)
    };
    let pending = beid_protocol::cms::Cms::detached(
        &file.content,
        &PKI.ec.certificate,
        &[PKI.authority.clone(), PKI.root.clone()],
        a_minute_ago(),
        Attributes::default(),
    )
    .unwrap();
    let signature = PKI.ec.sign(pending.digest());
    let cms = pending.finish(signature).unwrap();
    let signed = [
        ("request.xml", file.content.as_slice()),
        ("META-INF/signature.p7s", cms.der()),
    ];
    assert_eq!(judge(&simple(&signed)).trust(), Trust::Test);
    let mut changed = file.content.clone();
    changed[100] ^= 1;
    let changed = simple(&[("request.xml", &changed), signed[1]]);
    check(
        &changed,
        CheckName::ContentDigest,
        Outcome::Failed(Reason::DigestDiffers),
    );
    let two = simple(&[signed[0], ("more.xml", b"<more/>"), signed[1]]);
    check(&two, CheckName::Structure, Outcome::Failed(Reason::NotOneFile));

    let data = beid_protocol::xades::DataFile {
        name: "request.xml",
        media_type: "application/xml",
        content: beid_protocol::xades::FileContent::Octets(&file.content),
    };
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let pending =
        beid_protocol::xades::Xades::for_container(&[data], &PKI.ec.certificate, &chain, a_minute_ago()).unwrap();
    let raw = PKI.ec.sign(pending.digest());
    let xml = pending.finish(raw).unwrap();
    let zip = simple(&[signed[0], ("META-INF/signatures.xml", xml.xml().as_bytes())]);
    assert_eq!(judge(&zip).trust(), Trust::Test);

    let token = TSA.token(&file.content, &Oddity::default());
    let zip = simple(&[signed[0], ("META-INF/timestamp.tst", &token)]);
    let verification = judge(&zip);
    assert_eq!(
        verification.outcome(CheckName::TimeStamp),
        Some(Outcome::Passed),
        "{verification:?}"
    );
    assert_eq!(verification.trust(), Trust::None);
    let zip = simple(&[("request.xml", &whole[2].1), ("META-INF/timestamp.tst", &token)]);
    check(&zip, CheckName::TimeStamp, Outcome::Failed(Reason::ImprintDiffers));
}

#[test]
fn a_colon_in_a_name_is_read_as_it_was_written() {
    let mut files = files();
    files[1].name = "verslag 12:30.txt".to_owned();
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let signer = &PKI.ec;
    for form in [ContainerForm::Cades, ContainerForm::Xades] {
        let pending = match form {
            ContainerForm::Cades => Container::cades(
                files.clone(),
                &signer.certificate,
                &chain,
                a_minute_ago(),
                Attributes::default(),
            ),
            ContainerForm::Xades => Container::xades(files.clone(), &signer.certificate, &chain, a_minute_ago()),
        };
        let pending = pending.unwrap();
        let signature = signer.sign(pending.digest());
        let zip = pending.finish(signature).unwrap().to_zip().unwrap();
        assert_eq!(judge(&zip).trust(), Trust::Test, "{form:?} {:?}", judge(&zip));
    }
}

#[test]
fn what_is_also_there_is_named() {
    let zip = rearranged(ContainerForm::Cades, |entries| {
        entries.push(("META-INF/ASiCArchiveManifest001.xml".to_owned(), b"<x/>".to_vec()));
        entries.push(("META-INF/evidencerecord.ers".to_owned(), vec![0]));
        entries.push(("META-INF/timestamp001.tst".to_owned(), vec![0]));
    });
    let verification = judge(&zip);
    assert_eq!(verification.trust(), Trust::Test, "{verification:?}");
    assert_eq!(
        verification.not_judged(),
        ["archive-time-stamp", "evidence-record", "time-stamp"]
    );
    // A signature in a form that our containers do not have is not the same as none.
    for (name, word) in [
        ("META-INF/SIGNER.RSA", "jar-signature"),
        ("_xmlsignatures/sig1.xml", "opc-signature"),
    ] {
        let zip = closed(&[(name.to_owned(), vec![0])], CompressionMethod::Stored);
        let verification = judge(&zip);
        assert_eq!(verification.not_judged(), [word]);
        assert_eq!(verification.verdict(), Verdict::NotChecked, "{verification:?}");
    }
    let zip = closed(&[("letter.txt".to_owned(), vec![0])], CompressionMethod::Stored);
    assert_eq!(judge(&zip).verdict(), Verdict::NotSigned);
}
