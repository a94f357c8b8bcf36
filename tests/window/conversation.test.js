// A conversation with the real model, as a person has it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Gatehouse, gatehouse, until } from "./app.js";
import * as page from "./page.js";

const footer =
	/^SmolLM2-135M-Instruct, on this computer (?<read>[\d,]+) in · (?<written>[\d,]+) out [\d.]+ tok\/s first token .+ \$0 call (?<call>\d+)$/;

test("a conversation", async (t) => {
	const app = await Gatehouse.startNew(t);

	await t.test("an answer says what it took", async () => {
		await app.limitAnswers(40);
		await app.ask("Write the numbers from one to one hundred as words, each on a line of its own.");
		const answer = await app.answered();
		assert.match(answer.footer, footer);
		const { read, written, call } = answer.footer.match(footer).groups;
		assert.ok(Number(read) > 10, "the question was read");
		assert.ok(Number(written) > 0 && Number(written) <= 40, "and as much written as was allowed");
		assert.equal(call, "1", "it is the first call of this folder");
	});

	await t.test("the model names the chat", async () => {
		const titles = await until("the chat has a title", async () => {
			const { stdout } = await gatehouse(app.folder, "--json", "chats", "list");
			const chats = JSON.parse(stdout);
			return chats[0].title && chats.map(({ title }) => title);
		});
		assert.equal(titles.length, 1);
		await app.see("heading", titles[0]);
	});

	await t.test("a second turn follows the first and has its own record", async () => {
		await app.ask("And in the morning?");
		const answer = await app.answered();
		const messages = await app.messages();
		assert.deepEqual(
			messages.map(({ kind }) => kind),
			["Your message", "Answer", "Your message", "Answer"],
		);
		const { read, call } = answer.footer.match(footer).groups;
		const before = messages[1].footer.match(footer).groups;
		assert.ok(Number(read) > Number(before.read), "the model has read the turn before, too");
		assert.ok(Number(call) > Number(before.call), "each call has its own number");
	});

	await t.test("the line under the message says that it stays on this computer", async () => {
		await app.fill("Message", "Four plain words here");
		await app.says("Stays on this computer");
		await until("the tokens of what is typed are counted", async () => {
			return /\b[1-9]\d* tokens · \$0/.test(await app.text());
		});
		await app.fill("Message", "\uE003");
	});
});

test("a picture that was copied is pasted", async (t) => {
	const app = await Gatehouse.startNew(t);
	await app.run(copyPictureAtNextKey);
	await app.fill("Message", "x");
	await until("it is copied", () => app.run(() => globalThis.isCopied));
	await app.press("Control+v");
	await app.see("button", "Show Picture large");
	assert.equal(await app.valueOf("Message"), "x", "it is no text");
});

/** A page may copy only while a person does something. */
function copyPictureAtNextKey() {
	const canvas = document.createElement("canvas");
	canvas.getContext("2d").fillRect(0, 0, 40, 30);
	const png = new Promise((done) => canvas.toBlob(done, "image/png"));
	const copy = async () => {
		await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
		globalThis.isCopied = true;
	};
	addEventListener("keydown", () => void copy(), { once: true });
}

test("changing one's mind", async (t) => {
	const app = await Gatehouse.startNew(t);

	const question = "Write a long story about a ship in a storm.";
	const edited = "Name three fruits.";
	let stopped;

	await t.test("an answer grows on screen while it is written", async () => {
		await app.answerWithoutEnd();
		await app.run(page.watchGrowth);
		await app.ask(question);
		await until("it has grown again and again", async () => {
			return (await app.run(page.seenGrowth)).length >= 4;
		});
	});

	await t.test("stopping it keeps what was written and says so", async () => {
		const { text } = await app.writing();
		await app.click("button", "Stop");
		stopped = await app.answered();
		assert.ok(stopped.text.startsWith(text), "nothing that was read disappears");
		assert.match(stopped.all, /Stopped\. What was written is kept\./);
		assert.match(stopped.footer, footer, "a stopped answer is on record, too");
	});

	await t.test("regenerating writes a second version beside the first", async () => {
		await app.resetOptions();
		await app.limitAnswers(40);
		await app.click("button", "Regenerate");
		await app.says("Version 2/2");
		const second = await app.answered();
		await app.click("button", "Previous version");
		const first = await until("the first version", async () => {
			const last = (await app.messages()).at(-1);
			return /Version 1\/2/.test(last.all) && last;
		});
		assert.equal(first.text, stopped.text, "the first is as it was");
		assert.notEqual(second.text, first.text);
		await app.click("button", "Next version");
		await app.says("2/2");
		assert.equal((await app.messages()).at(-1).text, second.text);
	});

	await t.test(
		"editing the question asks again and leaves the old question with its answers",
		async () => {
			const before = await app.messages();
			await app.click("button", "Edit");
			await app.fill("Edit message", edited);
			await app.click("button", "Ask again");
			await app.asked(edited);
			await app.answered();
			const after = await app.messages();
			assert.equal(after[0].text, edited);
			assert.match(after[0].all, /Version 2\/2/);
			await app.click("button", "Previous version", await app.see("article", "Your message"));
			const back = await until("the old question", async () => {
				const messages = await app.messages();
				return messages[0].text === question && messages;
			});
			assert.equal(back.at(-1).text, before.at(-1).text, "with the answer that it had");
		},
	);
});
