// How the window does against a bare one, what it takes, and how smooth it stays:
// `npm run bench -- --json PATH` writes the results in the form that `cargo xtask bench` reads.

import { copyFile, link, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

import { Gatehouse, gatehouse, importChat, program, temporaryFolder, until } from "./app.js";
import * as page from "./page.js";
import { childrenOf, isRunning, memoryOf, processorTime, startedAt } from "./processes.js";
import { numbered, startSteadyProvider } from "./provider.js";
import { WebDriver } from "./webdriver.js";

const starts = 15;
const longMessages = 10_000;
const streamMs = 15_000;
const steady = { tokens: 2_000, perSecond: 200 };
const streams = 5;

const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });
const done = [];
const scope = { after: (work) => done.unshift(work) };
try {
	const rows = [];
	for (const [name, measured] of Object.entries({ firstPaint, idleMemory, frameGaps, streaming })) {
		if (!values.only || values.only === name) rows.push(...(await measured()));
	}
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
	return [
		row("Idle memory of the app's process", megabytes, "MB", {
			goal: "≤ 120 MB",
			met: megabytes <= 120,
			note: "proportional set size, 5 s after the start",
		}),
	];
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

/**
 * What answers from elsewhere take of the processor: a provider on this computer writes 200 tokens a
 * second for 10 s, several times. All processes of the app count: its own, which reads, restores and
 * keeps the answer, the page's, which draws it, and the one that the web view has for the network.
 * Nothing is asked of the page meanwhile, as asking costs, too.
 */
async function streaming() {
	const provider = await startSteadyProvider(scope, steady);
	const folder = await temporaryFolder(scope);
	const add = ["providers", "add", "--kind", "compatible", "--name", "Steady", "--cloud"];
	for (const args of [[...add, "--url", provider.address], ["providers", "test", "Steady"]]) {
		const { code, stderr } = await gatehouse(folder, ...args);
		if (code !== 0) throw new Error(stderr);
	}
	const app = await Gatehouse.start(scope, folder);
	await app.click("button", /^Model:/);
	await app.click("option", /^steady/);
	const [web] = await childrenOf(app.pid, "WebKitWebProces");
	const [network] = await childrenOf(app.pid, "WebKitNetworkPr");
	const seen = [];
	for (let nth = 0; nth < streams; nth++) {
		seen.push(await streamed(app, provider, [app.pid, web, network].filter(Boolean)));
	}
	await app.quit();
	const share = (nth) => round(median(seen.map(({ shares }) => shares[nth] ?? 0)), 1);
	const all = round(median(seen.map(({ shares }) => shares.reduce((a, b) => a + b))), 1);
	const lost = seen.reduce((sum, one) => sum + one.lost, 0);
	const rate = Math.round(median(seen.map((one) => one.rate)));
	return [
		row("Tokens lost of streams from elsewhere", lost, "tokens", {
			goal: "0",
			met: lost === 0,
			note: `of ${streams * steady.tokens}, ${rate} a second`,
		}),
		row("Processor while it streams, all processes of the app", all, "% of a core", {
			goal: "≤ 10 %",
			met: all <= 10,
			note: `from /proc, median of ${streams}, drawn without a graphics card`,
		}),
		row("Of it, the app's own process", share(0), "% of a core", {}),
		row("Of it, the page's process", share(1), "% of a core", {}),
	];
}

/** Ask once more, and note what each process took of a core, and what of the answer is not there. */
async function streamed(app, provider, processes) {
	await app.fill("Message", "Count.");
	await app.says("Leaves for Steady");
	const ended = provider.ended();
	await app.click("button", "Send");
	await app.writing();
	const taken = () => Promise.all(processes.map(processorTime));
	const [before, beganMs] = [await taken(), performance.now()];
	const { tookMs } = await ended;
	const [after, ms] = [await taken(), performance.now() - beganMs];
	const { text } = await app.answered();
	const shown = new Set(text.split(/\s+/));
	const all = Array.from({ length: steady.tokens }, (_, at) => numbered(at));
	return {
		shares: after.map((time, nth) => (100 * (time - before[nth])) / ms),
		rate: steady.tokens / (tookMs / 1000),
		lost: all.filter((token) => !shown.has(token)).length,
	};
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
