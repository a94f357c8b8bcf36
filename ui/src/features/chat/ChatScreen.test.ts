// A new chat, what is typed into it, and which model it is for.

import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { go } from "$lib/navigation.svelte";
import { changeSettings } from "$lib/state/settings.svelte";

import { answers, ask, button, message, open, openChat, questions, user } from "../../test/chat";
import { option } from "../../test/render";

describe("a new chat", () => {
	it("offers examples and says that the starter model is small", async () => {
		await open({ empty: true });
		expect(screen.getByText(/often wrong about facts/)).toBeTruthy();
		await user.click(button(/Explain a word/));
		expect(message().value).toContain("notice period");
		expect(document.activeElement).toBe(message());
	});

	it("becomes a conversation with its first message", async () => {
		const backend = await open({ empty: true });
		await ask("Hello there");
		expect(questions()[0]?.textContent).toContain("Hello there");
		await waitFor(() => expect(answers()[0]?.textContent).toContain("call 4,181"));
		expect(backend.calls.map(({ method }) => method)).toContain("createConversation");
		expect(location.hash).toMatch(/^#\/chat\/chat-/);
		expect(message().value).toBe("");
	});

	it("teaches how to add a model when there is none, and sends nothing", async () => {
		await open({ empty: true, noModels: true });
		expect(screen.getByText("No model yet.")).toBeTruthy();
		await user.type(message(), "Hello");
		expect(button("Send")).toHaveProperty("disabled", true);
	});

	it("gives the text back when the host does not take it", async () => {
		const backend = await open({ empty: true });
		const error = { code: "disk_full", message: "No space is left.", hint: null } as const;
		backend.fail("sendMessage", error);
		await ask("Keep me");
		expect((await screen.findByRole("alert")).textContent).toContain("No space is left.");
		expect(message().value).toBe("Keep me");
	});

	it("whose first message is refused stands in the list, and a new chat is empty again", async () => {
		const backend = await open();
		const why = { code: "not_allowed", message: "It has a password in it.", hint: null } as const;
		backend.fail("sendMessage", why);
		await user.type(message(), "My password is hunter2");
		// The typing paused before it was sent.
		await waitFor(async () => expect(await backend.newChatDraft()).toBe("My password is hunter2"));
		await user.keyboard("{Enter}");
		const list = await screen.findByRole("navigation", { name: "Chats" });
		const entry = () => within(list).findByRole("button", { name: /My password.*Draft, not sent/ });
		await entry();
		go("chat");
		await waitFor(() => expect(message().value).toBe(""));
		expect(await backend.newChatDraft()).toBe("");
		await user.click(await entry());
		await waitFor(() => expect(message().value).toBe("My password is hunter2"));
	});
});

describe("the composer", () => {
	it("makes a new line with Shift+Enter", async () => {
		await open({ empty: true });
		await user.type(message(), "one{Shift>}{Enter}{/Shift}two");
		expect(message().value).toBe("one\ntwo");
	});

	it("sends with Ctrl+Enter when set so, and Enter makes a line", async () => {
		await open({ empty: true });
		await changeSettings({ sendKey: "ctrl_enter" });
		await user.type(message(), "one{Enter}two");
		expect(questions()).toHaveLength(0);
		await user.keyboard("{Control>}{Enter}{/Control}");
		await waitFor(() => expect(questions()).toHaveLength(1));
		await changeSettings({ sendKey: "enter" });
	});

	it("does not send while an input method composes", async () => {
		await open({ empty: true });
		await user.type(message(), "ni");
		const enter = new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
		message().dispatchEvent(enter);
		expect(questions()).toHaveLength(0);
		expect(message().value).toBe("ni");
	});

	it("counts the tokens and keeps the draft of each chat", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		await user.type(message(), "A thought to keep");
		await screen.findByText(/5 tokens/);
		await openChat(/^Reply to the landlord/);
		expect(message().value).toBe("");
		await openChat(/^Summarise the inspection report/);
		expect(message().value).toBe("A thought to keep");
		expect(backend.calls.findLast(({ method }) => method === "saveDraft")?.args[1]).toBe(
			"A thought to keep",
		);
	});

	it("picks another model for this chat", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		button(/^Model: SmolLM2/).focus();
		await user.keyboard("{Enter}");
		await option("Qwen2.5 7B Instruct");
		await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Find a model")));
		await user.keyboard("{ArrowDown}{Enter}");
		await waitFor(() => expect(button(/^Model: Qwen2.5 7B/)).toBeTruthy());
		const call = backend.calls.findLast(({ method }) => method === "setConversationOptions");
		expect(call?.args[1]).toMatchObject({ modelId: expect.stringContaining("qwen") as string });
	});
});

describe("the model", () => {
	async function pick(name: string): Promise<void> {
		button(/^Model: /).focus();
		await user.keyboard("{Enter}");
		const entry = (await screen.findAllByText(name)).at(-1);
		await user.click(entry as HTMLElement);
		await waitFor(() => expect(button(`Model: ${name}, this computer`)).toBeTruthy());
	}

	it("that is picked is the one that counts the tokens, also in a new chat", async () => {
		const backend = await open();
		await user.type(message(), "What is a lease?");
		await screen.findByText(/^4 tokens/);
		const counted = backend.calls.filter(({ method }) => method === "countTokens").length;
		let mayCount = () => {};
		const counts = new Promise<void>((resolve) => (mayCount = resolve));
		const count = backend.countTokens.bind(backend);
		backend.countTokens = async (...args) => {
			await counts;
			return count(...args);
		};
		await pick("Qwen2.5 7B Instruct");
		await waitFor(() =>
			expect(screen.queryByText(/tokens · /), "what another model counted is gone").toBeNull(),
		);
		mayCount();
		await screen.findByText(/^4 tokens/);
		const asked = backend.calls.filter(({ method }) => method === "countTokens");
		expect(asked).toHaveLength(counted + 1);
		expect(asked.at(-1)?.args[0]).toContain("qwen");
	});

	it("of a new chat is the one used last, and a chat keeps that of its first answer", async () => {
		const backend = await open();
		await changeSettings({ defaultModelId: null });
		await openChat(/^Summarise the inspection report/);
		await ask("Go on");
		await waitFor(() => expect(answers()).toHaveLength(2));
		await openChat(/^Reply to the landlord/);
		await pick("Qwen2.5 7B Instruct");
		await ask("Go on");
		await waitFor(() => expect(answers()).toHaveLength(2));
		go("chat");
		await waitFor(() => expect(button("Model: Qwen2.5 7B Instruct, this computer")).toBeTruthy());
		await openChat(/^Summarise the inspection report/);
		await waitFor(() => expect(button("Model: SmolLM2 135M Instruct, this computer")).toBeTruthy());
		// Options that are changed later must not take the model away again.
		await user.click(button("Options"));
		await user.type(await screen.findByRole("textbox", { name: /Instructions/ }), "Be brief.");
		await user.tab();
		const kept = () => backend.calls.findLast(({ method }) => method === "setConversationOptions");
		await waitFor(() => expect(kept()?.args[1]).toMatchObject({ systemPrompt: "Be brief." }));
		expect(kept()?.args[1]).toMatchObject({ modelId: "smollm2" });
	});
});
