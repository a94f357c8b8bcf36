// An answer while it is being written. Pieces are gathered and shown together, thirty times a second:
// nobody reads faster, and every other frame stays free for scrolling and typing.

import type { Message, Move, Route } from "$lib/backend";

const showEveryMs = 30;

/** What the model is doing before and while it writes. */
export type Phase =
	| { kind: "starting" }
	| { kind: "loading"; fraction: number }
	| { kind: "waiting" }
	| { kind: "reading"; read: number; total: number }
	| { kind: "thinking" }
	| { kind: "writing" };

export class LiveAnswer {
	readonly messageId: string;
	text = $state("");
	tokens = $state(0);
	phase = $state.raw<Phase>({ kind: "starting" });
	/** Models that were to answer before the one that does. */
	moves = $state.raw<Move[]>([]);
	/** The model that is asked now, if others were to answer before it. */
	movedTo = $state<string | null>(null);
	/** Where the message went; null while nobody knows. */
	route = $state<Route | null>(null);
	/** What the model thinks before it answers; it is not kept. */
	thoughts = $state("");
	/** Older messages that did not fit into what the model can read. */
	droppedMessages = $state(0);

	#pending = "";
	#frame: number | null = null;
	#tokens = 0;
	#shownAtMs = -Infinity;

	constructor({ id, text, call }: Message) {
		this.messageId = id;
		this.text = text;
		this.route = call?.route ?? null;
	}

	/** Another model is asked, as those before it did not answer. */
	move({ moves, to, route }: { moves: Move[]; to: string; route: Route }): void {
		this.moves = moves;
		this.movedTo = to;
		this.route = route;
		this.phase = { kind: "starting" };
	}

	/** Add a piece of what the model thinks. */
	think(text: string): void {
		this.thoughts += text;
		if (this.phase.kind !== "writing") this.phase = { kind: "thinking" };
	}

	/** Add a piece; `tokens` is how many were written in all. */
	add(text: string, tokens: number): void {
		this.#pending += text;
		this.#tokens = tokens;
		this.#frame ??= requestAnimationFrame(this.#onFrame);
	}

	readonly #onFrame = (nowMs: number): void => {
		if (nowMs - this.#shownAtMs < showEveryMs) {
			this.#frame = requestAnimationFrame(this.#onFrame);
			return;
		}
		this.#shownAtMs = nowMs;
		this.flush();
	};

	/** Show what was gathered, now. */
	flush(): void {
		if (this.#frame !== null) cancelAnimationFrame(this.#frame);
		this.#frame = null;
		if (!this.#pending) return;
		this.text += this.#pending;
		this.#pending = "";
		this.tokens = this.#tokens;
		if (this.phase.kind !== "writing") this.phase = { kind: "writing" };
	}
}
