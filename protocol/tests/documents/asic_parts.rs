//! Containers with several signatures, each over some of the files, and with entries of other kinds.

use beid_pki::Trust;
use beid_protocol::asic::{Container, File};
use beid_protocol::cms::{Attributes, Cms};
use beid_protocol::verify::{CheckName, Outcome, Reason, Verdict, Verification};
use beid_protocol::xades::{DataFile, FileContent, Xades};
use jiff::{SignedDuration, Timestamp};
use zip::CompressionMethod;

use crate::asic::{closed, files, judge, opened};
use crate::citizens::PKI;
use crate::tsa::{Oddity, TSA, a_minute_ago};

/// Name and content.
type Part = (String, Vec<u8>);

fn part(name: &str, content: &[u8]) -> Part {
    (name.to_owned(), content.to_vec())
}

fn container(media_type: &str, files: &[File], parts: &[Part]) -> Vec<u8> {
    let mut all = vec![part(
        "mimetype",
        format!("application/vnd.etsi.{media_type}+zip").as_bytes(),
    )];
    all.extend(files.iter().map(|file| part(&file.name, &file.content)));
    all.extend_from_slice(parts);
    closed(&all, CompressionMethod::Stored)
}

/// Signature in XML over these files, made at `at`.
fn xades(files: &[File], at: Timestamp) -> String {
    fn data(file: &File) -> DataFile<'_> {
        DataFile {
            name: &file.name,
            media_type: "application/octet-stream",
            content: FileContent::Octets(&file.content),
        }
    }
    let data: Vec<_> = files.iter().map(data).collect();
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let pending = Xades::for_container(&data, &PKI.ec.certificate, &chain, at).unwrap();
    let signature = PKI.ec.sign(pending.digest());
    pending.finish(signature).unwrap().xml().to_owned()
}

/// One document with so many signatures over these files.
fn document(files: &[&[File]]) -> Vec<u8> {
    let (mut open, mut elements, mut close) = (String::new(), String::new(), String::new());
    // Identifiers come from what is signed, so no two may be of the same second.
    let mut at = a_minute_ago();
    for files in files {
        at -= SignedDuration::from_secs(1);
        let xml = xades(files, at);
        let (start, end) = (xml.find("<ds:Signature ").unwrap(), xml.find("</asic:").unwrap());
        elements.push_str(&xml[start..end]);
        (open, close) = (xml[..start].to_owned(), xml[end..].to_owned());
    }
    format!("{open}{elements}{close}").into_bytes()
}

/// Manifest of these files, for a signature of this number.
fn manifest(files: &[File], number: usize) -> String {
    let (chain, at) = ([PKI.authority.clone(), PKI.root.clone()], a_minute_ago());
    let ours = Container::cades(files.to_vec(), &PKI.ec.certificate, &chain, at, Attributes::default()).unwrap();
    let signature = PKI.ec.sign(ours.digest());
    let entries = opened(&ours.finish(signature).unwrap().to_zip().unwrap());
    let (_, manifest) = entries
        .iter()
        .find(|(name, _)| name.ends_with("ASiCManifest001.xml"))
        .unwrap();
    let manifest = String::from_utf8(manifest.clone()).unwrap();
    manifest.replace("signature001.p7s", &format!("signature{number:03}.p7s"))
}

/// The manifest and the CMS over it, by their number.
fn cades(manifest: &str, number: usize) -> [Part; 2] {
    let (chain, at) = ([PKI.authority.clone(), PKI.root.clone()], a_minute_ago());
    let pending = Cms::detached(
        manifest.as_bytes(),
        &PKI.ec.certificate,
        &chain,
        at,
        Attributes::default(),
    )
    .unwrap();
    let signature = PKI.ec.sign(pending.digest());
    let cms = pending.finish(signature).unwrap();
    [
        part(&format!("META-INF/ASiCManifest{number:03}.xml"), manifest.as_bytes()),
        part(&format!("META-INF/signature{number:03}.p7s"), cms.der()),
    ]
}

fn digests(verification: &Verification) -> Vec<Outcome> {
    let each = verification.signatures().iter();
    each.map(|one| one.outcome(CheckName::ContentDigest).unwrap()).collect()
}

#[test]
fn a_signature_over_some_files_is_good_for_those_only() {
    let files = files();
    let (one, two) = (&files[..1], &files[1..]);
    let cms = |of: &[File], number| cades(&manifest(of, number), number);
    let xml = |name: &str, of: &[File]| vec![part(name, xades(of, a_minute_ago()).as_bytes())];
    let (some, all) = (Outcome::Unknown(Reason::SignsSomeFilesOnly), Outcome::Passed);
    let unsigned = Outcome::Failed(Reason::ContentNotSigned);
    for (parts, expected) in [
        ([cms(one, 1), cms(two, 2)].concat(), [some, some]),
        ([cms(one, 1), cms(&files, 2)].concat(), [some, all]),
        ([cms(one, 1), cms(one, 2)].concat(), [unsigned, unsigned]),
        (
            [cms(one, 1).to_vec(), xml("META-INF/signatures.xml", two)].concat(),
            [some, some],
        ),
        (
            [
                xml("META-INF/signatures1.xml", one),
                xml("META-INF/signatures2.xml", two),
            ]
            .concat(),
            [some, some],
        ),
        (
            [
                xml("META-INF/signatures1.xml", &files),
                xml("META-INF/signatures2.xml", two),
            ]
            .concat(),
            [all, some],
        ),
        (
            [
                xml("META-INF/signatures1.xml", two),
                xml("META-INF/signatures2.xml", two),
            ]
            .concat(),
            [unsigned, unsigned],
        ),
        (
            vec![part("META-INF/signatures.xml", &document(&[one, two]))],
            [some, some],
        ),
        (
            vec![part("META-INF/signatures.xml", &document(&[one, one]))],
            [unsigned, unsigned],
        ),
    ] {
        let names: Vec<_> = parts.iter().map(|(name, _)| name.clone()).collect();
        let verification = judge(&container("asic-e", &files, &parts));
        assert_eq!(digests(&verification), expected, "{names:?} {verification:?}");
        assert_eq!(verification.trust(), Trust::None);
        // A file that no signature is over is no doubt, but wrong.
        let more = [parts, vec![part("more.txt", b"more")]].concat();
        assert_eq!(
            digests(&judge(&container("asic-e", &files, &more))),
            [unsigned; 2],
            "{names:?}"
        );
    }
}

#[test]
fn a_container_has_sixteen_signatures_at_most() {
    let files = files();
    let documents = |counts: &[usize]| {
        let many = |(number, count): (usize, &usize)| {
            let signatures = document(&vec![files.as_slice(); *count]);
            part(&format!("META-INF/signatures{number}.xml"), &signatures)
        };
        let parts: Vec<_> = counts.iter().enumerate().map(many).collect();
        judge(&container("asic-e", &files, &parts))
    };
    for (counts, is_judged) in [
        (&[1; 15][..], true),
        (&[1; 16], true),
        (&[1; 17], false),
        (&[1; 18], false),
        (&[8, 8], true),
        (&[9, 8], false),
        (&[9, 9], false),
        (&[16], true),
        (&[17], false),
    ] {
        let verification = documents(counts);
        if is_judged {
            assert_eq!(verification.trust(), Trust::Test, "{counts:?} {verification:?}");
            assert_eq!(verification.signatures().len(), counts.iter().sum::<usize>());
        } else {
            let expected = Some(Outcome::Unknown(Reason::TooManySignatures));
            assert_eq!(verification.outcome(CheckName::Structure), expected, "{counts:?}");
            assert_eq!(verification.verdict(), Verdict::NotChecked);
        }
    }
}

#[test]
fn entries_are_known_by_their_names() {
    let files = files();
    let stray = &["file-in-meta-inf"][..];
    for (name, words) in [
        ("ASiCArchiveManifest001.xml", &["archive-time-stamp"][..]),
        ("asicarchivemanifest.xml", &["archive-time-stamp"]),
        ("ASiCArchiveManifest.txt", stray),
        ("ASiCEvidenceRecordManifest001.xml", &[]),
        ("evidencerecord.xml", &["evidence-record"]),
        ("my-EvidenceRecord.ers", &["evidence-record"]),
        ("other.ers", stray),
        ("SIGNER.RSA", &["jar-signature"]),
        ("SIGNER.DSA", &["jar-signature"]),
        ("SIGNER.EC", &["jar-signature"]),
        ("MANIFEST.MF", &[]),
        ("SIGNER.SF", &[]),
        ("manifest.xml", &[]),
        ("container.xml", &[]),
        ("container.mf", stray),
        ("manifest", stray),
        ("other.p7s", stray),
        ("other.xml", stray),
        ("other.tst", stray),
        ("timestamp.tst", &["time-stamp"]),
    ] {
        let extra = part(&format!("META-INF/{name}"), b"<x/>");
        let xml = part("META-INF/signatures.xml", xades(&files, a_minute_ago()).as_bytes());
        for parts in [cades(&manifest(&files, 1), 1).to_vec(), vec![xml]] {
            let verification = judge(&container("asic-e", &files, &[parts, vec![extra.clone()]].concat()));
            assert_eq!(verification.trust(), Trust::Test, "{name} {verification:?}");
            assert_eq!(verification.not_judged(), words, "{name}");
        }
    }
}

#[test]
fn a_manifest_lists_files_that_are_there_and_each_once() {
    let files = files();
    let notes = part("META-INF/notes.txt", b"notes");
    // No file of ours may lie there, so it gets its name afterwards.
    let mut all = files.clone();
    all.push(File {
        name: "notes.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        content: notes.1.clone(),
    });
    let (plain, with_notes) = (manifest(&files, 1), manifest(&all, 1).replace("notes.txt", &notes.0));
    let start = plain.find("<asic:DataObjectReference").unwrap();
    let end = plain.find("</asic:DataObjectReference>").unwrap() + "</asic:DataObjectReference>".len();
    let twice = format!("{}{}", &plain[..end], &plain[start..]);
    let (passed, failed) = (Outcome::Passed, Outcome::Failed);
    for (manifest, more, expected, words) in [
        (&plain, None, passed, &[][..]),
        (&plain, Some(&notes), passed, &["file-in-meta-inf"]),
        (&with_notes, Some(&notes), passed, &[]),
        (&with_notes, None, failed(Reason::ContentMissing), &[]),
        (&twice, None, failed(Reason::SignedTwice), &[]),
    ] {
        let parts: Vec<_> = cades(manifest, 1).into_iter().chain(more.cloned()).collect();
        let verification = judge(&container("asic-e", &files, &parts));
        let found = verification.outcome(CheckName::ContentDigest);
        assert_eq!(
            (found, verification.not_judged()),
            (Some(expected), words),
            "{verification:?}"
        );
    }
}

#[test]
fn a_time_stamp_counts_only_where_nothing_else_is_over_the_only_file() {
    let files = files();
    let one = &files[..1];
    let stamp = part(
        "META-INF/timestamp.tst",
        &TSA.token(&one[0].content, &Oddity::default()),
    );
    let signature = part("META-INF/signatures.xml", xades(one, a_minute_ago()).as_bytes());
    let passed = Some(Outcome::Passed);
    for (media_type, files, parts, stamped, verdict) in [
        ("asic-s", one, vec![stamp.clone()], passed, Verdict::NotChecked),
        ("asic-e", one, vec![stamp.clone()], passed, Verdict::NotChecked),
        ("asic-e", &files, vec![stamp.clone()], None, Verdict::NotChecked),
        (
            "asic-s",
            one,
            vec![signature, stamp],
            Some(NOT_EMBEDDED),
            Verdict::ValidTestCard,
        ),
    ] {
        let verification = judge(&container(media_type, files, &parts));
        assert_eq!(verification.outcome(CheckName::TimeStamp), stamped, "{verification:?}");
        assert_eq!(verification.verdict(), verdict, "{verification:?}");
        assert_eq!(verification.not_judged(), ["time-stamp"]);
    }
}

const NOT_EMBEDDED: Outcome = Outcome::Unknown(Reason::NotEmbedded);
