import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { registerActions } from "$lib/actions";
import { startAfresh } from "$lib/afresh";
import type { ClientInput, Problem } from "$lib/backend";
import type { FakeOptions } from "$lib/backend/fake";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings, settings } from "$lib/state/settings.svelte";
import { makeSnapshot, readStorage } from "$lib/state/storage.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../test/axe";
import { testDay } from "../../test/day";
import { host, option, show } from "../../test/render";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "../picker/PickerDialog.svelte";
import SettingsScreen from "./SettingsScreen.svelte";

vi.mock("$lib/afresh", () => ({ startAfresh: vi.fn() }));

const startup = {
	state: "ready",
	version: "0.1.0",
	dataFolder: "/home/ada/.local/share/gatehouse",
	keyHome: "keychain",
} as const;

async function open(
	options: FakeOptions = {},
	before: (fake: ReturnType<typeof host>) => Promise<unknown> = async () => undefined,
) {
	const fake = host(options);
	await before(fake);
	await readSettings();
	await readStorage();
	watchModels((thrown) => {
		throw thrown;
	});
	return { fake, ...show(SettingsScreen, { startup }) };
}

const group = (name: string) => screen.getByRole("region", { name });

beforeEach(() => {
	vi.mocked(startAfresh).mockClear();
	localStorage.clear();
	delete document.documentElement.dataset.theme;
});

describe("the theme", () => {
	it("applies at once and is known before the next first paint", async () => {
		const { user } = await open();
		await user.click(screen.getByRole("radio", { name: "Dark" }));
		await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
		expect(localStorage.getItem("theme"), "for a start that has to ask for the settings").toBe(
			"dark",
		);
	});

	it("follows the computer again when asked to", async () => {
		const { user } = await open();
		await user.click(screen.getByRole("radio", { name: "Light" }));
		await waitFor(() => expect(document.documentElement.dataset.theme).toBe("light"));
		await user.click(screen.getByRole("radio", { name: "As this computer" }));
		await waitFor(() => expect(document.documentElement.dataset.theme).toBeUndefined());
	});
});

describe("a setting", () => {
	it("is kept in the host with all others unchanged", async () => {
		const { fake, user } = await open();
		const before = settings.now;
		await user.click(screen.getByRole("switch", { name: "Automatic titles" }));
		await waitFor(() =>
			expect(
				screen.getByRole("switch", { name: "Automatic titles" }).getAttribute("aria-checked"),
			).toBe("false"),
		);
		expect(fake.calls.findLast((call) => call.method === "setSettings")?.args).toEqual([
			{ ...before, automaticTitles: false },
		]);
	});

	it("that the host refuses stays as it was and says so", async () => {
		const { fake, user } = await open();
		fake.fail("setSettings", { code: "disk_full", message: "No space left.", hint: null });
		await user.click(screen.getByRole("radio", { name: "Ctrl+Enter" }));
		await waitFor(() =>
			expect(toasts.list.map((toast) => toast.text).join()).toContain("No space left."),
		);
		expect(settings.now.sendKey).toBe("enter");
		await waitFor(() =>
			expect(screen.getByRole("radio", { name: "Enter" })).toHaveProperty("checked", true),
		);
	});

	it("outside its limits is not kept, and the field says the limits", async () => {
		const { fake, user } = await open();
		const field = screen.getByRole("spinbutton", { name: "Context size" });
		await user.clear(field);
		await user.type(field, "12{Tab}");
		expect(await screen.findByText("Enter a number from 512 to 1,048,576.")).toBeTruthy();
		expect(field.getAttribute("aria-invalid")).toBe("true");
		expect(fake.calls.some((call) => call.method === "setSettings")).toBe(false);
	});

	it("left empty means automatic where that is offered", async () => {
		const { fake, user } = await open();
		const field = screen.getByRole("spinbutton", { name: "Threads" });
		await user.type(field, "4{Tab}");
		await waitFor(() => expect(settings.now.threads).toBe(4));
		await user.clear(field);
		await user.tab();
		await waitFor(() => expect(settings.now.threads).toBeNull());
		expect(fake.calls.filter((call) => call.method === "setSettings")).toHaveLength(2);
	});
});

describe("the model for new chats", () => {
	const button = () => screen.findByRole("button", { name: /^Model for new chats/ });
	const label = async () => (await button()).getAttribute("aria-label");

	async function choose(user: Awaited<ReturnType<typeof open>>["user"], name: string) {
		await user.click(await button());
		await user.click(await option(name));
	}

	it("can be the one used last again after one was chosen", async () => {
		const { user } = await open();
		expect(await label()).toContain("SmolLM2 135M Instruct");
		await choose(user, "The one used last");
		await waitFor(() => expect(settings.now.defaultModelId).toBeNull());
		expect(await label()).toContain("The one used last");
		await choose(user, "Qwen2.5 7B Instruct");
		await waitFor(() => expect(settings.now.defaultModelId).toBe("qwen"));
	});
});

describe("storage", () => {
	it("says where the data is, how large, and where its key is", async () => {
		await open();
		await screen.findByText("/home/ada/.local/share/gatehouse");
		expect(group("Storage").textContent).toContain("In the keychain of this computer.");
		expect(group("Storage").textContent.replaceAll(/\s/g, " ")).toContain("3.5 MB");
	});

	it("is honest about a key in a file", async () => {
		await open({ keyHome: "file" });
		expect(await screen.findByText(/Whoever can read your files can read the chats/)).toBeTruthy();
	});

	it("makes a snapshot and shows it", async () => {
		const { user } = await open();
		const table = await screen.findByRole("table", { name: "Snapshots of your chats" });
		expect(within(table).getAllByRole("row")).toHaveLength(4);
		await user.click(screen.getByRole("button", { name: "Make one now" }));
		await waitFor(() => expect(within(table).getAllByRole("row")).toHaveLength(5));
	});

	it("goes back to a snapshot only after saying what that means", async () => {
		const { fake, user } = await open();
		const [first] = await screen.findAllByRole("button", { name: /^Go back to this one/ });
		await user.click(first!);
		const question = await screen.findByRole("alertdialog", { name: "Go back to this snapshot?" });
		expect(question.textContent).toContain("not deleted");
		expect(fake.calls.some((call) => call.method === "restoreSnapshot")).toBe(false);
		await user.click(within(question).getByRole("button", { name: "Go back" }));
		await waitFor(() =>
			expect(fake.calls.some((call) => call.method === "restoreSnapshot")).toBe(true),
		);
		await waitFor(() => expect(startAfresh).toHaveBeenCalledOnce());
	});

	it("says why it cannot go back, and stays as it was", async () => {
		const { fake, user } = await open();
		fake.fail("restoreSnapshot", {
			code: "busy",
			message: "Another command of Gatehouse is at work with this data.",
			hint: "Wait until it has ended, then try again.",
		});
		const [first] = await screen.findAllByRole("button", { name: /^Go back to this one/ });
		await user.click(first!);
		await user.click(await screen.findByRole("button", { name: "Go back" }));
		await waitFor(() =>
			expect(toasts.list.map((toast) => toast.text).join()).toContain("Another command"),
		);
		expect(startAfresh).not.toHaveBeenCalled();
	});

	it("takes back an update only after saying what that means", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("button", { name: "Take back…" }));
		const question = await screen.findByRole("alertdialog", { name: "Take back the last update?" });
		expect(question.textContent).toContain("not deleted");
		expect(fake.calls.some((call) => call.method === "undoUpdate")).toBe(false);
		await user.click(within(question).getByRole("button", { name: "Take back and quit" }));
		await waitFor(() => expect(fake.calls.some((call) => call.method === "undoUpdate")).toBe(true));
	});
});

it("opens the sheet of shortcuts", async () => {
	let opened = false;
	registerActions([
		{
			id: "help.shortcuts",
			title: "Keyboard shortcuts",
			group: "Help",
			run: () => (opened = true),
		},
	]);
	const { user } = await open();
	await user.click(screen.getByRole("button", { name: "All shortcuts" }));
	expect(opened).toBe(true);
});

it("does not claim that the palette has what belongs to one place", async () => {
	await open();
	expect(group("Keyboard").textContent).not.toContain("every action");
	expect(group("Keyboard").textContent).toContain("The Tab key reaches");
});

it("shows a snapshot that was made elsewhere", async () => {
	await open();
	const table = await screen.findByRole("table", { name: "Snapshots of your chats" });
	const before = within(table).getAllByRole("row").length;
	await makeSnapshot();
	await waitFor(() => expect(within(table).getAllByRole("row")).toHaveLength(before + 1));
});

it("says its version and the licences of what came along", async () => {
	await open();
	expect(group("About").textContent).toContain("Version 0.1.0");
	expect(group("About").textContent).toContain("SIL Open Font Licence");
});

it("has no fault that an accessibility checker finds", async () => {
	await open();
	await screen.findByRole("table", { name: "Snapshots of your chats" });
	expect(await accessibilityFaults()).toEqual([]);
});

describe("the local API", () => {
	it("is off, is switched on with its address to copy, and off again", async () => {
		const { user } = await open();
		const card = within(group("Local API"));
		const toggle = await card.findByRole("switch", { name: "Local API" });
		expect(toggle.getAttribute("aria-checked")).toBe("false");
		await user.click(toggle);
		expect(await card.findByText("http://127.0.0.1:7411")).toBeTruthy();
		await user.click(card.getByRole("switch", { name: "Local API" }));
		await waitFor(() => expect(card.queryByText("http://127.0.0.1:7411")).toBeNull());
	});

	it("takes both a port and the switch right after it, however long the first takes", async () => {
		const { user, fake } = await open();
		let goOn = () => {};
		const held = new Promise<void>((resolve) => (goOn = resolve));
		const now = fake.switchLocalApi;
		vi.spyOn(fake, "switchLocalApi").mockImplementationOnce(async (on, port) => {
			await held;
			return now(on, port);
		});
		const card = within(group("Local API"));
		const field = await card.findByLabelText("Port of the local API");
		await user.clear(field);
		await user.type(field, "7500");
		await user.tab();
		await user.click(card.getByRole("switch", { name: "Local API" }));
		goOn();
		expect(await card.findByText("http://127.0.0.1:7500")).toBeTruthy();
	});

	it("shows the key of a new client once, and takes it back when that was agreed to", async () => {
		const { user } = await open();
		const card = within(group("Local API"));
		await user.type(await card.findByLabelText("New client"), "My editor");
		await user.click(card.getByRole("button", { name: "Add" }));
		expect(await card.findByText(/^gatehouse-k+$/)).toBeTruthy();
		await user.click(card.getByRole("button", { name: "Done" }));
		expect(card.queryByText(/^gatehouse-k+$/)).toBeNull();
		await user.click(card.getByRole("button", { name: "Take the key of My editor back" }));
		await user.click(await screen.findByRole("button", { name: "Take back" }));
		expect(await card.findByText(/taken back/)).toBeTruthy();
		expect(card.queryByRole("button", { name: "Take the key of My editor back" })).toBeNull();
	});

	it("keeps the name of a new client that was not added", async () => {
		const { user, fake } = await open();
		const card = within(group("Local API"));
		const taken: Problem = {
			code: "invalid_input",
			message: "There is a client with this name already.",
			hint: null,
		};
		const add = vi.fn<(client: ClientInput) => Promise<never>>(() => Promise.reject(taken));
		fake.addClient = add;
		await user.type(await card.findByLabelText("New client"), "My editor");
		await user.click(card.getByRole("button", { name: "Add" }));
		await waitFor(() =>
			expect(toasts.list.map((toast) => toast.text).join()).toContain("this name already"),
		);
		await user.click(card.getByRole("button", { name: "Add" }));
		expect(add.mock.calls.map(([client]) => client.name)).toEqual(["My editor", "My editor"]);
	});

	it("says that a key is good no longer once its day has passed", async () => {
		await open({}, async (fake) => {
			const input = { name: "My editor", workspaceId: null, period: "month", limit: "" } as const;
			await fake.addClient({ ...input, days: 30, keepsSent: true, onlyMetrics: false });
			vi.setSystemTime(testDay + 31 * 86_400_000);
		});
		const card = within(group("Local API"));
		expect(await card.findByText(/expired 27 December 2026/)).toBeTruthy();
	});

	it("says of a client's budget how many of its calls cost nobody knows what", async () => {
		await open({}, async (fake) => {
			const input = { name: "My editor", workspaceId: null, period: "month", limit: "5" } as const;
			await fake.addClient({ ...input, days: null, keepsSent: true, onlyMetrics: false });
			const read = fake.localApi;
			fake.localApi = async () => {
				const status = await read();
				const clients = status.clients.map((client) => ({
					...client,
					standing: client.standing && { ...client.standing, spent: "$0", unknownCalls: 2 },
				}));
				return { ...status, clients };
			};
		});
		const card = within(group("Local API"));
		const hint = await card.findByText(/2 calls of unknown cost/);
		expect(hint.textContent).toMatch(/not known of \$5/);
	});

	it("lets a client ask in another workspace than the one that is open, and says in which", async () => {
		const { user, fake } = await open({}, (fake) => fake.saveWorkspace(null, "Larkspur"));
		const card = within(group("Local API"));
		(await card.findByRole("combobox", { name: "Workspace: Personal" })).focus();
		await user.keyboard("{Enter}");
		await screen.findByText("Larkspur", { selector: "[role=option]" });
		await user.keyboard("Lark{Enter}");
		await card.findByRole("combobox", { name: "Workspace: Larkspur" });
		await user.type(card.getByLabelText("New client"), "My editor");
		await user.click(card.getByRole("button", { name: "Add" }));
		expect(await card.findByText(/^asks in Larkspur; good until you take it back/)).toBeTruthy();
		const [larkspur] = (await fake.listWorkspaces()).slice(-1);
		expect((await fake.localApi()).clients[0]?.workspaceId).toBe(larkspur?.id);
	});

	it("lets a client read metrics, which then spends nothing and asks no model", async () => {
		const { user } = await open();
		const card = within(group("Local API"));
		(await card.findByRole("combobox", { name: "May: ask models" })).focus();
		await user.keyboard("{Enter}");
		// Typing leads to it, as in any list; without a layout it can't be clicked.
		await screen.findByText("read metrics", { selector: "[role=option]" });
		await user.keyboard("read{Enter}");
		await waitFor(() => expect(card.queryByLabelText("May spend")).toBeNull());
		await user.type(card.getByLabelText("New client"), "Prometheus");
		await user.click(card.getByRole("button", { name: "Add" }));
		expect(await card.findByText(/^reads metrics; good until you take it back/)).toBeTruthy();
	});
});

describe("telemetry", () => {
	it("is sent nowhere until a collector is named, and says how it stands then", async () => {
		const { user } = await open();
		const card = within(group("Telemetry"));
		expect(card.queryByText("How it stands")).toBeNull();
		await user.type(card.getByLabelText("Address of the collector"), "http://127.0.0.1:4318{Tab}");
		expect(await card.findByText("How it stands")).toBeTruthy();
		expect(await card.findByText("Nothing was sent yet.")).toBeTruthy();
		await user.clear(card.getByLabelText("Address of the collector"));
		await user.tab();
		await waitFor(() => expect(card.queryByText("How it stands")).toBeNull());
	});

	it("takes a header with a key along, which it never shows again and forgets when told", async () => {
		const { fake, user } = await open();
		const card = within(group("Telemetry"));
		await user.type(card.getByLabelText("Address of the collector"), "https://otlp.example{Tab}");
		const value = await card.findByLabelText<HTMLInputElement>("Value of the header");
		expect(value.type).toBe("password");
		const set = card.getByRole<HTMLButtonElement>("button", { name: "Set header" });
		expect(set.disabled).toBe(true);
		await user.type(card.getByLabelText("Name of the header"), "Authorization");
		await user.type(value, "Bearer 5f3a9c");
		await user.click(set);
		expect(await card.findByText(/^authorization goes along to this address/)).toBeTruthy();
		expect(fake.calls.find(({ method }) => method === "setTelemetryHeader")?.args).toEqual([
			"https://otlp.example",
			"Authorization",
			"Bearer 5f3a9c",
		]);
		expect(document.body.innerHTML).not.toContain("5f3a9c");
		await user.clear(card.getByLabelText("Address of the collector"));
		await user.type(card.getByLabelText("Address of the collector"), "https://b.example{Tab}");
		expect(
			await card.findByText(/was set for https:\/\/otlp.example and does not go to this address/),
		).toBeTruthy();
		await user.click(card.getByRole("button", { name: "Remove header" }));
		expect(await card.findByLabelText("Value of the header")).toBeTruthy();
	});
});
