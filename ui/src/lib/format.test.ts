import { expect, it } from "vitest";

import { fileName, formatBytes, formatCount } from "./format";

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

it("takes the name out of a path of any system", () => {
	expect(fileName("/home/ada/a.gguf")).toBe("a.gguf");
	expect(fileName("C:\\Models\\b.gguf")).toBe("b.gguf");
	expect(fileName("c.gguf")).toBe("c.gguf");
});
