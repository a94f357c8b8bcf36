// Leads a person from where something is said to the control that changes it, on another screen: it
// is brought into view and gets the focus.

import { tick, untrack } from "svelte";
import type { Attachment } from "svelte/attachments";

import { go, type Screen } from "./navigation.svelte";

/** What can be led to. */
export type Goal =
	"accounts" | `account ${string}` | "offline" | "budgets" | "policy" | "connections";

let goal = $state.raw<Goal | null>(null);

/** Shows a screen with the focus on a control of it. */
export function lead(screen: Screen, to: Goal): void {
	goal = to;
	go(screen);
}

/** The control that `lead` means by this name; `arrive` does what it takes, once. */
export function onArrival(name: () => Goal, arrive: () => void): void {
	$effect(() => {
		if (goal !== name()) return;
		goal = null;
		untrack(arrive);
	});
}

/** Marks an element as a goal: the first control in it gets the focus. */
export function goalOf(name: Goal): Attachment<HTMLElement> {
	return (element) => {
		if (goal !== name) return;
		goal = null;
		// After the rest of the screen, whose height decides where this stands.
		void tick().then(() => {
			element.scrollIntoView({ block: "center" });
			const control = element.querySelector<HTMLElement>("input, textarea, button:not(:disabled)");
			control?.focus();
			// The focus of somebody who came by mouse is not drawn.
			control?.classList.add("arrived");
			control?.addEventListener("blur", () => control.classList.remove("arrived"), { once: true });
		});
	};
}
