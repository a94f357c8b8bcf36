// What was found of a person, in the order and words in which it is shown.

import type { Place, IdentifierKind, PlaceKind } from "$lib/backend";

export const kindOfPlace: Record<PlaceKind, string> = {
	message: "Message",
	title: "Title",
	system_prompt: "System prompt",
	draft: "Draft",
	preset: "Saved options",
	own_rule: "Own rule",
	placeholder: "Map of placeholders",
	sent: "Request that left",
	record: "Private part of the record",
	workspace: "Name of a workspace",
	account: "Account",
	alias: "Chain of models",
	model: "Model",
	call: "Call to a model",
	price: "Price of your own",
	settings: "Settings",
	request: "Request of a person",
	connection: "Log of connections",
};

export const kindOfIdentifier: Record<IdentifierKind, string> = {
	words: "a name or words",
	email: "an e-mail address",
	number: "a number",
};

export type PlaceGroup = {
	/** The chat that the places are in; null: they are in none. */
	conversationId: string | null;
	name: string;
	workspace: string | null;
	places: Place[];
};

/** Places of one chat together, in the order in which each chat first appears; the others last. */
export function groupPlaces(places: Place[]): PlaceGroup[] {
	const groups = new Map<string | null, PlaceGroup>();
	for (const place of places) {
		const { conversationId, name, workspace } = place;
		const known = groups.get(conversationId);
		if (known) known.places.push(place);
		else {
			const title = name ?? "A chat without a title";
			groups.set(conversationId, { conversationId, name: title, workspace, places: [place] });
		}
	}
	const elsewhere = groups.get(null);
	groups.delete(null);
	const sorted = [...groups.values()];
	return elsewhere
		? [...sorted, { ...elsewhere, name: "Outside of chats", workspace: null }]
		: sorted;
}
