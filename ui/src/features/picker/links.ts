// What the models of a chain are called.

import type { Link } from "$lib/backend";
import { accounts, modelName } from "$lib/state/accounts.svelte";
import { models } from "$lib/state/models.svelte";

/** The model, as a person calls it. */
export function linkName(link: Link): string {
	if (link.type === "account") return modelName(link.accountId, link.model);
	if (link.modelId === null) return "this computer";
	return models.find(link.modelId)?.name ?? "a removed model";
}

/** The model and where it is. */
export function linkAndPlace(link: Link): string {
	if (link.type === "account") {
		return `${linkName(link)}, ${accounts.find(link.accountId)?.name ?? "a removed account"}`;
	}
	if (link.modelId === null) return "The default model on this computer";
	return `${linkName(link)}, on this computer`;
}
