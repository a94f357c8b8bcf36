// What a person keeps: finding it again, ordering it, and having it after a restart.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Gatehouse, importChat, temporaryFolder, until } from "./app.js";
import * as page from "./page.js";

test("keeping chats", async (t) => {
	const answer =
		"Larks nest on the ground.\n\nThe word to find is quicksilver, and it is only here.";
	const others = Array.from({ length: 40 }, (_, at) => `Line ${at} of a longer conversation.`);

	const folder = await temporaryFolder(t);
	await importChat(t, folder, "Birds", ["Where do larks nest?", answer, ...others]);
	await importChat(t, folder, "Weather", ["Will it rain?", "I cannot know."]);
	let app = await Gatehouse.start(t, folder);
	await app.see("button", /^Weather/);

	const row = (title) => new RegExp(`^${title}`);

	await t.test("search finds a word of an answer and brings it into view", async () => {
		await app.fill("Search chats", "quicksilver");
		await app.says("1 place found", "region", "Search results");
		await app.click("button", /quicksilver/, await app.see("region", "Search results"));
		const shown = await until("the message is in view", () => app.run(page.markedMessage));
		assert.match(shown, /quicksilver/);
		await app.click("button", "Clear search");
		await app.see("button", row("Weather"));
	});

	await t.test("a chat can be renamed", async () => {
		await app.click("button", row("Weather"));
		await app.see("heading", "Weather");
		await app.click("button", "More for this chat");
		await app.click("menuitem", /^Rename/);
		await app.see("dialog", "Rename this chat");
		await app.fill("Title", "Rain or shine");
		await app.click("button", "Rename");
		await app.see("heading", "Rain or shine");
		await app.see("button", row("Rain or shine"));
	});

	await t.test("an answer can be rated, and rated differently", async () => {
		const rated = async (name) => {
			await app.click("button", name);
			await until(`${name} is pressed`, async () => {
				return (await app.attributeOf("button", name, "aria-pressed")) === "true";
			});
		};
		await rated("Bad answer");
		await rated("Good answer");
		const bad = await app.attributeOf("button", "Bad answer", "aria-pressed");
		assert.equal(bad, "false", "one answer, one rating");
	});

	await t.test("a deleted chat can be brought back", async () => {
		await app.click("button", "More for this chat");
		await app.click("menuitem", /^Delete/);
		await app.says("Deleted “Rain or shine”.");
		await app.gone("button", row("Rain or shine"));
		await app.click("button", "Undo");
		await app.see("button", row("Rain or shine"));
		await app.says("I cannot know.");
	});

	await t.test("a draft stays in its chat while another is shown", async () => {
		await app.fill("Message", "Half a thought");
		await app.click("button", row("Birds"));
		await app.see("heading", "Birds");
		assert.equal(await app.valueOf("Message"), "");
		await app.click("button", row("Rain or shine"));
		await app.see("heading", "Rain or shine");
		assert.equal(await app.valueOf("Message"), "Half a thought");
	});

	await t.test("after a restart everything is where it was", async () => {
		await app.click("button", "New chat");
		await app.fill("Message", "Not sent yet");
		await app.click("button", "Settings");
		await app.click("radio", "Dark");
		await until("the dark theme", () => app.run(isDark));
		await app.quit();

		app = await Gatehouse.start(t, app.folder);
		await until("the dark theme", () => app.run(isDark));
		await app.see("button", row("Birds"));
		await until("the draft of the new chat", async () => {
			return (await app.valueOf("Message")) === "Not sent yet";
		});
		await app.click("button", row("Rain or shine"));
		await app.see("heading", "Rain or shine");
		await app.says("I cannot know.");
		assert.equal(await app.valueOf("Message"), "Half a thought");
		const good = await app.attributeOf("button", "Good answer", "aria-pressed");
		assert.equal(good, "true", "the rating was kept");
	});
});

function isDark() {
	return document.documentElement.dataset.theme === "dark";
}
