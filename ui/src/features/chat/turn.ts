// What a person is about to ask, as the host has it described before anything is kept.

import type { Elsewhere, Mistake, Turn } from "$lib/backend";

/** A new message in a conversation, or the first one of a new chat with what was found by mistake. */
export function newMessage(
	conversation: string | null,
	elsewhere: Elsewhere | null,
	text: string,
	pictures: string[],
	mistakes: Mistake[],
): Turn {
	return conversation === null
		? { type: "new", elsewhere, text, pictures, mistakes }
		: { type: "say", conversation, text, pictures };
}
