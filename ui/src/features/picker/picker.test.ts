import { cleanup, screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import { go, place } from "$lib/navigation.svelte";
import { refreshAccounts } from "$lib/state/accounts.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings } from "$lib/state/settings.svelte";

import { accessibilityFaults } from "../../test/axe";
import { withAccount, withChain } from "../../test/account";
import { host, option, show } from "../../test/render";
import ModelPicker from "./ModelPicker.svelte";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "./PickerDialog.svelte";
import type { Picked } from "./rows";

const leave: (() => void)[] = [];
afterEach(() => {
	cleanup();
	for (const end of leave.splice(0)) end();
});

async function open(others: { ofDefault?: string; chains?: boolean } = {}) {
	const fake = host();
	await readSettings();
	const account = await withAccount(fake);
	await withChain(fake, account);
	leave.push(watchModels(() => undefined));
	const onpick = vi.fn<(picked: Picked) => void>();
	const { user } = show(ModelPicker, {
		label: "Model",
		picked: { modelId: "smollm2", elsewhere: null },
		name: "SmolLM2",
		place: "this computer",
		onpick,
		...others,
	});
	await user.click(button());
	await option("GPT-6 Luna");
	await waitFor(() => expect(document.activeElement).toBe(field()));
	return { fake, user, onpick, account };
}

const button = () => screen.getByRole("button", { name: "Model: SmolLM2, this computer" });
const field = () => screen.getByLabelText("Find a model");
const texts = (selector: string) =>
	[...document.querySelectorAll(selector)].map(({ textContent }) =>
		textContent.replaceAll(/\s+/g, " ").trim(),
	);

describe("the list of models", () => {
	it("has a heading for this computer, each account and the aliases", async () => {
		await open();
		expect(texts("[data-command-group-heading] > span")).toEqual([
			"This computer",
			"OpenAI",
			"Aliases",
		]);
	});

	it("says of each what becomes of a message, in words and in the colour", async () => {
		await open();
		await waitFor(async () =>
			expect((await option("GPT-6 Luna")).textContent).toContain("Leaves, personal data masked"),
		);
		const dot = async (name: string) => (await option(name)).querySelector(".dot")?.className;
		expect(await dot("GPT-6 Luna")).toContain("masked");
		expect(await dot("SmolLM2 135M Instruct")).toContain("local");
		expect((await option("cheap")).textContent).toContain("GPT-6 Luna → this computer");
	});

	it("says what a million tokens cost, and where nobody knows", async () => {
		const { fake, user, account } = await open();
		await waitFor(async () =>
			expect((await option("GPT-6 Luna")).textContent).toContain("$0.25 in · $2 out"),
		);
		await user.keyboard("{Escape}");
		await fake.chooseAccountModels(account.id, ["gpt-6-luna", "gpt-6-sol"]);
		await refreshAccounts();
		await user.click(button());
		await waitFor(async () =>
			expect((await option("GPT-6 Sol")).textContent).toContain("price unknown"),
		);
	});

	it("is narrowed by typing, and picks by keyboard alone", async () => {
		const { user, onpick, account } = await open();
		await user.keyboard("luna");
		await waitFor(() => expect(texts("[role=option]")).toHaveLength(1));
		await user.keyboard("{Enter}");
		await waitFor(() =>
			expect(onpick).toHaveBeenCalledWith({
				modelId: null,
				elsewhere: { type: "account", accountId: account.id, model: "gpt-6-luna" },
			}),
		);
		await waitFor(() => expect(screen.queryByLabelText("Find a model")).toBeNull());
	});

	it("says so when no model is called what was typed", async () => {
		const { user } = await open();
		await user.keyboard("no such thing");
		expect(await screen.findByText("No model is called “no such thing”.")).toBeTruthy();
	});

	it("marks the one in use, and does not pick one that cannot run", async () => {
		const { user, onpick } = await open();
		expect((await option("SmolLM2 135M Instruct")).textContent).toContain(", chosen");
		await user.click(await option("Mistral Small 24B Instruct"));
		expect(onpick, "its file is missing").not.toHaveBeenCalled();
	});

	it("leads to where models and accounts are added", async () => {
		go("chat");
		const { user } = await open();
		await user.click(screen.getByText("Add a model"));
		expect(place.screen).toBe("models");
	});

	it("has no fault that an accessibility checker finds", async () => {
		await open();
		expect(await accessibilityFaults()).toEqual([]);
	});
});

it("offers no chains inside a chain, and the default where it is asked to", async () => {
	const { user, onpick } = await open({ ofDefault: "The default model", chains: false });
	expect(texts("[data-command-group-heading] > span")).toEqual(["This computer", "OpenAI"]);
	await user.click(await option("The default model"));
	expect(onpick).toHaveBeenCalledWith({ modelId: null, elsewhere: null });
});
