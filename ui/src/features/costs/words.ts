// How costs read: money to the cent, or as far as it takes to be something; the exact amount is one
// step away.

import type { FiguresView, CallFilter, Line, PricedModel } from "$lib/backend";

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

const purposes: Record<string, string> = {
	chat: "Answers in chats",
	title: "Names of chats",
	api: "Requests of clients",
	embeddings: "Vectors for clients",
};

export function purposeWords(name: string): string {
	return purposes[name] ?? name;
}

export function providerWords(name: string | null | undefined): string {
	return !name || name === "local" ? "This computer" : name;
}

export function lineName(line: Line, by: string): string {
	if (by === "provider") return providerWords(line.name);
	if (by === "purpose") return purposeWords(line.name);
	return line.name;
}

/** What is not known of an amount, as words behind it; nothing where all of it is. */
export function unknownWords({ unknown }: Pick<FiguresView, "unknown">): string {
	if (unknown === 0) return "";
	return unknown === 1 ? "and 1 call of unknown cost" : `and ${unknown} calls of unknown cost`;
}

export function moreWords(percent: number | null, days: number): string {
	const before = days === 1 ? "the day before" : `the ${days} days before`;
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
