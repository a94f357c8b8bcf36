// How the window does against a bare one, what it takes, and how smooth it stays:
// `npm run bench -- --json PATH` writes the results in the form that `cargo xtask bench` reads.

import { copyFile, link, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

import { Gatehouse, importChat, program, temporaryFolder, until } from "./app.js";
import * as page from "./page.js";
import { childrenOf, isRunning, memoryOf, startedAt } from "./processes.js";
import { WebDriver } from "./webdriver.js";

const starts = 9;
const longMessages = 10_000;
const streamMs = 15_000;

const { values } = parseArgs({ options: { json: { type: "string" } } });
const done = [];
const scope = { after: (work) => done.unshift(work) };
try {
	const rows = [...(await firstPaint()), await idleMemory(), ...(await frameGaps())];
	for (const { measure, value, unit, goal, met, note } of rows) {
		const verdict = { true: "met", false: "MISSED" }[met] ?? "";
		console.log(`${measure}: ${value} ${unit}, goal ${goal ?? "none"} ${verdict} ${note ?? ""}`);
	}
	if (values.json)
		await writeFile(values.json, JSON.stringify({ name: "window", rows }, null, "\t"));
} finally {
	for (const work of done) await work();
}

/** From the start of the process to the frame in which a person can type, in turns. */
async function firstPaint() {
	const bare = join(dirname(program("GATEHOUSE_APP")), "examples", "bare_window");
	const folder = await temporaryFolder(scope);
	const app = ["--data-dir", folder];
	// The first start makes the database; it is not the one that a person sees every day.
	await timed(program("GATEHOUSE_APP"), app, folder);
	const times = { app: [], bare: [] };
	for (let run = 0; run < starts; run++) {
		times.bare.push(await timed(bare, [], folder));
		times.app.push(await timed(program("GATEHOUSE_APP"), app, folder));
	}
	const [ours, theirs] = [median(times.app), median(times.bare)];
	const ratio = round(ours / theirs, 2);
	const note = `medians of ${starts}, in turns`;
	return [
		row("First usable paint", Math.round(ours), "ms", { note }),
		row("The same of a bare Tauri window", Math.round(theirs), "ms", { note }),
		row("First usable paint against bare", ratio, "×", { goal: "≤ 1.3", met: ratio <= 1.3 }),
	];
}

async function timed(binary, args, folder) {
	const web = await WebDriver.open(binary, args, { XDG_DATA_HOME: join(folder, "web") });
	const [pid] = await childrenOf(web.pid, binary.split("/").at(-1).slice(0, 15));
	try {
		const usable = await until("the window can be used", () => web.run(page.usableAt));
		return usable - (await startedAt(pid));
	} finally {
		await web.close();
		if (await isRunning(pid)) process.kill(pid, "SIGKILL");
		await until("it has ended", async () => !(await isRunning(pid)));
	}
}

/** What the app's own process takes when nothing happens; the web view has processes of its own. */
async function idleMemory() {
	const app = await Gatehouse.start(scope, await temporaryFolder(scope));
	await app.see("button", /^Model: SmolLM2/);
	await pause(5000);
	const megabytes = Math.round((await memoryOf(app.pid)) / 1e6);
	await app.kill();
	return row("Idle memory of the app's process", megabytes, "MB", {
		goal: "≤ 120 MB",
		met: megabytes <= 120,
		note: "proportional set size, 5 s after the start",
	});
}

/**
 * Time between frames while 100 tokens a second stream into a conversation of 10,000 messages, and
 * into one of ten in the same run, to tell the cost of the messages from that of the machine.
 */
async function frameGaps() {
	const few = await framesOf(10);
	const many = await framesOf(longMessages);
	const gap = (seen, share) => round(quantile(seen.gaps, share), 1);
	const p99 = gap(many, 0.99);
	return [
		row("Tokens a second while frames were measured", many.rate, "tok/s", {
			goal: "≥ 95 tok/s",
			met: many.rate >= 95,
			note: "from a source of 100 a second",
		}),
		row("Frame gaps while streaming, 99th percentile", p99, "ms", {
			goal: "≤ 34 ms",
			met: p99 <= 34,
			note: `${many.gaps.length} frames, ${longMessages} messages`,
		}),
		row("The same in a conversation of 10 messages", gap(few, 0.99), "ms", {}),
		row("Frame gaps while streaming, median", gap(many, 0.5), "ms", {}),
		row("Frame gaps while streaming, longest", gap(many, 1), "ms", {}),
	];
}

async function framesOf(messages) {
	const folder = await temporaryFolder(scope);
	const turns = Array.from({ length: messages }, (_, at) => message(at));
	await importChat(scope, folder, "Long", turns);
	const app = await Gatehouse.start(scope, folder, {}, await appWithSteadyEngine());
	await app.see("button", /^Model: SmolLM2/);
	await app.run(page.changeSettings, { automaticTitles: false });
	await app.click("button", /^Long/);
	await app.says(`Message ${messages - 1}`);
	await app.run(page.watchFrames);
	await app.ask("Write a long story about a river.");
	await app.writing();
	await pause(streamMs);
	const { times, tokens } = await app.run(page.seenFrames);
	await app.quit();
	const gaps = times.slice(1).map((time, at) => time - times[at]);
	const rate = Math.round(tokens / ((times.at(-1) - times[0]) / 1000));
	return { gaps, rate };
}

/** The app in a folder of its own, where it finds the engine of a steady rate beside it. */
async function appWithSteadyEngine() {
	const folder = await temporaryFolder(scope);
	const app = join(folder, "gatehouse-desktop");
	const built = program("GATEHOUSE_APP");
	await link(built, app).catch(() => copyFile(built, app));
	const steady = join(dirname(built), "examples", "steady_engine");
	await copyFile(steady, join(folder, "gatehouse-engine"));
	return app;
}

function message(at) {
	if (at % 2 === 0) return `Message ${at}: what about clause ${at / 2}?`;
	return `Message ${at}. Clause **${at}** says:\n\n- the rent is due on day ${at % 28}\n- \`late\` means after it\n\n${"Nothing else follows from it. ".repeat(at % 7)}`;
}

function row(measure, value, unit, { goal = null, met = null, note = null }) {
	return { measure, value, unit, goal, met, note };
}

function median(values) {
	return quantile(values, 0.5);
}

function quantile(values, share) {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function round(value, digits) {
	return Number(value.toFixed(digits));
}
