// What was found in a message and is none, as the person says.

import { backend, toProblem, type Mistake, type Turn } from "$lib/backend";

export class Mistakes {
	/** Of a new chat; the host keeps those of a conversation. */
	ofNewChat = $state.raw<Mistake[]>([]);
	/** Grows when something is called a mistake, or is none any more. */
	changes = $state(0);

	#onOverruled: () => void;

	constructor(onOverruled: () => void) {
		this.#onOverruled = onOverruled;
	}

	/** Call something that was found a mistake: it leaves as written. */
	async overrule(turn: Turn, mistake: Mistake, sure: boolean): Promise<void> {
		await backend.overruleFinding(turn, mistake, sure);
		if (turn.type === "new") this.ofNewChat = [...this.ofNewChat, mistake];
		this.#onOverruled();
		this.changes += 1;
	}

	/** Have it found again. */
	async takeBack(turn: Turn, mistake: Mistake): Promise<void> {
		if (turn.type === "new") {
			this.ofNewChat = this.ofNewChat.filter(
				({ kind, text }) => kind !== mistake.kind || text !== mistake.text,
			);
		} else {
			await backend.takeBackMistake(turn, mistake);
		}
		this.changes += 1;
	}

	/** A turn with what was called a mistake since. */
	asNow(turn: Turn): Turn {
		return turn.type === "new" ? { ...turn, mistakes: this.ofNewChat } : turn;
	}

	/** What was said in the new chat holds in the conversation that it has become, which asks this. */
	async keep(turn: Turn): Promise<void> {
		for (const mistake of this.ofNewChat) {
			try {
				await backend.overruleFinding(turn, mistake, true);
			} catch (thrown) {
				// It was written out of the message since.
				if (toProblem(thrown).code !== "not_found") throw thrown;
			}
		}
		this.ofNewChat = [];
	}
}
