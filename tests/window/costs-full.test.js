// The Costs screen with a year of calls behind it: several models, a budget, a forecast, what was kept here,
// advice and calls of unknown cost. And that a report of the same folder is a PDF that the record knows of.

import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { Gatehouse, gatehouse, program, temporaryFolder, until } from "./app.js";
import { changeSettings } from "./page.js";

const headings = { Spend: "Spend", "Pay less": "What if", Prices: "Prices" };

/** What a command says, which goes well. */
async function said(folder, ...args) {
	const { code, stdout, stderr } = await gatehouse(folder, ...args);
	if (code !== 0) throw new Error(stderr);
	return stdout;
}

test("the Costs screen with a year of calls", async (t) => {
	const folder = await temporaryFolder(t);
	await promisify(execFile)(program("GATEHOUSE_FILL"), ["--fill", folder]);
	await said(folder, "budgets", "set", "month", "20");
	const app = await Gatehouse.start(t, folder);
	await app.run(changeSettings, {
		compareWith: { provider: "openai", model: "gpt-5" },
		watts: 65,
		kilowattHour: "0.30",
	});

	await t.test("each card says something", async () => {
		await app.press("Control+3");
		await app.click("tab", "Spend");
		await until("the sum is there", async () =>
			/\$\d+\.\d\d/.test(await app.textOf("region", "Spent")),
		);
		for (const [card, words] of [
			["Budgets", /\$20\.00/],
			["On course for", /between \$/],
			["Kept on this computer", /% *\s*of tokens.*would have cost \$/s],
		]) {
			const text = await app.textOf("region", card);
			if (!words.test(text)) throw new Error(`${card} says: ${text}`);
		}
	});

	await t.test("it can be read in both themes, wide and narrow, and nothing runs out of it", async () => {
		for (const theme of ["light", "dark"]) {
			await app.run(changeSettings, { theme });
			await app.reload();
			await app.press("Control+3");
			for (const width of [1280, 640]) {
				await app.resize(width, 900);
				for (const [part, heading] of Object.entries(headings)) {
					await app.click("tab", part);
					await app.see("heading", heading);
					if (part === "Spend") await app.see("slider", "Spend over time, by model");
					if (part === "Prices") await app.see("table", "Prices");
					const over = await app.run(
						() => document.documentElement.scrollWidth - window.innerWidth,
					);
					if (over > 0) throw new Error(`${part} is ${over} px too wide at ${width}`);
					const name = part.toLowerCase().replace(" ", "-");
					await app.shoot(`costs-full-${name}-${theme}-${width}`);
				}
			}
		}
		await app.resize(1280, 900);
	});

	await t.test("a report is written while the window is open, and has its entry", async () => {
		const path = join(folder, "costs.pdf");
		await said(folder, "costs", "report", "--pdf", path);
		const file = await open(path);
		const { buffer } = await file.read(Buffer.alloc(5), 0, 5, 0);
		await file.close();
		if (buffer.toString() !== "%PDF-") throw new Error(`it begins with ${buffer}`);
		const list = ["--json", "record", "list", "--action", "costs.exported"];
		const entries = JSON.parse(await said(folder, ...list));
		if (entries.length !== 1) throw new Error(`${entries.length} entries`);
	});
});
