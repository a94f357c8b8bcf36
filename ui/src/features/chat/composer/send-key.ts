// Which key sends what was typed, in every field for messages.

import { settings } from "$lib/state/settings.svelte";

/** While an input method composes, Enter chooses a word (229 is what WebKit says then). */
export function isComposing(event: KeyboardEvent): boolean {
	return event.isComposing || event.keyCode === 229;
}

/** Whether this key sends, as the person has set it; the other way to press Enter makes a line. */
export function sends(event: KeyboardEvent): boolean {
	if (event.key !== "Enter" || event.shiftKey || event.altKey || isComposing(event)) return false;
	const withMod = event.ctrlKey || event.metaKey;
	return withMod === (settings.now.sendKey === "ctrl_enter");
}
