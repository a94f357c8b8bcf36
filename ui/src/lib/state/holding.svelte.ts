// What a person wants to put on legal hold; the dialog that asks why lies over every screen, as it is
// opened from several.

import type { Held } from "$lib/backend";

export type AskedHold = {
	on: Held;
	/** What it is called. */
	name: string;
	/** It is held now. */
	onheld?: () => void;
};

let asked = $state.raw<AskedHold | null>(null);

/** Reactive: what is being asked about. */
export const holding = {
	get asked(): AskedHold | null {
		return asked;
	},
};

/** Holds it, once the person has said why. */
export function holdAfterAsking(wanted: AskedHold): void {
	asked = wanted;
}

export function forgetHolding(): void {
	asked = null;
}
