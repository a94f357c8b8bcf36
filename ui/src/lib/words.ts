// Words for what the gate does, the same on every screen.

import type { Action, Destination, PriceUpdate } from "$lib/backend";

/** What happens to data at a destination. */
export const actionWords: Record<Action, string> = {
	allow: "Leaves as it is",
	mask: "Masked",
	ask: "You are asked",
	keep_local: "Stays here",
	block: "Blocked",
};

/** Whose computer answers. */
export const destinationWords: Record<Destination, string> = {
	this_computer: "This computer",
	own_server: "Own server",
	cloud: "Cloud",
};

const purposes: Record<string, string> = {
	chat: "Answers in chats",
	title: "Names of chats",
	api: "Requests of clients",
	embeddings: "Vectors for clients",
	count: "Counts of tokens for clients",
};

/** What came of an update of the prices, with what was left out of the list. */
export function priceUpdateWords({ added, changed, leftOut }: PriceUpdate): string {
	const others = leftOut ? ` Left out: ${leftOut}.` : "";
	return `Prices updated: ${added} new, ${changed} changed.${others}`;
}

export function purposeWords(name: string): string {
	return purposes[name] ?? name;
}

export function providerWords(name: string | null | undefined): string {
	return !name || name === "local" ? "This computer" : name;
}

const failures: Record<string, string> = {
	engine_missing: "The engine program was missing",
	load_failed: "The model did not load",
	engine_died: "The engine ended in the middle",
	refused: "The request was refused",
	not_made: "The call could not be made",
	interrupted: "Gatehouse was ended in the middle",
	key_wrong: "The key was wrong",
	quota: "No credit was left",
	rate_limited: "Too many requests",
	overloaded: "The provider was overloaded",
	server_failed: "The provider's server failed",
	prompt_too_long: "The prompt was too long",
	filtered: "The provider's filter stopped it",
	not_found: "The model or the address is not there",
	no_network: "There was no network",
	certificate: "The certificate was not to be trusted",
	offline: "The offline switch was on",
	silent: "The provider said nothing for too long",
	cut: "The connection broke",
	nonsense: "The answer could not be read",
	moved: "The address has moved",
	unsupported: "The model cannot do what was asked",
	stopped: "It was stopped",
	unknown: "Nobody knows why",
};

/** Why calls failed; a name that is not here is shown as it is. */
export function failureWords(kind: string): string {
	return failures[kind] ?? kind;
}
