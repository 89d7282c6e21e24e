// A reading that was recorded: what stands in it, who vouches for it, and the share of the month.

import { facts, h, section } from "../dom.js";
import { day, language, moment, nationalNumber, t } from "../texts.js";
import { warnings } from "../waiting.js";

/** A share in thousandths, in words. */
export function share(perMille) {
  const style = { style: "percent", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(`${language()}-BE`, style).format(perMille / 1000);
}

/** The panel of a reading that was recorded. */
export function recordedReading(answer) {
  const { electronic, other, otherPerMille, limitPerMille } = answer.share;
  const attested = answer.attested.includes("nationalNumber");
  const rows = [
    ["page-national-number", nationalNumber(answer.nationalNumber)],
    ["page-reading-way", () => t(`page-reading-way-${answer.way}`)],
    ["page-reading-support", () => t(`page-reading-support-${answer.support}`)],
    ["page-reading-number", answer.serialNumber],
    ["page-reading-reason", answer.manualReason && (() => t(`page-reading-manual-${answer.manualReason}`))],
    ["page-reading-reason", answer.vignetteReason && (() => t(`page-reading-vignette-${answer.vignetteReason}`))],
    ["page-reading-time", answer.readAt && (() => moment(answer.readAt))],
    ["page-reading-day", answer.serviceDate && (() => day(answer.serviceDate))],
    ["page-reading-month", () => t("page-reading-share", { electronic, other, share: share(otherPerMille), limit: share(limitPerMille) })],
    ["page-reading-record-id", answer.evidenceId],
  ];
  const said = attested ? "page-reading-attested" : "page-reading-stated";
  const panel = section("page-reading-done", h("p", { class: attested ? "note good" : "note unknown", say: said }), facts(rows));
  panel.dataset.recorded = answer.counts;
  const words = warnings(answer.warnings);
  if (words) panel.append(words);
  return panel;
}
