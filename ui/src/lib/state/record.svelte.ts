// How the record stands, shared by the Record screen and the rail, and the verification that is under
// way, which goes on when a person looks at another screen.

import { backend, toProblem, type RecordStatus, type RecordVerdict } from "$lib/backend";

let status = $state.raw<RecordStatus | null>(null);
let share = $state<number | null>(null);
let verdict = $state.raw<RecordVerdict | null>(null);

/** Reactive. */
export const record = {
	/** Null until it was read. */
	get status(): RecordStatus | null {
		return status;
	},
	/** Whether a verification failed and nobody has said that they read it. */
	get warns(): boolean {
		return status?.failure?.seen === false;
	},
	/** How much of the verification under way is done, 0 to 1; null: there is none. */
	get verifying(): number | null {
		return share;
	},
	/** What the last verification found that was asked for since the start. */
	get verdict(): RecordVerdict | null {
		return verdict;
	},
};

export async function readRecord(): Promise<void> {
	status = await backend.recordStatus();
}

/** Verifies all of it. A person who stops it learns nothing new, so nothing changes then. */
export async function verifyRecord(): Promise<void> {
	if (share !== null) return;
	share = 0;
	verdict = null;
	try {
		verdict = await backend.verifyRecord((done) => {
			// What is told late must not begin it again.
			if (share !== null) share = done;
		});
	} catch (thrown) {
		if (toProblem(thrown).code !== "cancelled") throw thrown;
	} finally {
		share = null;
	}
	await readRecord();
}

/** The person has read that it does not verify. */
export async function failureSeen(): Promise<void> {
	await backend.recordFailureSeen();
	await readRecord();
}
