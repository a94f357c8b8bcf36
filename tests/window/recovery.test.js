// What is left after the worst: a killed window, damage found late, a lost key.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readlink, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { Gatehouse, gatehouse, importChat, program, temporaryFolder, until } from "./app.js";
import { answer } from "./file-dialog.js";
import * as page from "./page.js";

test("a window killed in mid-answer, again and again, loses no finished message", async (t) => {
	const folder = await temporaryFolder(t);
	const asked = [];
	for (let kill = 0; kill < 6; kill++) {
		const app = await Gatehouse.start(t, folder);
		await app.see("button", /^Model: SmolLM2/);
		if (kill === 0) {
			await app.spareTheMachine();
			await app.limitAnswers(40);
		} else {
			await app.click("button", /\d messages?/, await app.see("navigation", "Chats"));
			await app.asked(asked.at(-1).question);
			assert.deepEqual(await whatIsKept(folder, asked), asked);
		}
		const finished = `Say one word, number ${kill}.`;
		await app.ask(finished);
		await app.answered();
		asked.push(...(await whatIsKept(folder, [{ question: finished, answer: "" }])));
		const cut = `Tell me a story, number ${kill}.`;
		await app.ask(cut);
		asked.push({ question: cut });
		// Spread over reading and the first words; a very short answer may have ended before.
		await until("the answer is as long as it is to be cut", async () => {
			const { text, footer } = (await app.messages()).at(-1);
			return text.length >= (kill % 3) * 8 || footer;
		});
		await app.kill();
	}
});

/** Of these questions and answers, those that the command line finds. */
async function whatIsKept(folder, asked) {
	const list = JSON.parse((await gatehouse(folder, "--json", "chats", "list")).stdout);
	const { stdout } = await gatehouse(folder, "--json", "chats", "show", list[0].id);
	const { messages } = JSON.parse(stdout);
	return asked.flatMap(({ question, answer }) => {
		const at = messages.findIndex(({ text }) => text === question);
		if (at === -1) return [];
		return answer === undefined ? [{ question }] : [{ question, answer: messages[at + 1].text }];
	});
}

test("when what draws the window dies, the page comes back and the answer goes on until it is stopped", async (t) => {
	const app = await Gatehouse.startNew(t);
	// What a title tells the page is not to help.
	await app.run(page.changeSettings, { automaticTitles: false });
	await app.answerWithoutEnd();
	await app.ask("Tell me of the sea, and do not stop.");
	const { text } = await app.writing(40);
	await app.killRenderer();
	await app.attachAgain();
	await app.asked("Tell me of the sea, and do not stop.");
	await app.click("button", "Stop");
	const stopped = await app.answered();
	assert.ok(stopped.text.startsWith(text), "nothing that was read disappears");
	await app.says("Stopped. What was written is kept.");
});

test("where what draws the window dies again and again, the person is asked before one more try", async (t) => {
	const folder = await temporaryFolder(t);
	await importChat(t, folder, "Kept", ["What is kept?", "This answer."]);
	const app = await Gatehouse.start(t, folder);
	for (let time = 0; time < 3; time++) {
		// Of one that dies before it has begun to draw the web view does not always tell.
		await app.killRenderer();
		await app.attachAgain();
	}
	await app.killRenderer(() => answer(app, "Try again"));
	await app.attachAgain();
	await app.see("button", /^Kept/);
});

test("damage that the daily check finds while the window is open leads back to a snapshot", async (t) => {
	const folder = await temporaryFolder(t);
	const long = Array.from({ length: 4000 }, (_, at) => `Line ${at}: ${"and so on ".repeat(60)}`);
	await importChat(t, folder, "Kept", ["What is kept?", "This answer."]);
	await importChat(t, folder, "Long", long);
	const app = await Gatehouse.start(t, folder);
	await until("the day's snapshot is made", async () => (await snapshots(folder)).length === 1);
	await app.quit();
	const [daily] = await snapshots(folder);

	// Opening reads the beginning of a large file and all of a small one.
	const database = join(folder, "gatehouse.db");
	const { size } = await stat(database);
	assert.ok(size > 2 << 20, `${size} bytes are more than are read at every start`);
	await overwrite(database, Math.floor(size / 8192) * 4096);
	// Yesterday's, so that today's check is still to come.
	await rm(join(folder, "snapshots", daily));
	const broken = await Gatehouse.start(t, folder);
	await broken.see("heading", "A part of your chats can’t be read");
	await broken.click("button", "Go on for now");
	await broken.click("button", /^Kept/);
	await broken.says("This answer.");
});

test("Settings goes back to a snapshot, unless a command is at work", async (t) => {
	const folder = await temporaryFolder(t);
	await importChat(t, folder, "Before", ["What was?", "This."]);
	const app = await Gatehouse.start(t, folder);
	await app.see("button", /^Before/);
	// What a start does behind the window holds the data, and on a slow machine for longer than going back waits.
	await app.see("button", /^Model: SmolLM2/);
	await until("the day's snapshot is made", async () => (await snapshots(folder)).length === 1);
	await app.click("button", "Settings");
	await app.click("button", "Make one now");
	await app.says("Made by hand", "table", "Snapshots of your chats");

	// The command line brings a chat while the window is open, and the window shows it.
	await importChat(t, folder, "After", ["What came?", "That."]);
	await app.click("button", "Chat");
	await app.see("button", /^After/);

	await app.click("button", "Settings");
	await app.run(() => void (globalThis.isOld = true));
	const command = await atWork(t, folder);
	await app.click("button", /^Go back to this one/);
	await app.click("button", "Go back", await app.see("dialog"));
	await app.says("Another command of Gatehouse is at work with this data.");
	assert.ok(await app.run(() => globalThis.isOld), "the window goes on as it was");
	command.stdin.end();
	await once(command, "exit");

	await app.click("button", /^Go back to this one/);
	await app.click("button", "Go back", await app.see("dialog"));
	await until("the window is loaded afresh", async () => {
		return app.run(() => !globalThis.isOld && document.readyState === "complete").catch(() => false);
	});
	await app.click("button", "Chat");
	await app.see("button", /^Before/);
	await app.gone("button", /^After/);
	assert.equal((await readdir(join(folder, "replaced"))).length, 1, "it went back once");
	await app.click("button", /^Before/);
	await app.says("This.");
	const { stdout } = await gatehouse(folder, "--json", "chats", "list");
	assert.deepEqual(
		JSON.parse(stdout).map(({ title }) => title),
		["Before"],
	);
});

test("with a lost key a person can start with no chats, and the old ones are set aside", async (t) => {
	const folder = await temporaryFolder(t);
	await importChat(t, folder, "Lost", ["What is lost?", "This."]);
	await rm(join(folder, "database.key"));
	const app = await Gatehouse.start(t, folder);
	await app.see("heading", "The key to your chats is missing");
	await app.click("button", "Start with no chats…");
	await app.click("button", "Start with no chats", await app.see("dialog"));
	await app.see("button", /^Model: SmolLM2/);
	assert.deepEqual(await app.all("button", /^Lost/), []);
	const [aside] = await readdir(join(folder, "replaced"));
	assert.ok((await readdir(join(folder, "replaced", aside))).includes("gatehouse.db"));
});

test("two chats are answered at once, and stopping one leaves the other", async (t) => {
	const app = await Gatehouse.startNew(t);
	await app.run(page.changeSettings, { automaticTitles: false });
	await app.answerWithoutEnd();
	await app.ask("Tell me a long story about a mill.");
	await app.writing(10);
	await app.click("button", "New chat");
	await app.answerWithoutEnd();
	await app.ask("Tell me a long story about a forge.");
	await app.writing(10);
	await app.click("button", "Stop");
	await app.says("Stopped. What was written is kept.");
	await app.click("button", /^Tell me a long story about a mill/);
	await app.asked("Tell me a long story about a mill.");
	const { text } = await app.writing();
	await app.writing(text.length + 20);
	await app.click("button", "Stop");
	await app.answered();
});

/** A command that has the data open until its standard input ends: it waits for a passphrase. */
async function atWork(t, folder) {
	const archive = join(await temporaryFolder(t), "all.zip.age");
	const args = ["--data-dir", folder, "archive", "export", archive, "--passphrase-stdin"];
	const command = spawn(program("GATEHOUSE_CLI"), args, { stdio: ["pipe", "ignore", "ignore"] });
	t.after(() => command.kill());
	await until("the command has the data open", async () => {
		const files = await readdir(`/proc/${command.pid}/fd`);
		const named = files.map((file) => readlink(`/proc/${command.pid}/fd/${file}`).catch(() => ""));
		return (await Promise.all(named)).some((name) => name.endsWith("gatehouse.db-wal"));
	});
	return command;
}

async function snapshots(folder) {
	const names = await readdir(join(folder, "snapshots")).catch(() => []);
	return names.filter((name) => name.endsWith(".db"));
}

async function overwrite(path, offset) {
	const file = await open(path, "r+");
	await file.write(Buffer.alloc(4096, 0x5a), 0, 4096, offset);
	await file.close();
}
