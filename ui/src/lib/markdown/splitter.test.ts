import { expect, it } from "vitest";

import { Splitter } from "./splitter";

/** A line of words and of all that could mean something in one; the same for the same seed. */
function anyLine(seed: number): string {
	const parts =
		"word|t1 | |  |- |1. |+ |*|**|_|`|# |> |$|\\\\|\\\\(|<b>|&amp;|&|http://a.example/b|mailto:a@b.example|:|!|[|](|]|)|~~|=|é|“|'|\t|\u00a0|👩‍🔧|.|--".split(
			"|",
		);
	let state = seed;
	const upTo = (limit: number) => {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor((state / 2_147_483_648) * limit);
	};
	// Half of them are mostly words.
	const plain = ["word", "t1", " ", " ", ", ", "é"];
	const from = () => (seed % 2 === 0 && upTo(8) > 0 ? plain : parts);
	return Array.from({ length: 1 + upTo(12) }, () => {
		const some = from();
		return some[upTo(some.length)];
	}).join("");
}

it("takes for words only what the parser makes a paragraph of the same words, at every step", () => {
	let seen = 0;
	for (let seed = 1; seed <= 500; seed++) {
		const line = anyLine(seed);
		const splitter = new Splitter();
		for (let to = 1; to <= line.length; to++) {
			const open = [...splitter.push(line.slice(to - 1, to), false)].at(-1)?.open;
			if (open?.kind !== "words") continue;
			seen += 1;
			const parsed = [...new Splitter().push(line.slice(0, to), true)].at(-1)?.finished;
			const words = open.words.replaceAll('"', "&quot;");
			expect(parsed, JSON.stringify(line)).toEqual([`<p>${words}</p>\n`]);
		}
	}
	expect(seen, "so many steps were looked at").toBeGreaterThan(500);
}, 60_000);
