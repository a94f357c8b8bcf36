// Where a problem is mended: each code that a control of another screen answers leads there.

import type { Problem } from "$lib/backend";
import { lead } from "$lib/leading.svelte";
import { settings } from "$lib/state/settings.svelte";

export type Lead = { label: string; follow: () => void };

/** Where to go about a problem; null where no control mends it. `accountId`: whose call it was. */
export function leadOf({ code }: Problem, accountId: string | null): Lead | null {
	switch (code) {
		case "key_wrong":
			return accountId === null
				? { label: "Open the accounts", follow: () => lead("settings", "accounts") }
				: { label: "Change the key", follow: () => lead("settings", `account ${accountId}`) };
		case "offline":
			return {
				label:
					settings.areKnown && settings.now.offline ? "Go to the offline switch" : "Open Network",
				follow: () => lead("settings", "offline"),
			};
		case "not_allowed":
			return { label: "Open the policy", follow: () => lead("safety", "policy") };
		case "budget_reached":
			return { label: "Open the budgets", follow: () => lead("settings", "budgets") };
		default:
			return null;
	}
}
