// Work on an archive that takes its time: how far it is, and why it failed.

import { toProblem, type Problem } from "$lib/backend";

export class Work {
	/** 0 to 1; null: none is under way. */
	share = $state<number | null>(null);
	error = $state.raw<Problem | null>(null);

	/** Null if it failed or was stopped; `error` then says why, and nothing of what a person stopped. */
	async run<T>(work: (onProgress: (share: number) => void) => Promise<T>): Promise<T | null> {
		this.share = 0;
		this.error = null;
		try {
			return await work((done) => {
				// What is told late must not begin it again.
				if (this.share !== null) this.share = done;
			});
		} catch (thrown) {
			const problem = toProblem(thrown);
			if (problem.code !== "cancelled") this.error = problem;
			return null;
		} finally {
			this.share = null;
		}
	}
}
