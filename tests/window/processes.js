// What the system says of a process: who started it, since when it runs, how much memory it uses.

import { readdir, readFile } from "node:fs/promises";

/** The kernel's clock for processes ticks this often a second, on every Linux of today. */
const ticksPerSecond = 100;

/** Processes that `parent` has started: all, or those with this name (the kernel keeps 15 letters). */
export async function childrenOf(parent, name) {
	const found = [];
	for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
		const process = await read(pid);
		if (process?.parent !== parent) continue;
		if (name === undefined || process.name === name) found.push(Number(pid));
	}
	return found;
}

/** Whether any of it still runs: files and their locks are let go only by the last of its threads. */
export async function isRunning(pid) {
	if ((await read(pid)) !== null) return true;
	const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
	return threads.some((thread) => Number(thread) !== pid);
}

/** Milliseconds since 1970 at which it was started. */
export async function startedAt(pid) {
	const { startTicks } = await read(pid);
	const [sinceBoot] = (await readFile("/proc/uptime", "utf8")).split(" ");
	return Date.now() - Number(sinceBoot) * 1000 + (startTicks / ticksPerSecond) * 1000;
}

/** The memory that is its own, with its share of what it shares with others, in bytes. */
export async function memoryOf(pid) {
	const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
	return Number(rollup.match(/^Pss:\s+(\d+) kB/m)[1]) * 1024;
}

/** The processor time that it has taken so far, in milliseconds. */
export async function processorTime(pid) {
	const { ticks } = await read(pid);
	return (ticks / ticksPerSecond) * 1000;
}

/** Null if it has ended. */
async function read(pid) {
	const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
	const [, name, rest] = stat?.match(/^\d+ \((.*)\) (.*)/s) ?? [];
	if (!rest || rest.startsWith("Z")) return null;
	const fields = rest.split(" ");
	const ticks = Number(fields[11]) + Number(fields[12]);
	return {
		name,
		parent: Number(fields[1]),
		ticks,
		startTicks: Number(fields[19]),
	};
}
