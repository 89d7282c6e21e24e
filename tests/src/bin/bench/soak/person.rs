//! The people at the desk: patients with their cards, and whoever asks them for a signature.

use super::SoakAnswers;
use beid_e2e::{Daemon, LIMIT, OnScreen, Readers, Rest, ScriptedAnswer, ScriptedPinentry, eventually, link};
use beid_simulator::TEST_PIN;
use serde_json::Value;
use std::thread::sleep;
use std::time::Duration;

/// Time after which a virtual reader that shows no change is given up.
const STUCK: Duration = Duration::from_secs(10);
/// Time after which a person who said no can be asked again.
const AFTER_A_NO: Duration = Duration::from_millis(2_100);
/// Patients in turn: one of each generation of cards.
const PATIENTS: [&str; 2] = ["anna", "jan"];

/// Clinical software and its user.
pub(super) struct SoakPerson {
    rest: Rest,
    served: usize,
}

impl SoakPerson {
    pub(super) fn at(daemon: &Daemon) -> Self {
        Self {
            rest: daemon.rest(&["readers", "identity.full", "proof.therlink"]),
            served: 0,
        }
    }

    /// Takes the card of the next patient, asks for a signature, and gives the card back. In turn the patient signs, is asked
    /// by a program that leaves, and closes the dialog. Returns false if the virtual reader is stuck.
    pub(super) fn serve_patient(
        &mut self,
        readers: &Readers,
        pinentry: &ScriptedPinentry,
        answers: &SoakAnswers,
    ) -> bool {
        let number = self.served;
        self.served += 1;
        let slot = if number % 4 < 2 {
            readers.first()
        } else {
            readers.second()
        };
        let events = number.is_multiple_of(5).then(|| self.rest.events());
        let patient = PATIENTS.get(number % PATIENTS.len()).copied().unwrap_or("anna");
        if !slot.try_insert(patient, STUCK) {
            answers.count("virtual reader stuck");
            return false;
        }
        answers.count("cards put in");
        eventually("the card is ready", LIMIT, || self.has_ready_card().then_some(()));
        match number % 3 {
            0 => self.sign(pinentry, ScriptedAnswer::Sign(TEST_PIN.to_owned()), answers),
            1 => self.leave(pinentry, answers),
            _ => {
                self.sign(pinentry, ScriptedAnswer::Cancel, answers);
                sleep(AFTER_A_NO);
            }
        }
        drop(events);
        slot.try_remove(STUCK)
    }

    fn has_ready_card(&self) -> bool {
        let reply = self.rest.get("/v1/cards/current");
        reply.status == 200 && reply.json().get("status").and_then(Value::as_str) == Some("ready")
    }

    fn sign(&self, pinentry: &ScriptedPinentry, answer: ScriptedAnswer, answers: &SoakAnswers) {
        pinentry.will(answer);
        let reply = self.rest.post("/v1/therapeutic-links", &link("eidsigning"));
        if reply.status == 200 {
            let answer = reply.json();
            answers.note_record(answer.get("evidenceId").and_then(Value::as_str).unwrap_or("no record"));
            answers.count("link signed: answered");
        } else {
            answers.count(&format!("link signed: {}", reply.problem()));
        }
    }

    fn leave(&self, pinentry: &ScriptedPinentry, answers: &SoakAnswers) {
        let before = pinentry.shown().len();
        let gate = pinentry.will_pause_then(ScriptedAnswer::Cancel);
        let body = link("eidsigning");
        let pending = self.rest.begin("POST", "/v1/therapeutic-links", &[], Some(&body));
        let shown = eventually("a dialog opens", LIMIT, || pinentry.shown().into_iter().nth(before));
        pending.abandon();
        shown.wait_closed();
        gate.open();
        answers.count("link signed: the program left");
    }
}
