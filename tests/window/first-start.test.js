// The first start: an empty folder, nothing set up, nobody to explain.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { Gatehouse, temporaryFolder } from "./app.js";
import * as page from "./page.js";

test("the first start shows a new chat, ready to write in, and nothing else", async (t) => {
	const app = await Gatehouse.start(t, await temporaryFolder(t));
	await app.see("heading", "What would you like to write?");
	assert.equal(await app.run(page.focused), "Message", "the first key goes into the message");
	assert.deepEqual(await app.all("alert"), [], "nothing is wrong");
	assert.deepEqual(await app.all("dialog"), [], "nothing asks before the person does");
	assert.equal(await app.textOf("region", "Messages"), "", "no message pops up");
	await app.says("Your chats will be listed here.");
});

test("the starter model is there by itself", async (t) => {
	const app = await Gatehouse.start(t, await temporaryFolder(t));
	await app.see("button", /^Model: SmolLM2-135M-Instruct, this computer$/);
	await app.says("Stays on this computer");
	await app.says("Nothing is sent anywhere.");
});

test("without a keychain the person is told where the key is", async (t) => {
	const folder = await temporaryFolder(t);
	const app = await Gatehouse.start(t, folder);
	const notice = ["complementary", "Where the key is"];
	await app.says(
		"The key to your chats is not in a keychain but in a file that only your user can read",
		...notice,
	);
	const { mode } = await stat(join(folder, "database.key"));
	assert.equal(mode & 0o777, 0o600, "and so it is");
	await app.click("button", "Dismiss", await app.see(...notice));
	await app.gone(...notice);
	await app.click("button", "Settings");
	await app.says("In a file in the data folder that only your user can read");
});

test("the page and all that belongs to it come out of the program", async (t) => {
	const app = await Gatehouse.start(t, await temporaryFolder(t));
	await app.see("button", /^Model: SmolLM2/);
	for (const screen of ["Models", "Settings", "Chat"]) await app.click("button", screen);
	const allowed = ["tauri://localhost", "ipc://localhost", "http://ipc.localhost"];
	const others = (await app.run(page.loadedFrom)).filter((origin) => !allowed.includes(origin));
	assert.deepEqual(others, [], "no server of any kind was asked for anything");
});
