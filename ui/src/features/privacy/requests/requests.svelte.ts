// The register of requests, shared by its list and the mark beside the tab.

import { backend, type SubjectRequest } from "$lib/backend";

let list = $state.raw<SubjectRequest[] | null>(null);

/** Reactive. */
export const requests = {
	/** Newest first; null until it was read. */
	get list(): SubjectRequest[] | null {
		return list;
	},
};

export async function readRequests(): Promise<void> {
	list = await backend.listRequests();
}
