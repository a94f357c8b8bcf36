// How many tokens a text is, asked for when the typing pauses.

import { backend, type TokenCount } from "$lib/backend";

const countAfterMs = 250;

export class TypedTokens {
	count = $state.raw<TokenCount | null>(null);

	#timer: ReturnType<typeof setTimeout> | undefined;
	#asked = 0;

	/** Count soon; an empty text has none. */
	of(conversationId: string | null, text: string): void {
		clearTimeout(this.#timer);
		const asked = ++this.#asked;
		if (!text.trim()) {
			this.count = null;
			return;
		}
		this.#timer = setTimeout(() => {
			backend.countTokens(conversationId, text).then(
				(count) => {
					if (asked === this.#asked) this.count = count;
				},
				// Without a count the line simply says nothing about it.
				() => (this.count = null),
			);
		}, countAfterMs);
	}
}
