// Days to look at, as the host counts them: those of the person's own clock, written 2026-11-27.

import { isoDay } from "./format";

/** Days in a row, both ends included. */
export type Days = { first: string; last: string };

export type Range = "today" | "week" | "month" | "last_month" | "year" | "twelve" | "chosen";

export const rangeWords: Record<Range, string> = {
	today: "Today",
	week: "7 days",
	month: "30 days",
	last_month: "Last month",
	year: "This year",
	twelve: "12 months",
	chosen: "From – to",
};

/** The days of a range, as of now. */
export function daysOf(range: Exclude<Range, "chosen">, nowMs: number): Days {
	const [first, last] = [new Date(nowMs), new Date(nowMs)];
	if (range === "week") first.setDate(first.getDate() - 6);
	if (range === "month") first.setDate(first.getDate() - 29);
	if (range === "year") first.setMonth(0, 1);
	if (range === "twelve") first.setMonth(first.getMonth() - 11, 1);
	if (range === "last_month") {
		first.setMonth(first.getMonth() - 1, 1);
		// The day before the first of this month.
		last.setDate(0);
	}
	return { first: isoDay(first), last: isoDay(last) };
}

/** 2026-11-27 */
export function today(): string {
	return isoDay(new Date());
}

/** How many days there are. */
export function countDays({ first, last }: Days): number {
	// By UTC, where every day has 24 hours.
	return (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1;
}

/** The day that is so many days after another; of fewer than none, before it. */
export function addDays(day: string, days: number): string {
	return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The steps along the time in which so many days can be taken in at a glance. */
export function stepOf(days: Days): "day" | "week" | "month" {
	const count = countDays(days);
	if (count <= 62) return "day";
	return count <= 190 ? "week" : "month";
}

/** The beginning of a day here, in UTC milliseconds. */
export function dayMs(day: string): number {
	return new Date(`${day}T00:00:00`).getTime();
}
