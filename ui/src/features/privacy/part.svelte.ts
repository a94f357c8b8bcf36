// Which part of the Privacy screen is shown; kept while a person looks at another screen.

import { go } from "$lib/navigation.svelte";

export type Part = "requests" | "retention" | "backups" | "archive" | "storage";

let shown = $state<Part>("requests");

/** Reactive. */
export const part = {
	get shown(): Part {
		return shown;
	},
};

/** Shows a part, from wherever the person is. */
export function showPart(part: Part): void {
	shown = part;
	go("privacy");
}
