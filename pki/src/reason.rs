//! Table of the reasons why a check did not pass, and the only place where their words are spelled.
//!
//! A row is the sentence for people in English, the variant, the word for programs, and the checks that can give it.
//! Every sentence stands in `daemon/texts/locales/*.ftl` in four languages as `check-<word>`, and the whole table in
//! docs/reasons.md; tests compare them.

use crate::CheckName::{self, *};

/// Checks that follow a certificate to a root.
const CHAINS: &[CheckName] = &[
    NationalRegisterChain,
    AuthenticationChain,
    SignatureChain,
    Chain,
    TimeStamp,
];
const HOLDER_CHAINS: &[CheckName] = &[AuthenticationChain, SignatureChain];
/// Checks that ask the issuer of a certificate on a card.
const CARD_REVOCATION: &[CheckName] = &[
    NationalRegisterRevocation,
    AuthenticationRevocation,
    SignatureRevocation,
];
/// Checks that judge OCSP answers and revocation lists, fetched or kept with a signature.
const REVOCATION: &[CheckName] = &[
    NationalRegisterRevocation,
    AuthenticationRevocation,
    SignatureRevocation,
    Revocation,
];
const CHAINS_AND_REVOCATION: &[CheckName] = &[
    NationalRegisterChain,
    AuthenticationChain,
    SignatureChain,
    NationalRegisterRevocation,
    AuthenticationRevocation,
    SignatureRevocation,
    Chain,
    TimeStamp,
    Revocation,
];
/// Checks that meet algorithms of other programs' choice.
const ALGORITHMS: &[CheckName] = &[
    NationalRegisterChain,
    AuthenticationChain,
    SignatureChain,
    NationalRegisterRevocation,
    AuthenticationRevocation,
    SignatureRevocation,
    ContentDigest,
    Signature,
    SigningCertificate,
    TimeStamp,
    Chain,
    Revocation,
];
/// Checks that verify a signature, be it one in a chain.
const SIGNATURES: &[CheckName] = &[
    IdentitySignature,
    AddressSignature,
    NationalRegisterChain,
    AuthenticationChain,
    SignatureChain,
    CardGenuine,
    NationalRegisterRevocation,
    AuthenticationRevocation,
    SignatureRevocation,
    Signature,
    TimeStamp,
    Chain,
    Revocation,
];

macro_rules! reasons {
    ($(#[doc = $meaning:literal] $name:ident $word:literal $checks:expr;)*) => {
        /// Reason why a check did not pass, or what is to be said of one that did. Never contains personal data.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Reason {
            $(#[doc = $meaning] $name,)*
        }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Stable word for answers and logs.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// English sentence for people.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning.trim_ascii(),)* }
            }

            /// Checks that can give this reason; none if it stands in no check, but in a log or as the sum of others.
            #[must_use]
            pub const fn checks(self) -> &'static [CheckName] {
                match self { $(Self::$name => $checks,)* }
            }
        }
    };
}

reasons! {
    // Certificates and chains.
    /// The certificate chain does not end in a root that is trusted here.
    RootNotTrusted "root-not-trusted" CHAINS;
    /// A certificate in the chain was not yet, or no longer, valid at the time of judgement.
    OutsideValidity "outside-validity" CHAINS;
    /// An issuer in the chain may not issue certificates.
    IssuerNotAnAuthority "issuer-not-an-authority" CHAINS;
    /// A critical extension is not known to this software.
    UnknownCriticalExtension "unknown-critical-extension" CHAINS_AND_REVOCATION;
    /// An algorithm is not known to this software.
    AlgorithmNotSupported "algorithm-not-supported" ALGORITHMS;
    /// An algorithm is too weak to prove anything.
    AlgorithmTooWeak "algorithm-too-weak" &[ContentDigest, Signature, SigningCertificate, TimeStamp];
    /// A signature does not match the signer's key and what was signed.
    SignatureDoesNotVerify "signature-does-not-verify" SIGNATURES;
    /// The public key is of a kind that is not known to this software.
    KeyNotSupported "key-not-supported" &[CardGenuine, Signature, SigningCertificate, TimeStamp];
    /// The signer's key is too short to prove anything.
    KeyTooWeak "key-too-weak" &[Signature, TimeStamp];
    /// The certificate is for another use.
    WrongKeyUsage "wrong-key-usage" &[AuthenticationChain, SignatureChain, KeyUsage, TimeStamp];
    /// The certificate does not say what its key is for.
    UsageNotStated "usage-not-stated" &[KeyUsage];
    /// The certificate was issued under another policy than this kind of certificate.
    WrongPolicy "wrong-policy" HOLDER_CHAINS;
    /// The certificate belongs to another person.
    AnotherPerson "another-person" &[AuthenticationChain, SignatureChain, SubjectIsPatient];
    /// The certificate is not on this card, or cannot be read.
    CertificateMissing "certificate-missing" &[IdentitySignature, NationalRegisterChain, AddressSignature, AuthenticationChain, SignatureChain, NationalRegisterRevocation, AuthenticationRevocation, SignatureRevocation];

    // Data on the card.
    /// This card does not have the file or the key that is checked.
    NotOnThisCard "not-on-this-card" &[IdentitySignature, NationalRegisterChain, AddressSignature, PhotoHash, CardGenuine];
    /// The identity belongs to another chip.
    ChipMismatch "chip-mismatch" &[IdentitySignature];
    /// The identity that this rests on is not proved.
    IdentityNotAuthentic "identity-not-authentic" &[PhotoHash, CardGenuine];
    /// A field of the identity that proofs need is missing or cannot be read.
    IdentityIncomplete "identity-incomplete" &[];
    /// The date of issue of the card cannot be read.
    ValidityUnreadable "validity-unreadable" &[NationalRegisterChain];
    /// The national number on the card cannot be read.
    NationalNumberUnreadable "national-number-unreadable" HOLDER_CHAINS;
    /// The register's certificate has expired since the card was issued.
    SignerExpired "signer-expired" &[NationalRegisterChain];
    /// The certificate is not one that the National Register signs with.
    NotARegisterCertificate "not-a-register-certificate" &[NationalRegisterChain];
    /// The certificate is not one that is issued to card holders.
    NotAHolderCertificate "not-a-holder-certificate" HOLDER_CHAINS;
    /// The digest to compare with is missing.
    DigestMissing "digest-missing" &[PhotoHash, CardGenuine, ContentDigest, TimeStamp];
    /// The content has changed: its digest is not the one that was signed.
    DigestDiffers "digest-differs" &[PhotoHash, CardGenuine, ContentDigest, TimeStamp];
    /// The card lacks the key that the signed identity names.
    KeyMissing "key-missing" &[CardGenuine];
    /// The chip answers no more challenges until its PIN is given.
    ChallengeLimit "challenge-limit" &[CardGenuine];
    /// The chip refused to answer a challenge.
    ChallengeRefused "challenge-refused" &[CardGenuine];

    // Revocation.
    /// The certificate was revoked.
    Revoked "revoked" REVOCATION;
    /// The certificate is suspended, or was not activated.
    OnHold "on-hold" REVOCATION;
    /// The certificate of an authority above it was revoked.
    IssuerRevoked "issuer-revoked" CARD_REVOCATION;
    /// The issuer's certificate is not at hand.
    IssuerUnknown "issuer-unknown" CARD_REVOCATION;
    /// The certificate has no trusted chain, so nobody's word about it counts.
    NoChain "no-chain" REVOCATION;
    /// The certificate was not issued by the authority above it.
    WrongIssuer "wrong-issuer" CARD_REVOCATION;
    /// The settings say that issuers are not asked.
    PolicyOff "policy-off" CARD_REVOCATION;
    /// The certificate names nobody who could be asked.
    NoRevocationSource "no-revocation-source" CARD_REVOCATION;
    /// The address in the certificate is not among those that are asked.
    NotAllowed "not-allowed" CARD_REVOCATION;
    /// Only a service of the State can tell, and it is not asked.
    StateNotAsked "state-not-asked" &[DocumentNotStopped];
    /// The issuer's server could not be reached.
    Offline "offline" CARD_REVOCATION;
    /// The issuer's server did not answer in time.
    Timeout "timeout" CARD_REVOCATION;
    /// The answer of the issuer's server is too large.
    TooLarge "too-large" CARD_REVOCATION;
    /// The answer of the issuer's server did not arrive whole.
    CutOff "cut-off" CARD_REVOCATION;
    /// The issuer's server answered with an error.
    HttpStatus "http-status" CARD_REVOCATION;
    /// The daemon is stopping.
    Stopping "stopping" CARD_REVOCATION;
    /// The answer, list or time stamp is malformed.
    Malformed "malformed" &[NationalRegisterRevocation, AuthenticationRevocation, SignatureRevocation, Revocation, TimeStamp];
    /// The issuer's server refuses to answer.
    ResponderRefused "responder-refused" REVOCATION;
    /// The issuer's server does not know the certificate.
    ResponderUnknown "responder-unknown" REVOCATION;
    /// The answer is about another certificate.
    OtherCertificate "other-certificate" REVOCATION;
    /// The answer is to another question.
    WrongNonce "wrong-nonce" REVOCATION;
    /// The answer is signed by somebody who may not speak for the issuer.
    WrongSigner "wrong-signer" REVOCATION;
    /// The revocation list has a part of the revocations only.
    PartialList "partial-list" REVOCATION;
    /// The answer or list is too old.
    Stale "stale" REVOCATION;
    /// The answer, list or time stamp bears a time that is still to come.
    FromTheFuture "from-the-future" &[NationalRegisterRevocation, AuthenticationRevocation, SignatureRevocation, Revocation, TimeStamp];
    /// The time stamp bears a time long before it was asked for.
    FromThePast "from-the-past" &[];
    /// The certificate has expired, and issuers forget such certificates.
    CertificateExpired "certificate-expired" REVOCATION;
    /// The signature comes without it.
    NotEmbedded "not-embedded" &[TimeStamp, Revocation];

    // Form of what is verified.
    /// The input is empty.
    Empty "empty" &[Structure];
    /// The input is longer than is judged here.
    TooLong "too-long" &[Structure];
    /// There is no signature in it.
    NoSignature "no-signature" &[Structure];
    /// This form of signature is not judged here.
    FormNotJudged "form-not-judged" &[Structure];
    /// It is no request of the eHealth platform that can be read.
    NotARequest "not-a-request" &[Structure];
    /// The PEM text is malformed.
    MalformedPem "malformed-pem" &[Structure];
    /// Text that should be base64 is not.
    MalformedBase64 "malformed-base64" &[Structure, ContentDigest];
    /// The mail has a form that is not read here.
    MimeFormNotRead "mime-form-not-read" &[Structure];
    /// The mail is encrypted or of another kind, not signed.
    NotSignedData "not-signed-data" &[Structure];

    // CMS signatures.
    /// It is no well-formed CMS SignedData.
    NotACms "not-a-cms" &[Structure, Signature, TimeStamp];
    /// Octets follow behind the signature.
    TrailingOctets "trailing-octets" &[Structure];
    /// The content is not an OCTET STRING, as in PKCS #7.
    ContentNotOctets "content-not-octets" &[Structure];
    /// There are more signers than are judged here.
    TooManySigners "too-many-signers" &[Structure];
    /// There are more certificates than are read here.
    TooManyCertificates "too-many-certificates" &[Structure];
    /// There are more revocation lists and answers than are read here.
    TooManyRevocationValues "too-many-revocation-values" &[Structure];
    /// There are more signed attributes than are read here.
    TooManyAttributes "too-many-attributes" &[Structure];
    /// A signed attribute stands twice or has several values.
    AttributeRepeated "attribute-repeated" &[Structure];
    /// The signer's digest algorithm is not announced.
    DigestAlgorithmNotListed "digest-algorithm-not-listed" &[Structure];
    /// Signed attributes are needed for this type of content.
    SignedAttributesMissing "signed-attributes-missing" &[Structure];
    /// The signed attributes are not in DER, so their signature cannot be checked.
    SignedAttributesNotDer "signed-attributes-not-der" &[Signature];
    /// Nothing but the content is signed, so the signature names no certificate.
    NoSignedAttributes "no-signed-attributes" &[ContentDigest, SigningCertificate];
    /// The signature names no certificate.
    AttributeAbsent "attribute-absent" &[SigningCertificate];
    /// The certificate that the signature names cannot be read.
    AttributeNotReadable "attribute-not-readable" &[SigningCertificate];
    /// The signature names another certificate.
    CertificateDiffers "certificate-differs" &[SigningCertificate, TimeStamp];
    /// The signer's certificate is malformed.
    CertificateMalformed "certificate-malformed" &[Signature, SigningCertificate];
    /// The signer's certificate is not there.
    SignerCertificateMissing "signer-certificate-missing" &[Signature, SigningCertificate, TimeStamp];
    /// No certificate of the signer can be read.
    SignerCertificateNotReadable "signer-certificate-not-readable" &[Signature, SigningCertificate];
    /// The algorithms are not those that were signed.
    AlgorithmsDifferFromSigned "algorithms-differ-from-signed" &[Signature, TimeStamp];
    /// The algorithm does not go with the signer's key.
    AlgorithmOfAnotherKey "algorithm-of-another-key" &[Signature, TimeStamp];
    /// The signed content is not in the signature and was not given.
    ContentNotGiven "content-not-given" &[ContentDigest, Signature];
    /// The signature carries other content than was given.
    ContentDiffers "content-differs" &[ContentDigest];
    /// The content is of another type than was signed.
    ContentTypeDiffers "content-type-differs" &[ContentDigest, TimeStamp];
    /// The content may be the signed attributes of another signature.
    ContentIsSignedAttributes "content-is-signed-attributes" &[ContentDigest];

    // XML signatures.
    /// It is no well-formed XML.
    NotXml "not-xml" &[Structure];
    /// This form of XML is not read here.
    XmlNotSupported "xml-not-supported" &[Structure];
    /// XML with a document type is not read here.
    DocumentTypeNotSupported "document-type-not-supported" &[Structure];
    /// There are more signatures than are judged here.
    TooManySignatures "too-many-signatures" &[Structure];
    /// The signature refers to more parts than are judged here.
    TooManyReferences "too-many-references" &[Structure];
    /// The signature value is longer than any that is made.
    SignatureTooLong "signature-too-long" &[Structure];
    /// The elements are not those of an XML signature.
    NotOfTheFormOfASignature "not-of-the-form-of-a-signature" &[Structure, ContentDigest, Signature];
    /// The signature refers to nothing.
    NothingSigned "nothing-signed" &[Structure];
    /// The same thing is signed twice.
    SignedTwice "signed-twice" &[Structure, ContentDigest];
    /// An element that needs an identifier has none.
    NoIdentifier "no-identifier" &[Structure];
    /// Two elements have the same identifier.
    IdentifierOccursTwice "identifier-occurs-twice" &[Structure];
    /// A reference points at nothing in the document.
    ReferenceToNothing "reference-to-nothing" &[Structure];
    /// A reference has a form that is not followed here.
    ReferenceNotSupported "reference-not-supported" &[Structure];
    /// A reference points at another place, and nothing is fetched.
    ReferenceElsewhere "reference-elsewhere" &[ContentDigest];
    /// Signed lists of references are not judged here.
    ManifestNotSupported "manifest-not-supported" &[ContentDigest];
    /// A transform is not known to this software.
    TransformNotSupported "transform-not-supported" &[ContentDigest];
    /// A canonical form is not known to this software.
    CanonicalFormNotSupported "canonical-form-not-supported" &[ContentDigest, Signature, TimeStamp];
    /// Parameters of the algorithm are not known to this software.
    ParametersNotSupported "parameters-not-supported" &[Signature];
    /// The signature has several sets of properties.
    SeveralProperties "several-properties" &[Structure];
    /// The properties of the signature are not signed.
    PropertiesNotSigned "properties-not-signed" &[Structure];
    /// The properties are referred to more than once.
    SeveralReferencesToProperties "several-references-to-properties" &[Structure];
    /// The properties belong to another signature.
    PropertiesOfAnotherSignature "properties-of-another-signature" &[Structure];
    /// A property stands twice.
    PropertyOccursTwice "property-occurs-twice" &[Structure];
    /// The properties of the signature were changed.
    PropertiesDiffer "properties-differ" &[ContentDigest];
    /// The signature has no properties and names no certificate.
    NoSignedProperties "no-signed-properties" &[SigningCertificate];
    /// The time of signing is malformed.
    SigningTimeMalformed "signing-time-malformed" &[Structure];
    /// One object is said to have several formats.
    SeveralFormatsOfOneObject "several-formats-of-one-object" &[Structure];
    /// A format is stated for nothing that is signed.
    FormatOfNothing "format-of-nothing" &[Structure];
    /// An object in the signature is not signed.
    ObjectNotSigned "object-not-signed" &[Structure];
    /// The signature lies in a document of which it signs nothing.
    SignatureInsideSomething "signature-inside-something" &[Structure];
    /// Only a part of the document is signed.
    DocumentSignedInPart "document-signed-in-part" &[ContentDigest];

    // Containers.
    /// It is no ZIP file.
    NotAZip "not-a-zip" &[Structure];
    /// Programs could read this ZIP file in different ways.
    AmbiguousZip "ambiguous-zip" &[Structure];
    /// The ZIP file is damaged.
    DamagedZip "damaged-zip" &[Structure];
    /// A file in the container is encrypted.
    Encrypted "encrypted" &[Structure];
    /// A file in the container is compressed in a way that is not known here.
    CompressionNotSupported "compression-not-supported" &[Structure];
    /// The container has more files than are read here.
    TooManyEntries "too-many-entries" &[Structure];
    /// A file in the container has a name that is not allowed.
    NameNotAllowed "name-not-allowed" &[Structure];
    /// Two files in the container have the same name.
    DuplicateNames "duplicate-names" &[Structure];
    /// The entry mimetype is not the first of the container.
    MimetypeNotFirst "mimetype-not-first" &[Structure];
    /// The entry mimetype is compressed.
    MimetypeCompressed "mimetype-compressed" &[Structure];
    /// The entry mimetype has an extra field.
    MimetypeWithExtraField "mimetype-with-extra-field" &[Structure];
    /// A container of this kind must have exactly one file.
    NotOneFile "not-one-file" &[Structure];
    /// A manifest of the container is malformed.
    MalformedManifest "malformed-manifest" &[Structure];
    /// A manifest of the container has a critical extension that is not known here.
    ManifestExtensionNotSupported "manifest-extension-not-supported" &[Structure];
    /// The signature needs a manifest, and there is none.
    NoManifest "no-manifest" &[Structure];
    /// Several manifests name the same signature.
    SeveralManifests "several-manifests" &[Structure];
    /// Every manifest belongs to another signature.
    ManifestOfAnotherSignature "manifest-of-another-signature" &[Structure];
    /// A file that was signed is not in the container.
    ContentMissing "content-missing" &[ContentDigest];
    /// The file that was given is not in the container.
    ContentNotInContainer "content-not-in-container" &[ContentDigest];
    /// A file is not signed.
    ContentNotSigned "content-not-signed" &[ContentDigest];
    /// This signature covers some of the files; others cover the rest.
    SignsSomeFilesOnly "signs-some-files-only" &[ContentDigest];

    // Time.
    /// The certificate had expired when it was used.
    Expired "expired" &[ValidityAtSigningTime];
    /// The certificate was not yet valid when it was used.
    NotYetValid "not-yet-valid" &[ValidityAtSigningTime];
    /// The signature does not say when it was made.
    NoSigningTime "no-signing-time" &[ValidityAtSigningTime];
    /// The signature bears a time that is still to come.
    SignedInTheFuture "signed-in-the-future" &[ValidityAtSigningTime];
    /// The signature says that it was made after it was time-stamped.
    SignedAfterTimeStamp "signed-after-time-stamp" &[ValidityAtSigningTime];
    /// There are more time stamps than are judged here.
    TooManyTimeStamps "too-many-time-stamps" &[Structure, TimeStamp];
    /// The time stamp is on something else.
    ImprintDiffers "imprint-differs" &[TimeStamp];
    /// The time stamp answers another request.
    NonceDiffers "nonce-differs" &[];
    /// The time-stamping authority refused to stamp.
    RefusedByAuthority "refused-by-authority" &[];

    // Requests and their proofs.
    /// The request carries no proof.
    NoProof "no-proof" &[Proof];
    /// The request carries nothing that is signed, and need not.
    NotSigned "not-signed" &[Proof];
    /// The proofs of a query are not checked here.
    NotChecked "not-checked" &[Proof];
    /// The type of the proof asks for a signature, and there is none.
    SignatureMissing "signature-missing" &[Proof];
    /// There is a signature, and the type of the proof has none.
    SignatureUnexpected "signature-unexpected" &[Proof];
    /// The type of the proof is not known.
    UnknownProofType "unknown-proof-type" &[Proof];
    /// One link carries several proofs.
    SeveralProofs "several-proofs" &[Proof];
    /// The signed content is no therapeutic link.
    ContentNotALink "content-not-a-link" &[SubjectIsPatient, ProofMatchesRequest];
    /// The signed content is no readable document of the eHealth platform.
    ContentNotReadable "content-not-readable" &[SubjectIsPatient];
    /// The letters of the document are not those of the encoding that it claims.
    ContentNotUtf8 "content-not-utf8" &[SubjectIsPatient, ProofMatchesRequest];
    /// The signer's certificate has no national number.
    HolderWithoutNumber "holder-without-number" &[SubjectIsPatient];
    /// The document gives no national number of the patient.
    PatientWithoutNumber "patient-without-number" &[SubjectIsPatient];
    /// The signer is the care provider who registers the consent.
    SignedByAuthor "signed-by-author" &[SubjectIsPatient];
    /// The patient who was signed for is not the patient of the request.
    PatientDiffers "patient-differs" &[ProofMatchesRequest];
    /// The care providers who were signed for are not those of the request.
    PartyDiffers "party-differs" &[ProofMatchesRequest];
    /// The day that was signed is not the day of the request.
    DateDiffers "date-differs" &[ProofMatchesRequest];
    /// The link that was signed is not the one that is requested.
    LinkDiffers "link-differs" &[ProofMatchesRequest];
}

/// Prints the word.
impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_a_word_of_its_own() {
        let words: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.word()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(reason.to_string(), reason.word());
        }
        let is_plain = |word: &&str| word.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
        assert!(words.iter().all(is_plain), "{words:?}");
    }

    #[test]
    fn every_reason_is_in_the_documentation_as_it_is() {
        let documented = include_str!("../../docs/reasons.md");
        let rows: Vec<&str> = documented.lines().filter(|line| line.starts_with("| `")).collect();
        let row = |reason: &Reason| {
            let checks = reason.checks().iter().map(|check| format!("`{}`", check.name()));
            let checks = match checks.collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "-".to_owned(),
                checks => checks,
            };
            format!("| `{}` | {checks} | {} |", reason.word(), reason.meaning())
        };
        assert_eq!(rows, Reason::ALL.iter().map(row).collect::<Vec<_>>(), "docs/reasons.md");
    }
}
