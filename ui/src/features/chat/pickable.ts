// How many models there are to choose from, in the accounts and on this computer.

import { accounts } from "$lib/state/accounts.svelte";
import { models } from "$lib/state/models.svelte";

export function pickable(): number {
	const elsewhere = accounts.list.flatMap((account) => account.models);
	return models.forChat.length + elsewhere.filter(({ chosen }) => chosen).length;
}
