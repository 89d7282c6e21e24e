//! Times through a real `pcscd`: our own work in its parts, and OpenSC beside it.

use crate::SetupFailure;
use crate::clock::TransmitClock;
use crate::daemon::{BenchDaemon, WaitedTime};
use crate::https;
use crate::jobs::{everything, sign, signer, text};
use crate::opensc::WORKS;
use crate::place::{BenchPlace, Cost, connect};
use crate::table::{Runs, Table, ms};
use beid_card::{Card, CheckName, Experience, Transport};
use beid_e2e::{test_pki, test_trust};
use beid_pki::TrustStore;
use beid_simulator::Timing;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Runs with a card that takes its time, and with one that answers at once.
const RUNS: [usize; 2] = [3, 15];
/// The most that may be spent beside `SCardTransmit`, in percent of it.
const OVERHEAD: f64 = 5.0;
/// Done once an insertion, and mostly finding and connecting: what others ask is not measured by it.
const RECOGNITION: &str = "recognition";

/// One generation of cards.
struct TimedGeneration {
    citizen: &'static str,
    applet: &'static str,
    rsa: bool,
}

const GENERATIONS: [TimedGeneration; 2] = [
    TimedGeneration {
        citizen: "anna",
        applet: "1.7",
        rsa: true,
    },
    TimedGeneration {
        citizen: "jan",
        applet: "1.8",
        rsa: false,
    },
];

/// One run of one piece of work.
struct Run {
    cost: Cost,
    /// Part in `SCardTransmit`; unknown for other programs.
    card: Option<Duration>,
}

/// Prints the tables, or only those of `https`; returns true if every limit was kept.
pub(crate) fn tables(part: &str, vpcd: &str, reader: &str) -> Result<bool, SetupFailure> {
    let mut bench = TimeBench {
        place: BenchPlace::at(vpcd, reader, test_pki())?,
        trust: test_trust().clone(),
        clock: TransmitClock::default(),
        kept: true,
    };
    if part == "https" {
        return bench.over_https();
    }
    for generation in &GENERATIONS {
        bench.place.insert(generation.citizen)?;
        bench.place.slot.set_timing(Timing::Real);
        println!("{}", bench.at_real_speed(generation)?);
    }
    for generation in &GENERATIONS {
        bench.place.insert(generation.citizen)?;
        bench.place.slot.set_timing(Timing::Instant);
        println!("{}", bench.at_once(generation)?);
    }
    bench.place.remove()?;
    Ok(bench.kept & bench.over_https()?)
}

struct TimeBench {
    place: BenchPlace,
    trust: TrustStore,
    clock: TransmitClock,
    kept: bool,
}

impl TimeBench {
    /// A card of the newest applet, asked for over HTTPS again and again.
    fn over_https(&mut self) -> Result<bool, SetupFailure> {
        self.place.insert("jan")?;
        self.place.slot.set_timing(Timing::Instant);
        let kept = https::tables(&self.place.reader)?;
        self.place.remove()?;
        Ok(kept)
    }

    /// Everybody at work on a card that takes the time a real one takes.
    fn at_real_speed(&mut self, generation: &TimedGeneration) -> Result<Table, SetupFailure> {
        let title = format!("Time with a card of applet {} at real speed", generation.applet);
        let head = [
            "work",
            "program",
            "commands",
            "bytes on the wire",
            "ms, least",
            "ms, median",
            "of it SCardTransmit",
            "overhead",
        ];
        let mut table = Table::new(&title, head);
        for (what, runs) in self.by_the_crate(RUNS[0])? {
            self.row(&mut table, what, "beid-card", &runs);
        }
        for (what, runs) in self.service()? {
            self.row(&mut table, what, "beidd, over D-Bus", &runs);
        }
        for work in WORKS.iter().filter(|work| work.is_possible_on(generation.rsa)) {
            let runs = (0..RUNS[0]).map(|_| {
                Ok(Run {
                    cost: work.cost(&self.place)?,
                    card: None,
                })
            });
            let runs = runs.collect::<Result<Vec<_>, SetupFailure>>()?;
            self.row(&mut table, work.what, &work.program(), &runs);
        }
        Ok(table)
    }

    fn row(&mut self, table: &mut Table, what: &str, program: &str, runs: &[Run]) {
        let Some(cost) = runs.first().map(|run| run.cost) else {
            return;
        };
        let wall = Runs::of(runs.iter().map(|run| run.cost.wall));
        let card = runs
            .iter()
            .map(|run| run.card)
            .collect::<Option<Vec<_>>>()
            .map(Runs::of);
        let mut overheads: Vec<f64> = runs.iter().filter_map(Run::overhead).collect();
        overheads.sort_by(f64::total_cmp);
        let overhead = overheads.get(overheads.len() / 2).copied();
        let over = what != RECOGNITION && overhead.is_some_and(|percent| percent > OVERHEAD);
        self.kept &= !over;
        let mark = if over { " (over)" } else { "" };
        let unknown = || "–".to_owned();
        table.row([
            what.to_owned(),
            program.to_owned(),
            cost.commands.to_string(),
            cost.wire.to_string(),
            ms(wall.min()),
            ms(wall.median()),
            card.map_or_else(unknown, |card| ms(card.median())),
            overhead.map_or_else(unknown, |percent| format!("{percent:.1} %{mark}")),
        ]);
    }

    /// A program that uses the card crate and nothing else.
    fn by_the_crate(&self, runs: usize) -> Result<Vec<(&'static str, Vec<Run>)>, SetupFailure> {
        let mut works: Vec<(&str, Vec<Run>)> = Vec::new();
        for number in 0..runs {
            for (at, (what, run)) in self.once_by_the_crate()?.into_iter().enumerate() {
                match works.get_mut(at).filter(|_| number > 0) {
                    Some((_, runs)) => runs.push(run),
                    None => works.push((what, vec![run])),
                }
            }
        }
        Ok(works)
    }

    fn once_by_the_crate(&self) -> Result<Vec<(&'static str, Run)>, SetupFailure> {
        let unknowing = || Arc::new(Experience::default());
        let mut done = Vec::new();
        let (run, mut card) = self.run(|| self.meet(&unknowing()))?;
        done.push((RECOGNITION, run));
        let (run, _) = self.run(|| Ok(card.identity_text(&mut ())?))?;
        done.push(("identity text, unverified", run));
        let mut card = self.meet(&unknowing())?;
        done.push((
            "verified text, first time",
            self.run(|| text(&mut card, &self.trust))?.0,
        ));
        let experience = unknowing();
        for what in ["everything, first time", "everything, card known"] {
            let mut card = self.meet(&experience)?;
            let (run, _) = self.run(|| Ok(everything(&mut card, &self.trust, &mut ())?))?;
            done.push((what, run));
        }
        let mut card = self.meet(&unknowing())?;
        done.push(("five certificates", self.run(|| Ok(card.certificates(&mut ())?))?.0));
        let signer = signer(&mut card, &self.trust)?.ok_or("no key to sign with")?;
        done.push(("signature", self.run(|| sign(&mut card, &signer))?.0));
        Ok(done)
    }

    fn meet(&self, experience: &Arc<Experience>) -> Result<Card<impl Transport + use<>>, SetupFailure> {
        let connection = connect(&self.place.reader, &self.clock)?;
        let card = Card::recognise_in(connection, &self.place.reader, Arc::clone(experience))?;
        card.ok_or_else(|| "no Belgian card".into())
    }

    fn run<R>(&self, work: impl FnOnce() -> Result<R, SetupFailure>) -> Result<(Run, R), SetupFailure> {
        self.clock.clear();
        let (cost, done) = self.place.cost(work)?;
        let card = Some(self.clock.sum());
        Ok((Run { cost, card }, done))
    }

    /// The daemon, asked over the bus; each time just started.
    fn service(&self) -> Result<Vec<(&'static str, Vec<Run>)>, SetupFailure> {
        let mut works = vec![
            ("verified text (ReadSummary), first time", Vec::new()),
            ("everything (three calls), first time", Vec::new()),
            ("everything (three calls), card known", Vec::new()),
            ("signed link, from the PIN on", Vec::new()),
        ];
        for _ in 0..RUNS[0] {
            let daemon = BenchDaemon::start(&self.place.reader, &self.clock)?;
            let card = daemon.meet_card()?;
            let summary = self.waited(|| daemon.ask(&card, &[("ReadSummary", json!({}))]))?;
            drop(daemon);
            let daemon = BenchDaemon::start(&self.place.reader, &self.clock)?;
            let mut runs = vec![summary];
            for _ in 0..2 {
                let card = daemon.meet_card()?;
                runs.push(self.waited(|| daemon.ask(&card, &whole()))?);
            }
            runs.push(self.signed(&daemon)?);
            for ((_, all), run) in works.iter_mut().zip(runs) {
                all.push(run);
            }
        }
        Ok(works)
    }

    fn waited(&self, ask: impl FnOnce() -> Result<WaitedTime, SetupFailure>) -> Result<Run, SetupFailure> {
        let (mut cost, waited) = self.place.cost(ask)?;
        cost.wall = waited.wall;
        let card = Some(waited.card);
        Ok(Run { cost, card })
    }

    /// Measures a signature, without the commands sent before the dialog opens.
    fn signed(&self, daemon: &BenchDaemon) -> Result<Run, SetupFailure> {
        self.place.slot.clear_log();
        let mut run = self.waited(|| daemon.sign())?;
        let log = self.place.slot.log();
        let verify = log
            .iter()
            .rposition(|exchanged| exchanged.header == [0x00, 0x20, 0x00, 0x01] && exchanged.lc > 0);
        // SELECT and MSE: SET come just before VERIFY.
        let from = verify.ok_or("no VERIFY")?.saturating_sub(2);
        let since = log.get(from..).unwrap_or_default();
        run.cost.commands = u64::try_from(since.len())?;
        run.cost.wire = u64::try_from(since.iter().map(|exchanged| exchanged.wire).sum::<usize>())?;
        Ok(run)
    }

    /// The daemon with a card that takes no time: what is left is ours, and that of `pcscd` and `vpcd`.
    fn at_once(&mut self, generation: &TimedGeneration) -> Result<Table, SetupFailure> {
        let applet = generation.applet;
        let title = format!("Inside the daemon, with a card of applet {applet} that answers at once");
        let head = [
            "work",
            "ms, least",
            "ms, median",
            "ms, most",
            "beside SCardTransmit, median",
            "limit",
        ];
        let mut table = Table::new(&title, head);
        let mut waited = [const { Vec::new() }; 5];
        for _ in 0..RUNS[1] {
            for (all, one) in waited.iter_mut().zip(self.at_once_once()?) {
                all.push(one);
            }
        }
        for ((what, whole, limit), waited) in AT_ONCE.iter().zip(waited) {
            let beside = Runs::of(waited.iter().map(WaitedTime::beside_the_card));
            let wall = Runs::of(waited.iter().map(|waited| waited.wall));
            let judged = if *whole { &wall } else { &beside };
            let over = judged.median() > Duration::from_millis(*limit);
            self.kept &= !over;
            table.row([
                (*what).to_owned(),
                ms(judged.min()),
                ms(judged.median()),
                ms(judged.max()),
                ms(beside.median()),
                format!("{limit} ms{}", mark(over)),
            ]);
        }
        Ok(table)
    }

    /// One run of each row of [`AT_ONCE`].
    fn at_once_once(&self) -> Result<[WaitedTime; 5], SetupFailure> {
        let daemon = BenchDaemon::start(&self.place.reader, &self.clock)?;
        let card = daemon.meet_card()?;
        let text = daemon.ask(&card, &[("ReadIdentity", json!({}))])?;
        drop(daemon);
        let daemon = BenchDaemon::start(&self.place.reader, &self.clock)?;
        daemon.meet_card()?;
        let first = daemon.everything()?;
        daemon.meet_card()?;
        let known = daemon.everything()?;
        let card = daemon.meet_card()?;
        let calls = daemon.ask(&card, &whole())?;
        Ok([text, first, known, calls, daemon.sign()?])
    }
}

/// Jobs on a card that answers at once: name, true if the whole time counts and not only that beside the card's, and the
/// limit in milliseconds.
const AT_ONCE: [(&str, bool, u64); 5] = [
    ("identity with its checks, first time, over D-Bus", true, 15),
    ("everything, first time", true, 60),
    ("everything, card known", true, 60),
    ("everything, card known, three calls over D-Bus", true, 60),
    (
        "signed link, from the PIN to the answer over D-Bus, without the card's time",
        false,
        5,
    ),
];

fn mark(over: bool) -> &'static str {
    if over { " (over)" } else { "" }
}

impl Run {
    /// Time spent beside `SCardTransmit`, in percent of it.
    fn overhead(&self) -> Option<f64> {
        let card = self.card?.as_secs_f64();
        (card > 0.0).then(|| (self.cost.wall.as_secs_f64() / card - 1.0) * 100.0)
    }
}

/// Everything, as callers ask for it: the text first, every check but the one that has the chip sign, the photo.
fn whole() -> [(&'static str, Value); 3] {
    let checks = CheckName::OF_CARD.into_iter();
    let checks = checks.filter(|name| !name.is_about_revocation() && *name != CheckName::CardGenuine);
    let checks: Vec<_> = checks.map(CheckName::name).collect();
    [
        ("ReadSummary", json!({})),
        ("VerifyCard", json!({ "checks": checks })),
        ("ReadPhoto", json!({})),
    ]
}
