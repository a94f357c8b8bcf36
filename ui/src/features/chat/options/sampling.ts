// The sampling settings: what each is called, what it does, and which values make sense.

import type { Sampling } from "$lib/backend";

/** What a new conversation starts with; the host uses the same. */
export const defaultSampling: Sampling = {
	temperature: 0.7,
	topK: 40,
	topP: 0.95,
	minP: 0.05,
	repeatPenalty: 1.1,
	repeatLast: 64,
	frequencyPenalty: 0,
	presencePenalty: 0,
	seed: null,
	stop: [],
	maxTokens: null,
};

type NumberKey = Exclude<keyof Sampling, "stop">;

/** One number of the settings as the panel shows it. */
export type Field = {
	key: NumberKey;
	label: string;
	/** What it does, in one short sentence. */
	about: string;
	min: number;
	max: number;
	step: number;
	/** What an empty field means; undefined where a number is needed. */
	empty?: string;
};

/** Those most people change come first. */
export const mainFields: Field[] = [
	{
		key: "temperature",
		label: "Temperature",
		about: "0 always takes the likeliest word; higher is more varied.",
		min: 0,
		max: 2,
		step: 0.05,
	},
	{
		key: "maxTokens",
		label: "Most tokens in an answer",
		about: "The answer is cut there.",
		min: 1,
		max: 1_000_000,
		step: 1,
		empty: "No limit",
	},
	{
		key: "seed",
		label: "Seed",
		about: "The same seed and question give the same answer.",
		min: 0,
		max: 4_294_967_295,
		step: 1,
		empty: "Random",
	},
];

export const moreFields: Field[] = [
	{
		key: "topK",
		label: "Top K",
		about: "Choose among this many likeliest words. 0 is all.",
		min: 0,
		max: 1000,
		step: 1,
	},
	{
		key: "topP",
		label: "Top P",
		about: "Choose among the likeliest words that make up this share. 1 is all.",
		min: 0,
		max: 1,
		step: 0.01,
	},
	{
		key: "minP",
		label: "Min P",
		about: "Leave out words less likely than this share of the likeliest. 0 leaves out none.",
		min: 0,
		max: 1,
		step: 0.01,
	},
	{
		key: "repeatPenalty",
		label: "Repeat penalty",
		about: "Above 1 avoids words that were just used. 1 is off.",
		min: 0.5,
		max: 2,
		step: 0.05,
	},
	{
		key: "repeatLast",
		label: "Repeat window",
		about: "How many of the last tokens the penalties look at.",
		min: 0,
		max: 8192,
		step: 1,
	},
	{
		key: "frequencyPenalty",
		label: "Frequency penalty",
		about: "Avoid words the more, the more often they came. 0 is off.",
		min: -2,
		max: 2,
		step: 0.1,
	},
	{
		key: "presencePenalty",
		label: "Presence penalty",
		about: "Avoid words that came at all. 0 is off.",
		min: -2,
		max: 2,
		step: 0.1,
	},
];

/** Stop texts as typed, one a line. */
export function stopTexts(typed: string): string[] {
	return [...new Set(typed.split("\n").filter((line) => line !== ""))];
}

export function sameSampling(a: Sampling, b: Sampling): boolean {
	const keys = Object.keys(a) as (keyof Sampling)[];
	return keys.every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}
