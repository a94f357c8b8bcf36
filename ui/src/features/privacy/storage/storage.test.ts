import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import type { Connection } from "$lib/backend";
import { lead } from "$lib/leading.svelte";

import { accessibilityFaults } from "../../../test/axe";
import { host, show } from "../../../test/render";
import StoredParts from "./StoredParts.svelte";

it("what is stored where says each part, its size and the sum", async () => {
	host();
	show(StoredParts);
	const table = await screen.findByRole("table", { name: "What is stored where" });
	const database = within(table).getByRole("row", { name: /^Chats, settings and the record/ });
	expect(database.textContent.replaceAll(/\s/g, " ")).toMatch(/gatehouse\.db.*3\.5 MB/);
	const replaced = within(table).getByRole("row", { name: /^Databases that were replaced/ });
	expect(replaced.textContent).toMatch(/Every erasure deletes all of them/);
	expect(within(table).getByRole("row", { name: /^All together 112/ })).toBeTruthy();
	expect(await accessibilityFaults()).toEqual([]);
});

it("the data folder opens", async () => {
	const fake = host();
	const { user } = show(StoredParts);
	await user.click(screen.getByRole("button", { name: "Open the data folder" }));
	expect(fake.calls.map(({ method }) => method)).toContain("openDataFolder");
});

it("a folder that cannot be read is said, and read again", async () => {
	const fake = host();
	fake.fail("storedParts", { code: "internal", message: "Permission denied", hint: null });
	const { user } = show(StoredParts);
	expect((await screen.findByRole("alert")).textContent).toMatch(/Permission denied/);
	fake.fail("storedParts", null);
	await user.click(screen.getByRole("button", { name: "Try again" }));
	expect(await screen.findByRole("table", { name: "What is stored where" })).toBeTruthy();
});

it("the log of connections teaches while it is empty, and Settings leads to it", async () => {
	host();
	lead("privacy", "connections");
	show(StoredParts);
	expect(await screen.findByText(/No connection was made yet/)).toBeTruthy();
	await waitFor(() =>
		expect(document.activeElement).toBe(screen.getByRole("button", { name: "Read again" })),
	);
});

const toExample: Connection = {
	atMs: Date.UTC(2026, 10, 23, 12),
	host: "api.example.org",
	port: 443,
	purpose: "chat",
	bytesOut: 1412,
	bytesIn: 96,
	outcome: "answered",
	status: 200,
};

it("the log of connections says with whom, how much and how it ended", async () => {
	const fake = host();
	fake.listConnections = async () => ({ lines: [toExample], next: null, kept: 20_000 });
	show(StoredParts);
	const table = await screen.findByRole("table", { name: "Connections" });
	const row = within(table).getByRole("row", { name: /api\.example\.org:443 chat/ });
	expect(row.textContent).toMatch(/answered \(200\)/);
	expect(screen.getByText("Newest first; the last 20,000 are kept")).toBeTruthy();
	expect(screen.queryByRole("button", { name: "Show older ones" })).toBeNull();
});

it("the log of connections shows older ones page by page, to the first", async () => {
	const fake = host();
	fake.listConnections = async (before) =>
		before === null
			? { lines: [toExample, toExample], next: 7, kept: 20_000 }
			: { lines: [{ ...toExample, host: `before-${before}.example` }], next: null, kept: 20_000 };
	const { user } = show(StoredParts);
	const table = await screen.findByRole("table", { name: "Connections" });
	await user.click(screen.getByRole("button", { name: "Show older ones" }));
	expect(await within(table).findByRole("row", { name: /before-7\.example/ })).toBeTruthy();
	expect(within(table).getAllByRole("row")).toHaveLength(1 + 3);
	expect(screen.queryByRole("button", { name: "Show older ones" })).toBeNull();
});
