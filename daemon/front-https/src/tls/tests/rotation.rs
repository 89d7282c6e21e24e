//! Rotations, whole and broken off.

use crate::tls::directory::{FileStep, SetDirectory};
use crate::tls::set::{FILES, KEY};
use crate::tls::{Tls, provider};
use beid_api::types::{TlsAuthorityAnswer, TlsRotationStage};
use beid_service::tls::{HttpsCertificates, RotationRefusal};
use beid_testkit::Scratch;

/// Names of the authorities after a stage: in use, next, previous.
fn rotate(tls: &Tls, stage: TlsRotationStage) -> [Option<String>; 3] {
    let answer = tls.rotate(stage).unwrap();
    let name = |authority: Option<TlsAuthorityAnswer>| authority.map(|authority| authority.name);
    [Some(answer.authority.name), name(answer.next), name(answer.previous)]
}

#[test]
fn a_rotation_prepares_switches_and_finishes_and_each_stage_can_be_repeated() {
    use TlsRotationStage::{Finish, Prepare, Switch};
    let scratch = Scratch::new("tls");
    let tls = Tls::open(scratch.path()).unwrap();
    assert_eq!(tls.rotate(Switch).unwrap_err(), RotationRefusal::NotPrepared);
    let before = super::read(scratch.path());
    let prepared = rotate(&tls, Prepare);
    let [old, new, nothing] = prepared.clone();
    assert!(new.is_some() && new != old && nothing.is_none());
    assert_eq!(rotate(&tls, Prepare), prepared);
    assert_eq!(super::read(scratch.path()), before, "nothing changes for clients yet");
    let switched = rotate(&tls, Switch);
    assert_eq!(switched, [new.clone(), None, old]);
    assert_eq!(tls.rotate(Switch).unwrap_err(), RotationRefusal::NotPrepared);
    // The previous one has yet to go: stores may still trust it.
    assert_eq!(rotate(&tls, Prepare), switched);
    for _ in 0..2 {
        assert_eq!(rotate(&tls, Finish), [new.clone(), None, None]);
    }
    let names = std::fs::read_dir(scratch.path()).unwrap();
    assert_eq!(names.count(), FILES.len(), "no key of the previous set is left");
}

#[test]
fn a_crash_at_any_step_of_a_switch_leaves_an_authority_that_stores_trust_and_a_rotation_that_can_go_on() {
    use TlsRotationStage::{Finish, Prepare, Switch};
    let steps = {
        let scratch = Scratch::new("tls");
        SetDirectory::open(scratch.path(), &provider())
            .unwrap()
            .switch_steps()
            .len()
    };
    for done in 0..=steps {
        let scratch = Scratch::new("tls");
        let tls = Tls::open(scratch.path()).unwrap();
        let [old, new, _] = rotate(&tls, Prepare);
        drop(tls);
        let sets = SetDirectory::open(scratch.path(), &provider()).unwrap();
        std::fs::create_dir(sets.previous()).unwrap();
        sets.switch_steps()
            .iter()
            .take(done)
            .for_each(|step| step.take().unwrap());
        let tls = Tls::open(scratch.path()).unwrap();
        let [mut current, next, previous] = rotate(&tls, Prepare);
        assert!([&old, &new].contains(&&current), "after {done} steps");
        if next.is_some() {
            assert_eq!((&current, &next, previous), (&old, &new, None), "after {done} steps");
            [current, ..] = rotate(&tls, Switch);
        } else {
            assert_eq!(previous, old, "after {done} steps");
        }
        assert_eq!(
            (current, rotate(&tls, Finish)),
            (new.clone(), [new, None, None]),
            "after {done} steps"
        );
        assert!(!scratch.path().join("earlier-1").exists(), "after {done} steps");
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), FILES.len());
    }
}

#[test]
fn a_step_that_broke_off_in_a_file_is_taken_anew() {
    let scratch = Scratch::new("tls");
    let tls = Tls::open(scratch.path()).unwrap();
    rotate(&tls, TlsRotationStage::Prepare);
    // As `private::write` leaves it when the power fails.
    let unfinished = scratch.path().join("next/key.new");
    std::fs::write(&unfinished, "half a key").unwrap();
    rotate(&tls, TlsRotationStage::Switch);
    assert!(!unfinished.exists() && !scratch.path().join("next").exists());
    let missing = FileStep::Copy {
        from: scratch.path().join("nothing"),
        to: scratch.path().join(KEY),
    };
    assert!(missing.take().unwrap_err().to_string().contains("nothing is missing"));
}
