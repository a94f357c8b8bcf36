// Everything by keyboard: not one click in this file.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Gatehouse, until } from "./app.js";
import * as page from "./page.js";
import { startSteadyProvider } from "./provider.js";

test("by keyboard alone", async (t) => {
	// It writes until it is stopped, so there is always something to stop.
	const provider = await startSteadyProvider(t, { tokens: 100_000, perSecond: 20 });
	const app = await Gatehouse.startNew(t);
	const accountId = await app.run(page.addAccount, "Steady", provider.address);
	const defaultElsewhere = { type: "account", accountId, model: "steady" };
	await app.run(page.changeSettings, { defaultElsewhere });
	await app.reload();
	await app.see("button", /^Model: steady/);

	const hasFocus = (name) =>
		until(`${name} has the focus`, async () => (await app.run(page.focused)) === name);

	await t.test("write, send with Enter, stop with Escape", async () => {
		await hasFocus("Message");
		await app.type("Write a long story about a garden.");
		await app.press("Enter");
		await app.writing(20);
		await app.press("Escape");
		const answer = await app.answered();
		assert.match(answer.all, /Stopped\./);
	});

	await t.test("Ctrl+N begins a new chat, ready to write in", async () => {
		await app.press("Control+n");
		await app.see("heading", "What would you like to write?");
		await hasFocus("Message");
	});

	await t.test("Ctrl+1 to Ctrl+8 go to the screens", async () => {
		for (const [key, title] of [
			["2", "Models"],
			["3", "Costs"],
			["4", "Monitor"],
			["5", "Safety"],
			["6", "Record"],
			["7", "Privacy"],
			["8", "Settings"],
			["1", "New chat"],
		]) {
			await app.press(`Control+${key}`);
			await app.see("heading", title);
		}
	});

	await t.test("the palette finds an action by a few letters", async () => {
		await app.press("Control+k");
		await app.see("dialog", "Command palette");
		await hasFocus("Find a chat or an action");
		await app.type("shortc");
		await app.see("option", /^Keyboard shortcuts/);
		await app.press("Enter");
		await app.see("dialog", "Keyboard shortcuts");
		await app.press("Escape");
		await app.gone("dialog");
	});

	await t.test("the palette leads to a chat by a word of it", async () => {
		await app.press("Control+k");
		await hasFocus("Find a chat or an action");
		await app.type("garden");
		await app.see("option", /garden/);
		await app.press("Enter");
		await app.says("Write a long story about a garden.");
	});

	await t.test("F2 renames the chat", async () => {
		await app.press("F2");
		await hasFocus("Title");
		await app.press("Control+a");
		await app.type("A garden");
		await app.press("Enter");
		await app.see("heading", "A garden");
	});
});
