import { screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import type { AccountInput } from "$lib/backend";
import type { FakeBackend } from "$lib/backend/fake";
import { refreshAccounts } from "$lib/state/accounts.svelte";

import { host, option, show } from "../../../test/render";
import AccountSettings from "./AccountSettings.svelte";

const local: AccountInput = {
	kind: "compatible",
	name: "LM Studio",
	baseUrl: "http://localhost:1234/v1",
	destination: "own_server",
	contextTokens: null,
};

/** The dialog of an account that is there, or of a new one. */
async function open(kept: AccountInput | null, key?: string) {
	const fake = host();
	if (kept) {
		const { id } = await fake.saveAccount(null, kept);
		if (key) await fake.setAccountKey(id, key);
	}
	await refreshAccounts();
	const { user } = show(AccountSettings);
	await user.click(screen.getByRole("button", { name: kept ? "Change" : "Add an account" }));
	return { fake, user, dialog: within(await screen.findByRole("dialog")) };
}

type Opened = Awaited<ReturnType<typeof open>>;

async function moveTo({ user, dialog }: Opened, address: string): Promise<void> {
	const field = dialog.getByRole("textbox", { name: "Address" });
	await user.clear(field);
	await user.type(field, address);
}

async function save({ user, dialog }: Opened): Promise<void> {
	await user.click(dialog.getByRole("button", { name: "Save" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
}

const saved = (fake: FakeBackend) =>
	fake.calls.filter(({ method }) => method === "saveAccount").map(({ args }) => args);

describe("whose server an account is at", () => {
	it("is by its address again once that is another server's", async () => {
		const opened = await open(local);
		await moveTo(opened, "https://api.mistral.ai/v1");
		expect(opened.dialog.getByText("By its address")).toBeTruthy();
		await save(opened);
		expect(saved(opened.fake).at(-1)?.[1]).toMatchObject({ destination: null });
	});

	it("stays as it is at the same server", async () => {
		const opened = await open(local);
		await moveTo(opened, "http://localhost:1234/v2");
		await save(opened);
		expect(saved(opened.fake).at(-1)?.[1]).toMatchObject({ destination: "own_server" });
	});

	it("stays somebody else's, wherever it moves", async () => {
		const opened = await open({ ...local, destination: "cloud" });
		await moveTo(opened, "http://localhost:4000/v1");
		await save(opened);
		expect(saved(opened.fake).at(-1)?.[1]).toMatchObject({ destination: "cloud" });
	});

	it("is what the person says, also of another server", async () => {
		const opened = await open(local);
		await moveTo(opened, "https://models.example/v1");
		await opened.user.click(opened.dialog.getByText("By its address"));
		await opened.user.click(await option("My own server"));
		await save(opened);
		expect(saved(opened.fake).at(-1)?.[1]).toMatchObject({ destination: "own_server" });
	});
});

describe("the key of an account", () => {
	it("is not called kept once another server was kept, also where a new one was refused", async () => {
		const opened = await open(local, "sk-one");
		const { fake, user, dialog } = opened;
		fake.setAccountKey = async () => {
			throw { code: "invalid_input", message: "The key has a space.", hint: null };
		};
		await moveTo(opened, "https://api.mistral.ai/v1");
		await user.type(dialog.getByLabelText("Key"), "sk two");
		await user.click(dialog.getByRole("button", { name: "Save" }));
		await dialog.findByRole("alert");
		await moveTo(opened, local.baseUrl);
		expect(dialog.queryByText(/A key is kept/)).toBeNull();
		expect(dialog.queryByLabelText("New key")).toBeNull();
	});

	it("is wanted anew where the address is another server's", async () => {
		const opened = await open(local, "sk-one");
		expect(opened.dialog.getByLabelText("New key")).toBeTruthy();
		await moveTo(opened, "https://api.mistral.ai/v1");
		expect(opened.dialog.getByLabelText("Key")).toBeTruthy();
		expect(opened.dialog.getByText(/for the old address and is forgotten/)).toBeTruthy();
	});

	it("can be entered again where the first one was refused, for the same account", async () => {
		const opened = await open(null);
		const { fake, user, dialog } = opened;
		const set = fake.setAccountKey;
		fake.setAccountKey = async () => {
			throw { code: "invalid_input", message: "The key has a space.", hint: null };
		};
		await user.type(dialog.getByLabelText("Key"), "sk one");
		await user.click(dialog.getByRole("button", { name: "Save" }));
		expect((await dialog.findByRole("alert")).textContent).toBe("The key has a space.");
		fake.setAccountKey = set;
		await save(opened);
		const [first, second] = saved(fake);
		expect(first?.[0]).toBeNull();
		expect(second?.[0]).toBe((await fake.listAccounts())[0]?.id);
		expect(await fake.listAccounts()).toHaveLength(1);
	});
});

it("adds another account where one was added before", async () => {
	const opened = await open(null);
	await save(opened);
	await opened.user.click(screen.getByRole("button", { name: "Add an account" }));
	await save({ ...opened, dialog: within(await screen.findByRole("dialog")) });
	expect(await opened.fake.listAccounts()).toHaveLength(2);
});

it("asks how long a conversation may be for Ollama, and keeps that", async () => {
	const opened = await open({ ...local, kind: "ollama", contextTokens: 8192 });
	const field = opened.dialog.getByRole<HTMLInputElement>("spinbutton", {
		name: /Longest conversation/,
	});
	expect(field.value).toBe("8192");
	await opened.user.clear(field);
	await opened.user.type(field, "32768{Tab}");
	await save(opened);
	expect(saved(opened.fake).at(-1)?.[1]).toMatchObject({ contextTokens: 32_768 });
});
