// Work on an archive that takes its time: how far it is, and why it failed.

import { toProblem, type Problem } from "$lib/backend";

export class Work {
	/** Asked for and not at its end; the person may still be choosing a file. */
	isBusy = $state(false);
	/** 0 to 1; null: nothing is read or written. */
	share = $state<number | null>(null);
	error = $state.raw<Problem | null>(null);

	/** Null if it failed or was stopped; `error` then says why, and nothing of what a person stopped. */
	async run<T>(work: (onProgress: (share: number) => void) => Promise<T>): Promise<T | null> {
		this.isBusy = true;
		this.error = null;
		try {
			return await work((done) => {
				// What is told late must not begin it again.
				if (this.isBusy) this.share = done;
			});
		} catch (thrown) {
			const problem = toProblem(thrown);
			if (problem.code !== "cancelled") this.error = problem;
			return null;
		} finally {
			this.isBusy = false;
			this.share = null;
		}
	}
}
