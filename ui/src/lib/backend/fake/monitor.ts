// The fake host's Monitor: three models over the days that are asked for, calls under way that end when
// they are stopped, and alerts, of which one about failures fires at once.

import type { Backend } from "../backend";
import type {
	AlertInput,
	AlertNews,
	AlertView,
	Chart,
	Health,
	LiveCall,
	MonitorChart,
	MonitorOverview,
	MonitorQuery,
	Problem,
	Times,
} from "../bindings";

export type MonitorPart = Pick<
	Backend,
	| "monitorOverview"
	| "monitorChart"
	| "saveMonitor"
	| "saveMonitorChart"
	| "monitorLive"
	| "stopCall"
	| "listAlerts"
	| "addAlert"
	| "removeAlert"
>;

type Options = {
	now: () => number;
	/** No calls. */
	empty: boolean;
	/** Calls under way. */
	calls: number;
	news: (news: AlertNews) => void;
};

const dayMs = 86_400_000;
const models = [
	{ provider: "anthropic", model: "claude-sonnet-5-5", slow: 2 },
	{ provider: "openai", model: "gpt-6-luna", slow: 1 },
	{ provider: "local", model: "SmolLM2 135M", slow: 0.4 },
];

const times = (middle: number): Times => ({
	p50: Math.round(middle),
	p95: Math.round(middle * 3.2),
	p99: Math.round(middle * 6),
});

function health(calls: number, slow: number): Health {
	const failed = Math.floor(calls / 40);
	const none: Times = { p50: null, p95: null, p99: null };
	return {
		calls,
		running: 0,
		answered: calls - failed,
		stopped: 0,
		failed,
		firstToken: calls === 0 ? none : times(380 * slow),
		duration: calls === 0 ? none : times(2_400 * slow),
		speed: calls === 0 ? none : { p50: 48_200, p95: 31_000, p99: 12_700 },
		waited: slow < 1 && calls > 0 ? times(40) : none,
	};
}

/** When each step begins, and its last day. */
function stepsOf({ first, last, pace }: MonitorQuery): { begins: string; last: string }[] {
	const two = (value: number) => String(value).padStart(2, "0");
	if (pace === "hour") {
		return Array.from({ length: 24 }, (_, hour) => ({
			begins: `${last}T${two(hour)}:00:00`,
			last,
		}));
	}
	const length = { day: 1, week: 7, month: 30 }[pace];
	const iso = (at: number) => new Date(at).toISOString().slice(0, 10);
	const steps: { begins: string; last: string }[] = [];
	for (let at = Date.parse(first); at <= Date.parse(last); at += length * dayMs) {
		const end = Math.min(at + (length - 1) * dayMs, Date.parse(last));
		steps.push({ begins: `${iso(at)}T00:00:00`, last: iso(end) });
	}
	return steps;
}

function overviewOf(query: MonitorQuery, empty: boolean): MonitorOverview {
	const steps = stepsOf(query);
	const shown = models.filter(({ model }) => query.model === null || query.model.model === model);
	const aStep = empty ? 0 : 40 * shown.length;
	return {
		pace: query.pace,
		since: empty ? null : query.first,
		exact: query.pace !== "month",
		total: health(aStep * steps.length, 1),
		steps: steps.map((step, nth) => ({
			...step,
			health: health(nth % 9 === 4 ? 0 : aStep, 1 + (nth % 5) / 10),
			failures:
				empty || nth % 9 === 4
					? []
					: [
							{ kind: "overloaded", calls: 2 },
							{ kind: "silent", calls: 1 },
						],
		})),
		models: empty
			? []
			: shown.map(({ provider, model, slow }) => ({
					provider,
					model,
					health: health(40 * steps.length, slow),
				})),
		failures: empty
			? []
			: [
					{ kind: "overloaded", calls: 2 * steps.length },
					{ kind: "silent", calls: steps.length },
				],
		drift:
			empty || query.model !== null
				? []
				: [
						{
							provider: "anthropic",
							model: "claude-sonnet-5-5",
							what: "first_token",
							worse: true,
							before: 410,
							now: 760,
							calls: 280,
							first: "2026-11-21",
							last: "2026-11-27",
						},
					],
	};
}

function chartOf(overview: MonitorOverview, of: MonitorChart, width: number): Chart {
	const place = (width - 80) / Math.max(1, overview.steps.length);
	const spots = overview.steps.map(({ begins, health }, nth) => ({
		x: Math.round(64 + nth * place),
		y: 40,
		width: Math.round(place),
		height: 160,
		label: begins,
		values:
			of === "calls"
				? [
						{ name: "Answered", value: String(health.answered) },
						{ name: "Failed", value: String(health.failed) },
						{ name: "Together", value: String(health.calls) },
					]
				: [{ name: "Half of the calls", value: `${health.firstToken.p50} ms` }],
	}));
	const points = spots.map(({ x, width: wide }, nth) => `${x + wide / 2},${90 + (nth % 5) * 12}`);
	return {
		svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="240" viewBox="0 0 ${width} 240"><title>${of}</title><polyline points="${points.join(" ")}" fill="none" stroke="#1f5f58"/></svg>`,
		width,
		height: 240,
		spots,
		legend: [{ name: "Half of the calls", colour: "#1f5f58" }],
	};
}

function refuse(message: string): never {
	throw { code: "invalid_input", message, hint: null } satisfies Problem;
}

export function fakeMonitor({ now, empty, calls, news }: Options): MonitorPart {
	let running: LiveCall[] = Array.from({ length: empty ? 0 : calls }, (_, nth) => ({
		number: 4_120 + nth,
		startedAtMs: now() - 1_700 * (nth + 1),
		purpose: nth % 2 === 0 ? "api" : "chat",
		provider: models[nth % 3]?.provider ?? "local",
		model: models[nth % 3]?.model ?? "",
		route: nth % 3 === 2 ? "local" : "masked",
		conversationId: null,
		client: nth % 2 === 0 ? "Editor" : null,
		tokens: 37 * nth,
		here: nth % 5 !== 4,
	}));
	let alerts: AlertView[] = [];
	let lastAlert = 0;

	function add({ kind, model, over, minutes, calls }: AlertInput): AlertView {
		const limit = Number(over);
		if (kind !== "record" && (over.trim() === "" || Number.isNaN(limit))) {
			refuse(`“${over}” is not a percentage from 0 to 99, such as 5 or 2.5.`);
		}
		const of = model ? ` of ${model.model}` : "";
		const rule =
			kind === "record"
				? "The record does not verify."
				: `More than ${over}% of calls${of} fail in the last ${minutes} minutes, of at least ${calls} calls.`;
		lastAlert += 1;
		const fires = kind === "failures" && limit < 3;
		return {
			number: lastAlert,
			kind,
			model,
			rule,
			now: kind === "record" ? null : "3.1%",
			verifiedMs: null,
			enough: true,
			firingSinceMs: fires ? now() : null,
		};
	}

	return {
		monitorOverview: async (query) => overviewOf(query, empty),
		monitorChart: async (query, of, _theme, width) => chartOf(overviewOf(query, empty), of, width),
		saveMonitor: async ({ last }, table) => `/home/ada/monitor-${table}-${last}.csv`,
		saveMonitorChart: async ({ last }, of, file) => `/home/ada/monitor-${of}-${last}.${file}`,
		monitorLive: async () => ({
			newest: 4711,
			calls: running,
			waiting: empty ? 0 : 1,
			engines: empty
				? []
				: [
						{
							modelId: "smollm2",
							model: "SmolLM2 135M",
							state: "ready",
							active: 1,
							waiting: 1,
							atOnce: 4,
							residentBytes: 187_000_000,
							cpuPercent: 163.4,
						},
					],
		}),
		stopCall: async (number) => {
			if (!running.some((call) => call.number === number)) {
				throw {
					code: "not_found",
					message: "This call is not under way any more.",
					hint: null,
				} satisfies Problem;
			}
			running = running.filter((call) => call.number !== number);
		},
		listAlerts: async () => alerts,
		addAlert: async (input) => {
			const alert = add(input);
			alerts = [...alerts, alert];
			if (alert.firingSinceMs !== null) {
				news({ alert, fires: true, words: `${alert.rule} Now: 3.1%.` });
			}
		},
		removeAlert: async (number) => {
			alerts = alerts.filter((alert) => alert.number !== number);
		},
	};
}
