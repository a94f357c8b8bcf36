// The list of chats, and the search in it.

import { render, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { allActions } from "$lib/actions";
import { useBackend } from "$lib/backend";
import { fakeBackend } from "$lib/backend/fake";
import { go } from "$lib/navigation.svelte";
import { erasing, forgetErasing } from "$lib/state/erasing.svelte";
import { forgetHolding, holding } from "$lib/state/holding.svelte";
import { readSettings } from "$lib/state/settings.svelte";
import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import { answers, button, open, openChat, user } from "../../../test/chat";
import { menuEntry } from "../../../test/render";
import { resetChat } from "../chat.svelte";
import ChatScreen from "../ChatScreen.svelte";

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
		expect(allActions().find(({ id }) => id === "chat.restore")).toBeUndefined();
	});

	it("brings a deleted chat back from the palette, also when the message of it is gone", async () => {
		await open();
		const name = /^Summarise the inspection report .*messages/;
		await openChat(name);
		button(name).focus();
		await user.keyboard("{Delete}");
		await waitFor(() => expect(screen.queryByRole("button", { name })).toBeNull());
		for (const { id } of toasts.list) dismissToast(id);
		const undo = () => allActions().find(({ id }) => id === "chat.restore");
		await waitFor(() => expect(undo()?.title).toMatch(/^Undo: bring “Summarise the inspection/));
		undo()?.run();
		expect(await screen.findByRole("button", { name })).toBeTruthy();
		await waitFor(() => expect(undo()).toBeUndefined());
	});

	it("shows every chat, also where the times of some are none", async () => {
		const backend = fakeBackend();
		const all = await backend.listConversations();
		const times = [2 ** 63, 8.64e15 + 1, all[2]?.updatedAtMs ?? 0, -(2 ** 63)];
		const list = times.map((updatedAtMs, nth) => ({ ...all[nth]!, updatedAtMs }));
		useBackend({ ...backend, listConversations: () => Promise.resolve(list) });
		resetChat();
		go("chat");
		await readSettings();
		render(ChatScreen);
		const chats = await screen.findByRole("navigation", { name: "Chats" });
		await waitFor(() =>
			expect(within(chats).getAllByRole("button", { name: /messages/ })).toHaveLength(4),
		);
		expect(within(chats).getAllByText("Without a date")).toHaveLength(2);
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

	it("claims no count of the places where it does not give all of them", async () => {
		const backend = fakeBackend();
		const [hit] = await backend.searchConversations("successor");
		const found = (count: number) => Array.from({ length: count }, () => hit!);
		const title = { ...hit!, messageId: null };
		let hits = [title, ...found(99)];
		useBackend({ ...backend, searchConversations: () => Promise.resolve(hits) });
		resetChat();
		go("chat");
		await readSettings();
		render(ChatScreen);
		const field = await screen.findByRole("searchbox", { name: "Search chats" });
		await user.type(field, "lease");
		expect(await screen.findByText("100 places found")).toBeTruthy();
		hits = [title, ...found(100)];
		await user.type(field, "s");
		expect(
			await screen.findByText("At least 101 places found. The latest are shown."),
		).toBeTruthy();
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
		const backend = await open();
		await openChat(/^Summarise the inspection report/);
		backend.halt();
		await user.click(button("Regenerate"));
		await waitFor(() => expect(button("Stop")).toBeTruthy());
		await find("need bleeding");
		await waitFor(() => expect(toasts.list.at(-1)?.text).toContain("another version"));
		await user.click(button("Stop"));
		backend.goOn();
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
