// A screen on a fake host, as a test wants it.

import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import type { Component } from "svelte";

import { useBackend } from "$lib/backend";
import { fakeBackend, type FakeBackend, type FakeOptions } from "$lib/backend/fake";

import { testDay } from "./day";

/** Puts a fake host in place of the real one. */
export function host(options: FakeOptions = {}): FakeBackend {
	const fake = fakeBackend({ now: () => testDay, ...options });
	useBackend(fake);
	return fake;
}

/** Shows a component and gives hands to use it. */
export function show<Props extends Record<string, unknown>>(
	component: Component<Props, object, string>,
	props?: Props,
) {
	const user = userEvent.setup();
	const rendered = render(component as Component, { props: props ?? {} });
	return { user, ...rendered };
}

/** Opens the table behind each chart, which is there only once somebody looks at it. */
export async function openTables(): Promise<void> {
	for (const summary of await screen.findAllByText("The same as a table")) {
		const details = summary.closest("details");
		if (details?.open === false) details.open = true;
	}
}

/**
 * An entry of the open menu. It exists only while the menu is open, but without a layout the menu
 * can't be placed and counts as invisible, and what is invisible has no name: so by its text.
 */
export const menuEntry = (text: string) => ofRole(text, "[role^=menuitem]");

/** An option of the open list, by its text for the same reason. */
export const option = (text: string) => ofRole(text, "[role=option]");

async function ofRole(text: string, role: string): Promise<HTMLElement> {
	return waitFor(() => {
		const all = screen.queryAllByText(text).map((found) => found.closest<HTMLElement>(role));
		const entry = all.find((found) => found !== null);
		if (!entry) throw new Error(`"${text}" is not in an open menu or list`);
		return entry;
	});
}
