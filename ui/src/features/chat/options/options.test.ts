// What is set for one chat, and that nothing is asked before it holds.

import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import type { FakeBackend } from "$lib/backend/fake";

import { answers, ask, button, message, open, openChat, user } from "../../../test/chat";

describe("options", () => {
	it("are kept for the chat, checked, and reset", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Options"));
		const field = screen.getByRole<HTMLInputElement>("spinbutton", { name: "Temperature" });
		await user.clear(field);
		await user.type(field, "9");
		await user.tab();
		expect(field.getAttribute("aria-invalid")).toBe("true");
		await user.clear(field);
		await user.type(field, "0.2");
		await user.tab();
		const kept = () => backend.calls.filter(({ method }) => method === "setConversationOptions");
		await waitFor(() => expect(kept()).toHaveLength(1));
		expect(kept()[0]?.args[1]).toMatchObject({ sampling: { temperature: 0.2 } });
		await user.click(button("Reset"));
		await waitFor(() =>
			expect(kept().at(-1)?.args[1]).toMatchObject({ sampling: { temperature: 0.7 } }),
		);
	});

	it("are saved as a preset and applied to another chat", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Options"));
		const prompt = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: /Instructions/ });
		await user.type(prompt(), "Be brief.");
		await user.tab();
		await user.type(screen.getByRole("textbox", { name: "Preset name" }), "Brief");
		await user.click(button("Save preset"));
		await screen.findByRole("button", { name: "Brief" });
		await openChat(/^Reply to the landlord/);
		await waitFor(() => expect(prompt().value).toBe(""));
		await user.click(button("Brief"));
		await waitFor(() => expect(prompt().value).toBe("Be brief."));
	});

	it("of a new chat go with its first message", async () => {
		const backend = await open({ empty: true });
		await user.click(button("Options"));
		await user.type(screen.getByRole("textbox", { name: /Instructions/ }), "Be brief.");
		await user.tab();
		await ask("Hello");
		await waitFor(() => expect(answers()).toHaveLength(1));
		const methods = backend.calls.map(({ method }) => method);
		expect(methods.indexOf("setConversationOptions")).toBeLessThan(methods.indexOf("sendMessage"));
		expect(methods).toContain("setConversationOptions");
	});
});

describe("options that are still being saved", () => {
	const prompt = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: /Instructions/ });
	const methods = (backend: FakeBackend) =>
		backend.calls
			.map(({ method }) => method)
			.filter((method) => /^(setConversationOptions|sendMessage|regenerate)$/.test(method));

	async function withOptions(): Promise<FakeBackend> {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Options"));
		return backend;
	}

	it("are waited for before a message is sent", async () => {
		const backend = await withOptions();
		const real = backend.setConversationOptions.bind(backend);
		let go = () => {};
		const slow = new Promise<void>((resolve) => (go = resolve));
		backend.setConversationOptions = async (...args) => slow.then(() => real(...args));
		await user.type(prompt(), "Be brief.");
		await ask("And the roof?");
		expect(methods(backend)).toEqual([]);
		go();
		await waitFor(() =>
			expect(methods(backend)).toEqual(["setConversationOptions", "sendMessage"]),
		);
	});

	it("are saved first also when a key asks while they are typed", async () => {
		const backend = await withOptions();
		await user.type(prompt(), "Be brief.");
		await user.keyboard("{Control>}r{/Control}");
		await waitFor(() => expect(methods(backend)).toEqual(["setConversationOptions", "regenerate"]));
		expect(
			backend.calls.find(({ method }) => method === "setConversationOptions")?.args[1],
		).toEqual(expect.objectContaining({ systemPrompt: "Be brief." }));
	});

	it("stop a message that they should hold for when they cannot be saved", async () => {
		const backend = await withOptions();
		const error = { code: "disk_full", message: "No space is left.", hint: null } as const;
		backend.fail("setConversationOptions", error);
		await user.type(prompt(), "Be brief.");
		await ask("And the roof?");
		const pane = screen.getByRole("region", { name: "Conversation" });
		const alert = await within(pane).findByRole("alert");
		expect(alert.textContent).toContain("could not be saved, so nothing was sent");
		expect(alert.textContent).toContain("No space is left.");
		expect(message().value).toBe("And the roof?");
		expect(prompt().value).toBe("Be brief.");
		expect(methods(backend)).not.toContain("sendMessage");
		backend.fail("setConversationOptions", null);
		await user.click(message());
		await user.keyboard("{Enter}");
		await waitFor(() =>
			expect(methods(backend).slice(-2)).toEqual(["setConversationOptions", "sendMessage"]),
		);
	});

	it("of a new chat that cannot be saved leave its one conversation and the text", async () => {
		const backend = await open({ empty: true });
		await user.click(button("Options"));
		await user.type(prompt(), "Be brief.");
		const error = { code: "disk_full", message: "No space is left.", hint: null } as const;
		backend.fail("setConversationOptions", error);
		await ask("Hello");
		await screen.findByText(/could not be saved, so nothing was sent/);
		expect(message().value).toBe("Hello");
		expect(prompt().value).toBe("Be brief.");
		backend.fail("setConversationOptions", null);
		await user.click(message());
		await user.keyboard("{Enter}");
		await waitFor(() => expect(answers()).toHaveLength(1));
		expect(backend.calls.filter(({ method }) => method === "createConversation")).toHaveLength(1);
	});

	it("no longer name a model that was removed since", async () => {
		const backend = await withOptions();
		button(/^Model: /).focus();
		await user.keyboard("{Enter}");
		await user.click(await screen.findByText("Qwen2.5 7B Instruct"));
		await waitFor(() => expect(button(/^Model: Qwen/)).toBeTruthy());
		await waitFor(() => expect(methods(backend)).toHaveLength(1));
		await backend.removeModel("qwen", false);
		await waitFor(() => expect(button(/^Model: SmolLM2/)).toBeTruthy());
		await user.type(prompt(), "Be brief.");
		await user.tab();
		await waitFor(() => expect(methods(backend)).toHaveLength(2));
		const kept = backend.calls.findLast(({ method }) => method === "setConversationOptions");
		expect(kept?.args[1]).toMatchObject({ systemPrompt: "Be brief.", modelId: null });
	});

	it("are kept together when one follows the other at once", async () => {
		const backend = await withOptions();
		const real = backend.setConversationOptions.bind(backend);
		let setSecond = () => {};
		const isSecondSet = new Promise<void>((resolve) => (setSecond = resolve));
		backend.setConversationOptions = async (...args) => {
			await isSecondSet;
			return real(...args);
		};
		await user.type(prompt(), "Be brief.");
		const field = screen.getByRole<HTMLInputElement>("spinbutton", { name: "Temperature" });
		await user.clear(field);
		await user.type(field, "0.2");
		await user.tab();
		setSecond();
		const kept = () => backend.calls.findLast(({ method }) => method === "setConversationOptions");
		await waitFor(() =>
			expect(kept()?.args[1]).toMatchObject({
				systemPrompt: "Be brief.",
				sampling: { temperature: 0.2 },
			}),
		);
	});
});
