//! Places that beidctl reads and writes: a person is asked for nothing that cannot be kept, nothing that was signed is
//! lost, nothing is replaced unasked, and `-` is standard input and output.

use beid_simulator::TEST_PIN;
use beid_testkit::daemon::ctl::{beidctl, fails, run, stderr, stdout, succeeds};
use beid_testkit::daemon::{Desk, Person};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const TEXT: &[u8] = b"Ik ga akkoord.\n";
const LINK: [&str; 6] = ["therlink", "put", "--type", "gpconsultation", "--proof", "eidsigning"];

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// Runs beidctl with `input` on its standard input; its standard output goes to the file `to` if one is named.
async fn piped(desk: &Desk, arguments: &[&str], input: &[u8], to: Option<&str>) -> Output {
    let mut command = beidctl(desk);
    command.args(arguments).stdin(Stdio::piped()).stderr(Stdio::piped());
    command.stdout(to.map_or_else(Stdio::piped, |to| File::options().write(true).open(to).unwrap().into()));
    let input = input.to_vec();
    tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // A program that refuses before it reads closes the pipe.
        drop(child.stdin.take().unwrap().write_all(&input));
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap()
}

/// The only file in the directory for results that could not be written.
fn kept(desk: &Desk) -> PathBuf {
    let directory = desk.dir.join("state/beidd/kept");
    assert_eq!(mode(&directory), 0o700);
    let files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(mode(file), 0o600);
    file.clone()
}

/// [`beidctl`] with a state directory of this desk's own.
fn with_own_state(desk: &Desk, arguments: &[&str]) -> Command {
    let mut command = beidctl(desk);
    command.env("XDG_STATE_HOME", desk.dir.join("state")).args(arguments);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_for_what_cannot_be_written() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    desk.write("a.pdf", TEXT);
    desk.write("there", b"precious");
    let link = |more: &[&'static str]| [&LINK[..], more].concat();
    let consent = |more: &[&'static str]| [&["consent", "put", "--evidence", "asice"], more].concat();
    #[rustfmt::skip] // one row a line
    let rows = [
        (vec!["sign", "a.pdf", "-o", "none/a.p7s"], "there is no directory none"),
        (vec!["sign", "a.pdf", "-o", "newdir/"], "newdir/: a directory, where a file is wanted"),
        (vec!["sign", "a.pdf", "-o", "a.pdf/x"], "a part of its path is no directory"),
        (vec!["sign", "a.pdf", "-o", "there"], "there: is there already; --force replaces it"),
        (vec!["sign", "a.pdf", "-o", "a.pdf", "--force"], "a.pdf: is signed, and would be written over"),
        (vec!["sign", "a.pdf", "-o", "/dev/null"], "/dev/null: is no file"),
        (link(&["--out", "none/link.xml"]), "there is no directory none"),
        (link(&["--out", "link.xml", "--cms", "none/link.p7m"]), "none/link.p7m"),
        (link(&["--out", "there"]), "--force"),
        (link(&["--out", "same", "--cms", "same"]), "same is named for two things"),
        (link(&["--out", "-", "--cms", "-"]), "named for two things"),
        (link(&["--out", "-", "--json"]), "--json"),
        (consent(&["--out", "c.xml", "--evidence-out", "none/c.asice"]), "none/c.asice"),
        (consent(&["--out", "there", "--evidence-out", "c.asice"]), "there: is there already"),
        (vec!["identity", "--photo", "none/photo.jpg"], "there is no directory none"),
        (vec!["certificates", "--pem", "a.pdf"], "a.pdf"),
    ];
    for (arguments, words) in rows {
        let (code, said) = fails(&desk, &arguments).await;
        assert!(
            matches!(code, 1 | 2) && said.contains(words),
            "{arguments:?} {code} {said}"
        );
    }
    assert_eq!(desk.asked_for(), [""; 0]);
    assert_eq!(std::fs::read(desk.dir.join("there")).unwrap(), b"precious");
    let left: Vec<_> = std::fs::read_dir(&desk.dir)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().starts_with(".beidctl-")),
        "{left:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_replaced_when_told_so_and_never_written_through() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    desk.write("a.txt", TEXT);
    let page = succeeds(&desk, &["sign", "a.txt"]).await;
    assert!(page.contains("  Written           a.txt.p7s\n"), "{page}");
    let file = desk.dir.join("a.txt.p7s");
    assert_eq!(mode(&file), 0o600);
    std::fs::write(&file, "precious").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = fails(&desk, &["sign", "a.txt"]).await;
    assert!(code == 1 && said.contains("a.txt.p7s: is there already"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    succeeds(&desk, &["sign", "a.txt", "--force"]).await;
    assert!(desk.is_beside(&std::fs::read(&file).unwrap(), TEXT));
    assert_eq!(mode(&file), 0o600);

    desk.write("precious", b"precious");
    symlink(desk.dir.join("precious"), desk.dir.join("photo.jpg")).unwrap();
    let (code, _) = fails(&desk, &["identity", "--photo", "photo.jpg"]).await;
    assert_eq!(code, 1);
    succeeds(&desk, &["identity", "--photo", "photo.jpg", "--force"]).await;
    assert_eq!(std::fs::read(desk.dir.join("photo.jpg")).unwrap()[..2], [0xFF, 0xD8]);
    assert_eq!(std::fs::read(desk.dir.join("precious")).unwrap(), b"precious");

    succeeds(&desk, &["certificates", "--pem", "pem"]).await;
    let (code, said) = fails(&desk, &["certificates", "--pem", "pem"]).await;
    assert!(code == 1 && said.contains(".pem: is there already"), "{said}");
    let page = succeeds(&desk, &["certificates", "--pem", "pem", "--force"]).await;
    assert!(page.contains("  Written           pem/signature.pem\n"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_and_cannot_be_written_after_all_is_kept_and_its_place_is_said() {
    let desk = Desk::open(Person::Follows(&["gate1234"])).await;
    desk.insert("claire").await;
    desk.write("a.txt", TEXT);
    let mut child = with_own_state(&desk, &["sign", "a.txt", "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    desk.asked().await;
    // Another program creates the file while the person thinks.
    desk.write("a.txt.p7s", b"precious");
    desk.open_gate();
    let output = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
        (child.wait().unwrap(), said)
    });
    let (status, said) = output.await.unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    let problem: Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
    let file = kept(&desk);
    assert_eq!(problem["code"], "result-kept");
    assert_eq!(problem["kept"][0]["place"], "a.txt.p7s");
    assert_eq!(problem["kept"][0]["file"], file.to_str().unwrap());
    assert!(problem["detail"].as_str().unwrap().contains(file.to_str().unwrap()));
    assert!(desk.is_beside(&std::fs::read(file).unwrap(), TEXT));
    assert_eq!(std::fs::read(desk.dir.join("a.txt.p7s")).unwrap(), b"precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_and_cannot_be_printed_is_kept() {
    for (arguments, ending) in [
        (&["sign", "a.txt", "-o", "-"][..], "-a.txt.p7s"),
        (&["sign", "a.txt", "--json", "-o", "a.p7s"], "-answer.json"),
        (&[&LINK[..], &["--json"]].concat(), "-answer.json"),
        (&[&LINK[..], &["--cms", "-"]].concat(), "-link.p7m"),
    ] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert("claire").await;
        desk.write("a.txt", TEXT);
        let mut command = with_own_state(&desk, arguments);
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let (file, said) = (kept(&desk), stderr(&output));
        assert!(file.to_str().unwrap().ends_with(ending), "{file:?}");
        assert!(
            said.contains("the disk is full") && said.contains(file.to_str().unwrap()),
            "{said}"
        );
        assert_eq!(output.status.code(), Some(1), "{said}");
        let octets = std::fs::read(&file).unwrap();
        match ending {
            "-answer.json" => assert!(serde_json::from_slice::<Value>(&octets).unwrap().is_object()),
            _ => assert_eq!(octets[0], 0x30),
        }
    }
    // An answer that can be asked for again is not kept.
    let desk = Desk::open(Person::Declines).await;
    desk.insert("claire").await;
    let mut command = with_own_state(&desk, &["identity", "--json"]);
    command.stdout(File::options().write(true).open("/dev/full").unwrap());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    assert!(output.status.code() == Some(1) && stderr(&output).contains("standard output: the disk is full"));
    assert!(!desk.dir.join("state/beidd/kept").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dash_is_standard_input_and_output() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    desk.write("a.txt", TEXT);
    // Standard output carries the signature alone; texts go to standard error.
    let signed = piped(&desk, &["sign", "-", "--attached"], TEXT, None).await;
    assert!(signed.status.success(), "{}", stderr(&signed));
    assert_eq!(desk.content_of(&signed.stdout), TEXT);
    assert!(stderr(&signed).contains("Signed with"), "{}", stderr(&signed));
    let shown = desk.dialogs().pop().unwrap().1;
    assert!(shown.contains("stdin"), "{shown}");
    let named = piped(&desk, &["sign", "-", "--name", "b.txt", "-o", "b.p7s"], TEXT, None).await;
    assert!(
        named.status.success() && desk.dialogs().pop().unwrap().1.contains("b.txt"),
        "{}",
        stderr(&named)
    );
    let page = piped(
        &desk,
        &["verify", "-", "--content", "a.txt"],
        &std::fs::read(desk.dir.join("b.p7s")).unwrap(),
        None,
    )
    .await;
    assert!(stdout(&page).starts_with("VALID (test card)\n"), "{}", stdout(&page));
    let page = piped(&desk, &["verify", "b.p7s", "--content", "-"], TEXT, None).await;
    assert!(stdout(&page).starts_with("VALID (test card)\n"), "{}", stdout(&page));

    let out = run(&desk, &["sign", "a.txt", "-o", "-"]).await;
    assert!(desk.is_beside(&out.stdout, TEXT), "{}", stderr(&out));
    assert!(!desk.dir.join("-").exists());
    let link = run(&desk, &[&LINK[..], &["-o", "-"]].concat()).await;
    assert!(stdout(&link).starts_with('<'), "{}", stdout(&link));
    let page = piped(&desk, &["verify", "-", "--link"], &link.stdout, None).await;
    assert!(
        page.status.success() && stdout(&page).starts_with("VALID (test card)\n"),
        "{}",
        stdout(&page)
    );
    let photo = run(&desk, &["identity", "--photo", "-"]).await;
    assert_eq!(photo.stdout[..2], [0xFF, 0xD8]);
    let pem = run(&desk, &["certificates", "--pem", "-"]).await;
    assert_eq!(stdout(&pem).matches("BEGIN CERTIFICATE").count(), 5);

    let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/tests/answers/v2/consent-status.xml");
    let answer = piped(&desk, &["response", "-"], &std::fs::read(answers).unwrap(), None).await;
    assert!(stdout(&answer).contains("REVOKED"), "{}", stderr(&answer));

    let twice = piped(&desk, &["verify", "-", "--content", "-"], b"x", None).await;
    assert!(
        twice.status.code() == Some(2) && stderr(&twice).contains("read once"),
        "{}",
        stderr(&twice)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_signed_by_its_digest_in_little_memory() {
    for (citizen, format, signature) in [
        ("claire", "cades", "large.bin.p7s"),
        ("anna", "xades", "large.bin.xades.xml"),
    ] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        // Nine tenths of the memory that the program may have in all: reading the file whole would fail.
        File::create(desk.dir.join("large.bin"))
            .unwrap()
            .set_len(360 << 20)
            .unwrap();
        let limited = |arguments: &[&str]| {
            let program = beidctl(&desk);
            let mut command = Command::new("sh");
            command
                .args(["-c", "ulimit -v 400000; exec \"$@\"", "sh"])
                .arg(program.get_program())
                .args(arguments);
            command.env_clear().current_dir(&desk.dir);
            command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
            tokio::task::spawn_blocking(move || command.output().unwrap())
        };
        let output = limited(&["sign", "large.bin", "--format", format]).await.unwrap();
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        assert!(
            said.contains("large.bin is larger than 6 MiB: it is signed by its digest"),
            "{said}"
        );
        let shown = desk.dialogs().remove(0).1;
        assert!(shown.contains("does not know the content"), "{shown}");
        assert!(desk.dir.join(signature).exists());
        let asked = desk.asked_for().len();
        #[rustfmt::skip] // one row a line
        let rows = [
            (&["sign", "large.bin", "--format", "asice"][..], "large.bin is larger than 6 MiB"),
            (&["sign", "large.bin", "--attached"], "large.bin is larger than 6 MiB"),
            (&["sign", "large.bin", "--format", "xades", "--attached", "-o", "other"], "large.bin is larger than 5 MiB"),
            (&["verify", "large.bin"], "large.bin is larger than 64 MiB"),
            (&["verify", signature, "--content", "large.bin"], "large.bin is larger than 64 MiB"),
            (&["verify", signature, "--certificate", "large.bin"], "large.bin is larger than 1 MiB"),
            (&["verify", signature, "--root", "large.bin"], "large.bin is larger than 1 MiB"),
            (&["verify", signature, "--tsa-root", "large.bin"], "large.bin is larger than 1 MiB"),
            (&["response", "large.bin"], "large.bin is larger than 1 MiB"),
            (&["therlink", "put-bulk", "large.bin"], "large.bin is larger than 1 MiB"),
            (&["verify", "/dev/zero"], "/dev/zero: is no file"),
        ];
        for (arguments, words) in rows {
            let output = limited(arguments).await.unwrap();
            let said = stderr(&output);
            assert!(
                output.status.code() == Some(1) && said.contains(words),
                "{arguments:?} {said}"
            );
        }
        assert_eq!(desk.asked_for().len(), asked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_beside_a_large_one_are_still_looked_through() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    succeeds(&desk, &[&LINK[..], &["--out", "link.xml"]].concat()).await;
    File::create(desk.dir.join("large.bin"))
        .unwrap()
        .set_len(7 << 20)
        .unwrap();
    let asked = desk.asked_for().len();
    let (code, said) = fails(&desk, &["sign", "large.bin", "link.xml", "-o", "out"]).await;
    assert!(code == 1 && said.contains("eHealth platform"), "{said}");
    assert_eq!(desk.asked_for().len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_problems_where_json_is_asked_for() {
    let desk = Desk::open(Person::Declines).await;
    desk.write("a.txt", TEXT);
    for (arguments, code, exit) in [
        (&["identity", "--json"][..], "no-card", 4),
        (&["--json", "identity", "--colour"], "usage", 2),
        (&["--json", "sign", "none.pdf"], "file-unusable", 1),
        (&["--json", "token", "revoke", "none"], "not-found", 1),
        (&["--json", "--https", "readers"], "not-running", 1),
    ] {
        let (found, said) = fails(&desk, arguments).await;
        let problem: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        assert_eq!((found, &problem["code"]), (exit, &code.into()), "{problem}");
        for member in ["type", "title", "status", "detail", "retriable"] {
            assert!(problem.get(member).is_some(), "{member}: {problem}");
        }
    }
    desk.insert("claire").await;
    let (exit, said) = fails(&desk, &["--json", "sign", "a.txt"]).await;
    let problem: Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
    assert_eq!((exit, &problem["code"]), (3, &"user-declined".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_ends_with_the_verdict_and_minds_what_it_should_be_about() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    desk.write("a.txt", TEXT);
    desk.write("b.txt", b"another");
    succeeds(&desk, &["sign", "a.txt"]).await;
    succeeds(&desk, &[&LINK[..], &["--out", "link.xml"]].concat()).await;
    let evidence = [
        "consent",
        "put",
        "--evidence",
        "asice",
        "--out",
        "c.xml",
        "--evidence-out",
        "c.asice",
    ];
    succeeds(&desk, &evidence).await;
    #[rustfmt::skip] // one row a line
    let rows = [
        (&["a.txt.p7s", "--content", "a.txt"][..], 0, "VALID (test card)"),
        (&["a.txt.p7s", "--content", "b.txt"], 1, "INVALID: content-digest"),
        (&["a.txt.p7s"], 7, "NOT CHECKED: it stands beside what was signed; name that file with --content"),
        (&["a.txt"], 6, "NOT SIGNED: nothing here proves who made it"),
        (&["c.xml"], 6, "NOT SIGNED: nothing here proves who made it"),
        (&["link.xml", "--link"], 0, "VALID (test card)"),
        (&["link.xml", "--consent"], 2, "VALID (test card)"),
        (&["c.asice", "--consent"], 0, "VALID (test card)"),
        (&["c.asice", "--link"], 2, "VALID (test card)"),
        (&["a.txt.p7s", "--content", "a.txt", "--consent"], 2, "VALID (test card)"),
    ];
    for (arguments, exit, first) in rows {
        let output = run(&desk, &[&["verify"], arguments].concat()).await;
        let page = stdout(&output);
        assert_eq!(
            (output.status.code(), page.lines().next()),
            (Some(exit), Some(first)),
            "{arguments:?} {page}"
        );
    }
    // Further certificates, whose holders did not sign, change nothing.
    succeeds(&desk, &["certificates", "--pem", "pem"]).await;
    for certificate in ["pem/signature.pem", "pem/root.pem"] {
        let verify = [
            "verify",
            "a.txt.p7s",
            "--content",
            "a.txt",
            "--certificate",
            certificate,
        ];
        assert!(succeeds(&desk, &verify).await.starts_with("VALID (test card)\n"));
    }
    let (code, said) = fails(&desk, &["verify", "a.txt.p7s", "--certificate", "a.txt"]).await;
    assert!(
        code == 1 && said.contains("a.txt: there is no certificate in it"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_what_to_do_next() {
    let desk = Desk::open(Person::Declines).await;
    succeeds(&desk, &["token", "create", "emr", "--scope", "readers"]).await;
    let id = "0".repeat(32);
    #[rustfmt::skip] // one row a line
    let rows = [
        (&["address", "--card", &id][..], "beidctl readers"),
        (&["token", "revoke", "none"], "«none». The tokens there are: beidctl token list"),
        (&["token", "create", "emr", "--scope", "readers"], "beidctl token revoke emr"),
        (&["readers", "role", "9", "any"], "beidctl readers"),
    ];
    for (arguments, words) in rows {
        let (code, said) = fails(&desk, arguments).await;
        assert!(code == 1 && said.contains(words), "{arguments:?} {said}");
    }
    desk.insert("claire").await;
    let (_, said) = fails(&desk, &["pin", "verify"]).await;
    assert!(said.contains("Nothing was signed or changed."), "{said}");
    // The service runs, and no token is named.
    crate::ctl::serve_https(&desk).await;
    let (_, said) = fails(&desk, &["--https", "readers"]).await;
    assert!(
        said.contains("BEIDCTL_TOKEN_FILE") && said.contains("beidctl token create NAME"),
        "{said}"
    );
}
