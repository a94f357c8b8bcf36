// The one table that turns error codes into words. The host's own message is kept beside it:
// the table says in general what happened and what to do, the host says what it was about.

import type { ProblemCode, Problem } from "./bindings";

type Explanation = {
	/** What happened, as a heading. */
	title: string;
	/** The host's sentence about this very case. */
	detail: string;
	/** What a person can do next; null when there is nothing to do. */
	next: string | null;
};

const words: Record<ProblemCode, { title: string; next: string | null }> = {
	model_missing: {
		title: "The model's file is gone",
		next: "Put the file back where it was, or remove the model from the list and add it again.",
	},
	model_refused: {
		title: "This model can't be used",
		next: "Choose another GGUF file made for chat.",
	},
	model_too_large: {
		title: "This model needs more memory than is free",
		next: "Close other programs, lower the context size in Settings, or use a smaller model.",
	},
	no_model: {
		title: "No model is ready",
		next: "Add a model on the Models screen.",
	},
	prompt_too_long: {
		title: "The message is longer than the model can read",
		next: "Shorten it, or raise the context size in Settings.",
	},
	engine_died: {
		title: "The model stopped unexpectedly",
		next: "What it wrote so far was kept. Your next message starts it again.",
	},
	bad_constraint: {
		title: "The form asked for can't be followed",
		next: "Check the schema or grammar.",
	},
	disk_full: {
		title: "The disk is full",
		next: "Free some space and try again. Nothing saved before was lost.",
	},
	data_unusable: {
		title: "Your chats can't be read or written right now",
		next: "Nothing was changed. Close other programs that use the data folder, then try again.",
	},
	not_found: {
		title: "It is no longer there",
		next: "It may have been deleted elsewhere. The list shows what exists now.",
	},
	invalid_input: { title: "That can't be accepted", next: null },
	busy: {
		title: "Something else is still running",
		next: "Wait until it has ended, or stop it first.",
	},
	cancelled: { title: "Stopped", next: null },
	key_wrong: {
		title: "The key of this account does not work",
		next: "Check the key in Settings.",
	},
	provider: {
		title: "The provider did not answer as it should",
		next: "Try again, or choose another model.",
	},
	offline: {
		title: "It cannot be reached",
		next: "Check the connection, or go on with a model on this computer.",
	},
	not_allowed: {
		title: "This does not leave",
		next: "Choose a model on this computer, or look at the policy on the Safety screen.",
	},
	review_first: { title: "Look at what leaves first", next: null },
	budget_reached: {
		title: "The budget would be passed",
		next: "Your message is kept. Raise the budget in Settings, or choose another model.",
	},
	internal: {
		title: "Something went wrong inside Gatehouse",
		next: "Try again. What was saved before is kept.",
	},
};

/** The words for an error: the host's hint, where it gives one, is more exact than the table's. */
export function explain(error: Problem): Explanation {
	const { title, next } = words[error.code];
	return { title, detail: error.message, next: error.hint ?? next };
}

function isProblem(value: unknown): value is Problem {
	return (
		typeof value === "object" &&
		value !== null &&
		"code" in value &&
		"message" in value &&
		String(value.code) in words
	);
}

/** Whatever was thrown, as an error of the host. */
export function toProblem(thrown: unknown): Problem {
	if (isProblem(thrown)) return thrown;
	const message = thrown instanceof Error ? thrown.message : String(thrown);
	return { code: "internal", message, hint: null };
}
