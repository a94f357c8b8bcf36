import { afterEach, describe, expect, it, vi } from "vitest";

import {
	allActions,
	grouped,
	registerActions,
	runAction,
	runShortcut,
	type Action,
} from "./actions";

let leave: () => void = () => {};

function register(...actions: Partial<Action>[]): void {
	leave = registerActions(
		actions.map((action, at) => ({
			id: `test.${at}`,
			title: "Test",
			group: "Chat",
			run: () => {},
			...action,
		})),
	);
}

function press(key: string, init: KeyboardEventInit = {}, target: EventTarget = document.body) {
	const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
	target.addEventListener("keydown", (seen) => runShortcut(seen as KeyboardEvent), { once: true });
	target.dispatchEvent(event);
	return event;
}

afterEach(() => {
	leave();
	document.body.replaceChildren();
});

describe("a shortcut", () => {
	it("runs its action and keeps the browser from doing its own thing", () => {
		const run = vi.fn();
		register({ shortcut: "Mod+K", run });
		const event = press("k", { ctrlKey: true });
		expect(run, "Ctrl+K was pressed").toHaveBeenCalledOnce();
		expect(event.defaultPrevented, "the web view has its own Ctrl+K").toBe(true);
	});

	it("needs exactly its modifiers", () => {
		const run = vi.fn();
		register({ shortcut: "Mod+K", run });
		press("k");
		press("k", { ctrlKey: true, shiftKey: true });
		press("k", { ctrlKey: true, altKey: true });
		expect(run, "each press differs in one modifier").not.toHaveBeenCalled();
	});

	it("without a modifier stays quiet while a person types", () => {
		const run = vi.fn();
		register({ shortcut: "?", run });
		const field = document.body.appendChild(document.createElement("textarea"));
		press("?", { shiftKey: true }, field);
		expect(run, "the question mark belongs to the text").not.toHaveBeenCalled();
		press("?", { shiftKey: true });
		expect(run, "outside a field it is a shortcut").toHaveBeenCalledOnce();
	});

	it("works while typing if it is Escape", () => {
		const run = vi.fn();
		register({ shortcut: "Escape", run });
		press("Escape", {}, document.body.appendChild(document.createElement("textarea")));
		expect(run, "stopping an answer must work from the composer").toHaveBeenCalledOnce();
	});

	it("waits behind an open dialog unless it says otherwise", () => {
		const run = vi.fn();
		const inDialog = vi.fn();
		register({ shortcut: "Mod+1", run }, { shortcut: "Mod+2", run: inDialog, evenInDialog: true });
		const dialog = document.body.appendChild(document.createElement("div"));
		dialog.setAttribute("role", "alertdialog");
		press("1", { ctrlKey: true });
		press("2", { ctrlKey: true });
		expect(run, "the screen under a question must not change").not.toHaveBeenCalled();
		expect(inDialog).toHaveBeenCalledOnce();
	});

	it("goes to the newest enabled action of that key", () => {
		const older = vi.fn();
		const newer = vi.fn();
		const disabled = vi.fn();
		register(
			{ shortcut: "Escape", run: older },
			{ shortcut: "Escape", run: newer },
			{ shortcut: "Escape", run: disabled, enabled: () => false },
		);
		press("Escape");
		expect(newer).toHaveBeenCalledOnce();
		expect([older.mock.calls.length, disabled.mock.calls.length]).toEqual([0, 0]);
	});
});

describe("the registry", () => {
	it("forgets the actions of a feature that left", () => {
		register({ title: "Gone soon" });
		leave();
		expect(allActions().map((action) => action.title)).not.toContain("Gone soon");
	});

	it("groups in the order of first appearance", () => {
		const action = (id: string, group: Action["group"]): Action => ({
			id,
			title: id,
			group,
			run: () => {},
		});
		const groups = grouped([action("a", "Chat"), action("b", "Help"), action("c", "Chat")]);
		expect(groups.map(([group, of]) => [group, of.map(({ id }) => id)])).toEqual([
			["Chat", ["a", "c"]],
			["Help", ["b"]],
		]);
	});

	it("does not run a disabled action by its id", () => {
		const run = vi.fn();
		register({ id: "off", run, enabled: () => false }, { id: "on", run });
		runAction("off");
		runAction("on");
		expect(run, "only the enabled one").toHaveBeenCalledOnce();
	});
});
