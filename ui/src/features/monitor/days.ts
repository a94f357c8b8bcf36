// Days as the host counts them: those of the person's own clock.

import type { MonitorQuery, Pace, PricedModel } from "$lib/backend";
import { isoDay } from "$lib/format";

export type Range = "day" | "week" | "month" | "year";

export const ranges: { value: Range; label: string }[] = [
	{ value: "day", label: "Today" },
	{ value: "week", label: "7 days" },
	{ value: "month", label: "30 days" },
	{ value: "year", label: "12 months" },
];

const paces: Record<Range, Pace> = { day: "hour", week: "day", month: "day", year: "month" };

/** The days of a range that end today. */
export function queryOf(range: Range, model: PricedModel | null, nowMs: number): MonitorQuery {
	const first = new Date(nowMs);
	if (range === "week") first.setDate(first.getDate() - 6);
	if (range === "month") first.setDate(first.getDate() - 29);
	if (range === "year") first.setMonth(first.getMonth() - 11, 1);
	return { first: isoDay(first), last: isoDay(new Date(nowMs)), pace: paces[range], model };
}

/** 2026-11-27 */
export function today(): string {
	return isoDay(new Date());
}
