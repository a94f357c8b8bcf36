// The Privacy screen as a person uses it: somebody asks to be erased, a chat is held, how long chats are
// kept, backups, and what is stored where.
//
// Archives, certificates and other files that a person chooses the place of are in `dialogs.test.js`.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { Gatehouse, gatehouse, importChat, temporaryFolder, until } from "./app.js";
import * as page from "./page.js";

const name = "Annabel Weissenfels";

test("the Privacy screen", async (t) => {
	const folder = await temporaryFolder(t);
	const app = await Gatehouse.start(t, folder);
	await app.see("button", /^Model: SmolLM2/);
	await importChat(t, folder, `Letter to ${name}`, [
		`Write to ${name} that the boiler is mended.`,
		`Dear Ms Weissenfels, the boiler is mended.`,
	]);
	await importChat(t, folder, "The boiler", ["Who mended the boiler?", `It was ${name}.`]);
	await app.reload();
	await app.see("button", /^Letter to Annabel/);

	await t.test("a request is noted, with the day on which its answer is due", async () => {
		await app.press("Control+7");
		await app.see("heading", "Privacy");
		await app.click("button", "Note a request");
		await app.click("radio", "Erasure");
		await app.fill("Who it is", name);
		await app.click("button", "Note the request");
		await app.gone("dialog");
		assert.match(
			await app.textOf("list", "Open requests"),
			/^Request 1 Open Annabel Weissenfels Erasure.* answer due \d+ \w+ \d{4}/,
		);
	});

	await t.test("the person is found wherever they stand, and a place leads there", async () => {
		await app.click("button", "Find the person of request 1");
		await until("three places at least", async () => {
			const found = await app.textOf("region", "What is kept about them");
			const [, places] = /(\d+) places, 2 chats/.exec(found) ?? [];
			return Number(places) >= 3;
		});
		await app.see("region", `Letter to ${name}`);
		await app.see("region", "Outside of chats");
		await app.click("button", "Show the message");
		await until("the message is in view", async () =>
			(await app.run(page.markedMessage))?.includes(name),
		);
		await app.press("Control+7");
		await app.see("region", "What is kept about them");
	});

	await t.test("erasing shows what goes, asks, and finds no byte left", async () => {
		await app.click("button", "Erase…");
		await app.see("heading", "What goes");
		assert.match(await app.textOf("dialog", "Erase for good"), /What stays, and why/);
		await app.click("checkbox", /cannot be undone/);
		await app.click("button", "Erase for good");
		const said = await app.textOf("dialog", "Erased");
		assert.match(
			said,
			/Nothing of it is left in the data folder Every byte was searched of [\d,]+ pages of the database, decrypted, and of \d+ other/,
		);
		assert.match(said, /Request 1 is closed as answered\./);
		await app.click("button", /^Close$/, await app.see("dialog", "Erased"));
		await app.gone("dialog");
		await app.says("Nothing was found");
		const { stdout } = await gatehouse(folder, "--json", "subject", "find", name);
		assert.equal(JSON.parse(stdout).total, 0, stdout);
	});

	await t.test("the chats that are left say nothing of them", async () => {
		await app.press("Control+1");
		await app.click("button", /^The boiler/);
		await app.says("Who mended the boiler?");
		assert.ok(!(await app.text()).includes("Annabel"));
	});

	await t.test("a chat on hold is not erased, and after that it is", async () => {
		await app.click("button", "More for this chat");
		await app.click("menuitem", "Legal hold…");
		await app.fill("Why", "Proceedings 3 O 118/26");
		await app.click("button", "Hold");
		await app.gone("dialog");
		await app.click("button", "More for this chat");
		await app.click("menuitem", "Erase for good…");
		await app.see("alert", /^On legal hold: nothing is erased The boiler/);
		assert.equal((await app.all("checkbox")).length, 0, "there is nothing to agree to");
		await app.press("Escape");
		await app.gone("dialog");

		await app.press("Control+7");
		await app.click("tab", "Retention");
		await app.says("Proceedings 3 O 118/26");
		await app.click("button", /^Lift the hold on “The boiler”/);
		await app.click("button", "Lift the hold");
		await app.says("Nothing is held.");

		await app.press("Control+1");
		await eraseThisChat(app);
		await app.see("dialog", "Erased");
		await app.press("Escape");
		await app.gone("button", /^The boiler/);
		await app.see("heading", "New chat");
	});

	await t.test("a workspace says how long it keeps its chats", async () => {
		await app.press("Control+7");
		await app.click("button", /^Change how long .* keeps its chats$/);
		await app.click("radio", "Delete");
		await app.fill("After", "30\uE004");
		await app.click("button", "Save");
		await app.says("Deleted 30 days after the last message");
		await app.click("button", "What would go…");
		await app.says("Nothing is due.");
		await app.press("Escape");
		await app.gone("dialog");
	});

	await t.test("a backup is made, verified and gone back to", async () => {
		const backups = join(await temporaryFolder(t), "backups");
		await mkdir(backups);
		const chosen = await gatehouse(folder, "backup", "schedule", "--folder", backups);
		assert.equal(chosen.code, 0, chosen.stderr);
		await app.click("tab", "Backups");
		await app.says(backups);
		await app.click("button", "Back up now");
		await app.see("table", "Backups that were made");
		await app.click("button", /^Verify the backup of/);
		await app.says("The record in it verifies");
		await app.press("Control+1");
		await app.click("button", /^Letter to/);
		await app.press("F2");
		await app.fill("Title", "Renamed since");
		await app.press("Enter");
		await app.see("button", /^Renamed since/);
		await app.press("Control+7");
		await app.run(() => void (globalThis.isOld = true));
		await app.click("button", /^Go back to the backup of/);
		await app.click("button", "Go back");
		await until("the window is loaded afresh", async () =>
			app.run(() => !globalThis.isOld && document.readyState === "complete").catch(() => false),
		);
		await app.see("heading", "Privacy");
		await app.press("Control+1");
		await app.see("button", /^Letter to/);
		await app.gone("button", /^Renamed since/);
	});

	await t.test("after that nothing goes by itself until a person has looked", async () => {
		await app.press("Control+7");
		await app.click("tab", /^Retention/);
		await app.says("Nothing goes by itself until you have looked");
		await app.click("button", "Look at what would go…");
		await app.says("Nothing is due.");
		await app.click("button", "Go on");
		await app.see("list", "What the run did");
		await app.click("button", /^Close$/, await app.see("dialog", "What went"));
		await app.gone("dialog");
		await app.gone("button", "Look at what would go…");
	});

	await t.test("what is stored where is said, and the record verifies", async () => {
		await app.press("Control+7");
		await app.click("tab", "Storage");
		assert.match(await app.textOf("table", "What is stored where"), /gatehouse\.db/);
		await app.see("region", "Log of connections");
		// The end of the record is that of the backup, which stands as a fault until somebody has read of it.
		await app.press("Control+6");
		await app.click("button", "I have read this");
		await app.gone("button", "I have read this");
		await app.quit();
		const verified = await gatehouse(folder, "record", "verify");
		assert.equal(verified.code, 0, verified.stdout + verified.stderr);
	});
});

async function eraseThisChat(app) {
	await app.click("button", "More for this chat");
	await app.click("menuitem", "Erase for good…");
	await app.see("heading", "What goes");
	await app.click("checkbox", /cannot be undone/);
	await app.click("button", "Erase for good");
}
