// Which actions a few typed letters mean: every word must begin a word of the title, the group or
// the keywords. Titles come first; within each kind the order of the registry stays.

import type { Action } from "$lib/actions";

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
