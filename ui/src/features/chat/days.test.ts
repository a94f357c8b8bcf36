import { describe, expect, it } from "vitest";

import { dayLabel, groupByDay } from "./days";

// A Wednesday.
const now = new Date(2026, 10, 25, 9, 30).getTime();
const at = (month: number, day: number, hour = 12, year = 2026) =>
	new Date(year, month - 1, day, hour).getTime();

describe("dayLabel", () => {
	it.each([
		[at(11, 25, 0), "Today"],
		[at(11, 25, 23), "Today"],
		[at(11, 24, 23), "Yesterday"],
		[at(11, 23, 0), "This week"],
		[at(11, 22, 23), "Last week"],
		[at(11, 16, 0), "Last week"],
		[at(11, 15, 23), "November"],
		[at(3, 29, 2), "March"],
		[at(12, 31, 12, 2025), "December 2025"],
		[at(12, 24), "Today"],
		[8_640_000_000_000_001, "Without a date"],
		[-9_223_372_036_854_775_808, "Without a date"],
		[-8_640_000_000_000_000, "April 271822"],
	])("calls %i %s", (atMs, label) => {
		expect(dayLabel(atMs, now)).toBe(label);
	});

	it("knows no week before on a Monday but the last", () => {
		const monday = at(11, 23);
		expect(dayLabel(at(11, 22), monday)).toBe("Yesterday");
		expect(dayLabel(at(11, 21), monday)).toBe("Last week");
	});
});

describe("groupByDay", () => {
	it("keeps the order and makes one group of neighbours", () => {
		const items = [at(11, 25), at(11, 25, 1), at(11, 24), at(3, 1)].map((updatedAtMs) => ({
			updatedAtMs,
		}));
		const groups = groupByDay(items, now);
		expect(groups.map(({ label, items }) => [label, items.length])).toEqual([
			["Today", 2],
			["Yesterday", 1],
			["March", 1],
		]);
	});
});
