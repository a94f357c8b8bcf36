// A question being worded anew. It is kept with its thread until it was asked or given up, so that
// neither a refusal nor a look at another chat loses what was typed.

import type { Attachment } from "svelte/attachments";

export class Edit {
	text = $state("");
	/** The host was asked and has not begun to answer. */
	isAsked = $state(false);

	#isNew = true;

	constructor(text: string) {
		this.text = text;
	}

	/** For its field: it takes the focus when it opens, not when it comes back into sight. */
	readonly focusOnce: Attachment<HTMLTextAreaElement> = (field) => {
		if (this.#isNew) field.focus();
		this.#isNew = false;
	};
}
