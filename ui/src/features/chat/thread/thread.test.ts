// The messages as they scroll, are shown and are heard.

import { screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { describe, expect, it } from "vitest";

import type { Message } from "$lib/backend";
import { link } from "$lib/state/links.svelte";

import { ask, button, open, openChat, user } from "../../../test/chat";

describe("the thread", () => {
	it("draws only what is seen of 10,000 messages, and streaming touches only the answer", async () => {
		const backend = await open({ longChat: 10_000 });
		await openChat(/^A very long conversation/);
		expect(screen.getAllByRole("article").length).toBeLessThan(100);
		backend.halt();
		await ask("Go on");
		backend.goOn(20);
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
		backend.goOn(45);
		await waitFor(() => expect(busy?.textContent).toContain("third working day"));
		observer.disconnect();
		expect(elsewhere).toEqual([]);
	});

	it("shows an answer that another process writes as it grows, and its end", async () => {
		const backend = await open();
		const read = backend.openConversation;
		let written: Partial<Message> = { text: "Once upon", state: "streaming" };
		// What is written there has a new time of change only when it begins.
		backend.openConversation = async (id) => {
			const thread = await read(id);
			const messages = thread.messages.map((message, nth, all) =>
				nth === all.length - 1 ? { ...message, ...written } : message,
			);
			return { ...thread, messages };
		};
		const heard = () => backend.emit("conversationsChanged", { id: null });
		await openChat(/^Summarise the inspection report/);
		expect(await screen.findByText(/^Still being written/)).toBeTruthy();
		written = { text: "Once upon a time", state: "streaming" };
		heard();
		expect(await screen.findByText("Once upon a time")).toBeTruthy();
		expect(screen.queryByRole("button", { name: "Regenerate" })).toBeNull();
		const stopped: number[] = [];
		backend.stopCall = async (number) => void stopped.push(number);
		await user.click(button("Stop"));
		expect(stopped).toHaveLength(1);
		await waitFor(() => expect(button("Stopping…")).toHaveProperty("disabled", true));
		written = { text: "Once upon a time, the end.", state: "done" };
		heard();
		expect(await screen.findByText("Once upon a time, the end.")).toBeTruthy();
		expect(screen.queryByText(/^Still being written/)).toBeNull();
	});

	it("reads an answer that was begun before the page until it has ended", async () => {
		const backend = await open();
		const read = backend.openConversation;
		let state: Message["state"] = "streaming";
		let reads = 0;
		backend.openConversation = async (id) => {
			const thread = await read(id);
			if (++reads === 3) state = "done";
			const messages = thread.messages.map((message, nth, all) =>
				nth === all.length - 1 ? { ...message, state } : message,
			);
			return { ...thread, messages };
		};
		await openChat(/^Summarise the inspection report/);
		await screen.findByText(/^Still being written/);
		// Nothing is heard of it, so it is read.
		await waitFor(() => expect(screen.queryByText(/^Still being written/)).toBeNull(), {
			timeout: 20_000,
		});
		expect(reads).toBe(3);
		expect(button("Regenerate")).toBeTruthy();
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
		// That nothing moves any more has no event: as many frames as the list may take to settle.
		const moment = async () => {
			for (let frame = 0; frame < 24; frame++) await new Promise(requestAnimationFrame);
		};
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
