// What a person wants to have erased for good; the dialog that shows what goes, asks and does it lies
// over every screen, as it is opened from several.

import type { Erasure } from "$lib/backend";

export type AskedErasure = {
	erasure: Erasure;
	/** What is to be erased, in words: “Notice period”, Anna Keller. */
	name: string;
	/** The number of the request that it answers. */
	request: number | null;
	/** It was erased; the dialog still says what came of it. */
	onerased?: () => void;
};

let asked = $state.raw<AskedErasure | null>(null);

/** Reactive: what is being asked about. */
export const erasing = {
	get asked(): AskedErasure | null {
		return asked;
	},
};

/** Shows what would go, and erases it if the person agrees. */
export function eraseAfterAsking(wanted: AskedErasure): void {
	asked = wanted;
}

export function forgetErasing(): void {
	asked = null;
}
