// Settings apply and are kept at once; a refusal is said, and the control shows what still holds.

import type { Settings } from "$lib/backend";
import { changeSettings } from "$lib/state/settings.svelte";
import { toastError } from "$lib/state/toasts.svelte";

export function save(change: Partial<Settings>): Promise<void> {
	return changeSettings(change).catch(toastError);
}
