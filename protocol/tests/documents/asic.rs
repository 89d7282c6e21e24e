//! Containers: made, opened by others, and refused where two readers could see two things.

use std::io::{Cursor, Write};
use std::process::Command;

use beid_pki::Trust;
use beid_protocol::ProtocolError;
use beid_protocol::asic::{Container, File, Pending};
use beid_protocol::cms::Attributes;
use beid_protocol::timestamp::Token;
use beid_protocol::verify::{CheckName, Context, Outcome, Verification, verify_with};
use jiff::Timestamp;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::citizens::{PATIENT, PHYSICIAN, PKI, Signer, consultation, now, plain, put};
use crate::openssl::pem;
use crate::tools::{Folder, run};
use crate::tsa::{Oddity, TSA, a_minute_ago, tsa_roots};

const MEDIA_TYPE: &[u8] = b"application/vnd.etsi.asic-e+zip";

fn files() -> Vec<File> {
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
enum Form {
    Cades,
    Xades,
}

fn container(form: Form, signer: &Signer) -> Container {
    let (chain, at) = ([PKI.authority.clone(), PKI.root.clone()], a_minute_ago());
    let pending = match form {
        Form::Cades => Pending::cades(files(), &signer.certificate, &chain, at, Attributes::default()),
        Form::Xades => Pending::xades(files(), &signer.certificate, &chain, at),
    };
    let pending = pending.unwrap();
    let signature = signer.sign(pending.digest());
    pending.finish(signature).unwrap()
}

fn judge_about(zip: &[u8], content: Option<&[u8]>) -> Verification {
    let (roots, tsa_roots) = (PKI.roots(), tsa_roots());
    let context = Context {
        tsa_roots: &tsa_roots,
        content,
        ..Context::new(&roots, Timestamp::now())
    };
    verify_with(zip, &context)
}

fn judge(zip: &[u8]) -> Verification {
    judge_about(zip, None)
}

#[track_caller]
fn check(zip: &[u8], name: CheckName, expected: Outcome) {
    let verification = judge(zip);
    assert_eq!(verification.outcome(name), Some(expected), "{verification:?}");
    assert_eq!(verification.trust(), Trust::None);
}

/// The entries of a container, by name.
fn opened(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
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

fn closed(entries: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, (name, content)) in entries.iter().enumerate() {
        let method = if number == 0 { CompressionMethod::Stored } else { method };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A container taken apart, changed, and put together again.
fn rearranged(form: Form, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
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
    for form in [Form::Cades, Form::Xades] {
        for signer in [&PKI.rsa, &PKI.ec] {
            let zip = container(form, signer).to_zip().unwrap();
            let verification = judge(&zip);
            assert_eq!(verification.trust(), Trust::Test, "{form:?} {verification:?}");
            let passed = Some(Outcome::Passed);
            assert_eq!(verification.outcome(CheckName::SubjectIsPatient), passed);
            assert_eq!(judge_about(&zip, Some(&files()[1].content)).trust(), Trust::Test);
            let elsewhere = judge_about(&zip, Some(b"another file"));
            let expected = Outcome::Failed("content-not-in-container");
            assert_eq!(elsewhere.outcome(CheckName::ContentDigest), Some(expected));
            let deflated = closed(&opened(&zip), CompressionMethod::Deflated);
            assert!(deflated.len() < zip.len());
            assert_eq!(judge(&deflated).trust(), Trust::Test);
        }
    }
}

#[test]
fn a_container_is_stamped_as_its_signature_is() {
    for form in [Form::Cades, Form::Xades] {
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
    let container = container(Form::Cades, &PKI.rsa);
    assert_eq!(container.to_zip().unwrap(), container.to_zip().unwrap());
}

#[test]
fn unzip_and_openssl_find_what_is_in_it() {
    for signer in [&PKI.rsa, &PKI.ec] {
        let folder = Folder::new();
        let path = folder.write("evidence.asice", &container(Form::Cades, signer).to_zip().unwrap());
        folder.write("root.pem", &pem(PKI.root.der()));
        let (ok, said) = run(Command::new("unzip").arg("-Zv").arg(&path));
        assert!(ok, "{said}");
        let first = said.split("Central directory entry #2").next().unwrap();
        for line in [
            "  mimetype",
            "none (stored)",
            "length of extra field:                          0 bytes",
        ] {
            assert!(first.contains(line), "no {line:?} in\n{said}");
        }
        let (ok, said) = run(Command::new("unzip")
            .args(["-q", "-d"])
            .arg(folder.path("opened"))
            .arg(&path));
        assert!(ok, "{said}");
        assert_eq!(std::fs::read(folder.path("opened/mimetype")).unwrap(), MEDIA_TYPE);
        assert_eq!(
            std::fs::read(folder.path("opened/request.xml")).unwrap(),
            files()[0].content
        );
        let (ok, said) = run(Command::new("xmllint").current_dir(folder.path("opened")).args([
            "--noout",
            "META-INF/manifest.xml",
            "META-INF/ASiCManifest001.xml",
        ]));
        assert!(ok, "{said}");
        let verify = "cms -verify -cades -binary -inform DER -in META-INF/signature001.p7s -content \
            META-INF/ASiCManifest001.xml -CAfile ../root.pem -out ../out";
        let openssl = || {
            run(Command::new("openssl")
                .current_dir(folder.path("opened"))
                .args(verify.split_whitespace()))
        };
        let (ok, said) = openssl();
        assert!(ok && said.contains("CAdES Verification successful"), "{said}");
        std::fs::write(folder.path("opened/META-INF/ASiCManifest001.xml"), b"<x/>").unwrap();
        assert!(!openssl().0);
    }
}

#[test]
fn xmlsec1_accepts_the_signature_in_xml_where_it_lies() {
    for signer in [&PKI.rsa, &PKI.ec] {
        let folder = Folder::new();
        let path = folder.write("evidence.asice", &container(Form::Xades, signer).to_zip().unwrap());
        folder.write("root.pem", &pem(PKI.root.der()));
        let (ok, said) = run(Command::new("unzip")
            .args(["-q", "-d"])
            .arg(folder.path("opened"))
            .arg(&path));
        assert!(ok, "{said}");
        let verify = "--verify --trusted-pem ../root.pem --id-attr:Id \
            http://uri.etsi.org/01903/v1.3.2#:SignedProperties META-INF/signatures001.xml";
        let xmlsec1 = || {
            run(Command::new("xmlsec1")
                .current_dir(folder.path("opened"))
                .args(verify.split_whitespace()))
        };
        let (ok, said) = xmlsec1();
        assert!(ok && said.contains("SignedInfo References (ok/all): 3/3"), "{said}");
        std::fs::write(folder.path("opened/request.xml"), b"<x/>").unwrap();
        assert!(!xmlsec1().0);
    }
}

#[test]
fn changed_missing_and_added_files_are_told() {
    let digest = |reason| Outcome::Failed(reason);
    for form in [Form::Cades, Form::Xades] {
        let changed = rearranged(form, |entries| entries[1].1[100] ^= 1);
        check(&changed, CheckName::ContentDigest, digest("digest-differs"));
        let added = rearranged(form, |entries| entries.push(("virus.exe".to_owned(), vec![1, 2, 3])));
        check(&added, CheckName::ContentDigest, digest("content-not-signed"));
        let swapped = rearranged(form, |entries| {
            let content = entries[1].1.clone();
            entries[1].1 = std::mem::replace(&mut entries[2].1, content);
        });
        check(&swapped, CheckName::ContentDigest, digest("digest-differs"));
        let removed = judge(&rearranged(form, |entries| drop(entries.remove(1))));
        assert_ne!(removed.outcome(CheckName::ContentDigest), Some(Outcome::Passed));
        assert_eq!(removed.trust(), Trust::None);
    }
}

#[test]
fn signatures_and_manifests_come_alone() {
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
        &twice(Form::Cades, ".p7s", "META-INF/signature002.p7s"),
        "several-signatures",
    );
    structure(
        &twice(Form::Xades, "signatures001.xml", "META-INF/signatures002.xml"),
        "several-signatures",
    );
    structure(
        &twice(Form::Cades, "ASiCManifest001.xml", "META-INF/ASiCManifest002.xml"),
        "several-manifests",
    );
    let without = |end: &str| rearranged(Form::Cades, |entries| drop(entries.remove(named(entries, end))));
    structure(&without(".p7s"), "no-signature");
    structure(&without("ASiCManifest001.xml"), "no-manifest");
    let other = rearranged(Form::Cades, |entries| {
        let at = named(entries, ".p7s");
        entries[at].0 = "META-INF/signature009.p7s".to_owned();
    });
    structure(&other, "manifest-of-another-signature");
    // Whoever extends the manifest changes what was signed.
    let extended = rearranged(Form::Cades, |entries| {
        let at = named(entries, "ASiCManifest001.xml");
        entries[at].1 = replaced(&entries[at].1, b"application/json", b"application/jpeg");
    });
    check(&extended, CheckName::ContentDigest, Outcome::Failed("digest-differs"));
}

#[test]
fn what_two_readers_see_differently_is_refused() {
    let structure = |zip: &[u8], reason| check(zip, CheckName::Structure, Outcome::Failed(reason));
    let whole = container(Form::Cades, &PKI.ec).to_zip().unwrap();
    let with = |name: &str| rearranged(Form::Cades, |entries| entries.push((name.to_owned(), vec![1])));

    structure(
        &replaced(&with("reauest.xml"), b"reauest.xml", b"request.xml"),
        "duplicate-names",
    );
    structure(&with("REQUEST.xml"), "duplicate-names");
    structure(
        &replaced(&with("ab/cdefgh.xml"), b"ab/cdefgh.xml", b"../cdefgh.xml"),
        "name-not-allowed",
    );
    structure(
        &replaced(&with("xetc/passwd"), b"xetc/passwd", b"/etc/passwd"),
        "name-not-allowed",
    );
    structure(
        &replaced(&with("a_windows"), b"a_windows", b"a\\windows"),
        "name-not-allowed",
    );

    let mut behind = whole.clone();
    behind.extend(b"more");
    structure(&behind, "ambiguous-zip");
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
        structure(&changed, "ambiguous-zip");
    }
    let late = rearranged(Form::Cades, |entries| entries.rotate_left(1));
    structure(&late, "mimetype-not-first");
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
    structure(&bomb, "too-long");
    let many = rearranged(Form::Cades, |entries| {
        entries.extend((0..256).map(|number| (format!("{number}.txt"), Vec::new())));
    });
    structure(&many, "too-many-entries");
}

#[test]
fn no_cut_is_trusted() {
    for form in [Form::Cades, Form::Xades] {
        let whole = container(form, &PKI.ec).to_zip().unwrap();
        for length in (2..whole.len()).step_by(64) {
            check(&whole[..length], CheckName::Structure, Outcome::Failed("not-a-zip"));
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
        let begun = Pending::cades(files, &PKI.ec.certificate, &[], now(), Attributes::default());
        begun.map(|pending| format!("{pending:?}"))
    };
    assert!(named(&["a.txt", "map/b.txt"]).is_ok());
    for names in [
        &[][..],
        &["mimetype"],
        &["META-INF/x"],
        &["meta-inf/x"],
        &["../a"],
        &["/a"],
        &["a", "A"],
        &["a", "a"],
    ] {
        assert!(
            matches!(named(names), Err(ProtocolError::InvalidRequest { .. })),
            "{names:?}"
        );
    }
    assert_eq!(named(&["Lena.txt"]).map(|shown| shown.contains("Lena")), Ok(false));
}
