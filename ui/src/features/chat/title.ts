// What a conversation is called, wherever it is named.

import type { ConversationSummary } from "$lib/backend";

import { plainStart } from "./plain-start";

/** The title, or until there is one, how the conversation reads. */
export function titleOf({ title, preview }: ConversationSummary): string {
	return title ?? (plainStart(preview).slice(0, 60) || "New chat");
}
