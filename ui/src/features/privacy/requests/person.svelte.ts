// The person who is being looked for, and what was found; kept while another screen is shown, so that
// a place can be looked at and come back from.

import { backend, toProblem, type FoundPerson, type Problem } from "$lib/backend";

import { identifiersIn } from "./request";

class Person {
	/** What was typed, one identifier a line. */
	text = $state("");
	/** The number of the request that this is for. */
	request = $state.raw<number | null>(null);
	found = $state.raw<FoundPerson | null>(null);
	/** What `found` was looked for with; what is exported or erased. */
	identifiers = $state.raw<string[]>([]);
	error = $state.raw<Problem | null>(null);
	isLooking = $state(false);
	/** Counts the searches, so that a late answer to an earlier one is not shown. */
	#asked = 0;

	get wanted(): string[] {
		return identifiersIn(this.text);
	}

	async find(): Promise<void> {
		const asked = ++this.#asked;
		const identifiers = this.wanted;
		this.isLooking = true;
		this.error = null;
		try {
			const found = await backend.findPerson(identifiers);
			if (asked !== this.#asked) return;
			this.found = found;
			this.identifiers = identifiers;
		} catch (thrown) {
			if (asked !== this.#asked) return;
			this.found = null;
			this.error = toProblem(thrown);
		} finally {
			if (asked === this.#asked) this.isLooking = false;
		}
	}

	/** Nothing is kept of who was looked for. */
	forget(): void {
		this.#asked++;
		this.text = "";
		this.request = null;
		this.found = null;
		this.identifiers = [];
		this.error = null;
		this.isLooking = false;
	}
}

export const person = new Person();
