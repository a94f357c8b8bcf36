// Models that servers of accounts fetch. Each goes on when the screen is left, and is there when it is opened again.

import { SvelteMap } from "svelte/reactivity";

import { backend, type PullProgress } from "$lib/backend";

/** By account; `null`: nothing was heard of it yet. */
const pulls = new SvelteMap<string, PullProgress | null>();

/** How far the model is that the server of an account fetches; `undefined`: it fetches none. */
export function pullOf(account: string): PullProgress | null | undefined {
	return pulls.get(account);
}

/** Have the server of an account fetch a model; it fails as the host does, also where it was stopped. */
export async function pull(account: string, model: string): Promise<void> {
	pulls.set(account, null);
	try {
		await backend.pullModel(account, model, (now) => {
			// What is heard after its end is no news.
			if (pulls.has(account)) pulls.set(account, now);
		});
	} finally {
		pulls.delete(account);
	}
}
