use super::*;
use crate::SignatureAlgorithm;

#[test]
fn digest_length_names_its_hash() {
    assert_eq!(HashAlgorithm::from_digest_len(20), Some(HashAlgorithm::Sha1));
    assert_eq!(HashAlgorithm::from_digest_len(48), Some(HashAlgorithm::Sha384));
    assert_eq!(HashAlgorithm::from_digest_len(0), None);
}

#[test]
fn hashes_have_a_name_an_identifier_and_a_length() {
    #[rustfmt::skip] // one row a line
    let rows = [
        (HashAlgorithm::Sha1, "SHA-1", "1.3.14.3.2.26", 20),
        (HashAlgorithm::Sha256, "SHA-256", "2.16.840.1.101.3.4.2.1", 32),
        (HashAlgorithm::Sha384, "SHA-384", "2.16.840.1.101.3.4.2.2", 48),
        (HashAlgorithm::Sha512, "SHA-512", "2.16.840.1.101.3.4.2.3", 64),
        (HashAlgorithm::Sha3_256, "SHA3-256", "2.16.840.1.101.3.4.2.8", 32),
        (HashAlgorithm::Sha3_384, "SHA3-384", "2.16.840.1.101.3.4.2.9", 48),
        (HashAlgorithm::Sha3_512, "SHA3-512", "2.16.840.1.101.3.4.2.10", 64),
    ];
    for (hash, name, oid, length) in rows {
        assert_eq!((hash.name(), hash.digest_len()), (name, length));
        assert_eq!(hash.digest(b"").len(), length, "{name}");
        assert_eq!(HashAlgorithm::from_oid(oid), Some(hash));
    }
    assert_eq!(HashAlgorithm::from_oid("1.2.840.113549.2.5"), None);
}

#[test]
fn raw_signature_with_leading_zeros_becomes_minimal_der() {
    let mut raw = [0_u8; 96];
    raw[47] = 0x80; // r = 0x80: needs a leading zero, and only one
    raw[95] = 0x01;
    assert_eq!(ecdsa_raw_to_der(&raw).unwrap(), [0x30, 7, 2, 2, 0, 0x80, 2, 1, 1]);
}

#[test]
fn raw_signature_of_another_length_is_refused() {
    assert_eq!(ecdsa_raw_to_der(&[1; 64]), Err(PkiError::BadSignature));
    assert_eq!(ecdsa_raw_to_der(&[0; 96]), Err(PkiError::BadSignature));
}

#[test]
fn key_that_is_no_key_is_refused() {
    assert_eq!(PublicKey::from_spki(&[0x30, 0]), Err(PkiError::UnsupportedKey));
    assert_eq!(PublicKey::from_spki(&[]), Err(PkiError::UnsupportedKey));
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

// Keys made for this test, and signatures by them over "to be signed", by OpenSSL 3.0 (`openssl dgst -sign`).
const P384_KEY: &str = "3076301006072a8648ce3d020106052b810400220362000418f2ff66653d50bc4cbf902b7dfab120\
    dfb64ffbc4993416de5dfee3597fca1e7afca45c82eadd4ae5c321b59a3bd76e5933781e6d90e79c9a80e502f8bfdc8235de59759b1a3531\
    8e008ffe44b8550cd7b92d0bfd4a0cd3946cc434c7b44095";
const P384_SIGNATURES: [(HashAlgorithm, &str); 6] = [
    (
        HashAlgorithm::Sha256,
        "30650231008e139442cf77638a7393a0fbb25e2b70c5b2f751c05809dbddfcdaaec098210149c7df105639b79384e17f3861\
         4c736b023039386e9181c62d16e587fc29f293aed04e9d4597e3f39136395f3e2aaf3688146e7501a8aac1fd69d00b0850b0\
         8c9b3c",
    ),
    (
        HashAlgorithm::Sha384,
        "306502302ca8256a87f3546a6d28a3d54fac704c2d271f42346305c95f25901226207d56361bd0722e56dd12c8aa02abf3c2\
         ab4b023100d832e00f4393df35424b7a9ec1fe7b674f286bb25c2e76cab0f48644fb0a294c2b47a4d1e059b91f7b9136f28e\
         fed75b",
    ),
    (
        HashAlgorithm::Sha512,
        "30650230068fe46e00fdee46ae36e7271e567c1ce600a6b60c2b0ff76bcd9b510e17dde039e0d69e7d7119c88106788f49e6\
         c7fa0231008f45b3fc355005fd324208cdb1fa1267f58a01d6b967d54230538200f6481208716c27f5570709062589743287\
         be0070",
    ),
    (
        HashAlgorithm::Sha3_256,
        "306402303164691a51f86a7c1d197b08bb3ab0430045ccb4b851236b088159ed451bef36d1c68613759b455814d14df97b33\
         b17a0230119be2e4adefca5beedcb7e7edf832300d37e6e59a3a8ea40c7218dc2d3c293a861f64e54393298d1d2214220cca\
         41f5",
    ),
    (
        HashAlgorithm::Sha3_384,
        "3064023002b86034122bdf1e9cc2a2d861a0beaf395279d23997bb6abed5092ea4d2be5078c367122cc6556719fa7d1d3f64\
         15bf02305d0164215c54283ab5a1aae767776419436ac7939d2d5372ffcb5cc161947afc41ab86d23042d7731b598e8d0bc6\
         5b2a",
    ),
    (
        HashAlgorithm::Sha3_512,
        "3064022f0551dc3ec2bf3e4c44c9e23c14dcbe3c99dd1fb2a10a06bb84ee423048acad07ffad59c0b841ad55ae81272e7776\
         7802310091de7489e804a509bd211c45a0cfdfe4e22197e9374095b895283c39d64eda850e41df2f65d8b7651a61cce18425\
         9fc9",
    ),
];
const P384_SHA1: &str = "3065023055dc3774398759916bb17f729a4db19a1c0658a78d148503489e34090400cbe3c4449f98\
    f92d8db6b1cd6420cbe80820023100bca9ebf91f1f3d744d22841fd00071772cfbb73c775e56439a7bb229125e0122b4a99ba68482d1a125cef0959f0e7a87";
const RSA_KEY: &str = "30820122300d06092a864886f70d01010105000382010f003082010a0282010100a970e7d95034038\
    a29bd59e2a648d3fe3dfea00f082c44291a5e1a947c3ecd6514560094e96fa60d8a6edd1139859cc3debc2d000a4dd8574edda25e535bcce\
    605f8f30757f4ed8fe0700c53db5a015506637268071e25cafbe0f152126564ab20cf760aff9b0634e445c2802f5f6725d522b27d40d9e9e\
    621e37438b67c5e0bf96db2706f16ca3ad178a800509337b9229bc8006d0c72e8945ef7f9f50e6f3a7a273ed1a093fb95560568ab7ddf1f6\
    3d564a0268a2da231fd39e9f6cb4fd54f029fe52bc6eb4cbe8054e2edfc1e94ba68e9d6d44396b8bc7a0758700c75c8a88d8b3bcbbcd32f3\
    2a5082e3204e8738e255e7bb61183adf1cac979c35301b8fd0203010001";
const RSA_PSS_SHA256: &str = "32d7c91c3e96304dcb5ba1b57e5d6870385146da412d7cdc3216b4744f4b52975e67cbd880\
    1a4d95dab47e667412ffa6c9c9ba23f3309b9173393185f2b67c5b5ad9ddcdf7198d49a4939109dbfd74f3ca8c9ecb866535137dc49e244a\
    989b36a2e25b6c6124903c9a982105be29892e03a1408d1e62a9efd2569e3393cb5754b061e49dc3c8a1ba625e27b08cd54173dd4f52baf9\
    0c91d7db0e4529134329409b7cf9f7a5ccfc39ed719c743d41910cf78a8136cf71bf2a36013a9fbed58ada17c9fb4a276c9392112937240b\
    89358e40912871cf0403804d1a364fc0cc83ef12e9108f9c5bbc76871f85e3e3f12ca5d33080492a2542863d92b625ce623e27";

#[test]
fn p384_signatures_over_digests_of_any_length_verify() {
    let key = PublicKey::from_spki(&bytes(P384_KEY)).unwrap();
    for (hash, signature) in P384_SIGNATURES {
        let check = |message: &[u8]| {
            let outcome = key.verify_digest(hash, &hash.digest(message), &bytes(signature));
            assert_eq!(key.verify(hash, message, &bytes(signature)), outcome, "{}", hash.name());
            outcome
        };
        assert_eq!(check(b"to be signed"), Ok(()), "{}", hash.name());
        assert_eq!(check(b"to be sighed"), Err(PkiError::BadSignature), "{}", hash.name());
    }
}

#[test]
fn sha1_is_refused_with_p384_and_with_pss() {
    let digest = HashAlgorithm::Sha1.digest(b"to be signed");
    let p384 = PublicKey::from_spki(&bytes(P384_KEY)).unwrap();
    let outcome = p384.verify_digest(HashAlgorithm::Sha1, &digest, &bytes(P384_SHA1));
    assert_eq!(outcome, Err(PkiError::BadSignature));
    let rsa = PublicKey::from_spki(&bytes(RSA_KEY)).unwrap();
    let outcome = rsa.verify_pss_digest(HashAlgorithm::Sha1, &digest, &bytes(RSA_PSS_SHA256));
    assert_eq!(
        outcome,
        Err(PkiError::UnsupportedAlgorithm("PSS with SHA-1".to_owned()))
    );
}

#[test]
fn pss_is_not_pkcs1_and_needs_an_rsa_key() {
    let (hash, signature) = (HashAlgorithm::Sha256, bytes(RSA_PSS_SHA256));
    let digest = hash.digest(b"to be signed");
    let rsa = PublicKey::from_spki(&bytes(RSA_KEY)).unwrap();
    assert_eq!(rsa.verify_pss_digest(hash, &digest, &signature), Ok(()));
    assert_eq!(
        rsa.verify_digest(hash, &digest, &signature),
        Err(PkiError::BadSignature)
    );
    let other = hash.digest(b"to be sighed");
    assert_eq!(
        rsa.verify_pss_digest(hash, &other, &signature),
        Err(PkiError::BadSignature)
    );
    let short = rsa.verify_pss_digest(HashAlgorithm::Sha384, &digest, &signature);
    assert_eq!(short, Err(PkiError::WrongDigestLength));
    let p384 = PublicKey::from_spki(&bytes(P384_KEY)).unwrap();
    assert_eq!(
        p384.verify_pss_digest(hash, &digest, &signature),
        Err(PkiError::BadSignature)
    );
}

const P521_KEY: &str = "30819b301006072a8648ce3d020106052b81040023038186000400fb3a505f3fe4d1fb50d7fa703f1cf34582f7d35e614340\
    d3bc186cfd1b5563170bb3ddfbac4211f0fcb15147c92b42d4aa53bb7c75cc7667a22a32c36f362e63020029386f2d260ba1\
    b2df05e72987502535ac94164628e07a6d4256c4f5e6d9861372713980808ed70e229ae942463a145fa21286deedf6175a5b\
    3492667be2bfe28c";
const P521_SIGNATURES: [(HashAlgorithm, &str); 3] = [
    (
        HashAlgorithm::Sha256,
        "308188024201ef354af6ab7ee244706233e24f01d3c55f202fd218b3e3d8a395891f85412df6931f09f68271b6e5797801d9\
    406eb7443713a7e4a071fc15cbd9f518dd36cfbb390242008526d4e047acb7cfe13924fa934e39bf9206e028f03ef6bcfc3a\
    05fec7b2418a74e64bd22da06ccd9bbe002d7cbc6f058cab8bb73d164d733c3c1d46eb8f7d19c0",
    ),
    (
        HashAlgorithm::Sha384,
        "308188024201d344d55eebdb8d137dfafa443b067239ae7e67d92430e6af760ed6f963848b53ea744e4dc4b1bcad8ea943fa\
    59430cd268020915a1f8b30f71c86bfcbeaf91ec27024200ba906de7ce52546efa5f3a7917563921d257dbd7a1a4814c557e\
    ee1234b530903a86e750bfaaa62d065010fda52246e9a5b58475363b1599d20b4c7aa5fc7b1d0d",
    ),
    (
        HashAlgorithm::Sha512,
        "30818702414c1f141a1e337f6ff66b10d916a130754d95f0a9712a2b29876ae885b95c79d3078a35726a535486ae62c06956\
    71ee1ac0e5eb7494f1c9a5846ce1d49015ad1408024201e9dcaca432bebe2ed376377bc03210383d624d81f2f45584755e56\
    0e63926732290b9a81b8c3bca1ca80157042f007d0d1c79deda1b665e46726c787e79914d1cd",
    ),
];
const ED25519_KEY: &str = "302a300506032b6570032100339965fa471807422a143292869763934133600379a62b2479470bd7984891db";
const ED25519_SIGNATURE: &str = "bdc97e16ce71725214cfda7523c4b0e5c095b1157d00508193e910c1aee86162ad2e951eb70750853a07ab4d8525f030bb0d\
    c244cbc0f6b80c7feacaac0b6306";

#[test]
fn p521_signatures_verify_and_no_others() {
    let key = PublicKey::from_spki(&bytes(P521_KEY)).unwrap();
    assert_eq!(key.name(), "P-521");
    for (hash, signature) in P521_SIGNATURES {
        let check = |message: &[u8]| key.verify_with(SignatureAlgorithm::Ecdsa(hash), message, &bytes(signature));
        assert_eq!(check(b"to be signed"), Ok(()), "{}", hash.name());
        assert_eq!(check(b"to be sighed"), Err(PkiError::BadSignature), "{}", hash.name());
    }
}

#[test]
fn ed25519_signatures_verify_and_no_others() {
    let (key, signature) = (
        PublicKey::from_spki(&bytes(ED25519_KEY)).unwrap(),
        bytes(ED25519_SIGNATURE),
    );
    let check = |algorithm, message: &[u8]| key.verify_with(algorithm, message, &signature);
    assert_eq!(check(SignatureAlgorithm::Ed25519, b"to be signed"), Ok(()));
    assert_eq!(
        check(SignatureAlgorithm::Ed25519, b"to be sighed"),
        Err(PkiError::BadSignature)
    );
    let ecdsa = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512);
    assert_eq!(check(ecdsa, b"to be signed"), Err(PkiError::BadSignature));
}

#[test]
fn raw_signatures_are_as_long_as_their_curve() {
    let signature = bytes(P521_SIGNATURES[2].1);
    let key = PublicKey::from_spki(&bytes(P521_KEY)).unwrap();
    let raw = p521::ecdsa::Signature::from_der(&signature).unwrap().to_bytes();
    assert_eq!(key.ecdsa_raw_to_der(&raw), Ok(signature));
    assert_eq!(key.ecdsa_raw_to_der(&raw[1..]), Err(PkiError::BadSignature));
    let rsa = PublicKey::from_spki(&bytes(RSA_KEY)).unwrap();
    assert_eq!(rsa.ecdsa_raw_to_der(&raw), Err(PkiError::BadSignature));
}

/// A key of 1024 bits, as the register had one.
const SHORT_RSA_KEY: &str = "30819f300d06092a864886f70d010101050003818d0030818902818100a02d0ed9169ca5920b58385a44894c14333cfbbc09\
    8a16a76869295408029993876cb6a35cc2d5ed75df8c8a55a343f68fa5bf277badd3a50f14fd4b899cf8a3e6e587ef8bd357\
    bca5f02a450e799aafb87e360349624ed11ab56f3a52eb7c9f6b2cb1565aa2d25b2a875cf0cf60c2abe744834c3937dc5986\
    1e6b4a8e3fee130203010001";
const SHORT_RSA_SIGNATURES: [(HashAlgorithm, &str); 4] = [
    (
        HashAlgorithm::Sha1,
        "527d0115fe46dff5ccd0076f6c96d6189fc025f1664502121ff1ca7ea913813cfced4610bada5136d80b9d1345d8db500acd\
        0b014d3ab09d1a5c1c56a1a886c04285c8cbc93a6ddc1061bfcaedcd19514aaa0f82b491a73b54f642052dfda54f05da62c2\
        e9eba4032da2b4b555a497b258463ca63734e98a3b695fda8ba5f776",
    ),
    (
        HashAlgorithm::Sha256,
        "71f05714f9ccf28f1a331e65fb681dd7b6648be2ed0041e7eeb2e0e7f1b383eb79507b66c3f7c7db800a8aa36e57a823515d\
        550d3328b3782b04ec2a0fa49f9217acb59f4d6c89e27317946736eb73a68289c3dc70d3563745258b1cf545aa286d880571\
        821e6dba66cc466a0709d41a15c6c5469b568f0d6586255e4dd02aff",
    ),
    (
        HashAlgorithm::Sha384,
        "1e8a835995bbebae5f38d457ebd32030c0c14d44f0917af3b26ab8ceb13cb7202d9e5532f4020bf0d03e657bfb9945b0b258\
        17f36f685c5eb77e57a4d4be1e9f0078e39e47f68bc4698375550f9e4e4bd83d3b521ffceba50a866b3941e4242fae8fa79d\
        a57996fbc18b67b00ad5be3097eae619eb75bb24dd8f4fd722d7485f",
    ),
    (
        HashAlgorithm::Sha512,
        "9c6299f3fd9773c5bda1b2aac2746e871099f1508597bdf55d53b4de3f85ba56233a4b33cb995853a36ccced836201f28f9b\
        5b0cd532228c2e00a1c4dc6a65f76bd97e2c09d63fe76e4096480afe2b85cee5f62c4b5a2bed41dab4b27572be044caaaaff\
        124cf5e16d768b401612dd5dc569345fc97707de1e762dd455ff0688",
    ),
];

#[test]
fn keys_that_ring_finds_too_short_verify_all_the_same() {
    let key = PublicKey::from_spki(&bytes(SHORT_RSA_KEY)).unwrap();
    assert_eq!(key.name(), "RSA-1024");
    for (hash, signature) in SHORT_RSA_SIGNATURES {
        let check = |message: &[u8]| {
            let algorithm = SignatureAlgorithm::RsaPkcs1(hash);
            let outcome = key.verify_with(algorithm, message, &bytes(signature));
            assert_eq!(key.verify(hash, message, &bytes(signature)), outcome, "{}", hash.name());
            outcome
        };
        assert_eq!(check(b"to be signed"), Ok(()), "{}", hash.name());
        assert_eq!(check(b"to be sighed"), Err(PkiError::BadSignature), "{}", hash.name());
    }
}

#[test]
fn algorithms_are_for_keys_of_their_own_kind() {
    let hash = HashAlgorithm::Sha512;
    let rsa = [
        SignatureAlgorithm::RsaPkcs1(hash),
        SignatureAlgorithm::RsaPss { hash, salt_len: 64 },
    ];
    let (ecdsa, ed25519) = ([SignatureAlgorithm::Ecdsa(hash)], [SignatureAlgorithm::Ed25519]);
    let unknown = "300c300606042a0304050302000f";
    #[rustfmt::skip] // one row a line
    let rows: [(&str, &[SignatureAlgorithm]); 6] = [
        (RSA_KEY, &rsa), (SHORT_RSA_KEY, &rsa), (P384_KEY, &ecdsa), (P521_KEY, &ecdsa), (ED25519_KEY, &ed25519),
        (unknown, &[]),
    ];
    for (key, its_own) in rows {
        let key = PublicKey::from_spki(&bytes(key)).unwrap();
        for algorithm in rsa.into_iter().chain(ecdsa).chain(ed25519) {
            let fits = its_own.contains(&algorithm);
            assert_eq!(algorithm.fits(&key), fits, "{} {algorithm:?}", key.name());
        }
    }
}

#[test]
fn messages_are_checked_by_ring_where_it_can() {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    let p256 = "3059301306072a8648ce3d020106082a8648ce3d030107034200047e69c504a7162471eab63afe8fc6904defaa7\
        0a5b6c9827c4e5f059eac9cdd3edfecbadbbe2a47ba82cacd224df3de7969d3091c1ec4d7bad3d172b9b8422178";
    #[rustfmt::skip] // one row a line
    let rows: [(&str, &[HashAlgorithm]); 6] = [
        (RSA_KEY, &[Sha256, Sha384, Sha512]), (SHORT_RSA_KEY, &[]), (p256, &[Sha256, Sha384]),
        (P384_KEY, &[Sha256, Sha384]), (P521_KEY, &[]), (ED25519_KEY, &[]),
    ];
    for (key, supported) in rows {
        let key = PublicKey::from_spki(&bytes(key)).unwrap();
        for hash in [Sha256, Sha384, Sha512, HashAlgorithm::Sha1, HashAlgorithm::Sha3_256] {
            let expected = supported.contains(&hash).then_some(false);
            let judged = message::verify(&key, hash, b"to be signed", &[]);
            assert_eq!(judged, expected, "{} {}", key.name(), hash.name());
        }
    }
}

const P256_KEY: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200048b8b41090b92006926cc09a8e7acf7862f6e18b74d2557\
    e0bd304d53fb820ff112790e045029a3c98b270ed7f09d124e790d04846e19b45f891449cc08a1f8b7";
const P256_SHA1: &str = "3045022100e59d24cdd947968cef6fba455e4a76fe3cb22f7fa9b3ea239297530868e6fc27022043ba47bed952d0ddbf41b7\
    592a4f39c1b69a53e94e840a211fa65d8b1ccb6ecd";
const P256_SHA256: &str = "3045022045138c8cba6598fb8847bcff55fbcc701440d7239e068cc2533b51e92c2b9ee9022100a296e5b32dae1ae2f51db7\
    b789a5ad5f96872a92ea1d549625e2c01cf0d2e77c";

#[test]
fn sha1_is_refused_on_a_curve_that_is_short_enough_for_it() {
    let key = PublicKey::from_spki(&bytes(P256_KEY)).unwrap();
    for (hash, signature, expected) in [
        (HashAlgorithm::Sha256, P256_SHA256, Ok(())),
        (HashAlgorithm::Sha1, P256_SHA1, Err(PkiError::BadSignature)),
    ] {
        let digest = hash.digest(b"to be signed");
        assert_eq!(key.verify_digest(hash, &digest, &bytes(signature)), expected);
        assert_eq!(key.verify(hash, b"to be signed", &bytes(signature)), expected);
    }
}
