// The Costs screen as a person uses it: a price of their own, a call that is paid, and the way from what
// was spent to the call, its message and its entry in the record.

import { test } from "node:test";

import { Gatehouse, until } from "./app.js";
import { changeSettings } from "./page.js";
import { startProvider } from "./provider.js";

test("the Costs screen", async (t) => {
	const provider = await startProvider(t);
	const app = await Gatehouse.startNew(t);

	await t.test("before the first call it says what will stand there", async () => {
		await app.press("Control+3");
		await app.see("heading", "No calls yet");
	});

	await t.test("a model without a price is marked, and gets one", async () => {
		await app.click("button", "Settings");
		await app.click("button", "Add an account");
		await app.see("dialog", "Add an account");
		await app.choose(/^Provider:/, /^Another server/);
		await app.fill("Name", "Test");
		await app.fill("Address", provider.address);
		await app.choose(/^Whose server:/, /^Somebody else/);
		await app.fill("Key", "sk-test-5f3a9c0b7e1d4826");
		await app.click("button", "Save");
		await app.gone("dialog");
		await app.click("button", "Test and read models");
		await app.says("2 of 2 models in lists");
		await app.press("Control+3");
		await app.click("tab", "Prices");
		await app.says("No price is known for");
		await app.click("button", /^Own price/);
		await app.see("dialog", "A price of your own");
		await app.fill("Provider", "compatible");
		await app.fill("Model", "small");
		await app.fill(/^Input, US\$/, "1000");
		await app.fill("Output, if known", "1000");
		await app.click("button", "Set price");
		await app.gone("dialog");
		await app.says("entered by you");
	});

	await t.test("what a call costs leads down to its message and its entry", async () => {
		await app.press("Control+1");
		await app.click("button", /^Model:/);
		await app.click("option", /^small/);
		await app.ask("Say this back.");
		await app.answered();
		await app.press("Control+3");
		await app.click("tab", "Spend");
		await until("the call is paid", async () =>
			/\$0\.0\d/.test(await app.textOf("region", "Spent")),
		);
		await app.see("slider", "Spend over time, by model");
		await app.click("button", "1 call of small");
		await app.see("dialog", "small");
		await app.click("button", "Record");
		await app.see("dialog", /^Entry \d/);
		await app.press("Escape");
		await app.click("button", "What left");
		await app.see("dialog", "What left for Test");
		await app.press("Escape");
		await app.click("button", "Message");
		await app.gone("dialog");
		await until("the chat is shown", async () => (await app.messages()).length > 0);
	});

	await t.test("the chart is stepped through by keyboard", async () => {
		await app.press("Control+3");
		const chart = ["slider", "Spend over time, by model"];
		await app.click(...chart);
		await app.see("dialog");
		await app.press("Escape");
		await app.gone("dialog");
		await app.press("End");
		await until("the last day is said", async () =>
			/small \$0\.0\d/.test(await app.attributeOf(...chart, "aria-valuetext")),
		);
	});

	await t.test("it can be read in both themes, wide and narrow", async () => {
		for (const theme of ["light", "dark"]) {
			await app.run(changeSettings, { theme });
			await app.reload();
			await app.press("Control+3");
			for (const width of [1280, 640]) {
				await app.resize(width, 900);
				for (const part of ["Spend", "Pay less", "Prices"]) {
					await app.click("tab", part);
					await app.see("heading", { Spend: "Spend", "Pay less": "What if", Prices: "Prices" }[part]);
					if (part === "Prices") await app.see("table", "Prices");
					await app.shoot(`costs-${part.toLowerCase().replace(" ", "-")}-${theme}-${width}`);
				}
			}
		}
	});
});
