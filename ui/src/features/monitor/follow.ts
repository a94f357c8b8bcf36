// From the numbers of the Monitor screen down to their calls. Where tokens are only counted, no model is
// asked: such calls are in none of the numbers.

import type { CallFilter, Drift, MonitorOverview, MonitorQuery, Only } from "$lib/backend";
import { addDays, type Days } from "$lib/days";

import { narrowed, type Followed } from "../costs/calls";

/** The calls of all that is looked at; `filter`: some of them. */
export function callsOf(query: MonitorQuery, title: string, filter: CallFilter = {}): Followed {
	const { first, last, pace, model } = query;
	const of = narrowed({ ...model, ...filter }, "of_models");
	// Hours are those of the last day alone.
	return { title, first: pace === "hour" ? last : first, last, filter: of };
}

/** The calls that a drift is seen by, which have what has changed: those of the last days, or those before. */
export function callsOfDrift(of: Drift, which: "now" | "before"): Followed {
	const { provider, model, first, last } = of;
	const only = { first_token: "began", speed: "wrote", failures: "ended" } as const;
	const days: Days =
		which === "now" ? { first, last } : { first: addDays(first, -28), last: addDays(first, -1) };
	const filter = narrowed(narrowed({ provider, model }, only[of.what] satisfies Only), "of_models");
	const title = which === "now" ? "in the last 7 days" : "in the four weeks before";
	return { title: `${model} ${title}`, ...days, filter };
}

/** The calls of a step along the time. */
export function callsOfStep(
	query: MonitorQuery,
	{ pace, steps }: MonitorOverview,
	nth: number,
	title: string,
	filter: CallFilter = {},
): Followed | null {
	const step = steps[nth];
	if (!step) return null;
	const first = step.begins.slice(0, 10);
	const of = narrowed({ ...query.model, ...filter }, "of_models");
	if (pace !== "hour") return { title, first, last: step.last, filter: of };
	const [from, until] = [new Date(step.begins), new Date(step.begins)];
	until.setHours(from.getHours() + 1);
	return {
		title,
		first,
		last: step.last,
		filter: { ...of, fromMs: from.getTime(), untilMs: until.getTime() },
	};
}
