// Where the data lies and which snapshots there are: shown by Settings, and a snapshot can be made
// from every screen.

import { backend, type Storage } from "$lib/backend";

let current = $state.raw<Storage | null>(null);
let making = $state(false);

export const storage = {
	/** Null until it was read for the first time. */
	get now(): Storage | null {
		return current;
	},
	get isMakingSnapshot(): boolean {
		return making;
	},
};

export async function readStorage(): Promise<void> {
	current = await backend.storage();
}

/** Returns when the snapshot is made and checked. */
export async function makeSnapshot(): Promise<void> {
	making = true;
	try {
		await backend.makeSnapshot();
		await readStorage();
	} finally {
		making = false;
	}
}
