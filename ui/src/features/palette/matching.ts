// What a few typed letters mean in the palette.

import type { Action } from "$lib/actions";
import type { SearchHit } from "$lib/backend";

/**
 * Every word must begin a word of the title, the group or the keywords. Titles come first; within
 * each kind the order of the registry stays.
 */
export function matchingActions(actions: Action[], query: string): Action[] {
	const words = query.toLowerCase().split(/\s+/).filter(Boolean);
	const begins = (text: string, word: string) =>
		text
			.toLowerCase()
			.split(/[\s-]+/)
			.some((part) => part.startsWith(word));
	const inTitle = (action: Action) => words.every((word) => begins(action.title, word));
	const anywhere = (action: Action) =>
		words.every((word) => begins(`${action.title} ${action.group} ${action.keywords ?? ""}`, word));
	return [
		...actions.filter(inTitle),
		...actions.filter((action) => !inTitle(action) && anywhere(action)),
	];
}

const mostChats = 8;

/** The first, so the best, hit of each chat. */
export function bestOfEachChat(hits: SearchHit[]): SearchHit[] {
	const seen = new Set<string>();
	const best = hits.filter(({ conversationId }) => {
		const first = !seen.has(conversationId);
		seen.add(conversationId);
		return first;
	});
	return best.slice(0, mostChats);
}
