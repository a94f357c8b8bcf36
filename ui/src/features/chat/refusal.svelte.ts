// Why the last thing that was asked was not even begun, and what the person can do about it.

import type { Link, Problem, ProblemCode, Review, Turn } from "$lib/backend";

/** Something that was asked. */
export type Asked = {
	/** As the host has it described, so that what leaves can be shown byte for byte. */
	turn: () => Turn;
	/** The models that are asked together; none are named where the chat's own answers. */
	models?: Link[] | undefined;
	/** Ask it again with what the person said. */
	repeat: (review: Review) => Promise<void>;
};

/** Problems that another text need not have. */
const ofTheText: ReadonlySet<ProblemCode> = new Set([
	"review_first",
	"not_allowed",
	"budget_reached",
	"prompt_too_long",
]);

export class Refusal {
	/** Null: nothing was refused. */
	problem = $state.raw<Problem | null>(null);
	/** It was asked of several models together, so it is not of the chat's own. */
	ofSeveral = $state(false);
	/** What the person is to look at before it leaves. */
	review = $state.raw<Asked | null>(null);
	/** What policy keeps from leaving, so that the person can look at what was found in it. */
	held = $state.raw<Asked | null>(null);

	/** The new message that was refused. */
	#text: string | null = null;

	take(problem: Problem, asked: Asked): void {
		const turn = asked.turn();
		this.problem = problem;
		this.ofSeveral = asked.models !== undefined;
		this.#text = turn.type === "new" || turn.type === "say" ? turn.text : null;
		if (problem.code === "review_first") this.review = asked;
		if (problem.code === "not_allowed") this.held = asked;
	}

	forget(): void {
		this.problem = null;
		this.ofSeveral = false;
		this.review = null;
		this.held = null;
		this.#text = null;
	}

	/** Show what was found in what was held. */
	looksFound = $state.raw<Asked | null>(null);

	lookAtFound(): void {
		if (this.held) this.looksFound = { ...this.held };
	}

	/** Show again what the person is to look at. */
	lookAgain(): void {
		if (this.review) this.review = { ...this.review };
	}

	/**
	 * Another text stands in the field: what was said of the one before does not stand beside it, and
	 * above all nobody is to let a text leave that is not the one they see.
	 */
	meet(text: string): void {
		if (this.#text !== text.trim()) this.meetOther();
	}

	/** The same where it has other pictures. */
	meetOther(): void {
		if (this.problem === null || this.#text === null) return;
		if (ofTheText.has(this.problem.code)) this.forget();
	}
}
