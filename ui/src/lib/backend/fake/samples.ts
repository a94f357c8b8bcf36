// What the fake host starts with: a few days of chats, three models, one computer.

import type {
	CallSummary,
	Computer,
	InstalledModel,
	MemoryPlan,
	Sampling,
	Settings,
	SnapshotInfo,
} from "../bindings";

const gigabyte = 1e9;
const megabyte = 1e6;
const day = 86_400_000;

export const sampleSampling: Sampling = {
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

export const sampleSettings: Settings = {
	theme: "system",
	sendKey: "enter",
	automaticTitles: true,
	defaultModelId: "smollm2",
	defaultElsewhere: null,
	fallBackToLocal: true,
	offline: false,
	proxy: "",
	timeStampUrl: "",
	telemetryUrl: "",
	localApi: false,
	localApiPort: 7411,
	timeStampAuthority: "",
	workspaceId: null,
	idleUnloadMinutes: 15,
	contextTokens: 8192,
	threads: null,
	compareWith: null,
	watts: 0,
	kilowattHour: "",
};

export const sampleComputer: Computer = {
	memoryBytes: 24 * gigabyte,
	memoryFreeBytes: 17.2 * gigabyte,
	physicalCores: 8,
	processor: "AMD Ryzen 7 5800X 8-Core Processor",
};

function plan(weights: number, cache: number, verdict: MemoryPlan["verdict"], reason: string) {
	return {
		contextTokens: 4096,
		sequences: 4,
		weightsBytes: weights,
		kvCacheBytes: cache,
		overheadBytes: 90 * megabyte,
		totalBytes: weights + cache + 90 * megabyte,
		verdict,
		reason,
	} satisfies MemoryPlan;
}

export function sampleModels(now: number): InstalledModel[] {
	return [
		{
			id: "smollm2",
			name: "SmolLM2 135M Instruct",
			path: "/home/ada/.local/share/gatehouse/models/SmolLM2-135M-Instruct.Q4_1.gguf",
			kind: "chat",
			origin: "starter",
			sizeBytes: 98_362_432,
			quantisation: "Q4_1",
			parameters: 134_515_008,
			parametersLabel: "135M",
			contextTokens: 8192,
			architecture: "llama",
			licence: "Apache-2.0",
			author: null,
			source: null,
			languages: [],
			hasChatTemplate: true,
			sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
			fileState: "present",
			memory: plan(
				98_362_432,
				360 * megabyte,
				"fits",
				"Needs about 548 MB; this computer has 17 GB free.",
			),
			isStarter: true,
			note: "A very small model, here so that you can start at once. It is fast and often wrong: good for a first try and for naming conversations. Add a larger model for real work.",
			addedAtMs: now - 30 * day,
			lastUsedAtMs: null,
		},
		{
			id: "qwen",
			name: "Qwen2.5 7B Instruct",
			path: "/home/ada/Downloads/qwen2.5-7b-instruct-q4_k_m.gguf",
			kind: "chat",
			origin: "added",
			sizeBytes: 4_683_073_632,
			quantisation: "Q4_K_M",
			parameters: 7_615_616_512,
			parametersLabel: "7.6B",
			contextTokens: 32_768,
			architecture: "qwen2",
			licence: "Apache-2.0",
			author: "Qwen",
			source: "https://huggingface.co/Qwen/Qwen2.5-7B-Instruct",
			languages: ["en", "de"],
			hasChatTemplate: true,
			sha256: "65b8fcd92af6b4fefa935c625d1ac27ea29dcb6ee14589c55a8f115ceaaa1423",
			fileState: "present",
			memory: plan(
				4_683_073_632,
				896 * megabyte,
				"fits",
				"Needs about 5.7 GB; this computer has 17 GB free.",
			),
			isStarter: false,
			note: null,
			addedAtMs: now - 6 * day,
			lastUsedAtMs: null,
		},
		{
			id: "mistral",
			name: "Mistral Small 24B Instruct",
			path: "/media/backup/Mistral-Small-24B-Instruct-Q5_K_M.gguf",
			kind: "chat",
			origin: "added",
			sizeBytes: 16_763_983_616,
			quantisation: "Q5_K_M",
			parameters: 23_572_403_200,
			parametersLabel: "23.6B",
			contextTokens: 32_768,
			architecture: "llama",
			licence: null,
			author: null,
			source: null,
			languages: [],
			hasChatTemplate: true,
			sha256: "0b2a3f7cd3ae4a2f8d7e5fd8f8f2f9d6c0b8b6f1a7f6a2a2de5f95bfe1d2c3e4",
			fileState: "missing",
			memory: plan(
				16_763_983_616,
				2560 * megabyte,
				"tight",
				"Needs about 19 GB; only 17 GB of 24 GB are free. Close other programs first, or it may not load.",
			),
			isStarter: false,
			note: null,
			addedAtMs: now - 2 * day,
			lastUsedAtMs: null,
		},
		{
			id: "minilm",
			name: "all-MiniLM-L6-v2",
			path: "/home/ada/.local/share/gatehouse/models/all-minilm-l6-v2-q8_0.gguf",
			kind: "embedding",
			origin: "added",
			sizeBytes: 24_983_040,
			quantisation: "Q8_0",
			parameters: 22_713_216,
			parametersLabel: "23M",
			contextTokens: 512,
			architecture: "bert",
			licence: "Apache-2.0",
			author: null,
			source: null,
			languages: [],
			hasChatTemplate: true,
			sha256: "797b70c4edf85907fe0a49eb85811256f65fa0f7bf52166b147fd16be2be4662",
			fileState: "present",
			memory: plan(
				24_983_040,
				4 * megabyte,
				"fits",
				"Needs about 119 MB; this computer has 17 GB free.",
			),
			isStarter: false,
			note: "It turns texts into vectors for searching; it cannot chat.",
			addedAtMs: now - day,
			lastUsedAtMs: null,
		},
	];
}

export function sampleSnapshots(now: number): SnapshotInfo[] {
	return [
		{
			name: "2026-11-23-daily",
			madeAtMs: now - 0.4 * day,
			bytes: 3_471_360,
			reason: "daily",
			schema: 3,
		},
		{
			name: "2026-11-22-by-hand",
			madeAtMs: now - 1.2 * day,
			bytes: 3_305_472,
			reason: "by_hand",
			schema: 3,
		},
		{
			name: "2026-11-20-before-update",
			madeAtMs: now - 3.1 * day,
			bytes: 2_846_720,
			reason: "before_update",
			schema: 2,
		},
	];
}

export function sampleCall(number: number, outputTokens: number): CallSummary {
	return {
		number,
		model: "SmolLM2 135M",
		route: "local",
		promptTokens: 186,
		cachedTokens: 142,
		outputTokens,
		tokensPerSecond: 38.4,
		firstTokenMs: 214,
		durationMs: 214 + outputTokens * 26,
		cost: "$0",
		measured: true,
		droppedMessages: 0,
		finish: "end_of_answer",
		reasoningTokens: 0,
		masked: 0,
		pictures: 0,
		account: null,
		moves: [],
		alias: null,
	};
}

export const sampleAnswer = `Here is a short comparison, then the code.

| Option | Notice | Deposit |
|:--|--:|--:|
| Fixed term | none before the end | 3 months |
| Open-ended | 3 months | 3 months |

1. **Read the clause** on the notice period.
2. Send the letter so that it arrives by the *third working day*.

\`\`\`python
from datetime import date

def notice_ends(sent: date) -> date:
    """The last day of the third month after the notice."""
    month = sent.month + 3
    return date(sent.year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
\`\`\`

The interest on a deposit $D$ after $n$ years is

$$
D \\cdot \\left(1 + \\frac{p}{100}\\right)^n - D
$$

> A lease may name a shorter period, never a longer one for the tenant.

More at [the law's own page](https://www.gesetze-im-internet.de/bgb/__573c.html).`;

/** Title, days ago, and the turns: question, answer, question… */
export const sampleChats: { title: string | null; daysAgo: number; turns: string[] }[] = [
	{
		title: "Notice period in the Larkspur lease",
		daysAgo: 0.02,
		turns: [
			"What notice does a tenant owe if she leaves before March?",
			"She owes **three months’ notice**, given in writing by the third working day of a month. Leaving before March means the notice had to arrive by 3 December.\n\nThe lease allows a shorter period only when the landlord agrees in writing and a successor tenant signs.",
			"Compare the two kinds of lease and compute the last day.",
			sampleAnswer,
			"Draft a two-line reminder to her, friendly.",
			"Hi Anna, a quick reminder that your notice needs to reach us in writing by 3 December if you would like to move out before March. Let me know if a conversation would help.",
		],
	},
	{
		title: "Summarise the inspection report",
		daysAgo: 0.2,
		turns: [
			"Summarise: the boiler was serviced, two radiators are cold, the cellar is dry.",
			"The boiler is serviced and the cellar dry; two radiators stay cold and need bleeding or a new valve.",
		],
	},
	{
		title: "Reply to the landlord, polite",
		daysAgo: 1.1,
		turns: [
			"Write a polite reply that declines the rent increase.",
			"Dear Ms Brandt,\n\nthank you for your letter. I can’t agree to the increase as it stands, because the comparison flats it names are larger. Could you send me the details of three flats of similar size?\n\nKind regards",
		],
	},
	{
		title: "Rent review clause: plain English",
		daysAgo: 4,
		turns: [
			"Explain an index-linked rent clause in plain words.",
			"The rent follows the price index: when the index goes up by 2%, the rent may go up by 2%, once a year at most.",
		],
	},
	{
		title: null,
		daysAgo: 5.5,
		turns: ["hello", "Hello. What can I help you with?"],
	},
	{
		title: "Table of deposit deductions",
		daysAgo: 24,
		turns: [
			"Make a table of deductions: cleaning 120, blind 45, keys 30.",
			"| Item | Amount |\n|:--|--:|\n| Cleaning | €120 |\n| Blind | €45 |\n| Keys | €30 |\n| **Total** | **€195** |",
		],
	},
];
