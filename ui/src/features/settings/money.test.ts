// Budgets, accounts with many models, and what answers in new chats.

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";

import type { Account } from "$lib/backend";
import { accounts, refreshAccounts } from "$lib/state/accounts.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings, settings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { withAccount, withChain } from "../../test/account";
import { host, option, show } from "../../test/render";
import AccountSettings from "./accounts/AccountSettings.svelte";
import AliasSettings from "./accounts/AliasSettings.svelte";
import BudgetSettings from "./BudgetSettings.svelte";
import ChatSettings from "./ChatSettings.svelte";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "../picker/PickerDialog.svelte";

const leave: (() => void)[] = [];
afterEach(() => {
	cleanup();
	for (const end of leave.splice(0)) end();
});

async function begin() {
	const fake = host();
	await readSettings();
	const account = await withAccount(fake);
	leave.push(watchModels(() => undefined));
	return { fake, account };
}

describe("the list of prices", () => {
	it("says what was left out when it is updated, and why", async () => {
		await begin();
		const { user } = show(BudgetSettings);
		await user.click(screen.getByRole("button", { name: "Update prices" }));
		const said = () => toasts.list.map(({ text }) => text).join();
		await waitFor(() => expect(said()).toContain("Left out: 12 of other vendors, 1 malformed."));
	});
});

describe("budgets", () => {
	const limit = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Budget in dollars" });

	it("are set, and say how they stand", async () => {
		await begin();
		const { user } = show(BudgetSettings);
		await user.type(limit(), "20");
		await user.click(screen.getByRole("button", { name: "Set" }));
		expect(await screen.findByText("$20 this month, all workspaces")).toBeTruthy();
		expect(screen.getByText(/\$3\.41 spent; within the limit\. Warns from 80%/)).toBeTruthy();
		expect(limit().value, "ready for the next one").toBe("");
	});

	it("warn from the share that the person has set, and say when they are reached", async () => {
		const { fake } = await begin();
		const { user } = show(BudgetSettings);
		const percent = screen.getByRole("spinbutton", { name: /Warn from/ });
		await user.clear(percent);
		await user.type(percent, "15{Tab}");
		await user.type(limit(), "20");
		await user.click(screen.getByRole("button", { name: "Set" }));
		expect(await screen.findByText(/nearly used\. Warns from 15%/)).toBeTruthy();
		expect(fake.calls.findLast(({ method }) => method === "setBudget")?.args).toEqual([
			{ everywhere: true, period: "month", limit: "20", warnPercent: 15, stops: true },
		]);
		await user.click(screen.getByRole("button", { name: "Change" }));
		expect(limit().value).toBe("20");
		expect(document.activeElement).toBe(limit());
		await user.clear(limit());
		await user.type(limit(), "2");
		await user.click(screen.getByRole("button", { name: "Set" }));
		expect(await screen.findByText(/passed\. Warns from 15%/)).toBeTruthy();
	});

	it("that only warn say so, and go when they are removed", async () => {
		await begin();
		const { user } = show(BudgetSettings);
		await user.click(screen.getByRole("switch", { name: "Stop calls" }));
		await user.type(limit(), "20");
		await user.click(screen.getByRole("button", { name: "Set" }));
		expect(await screen.findByText(/stops nothing/)).toBeTruthy();
		await user.click(screen.getByRole("button", { name: "Remove" }));
		await waitFor(() => expect(screen.queryByText(/this month, all workspaces$/)).toBeNull());
	});
});

describe("an account with hundreds of models", () => {
	async function open() {
		const { fake, account } = await begin();
		const names = Array.from({ length: 400 }, (_, nth) => `vendor/model-${nth}`);
		const many = names.map((id, nth) => ({
			id,
			name: `Model ${nth}`,
			contextTokens: null,
			chosen: nth === 399,
		}));
		const listed: Account = { ...account, models: many };
		fake.listAccounts = async () => [listed];
		fake.chooseAccountModels = async (_id, chosen) => {
			const known = new Set(listed.models.map(({ id }) => id));
			const added = chosen.filter((id) => !known.has(id));
			listed.models = [
				...listed.models.map((model) => ({ ...model, chosen: chosen.includes(model.id) })),
				...added.map((id) => ({
					id,
					name: id,
					contextTokens: null,
					chosen: true,
					passedOn: false,
				})),
			];
			return listed;
		};
		await refreshAccounts();
		const { user } = show(AccountSettings);
		const card = within(screen.getByRole("region", { name: "Account OpenAI" }));
		await user.click(card.getByText("Models in lists"));
		return { user, card };
	}

	it("shows those in lists first, and says how many it leaves out", async () => {
		const { card } = await open();
		const boxes = card.getAllByRole("checkbox");
		expect(boxes).toHaveLength(300);
		expect(boxes[0]).toHaveProperty("checked", true);
		expect(card.getByText("The first 300 of 400.")).toBeTruthy();
	});

	it("is searched by name and identifier", async () => {
		const { user, card } = await open();
		await user.type(card.getByRole("searchbox"), "vendor model-39");
		await waitFor(() => expect(card.getAllByRole("checkbox")).toHaveLength(11));
		await user.clear(card.getByRole("searchbox"));
		await user.type(card.getByRole("searchbox"), "nothing");
		expect(await card.findByText(/It can be added by its name/)).toBeTruthy();
	});

	it("takes a model by its name, once", async () => {
		const { user, card } = await open();
		const add = async (name: string) => {
			await user.type(card.getByRole("textbox", { name: "Add a model by its name" }), name);
			await user.click(card.getByRole("button", { name: "Add" }));
			await waitFor(() =>
				expect(
					card.getByRole<HTMLInputElement>("textbox", { name: "Add a model by its name" }).value,
				).toBe(""),
			);
		};
		await add(" not/listed ");
		await add("not/listed");
		const models = accounts.list[0]?.models ?? [];
		expect(models.filter(({ id }) => id === "not/listed")).toEqual([
			{ id: "not/listed", name: "not/listed", contextTokens: null, chosen: true, passedOn: false },
		]);
	});
});

describe("the model for new chats", () => {
	const button = () => screen.getByRole("button", { name: /^Model for new chats/ });
	const label = () => button().getAttribute("aria-label");

	it("can be one of an account, and the one here stays for when that cannot answer", async () => {
		const { account } = await begin();
		const { user } = show(ChatSettings);
		await user.click(button());
		await user.click(await option("GPT-6 Luna"));
		await waitFor(() => expect(label()).toBe("Model for new chats: GPT-6 Luna, OpenAI"));
		expect(settings.now).toMatchObject({
			defaultModelId: "smollm2",
			defaultElsewhere: { type: "account", accountId: account.id, model: "gpt-6-luna" },
		});
	});

	it("can be a chain, and one on this computer again", async () => {
		const { fake, account } = await begin();
		await withChain(fake, account);
		const { user } = show(ChatSettings);
		await user.click(button());
		await user.click(await option("cheap"));
		await waitFor(() => expect(label()).toBe("Model for new chats: cheap, chain of 2"));
		await user.click(button());
		await user.click(await option("The one used last"));
		await waitFor(() => expect(label()).toContain("The one used last, this computer"));
		expect(settings.now).toMatchObject({ defaultModelId: null, defaultElsewhere: null });
	});
});

it("a chain is put together from models anywhere, in an order", async () => {
	const { fake, account } = await begin();
	const { user } = show(AliasSettings);
	const add = async (name: string) => {
		await user.click(screen.getByRole("button", { name: /^Add to the chain/ }));
		await user.click(await option(name));
	};
	await user.type(screen.getByRole("textbox", { name: "Name of the chain" }), "best");
	await add("The default model");
	await add("GPT-6 Luna");
	await user.click(screen.getAllByRole("button", { name: "Move up" })[1]!);
	await user.click(screen.getByRole("button", { name: "Save the chain" }));
	expect(
		await screen.findByText("GPT-6 Luna, OpenAI → The default model on this computer"),
	).toBeTruthy();
	expect(fake.calls.findLast(({ method }) => method === "saveAlias")?.args).toEqual([
		null,
		"best",
		[
			{ type: "account", accountId: account.id, model: "gpt-6-luna" },
			{ type: "local", modelId: null },
		],
	]);
});
