//! PIN checks and changes: nothing is signed, and a PIN is sent once for each time a person typed it.

use super::Asking;
use crate::Context;
use crate::cards::{Insertion, Lane};
use beid_api::ApiError;
use beid_api::types as t;
use beid_api::words::PinOutcome;
use beid_card::{CardError, Identity};
use beid_prompt::Wording;
use beid_prompt::layout::paragraph;
use beid_texts::{Message, Render};
use std::sync::Arc;

/// Text ids of the dialogs of a check.
const VERIFY: Wording = Wording {
    title: "dialog-verify-title",
    in_short: "dialog-verify-in-short",
    prompt: "dialog-pin",
    ok: "dialog-verify",
    keypad: "dialog-keypad",
};

/// Text ids of the dialogs of a change.
const CHANGE: Wording = Wording {
    title: "dialog-change-title",
    in_short: "dialog-change-in-short",
    prompt: "dialog-old-pin",
    ok: "dialog-change",
    keypad: "dialog-keypad-change",
};

pub(crate) async fn pin_operation(
    context: Context,
    request: t::PinOperationRequest,
) -> Result<t::PinOperationAnswer, ApiError> {
    let card = context.service.registry.resolve(&request.card_id)?;
    // Before anything else: while somebody types on a reader's keypad, its card would make us wait.
    let asking = Asking::begin(&context, &card)?;
    let holder = look(&card).await?;
    let (outcome, spent) = match request.operation {
        t::PinOperationType::Verify => {
            let text = text(&asking, holder.as_ref(), "dialog-asked-to-verify", &VERIFY);
            let entry = asking.entry(&VERIFY, &text).await?;
            let work = asking.spend("verify", move |card, wanted| {
                card.verify_pin(entry, &|| wanted.still_wanted())
            });
            (PinOutcome::Verified, work.await?)
        }
        t::PinOperationType::Change => {
            let text = text(&asking, holder.as_ref(), "dialog-asked-to-change", &CHANGE);
            let change = asking.change(&CHANGE, &text).await?;
            let work = asking.spend("change", move |card, wanted| {
                card.change_pin(change, &|| wanted.still_wanted())
            });
            (PinOutcome::Changed, work.await?)
        }
    };
    let (card_id, tries_left) = spent.into_parts();
    Ok(t::PinOperationAnswer {
        card_id: card_id.as_str().to_owned(),
        outcome,
        tries_left: Some(tries_left),
        simulated: card.simulated.then_some(true),
    })
}

/// Reads the holder and notes the tries left. A card without a readable identity has a PIN all the same.
async fn look(card: &Arc<Insertion>) -> Result<Option<Identity>, ApiError> {
    let insertion = Arc::clone(card);
    let looked = card.run(Lane::Text, move |card, around| {
        let holder = match card.identity_text(around) {
            Ok(holder) => Some(holder).filter(|holder| holder.family_name.is_some()),
            Err(
                CardError::Malformed(_)
                | CardError::Endless { .. }
                | CardError::NoSuchFile { .. }
                | CardError::Refused { .. },
            ) => None,
            Err(error) => return Err(error),
        };
        insertion.note_tries_left(card.pin_tries_left()?.into());
        Ok(holder)
    });
    Ok(looked.await?.into_parts().1)
}

/// Renders the caller, the holder of the card, and the effect of the PIN.
fn text(asking: &Asking<'_>, holder: Option<&Identity>, asked: &str, wording: &Wording) -> String {
    let language = asking.language();
    let in_short = paragraph(&Message::new(wording.in_short).render(language));
    format!("{}\n\n{in_short}", asking.asks(asked, holder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Asker;
    use crate::pin::tries_left_text;
    use beid_prompt::layout::wrapped;
    use beid_prompt::pages::{LINES, Room};
    use beid_texts::Language;

    #[test]
    fn an_ordinary_check_or_change_takes_one_dialog_in_every_language() {
        let asker = Asker::Origin(format!("https://{}.example.org", "x".repeat(60)));
        for language in Language::ALL {
            for (asked, wording) in [("dialog-asked-to-verify", VERIFY), ("dialog-asked-to-change", CHANGE)] {
                let say = |id: &str| Message::new(id).render(language);
                let holder = Message::new("dialog-holder").arg("name", "Anna Petronella van Voorbeeld tot Testaert");
                let parts = [
                    asker.asks(asked, language),
                    holder.render(language),
                    say(wording.in_short),
                    tries_left_text(3).render(language),
                    say(wording.keypad),
                ];
                assert!(parts.iter().all(|part| !part.contains("dialog-")), "{parts:?}");
                let text = parts.map(|part| wrapped(&part, 0)).join("\n\n");
                assert!(Room::new(LINES[0]).fits(&text), "{text}");
            }
        }
    }
}
