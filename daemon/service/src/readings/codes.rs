//! The code tables as data, for forms: what can be chosen, and what goes together.

use crate::Context;
use beid_api::ApiError;
use beid_api::types as t;
use beid_protocol::identity_reading::{
    ManualReason, ReadingMeans, ReadingSupport, ReadingWay, SerialRule, VignetteReason,
};

pub(crate) async fn codes(_: Context, t::NoMembers {}: t::NoMembers) -> Result<t::ReadingCodesAnswer, ApiError> {
    Ok(t::ReadingCodesAnswer {
        ways: ReadingWay::ALL.iter().map(|way| way_answer(*way)).collect(),
        supports: ReadingSupport::ALL
            .iter()
            .map(|support| support_answer(*support))
            .collect(),
        manual_reasons: ManualReason::ALL
            .iter()
            .map(|reason| t::ManualReasonAnswer {
                word: reason.word().to_owned(),
                code: reason.code().to_owned(),
                deferred: reason.is_deferred(),
            })
            .collect(),
        vignette_reasons: VignetteReason::ALL
            .iter()
            .map(|reason| t::VignetteReasonAnswer {
                word: reason.word().to_owned(),
                code: reason.code().to_owned(),
            })
            .collect(),
    })
}

fn way_answer(way: ReadingWay) -> t::ReadingWayAnswer {
    let supports = ReadingSupport::ALL.iter().filter(|support| way.reads(**support));
    t::ReadingWayAnswer {
        word: way.word().to_owned(),
        code: way.code().to_owned(),
        supports: supports.map(|support| support.word().to_owned()).collect(),
        needs_manual_reason: way == ReadingWay::Manual,
    }
}

fn support_answer(support: ReadingSupport) -> t::ReadingSupportAnswer {
    // By the one rule that judges readings: whatever is offered here is accepted there.
    let accepted = |manual, vignette| ReadingMeans::new(ReadingWay::Manual, support, Some(manual), vignette).is_ok();
    let vignette = (support == ReadingSupport::Vignette).then_some(VignetteReason::NoValidDocument);
    let manual = ManualReason::ALL.iter().filter(|reason| accepted(**reason, vignette));
    t::ReadingSupportAnswer {
        word: support.word().to_owned(),
        code: support.code().to_owned(),
        serial_number: match support.serial_rule() {
            SerialRule::Required => "required",
            SerialRule::Optional => "optional",
            SerialRule::None => "none",
        }
        .to_owned(),
        manual_reasons: manual.map(|reason| reason.word().to_owned()).collect(),
        needs_vignette_reason: vignette.is_some(),
    }
}
