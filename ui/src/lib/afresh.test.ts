import { fireEvent } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { keepThePage } from "./afresh";

it("the menu with Reload stays away, and that of a field comes", async () => {
	keepThePage();
	const field = document.body.appendChild(document.createElement("textarea"));
	// fireEvent says false where somebody has prevented what would follow.
	expect(await fireEvent.contextMenu(document.body)).toBe(false);
	expect(await fireEvent.contextMenu(field)).toBe(true);
	expect(await fireEvent.keyDown(field, { key: "F5" })).toBe(false);
	expect(await fireEvent.keyDown(field, { key: "r", ctrlKey: true })).toBe(false);
	expect(await fireEvent.keyDown(field, { key: "r" })).toBe(true);
});
