//! Cost of reading and signing, counted on cards in memory: the same on every machine.

use crate::SetupFailure;
use crate::jobs::{everything, must_hold, plain_floor, sign, signer, text};
use crate::table::Table;
use beid_card::{Applet, Card, Experience, Transport};
use beid_pki::TrustStore;
use beid_simulator::{Citizen, TestPki, VirtualCard, VirtualSlot};
use std::sync::Arc;

/// Citizens whose cards are counted, and the reason for each.
const CARDS: [(&str, &str); 5] = [
    ("anna", "1.7"),
    ("nele", "1.7 re-keyed"),
    ("jan", "1.8"),
    ("mina", "1.8, identity over 256 bytes"),
    ("odile", "1.1"),
];

/// Name of a count, and its limit on 1.7 and on 1.8; `None`: as many as the plain floor.
const ROWS: [(&str, Option<[u64; 2]>); 9] = [
    ("recognition, once an insertion", Some([2, 2])),
    ("identity text, unverified", Some([3, 4])),
    ("verified text, first card of this register", Some([18, 18])),
    ("verified text, register known", Some([12, 13])),
    ("everything, first card ever", None),
    ("everything, authorities known", Some([46, 42])),
    ("everything, lengths known too", Some([41, 37])),
    ("everything, second request", Some([0, 0])),
    ("signature", Some([6, 6])),
];

#[derive(Clone, Copy)]
struct CardCost {
    commands: u64,
    wire: u64,
}

/// Counts of one card, row by row; the last is missing where it signs nothing.
struct Column {
    applet: Applet,
    costs: Vec<CardCost>,
    floor: CardCost,
}

/// Prints the table; says whether every limit was kept.
pub(crate) fn table(pki: &TestPki, trust: &TrustStore) -> Result<(Table, bool), SetupFailure> {
    let columns = CARDS.iter().map(|(id, _)| column(id, pki, trust));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let head = ["commands · bytes on the wire", "most (1.7 / 1.8)"];
    let title = "Commands, on cards in memory";
    let mut table = Table::new(title, head.into_iter().chain(CARDS.map(|(_, what)| what)));
    let mut kept = true;
    for (number, (what, limits)) in ROWS.iter().enumerate() {
        let most = limits.map_or("floor".to_owned(), |[rsa, ec]| format!("{rsa} / {ec}"));
        let mut cells = vec![(*what).to_owned(), most];
        for column in &columns {
            let cost = column.costs.get(number).copied();
            let limit = column.limit(*limits);
            let over = cost.zip(limit).is_some_and(|(cost, limit)| cost.commands > limit);
            kept &= !over;
            cells.push(cost.map_or("–".to_owned(), |cost| show(cost, over)));
        }
        table.row(cells);
    }
    let floors = columns.iter().map(|column| show(column.floor, false));
    table.row(
        ["plain floor, computed".to_owned(), String::new()]
            .into_iter()
            .chain(floors),
    );
    Ok((table, kept))
}

fn show(cost: CardCost, over: bool) -> String {
    let mark = if over { " (over)" } else { "" };
    format!("{} · {}{mark}", cost.commands, cost.wire)
}

impl Column {
    fn limit(&self, limits: Option<[u64; 2]>) -> Option<u64> {
        match (self.applet, limits) {
            (Applet::V1_7, Some([most, _])) | (Applet::V1_8, Some([_, most])) => Some(most),
            (Applet::V1_7 | Applet::V1_8, None) => Some(self.floor.commands),
            // Nobody has set any for cards that have all expired.
            (Applet::V1_1 | Applet::Other(_), _) => None,
        }
    }
}

fn column(id: &str, pki: &TestPki, trust: &TrustStore) -> Result<Column, SetupFailure> {
    let slot = VirtualSlot::new();
    slot.insert(VirtualCard::new(Citizen::find(id)?, pki)?);
    let (recognition, mut card) = counted(&slot, || meet(&slot, &unknowing()))?;
    let applet = card.applet();
    let (identity, _) = counted(&slot, || Ok(card.identity_text(&mut ())?))?;
    let (whole, mut card) = wholes(&slot, trust)?;
    let mut costs = [vec![recognition, identity], texts(&slot, trust)?, whole].concat();
    if let Some(signer) = signer(&mut card, trust)? {
        costs.push(counted(&slot, || sign(&mut card, &signer))?.0);
    }
    let (commands, wire) = plain_floor(&mut meet(&slot, &unknowing())?)?;
    let floor = CardCost { commands, wire };
    Ok(Column { applet, costs, floor })
}

/// The two rows of verified text.
fn texts(slot: &VirtualSlot, trust: &TrustStore) -> Result<Vec<CardCost>, SetupFailure> {
    let experience = unknowing();
    let mut card = meet(slot, &experience)?;
    let (first, holder) = counted(slot, || text(&mut card, trust))?;
    // Whose certificates are signed with SHA-1 is not believed today.
    if card.applet() != Applet::V1_1 {
        must_hold(&holder)?;
    }
    let mut card = meet(slot, &without_lengths(&experience))?;
    let (known, _) = counted(slot, || text(&mut card, trust))?;
    Ok(vec![first, known])
}

/// The four rows of everything, and the card after that.
fn wholes(
    slot: &VirtualSlot,
    trust: &TrustStore,
) -> Result<(Vec<CardCost>, Card<impl Transport + use<>>), SetupFailure> {
    let experience = unknowing();
    let whole = |experience: &Arc<Experience>| {
        let mut card = meet(slot, experience)?;
        let (cost, _) = counted(slot, || Ok(everything(&mut card, trust, &mut ())?))?;
        Ok::<_, SetupFailure>((cost, card))
    };
    let (first, _) = whole(&experience)?;
    let (known, _) = whole(&without_lengths(&experience))?;
    let (lengths, mut card) = whole(&experience)?;
    let (again, _) = counted(slot, || Ok(everything(&mut card, trust, &mut ())?))?;
    Ok((vec![first, known, lengths, again], card))
}

fn unknowing() -> Arc<Experience> {
    Arc::default()
}

/// Experience that a stranger's card finds: authorities are known, the lengths of this card's files are not.
fn without_lengths(experience: &Experience) -> Arc<Experience> {
    Arc::new(Experience::with_certificates(experience.certificates()))
}

fn meet(slot: &VirtualSlot, experience: &Arc<Experience>) -> Result<Card<impl Transport + use<>>, SetupFailure> {
    let connection = slot.connect().ok_or("no card")?;
    let card = Card::recognise_in(connection, "", Arc::clone(experience))?;
    card.ok_or_else(|| "no Belgian card".into())
}

fn counted<R>(
    slot: &VirtualSlot,
    work: impl FnOnce() -> Result<R, SetupFailure>,
) -> Result<(CardCost, R), SetupFailure> {
    let (commands, wire) = (slot.apdus(), slot.wire_bytes());
    let done = work()?;
    let cost = CardCost {
        commands: slot.apdus() - commands,
        wire: slot.wire_bytes() - wire,
    };
    Ok((cost, done))
}
