// What erasing does, in words.

import type { ErasureStep, Extent } from "$lib/backend";

export const extents: { value: Extent; title: string; hint: string }[] = [
	{
		value: "words",
		title: "Only the words",
		hint: "Each name, address or number is taken out where it stands. The rest of the chats stays readable.",
	},
	{
		value: "messages",
		title: "Whole messages",
		hint: "Every message that one of them stands in goes, with the requests that left for it.",
	},
	{
		value: "conversations",
		title: "Whole chats",
		hint: "Every chat that one of them stands in goes, with all its messages and drafts.",
	},
];

/** In the order in which they are done. */
export const steps: { step: ErasureStep; words: string }[] = [
	{ step: "content", words: "Destroying keys and content" },
	{ step: "engines", words: "Emptying the memory of models" },
	{ step: "log", words: "Clearing unused parts and the log of the database" },
	{ step: "snapshots", words: "Removing copies that still hold it" },
	{ step: "check", words: "Searching every byte for what is left" },
	{ step: "snapshot", words: "Making a new snapshot" },
];

/** As the host words it within a sentence. */
export function startingLarge(words: string): string {
	return words.charAt(0).toUpperCase() + words.slice(1);
}
