import { describe, expect, it, vi } from "vitest";

import { giveRoomBack, makeRoom } from "./room";

/** An element at 100 px from the top of the window, in which something is written down to `end`. */
function answer(): { element: HTMLElement; writtenTo: (end: number) => void } {
	const element = document.createElement("article");
	const last = element.appendChild(document.createElement("p"));
	const box = (top: number, bottom: number) => new DOMRect(0, top, 0, bottom - top);
	vi.spyOn(element, "getBoundingClientRect").mockReturnValue(box(100, 100));
	const writtenTo = (end: number) => {
		vi.spyOn(last, "getBoundingClientRect").mockReturnValue(box(100, end));
	};
	return { element, writtenTo };
}

describe("room below an answer that is written", () => {
	it("is made once for several lines, and again when they are full", () => {
		const { element, writtenTo } = answer();
		const heights = new Set<string>();
		for (let end = 122; end <= 122 + 22 * 30; end += 22) {
			writtenTo(end);
			makeRoom(element);
			expect(Number.parseFloat(element.style.minHeight)).toBeGreaterThan(end - 100);
			heights.add(element.style.minHeight);
		}
		expect(heights.size, "of 31 lines").toBeLessThanOrEqual(7);
	});

	it("is a small part of a low window", () => {
		vi.stubGlobal("innerHeight", 300);
		const { element, writtenTo } = answer();
		writtenTo(120);
		makeRoom(element);
		expect(element.style.minHeight).toBe("70px");
		vi.unstubAllGlobals();
	});

	it("is given back whole", () => {
		const { element, writtenTo } = answer();
		writtenTo(120);
		makeRoom(element);
		giveRoomBack(element);
		expect(element.style.minHeight).toBe("");
	});
});
