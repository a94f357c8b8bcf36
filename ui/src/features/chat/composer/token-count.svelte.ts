// How many tokens a text is, asked for when the typing pauses.

import { backend, type TokenCount } from "$lib/backend";

const countAfterMs = 250;

export class TypedTokens {
	count = $state.raw<TokenCount | null>(null);

	#timer: ReturnType<typeof setTimeout> | undefined;
	#asked = 0;
	#modelId: string | null = null;

	/** Count soon for a model; an empty text has no tokens, and without a model nobody counts them. */
	of(modelId: string | null, text: string): void {
		clearTimeout(this.#timer);
		const asked = ++this.#asked;
		// What one model counts says nothing of another.
		if (!text.trim() || modelId !== this.#modelId) this.count = null;
		this.#modelId = modelId;
		if (modelId === null || !text.trim()) return;
		this.#timer = setTimeout(() => {
			backend.countTokens(modelId, text).then(
				(count) => {
					if (asked === this.#asked) this.count = count;
				},
				// Without a count the line simply says nothing about it.
				() => (this.count = null),
			);
		}, countAfterMs);
	}
}
