// The alerts that a person has set, shared by the Monitor screen and the rail, which both tell that one
// fires.

import { backend, type AlertView } from "$lib/backend";

import { toast } from "./toasts.svelte";

let list = $state.raw<AlertView[] | null>(null);

/** Reactive. */
export const alerts = {
	/** Null until they were read. */
	get list(): AlertView[] | null {
		return list;
	},
	/** Those that fire. */
	get firing(): AlertView[] {
		return (list ?? []).filter((alert) => alert.firingSinceMs !== null);
	},
};

export async function readAlerts(): Promise<void> {
	list = await backend.listAlerts();
}

/** Tells what fires, on every screen, until the returned function is called. */
export function watchAlerts(onerror: (thrown: unknown) => void): () => void {
	return backend.on("alertChanged", ({ words }) => {
		toast(words);
		readAlerts().catch(onerror);
	});
}
