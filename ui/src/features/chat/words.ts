// Numbers as the chat screen writes them.

import type { CallSummary, Move, Route, Total } from "$lib/backend";
import { formatCount } from "$lib/format";

/** "1 message", "12 messages". */
export function plural(number: number, one: string, many = `${one}s`): string {
	return `${formatCount(number)} ${number === 1 ? one : many}`;
}

/** "Picture", or "Picture 2 of 3". */
export function pictureName(nth: number, of: number): string {
	return of === 1 ? "Picture" : `Picture ${nth + 1} of ${of}`;
}

/** "0.41 s", "12 s", "1 min 5 s". */
export function seconds(ms: number): string {
	if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
	const whole = Math.round(ms / 1000);
	return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function speed(tokensPerSecond: number): string {
	return `${tokensPerSecond.toFixed(tokensPerSecond < 10 ? 1 : 0)} tok/s`;
}

function placeOf(call: CallSummary): string {
	const shown = call.pictures > 0 ? `, ${plural(call.pictures, "picture")}` : "";
	const places: Record<Route, string> = {
		local: "on this computer",
		masked: `${call.account ?? "elsewhere"}, ${plural(call.masked, "item")} masked${shown}`,
		cloud: `${call.account ?? "elsewhere"}, as written${shown}`,
		blocked: "not sent",
	};
	return places[call.route];
}

/** What a conversation has cost, as far as it is known; null while nothing was to be paid. */
export function totalWords({ known, estimated, unknown }: Total): string | null {
	const amount = estimated > 0 ? `${known}, estimated` : known;
	if (unknown === 0) return known === "$0" ? null : amount;
	const calls = `${plural(unknown, "call")} of unknown price`;
	return known === "$0" ? calls : `${amount} and ${calls}`;
}

/**
 * Which models were to answer, in their order, the one that does last: "cheap: gpt-6-luna → here".
 * Null where the model that was chosen answers.
 */
export function chainWords(alias: string | null, moves: Move[], to: string): string | null {
	if (alias === null && moves.length === 0) return null;
	const models = [...moves.map(({ model }) => model), to].join(" → ");
	return alias === null ? models : `${alias}: ${models}`;
}

/** The model and where the message went. */
export function modelAndPlace(call: CallSummary): string {
	return `${call.model}, ${placeOf(call)}`;
}

/** Why an answer ended before its own end, in words; null when there is nothing to say. */
export function cutShort(call: CallSummary | null): string | null {
	if (call?.finish === "max_tokens") return "Cut at the most tokens set in the options.";
	if (call?.finish === "context_full") return "Cut: the model cannot read or write more at once.";
	return null;
}
