//! Change of a reader's role. It decides which card is taken for the patient's, so a person confirms it first.

use crate::Context;
use crate::running::OperationState;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_prompt::layout::{quoted, wrapped};
use beid_settings::AssignedRole;
use beid_texts::{Language, Message, Render};

pub(crate) async fn set_reader_role(
    context: Context,
    request: t::ReaderRoleRequest,
) -> Result<t::ReaderRoleAnswer, ApiError> {
    let registry = &context.service.registry;
    let reader = request.reader.parse().ok();
    let name = reader.and_then(|reader| registry.reader_name(reader));
    let missing = || ApiError::new(ErrorCode::NotFound, Message::new("detail-no-such-reader"));
    let name = name.ok_or_else(missing)?;
    let choice = role_of(request.role);
    // A choice that is made already need not bother anybody.
    if registry.roles().chosen(&name) != choice {
        confirm(&context, &name, choice).await?;
    }
    // Even if the reader was unplugged meanwhile: the choice is for every reader of that name.
    let role = registry.choose_role(&name, choice)?;
    Ok(t::ReaderRoleAnswer {
        reader: request.reader,
        name,
        role: role.into(),
    })
}

/// Role of a choice; `None` for the one in the settings.
fn role_of(choice: t::RoleChoice) -> Option<AssignedRole> {
    match choice {
        t::RoleChoice::Patient => Some(AssignedRole::Patient),
        t::RoleChoice::Provider => Some(AssignedRole::Provider),
        t::RoleChoice::Any => Some(AssignedRole::Any),
        t::RoleChoice::Default => None,
    }
}

async fn confirm(context: &Context, name: &str, choice: Option<AssignedRole>) -> Result<(), ApiError> {
    let turn = context.turn()?;
    let language = context.service.prompter.language();
    let roles = context.service.registry.roles();
    let (now, then) = (roles.role(name), choice.unwrap_or_else(|| roles.by_settings(name)));
    let say = |message: Message| wrapped(&message.render(language), 0);
    let text = [
        context.asks("dialog-asked-for-role"),
        say(Message::new("dialog-reader").arg("name", quoted(name, language))),
        say(Message::new("dialog-role-now").arg("role", words(now, language))),
        say(Message::new("dialog-role-then").arg("role", words(then, language))),
    ];
    context.progress.is(OperationState::WaitingForConfirmation);
    turn.confirm(&Message::new("dialog-role-title"), &text.join("\n\n"))
        .await?;
    context.progress.is(OperationState::Working);
    Ok(())
}

fn words(role: AssignedRole, language: Language) -> String {
    Message::new(match role {
        AssignedRole::Patient => "dialog-role-patient",
        AssignedRole::Provider => "dialog-role-provider",
        AssignedRole::Any => "dialog-role-any",
    })
    .render(language)
}
