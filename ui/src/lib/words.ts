// Words for what the gate does, the same on every screen.

import type { Action, Destination } from "$lib/backend";

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
};

export function purposeWords(name: string): string {
	return purposes[name] ?? name;
}

export function providerWords(name: string | null | undefined): string {
	return !name || name === "local" ? "This computer" : name;
}
