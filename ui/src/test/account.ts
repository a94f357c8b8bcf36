// An account with models, as a person has set it up before the test begins.

import type { Account } from "$lib/backend";
import type { FakeBackend } from "$lib/backend/fake";
import { refreshAccounts } from "$lib/state/accounts.svelte";

/** GPT-6 Luna is in lists and has a price; GPT-6 Sol is in none and has none. */
export async function withAccount(fake: FakeBackend, name = "OpenAI"): Promise<Account> {
	const { id } = await fake.saveAccount(null, {
		kind: "open_ai",
		name,
		baseUrl: "",
		destination: null,
		contextTokens: null,
	});
	const account = await fake.testAccount(id);
	await refreshAccounts();
	return account;
}

/** The chain "cheap": GPT-6 Luna, then this computer. */
export async function withChain(fake: FakeBackend, account: Account): Promise<void> {
	await fake.saveAlias(null, "cheap", [
		{ type: "account", accountId: account.id, model: "gpt-6-luna" },
		{ type: "local", modelId: null },
	]);
	await refreshAccounts();
}
