//! Dialog in which a person lets a website in.

use super::WantedAccess;
use super::requests::PendingPairing;
use crate::Context;
use crate::documents::shown::show;
use beid_api::{ApiError, Scope};
use beid_prompt::Turn;
use beid_prompt::layout::{paragraph, quoted, wrapped};
use beid_protocol::period::brussels_day;
use beid_texts::{Language, Message, Render};

/// Yes of a person to one website. Only [`ask`] makes one, and a pairing that is confirmed cannot be made without.
pub(super) struct PersonAgreed(());

/// Shows the whole request, and asks for a yes.
///
/// # Errors
/// `user-declined`, `user-timeout`, or `policy-denied` if nobody can be asked.
pub(super) async fn ask(
    context: &Context,
    turn: Turn<'_>,
    wanted: &WantedAccess,
    pending: &PendingPairing,
) -> Result<PersonAgreed, ApiError> {
    let language = context.service.prompter.language();
    let end = context.service.now() + wanted.life();
    let last_day = brussels_day(end);
    let heading = Message::new("dialog-pair-may").arg("date", show(last_day, language));
    let text = [
        head(context, wanted, language),
        paragraph(
            &Message::new("dialog-pair-code")
                .arg("code", pending.match_code.as_str())
                .render(language),
        ),
        scopes(&heading, wanted.scopes.iter(), language),
    ];
    let title = Message::new("dialog-pair-title");
    turn.confirm_or_silence(&title, &text.join("\n\n"), "dialog-pair-allow")
        .await
        .map(PersonAgreed)
}

/// The website, and its name for itself.
fn head(context: &Context, wanted: &WantedAccess, language: Language) -> String {
    let name = Message::new("dialog-pair-name").arg("name", quoted(&wanted.name, language));
    format!(
        "{}\n{}",
        context.asks("dialog-asked-to-pair"),
        wrapped(&name.render(language), 0)
    )
}

/// The scopes in plain words, below `heading`.
pub(crate) fn scopes(heading: &Message, scopes: impl Iterator<Item = Scope>, language: Language) -> String {
    let line = |scope: Scope| wrapped(&format!("– {}", words(scope, language)), 2);
    let lines = scopes.map(line);
    let heading = paragraph(&heading.render(language));
    std::iter::once(heading).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Meaning of a scope for a person.
fn words(scope: Scope, language: Language) -> String {
    // Ids of texts have no dots.
    Message::new(format!("scope-{}", scope.word().replace('.', "-"))).render(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_said_in_words_in_every_language() {
        for language in Language::ALL {
            for scope in Scope::ALL {
                let said = words(*scope, language);
                assert!(
                    !said.contains("scope-") && said.chars().count() > 10,
                    "{scope:?}: {said}"
                );
            }
        }
    }
}
