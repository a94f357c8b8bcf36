import { cleanup, screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import { go, place } from "$lib/navigation.svelte";
import { accounts } from "$lib/state/accounts.svelte";
import { erasing, forgetErasing } from "$lib/state/erasing.svelte";
import { readSettings, settings } from "$lib/state/settings.svelte";

import { host, menuEntry, show } from "../../test/render";
import WorkspaceSwitch from "./WorkspaceSwitch.svelte";

afterEach(cleanup);

async function open() {
	const fake = host();
	await fake.saveWorkspace("personal", "Personal");
	await fake.saveWorkspace(null, "Client: Larkspur");
	await readSettings();
	const { user } = show(WorkspaceSwitch);
	await user.click(await screen.findByRole("button", { name: "Workspace: Personal" }));
	return { fake, user };
}

describe("the workspace", () => {
	it("is another one when it is chosen: a new chat there, and every line is asked for again", async () => {
		go("settings");
		const version = accounts.version;
		const { fake, user } = await open();
		await user.click(await menuEntry("Client: Larkspur"));
		await screen.findByRole("button", { name: "Workspace: Client: Larkspur" });
		const larkspur = (await fake.listWorkspaces()).find(({ name }) => name.startsWith("Client"));
		expect(settings.now.workspaceId).toBe(larkspur?.id);
		expect([place.screen, place.conversationId]).toEqual(["chat", null]);
		expect(accounts.version).toBeGreaterThan(version);
		expect(await fake.listConversations(), "its own chats").toEqual([]);
	});

	it("is made with a name, and opened", async () => {
		const { user } = await open();
		await user.click(await menuEntry("New workspace"));
		await user.type(await screen.findByRole("textbox", { name: "Name" }), "Audit 2026");
		await user.click(screen.getByRole("button", { name: "Save" }));
		expect(await screen.findByRole("button", { name: "Workspace: Audit 2026" })).toBeTruthy();
	});

	it("gets another name and stays open", async () => {
		const { user } = await open();
		await user.click(await menuEntry("Rename"));
		const field = await screen.findByRole("textbox", { name: "Name" });
		await user.clear(field);
		await user.type(field, "At home{Enter}");
		expect(await screen.findByRole("button", { name: "Workspace: At home" })).toBeTruthy();
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	});

	it("is erased only after a question; then another one is open, as the host says", async () => {
		const { fake, user } = await open();
		const larkspur = (await fake.listWorkspaces()).find(({ name }) => name.startsWith("Client"));
		await user.click(await menuEntry("Erase for good…"));
		expect(erasing.asked).toMatchObject({
			erasure: { type: "workspace", id: "personal" },
			name: "The workspace Personal with all that is in it",
		});
		expect(fake.calls.some(({ method }) => method === "erase")).toBe(false);
		vi.spyOn(fake, "listWorkspaces").mockResolvedValue([larkspur!]);
		await fake.setSettings({ ...settings.now, workspaceId: larkspur!.id });
		go("settings");
		erasing.asked?.onerased?.();
		await screen.findByRole("button", { name: "Workspace: Client: Larkspur" });
		await waitFor(() => expect(place.screen).toBe("chat"));
		forgetErasing();
	});
});
