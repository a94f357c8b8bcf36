// Of what an archive is to be made; a chat's menu can choose it from another screen.

import type { Scope } from "$lib/backend";

import { showPart } from "../part.svelte";

/** With what a person calls it. */
export type Chosen = { scope: Scope; name: string };

export const everything: Chosen = { scope: { type: "everything" }, name: "Everything" };

let chosen = $state.raw<Chosen>(everything);

/** Reactive. */
export const archived = {
	get chosen(): Chosen {
		return chosen;
	},
};

export function choose(wanted: Chosen): void {
	chosen = wanted;
}

/** Leads to the Privacy screen, where an archive of this is made. */
export function archiveOf(wanted: Chosen): void {
	chosen = wanted;
	showPart("archive");
}
