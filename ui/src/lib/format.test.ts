import { expect, it } from "vitest";

import { fileName, formatBytes, formatCount, formatDay, formatMoment, isoMoment } from "./format";

it("writes sizes as the host does", () => {
	const seen = [0, 999, 1_500, 9_949_999, 98_362_432, 999_600_000, 4_683_073_632].map(formatBytes);
	expect(seen.map((text) => text.replace("\u00a0", " "))).toEqual([
		"0 bytes",
		"999 bytes",
		"1.5 kB",
		"9.9 MB",
		"98 MB",
		"1.0 GB",
		"4.7 GB",
	]);
});

it("sets thousands apart", () => {
	expect(formatCount(1_048_576)).toBe("1,048,576");
});

it("writes times, and says of what is none that it is none", () => {
	const at = new Date(2026, 10, 23, 14, 5).getTime();
	expect([formatDay(at), formatMoment(at)]).toEqual([
		"23 November 2026",
		"23 November 2026, 14:05",
	]);
	expect(isoMoment(0)).toBe("1970-01-01T00:00:00.000Z");
	// What 64 bits hold, and more.
	for (const none of [-(2 ** 63), 8_640_000_000_000_001, 2 ** 63, Infinity, NaN]) {
		expect([formatDay(none), formatMoment(none), isoMoment(none)]).toEqual([
			"no date",
			"no date",
			undefined,
		]);
	}
});

it("takes the name out of a path of any system", () => {
	expect(fileName("/home/ada/a.gguf")).toBe("a.gguf");
	expect(fileName("C:\\Models\\b.gguf")).toBe("b.gguf");
	expect(fileName("c.gguf")).toBe("c.gguf");
});
