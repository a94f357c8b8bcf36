// Files that a person saves, and what is said about it.

import { toast, toastError } from "./state/toasts.svelte";

/** Save a file and say where it is: nothing where the person chose no place. */
export async function saveFile(save: () => Promise<string | null>): Promise<void> {
	try {
		const path = await save();
		if (path !== null) toast(`Saved to ${path}.`);
	} catch (thrown) {
		toastError(thrown);
	}
}
