// How costs read: money to the cent, or as far as it takes to be something; the exact amount is one
// step away.

import type { FiguresView, CallFilter, Line, PricedModel } from "$lib/backend";
import { formatCount } from "$lib/format";
import { providerWords, purposeWords } from "$lib/words";

const cent = 10_000_000_000n;

/** $3.41, $0.0004: to the cent, or to two digits that are not zero below ten cents. Never rounds something to
 * nothing; halves go away from zero, as the host rounds. */
export function formatMoney(exact: string): string {
	const [, sign = "", whole = "", part = ""] = /^(-?)\$(\d+)(?:\.(\d+))?$/.exec(exact) ?? [];
	if (whole === "") return exact;
	const pico = BigInt(whole + part.slice(0, 12).padEnd(12, "0"));
	let unit = cent;
	while (unit > 1n && pico < unit * 10n) unit /= 10n;
	const digits = String(((pico + unit / 2n) / unit) * unit).padStart(13, "0");
	const cents = digits.slice(-12).replace(/0+$/, "").padEnd(2, "0");
	return `${sign}$${formatCount(BigInt(digits.slice(0, -12)))}.${cents}`;
}

/** 380 ms, 1.2 s, 14 s */
export function formatSeconds(ms: number): string {
	if (ms < 1000) return `${ms} ms`;
	const seconds = ms / 1000;
	return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

export function lineName(line: Line, by: string): string {
	if (by === "provider") return providerWords(line.name);
	if (by === "purpose") return purposeWords(line.name);
	return line.name;
}

/** 1 call, 1,234 failed calls */
export function callWords(count: number, kind = ""): string {
	return `${formatCount(count)} ${kind === "" ? "" : `${kind} `}${count === 1 ? "call" : "calls"}`;
}

/** An amount; where nothing of it is known, that: it is not nothing. */
export function costWords(exact: string, unknown: number): string {
	return unknown > 0 && exact === "$0" ? "not known" : formatMoney(exact);
}

/** What is not known of an amount, as words beside it; nothing where all of it is. */
export function unknownWords({ unknown }: Pick<FiguresView, "unknown">): string {
	return unknown === 0 ? "" : `${callWords(unknown)} of unknown cost`;
}

/** What the host says of a share that it has no room for. */
const MOST_PERCENT = 2 ** 31 - 1;

/** `unknown`: calls whose cost is not known, of these days and of those before. */
export function moreWords(
	percent: number | null,
	days: number,
	unknown: { now: number; before: number },
): string {
	const before = days === 1 ? "the day before" : `the ${days} days before`;
	if (percent === null && unknown.before > 0) return `what was spent in ${before} is not known`;
	// What is not known may be more than all the rest.
	const known = unknown.now + unknown.before > 0 ? ", as far as costs are known" : "";
	if (percent === null) return `nothing was spent in ${before}`;
	if (percent === 0) return `as much as in ${before}${known}`;
	const than = percent === MOST_PERCENT ? "more than " : "";
	const more = percent > 0 ? `${than}${percent}% more` : `${-percent}% less`;
	return `${more} than ${before}${known}`;
}

/** A model as a person writes one with its provider. */
export function modelKey({ provider, model }: PricedModel): string {
	return `${provider}/${model}`;
}

/** The model that such words name; null: they name none. */
export function modelOf(words: string): PricedModel | null {
	const at = words.indexOf("/");
	const [provider, model] = [words.slice(0, at).trim(), words.slice(at + 1).trim()];
	return at > 0 && provider !== "" && model !== "" ? { provider, model } : null;
}

export const everything: CallFilter = {
	workspace: null,
	provider: null,
	model: null,
	purpose: null,
	conversation: null,
	only: [],
};
