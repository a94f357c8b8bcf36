// How long everything is kept and what is held, shared by the parts of its tab.

import { backend, type EntryRow, type RetentionStatus } from "$lib/backend";

let status = $state.raw<RetentionStatus | null>(null);
let lastRun = $state.raw<EntryRow | null>(null);

/** Reactive. */
export const retention = {
	/** Null until it was read. */
	get status(): RetentionStatus | null {
		return status;
	},
	/** The entry of the record about the last run; null: there was none. */
	get lastRun(): EntryRow | null {
		return lastRun;
	},
};

export async function readRetention(): Promise<void> {
	const newest = { action: "retention.ran", before: null, limit: 1 };
	const anything = { model: null, outcome: null, workspace: null, text: null };
	const [now, runs] = await Promise.all([
		backend.retentionStatus(),
		backend.recordEntries({ ...anything, ...newest }),
	]);
	status = now;
	lastRun = runs[0] ?? null;
}

/** The host told how everything is after it looked by itself. */
export async function takeRetention(now: RetentionStatus): Promise<void> {
	status = now;
	await readRetention();
}

/** The host answers a change with how everything is then. */
export async function changeRetention(change: () => Promise<RetentionStatus>): Promise<void> {
	status = await change();
}
