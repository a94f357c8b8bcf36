// The fake host's costs: two models over the days that are asked for, always the same amounts, so that
// every part of the screen can be looked at.

import type { Backend } from "../backend";
import type {
	CallRow,
	Chart,
	FiguresView,
	CallFilter,
	DayOfMonth,
	Line,
	Overview,
	PriceInput,
	PriceRow,
	Problem,
	Query,
	Series,
	Spot,
	Step,
} from "../bindings";

export type CostsPart = Pick<
	Backend,
	| "costOverview"
	| "costChart"
	| "costForecastChart"
	| "costFirstTokens"
	| "costLines"
	| "costCalls"
	| "costAdvice"
	| "costWhatIf"
	| "planCosts"
	| "recommendModel"
	| "shorterPrompt"
	| "saveCosts"
	| "saveCostTable"
	| "listPrices"
	| "setPrice"
	| "removePrice"
>;

type Options = {
	now: () => number;
	/** No calls. */
	empty: boolean;
};

const dayMs = 86_400_000;
const models = [
	{ provider: "anthropic", model: "claude-sonnet-5-5", cents: 9 },
	{ provider: "openai", model: "gpt-6-luna", cents: 3 },
	{ provider: "local", model: "SmolLM2 135M", cents: 0 },
];
const noFilter: CallFilter = {
	workspace: null,
	provider: null,
	model: null,
	purpose: null,
	conversation: null,
	only: [],
};

const dollars = (cents: number) => `$${(cents / 100).toString()}`;

function figures(calls: number, cents: number): FiguresView {
	return {
		calls,
		running: 0,
		failed: Math.floor(calls / 40),
		unknown: 0,
		estimated: 0,
		input: calls * 900,
		cached: calls * 300,
		cacheWritten: 0,
		output: calls * 120,
		durationMs: calls * 1400,
		cost: dollars(cents),
		lost: "$0",
	};
}

/** The first day of each step, and how many days it has. */
function stepsOf({ first, last, step }: Query): { first: string; last: string; days: number }[] {
	const length = { day: 1, week: 7, month: 30 }[step];
	const steps: { first: string; last: string; days: number }[] = [];
	const iso = (at: number) => new Date(at).toISOString().slice(0, 10);
	for (let at = Date.parse(first); at <= Date.parse(last); at += length * dayMs) {
		const end = Math.min(at + (length - 1) * dayMs, Date.parse(last));
		steps.push({ first: iso(at), last: iso(end), days: (end - at) / dayMs + 1 });
	}
	return steps;
}

/** Ten cents a day up to the day, and a little more or less from then on. */
function courseOf(today: string): DayOfMonth[] {
	const [month, over] = [today.slice(0, 8), Number(today.slice(8))];
	return Array.from({ length: 30 }, (_, nth) => {
		const ahead = nth + 1 - over;
		const so = Math.min(nth + 1, over) * 10;
		return {
			day: `${month}${String(nth + 1).padStart(2, "0")}`,
			spent: ahead <= 0 ? dollars(so) : null,
			likely:
				ahead < 0
					? null
					: {
							low: dollars(so + ahead * 8),
							likely: dollars(so + ahead * 10),
							high: dollars(so + ahead * 14),
						},
		};
	});
}

function overviewOf(query: Query, options: Options): Overview {
	const spans = options.empty ? [] : stepsOf(query);
	const days = spans.reduce((sum, span) => sum + span.days, 0);
	const aDay = models.reduce((sum, { cents }) => sum + cents, 0);
	const series: Series[] = models
		.filter(({ cents }) => cents > 0)
		.map(({ provider, model, cents }) => ({
			name: model,
			provider,
			filter: { ...query.filter, provider, model },
			costs: spans.map((span) => dollars(cents * span.days)),
			unknown: spans.map(() => 0),
		}));
	const steps: Step[] = spans.map((span) => ({
		first: span.first,
		last: span.last,
		figures: figures(span.days * 4, aDay * span.days),
	}));
	const line = (name: string, filter: Partial<CallFilter>, calls: number, cents: number): Line => ({
		name,
		filter: { ...query.filter, ...filter },
		figures: figures(calls, cents),
	});
	return {
		first: query.first,
		last: query.last,
		since: options.empty ? null : query.first,
		total: { ...figures(days * 4, days * aDay), unknown: days > 0 ? 2 : 0 },
		before: figures(days * 4, days * aDay * 1.25),
		morePercent: options.empty ? null : -20,
		steps,
		series,
		models: models.map(({ provider, model, cents }) =>
			line(model, { provider, model }, days, days * cents),
		),
		providers: models.map(({ provider, cents }) =>
			line(provider, { provider }, days, days * cents),
		),
		workspaces: [line("Personal", { workspace: "personal" }, days * 4, days * aDay)],
		purposes: [line("chat", { purpose: "chat" }, days * 4, days * aDay)],
		forecast: options.empty
			? null
			: {
					until: query.last,
					soFar: "$3.1",
					unknown: 2,
					likely: "$4.47",
					low: "$3.9",
					high: "$5.3",
					days: 56,
					course: courseOf(query.last),
				},
		kept: {
			tokens: days * 1320,
			percent: options.empty ? null : 71,
			comparedWith: null,
			wouldHaveCost: null,
		},
		energy: null,
	};
}

type Said = Pick<Spot, "label" | "values">;

function chartOf(title: string, said: Said[], names: string[], width: number): Chart {
	const bar = (width - 80) / Math.max(1, said.length);
	const spots = said.map((of, nth) => ({
		x: Math.round(64 + nth * bar),
		y: 40,
		width: Math.round(bar),
		height: 180,
		...of,
	}));
	const bars = spots.map(
		({ x, width: wide }) =>
			`<rect x="${x + 2}" y="90" width="${wide - 4}" height="130" fill="#1f5f58"/>`,
	);
	return {
		svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="260" viewBox="0 0 ${width} 260"><title>${title}</title>${bars.join("")}</svg>`,
		width,
		height: 260,
		spots,
		legend: names.map((name) => ({ name, colour: "#1f5f58" })),
	};
}

function spendChart(query: Query, { steps, series }: Overview, width: number): Chart {
	const said = steps.map(({ first }, nth) => ({
		label: first,
		values: series.map(({ name, costs }) => ({ name, value: costs[nth] ?? "$0" })),
	}));
	return chartOf(
		`Spend a ${query.step}`,
		said,
		series.map(({ name }) => name),
		width,
	);
}

function monthChart({ forecast }: Overview, width: number): Chart | null {
	if (!forecast) return null;
	const said = forecast.course.map(({ day, spent, likely }) => ({
		label: day,
		values: [
			...(spent === null ? [] : [{ name: "Spent", value: spent }]),
			...(likely === null ? [] : [{ name: "On course for", value: likely.likely }]),
		],
	}));
	return chartOf("This month, day by day", said, ["Spent", "On course for"], width);
}

function callOf(number: number, atMs: number): CallRow {
	return {
		number,
		startedAtMs: atMs,
		purpose: "chat",
		status: "answered",
		errorKind: null,
		conversationId: null,
		messageId: null,
		client: null,
		model: "gpt-6-luna",
		route: "masked",
		promptTokens: 900,
		cachedTokens: 300,
		outputTokens: 120,
		tokensPerSecond: 40,
		firstTokenMs: 400,
		durationMs: 1400,
		cost: "$0.0075",
		measured: true,
		droppedMessages: 0,
		finish: "end_of_answer",
		reasoningTokens: 0,
		masked: 1,
		pictures: 0,
		account: "OpenAI",
		moves: [],
		alias: null,
	};
}

const known = (amount: string) => (amount === "" ? null : `$${amount}`);
const nothing = { cacheWrite: "", cacheWriteHour: "", reasoning: "" };

function priceRow(id: number, price: PriceInput, isOwn: boolean, day: string): PriceRow {
	return {
		id,
		provider: price.provider,
		model: price.model,
		dated: price.dated,
		service: price.service,
		from: day,
		until: null,
		hours: null,
		input: `$${price.input}`,
		cached: known(price.cached),
		cacheWrite: known(price.cacheWrite),
		cacheWriteHour: known(price.cacheWriteHour),
		output: known(price.output),
		reasoning: known(price.reasoning),
		tiers: [],
		source: price.source === "" ? "entered by you" : price.source,
		asOf: day,
		isOwn,
	};
}

export function fakeCosts(options: Options): CostsPart {
	const published: PriceInput[] = [
		{
			...nothing,
			provider: "openai",
			model: "gpt-6-luna",
			dated: true,
			service: "standard",
			input: "0.15",
			cached: "0.075",
			output: "0.6",
			source: "openai.com/api/pricing",
		},
		{
			...nothing,
			provider: "anthropic",
			model: "claude-sonnet-5-5",
			dated: true,
			service: "standard",
			input: "3",
			cached: "0.3",
			cacheWrite: "3.75",
			output: "15",
			source: "docs.anthropic.com",
		},
	];
	let own: { id: number; price: PriceInput }[] = [];
	let ids = 100;
	const wrong: Problem = {
		code: "invalid_input",
		message: "“a lot” is not a price: write dollars for a million tokens, such as 2.50.",
		hint: null,
	};
	return {
		costOverview: async (query) => overviewOf(query, options),
		costChart: async (query, _theme, width) => spendChart(query, overviewOf(query, options), width),
		costForecastChart: async (query, _theme, width) =>
			monthChart(overviewOf(query, options), width),
		costFirstTokens: async (query) =>
			models
				.filter(({ cents }) => cents > 0)
				.map(({ provider, model, cents }) => ({
					model: { provider, model },
					medianMs: cents * 130,
					exact: query.step === "day",
				})),
		costLines: async (query) => ({
			lines: [
				{
					name: "Notice period in the lease",
					filter: { ...noFilter, conversation: "lease" },
					figures: figures(8, 140),
				},
			],
			leftOut: query.step === "month" ? 3 : 0,
		}),
		costCalls: async (_query, after) => ({
			calls: Array.from({ length: 50 }, (_, nth) =>
				callOf((after ?? 60) - nth, options.now() - nth * 3_600_000),
			),
			next: after === null ? 10 : null,
		}),
		costAdvice: async (query) =>
			options.empty
				? []
				: [
						{
							kind: "cheaper_model",
							title: "claude-sonnet-5-5: gpt-6-luna does as well for less",
							reason: "You rated 92% of 12 answers of gpt-6-luna good, and 91% of 11 of it.",
							saving: "$0.74",
							atMost: false,
							calls: 30,
							filter: { ...query.filter, model: "claude-sonnet-5-5" },
						},
						{
							kind: "long_history",
							title: "claude-sonnet-5-5: begin a new chat sooner",
							reason: "2 calls in chats that had gone on sent more than 8000 tokens along.",
							saving: "$0.31",
							atMost: true,
							calls: 2,
							filter: { ...query.filter, model: "claude-sonnet-5-5", only: ["long_history"] },
						},
					],
		costWhatIf: async (_query, named) =>
			(named.length > 0 ? named : published).map(({ provider, model }) => {
				const known = published.some((price) => price.model === model);
				return {
					model: { provider, model },
					cost: known ? "$1.2" : null,
					less: known ? "$2.21" : null,
					unknown: 3,
					why: known ? null : "No price is known for it.",
					source: known ? "a list, as of 2026-11-20" : null,
				};
			}),
		planCosts: async (plan, named) =>
			(named.length > 0 ? named : published).map(({ provider, model }) => ({
				model: { provider, model },
				call: "$0.0005",
				day: `$${(0.0005 * plan.callsADay).toString()}`,
				month: `$${(0.015 * plan.callsADay).toString()}`,
				atHours: [],
			})),
		recommendModel: async (_plan, _difficulty, budget) =>
			Number(budget) < 1
				? null
				: {
						model: { provider: "openai", model: "gpt-6-luna" },
						month: "$0.75",
						basis: "prices",
						reason: "It is in the middle of 2 models by price.",
						of: 2,
					},
		shorterPrompt: async (text) => ({
			text: text.replace("in order to", "to"),
			tokensBefore: text.split(" ").length,
			tokensAfter: text.replace("in order to", "to").split(" ").length,
			changes: text.includes("in order to") ? ["Long phrases are said in short ones."] : [],
		}),
		saveCosts: async (query, file) => `/home/ada/costs-${query.last}.${file.split("_").at(-1)}`,
		saveCostTable: async ({ of }) => `/home/ada/${of}.csv`,
		async listPrices(words) {
			const day = new Date(options.now()).toISOString().slice(0, 10);
			const all = [
				...own.map(({ id, price }) => priceRow(id, price, true, day)),
				...published.map((price, nth) => priceRow(nth, price, false, "2026-11-20")),
			];
			const wanted = words.toLowerCase().split(/\s+/);
			return {
				rows: all.filter(({ provider, model }) =>
					wanted.every((word) => `${provider} ${model}`.toLowerCase().includes(word)),
				),
				leftOut: 0,
				unknown: own.length > 0 ? [] : [{ provider: "acme", model: "m-1" }],
				free: [{ provider: "compatible", model: "qwen-on-the-shelf" }],
			};
		},
		async setPrice(price) {
			if (Number.isNaN(Number(price.input))) throw wrong;
			const isOther = ({ model, service }: PriceInput) =>
				model !== price.model || service !== price.service;
			own = [...own.filter((one) => isOther(one.price)), { id: ids++, price }];
			const isKnown = ["acme", ...published.map(({ provider }) => provider)].includes(
				price.provider,
			);
			return isKnown ? null : "Nothing uses this price yet.";
		},
		async removePrice(id) {
			own = own.filter((one) => one.id !== id);
		},
	};
}
