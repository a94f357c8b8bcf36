// What a person looks at before it leaves: one sheet; where several models are asked together, one after
// the other for each account that is to get it.

import { tick } from "svelte";

import { backend, type Link, type Turn, type WhatLeaves } from "$lib/backend";
import { toast, toastError } from "$lib/state/toasts.svelte";

import type { Mistakes } from "../mistakes.svelte";
import type { Asked } from "../refusal.svelte";

export class Looking {
	isOpen = $state(false);
	/** What is shown. */
	leaves = $state.raw<WhatLeaves | null>(null);
	/** What the person is asked about there; null: they only look. */
	asked = $state.raw<Asked | null>(null);
	/** What leaves together with it for accounts that nobody is asked about. */
	unasked = $state.raw<WhatLeaves[]>([]);
	/** What it leaves with. */
	turn = $state.raw<Turn | null>(null);

	/** What is shown after this. */
	#next: WhatLeaves[] = [];
	/** The accounts that it was let go for. */
	#letGo: string[] = [];
	/** Models are asked that need nobody's word. */
	#others = false;

	/** Show what leaves; with `asked`, the person says whether it does. */
	async look(turn: Turn, asked: Asked | null): Promise<void> {
		try {
			const sheets = await read(turn, asked);
			this.turn = turn;
			// What is let go is what was shown: a new chat is asked about once it has its own tags.
			this.asked = turn.type === "new" ? null : asked;
			const asking = this.#ask(sheets, asked?.models);
			this.#next = asking.length > 0 ? asking : sheets;
			if (sheets.length === 0) toast("Nothing would leave now.");
			// A dialog opens once it is there.
			await import("./WhatLeavesDialog.svelte");
			await this.#showNext();
		} catch (thrown) {
			toastError(thrown);
		}
	}

	/** Show it as it leaves now that something is called a mistake, or is none any more. */
	async again(mistakes: Mistakes, work: (turn: Turn) => Promise<void>): Promise<void> {
		const { turn, leaves } = this;
		if (turn === null || leaves === null) return;
		try {
			await work(turn);
			this.turn = mistakes.asNow(turn);
			const sheets = await read(this.turn, this.asked);
			const isShown = ({ accountId }: WhatLeaves) => accountId === leaves.accountId;
			this.leaves = sheets.find(isShown) ?? sheets[0] ?? null;
			// What was let go before looks otherwise now, so it is shown again.
			const asking = this.#ask(sheets, this.asked?.models);
			this.#next = asking.filter((sheet) => sheet !== this.leaves);
			this.isOpen = this.leaves !== null;
		} catch (thrown) {
			this.isOpen = false;
			toastError(thrown);
		}
	}

	/** What the person said of what they see: then the next account is shown, or it is sent. */
	async said(review: "may_leave" | "keep_here"): Promise<void> {
		const { asked, leaves } = this;
		this.isOpen = false;
		if (asked === null || !leaves?.accountId) return;
		// Policy would not hold it back for this account any more, so nothing is sent at all.
		if (review === "keep_here" && asked.models && !leaves.asks) return;
		if (review === "may_leave") this.#letGo.push(leaves.accountId);
		if (this.#next.length > 0) return this.#showNext();
		if (asked.models === undefined) {
			await asked.repeat(review === "may_leave" ? { may_leave: this.#letGo } : review);
		} else if (this.#letGo.length > 0 || this.#others) {
			await asked.repeat({ may_leave: this.#letGo });
		}
	}

	#ask(sheets: WhatLeaves[], models: Link[] = []): WhatLeaves[] {
		const asking = sheets.filter(({ asks }) => asks);
		this.unasked = asking.length > 0 ? sheets.filter(({ asks }) => !asks) : [];
		this.#letGo = [];
		this.#others = models.some(
			(model) =>
				model.type === "local" || asking.every(({ accountId }) => accountId !== model.accountId),
		);
		return asking;
	}

	async #showNext(): Promise<void> {
		const [first, ...later] = this.#next;
		// It closes and opens, so that who cannot see it hears that it is another one.
		await tick();
		this.leaves = first ?? null;
		this.#next = later;
		this.isOpen = first !== undefined;
	}
}

async function read(turn: Turn, asked: Asked | null): Promise<WhatLeaves[]> {
	if (asked?.models) return backend.whatComparingLeaves(turn, asked.models);
	const leaves = await backend.whatWouldLeave(turn);
	return leaves ? [leaves] : [];
}
