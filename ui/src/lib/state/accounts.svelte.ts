// The accounts at providers and the chains of models, shared by every screen that shows or picks one.

import { backend, first, type Account, type Alias, type Elsewhere } from "$lib/backend";

let list = $state.raw<Account[]>(first?.accounts ?? []);
let chains = $state.raw<Alias[]>(first?.aliases ?? []);
/** Counts what could change where a message goes; whoever shows that asks again when it grows. */
let version = $state(0);

/** Reactive; empty until they were read. */
export const accounts = {
	get list(): Account[] {
		return list;
	},
	get aliases(): Alias[] {
		return chains;
	},
	get version(): number {
		return version;
	},
	find(id: string): Account | undefined {
		return list.find((account) => account.id === id);
	},
	/** No two have the same name. */
	named(name: string | null): Account | undefined {
		return list.find((account) => account.name === name);
	},
};

/** Reads both again. */
export async function refreshAccounts(): Promise<void> {
	[list, chains] = await Promise.all([backend.listAccounts(), backend.listAliases()]);
	version += 1;
}

/** Something else changed that decides where a message goes: policy, a rule, a budget, a price. */
export function routesChanged(): void {
	version += 1;
}

/** What a person calls a model of an account; its own name where nobody knows a better one. */
export function modelName(accountId: string | null, model: string): string {
	const account = list.find(({ id }) => id === accountId);
	return account?.models.find(({ id }) => id === model)?.name ?? model;
}

/** What a choice is called: the model, or the chain. */
export function nameOf(choice: Elsewhere): string {
	if (choice.type === "account") return modelName(choice.accountId, choice.model);
	return chains.find((alias) => alias.id === choice.aliasId)?.name ?? "Removed chain";
}

/** Where a choice is: at which account, or in how long a chain. */
export function placeOf(choice: Elsewhere): string {
	if (choice.type === "account") {
		return list.find(({ id }) => id === choice.accountId)?.name ?? "removed account";
	}
	const links = chains.find((alias) => alias.id === choice.aliasId)?.chain.length ?? 0;
	return `chain of ${links}`;
}
