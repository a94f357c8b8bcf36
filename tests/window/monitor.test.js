// The Monitor screen as a person uses it: a call that is stopped while it is under way, what was counted
// of it, and an alert that tells of calls that fail.

import { execFile, spawn } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

import { Gatehouse, until } from "./app.js";
import { changeSettings } from "./page.js";
import { startProvider, startSteadyProvider } from "./provider.js";

async function addAccount(app, name, address) {
	await app.press("Control+8");
	await app.click("button", "Add an account");
	await app.see("dialog", "Add an account");
	await app.choose(/^Provider:/, /^Another server/);
	await app.fill("Name", name);
	await app.fill("Address", address);
	await app.choose(/^Whose server:/, /^Somebody else/);
	await app.fill("Key", "sk-test-5f3a9c0b7e1d4826");
	await app.click("button", "Save");
	await app.gone("dialog");
	await app.click("button", "Test and read models");
}

async function newChat(app, model) {
	await app.press("Control+n");
	await app.click("button", /^Model:/);
	await app.click("option", model);
}

const owned = ["/", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.Notifications"];

/** Start the system's service for notices; what it has shown so far is read by calling what is returned. */
async function startNotices(t) {
	const service = spawn("dunst", ["-print"], { stdio: ["ignore", "pipe", "inherit"] });
	t.after(() => service.kill());
	let shown = "";
	service.stdout.on("data", (bytes) => (shown += bytes));
	const bus = ["--session", "--dest=org.freedesktop.DBus", "--print-reply", ...owned];
	await until("the service for notices is there", async () =>
		(await promisify(execFile)("dbus-send", bus)).stdout.includes("boolean true"),
	);
	return () => shown;
}

/** Both themes, wide and narrow. */
async function shootAll(app, state) {
	for (const theme of ["light", "dark"]) {
		await app.run(changeSettings, { theme });
		await app.reload();
		await app.press("Control+4");
		for (const width of [1280, 640]) {
			await app.resize(width, 900);
			await app.see("heading", "Alerts");
			// The drawing is one that arrow keys step through.
			if (state === "full") await app.see("slider");
			await app.shoot(`monitor-${state}-${theme}-${width}`);
		}
	}
	await app.resize(1280, 900);
}

test("the Monitor screen", async (t) => {
	const steady = await startSteadyProvider(t, { tokens: 100_000, perSecond: 20 });
	const provider = await startProvider(t);
	const notices = await startNotices(t);
	const app = await Gatehouse.startNew(t);

	await t.test("before the first call it says what will stand there", async () => {
		await app.press("Control+4");
		await app.see("heading", "No calls yet");
		await app.says("No call is under way.");
		await shootAll(app, "empty");
	});

	await t.test("a call that is under way is shown, and stopped", async () => {
		await addAccount(app, "Steady", steady.address);
		await app.says("1 of 1 models in lists");
		await newChat(app, /^steady/);
		await app.ask("Say something long.");
		await app.writing();
		await app.press("Control+4");
		await app.says("steady", "table", "Calls under way");
		await app.shoot("monitor-under-way-1280");
		await app.click("button", /^Stop call/);
		await app.says("No call is under way.");
		await until("it is counted as stopped", async () =>
			/1\s+0 failed, 1 stopped/.test(await app.textOf("region", "Calls")),
		);
	});

	await t.test("an alert tells of calls that fail", async () => {
		await addAccount(app, "Test", provider.address);
		await app.says("2 of 2 models in lists");
		await newChat(app, /^small/);
		await app.ask("Say this back.");
		await app.answered();
		await provider.close();
		await newChat(app, /^small/);
		await app.limitAnswers(12);
		await app.ask("And this.");
		// A model on this computer goes on, and the screen is at rest once it has ended.
		await app.answered();
		await app.press("Control+4");
		await app.see("table", "Engines");
		await app.fill("More than, %", "20");
		await app.fill("At least, calls", "1\uE004");
		await app.click("button", "Set alert");
		await app.see("alert", /More than 20% of calls fail/);
		await app.see("button", "Monitor: an alert fires");
		await until("the system shows it, too", () =>
			/Gatehouse: an alert[^]*More than 20% of calls fail/.test(notices()),
		);
	});

	await t.test("a way of failing leads to the calls that failed so", async () => {
		await app.click("button", /^1: /);
		await app.see("dialog");
		await app.see("table", "Calls");
		await app.press("Escape");
		await app.gone("dialog");
	});

	await t.test("what happened is in the record", async () => {
		await app.press("Control+6");
		for (const said of ["Alert set", "Alert", "Call stopped"]) await app.says(said);
	});

	await t.test("each chart is stepped through by keyboard", async () => {
		await app.press("Control+4");
		await app.click("radio", "First token");
		const chart = ["slider", "Time to the first token over time"];
		await app.click(...chart);
		await app.see("dialog", /^From /);
		await app.press("Escape");
		await app.gone("dialog");
		await app.press("End");
		await until("the last day is said", async () =>
			/Half of the calls \d/.test(await app.attributeOf(...chart, "aria-valuetext")),
		);
	});

	await t.test("it can be read in both themes, wide and narrow", async () => {
		await shootAll(app, "full");
	});
});
