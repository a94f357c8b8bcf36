// Puts text on the clipboard and says so.

import { toast, toastError } from "$lib/state/toasts.svelte";

export async function copyText(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		toast("Copied.");
	} catch (thrown) {
		toastError(thrown);
	}
}
