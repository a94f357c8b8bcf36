import "../../test/layout";

import { cleanup, configure, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, describe, expect, it, vi } from "vitest";

import { allActions, isEnabled, runAction, runShortcut } from "$lib/actions";
import { useBackend } from "$lib/backend";
import { fakeBackend, type FakeBackend, type FakeOptions } from "$lib/backend/fake";
import { formulasReady } from "$lib/markdown/formula";
import { go } from "$lib/navigation.svelte";
import { erasing, forgetErasing } from "$lib/state/erasing.svelte";
import { forgetHolding, holding } from "$lib/state/holding.svelte";
import { forgetLink, link } from "$lib/state/links.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { changeSettings, readSettings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { menuEntry, option } from "../../test/render";
import { resetChat } from "./chat.svelte";
import ChatScreen from "./ChatScreen.svelte";
import { threadView } from "./thread/read";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "../picker/PickerDialog.svelte";

// Patient: a machine that also builds takes its time.
vi.setConfig({ testTimeout: 60_000 });
configure({ asyncUtilTimeout: 15_000 });

const leave: (() => void)[] = [];

async function open(options: FakeOptions = {}): Promise<FakeBackend> {
	const backend = fakeBackend(options);
	useBackend(backend);
	resetChat();
	go("chat");
	await readSettings();
	await formulasReady();
	// Read after the first frame; to read it takes long where it is also compiled.
	await threadView();
	leave.push(watchModels(() => undefined));
	window.addEventListener("keydown", runShortcut);
	leave.push(() => window.removeEventListener("keydown", runShortcut));
	render(ChatScreen);
	await screen.findByRole("button", { name: /^Model: (?!none)|^Model: none/ });
	return backend;
}

const user = userEvent.setup();
const message = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const button = (name: string | RegExp) => screen.getByRole("button", { name });
const edited = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Edit message" });
const answers = () => screen.queryAllByRole("article", { name: "Answer" });
const questions = () => screen.queryAllByRole("article", { name: "Your message" });

async function openChat(title: RegExp): Promise<void> {
	const list = await screen.findByRole("navigation", { name: "Chats" });
	await user.click(await within(list).findByRole("button", { name: title }));
	await screen.findAllByRole("article");
}

async function ask(text: string): Promise<void> {
	await user.type(message(), text);
	await user.keyboard("{Enter}");
}

afterEach(() => {
	for (const stop of leave.splice(0)) stop();
	cleanup();
	forgetLink();
});

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
});

describe("answers", () => {
	it("say model, tokens, speed, first token, cost and call", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const text = answers()[0]?.textContent?.replace(/\s+/g, " ");
		expect(text).toMatch(
			/on this computer.* in · .* out.*tok\/s.*first token 0.21 s.*\$0.*call 4,/,
		);
	});

	it("say that the time to the first token may hold a load of the model", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const [first] = screen.getAllByText(/^first token/);
		expect(first?.title).toContain("with loading the model if it was not in memory");
		expect(first?.title, "the whole time is still told").toContain("Took ");
	});

	it("can be regenerated, and the version before comes back", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const before = answers()[0]?.textContent;
		await user.click(button("Regenerate"));
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
		await waitFor(() => expect(button("Previous version")).toHaveProperty("disabled", false));
		await user.click(button("Previous version"));
		await waitFor(() => expect(screen.getByText("1/2")).toBeTruthy());
		expect(answers()[0]?.textContent).toContain(before?.slice(0, 40));
	});

	it("can be rated, and the rating taken back", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Good answer"));
		await waitFor(() => expect(button("Good answer").getAttribute("aria-pressed")).toBe("true"));
		await user.click(button("Good answer"));
		await waitFor(() => expect(button("Good answer").getAttribute("aria-pressed")).toBe("false"));
		const ratings = backend.calls.filter(({ method }) => method === "rateMessage");
		expect(ratings.map(({ args }) => args[1])).toEqual(["good", null]);
	});

	it("are copied as they were written", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		const answer = answers()[0];
		await user.click(within(answer as HTMLElement).getByRole("button", { name: "Copy" }));
		expect(await navigator.clipboard.readText()).toMatch(/^The boiler is serviced/);
	});

	it("that fail keep what was streamed, say why, and can be tried again", async () => {
		const answerError = {
			code: "engine_died",
			message: "It ended (signal 9).",
			hint: null,
		} as const;
		await open({ empty: true, answerError });
		await ask("Hello");
		const alert = await screen.findByRole("alert");
		expect(alert.textContent).toContain("It ended (signal 9).");
		expect(answers()[0]?.textContent).toContain("Here is a short comparison");
		await user.click(within(alert).getByRole("button", { name: "Try again" }));
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
	});

	it("stop by Escape and by Stop, and keep what was written", async () => {
		await open({ empty: true, tokenMs: 5 });
		await ask("Hello");
		await waitFor(() => expect(answers()[0]?.textContent).toContain("Writing"));
		expect(button("Stop")).toBeTruthy();
		await user.keyboard("{Escape}");
		await waitFor(() => expect(answers()[0]?.textContent).toContain("Stopped."));
		expect(answers()[0]?.textContent).toContain("Here is");
		expect(button("Send")).toBeTruthy();
	});

	it("are announced once they have ended, not while they are written", async () => {
		await open({ empty: true });
		await ask("Hello");
		await waitFor(() => {
			const live = document.querySelector("[aria-live=polite]");
			expect(live?.textContent).toMatch(/^Answer: Here is a short comparison/);
		});
		expect(answers()[0]?.closest("[aria-live]")).toBeNull();
	});

	it("go on while another chat is shown", async () => {
		await open({ tokenMs: 2 });
		await openChat(/^Summarise the inspection report/);
		await ask("Go on");
		await waitFor(() => expect(button("Stop")).toBeTruthy());
		await openChat(/^Reply to the landlord/);
		expect(button("Send")).toBeTruthy();
		await openChat(/^Summarise the inspection report/);
		await waitFor(() => expect(answers()).toHaveLength(2));
		await waitFor(() => expect(answers()[1]?.textContent).toContain("the law's own page"));
	});
});

describe("questions", () => {
	it("are edited into another version", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		const field = await screen.findByRole("textbox", { name: "Edit message" });
		await waitFor(() => expect(document.activeElement).toBe(field));
		await user.clear(field);
		await user.type(field, "Shorter please{Enter}");
		await waitFor(() => expect(questions()[0]?.textContent).toContain("Shorter please"));
		expect(within(questions()[0] as HTMLElement).getByText("2/2")).toBeTruthy();
	});

	it("stay in their field when the host refuses another wording, and can be asked again", async () => {
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		await user.clear(edited());
		backend.fail("editMessage", { code: "busy", message: "Answered elsewhere.", hint: null });
		await user.type(edited(), "Shorter please{Enter}");
		expect((await screen.findByRole("alert")).textContent).toContain("Answered elsewhere.");
		expect(edited().value).toBe("Shorter please");
		backend.fail("editMessage", null);
		await user.type(edited(), "{Enter}");
		await waitFor(() => expect(questions()[0]?.textContent).toContain("Shorter please"));
		await waitFor(() => expect(button("Previous version")).toHaveProperty("disabled", false));
		await user.click(within(questions()[0] as HTMLElement).getByLabelText("Previous version"));
		await waitFor(() => expect(questions()[0]?.textContent).toContain("Summarise: the boiler"));
		expect(screen.queryByRole("textbox", { name: "Edit message" })).toBeNull();
	});

	it("keep another wording while other chats are looked at, each its own", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		await user.type(edited(), " And the roof?");
		// More of them than are kept in memory for nothing.
		for (const other of [/^Reply/, /^Rent review/, /^Hello/, /^Table of/, /^Notice/, /^Reply/]) {
			await openChat(other);
			expect(screen.queryByRole("textbox", { name: "Edit message" })).toBeNull();
		}
		await openChat(/^Summarise the inspection report/);
		expect(edited().value).toMatch(/cellar is dry\. And the roof\?$/);
		expect(document.activeElement, "coming back is no wish to type").not.toBe(edited());
	});

	it("are asked anew with the key that sends messages", async () => {
		await open();
		await changeSettings({ sendKey: "ctrl_enter" });
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Edit"));
		await user.clear(edited());
		await user.type(edited(), "one{Enter}two");
		expect(edited().value).toBe("one\ntwo");
		await user.keyboard("{Control>}{Enter}{/Control}");
		await waitFor(() => expect(questions()[0]?.textContent).toContain("one\ntwo"));
		await changeSettings({ sendKey: "enter" });
	});

	it("open for editing with the up arrow in an empty composer", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(message());
		await user.keyboard("{ArrowUp}");
		expect(await screen.findByRole("textbox", { name: "Edit message" })).toBeTruthy();
		await user.keyboard("{Escape}");
		expect(screen.queryByRole("textbox", { name: "Edit message" })).toBeNull();
		expect(document.activeElement).toBe(message());
	});
});

describe("what the palette offers for a chat", () => {
	const offered = () =>
		allActions()
			.filter((action) => action.group === "Message" && isEnabled(action))
			.map(({ title }) => title);

	it("edits the last question, with the focus in its field", async () => {
		await open();
		await openChat(/^Notice period/);
		runAction("message.edit");
		await waitFor(() => expect(document.activeElement).toBe(edited()));
		expect(edited().value).toContain("two-line reminder");
	});

	it("rates the last answer, and offers to take that back only then", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		expect(offered()).not.toContain("Take back the rating of the last answer");
		runAction("message.rate.bad");
		await waitFor(() => expect(button("Bad answer").getAttribute("aria-pressed")).toBe("true"));
		expect(offered()).toContain("Rate the last answer as good");
		expect(offered()).not.toContain("Rate the last answer as bad");
		runAction("message.rate.none");
		await waitFor(() => expect(button("Bad answer").getAttribute("aria-pressed")).toBe("false"));
	});

	it("switches between the versions there are", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		expect(offered().join()).not.toContain("version of the last");
		runAction("message.regenerate");
		await waitFor(() => expect(offered()).toContain("Previous version of the last answer"));
		runAction("message.answer.previous");
		await waitFor(() => expect(screen.getByText("1/2")).toBeTruthy());
		expect(offered()).not.toContain("Previous version of the last answer");
		runAction("message.answer.next");
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
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

describe("the list", () => {
	it("is moved through by arrows, opens with Enter, and marks the open chat", async () => {
		await open();
		const list = await screen.findByRole("navigation", { name: "Chats" });
		const rows = () => within(list).getAllByRole("button", { name: /messages/ });
		await waitFor(() => expect(rows().length).toBeGreaterThan(3));
		rows()[0]?.focus();
		await user.keyboard("{ArrowDown}");
		await waitFor(() => expect(document.activeElement).toBe(rows()[1]));
		await user.keyboard("{Enter}");
		await waitFor(() => expect(rows()[1]?.getAttribute("aria-current")).toBe("page"));
	});

	it("renames with F2", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		screen.getByRole("button", { name: /^Summarise the inspection report .*messages/ }).focus();
		await user.keyboard("{F2}");
		const field = await screen.findByRole("textbox", { name: "Title" });
		await user.clear(field);
		await user.type(field, "Boiler{Enter}");
		await waitFor(() =>
			expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Boiler"),
		);
	});

	it("deletes with a way back", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		screen.getByRole("button", { name: /^Summarise the inspection report .*messages/ }).focus();
		await user.keyboard("{Delete}");
		const row = () =>
			screen.queryByRole("button", { name: /^Summarise the inspection report .*messages/ });
		await waitFor(() => expect(row()).toBeNull());
		toasts.list.at(-1)?.action?.run();
		await waitFor(() => expect(row()).not.toBeNull());
	});

	it("is erased for good, or put on hold, only after a question about that chat", async () => {
		const fake = await open();
		await openChat(/^Summarise the inspection report/);
		const chats = await fake.listConversations();
		const id = chats.find(({ title }) => title?.startsWith("Summarise"))!.id;
		await user.click(button("More for this chat"));
		await user.click(await menuEntry("Erase for good…"));
		expect(erasing.asked).toMatchObject({
			erasure: { type: "conversation", id },
			name: "Summarise the inspection report",
		});
		await user.click(button("More for this chat"));
		await user.click(await menuEntry("Legal hold…"));
		expect(holding.asked).toMatchObject({
			on: { kind: "conversation", conversationId: id },
			name: "“Summarise the inspection report”",
		});
		const done = fake.calls.map(({ method }) => method);
		expect(done).not.toContain("erase");
		expect(done).not.toContain("hold");
		forgetErasing();
		forgetHolding();
	});

	it("finds a message and shows it", async () => {
		await open();
		const field = await screen.findByRole("searchbox", { name: "Search chats" });
		await user.type(field, "successor");
		const results = await screen.findByRole("region", { name: "Search results" });
		const hit = await within(results).findByRole("button");
		expect(hit.querySelector("mark")?.textContent).toBe("successor");
		await user.keyboard("{ArrowDown}{Enter}");
		expect((await screen.findAllByRole("article", { name: "Answer" }))[0]?.textContent).toContain(
			"successor",
		);
		await waitFor(() =>
			expect(document.querySelector(".marked")?.textContent).toContain("successor"),
		);
	});

	it("calls a chat without a title in a hit as in the list", async () => {
		await open();
		expect(await screen.findByRole("button", { name: /^Hello\. What can I help/ })).toBeTruthy();
		await user.type(await screen.findByRole("searchbox", { name: "Search chats" }), "hello");
		const results = await screen.findByRole("region", { name: "Search results" });
		const [hit] = await within(results).findAllByRole("button");
		expect(hit?.querySelector("b")?.textContent, "one name wherever it stands").toMatch(
			/^Hello\. What can I help/,
		);
	});

	async function find(words: string): Promise<void> {
		const field = await screen.findByRole("searchbox", { name: "Search chats" });
		await user.clear(field);
		await user.type(field, words);
		const results = await screen.findByRole("region", { name: "Search results" });
		await user.click((await within(results).findAllByRole("button"))[0] as HTMLElement);
	}

	it("shows what it found in another version once, and then leaves the person alone", async () => {
		await open();
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Regenerate"));
		await waitFor(() => expect(button("Previous version")).toHaveProperty("disabled", false));
		await find("need bleeding");
		await waitFor(() => expect(screen.getByText("1/2")).toBeTruthy());
		expect(answers()[0]?.textContent).toContain("need bleeding");
		await user.click(button("Next version"));
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
		await user.click(button("Good answer"));
		await waitFor(() => expect(button("Good answer").getAttribute("aria-pressed")).toBe("true"));
		expect(screen.getByText("2/2"), "the hit does not come back by itself").toBeTruthy();
		await user.click(
			within(screen.getByRole("region", { name: "Search results" })).getByRole("button"),
		);
		await waitFor(() => expect(screen.getByText("1/2"), "asked for again").toBeTruthy());
	});

	it("says so when what it found cannot be shown while an answer is written", async () => {
		await open({ tokenMs: 5 });
		await openChat(/^Summarise the inspection report/);
		await user.click(button("Regenerate"));
		await waitFor(() => expect(button("Stop")).toBeTruthy());
		await find("need bleeding");
		await waitFor(() => expect(toasts.list.at(-1)?.text).toContain("another version"));
		await user.click(button("Stop"));
		await waitFor(() => expect(screen.getByText("2/2")).toBeTruthy());
	});

	it("says so when nothing is found", async () => {
		await open();
		await user.type(await screen.findByRole("searchbox", { name: "Search chats" }), "zzzz");
		expect(await screen.findByText(/Nothing found for “zzzz”/)).toBeTruthy();
	});

	it("offers another try when it cannot be read", async () => {
		const backend = fakeBackend();
		backend.fail("listConversations", {
			code: "internal",
			message: "The disk is slow.",
			hint: null,
		});
		useBackend(backend);
		await readSettings();
		resetChat();
		go("chat");
		render(ChatScreen);
		const alert = await screen.findByRole("alert");
		backend.fail("listConversations", null);
		await user.click(within(alert).getByRole("button", { name: "Try again" }));
		expect(await screen.findByRole("navigation", { name: "Chats" })).toBeTruthy();
	});
});

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
		backend.setConversationOptions = async (...args) => {
			await new Promise((resolve) => setTimeout(resolve, 50));
			return real(...args);
		};
		await user.type(prompt(), "Be brief.");
		const field = screen.getByRole<HTMLInputElement>("spinbutton", { name: "Temperature" });
		await user.clear(field);
		await user.type(field, "0.2");
		await user.tab();
		const kept = () => backend.calls.findLast(({ method }) => method === "setConversationOptions");
		await waitFor(() =>
			expect(kept()?.args[1]).toMatchObject({
				systemPrompt: "Be brief.",
				sampling: { temperature: 0.2 },
			}),
		);
	});
});

describe("the thread", () => {
	it("draws only what is seen of 10,000 messages, and streaming touches only the answer", async () => {
		await open({ longChat: 10_000, tokenMs: 5 });
		await openChat(/^A very long conversation/);
		expect(screen.getAllByRole("article").length).toBeLessThan(100);
		await ask("Go on");
		await waitFor(() =>
			expect(document.querySelector("[aria-busy=true]")?.textContent).toContain("Option"),
		);
		const busy = document.querySelector("[aria-busy=true]");
		const others = screen.getAllByRole("article").filter((article) => article !== busy);
		const elsewhere: Node[] = [];
		const observer = new MutationObserver((records) => {
			for (const { target } of records) {
				if (others.some((article) => article.contains(target))) elsewhere.push(target);
			}
		});
		const messages = screen.getByRole("region", { name: "Messages" });
		observer.observe(messages, { subtree: true, childList: true, characterData: true });
		await waitFor(() => expect(busy?.textContent).toContain("third working day"));
		observer.disconnect();
		expect(elsewhere).toEqual([]);
	});

	it("goes to the newest message when the person asks something", async () => {
		await open({ longChat: 400 });
		await openChat(/^A very long conversation/);
		const messages = screen.getByRole("region", { name: "Messages" });
		await screen.findByText(/what does clause 399 mean/);
		messages.scrollTop = 1000;
		expect(await screen.findByRole("button", { name: "Jump to newest" })).toBeTruthy();
		await ask("And now?");
		await waitFor(() => expect(screen.getByText("And now?")).toBeTruthy());
		expect(screen.queryByRole("button", { name: "Jump to newest" })).toBeNull();
	});

	it("stays where the person scrolled to after a search hit was shown", async () => {
		await open({ longChat: 400 });
		await user.type(await screen.findByRole("searchbox", { name: "Search chats" }), "clause 41 ");
		const results = await screen.findByRole("region", { name: "Search results" });
		await user.click((await within(results).findAllByRole("button"))[0] as HTMLElement);
		const messages = await screen.findByRole("region", { name: "Messages" });
		await within(messages).findByText(/what does clause 41 mean/);
		const moment = () => new Promise((resolve) => setTimeout(resolve, 400));
		// The list goes to a place until all around it is measured; only then can a person leave it.
		do {
			messages.scrollTop = 0;
			await moment();
		} while (messages.scrollTop !== 0);
		await within(messages).findByText(/what does clause 1 mean/);
		// By keyboard: while a list scrolls it takes no clicks.
		within(messages).getAllByRole("button", { name: "Good answer" })[0]?.focus();
		await user.keyboard("{Enter}");
		await waitFor(() =>
			expect(messages.querySelector("[aria-label='Good answer'][aria-pressed=true]")).toBeTruthy(),
		);
		await moment();
		expect(messages.scrollTop, "not back at the hit").toBe(0);
	});

	it("asks before a link is opened", async () => {
		await open();
		await openChat(/^Notice period/);
		await user.click(
			(await screen.findAllByRole("link", { name: "the law's own page" }))[0] as HTMLElement,
		);
		expect(link.asked?.url).toMatch(/^https:/);
	});

	it("has no faults that axe can find", async () => {
		await open();
		await openChat(/^Notice period/);
		await user.click(button("Options"));
		const found = await axe.run(document.body, {
			rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
		});
		expect(found.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
	});
});
