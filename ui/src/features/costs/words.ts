// How costs read: money to the cent, or as far as it takes to be something; the exact amount is one
// step away.

import type { FiguresView, CallFilter, Line, PricedModel } from "$lib/backend";
import { formatCount } from "$lib/format";
import { providerWords, purposeWords } from "$lib/words";

/** $3.41, $0.0004: two decimals, or two digits that are not zero. Never rounds something to nothing. */
export function formatMoney(exact: string): string {
	const sign = exact.startsWith("-") ? "-" : "";
	const digits = exact.replace(/^-?\$/, "");
	const value = Number(digits);
	if (value === 0) return "$0.00";
	if (value >= 0.995) {
		const whole = new Intl.NumberFormat("en", {
			minimumFractionDigits: 2,
			maximumFractionDigits: 2,
		}).format(value);
		return `${sign}$${whole}`;
	}
	const places = Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(value))));
	const shown = value.toFixed(places);
	return `${sign}$${places > 2 ? shown.replace(/0+$/, "") : shown}`;
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

/** What is not known of an amount, as words behind it; nothing where all of it is. */
export function unknownWords({ unknown }: Pick<FiguresView, "unknown">): string {
	return unknown === 0 ? "" : `and ${callWords(unknown)} of unknown cost`;
}

/** `unknown`: calls before whose cost is not known. */
export function moreWords(percent: number | null, days: number, unknown: number): string {
	const before = days === 1 ? "the day before" : `the ${days} days before`;
	if (percent === null && unknown > 0) return `what was spent in ${before} is not known`;
	if (percent === null) return `nothing was spent in ${before}`;
	if (percent === 0) return `as much as in ${before}`;
	return percent > 0 ? `${percent}% more than ${before}` : `${-percent}% less than ${before}`;
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
	only: null,
};
