// How times, speeds and shares read, and words for what failed.

import type { Drift, Health, Only, PricedModel, Times } from "$lib/backend";
import { providerWords } from "$lib/words";

/** 400 ms, 1.23 s, 2.5 min; a dash where there is nothing. */
export function formatTime(ms: number | null): string {
	if (ms === null) return "–";
	if (ms < 1_000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
	return `${(ms / 60_000).toFixed(1)} min`;
}

/** Tokens in a thousand seconds, as tokens a second. */
export function formatSpeed(inThousandSeconds: number | null): string {
	return inThousandSeconds === null ? "–" : `${(inThousandSeconds / 1_000).toFixed(1)}/s`;
}

/** The middle, 95 and 99 of a hundred. */
function formatThree({ p50, p95, p99 }: Times, format: (value: number | null) => string): string {
	return p50 === null ? "–" : [p50, p95, p99].map(format).join(" · ");
}

/** Answers among the calls that ended by themselves: 98.7%. Nothing but all of them is 100%. */
export function formatSuccess({ answered, failed }: Pick<Health, "answered" | "failed">): string {
	if (answered + failed === 0) return "–";
	return formatShare(Math.floor((answered * 10_000) / (answered + failed)));
}

/** Something that is told of calls, and which calls have it. */
export type Measured = { name: string; words: string; only: Only };

/** What a table says of calls, in its order; a dash where there is nothing. */
export function measured(health: Health): Measured[] {
	const { waited, firstToken, duration, speed } = health;
	return [
		{ name: "Success", words: formatSuccess(health), only: "ended" },
		{ name: "Waited", words: formatThree(waited, formatTime), only: "taken_up" },
		{ name: "First token", words: formatThree(firstToken, formatTime), only: "began" },
		{ name: "Whole answer", words: formatThree(duration, formatTime), only: "answered" },
		{ name: "Speed", words: formatThree(speed, formatSpeed), only: "wrote" },
	];
}

/** Hundredths of a percent. */
export function formatShare(hundredths: number): string {
	return `${(Math.floor(hundredths / 10) / 10).toFixed(1).replace(/\.0$/, "")}%`;
}

export function modelWords({ provider, model }: PricedModel): string {
	return `${model}, ${provider === "local" ? "this computer" : providerWords(provider)}`;
}

/** What has changed, in words, and the numbers of it, each of which leads to its calls. */
export function driftWords({ what, worse, before, now, calls }: Drift): {
	said: string;
	now: string;
	before: string;
	calls: string;
} {
	const [name, words] = {
		first_token: ["time to the first token", formatTime] as const,
		speed: ["speed", formatSpeed] as const,
		failures: ["share of failed calls", formatShare] as const,
	}[what];
	const change = worse ? "worse" : "better";
	return {
		said: `Its ${name} is ${change} than in the four weeks before:`,
		now: words(now),
		before: words(before),
		calls: `${calls} calls in 7 days`,
	};
}
