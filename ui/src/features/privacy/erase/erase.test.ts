import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { FakeOptions } from "$lib/backend/fake";
import { go, place, returnTo } from "$lib/navigation.svelte";
import {
	eraseAfterAsking,
	erasing,
	forgetErasing,
	type AskedErasure,
} from "$lib/state/erasing.svelte";

import { accessibilityFaults } from "../../../test/axe";
import { host, show } from "../../../test/render";
import { chat, resetChat } from "../../chat/chat.svelte";
import { part } from "../part.svelte";
import EraseDialog from "./EraseDialog.svelte";

const ofChat: AskedErasure = {
	erasure: { type: "conversation", id: "chat-1" },
	name: "Notice period",
	request: null,
};
const ofPerson: AskedErasure = {
	erasure: { type: "person", identifiers: ["Anna"], extent: "words" },
	name: "Anna",
	request: null,
};

async function open(asked: AskedErasure, options: FakeOptions = {}) {
	const fake = host(options);
	resetChat();
	await chat.refresh();
	eraseAfterAsking(asked);
	const shown = show(EraseDialog, { asked });
	const dialog = await screen.findByRole("dialog", { name: "Erase for good" });
	await within(dialog).findByRole("heading", { name: "What goes" });
	return { fake, dialog, ...shown };
}

const erase = () => screen.getByRole("button", { name: "Erase for good" });
const understood = () => screen.getByRole("checkbox", { name: /cannot be undone/ });

beforeEach(() => {
	forgetErasing();
	go("chat", "chat-1");
});

describe("before anything is erased", () => {
	it("what goes is shown, and what stays with its reason", async () => {
		const { dialog } = await open(ofChat);
		expect(within(dialog).getByText(/^Messages in every version/)).toBeTruthy();
		const stays = within(dialog).getByRole("region", { name: "What stays, and why" });
		expect(stays.textContent).toMatch(/Entries of the record:.*They say that something happened/s);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("a person must say that they know it cannot be undone", async () => {
		const { fake, user } = await open(ofChat);
		expect(erase()).toHaveProperty("disabled", true);
		await user.click(understood());
		expect(erase()).toHaveProperty("disabled", false);
		expect(fake.calls.some(({ method }) => method === "erase")).toBe(false);
	});

	it("another extent is another thing to agree to", async () => {
		const { fake, user } = await open(ofPerson);
		await user.click(understood());
		await user.click(screen.getByRole("radio", { name: "Whole chats" }));
		await screen.findByText(/Chats, with their titles/);
		expect(understood()).toHaveProperty("checked", false);
		expect(erase()).toHaveProperty("disabled", true);
		const seen = fake.calls.filter(({ method }) => method === "previewErasure");
		expect(seen.map(({ args }) => args[0])).toMatchObject([
			{ extent: "words" },
			{ extent: "conversations" },
		]);
	});

	it("Escape leaves everything as it was", async () => {
		const { fake, user } = await open(ofChat);
		await user.keyboard("{Escape}");
		await waitFor(() => expect(erasing.asked).toBeNull());
		expect(fake.calls.some(({ method }) => method === "erase")).toBe(false);
	});

	it("what is on hold is named, and there is nothing to agree to", async () => {
		const fake = host();
		await fake.hold({ kind: "workspace", workspaceId: "personal" }, "Proceedings");
		show(EraseDialog, { asked: ofChat });
		const held = await screen.findByRole("list", { name: "On hold" });
		expect(held.textContent).toMatch(/Larkspur/);
		expect(screen.queryByRole("checkbox")).toBeNull();
		expect(erase()).toHaveProperty("disabled", true);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("what cannot be looked at says why, and there is nothing to press", async () => {
		const fake = host();
		const message = "There is no such conversation.";
		fake.fail("previewErasure", { code: "not_found", message, hint: null });
		show(EraseDialog, { asked: ofChat });
		expect((await screen.findByRole("alert")).textContent).toContain(message);
		expect(erase()).toHaveProperty("disabled", true);
	});
});

describe("an erasure", () => {
	it("of a chat says what went, that no byte is left, and leaves the chat", async () => {
		const { fake, user } = await open(ofChat);
		await user.click(understood());
		await user.click(erase());
		const dialog = await screen.findByRole("dialog", { name: "Erased" });
		expect(within(dialog).getByText("Nothing of it is left in the data folder")).toBeTruthy();
		expect(dialog.textContent.replace(/\s+/g, " ")).toMatch(
			/of 859 pages of the database, decrypted, and of 7 other files, as they lie there/,
		);
		expect(within(dialog).getByRole("list", { name: "What was erased" }).textContent).toMatch(
			/1 chat/,
		);
		expect(dialog.textContent).toMatch(/entry 171/);
		expect(place.conversationId, "it is not there any more").toBeNull();
		expect(chat.list?.some(({ id }) => id === "chat-1")).toBe(false);
		expect(fake.calls.find(({ method }) => method === "erase")?.args.slice(0, 2)).toEqual([
			ofChat.erasure,
			null,
		]);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("says its steps while it goes on, and cannot be left meanwhile", async () => {
		const { fake, user } = await open(ofChat);
		await user.click(understood());
		fake.halt();
		await user.click(erase());
		const steps = await screen.findByRole("list", { name: "Steps" });
		fake.goOn(1);
		await waitFor(() =>
			expect(within(steps).getByText("Destroying keys and content, done")).toBeTruthy(),
		);
		await user.keyboard("{Escape}");
		expect(screen.getByRole("dialog")).toBeTruthy();
		fake.goOn();
		await screen.findByRole("dialog", { name: "Erased" });
	});

	it("that leaves something behind is not called clean", async () => {
		const { user } = await open(ofChat, { leftover: true });
		await user.click(understood());
		await user.click(erase());
		expect(await screen.findByText("Something of it is left in the data folder")).toBeTruthy();
		expect(screen.getByRole("list", { name: "Found in" }).textContent).toMatch(
			/the database: once/,
		);
	});

	it("that something was in the way of is not called clean, though nothing was found", async () => {
		const { user } = await open(ofChat, { inTheWay: true });
		await user.click(understood());
		await user.click(erase());
		const title = await screen.findByText("Something of it may be left in the data folder");
		const seal = title.closest("[role=status]");
		expect(seal?.className).toContain("caution");
		expect(seal?.textContent).toMatch(/Nothing was found of 12\s+things/);
		expect(screen.queryByRole("list", { name: "Found in" })).toBeNull();
		expect(screen.getByText(/^Snapshots:/)).toBeTruthy();
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("gives its certificate to read and as data", async () => {
		const { fake, user } = await open(ofChat);
		await user.click(understood());
		await user.click(erase());
		await user.click(await screen.findByRole("button", { name: "Save certificate to read…" }));
		expect(await screen.findByText("/home/ada/gatehouse-erasure.html")).toBeTruthy();
		await user.click(screen.getByRole("button", { name: "Save certificate as data…" }));
		expect(await screen.findByText("/home/ada/gatehouse-erasure.json")).toBeTruthy();
		const asked = fake.calls.filter(({ method }) => method === "saveCertificate");
		expect(asked.map(({ args }) => args)).toEqual([
			[171, "html"],
			[171, "json"],
		]);
	});

	it("of a person answers their request, and whoever asked for it is told", async () => {
		const onerased = vi.fn();
		const { fake, user } = await open({ ...ofPerson, request: 3, onerased });
		await user.click(understood());
		await user.click(erase());
		expect(await screen.findByText("Request 3 is closed as answered.")).toBeTruthy();
		expect(onerased).toHaveBeenCalledOnce();
		const { places } = await fake.findPerson(["Anna"]);
		expect(places, "the words are gone").toEqual([]);
	});

	it("of what is held meanwhile does not happen, and leads to where holds are lifted", async () => {
		const { fake, user } = await open(ofChat);
		await fake.hold({ kind: "conversation", conversationId: "chat-1" }, "Proceedings");
		await user.click(understood());
		await user.click(erase());
		const alert = await screen.findByRole("alert");
		expect(alert.textContent).toMatch(/On legal hold: nothing is erased.*Lift the hold first/s);
		expect(alert.textContent, "that is said of what leaves").not.toMatch(/leave/);
		await user.click(within(alert).getByRole("button", { name: "Show the legal holds" }));
		expect([place.screen, part.shown, erasing.asked]).toEqual(["privacy", "retention", null]);
	});

	it("that the host refuses changes nothing and can be tried again", async () => {
		const { fake, user } = await open(ofChat);
		fake.fail("erase", { code: "busy", message: "An answer does not end.", hint: null });
		await user.click(understood());
		await user.click(erase());
		expect((await screen.findByRole("alert")).textContent).toContain("An answer does not end.");
		expect(place.conversationId).toBe("chat-1");
		fake.fail("erase", null);
		await user.click(erase());
		expect(await screen.findByRole("dialog", { name: "Erased" })).toBeTruthy();
	});

	it("of the chat that was shown last leaves a new chat to come back to", async () => {
		const { user } = await open(ofChat);
		go("privacy");
		await user.click(understood());
		await user.click(erase());
		await screen.findByRole("dialog", { name: "Erased" });
		returnTo("chat");
		expect([place.screen, place.conversationId]).toEqual(["chat", null]);
	});

	it("leaves no draft of a new chat in the window", async () => {
		const { user } = await open(ofPerson);
		chat.newThread.draft = "Dear Anna";
		await user.click(understood());
		await user.click(erase());
		await screen.findByRole("dialog", { name: "Erased" });
		expect(chat.newThread.draft).toBe("");
	});
});
