// The entries that are shown: those that fit the filters, newest first, a page at a time.

import { backend, toProblem, type EntryRow, type Filter, type Problem } from "$lib/backend";

const page = 50;

/** What a person looks for; null: anything. */
export type Wanted = Required<Pick<Filter, "action" | "model" | "outcome" | "workspace" | "text">>;

export const anything: Wanted = {
	action: null,
	model: null,
	outcome: null,
	workspace: null,
	text: null,
};

export class Timeline {
	/** Null until they were read. */
	entries = $state.raw<EntryRow[] | null>(null);
	/** Whether there are older ones that fit. */
	hasOlder = $state(false);
	isReading = $state(false);
	error = $state.raw<Problem | null>(null);
	#wanted = anything;
	#shown: string[] = [];
	/** Counts the questions, so that a late answer to an earlier one is not shown. */
	#asked = 0;

	/** Shows what fits from its newest entry on; `shown` are names of the record that the text is meant for, too. */
	async read(wanted: Wanted, shown: string[]): Promise<void> {
		this.#wanted = wanted;
		this.#shown = shown;
		await this.#ask(null);
	}

	/** Adds the next page. */
	async older(): Promise<void> {
		const last = this.entries?.at(-1);
		if (last) await this.#ask(last.sequence);
	}

	async #ask(before: number | null): Promise<void> {
		const asked = ++this.#asked;
		this.isReading = true;
		this.error = null;
		try {
			// One more than a page, to know whether there is another.
			const found = await backend.recordEntries({
				...this.#wanted,
				shown: this.#shown,
				before,
				limit: page + 1,
			});
			if (asked !== this.#asked) return;
			const shown = before === null ? [] : (this.entries ?? []);
			this.entries = [...shown, ...found.slice(0, page)];
			this.hasOlder = found.length > page;
		} catch (thrown) {
			if (asked === this.#asked) this.error = toProblem(thrown);
		} finally {
			if (asked === this.#asked) this.isReading = false;
		}
	}
}
