// Where the message would go that is being typed, asked for when the typing pauses.

import { backend, toProblem, type Preview, type Problem, type Turn } from "$lib/backend";

const askAfterMs = 250;

export class TypedPreview {
	now = $state.raw<Preview | null>(null);
	/** Why it could not be said. */
	problem = $state.raw<Problem | null>(null);

	#timer: ReturnType<typeof setTimeout> | undefined;
	#asked = 0;

	/** Ask soon, or (null) not at all; an answer that was overtaken is not shown. */
	of(turn: Turn | null): void {
		clearTimeout(this.#timer);
		const asked = ++this.#asked;
		// What was said of another text must not stand beside this one.
		this.now = null;
		this.problem = null;
		if (turn === null) return;
		const take = (now: Preview | null, problem: Problem | null) => {
			if (asked !== this.#asked) return;
			this.now = now;
			this.problem = problem;
		};
		this.#timer = setTimeout(() => {
			backend.previewMessage(turn).then(
				(preview) => take(preview, null),
				(thrown: unknown) => take(null, toProblem(thrown)),
			);
		}, askAfterMs);
	}
}
