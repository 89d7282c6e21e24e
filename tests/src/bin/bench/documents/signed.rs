//! Signatures: made with a key in software, and judged; by us and, on the same files, by others.

use super::peers::Peer;
use super::signer::BenchSigner;
use super::written;
use crate::SetupFailure;
use beid_pki::{Trust, TrustStore};
use beid_protocol::cms::Cms;
use beid_protocol::consent_text::ConsentText;
use beid_protocol::signature::{Pending, RawSignature};
use beid_protocol::therlink::Prepared;
use beid_protocol::verify::{verify, verify_detached};
use beid_protocol::xades::{Content, DataFile, DataObject, FileContent, Xades};
use jiff::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Forms of signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SignedForm {
    Cades,
    Enveloping,
    Detached,
    /// A request with a CAdES proof in it. Nobody else judges that.
    Request,
}

impl SignedForm {
    pub(super) const MADE: [Self; 3] = [Self::Cades, Self::Enveloping, Self::Detached];
    pub(super) const JUDGED: [Self; 4] = [Self::Cades, Self::Request, Self::Enveloping, Self::Detached];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cades => "CAdES of a link",
            Self::Enveloping => "XAdES around a consent and its text",
            Self::Detached => "XAdES beside a consent",
            Self::Request => "request with CAdES in it",
        }
    }
}

/// The documents of one signer, in a folder of its own.
pub(super) struct SigningDesk<'s> {
    pub(super) signer: &'s BenchSigner,
    folder: PathBuf,
    link: Prepared,
    consent: String,
    text: ConsentText,
}

/// A signature, and how long it took to make; `key` is the part of the software key.
pub(super) struct TimedSignature {
    pub(super) octets: Vec<u8>,
    pub(super) whole: Duration,
    pub(super) key: Duration,
}

const CONSENT: &str = "consent.xml";

impl<'s> SigningDesk<'s> {
    pub(super) fn new(signer: &'s BenchSigner, folder: PathBuf) -> Result<Self, SetupFailure> {
        let desk = Self {
            signer,
            folder,
            link: written::prepared_link(signer)?,
            consent: written::consent(signer)?.xml().to_owned(),
            text: ConsentText::dutch()?,
        };
        fs::write(desk.folder.join("link.xml"), desk.link.content())?;
        fs::write(desk.folder.join(CONSENT), &desk.consent)?;
        for form in SignedForm::MADE {
            let octets = desk.make(form)?.octets;
            if form != SignedForm::Cades {
                fs::write(desk.folder.join(template(form)), blank(std::str::from_utf8(&octets)?)?)?;
            }
            fs::write(desk.folder.join(file(form)), octets)?;
        }
        let cms = desk.cms()?;
        let request = desk.link.clone().with_proof(cms)?;
        fs::write(desk.folder.join(file(SignedForm::Request)), request.xml())?;
        Ok(desk)
    }

    fn cms(&self) -> Result<Cms, SetupFailure> {
        let pending = self.begin_cms()?;
        let raw = self.signer.sign(pending.to_be_signed())?;
        Ok(pending.finish(raw)?)
    }

    fn begin_cms(&self) -> Result<Pending<Cms>, SetupFailure> {
        let BenchSigner { certificate, chain, .. } = self.signer;
        Ok(self.link.cms(certificate, chain, Timestamp::now())?)
    }

    fn begin_enveloping(&self) -> Result<Pending<Xades>, SetupFailure> {
        let BenchSigner { certificate, chain, .. } = self.signer;
        let objects = [
            DataObject {
                name: "request",
                media_type: "application/xml",
                content: Content::Xml(self.consent.as_bytes()),
            },
            DataObject {
                name: "text",
                media_type: "text/plain",
                content: Content::Text(self.text.plain_text()),
            },
        ];
        Ok(Xades::enveloping(&objects, certificate, chain, Timestamp::now())?)
    }

    fn begin_detached(&self) -> Result<Pending<Xades>, SetupFailure> {
        let BenchSigner { certificate, chain, .. } = self.signer;
        let file = DataFile {
            name: CONSENT,
            media_type: "application/xml",
            content: FileContent::Octets(self.consent.as_bytes()),
        };
        Ok(Xades::detached(&[file], certificate, chain, Timestamp::now())?)
    }

    /// Makes one, from its content to the finished signature.
    pub(super) fn make(&self, form: SignedForm) -> Result<TimedSignature, SetupFailure> {
        let begun = Instant::now();
        let mut key = Duration::ZERO;
        let mut card = |message: &[u8]| -> Result<RawSignature, SetupFailure> {
            let begun = Instant::now();
            let raw = self.signer.sign(message)?;
            key = begun.elapsed();
            Ok(raw)
        };
        let octets = match form {
            SignedForm::Cades | SignedForm::Request => {
                let pending = self.begin_cms()?;
                let raw = card(pending.to_be_signed())?;
                pending.finish(raw)?.der().to_vec()
            }
            SignedForm::Enveloping | SignedForm::Detached => {
                let pending = match form {
                    SignedForm::Detached => self.begin_detached()?,
                    SignedForm::Cades | SignedForm::Enveloping | SignedForm::Request => self.begin_enveloping()?,
                };
                let raw = card(pending.to_be_signed())?;
                pending.finish(raw)?.xml().as_bytes().to_vec()
            }
        };
        let whole = begun.elapsed();
        Ok(TimedSignature { octets, whole, key })
    }

    /// Judges one, as it lies in its file.
    pub(super) fn judge(&self, form: SignedForm, octets: &[u8], roots: &TrustStore) -> Result<Duration, SetupFailure> {
        let begun = Instant::now();
        let verification = match form {
            SignedForm::Cades | SignedForm::Enveloping | SignedForm::Request => verify(octets, roots, Timestamp::now()),
            SignedForm::Detached => verify_detached(octets, self.consent.as_bytes(), roots, Timestamp::now()),
        };
        let took = begun.elapsed();
        if verification.trust() == Trust::Test {
            Ok(took)
        } else {
            Err(format!("{form:?} is not believed: {:?}", verification.checks()).into())
        }
    }

    /// The octets that are judged.
    pub(super) fn octets(&self, form: SignedForm) -> Result<Vec<u8>, SetupFailure> {
        Ok(fs::read(self.folder.join(file(form)))?)
    }

    /// Finds another program that makes such a signature. Its signatures must pass our own verification, too.
    pub(super) fn other_maker(&self, form: SignedForm, roots: &TrustStore) -> Result<Option<Peer>, SetupFailure> {
        let files = &self.signer.files;
        let path = |path: &Path| path.display().to_string();
        let peer = match form {
            SignedForm::Request => return Ok(None),
            SignedForm::Cades => {
                let mut work =
                    words("cms -sign -cades -binary -nodetach -nosmimecap -outform DER -in link.xml -out other");
                work.extend(["-md".to_owned(), self.signer.hash()?.to_owned()]);
                work.extend(["-signer".to_owned(), path(&files.certificate)]);
                work.extend(["-inkey".to_owned(), path(&files.key)]);
                work.extend(["-certfile".to_owned(), path(&files.chain)]);
                let mut idle = words("pkey -noout -in");
                idle.push(path(&files.key));
                Peer::openssl(&self.folder, work, idle)
            }
            SignedForm::Enveloping | SignedForm::Detached => {
                let mut work = words(IDENTIFIERS);
                let key = [&files.key, &files.certificate, &files.authority, &files.root].map(|file| path(file));
                work.extend(["--privkey-pem".to_owned(), key.join(",")]);
                work.extend(["--output".to_owned(), "other".to_owned(), template(form).to_owned()]);
                Peer::xmlsec1(&self.folder, "--sign", work)
            }
        };
        peer.run()?;
        self.judge(form, &fs::read(self.folder.join("other"))?, roots)?;
        Ok(Some(peer))
    }

    /// Finds another program that can judge it.
    pub(super) fn other_judge(&self, form: SignedForm) -> Option<Peer> {
        let root = self.signer.files.root.display().to_string();
        match form {
            SignedForm::Request => None,
            SignedForm::Cades => {
                let mut work = words("cms -verify -cades -binary -inform DER -out other -in");
                work.extend([file(form).to_owned(), "-CAfile".to_owned(), root]);
                Some(Peer::openssl(&self.folder, work, words("version")))
            }
            SignedForm::Enveloping | SignedForm::Detached => {
                let mut work = words(IDENTIFIERS);
                work.extend(["--trusted-pem".to_owned(), root, file(form).to_owned()]);
                Some(Peer::xmlsec1(&self.folder, "--verify", work))
            }
        }
    }
}

/// Which attributes are identifiers, for who does not know XAdES.
const IDENTIFIERS: &str = "--id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties \
                           --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Object";

fn file(form: SignedForm) -> &'static str {
    match form {
        SignedForm::Cades => "link.p7m",
        SignedForm::Enveloping => "enveloping.xml",
        SignedForm::Detached => "detached.xml",
        SignedForm::Request => "request.xml",
    }
}

fn template(form: SignedForm) -> &'static str {
    match form {
        SignedForm::Detached => "detached.template.xml",
        SignedForm::Cades | SignedForm::Enveloping | SignedForm::Request => "enveloping.template.xml",
    }
}

/// A signature without digests, value and certificates of the key: what xmlsec1 fills in.
fn blank(signature: &str) -> Result<String, SetupFailure> {
    let (head, rest) = signature.split_once("<ds:KeyInfo>").ok_or("no KeyInfo")?;
    let (_, tail) = rest.split_once("</ds:KeyInfo>").ok_or("no end of KeyInfo")?;
    let mut out = String::new();
    let mut rest = head;
    for name in ["ds:DigestValue", "ds:SignatureValue"] {
        let (open, close) = (format!("<{name}"), format!("</{name}>"));
        while let Some((before, value)) = rest.split_once(&open) {
            let (_, after) = value.split_once(&close).ok_or("no end of a value")?;
            out.push_str(&format!("{before}{open}>{close}"));
            rest = after;
        }
    }
    Ok(format!(
        "{out}{rest}<ds:KeyInfo><ds:X509Data></ds:X509Data></ds:KeyInfo>{tail}"
    ))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
