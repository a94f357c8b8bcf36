// What a person is about to ask, as the host has it described before anything is kept.

import type { Elsewhere, Turn } from "$lib/backend";

/** A new message in a conversation, or the first one of a new chat. */
export function newMessage(
	conversation: string | null,
	elsewhere: Elsewhere | null,
	text: string,
	pictures: string[],
): Turn {
	return conversation === null
		? { type: "new", elsewhere, text, pictures }
		: { type: "say", conversation, text, pictures };
}
